DROP TABLE document;
