SELECT "patient"."patient_no"
  FROM "patient"
  WHERE ("patient"."cx" = $1);

UPDATE "patient"
  SET "version" = ("patient"."version" + $1)
  WHERE ("patient"."patient_no" = $2);

SELECT "link_change"."subsumed_id", "link_change"."message"
  FROM "link_change"
  WHERE ((("link_change"."local_id" = $1) AND ("link_change"."previous_no" = $2)) AND ("link_change"."new_no" = $3));

SELECT "patient"."surviving_no"
  FROM "patient"
  WHERE ("patient"."patient_no" = $1);

SELECT "link_change"."change_no", "link_change"."local_id"
  FROM "link_change"
  WHERE ("link_change"."subsumed_id" = $1)
  ORDER BY "link_change"."change_no" DESC
  LIMIT $2;

SELECT max("link_change"."change_no")
  FROM "link_change"
  LIMIT $1;

INSERT INTO "link_change" ("change_no", "local_id", "subsumed_id", "previous_no", "new_no", "changed_at", "cause", "message")
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

SELECT "link_change"."subsumed_id"
  FROM "link_change"
  WHERE ("link_change"."local_id" = $1);

SELECT max("link_change"."change_no")
  FROM "link_change"
  WHERE ("link_change"."local_id" = $1)
  LIMIT $2;

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

SELECT "moved"."patient_no", "moved"."other_no", "moved"."source_patient_id"
  FROM "moved"
  WHERE ("moved"."object_key" = $1);

INSERT INTO "moved" ("object_key", "patient_no", "other_no", "source_patient_id")
  VALUES ($1, $2, $3, $4);

SELECT "object"."object_key", "object"."record"
  FROM "object"
  WHERE ("object"."source" = $1);

SELECT "object"."object_key", "object"."record"
  FROM "object"
  WHERE ("object"."target" = $1);

SELECT "object"."object_key", "object"."kind", "object"."status", "moved"."patient_no"
  FROM ("object" LEFT OUTER JOIN "moved" ON ("moved"."object_key" = "object"."object_key"))
  WHERE ("object"."uuid" = $1);

DELETE
  FROM "moved"
  WHERE ("moved"."object_key" = $1);
