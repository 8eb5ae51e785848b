-- Assigning authorities by number, in the order in which they were first met.
CREATE TABLE domain (
    domain_no BIGINT PRIMARY KEY NOT NULL,
    oid       TEXT    NOT NULL UNIQUE
);

-- One identifier of one domain, and what the domain says of its owner. The number is the age.
CREATE TABLE patient (
    patient_no    BIGINT PRIMARY KEY NOT NULL,
    domain_no     BIGINT NOT NULL,
    id            TEXT   NOT NULL,
    surviving_no  BIGINT NOT NULL,        -- who stands for the patient after all merges: itself, or a survivor
    person_no     BIGINT NOT NULL,        -- the class of cross-referenced patients it belongs to
    own_person_no BIGINT UNIQUE,          -- the person that was made for it, to which it returns when it is alone
    facts         TEXT   NOT NULL         -- demographics, account number, strong ids: JSON with a version
);
CREATE UNIQUE INDEX patient_id ON patient (id, domain_no);
CREATE INDEX patient_person ON patient (person_no);
CREATE INDEX patient_surviving ON patient (surviving_no) WHERE surviving_no <> patient_no;

-- Classes of patients who are one person, and their identifier in the affinity domain.
CREATE TABLE person (
    person_no    BIGINT PRIMARY KEY NOT NULL,
    network_id   TEXT,                    -- absent where a source feeds the affinity domain
    is_announced BOOLEAN NOT NULL,        -- the registry has acknowledged network_id
    surviving_no BIGINT  NOT NULL         -- itself, or the person with whom it was merged for good
);
CREATE UNIQUE INDEX person_network_id ON person (network_id) WHERE network_id IS NOT NULL;
CREATE INDEX person_surviving ON person (surviving_no) WHERE surviving_no <> person_no;

-- By what patients are found: names and birth dates folded, identifiers that follow the person.
CREATE TABLE search_key (
    key_text   TEXT COLLATE "C" NOT NULL,
    patient_no BIGINT NOT NULL,
    PRIMARY KEY (key_text, patient_no)
);

-- What somebody decided about two patients; what the rules say is computed, not stored.
CREATE TABLE decision (
    low_no     BIGINT   NOT NULL,
    high_no    BIGINT   NOT NULL,
    verdict    SMALLINT NOT NULL,         -- 1 linked by a person, 2 linked because one was merged, 3 not the same
    decided_at BIGINT   NOT NULL,         -- microseconds since 1970, UTC
    cause      TEXT     NOT NULL,         -- message or operator and reason
    PRIMARY KEY (low_no, high_no)
);
CREATE INDEX decision_high ON decision (high_no);

-- Each merge of two patients of one domain, and each change of an identifier, as it was said.
CREATE TABLE merge (
    subsumed_no  BIGINT PRIMARY KEY NOT NULL,
    surviving_no BIGINT NOT NULL,
    merged_at    BIGINT NOT NULL,
    cause        TEXT   NOT NULL
);

-- Visits, the last word on each.
CREATE TABLE visit (
    patient_no BIGINT NOT NULL,
    number     TEXT   NOT NULL,           -- PV1-19 with its authority; empty for the visit without number
    visit      TEXT   NOT NULL,           -- JSON with a version
    PRIMARY KEY (patient_no, number)
);

-- What registry and consumers must still be told, in order of the numbers.
CREATE TABLE announcement (
    announcement_no BIGINT PRIMARY KEY NOT NULL,  -- never used twice: it is the message's control id
    destination     TEXT     NOT NULL,    -- registry, or the name of a consumer
    event           TEXT     NOT NULL,    -- key of the audit table's row
    message         TEXT     NOT NULL,    -- as it is sent
    patients        TEXT     NOT NULL,    -- whom it is about, for the audit trail: JSON
    persons         TEXT     NOT NULL,    -- their numbers: what is refused stops only what names one of them
    announced_no    BIGINT,               -- the person whose network_id it makes known
    state           SMALLINT NOT NULL,    -- 0 waiting, 1 refused
    refusal         TEXT                  -- what the destination said
);
CREATE INDEX announcement_waiting ON announcement (destination, state, announcement_no);

-- The last number of an announcement; rows of the table above go when they are acknowledged.
CREATE TABLE last_announcement (
    only_row        SMALLINT PRIMARY KEY NOT NULL,
    announcement_no BIGINT   NOT NULL
);
INSERT INTO last_announcement VALUES (1, 0);

-- Which process sends to a destination; the others wait until the lease ends.
CREATE TABLE lease (
    destination TEXT   PRIMARY KEY NOT NULL,
    holder      TEXT   NOT NULL,
    until       BIGINT NOT NULL           -- microseconds since 1970, UTC
);
