DROP TABLE code;
DROP TABLE object;
DROP TABLE resolution;
DROP TABLE patient;
