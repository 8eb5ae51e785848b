//! ITI-64 over MLLP against a community that really runs: a document follows its local patient, and back,
//! also over a restart.

use crate::harness::community::Community;
use crate::harness::feed::{self, adt};
use crate::harness::reply::Reply;
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, find_documents, retrieve, submit};

/// sourcePatientId of the document.
fn local(community: &Community, submission: &Submission) -> String {
    let found = find_documents(&mut community.registry(), &submission.patient_id).unwrap();
    let (_, after) = found.text.split_once("sourcePatientId\"><ValueList><Value>").unwrap();
    let (local, _) = after.split_once("</Value>").unwrap();
    local.replace("&amp;", "&")
}

fn change(
    community: &Community,
    control_id: &str,
    (pid_3, mrg_1): (&str, &str),
) -> (String, String) {
    let segments = format!("EVN|A43|20260101120000\rPID|||{pid_3}|| \rMRG|{mrg_1}\r");
    let message = adt("A43", control_id, &segments).replace("|2.3.1|", "|2.5|");
    let ack = feed::acknowledged(&mut community.mllp(), &message);
    assert_eq!(ack.control_id(), control_id);
    (ack.code().to_owned(), ack.field("ERR", 2).to_owned())
}

fn accepted() -> (String, String) {
    ("AA".to_owned(), String::new())
}

fn n_found(found: &Reply, unique_id: &str) -> usize {
    found.assert_success();
    found.text.matches(unique_id).count()
}

#[test]
fn a_document_follows_its_local_patient_and_comes_back() {
    let mut community = Community::plain();
    let previous = add_patient(&community, "previous");
    let new = add_patient(&community, "new");
    let submission = Submission::of(&previous, &[b"report"]);
    submit(&mut community.repository(), &submission).unwrap().assert_success();
    let local = local(&community, &submission);
    let unique_id = submission.documents.first().unwrap().unique_id.clone();
    let find = |community: &Community, patient: &str| {
        find_documents(&mut community.registry(), patient).unwrap()
    };
    let before = find(&community, &previous).payload_xml();
    assert_eq!(n_found(&find(&community, &new), &unique_id), 0);

    let there = format!("{new}~{local}");
    assert_eq!(change(&community, "l1", (&there, &previous)), accepted());
    assert_eq!(n_found(&find(&community, &previous), &unique_id), 0);
    community.kill();
    community.up();
    assert_eq!(n_found(&find(&community, &previous), &unique_id), 0);
    let moved = find(&community, &new).payload_xml();
    assert_eq!(moved, before.replace(&escaped(&previous), &escaped(&new)));
    // The repository goes by the document's own id.
    let id = community.repository_unique_id().to_owned();
    let retrieved = retrieve(&mut community.repository(), &id, &[unique_id]).unwrap();
    assert_eq!(retrieved.documents().first().unwrap().1, b"report");

    let back = format!("{previous}~{local}");
    assert_eq!(change(&community, "l2", (&back, &new)), accepted());
    // The first message, delivered again only now.
    assert_eq!(change(&community, "l1", (&there, &previous)), accepted());
    assert_eq!(find(&community, &previous).payload_xml(), before);

    let unknown = new.replacen("new", "unknown", 1);
    let refused = change(&community, "l3", (&format!("{unknown}~{local}"), &previous));
    assert_eq!(refused, ("AE".to_owned(), "PID^1^3^1^1".to_owned()));
    assert_eq!(find(&community, &previous).payload_xml(), before);
}

/// As it stands where patient ids are shown; sourcePatientId is an element's text and no attribute.
fn escaped(patient: &str) -> String {
    format!("value=\"{}\"", patient.replace('&', "&amp;"))
}
