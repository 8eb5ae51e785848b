-- `owner` is checked at the commit only, so that tests can make a commit fail.
CREATE TABLE item (
    id BIGINT NOT NULL PRIMARY KEY,
    owner BIGINT REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED,
    note TEXT NOT NULL
);
