BEGIN;

SELECT "patient"."patient_no", "patient"."version"
  FROM ("patient" INNER JOIN "patient" AS "survivor" ON ("patient"."surviving_no" = "survivor"."patient_no"))
  WHERE ("survivor"."cx" = $1)
  ORDER BY "patient"."patient_no" ASC;

SELECT "object"."object_key", "object"."status", "object"."last_update_time", "object"."record", "moved"."patient_no", "moved"."other_no", "moved"."source_patient_id"
  FROM ("object" LEFT OUTER JOIN "moved" ON ("moved"."object_key" = "object"."object_key"))
  WHERE (("object"."object_key" >= $1) AND ("object"."object_key" < $2))
  ORDER BY "object"."object_key" ASC;

SELECT "object"."object_key", "object"."status", "object"."last_update_time", "object"."record", "moved"."patient_no", "moved"."other_no", "moved"."source_patient_id"
  FROM ("object" LEFT OUTER JOIN "moved" ON ("moved"."object_key" = "object"."object_key"))
  WHERE ("moved"."patient_no" = $1)
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
