DROP TABLE code;
DROP TABLE object;
DROP TABLE patient;
