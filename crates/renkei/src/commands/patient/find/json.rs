//! What `renkei patient find --json` prints.

use datatypes::{Dtm, Oid};
use identity::{LocalId, NameRepresentation, PatientMatch, PersonName};
use serde_json::{Value, json};

use super::table::sex;
use crate::transactions::patient_demographics_query::FoundPatients;
use crate::wire::RunningCommunity;

/// The whole answer. `total` counts those that are not shown as well.
pub(super) fn answer(community: &RunningCommunity, found: &FoundPatients) -> String {
    let patients = found.matches.iter().map(|patient| self::patient(community, patient));
    let value = json!({
        "total": found.n_total,
        "isComplete": found.n_total <= found.matches.len(),
        "patients": patients.collect::<Vec<Value>>(),
    });
    format!("{value:#}")
}

fn patient(community: &RunningCommunity, patient: &PatientMatch) -> Value {
    let demographics = &patient.demographics;
    let identifiers = patient.identifiers.iter().map(|id| identifier(community, id));
    let addresses = demographics.addresses.iter().map(|address| {
        json!({
            "postalCode": address.postal_code,
            "state": address.state,
            "city": address.city,
            "street": address.street,
            "full": address.full,
            "country": address.country,
        })
    });
    json!({
        "identifiers": identifiers.collect::<Vec<Value>>(),
        "names": demographics.names.iter().map(name).collect::<Vec<Value>>(),
        "birthDate": demographics.birth_date.as_ref().map(Dtm::as_str),
        "sex": demographics.sex.map(sex),
        "addresses": addresses.collect::<Vec<Value>>(),
        "telecoms": demographics.telecoms.iter().map(|it| it.number.as_str()).collect::<Vec<_>>(),
        "confidence": patient.confidence,
    })
}

/// `domain` is null for the affinity domain and for domains that the agreement does not name.
fn identifier(community: &RunningCommunity, id: &LocalId) -> Value {
    json!({
        "id": id.id,
        "authority": id.universal_id.as_ref().map(Oid::as_str),
        "domain": id.universal_id.as_ref().and_then(|oid| community.domain_name(oid)),
    })
}

fn name(name: &PersonName) -> Value {
    json!({
        "family": name.family,
        "given": name.given,
        "representation": name.representation.map(|it| match it {
            NameRepresentation::Ideographic => "ideographic",
            NameRepresentation::Phonetic => "phonetic",
            NameRepresentation::Alphabetic => "alphabetic",
        }),
    })
}
