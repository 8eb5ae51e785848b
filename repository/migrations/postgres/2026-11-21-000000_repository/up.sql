-- One row per document of a submission. The bytes lie in the content-addressed store under their SHA-256;
-- several rows may share them.
CREATE TABLE document (
    document_no       BIGINT   PRIMARY KEY NOT NULL,
    unique_id         TEXT     NOT NULL,
    mime_type         TEXT     NOT NULL,
    sha1              BYTEA    NOT NULL,
    sha256            BYTEA    NOT NULL,
    size              BIGINT   NOT NULL,
    submission_set_id TEXT     NOT NULL,  -- SubmissionSet.uniqueId
    patient_id        TEXT     NOT NULL,  -- CX as submitted; for the audit trail, decides nothing
    state             SMALLINT NOT NULL,  -- 0 sent to the registry, 1 registered, 2 in doubt
    stored_at         BIGINT   NOT NULL   -- microseconds since 1970, UTC
);
CREATE INDEX document_unique_id ON document (unique_id);
CREATE INDEX document_sha256 ON document (sha256);
CREATE INDEX document_unsettled ON document (state) WHERE state <> 1;
