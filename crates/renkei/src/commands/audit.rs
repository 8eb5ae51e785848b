//! `renkei audit`: the trail of a running community, read over ITI-81 with the community's client certificate.

pub(crate) mod find;
pub(crate) mod report;
pub(crate) mod show;

use datatypes::PatientId;
use fhir::token::escape;

/// `patient.identifier`.
fn patient_condition(patient: &PatientId) -> (String, String) {
    let cx = patient.to_cx();
    let (system, id) = fhir::audit_event::identifier_of(&cx);
    let value = match system {
        Some(system) => format!("{system}|{}", escape(id)),
        None => escape(id),
    };
    ("patient.identifier".to_owned(), value)
}

/// `agent`: UserID or UserName.
fn user_condition(name: &str) -> (String, String) {
    ("agent".to_owned(), escape(name))
}

/// `type` for EventIDs, `subtype` for everything else.
fn type_condition(code: &str) -> (String, String) {
    let number = code.parse::<u32>().ok();
    // DICOM PS3.16, CID 400: Audit Event ID.
    let is_event_id = number.is_some_and(|number| (110_100..110_120).contains(&number));
    let name = if is_event_id { "type" } else { "subtype" };
    (name.to_owned(), escape(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_parameters_of_iti_81() {
        let patient = PatientId::parse("7,8^^^&1.2.3&ISO").unwrap();
        assert_eq!(patient_condition(&patient).1, r"urn:oid:1.2.3|7\,8");
        assert_eq!(type_condition("110112").0, "type");
        assert_eq!(type_condition("110127").0, "subtype");
        assert_eq!(type_condition("ITI-18"), ("subtype".to_owned(), "ITI-18".to_owned()));
    }
}
