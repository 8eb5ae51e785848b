//! Identifiers, codes, names and times as XDS and HL7 write them; no IO.
