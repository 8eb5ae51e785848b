-- One row per received message, for ever: what the hash chain covers, and what searches filter by. Sequence
-- numbers are contiguous from 1. hash covers the hash before it, sequence, received_at, transport, sender,
-- peer and raw_sha256 (audit-repository/src/chain.rs). The columns from event_time on are extracted from the
-- text; retention sets them to NULL when it drops the text.
CREATE TABLE event (
    sequence     BIGINT   PRIMARY KEY NOT NULL,
    received_at  BIGINT   NOT NULL,  -- microseconds since 1970, UTC
    transport    SMALLINT NOT NULL,  -- 0 of our own, 1 TLS, 2 UDP, 3 what was left of a broken TLS stream
    sender       TEXT     NOT NULL,  -- common name of the certificate, or address
    peer         TEXT     NOT NULL,  -- address
    raw_sha256   BYTEA    NOT NULL,
    hash         BYTEA    NOT NULL,
    extraction   SMALLINT NOT NULL,  -- version of the rules by which the columns below were made
    flags        SMALLINT NOT NULL,  -- bits: 1 not syslog, 2 no audit message, 4 not all terms are indexed
    event_time   BIGINT,             -- EventDateTime, else the syslog time, else received_at
    raw_key      BIGINT,             -- first 8 bytes of raw_sha256, for duplicates
    event_id     TEXT,               -- code
    event_types  TEXT,               -- codes, each between bars: |ITI-41|
    action       TEXT,
    outcome      SMALLINT,
    source_id    TEXT
);
CREATE INDEX event_by_time ON event (event_time, sequence) WHERE event_time IS NOT NULL;
CREATE INDEX event_by_identity ON event (event_time, raw_key) WHERE event_time IS NOT NULL;

-- The bytes as they came. A table of its own: scans of event stay small, and retention empties it.
CREATE TABLE raw_message (
    sequence BIGINT PRIMARY KEY NOT NULL,
    raw      BYTEA   NOT NULL
);

-- Whose events: 1 patients, 2 user ids and user names, 3 other objects. A page of somebody's events, newest
-- first, is one range of the key. The newest records have no rows yet (audit-repository/src/store/recent.rs).
CREATE TABLE event_term (
    kind       SMALLINT NOT NULL,
    value      TEXT     COLLATE "C" NOT NULL,
    event_time BIGINT   NOT NULL,
    sequence   BIGINT   NOT NULL,
    PRIMARY KEY (kind, value, event_time, sequence)
);

-- Signed states of the chain; also lines of a file.
CREATE TABLE checkpoint (
    number             BIGINT PRIMARY KEY NOT NULL,  -- contiguous from 1
    sequence           BIGINT  NOT NULL,
    hash               BYTEA   NOT NULL,
    signed_at          BIGINT  NOT NULL,  -- microseconds since 1970, UTC
    certificate_sha256 BYTEA   NOT NULL,
    signature          BYTEA   NOT NULL
);
