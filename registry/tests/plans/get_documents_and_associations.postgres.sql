BEGIN;

SELECT "object"."object_key", "object"."status", "object"."last_update_time", "object"."record", "moved"."patient_no", "moved"."other_no", "moved"."source_patient_id"
  FROM ("object" LEFT OUTER JOIN "moved" ON ("moved"."object_key" = "object"."object_key"))
  WHERE (("object"."uuid" = $1) AND ("object"."kind" = $2));

SELECT "object"."object_key", "object"."status", "object"."last_update_time", "object"."record", "moved"."patient_no", "moved"."other_no", "moved"."source_patient_id"
  FROM ("object" LEFT OUTER JOIN "moved" ON ("moved"."object_key" = "object"."object_key"))
  WHERE ("object"."source" = $1)
  ORDER BY "object"."object_key" ASC;

SELECT "object"."object_key", "object"."status", "object"."last_update_time", "object"."record", "moved"."patient_no", "moved"."other_no", "moved"."source_patient_id"
  FROM ("object" LEFT OUTER JOIN "moved" ON ("moved"."object_key" = "object"."object_key"))
  WHERE ("object"."target" = $1)
  ORDER BY "object"."object_key" ASC;

SELECT "patient"."surviving_no"
  FROM "patient"
  WHERE ("patient"."patient_no" = $1);

SELECT "patient"."cx"
  FROM "patient"
  WHERE ("patient"."patient_no" = $1);

ROLLBACK;
