DROP TABLE object_reference;
DROP TABLE object_code;
DROP TABLE code;
DROP TABLE object;
DROP FUNCTION object_changed;
DROP TABLE resolution;
DROP TABLE patient;
