//! HL7 v2 parser, character sets, MLLP framing, ADT and ACK.
