//! ITI-47, PRPA_IN201306UV02 (ITI TF-2: 3.47.4.2).

use datatypes::Oid;
use identity::{MatchPage, PatientMatch};
use xml::Writer;

use super::{Answering, Quantities, QueryFault, Verdict};
use crate::person;
use crate::registration::Registration;

/// The answer to a PDQ query or its continuation: one page of matches, or why there is none.
///
/// Without any match it says `NF`. `domains` are those that were asked for; for each of them in which a patient
/// has no identifier there is a null one with the domain as scoping organisation (ITI TF-2: 3.47.4.2.3).
#[must_use]
pub fn write_demographics_response(
    answering: &Answering<'_>,
    domains: &[Oid],
    found: Result<&MatchPage, &QueryFault>,
) -> String {
    let verdict = match found {
        Ok(page) if page.n_total == 0 => Verdict::nothing_found(),
        Ok(_) => Verdict::found(),
        Err(fault) => Verdict::of(fault),
    };
    let mut writer = answering.start("PRPA_IN201306UV02", "PRPA_TE201306UV02", &verdict);
    let quantities = match found {
        Ok(page) => Quantities {
            total: page.n_total,
            current: page.matches.len(),
            remaining: page.n_remaining,
        },
        Err(_) => Quantities { total: 0, current: 0, remaining: 0 },
    };
    for patient in found.iter().flat_map(|page| &page.matches) {
        write_match(answering, domains, patient, &mut writer);
    }
    answering.finish(&verdict, Some(&quantities), writer)
}

fn write_match(
    answering: &Answering<'_>,
    domains: &[Oid],
    patient: &PatientMatch,
    writer: &mut Writer,
) {
    let registration = Registration {
        identifiers: &patient.identifiers,
        custodian: answering.wrapper.receiver.as_ref(),
    };
    let demographics = &patient.demographics;
    registration.write(
        writer,
        |writer| {
            person::write(demographics, writer);
            write_null_ids(domains, patient, writer);
            person::write_mother(&demographics.mothers_maiden_names, writer);
        },
        |writer| write_confidence(patient.confidence, writer),
    );
}

fn write_null_ids(domains: &[Oid], patient: &PatientMatch, writer: &mut Writer) {
    let has_id = |domain: &Oid| {
        patient.identifiers.iter().any(|id| id.universal_id.as_ref() == Some(domain))
    };
    for domain in domains.iter().filter(|domain| !has_id(domain)) {
        writer
            .start("asOtherIDs", &[("classCode", "PAT")])
            .empty("id", &[("nullFlavor", "NA")])
            .start("scopingOrganization", &[("classCode", "ORG"), ("determinerCode", "INSTANCE")])
            .empty("id", &[("root", domain.as_str())])
            .end()
            .end();
    }
}

/// In percent.
fn write_confidence(confidence: u8, writer: &mut Writer) {
    const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
    let value = confidence.to_string();
    writer
        .start("subjectOf1", &[])
        .start("queryMatchObservation", &[("classCode", "OBS"), ("moodCode", "EVN")])
        .empty("code", &[("code", "IHE_PDQ")])
        .empty("value", &[("xmlns:xsi", XSI), ("xsi:type", "INT"), ("value", &value)])
        .end()
        .end();
}
