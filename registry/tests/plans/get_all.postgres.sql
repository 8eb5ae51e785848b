BEGIN;

SELECT "patient"."patient_no", "patient"."next_seq"
  FROM "patient"
  WHERE ("patient"."cx" = $1)
  LIMIT $2;

SELECT "resolution"."surviving_no"
  FROM "resolution"
  WHERE ("resolution"."subsumed_no" = $1)
  LIMIT $2;

SELECT "resolution"."subsumed_no"
  FROM "resolution"
  WHERE ("resolution"."surviving_no" = $1)
  ORDER BY "resolution"."subsumed_no" ASC;

SELECT "object"."object_key", "object"."status", "object"."last_update_time", "object"."record"
  FROM "object"
  WHERE (("object"."object_key" >= $1) AND ("object"."object_key" < $2))
  ORDER BY "object"."object_key" ASC;

SELECT "object"."object_key", "object"."status", "object"."last_update_time", "object"."record"
  FROM "object"
  WHERE ("object"."target" = $1)
  ORDER BY "object"."object_key" ASC;

ROLLBACK;
