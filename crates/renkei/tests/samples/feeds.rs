//! ITI-8 and ITI-64: the published HL7 v2 messages, byte for byte in their frames.

use super::{community_of, sample_bytes};
use crate::harness::feed::{self, Acknowledgement};

/// The domain of the messages from a PIX source.
const MASTER_PATIENT_INDEX: &str = "2.16.840.1.113883.3.37.4.1.1.2.1.1";

/// File, MSA-1, ERR-3.
const MESSAGES: &[(&str, &str, &str)] = &[
    ("adt-a01-pixsource.hl7", "AA", ""),
    ("adt-a04-pixsource.hl7", "AA", ""),
    ("adt-a08-pixsource.hl7", "AA", ""),
    ("adt-a01-maximal.hl7", "AA", ""),
    ("adt-a08-maximal.hl7", "AA", ""),
    ("jp-adt-a08-iso2022jp-authored.hl7", "AA", ""),
    ("jp-adt-a08-utf8-authored.hl7", "AA", ""),
    ("adt-a01-incomplete-negative.hl7", "AE", "100"),
    // Merges of patients of another domain, of nobody knows which, and of one who is not known.
    ("adt-a40-maximal.hl7", "AE", "204"),
    ("adt-a40-mllp.hl7", "AE", "204"),
    ("adt-a40-pixsource.hl7", "AE", "204"),
    // A link change whose identifiers are still to be filled in.
    ("adt-a43-template.hl7", "AE", "101"),
    // Not of these transactions.
    ("adt-a31-one-id.hl7", "AR", "201"),
    ("adt-a31-two-ids.hl7", "AR", "201"),
    // What belongs to the queries of other actors, and their answers.
    ("qbp-q22-by-id.hl7", "AR", "200"),
    ("qbp-q22-demographics.hl7", "AR", "200"),
    ("qbp-q23-decoded-from-audit.hl7", "AR", "200"),
    ("jp-qbp-q22-kana-iso2022jp-authored.hl7", "AR", "200"),
    ("rsp-k22-ok.hl7", "AR", "200"),
    ("rsp-k22-with-dsc.hl7", "AR", "200"),
    ("rsp-k23-ok-two-domains.hl7", "AR", "200"),
    ("rsp-k23-nf.hl7", "AR", "200"),
    ("rsp-k23-ae-unknown-id.hl7", "AR", "200"),
    ("nonconformant-ack-q23-ar-unknown-domain.hl7", "AR", "200"),
];

#[test]
fn every_message_has_its_acknowledgement() {
    if sample_bytes("hl7v2/adt-a01-pixsource.hl7").is_none() {
        return;
    }
    let community = community_of(MASTER_PATIENT_INDEX);
    let mut connection = community.mllp();
    for (name, code, error) in MESSAGES {
        let message = sample_bytes(&format!("hl7v2/{name}")).unwrap();
        let answer = feed::exchange(&mut connection, &message).unwrap();
        let ack = Acknowledgement::read(&String::from_utf8(answer).unwrap());
        assert_eq!(ack.control_id(), control_id(&message), "{name}");
        assert_eq!((ack.code(), ack.error()), (*code, *error), "{name}: {ack:?}");
    }
}

/// MSH-10 as it was sent.
fn control_id(message: &[u8]) -> String {
    let fields: Vec<_> = message.split(|byte| *byte == b'|').collect();
    String::from_utf8(fields.get(9).unwrap().to_vec()).unwrap()
}
