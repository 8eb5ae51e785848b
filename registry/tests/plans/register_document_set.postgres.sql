UPDATE "patient"
  SET "version" = ("patient"."version" + $1)
  WHERE ("patient"."cx" = $2);

SELECT "patient"."patient_no", "patient"."next_seq"
  FROM "patient"
  WHERE (("patient"."cx" = $1) AND ("patient"."surviving_no" = "patient"."patient_no"));

SELECT pg_advisory_xact_lock(hashtextextended(held, 0))
  FROM unnest($1) AS held;

SELECT "object"."object_key", "object"."kind", "object"."status", "moved"."patient_no"
  FROM ("object" LEFT OUTER JOIN "moved" ON ("moved"."object_key" = "object"."object_key"))
  WHERE ("object"."uuid" = $1);

SELECT "object"."kind", "object"."hash", "object"."size"
  FROM "object"
  WHERE ("object"."unique_id" = $1)
  ORDER BY "object"."object_key" ASC;

SELECT "patient"."surviving_no"
  FROM "patient"
  WHERE ("patient"."patient_no" = $1);

SELECT "code"."code_no"
  FROM "code"
  WHERE (((("code"."attribute" = $1) AND ("code"."code" = $2)) AND ("code"."scheme" = $3)) AND ("code"."display" = $4));

SELECT max("code"."code_no")
  FROM "code";

INSERT INTO "code" ("code_no", "attribute", "code", "scheme", "display")
  VALUES ($1, $2, $3, $4, $5);

INSERT INTO "object" ("object_key", "kind", "status", "uuid", "unique_id", "hash", "size", "association_type", "source", "target", "last_update_time", "record")
  VALUES ($1, $2, $3, $4, $5, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, $6);

INSERT INTO "object" ("object_key", "kind", "status", "uuid", "unique_id", "hash", "size", "association_type", "source", "target", "last_update_time", "record")
  VALUES ($1, $2, $3, $4, $5, $6, $7, DEFAULT, DEFAULT, DEFAULT, DEFAULT, $8);

INSERT INTO "object" ("object_key", "kind", "status", "uuid", "unique_id", "hash", "size", "association_type", "source", "target", "last_update_time", "record")
  VALUES ($1, $2, $3, $4, DEFAULT, DEFAULT, DEFAULT, $5, $6, $7, DEFAULT, $8);

INSERT INTO "object_code" ("code_no", "object_key")
  VALUES ($1, $2), ($3, $4);

INSERT INTO "object_reference" ("reference_id", "object_key")
  VALUES ($1, $2);

UPDATE "object"
  SET "status" = $1
  WHERE (("object"."object_key" = $2) AND ("object"."status" = $3));

SELECT "object"."source", "object"."association_type", "moved"."patient_no", "moved"."other_no", "moved"."source_patient_id"
  FROM ("object" LEFT OUTER JOIN "moved" ON ("moved"."object_key" = "object"."object_key"))
  WHERE ("object"."target" = $1)
  ORDER BY "object"."object_key" ASC;

UPDATE "object"
  SET "last_update_time" = $1
  WHERE ("object"."object_key" = $2);

UPDATE "patient"
  SET "next_seq" = $1
  WHERE ("patient"."patient_no" = $2);

SELECT "link_change"."change_no", "link_change"."local_id"
  FROM "link_change"
  WHERE ("link_change"."subsumed_id" = $1)
  ORDER BY "link_change"."change_no" DESC
  LIMIT $2;

SELECT "link_change"."subsumed_id"
  FROM "link_change"
  WHERE ("link_change"."local_id" = $1);

SELECT "link_change"."change_no", "link_change"."previous_no", "link_change"."new_no"
  FROM "link_change"
  WHERE ("link_change"."local_id" = $1);
