//! Messages that can be acknowledged and are no feed: each fault with its place.

use hl7v3::FeedInteraction::{self, Add, ResolveDuplicates, Revise};
use hl7v3::{FeedError, Location, ReadError};

use crate::support::{PATIENT_ID, PRIOR_ID, Pieces, good, read, read_feed, replacement, shown};

const REGISTRATION: &str = "controlActProcess/subject/registrationEvent";

/// The good message with one text in place of another.
#[track_caller]
fn changed(interaction: FeedInteraction, from: &str, to: &str) -> String {
    let text = good(interaction);
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from}");
    changed
}

#[track_caller]
fn check(text: &str, expected: fn(Location) -> FeedError, path: &str) {
    let fault = read_feed(text).unwrap_err();
    assert_eq!(fault, expected(fault.location()));
    assert_eq!(fault.location().to_string(), path);
}

fn missing(location: Location) -> FeedError {
    FeedError::Missing { location }
}

fn repeated(location: Location) -> FeedError {
    FeedError::Repeated { location }
}

fn unexpected(location: Location) -> FeedError {
    FeedError::Unexpected { location }
}

fn unknown_code(location: Location) -> FeedError {
    FeedError::UnknownCode { location }
}

#[test]
fn the_good_messages_are_feeds() {
    for interaction in FeedInteraction::ALL {
        let feed = read_feed(&good(interaction)).unwrap();
        assert_eq!(shown(&feed.identifiers), ["4711@@1.2.3"]);
    }
    let merge = read_feed(&good(ResolveDuplicates)).unwrap();
    assert_eq!(shown(&merge.prior_identifiers), ["4712@@1.2.3"]);
}

#[test]
fn the_wrapper_is_looked_at_first() {
    let mismatch = |_| FeedError::InteractionMismatch;
    let other = changed(Add, "extension=\"PRPA_IN201301UV02\"", "extension=\"PRPA_IN201302UV02\"");
    check(&other, mismatch, "interactionId");
    // Although there is more at fault.
    let worse = other.replace(PATIENT_ID, "").replace("code=\"active\"", "code=\"aborted\"");
    check(&worse, mismatch, "interactionId");
    let unsupported = |_| FeedError::UnsupportedProcessingCode;
    for code in ["X", "p", "", "P "] {
        let text = changed(
            Add,
            "<processingCode code=\"P\"/>",
            &format!("<processingCode code=\"{code}\"/>"),
        );
        check(&text, unsupported, "processingCode");
    }
    for code in ["T", "D"] {
        let text = changed(Add, "code=\"P\"", &format!("code=\"{code}\""));
        assert!(read_feed(&text).is_ok());
    }
    check(&changed(Add, "<processingCode code=\"P\"/>", ""), missing, "processingCode");
    check(&changed(Add, "interactionId", "otherId"), missing, "interactionId");
}

#[test]
fn a_message_without_id_cannot_be_acknowledged() {
    let id = "<id root=\"21acf7be-007c-41e6-b176-d0969794983b\" extension=\"345\"/>";
    let illegal = [
        "",
        "<id/>",
        "<id extension=\"345\"/>",
        "<id nullFlavor=\"NI\"/>",
        "<id nullFlavor=\"NI\" root=\"1.2.3\"/>",
        "<id root=\"urn:uuid:21acf7be-007c-41e6-b176-d0969794983b\"/>",
        "<id xmlns=\"urn:other\" root=\"1.2.3\"/>",
    ];
    for other in illegal {
        assert_eq!(read(&changed(Add, id, other)).unwrap_err(), ReadError::MessageId, "{other}");
    }
    for other in ["<id root=\"1.2.3\"/>", "<id root=\"HL7\" extension=\" \"/>"] {
        assert!(read(&changed(Add, id, other)).unwrap().feed.is_ok(), "{other}");
    }
}

#[test]
fn the_outermost_missing_element_is_named() {
    let rename = |interaction, element: &str| {
        good(interaction)
            .replace(&format!("<{element} "), "<unknown ")
            .replace(&format!("</{element}>"), "</unknown>")
    };
    check(&rename(Add, "receiver"), missing, "receiver");
    check(&rename(Add, "sender"), missing, "sender");
    check(&rename(Add, "device"), missing, "receiver/device");
    check(&rename(Add, "controlActProcess"), missing, "controlActProcess");
    check(&rename(Revise, "subject"), missing, "controlActProcess/subject");
    check(&rename(Revise, "registrationEvent"), missing, REGISTRATION);
    check(&rename(Add, "subject1"), missing, &format!("{REGISTRATION}/subject1"));
    check(&rename(Add, "patient"), missing, &format!("{REGISTRATION}/subject1/patient"));
    let replacement = format!("{REGISTRATION}/replacementOf");
    check(&rename(ResolveDuplicates, "replacementOf"), missing, &replacement);
    let prior = format!("{replacement}/priorRegistration");
    check(&rename(ResolveDuplicates, "priorRegistration"), missing, &prior);
    let role = format!("{prior}/subject1/priorRegisteredRole");
    check(&rename(ResolveDuplicates, "priorRegisteredRole"), missing, &role);
    // A registry acts on the identifiers alone.
    assert!(read_feed(&rename(Add, "patientPerson")).is_ok());
}

/// Taking the first of two would drop a patient, or a merge, silently.
#[test]
fn what_the_profile_has_once_must_not_come_twice() {
    let twice = |interaction, element: &str| {
        let text = good(interaction);
        let start = text.find(&format!("<{element} ")).unwrap();
        let end = text.find(&format!("</{element}>")).unwrap() + element.len() + 3;
        let piece = text.get(start..end).unwrap();
        text.replacen(piece, &piece.repeat(2), 1)
    };
    check(&twice(Add, "patient"), repeated, &format!("{REGISTRATION}/subject1/patient"));
    check(&twice(Add, "subject"), repeated, "controlActProcess/subject");
    check(&twice(Add, "registrationEvent"), repeated, REGISTRATION);
    check(&twice(Add, "controlActProcess"), repeated, "controlActProcess");
    check(&twice(Add, "receiver"), repeated, "receiver");
    let person = format!("{REGISTRATION}/subject1/patient/patientPerson");
    check(&twice(Add, "patientPerson"), repeated, &person);
    let replacement = format!("{REGISTRATION}/replacementOf");
    check(&twice(ResolveDuplicates, "replacementOf"), repeated, &replacement);
    let prior = format!("{replacement}/priorRegistration");
    check(&twice(ResolveDuplicates, "priorRegistration"), repeated, &prior);
    let role = format!("{prior}/subject1/priorRegisteredRole");
    check(&twice(ResolveDuplicates, "priorRegisteredRole"), repeated, &role);
    for value in ["<processingCode code=\"P\"/>", "<acceptAckCode code=\"AL\"/>"] {
        let name = value.split(['<', ' ']).nth(1).unwrap();
        check(&changed(Add, value, &value.repeat(2)), repeated, name);
    }
    let id = "<id root=\"21acf7be-007c-41e6-b176-d0969794983b\" extension=\"345\"/>";
    check(&changed(Add, id, &format!("{id}<id root=\"1.2.3\"/>")), repeated, "id");
}

#[test]
fn a_merge_has_one_prior_id() {
    let id =
        format!("{REGISTRATION}/replacementOf/priorRegistration/subject1/priorRegisteredRole/id");
    let merge = |ids: &str| {
        Pieces { replacement: replacement(ids), ..Pieces::of(ResolveDuplicates) }.write()
    };
    assert!(read_feed(&merge(PRIOR_ID)).is_ok());
    check(&merge(&PRIOR_ID.repeat(2)), repeated, &id);
    check(&merge(""), missing, &id);
    check(&merge("<id nullFlavor=\"NA\"/>"), missing, &id);
    check(&merge("<id root=\"1.2.3\"/>"), missing, &format!("{id}/@extension"));
    let invalid = |location| FeedError::Invalid { location };
    check(&merge("<id root=\"?\" extension=\"1\"/>"), invalid, &format!("{id}/@root"));
    assert_eq!(Location::prior_id().to_string(), id);
}

/// It would be acknowledged, and the merge that its sender means would never happen.
#[test]
fn a_replacement_outside_of_a_merge_is_refused() {
    for interaction in [Add, Revise] {
        let pieces = Pieces { replacement: replacement(PRIOR_ID), ..Pieces::of(interaction) };
        check(&pieces.write(), unexpected, &format!("{REGISTRATION}/replacementOf"));
    }
}

#[test]
fn an_animal_is_no_patient() {
    let text = good(Add).replace("patientPerson", "patientNonPersonLivingSubject");
    let path = format!("{REGISTRATION}/subject1/patient/patientNonPersonLivingSubject");
    check(&text, unexpected, &path);
}

#[test]
fn the_status_is_the_one_of_the_profile() {
    let registration = format!("{REGISTRATION}/statusCode");
    let patient = format!("{REGISTRATION}/subject1/patient/statusCode");
    let prior = format!("{REGISTRATION}/replacementOf/priorRegistration/statusCode");
    let active = "<statusCode code=\"active\"/>";
    for code in ["nullified", "aborted", "Active", ""] {
        let other = format!("<statusCode code=\"{code}\"/>");
        check(&changed(Add, active, &other), unknown_code, &registration);
        let second = format!("{PATIENT_ID}{active}");
        let text = changed(Add, &second, &format!("{PATIENT_ID}{other}"));
        check(&text, unknown_code, &patient);
        let text = changed(ResolveDuplicates, "<statusCode code=\"obsolete\"/>", &other);
        check(&text, unknown_code, &prior);
    }
    check(&changed(Add, active, ""), missing, &registration);
    check(&changed(Add, active, &active.repeat(2)), repeated, &registration);
    check(&changed(Add, &format!("{PATIENT_ID}{active}"), PATIENT_ID), missing, &patient);
    let obsolete = "<statusCode code=\"obsolete\"/>";
    check(&changed(ResolveDuplicates, obsolete, ""), missing, &prior);
    check(&changed(ResolveDuplicates, obsolete, active), unknown_code, &prior);
}

#[test]
fn what_nobody_acts_on_is_passed_over() {
    let text = good(Add)
        .replace("<custodian ", "<author typeCode=\"AUT\"/><custodian ")
        .replace("<receiver ", "<x:ext xmlns:x=\"urn:other\"><x:id/>text</x:ext><receiver ")
        .replace("<acceptAckCode code=\"AL\"/>", "<acceptAckCode code=\"?\"/>");
    let message = read(&text).unwrap();
    assert_eq!(message.wrapper.accept_ack_code, None);
    assert!(message.feed.is_ok());
}
