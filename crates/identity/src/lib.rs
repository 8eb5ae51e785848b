//! Patient identity: feed events and identifiers; knows no HL7 delimiters.
