DROP TABLE object_reference;
DROP TABLE object_code;
DROP TABLE code;
DROP TABLE link_change;
DROP TABLE moved;
DROP TABLE object;
DROP TABLE resolution;
DROP TABLE patient;
