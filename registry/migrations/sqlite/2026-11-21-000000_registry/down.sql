DROP TABLE object_reference;
DROP TABLE object_code;
DROP TABLE code;
DROP TABLE object;
DROP TABLE resolution;
DROP TABLE patient;
