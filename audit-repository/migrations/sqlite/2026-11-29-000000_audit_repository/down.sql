DROP TABLE checkpoint;
DROP TABLE event_term;
DROP TABLE raw_message;
DROP TABLE event;
