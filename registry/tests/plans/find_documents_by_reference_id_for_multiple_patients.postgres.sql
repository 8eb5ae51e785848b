BEGIN;

SELECT "code"."code_no", "code"."attribute", "code"."code", "code"."scheme", "code"."display"
  FROM "code"
  WHERE ("code"."code_no" >= $1)
  ORDER BY "code"."code_no" ASC;

SELECT "object_reference"."object_key"
  FROM "object_reference"
  WHERE ("object_reference"."reference_id" = $1)
  ORDER BY "object_reference"."object_key" ASC
  LIMIT $2;

SELECT "object"."object_key", "object"."status", "object"."last_update_time", "object"."record", "moved"."patient_no", "moved"."other_no", "moved"."source_patient_id"
  FROM ("object" LEFT OUTER JOIN "moved" ON ("moved"."object_key" = "object"."object_key"))
  WHERE ("object"."object_key" = ANY($1))
  ORDER BY "object"."object_key" ASC;

SELECT "patient"."patient_no", "survivor"."cx"
  FROM ("patient" INNER JOIN "patient" AS "survivor" ON ("patient"."surviving_no" = "survivor"."patient_no"))
  WHERE ("patient"."patient_no" = ANY($1));

ROLLBACK;
