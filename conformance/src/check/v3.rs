//! What conformance validators check of every answer in HL7 v3 (ITI TF-2: Appendix O, 3.44.4.2, 3.45.4.2, 3.47.4.2).
//!
//! The rules are those of the schematron files with which Connectathons judge; that an answer is what the
//! question was after is the matter of other checks.

use super::{Exchange, Finding, differs};
use crate::namespaces::namespace_of;
use crate::xml_path::Path;
use crate::xml_tree::Element;
use datatypes::Oid;

/// Children of an answer in the order of the schemas.
const WRAPPER: &[&str] = &[
    "id",
    "creationTime",
    "versionCode",
    "interactionId",
    "profileId",
    "processingCode",
    "processingModeCode",
    "acceptAckCode",
    "sequenceNumber",
    "attachmentText",
    "receiver",
    "respondTo",
    "sender",
    "attentionLine",
    "acknowledgement",
    "controlActProcess",
];

/// Children of an acknowledgement.
const ACKNOWLEDGEMENT: &[&str] = &[
    "typeCode",
    "expectedSequenceNumber",
    "messageWaitingNumber",
    "messageWaitingPriorityCode",
    "targetMessage",
    "acknowledgementDetail",
];

/// Children of a patient.
const PATIENT: &[&str] = &[
    "id",
    "addr",
    "telecom",
    "statusCode",
    "effectiveTime",
    "confidentialityCode",
    "veryImportantPersonCode",
    "patientPerson",
    "providerOrganization",
    "subjectOf1",
    "subjectOf2",
    "coveredPartyOf",
];

/// Children of a person.
const PERSON: &[&str] = &[
    "id",
    "name",
    "desc",
    "telecom",
    "administrativeGenderCode",
    "birthTime",
    "deceasedInd",
    "deceasedTime",
    "multipleBirthInd",
    "multipleBirthOrderNumber",
    "organDonorInd",
    "addr",
    "maritalStatusCode",
    "educationLevelCode",
    "disabilityCode",
    "livingArrangementCode",
    "religiousAffiliationCode",
    "raceCode",
    "ethnicGroupCode",
    "asPatientOfOtherProvider",
    "asEmployee",
    "asCitizen",
    "asStudent",
    "asMember",
    "asOtherIDs",
    "contactParty",
    "guardian",
    "personalRelationship",
    "careGiver",
    "birthPlace",
    "guarantorRole",
    "languageCommunication",
];

/// Counts of a query acknowledgement.
const QUANTITIES: &[&str] =
    &["resultTotalQuantity", "resultCurrentQuantity", "resultRemainingQuantity"];

/// The answer, with paths below it.
struct Answer<'a>(&'a Element);

impl Answer<'_> {
    fn values(&self, path: &str) -> Result<Vec<String>, Finding> {
        Ok(Path::parse(path)?.values(self.0))
    }

    fn one(&self, path: &str, demanded: &str) -> Result<(), Finding> {
        let found = self.values(path)?;
        if found == [demanded] { Ok(()) } else { differs(path, demanded, &found.join("`, `")) }
    }

    fn count(&self, path: &str) -> Result<usize, Finding> {
        Ok(Path::parse(path)?.count(self.0))
    }
}

pub(super) fn rules(exchange: &Exchange<'_>) -> Result<(), Finding> {
    let payload = exchange.soap()?.payload();
    let payload = payload.ok_or_else(|| Finding("the answer has no payload".to_owned()))?;
    let answer = Answer(&exchange.soap()?.envelope);
    if payload.namespace != namespace_of("hl7").unwrap_or_default() {
        return Err(Finding(format!("the answer is `{}`, not HL7 v3", payload.local)));
    }
    wrapper(&answer, payload)?;
    match payload.local.as_str() {
        "MCCI_IN000002UV01" => Ok(()),
        "PRPA_IN201310UV02" => {
            control_act(&answer, "PRPA_TE201310UV02")?;
            cross_references(&answer, payload)
        }
        "PRPA_IN201306UV02" => {
            control_act(&answer, "PRPA_TE201306UV02")?;
            demographics(payload)
        }
        other => Err(Finding(format!("`{other}` is no answer"))),
    }
}

/// Of all messages.
fn wrapper(answer: &Answer<'_>, payload: &Element) -> Result<(), Finding> {
    in_order(payload, WRAPPER)?;
    let name = payload.local.as_str();
    let at = |path: &str| format!("/soap12:Envelope/soap12:Body/*/{path}");
    answer.one(&at("@ITSVersion"), "XML_1.0")?;
    answer.one(&at("hl7:interactionId/@extension"), name)?;
    answer.one(&at("hl7:interactionId/@root"), "2.16.840.1.113883.1.6")?;
    answer.one(&at("hl7:processingModeCode/@code"), "T")?;
    answer.one(&at("hl7:acceptAckCode/@code"), "NE")?;
    for (path, demanded) in
        [("hl7:receiver/hl7:device", 1), ("hl7:sender/hl7:device", 1), ("hl7:acknowledgement", 1)]
    {
        let n_found = answer.count(&at(path))?;
        if n_found != demanded {
            return differs(&format!("number of {path}"), "1", &n_found.to_string());
        }
    }
    for id in ["//hl7:device/hl7:id", "//hl7:representedOrganization/hl7:id"] {
        if answer.count(&format!("{id}/@extension"))? > 0 {
            return Err(Finding(format!("{id} has an extension")));
        }
        let roots = answer.values(&format!("{id}/@root"))?;
        if let Some(wrong) = roots.iter().find(|root| Oid::parse(root).is_err()) {
            return differs(&format!("{id}/@root"), "an OID", wrong);
        }
    }
    let acknowledgements = below(payload, &["acknowledgement"]);
    acknowledgements.into_iter().try_for_each(|it| in_order(it, ACKNOWLEDGEMENT))
}

/// Of the answers to queries.
fn control_act(answer: &Answer<'_>, trigger_event: &str) -> Result<(), Finding> {
    let at = |path: &str| format!("/soap12:Envelope/soap12:Body/*/hl7:controlActProcess/{path}");
    answer.one(&at("@classCode"), "CACT")?;
    answer.one(&at("@moodCode"), "EVN")?;
    answer.one(&at("hl7:code/@code"), trigger_event)?;
    if answer.count(&at("hl7:queryAck/hl7:queryId"))? != 1 {
        return Err(Finding("the answer has not one queryAck/queryId".to_owned()));
    }
    // A query that was not understood cannot be copied.
    let n_queries = answer.count(&at("hl7:queryByParameter"))?;
    let is_accepted = answer.values("//hl7:acknowledgement/hl7:typeCode/@code")? == ["AA"];
    if n_queries > 1 || (is_accepted && n_queries == 0) {
        return differs("number of queryByParameter", "1", &n_queries.to_string());
    }
    if answer.count("//hl7:inFulfillmentOf")? > 0 {
        return Err(Finding("the answer has inFulfillmentOf".to_owned()));
    }
    let statuses = answer.values("//hl7:registrationEvent/hl7:statusCode/@code")?;
    match statuses.iter().find(|status| *status != "active") {
        Some(other) => differs("statusCode of registrationEvent", "active", other),
        None => Ok(()),
    }
}

/// PRPA_IN201310UV02.
fn cross_references(answer: &Answer<'_>, payload: &Element) -> Result<(), Finding> {
    let n_events = answer.count("//hl7:registrationEvent")?;
    if n_events > 1 {
        return differs("number of registrationEvent", "at most 1", &n_events.to_string());
    }
    for patient in patients(payload) {
        person_in_order(patient)?;
        let roots = roots(patient, &["id"]);
        if roots.is_empty() {
            return Err(Finding("the patient has no id".to_owned()));
        }
        for organization in below(patient, &["providerOrganization", "id"]) {
            let root = organization.attribute("root").unwrap_or_default();
            if organization.attribute("extension").is_some() || !roots.contains(&root) {
                return Err(Finding("providerOrganization/id is not the root of an id".to_owned()));
            }
        }
        let names = below(patient, &["patientPerson", "name"]);
        let is_given = |name: &&Element| name.attribute("nullFlavor").is_none_or(|it| it == "NA");
        if !names.iter().any(is_given) {
            return Err(Finding("the name is absent, or null otherwise than NA".to_owned()));
        }
    }
    Ok(())
}

/// PRPA_IN201306UV02.
fn demographics(payload: &Element) -> Result<(), Finding> {
    for quantity in QUANTITIES {
        let found = below(payload, &["controlActProcess", "queryAck", quantity]);
        let values: Vec<&str> = found.iter().filter_map(|it| it.attribute("value")).collect();
        let is_number = values.iter().all(|value| value.parse::<usize>().is_ok());
        if values.len() != 1 || !is_number {
            return Err(Finding(format!("queryAck has no {quantity}")));
        }
    }
    for patient in patients(payload) {
        person_in_order(patient)?;
        let status = below(patient, &["statusCode"]);
        if !status.iter().any(|status| status.attribute("code") == Some("active")) {
            return Err(Finding("statusCode of a patient is not active".to_owned()));
        }
        let names = below(patient, &["patientPerson", "name"]);
        let ids = roots(patient, &["id"]);
        if ids.is_empty() && names.iter().all(|name| name.attribute("nullFlavor").is_some()) {
            return Err(Finding("a patient has neither id nor name".to_owned()));
        }
        let own = identifiers(patient, &["id"]);
        let others = identifiers(patient, &["patientPerson", "asOtherIDs", "id"]);
        if own.iter().any(|id| others.contains(id)) {
            return Err(Finding("an id is in patient and in asOtherIDs".to_owned()));
        }
        if below(patient, &["subjectOf1", "queryMatchObservation"]).len() != 1 {
            return Err(Finding("a patient has not one queryMatchObservation".to_owned()));
        }
    }
    Ok(())
}

fn patients(payload: &Element) -> Vec<&Element> {
    let path = ["controlActProcess", "subject", "registrationEvent", "subject1", "patient"];
    below(payload, &path)
}

fn person_in_order(patient: &Element) -> Result<(), Finding> {
    in_order(patient, PATIENT)?;
    let persons = below(patient, &["patientPerson"]);
    persons.into_iter().try_for_each(|person| in_order(person, PERSON))
}

/// The elements at a path of local names.
fn below<'a>(element: &'a Element, path: &[&str]) -> Vec<&'a Element> {
    let mut found = vec![element];
    for name in path {
        found = found
            .into_iter()
            .flat_map(Element::elements)
            .filter(|child| child.local == *name)
            .collect();
    }
    found
}

fn roots<'a>(patient: &'a Element, path: &[&str]) -> Vec<&'a str> {
    identifiers(patient, path).into_iter().map(|(root, _)| root).collect()
}

/// Root and extension of each id that is not null.
fn identifiers<'a>(patient: &'a Element, path: &[&str]) -> Vec<(&'a str, &'a str)> {
    let ids = below(patient, path).into_iter();
    ids.filter_map(|id| Some((id.attribute("root")?, id.attribute("extension")?))).collect()
}

fn in_order(element: &Element, known: &[&str]) -> Result<(), Finding> {
    let mut rest = known.iter().peekable();
    for child in element.elements() {
        while rest.peek().is_some_and(|next| **next != child.local) {
            rest.next();
        }
        if rest.peek().is_none() {
            let (name, outer) = (&child.local, &element.local);
            return Err(Finding(format!("`{name}` in {outer} stands out of order")));
        }
    }
    Ok(())
}
