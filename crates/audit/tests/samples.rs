//! Published audit messages of others, read from `../shared` beside the project: what they say, said by our
//! table, is the same, but for details that we add.

use std::path::Path;

use atna::{ActiveParticipant, AuditMessage, ParticipantObject};
use audit::rendering::Recorder;
use audit::{AuditRecord, Event, Object, Participants, Party, Patient, PatientPart};

fn theirs(name: &str) -> Option<AuditMessage> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/atna").join(name);
    let Ok(text) = std::fs::read(file) else {
        eprintln!("skipped: no ../shared");
        return None;
    };
    Some(AuditMessage::read(&text, Default::default()).unwrap())
}

fn party(participant: &ActiveParticipant) -> Party {
    Party {
        user_id: participant.user_id.clone(),
        user_name: participant.user_name.clone(),
        address: participant.network_access_point.as_ref().unwrap().id.clone(),
    }
}

fn detail(object: &ParticipantObject, name: &str) -> Option<String> {
    let (_, value) = object.details.iter().find(|(detail, _)| detail == name)?;
    Some(String::from_utf8(value.clone()).unwrap())
}

fn part(object: &ParticipantObject, merge: Option<PatientPart>) -> PatientPart {
    let kind = detail(object, "urn:ihe:iti:xpid:2017:patientIdentifierType");
    match kind.as_deref() {
        Some("localPatientId") => PatientPart::Local,
        Some("subsumedPatientId") => PatientPart::LocalSubsumed,
        Some("newPatientId") => PatientPart::New,
        Some("previousPatientId") => PatientPart::Previous,
        _ => merge.unwrap_or_default(),
    }
}

/// The record that an actor of ours would have written in the place of theirs.
fn record(event: &'static Event, theirs: &AuditMessage, merge: Option<PatientPart>) -> AuditRecord {
    let [source, destination] = theirs.participants.as_slice() else { panic!() };
    let (own, peer) = match event.participants {
        Participants::Sent => (source, destination),
        Participants::Received
        | Participants::Served
        | Participants::Application
        | Participants::Alert => (destination, source),
    };
    let (queries, patients): (Vec<_>, Vec<_>) =
        theirs.objects.iter().partition(|object| object.query.is_some());
    let query = |object: &ParticipantObject| Object::Query {
        id: object.id.clone(),
        content: String::from_utf8(object.query.clone().unwrap()).unwrap(),
        home: None,
    };
    let patient =
        |object: &ParticipantObject| Patient { id: object.id.clone(), part: part(object, merge) };
    let message_id = |object| detail(object, "MSH-10").or_else(|| detail(object, "II"));
    AuditRecord {
        time: theirs.event.time,
        process_id: own.alternative_user_id.as_ref().unwrap().parse().unwrap(),
        // A merge is told by its patients.
        action: merge.map_or(theirs.event.action.unwrap(), |_| event.action),
        own: party(own),
        peer: party(peer),
        patients: patients.into_iter().map(patient).collect(),
        objects: queries.into_iter().map(query).collect(),
        message_id: theirs.objects.iter().find_map(message_id),
        agreement_version: "1".to_owned(),
        ..AuditRecord::now(event, theirs.event.outcome)
    }
}

/// As it can be compared: the source of the record is another one, the order of objects is nobody's, and a
/// description without text is none.
fn comparable(mut message: AuditMessage, other: &AuditMessage) -> AuditMessage {
    message.source = other.source.clone();
    message.event.outcome_description = None;
    message.objects.sort_by_key(|object| object.query.is_none());
    for object in &mut message.objects {
        object
            .details
            .retain(|(name, _)| !name.starts_with("urn:renkei:") && name != "QueryEncoding");
    }
    message
}

#[track_caller]
fn check(name: &str, event: &'static Event, merge: Option<PatientPart>) {
    let Some(theirs) = theirs(name) else { return };
    let ours =
        Recorder::new("pix-manager", "urn:oid:1.2.3").messages(&record(event, &theirs, merge));
    let [ours] = ours.try_into().map_err(|all: Vec<_>| all.len()).unwrap();
    let (ours, expected) = (comparable(ours, &theirs), comparable(theirs.clone(), &theirs));
    assert_eq!(ours.to_xml().replace("><", ">\n<"), expected.to_xml().replace("><", ">\n<"));
}

#[test]
fn feeds() {
    check("pixfeed.xml", Event::FEED_V2_AT_MANAGER, None);
    check("pixfeedsource.xml", Event::FEED_V2_TO_REGISTRY, None);
    check("pixfeedmerge.xml", Event::FEED_V2_AT_MANAGER, Some(PatientPart::Subsumed));
    check("pixfeedmergesource.xml", Event::FEED_V2_TO_REGISTRY, Some(PatientPart::Surviving));
    check("pixv3feed.xml", Event::FEED_V3_AT_MANAGER, None);
}

#[test]
fn queries() {
    check("pixquery.xml", Event::PIX_QUERY_AT_MANAGER, None);
    check("pdq.xml", Event::PDQ_AT_MANAGER, None);
    check("pdqv3.xml", Event::PDQ_V3_AT_MANAGER, None);
}

#[test]
fn what_the_manager_tells_others() {
    check("pixupdatesource.xml", Event::UPDATE_NOTIFICATION_AT_MANAGER, None);
    check("xpidsource.xml", Event::LINK_CHANGE_AT_MANAGER, None);
}
