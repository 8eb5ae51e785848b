-- Patients of the affinity domain, known from the identity feed (ITI-8, ITI-44).
CREATE TABLE patient (
    patient_no   BIGINT  PRIMARY KEY NOT NULL,
    cx           TEXT    NOT NULL UNIQUE,  -- id^^^&oid&ISO
    surviving_no BIGINT  NOT NULL,         -- who stands for the patient after all merges: itself, or a survivor
    next_seq     BIGINT  NOT NULL,         -- next free lower part of object.object_key
    version      BIGINT  NOT NULL          -- bumped by each transaction that touches the patient
);
CREATE INDEX patient_surviving ON patient (surviving_no);

-- Each merge of patients (ITI-8 A40), as it was said; patient.surviving_no is what follows from all of them.
CREATE TABLE resolution (
    subsumed_no  BIGINT PRIMARY KEY NOT NULL,
    surviving_no BIGINT NOT NULL,
    resolved_at  BIGINT NOT NULL,        -- microseconds since 1970, UTC
    cause        TEXT   NOT NULL         -- transaction and message, for people
);

-- Registry objects, clustered by patient: object_key = patient_no << 20 | seq.
CREATE TABLE object (
    object_key       BIGINT   PRIMARY KEY NOT NULL,
    kind             SMALLINT NOT NULL,  -- 1 DocumentEntry, 2 SubmissionSet, 3 Folder, 4 Association
    status           SMALLINT NOT NULL,  -- 0 Approved, 1 Deprecated
    uuid             BYTEA    NOT NULL,
    unique_id        TEXT,               -- absent on Associations
    hash             BYTEA,               -- DocumentEntries: SHA-1
    size             BIGINT,             -- DocumentEntries: bytes
    association_type SMALLINT,
    source           BYTEA,
    target           BYTEA,
    last_update_time TEXT,               -- Folders: DTM, 14 digits
    record           BYTEA    NOT NULL
);
CREATE UNIQUE INDEX object_uuid ON object (uuid);
CREATE INDEX object_unique_id ON object (unique_id) WHERE unique_id IS NOT NULL;
CREATE UNIQUE INDEX object_package_unique_id ON object (unique_id) WHERE kind IN (2, 3);
CREATE INDEX object_source ON object (source) WHERE source IS NOT NULL;
CREATE INDEX object_target ON object (target) WHERE target IS NOT NULL;

-- Where an object belongs now, if that is not where it is stored: the manager linked its local patient to
-- another patient of the affinity domain (ITI-64). The row goes when the object is back.
CREATE TABLE moved (
    object_key        BIGINT  PRIMARY KEY NOT NULL,
    patient_no        BIGINT  NOT NULL,   -- whose it is now
    other_no          BIGINT,             -- Associations: whose the other end is, if it is another person's
    source_patient_id TEXT                -- DocumentEntries: what is shown, if not what was submitted
);
CREATE INDEX moved_patient ON moved (patient_no);

-- Each link change, as it was said; table moved is what follows from all of them.
CREATE TABLE link_change (
    change_no   BIGINT  PRIMARY KEY NOT NULL,  -- from 1, in order
    local_id    TEXT   NOT NULL,         -- CX, like subsumed_id
    subsumed_id TEXT,                    -- a second local id that was merged into local_id
    previous_no BIGINT NOT NULL,
    new_no      BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,         -- microseconds since 1970, UTC
    cause       TEXT   NOT NULL,         -- transaction and message, for people
    message     TEXT   NOT NULL          -- what tells a message that is delivered again from a new one
);
CREATE INDEX link_change_local ON link_change (local_id);
CREATE INDEX link_change_subsumed ON link_change (subsumed_id) WHERE subsumed_id IS NOT NULL;

-- Each distinct coded value once; append-only.
CREATE TABLE code (
    code_no   BIGINT   PRIMARY KEY NOT NULL,
    attribute SMALLINT NOT NULL,
    code      TEXT     NOT NULL,
    scheme    TEXT     NOT NULL,
    display   TEXT     NOT NULL
);
CREATE UNIQUE INDEX code_value ON code (attribute, code, scheme, display);

-- What the queries over all patients (ITI-51) may start from: classCode, healthcareFacilityTypeCode and
-- eventCodeList of entries, codeList of folders; and the referenceIdList of entries.
CREATE TABLE object_code (
    code_no    BIGINT NOT NULL,
    object_key BIGINT NOT NULL,
    PRIMARY KEY (code_no, object_key)
);
CREATE TABLE object_reference (
    reference_id TEXT   NOT NULL,         -- in normal form C
    object_key   BIGINT NOT NULL,
    PRIMARY KEY (reference_id, object_key)
);

-- Records are compact already: keep them uncompressed, out of line only above a page's share.
ALTER TABLE object ALTER COLUMN record SET STORAGE EXTERNAL;

-- Whatever changes an object bumps the version of its patients, statements by hand included: what is kept in
-- memory of a patient is compared with the version before it is used.
CREATE FUNCTION object_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE patient SET version = version + 1 WHERE patient_no IN
            (OLD.object_key >> 20, (SELECT moved.patient_no FROM moved WHERE object_key = OLD.object_key));
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.object_key >> 20 <> OLD.object_key >> 20) THEN
        UPDATE patient SET version = version + 1 WHERE patient_no = NEW.object_key >> 20;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER object_changed AFTER INSERT OR UPDATE OR DELETE ON object
    FOR EACH ROW EXECUTE FUNCTION object_changed();

-- What moves is missed where it was and found where it is now.
CREATE FUNCTION object_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE patient SET version = version + 1 WHERE patient_no IN (OLD.object_key >> 20, OLD.patient_no);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE patient SET version = version + 1 WHERE patient_no IN (NEW.object_key >> 20, NEW.patient_no);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER object_moved AFTER INSERT OR UPDATE OR DELETE ON moved
    FOR EACH ROW EXECUTE FUNCTION object_moved();
