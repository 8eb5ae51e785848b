//! What is asked and fed, as HL7 v2.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use anyhow::{Context, Result};
use benches::patients::{InventedPatient, patient};
use benches::synthetic::Random;
use clap::ValueEnum;
use datatypes::Dtm;
use hl7v2::{OutgoingHeader, PageRequest, write_adt, write_demographics_query, write_pix_query};
use identity::{
    AuthorityName, Criterion, CrossReferenceQuery, DemographicsQuery, FeedEvent, LocalId,
    NameCriterion, NameRepresentation, PatientIdentityFeed,
};

use crate::mllp::{Messages, framed};
use crate::serve::Kind;

/// Questions that are asked in turns, so that none is answered from a warm page alone.
const QUESTIONS: u64 = 4_096;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Task {
    /// ITI-9 of a hospital's identifier, all domains.
    PixQuery,
    /// ITI-21 by name in kana and birth date.
    PdqName,
    /// ITI-21 by identifier.
    PdqId,
    /// ITI-8 A04; the manager gives identifiers, and a registry that does nothing acknowledges them.
    Registration,
    /// ITI-8 A04; identifiers of the affinity domain come from elsewhere.
    RegistrationFeed,
}

impl Task {
    pub(super) const ALL: [Task; 5] =
        [Task::PixQuery, Task::PdqName, Task::PdqId, Task::Registration, Task::RegistrationFeed];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Task::PixQuery => "ITI-9",
            Task::PdqName => "ITI-21, kana and birth date",
            Task::PdqId => "ITI-21, id",
            Task::Registration => "A04, registry told",
            Task::RegistrationFeed => "A04, feed",
        }
    }

    /// With whom the manager is compared.
    pub(super) const fn references(self) -> &'static [Kind] {
        match self {
            // The record of a question is durable before its answer, as a row is.
            Task::PixQuery | Task::PdqName | Task::PdqId => &[Kind::Echo, Kind::Bare],
            Task::Registration | Task::RegistrationFeed => &[Kind::Bare],
        }
    }

    pub(super) const fn tells_registry(self) -> bool {
        match self {
            Task::PixQuery | Task::PdqName | Task::PdqId | Task::Registration => true,
            Task::RegistrationFeed => false,
        }
    }

    /// The messages to a manager with so many patients; the registrations of two calls differ.
    pub(super) fn messages(self, n_patients: u64) -> Result<Messages> {
        Ok(match self {
            Task::PixQuery => questions(n_patients, |patient| Ok(pix_query(patient)))?,
            Task::PdqName => questions(n_patients, by_name)?,
            Task::PdqId => questions(n_patients, by_id)?,
            Task::Registration | Task::RegistrationFeed => registrations()?,
        })
    }
}

fn questions(
    n_patients: u64,
    write: impl Fn(&InventedPatient) -> Result<String>,
) -> Result<Messages> {
    let mut random = Random::new(n_patients);
    let mut asked = Vec::new();
    for _ in 0..QUESTIONS {
        asked.push(framed(&write(&patient(random.number() % n_patients)?)?));
    }
    let place = AtomicUsize::new(0);
    let next = move || {
        let place = place.fetch_add(1, Ordering::Relaxed) % asked.len().max(1);
        asked.get(place).cloned().unwrap_or_default()
    };
    Ok(Messages { next: Arc::new(next), expected: "\rPID|" })
}

/// Patients whom nobody has registered before: the numbers begin at the clock.
fn registrations() -> Result<Messages> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let number = AtomicU64::new(now.as_secs().saturating_mul(300_000));
    let next = move || {
        let made = patient(number.fetch_add(1, Ordering::Relaxed));
        made.map(|made| framed(&registration(&made))).unwrap_or_default()
    };
    Ok(Messages { next: Arc::new(next), expected: "MSA|AA|" })
}

fn pix_query(patient: &InventedPatient) -> String {
    let query = CrossReferenceQuery { id: local_id(patient), domains: Vec::new() };
    with_header(|header| write_pix_query(header, "Q1", &query))
}

fn by_name(patient: &InventedPatient) -> Result<String> {
    let names = &patient.demographics.names;
    let kana = names.iter().find(|it| it.representation == Some(NameRepresentation::Phonetic));
    let kana = kana.context("a patient without kana")?;
    let birth_date = patient.demographics.birth_date.clone();
    let name = NameCriterion {
        family: Some(kana.family.clone()),
        given: Some(kana.given.clone()),
        ..NameCriterion::default()
    };
    let birth_date = Criterion::BirthDate { from: birth_date.clone(), to: birth_date };
    demographics(vec![Criterion::Name(name), birth_date])
}

fn by_id(patient: &InventedPatient) -> Result<String> {
    let universal_id = Some(patient.id.authority().clone());
    let authority = AuthorityName { namespace: None, universal_id };
    demographics(vec![Criterion::Id { id: patient.id.id().to_owned(), authority }])
}

fn demographics(criteria: Vec<Criterion>) -> Result<String> {
    let query = DemographicsQuery { criteria, ..DemographicsQuery::default() };
    let page = PageRequest::default();
    with_header(|header| write_demographics_query(header, "Q1", &query, &page))
        .context("a question that HL7 v2 cannot ask")
}

fn registration(patient: &InventedPatient) -> String {
    let feed = PatientIdentityFeed {
        event: FeedEvent::Register,
        identifiers: vec![local_id(patient)],
        prior_identifiers: Vec::new(),
        demographics: patient.demographics.clone(),
        visit: None,
    };
    with_header(|header| write_adt(header, &feed))
}

fn local_id(patient: &InventedPatient) -> LocalId {
    LocalId {
        id: patient.id.id().to_owned(),
        namespace: None,
        universal_id: Some(patient.id.authority().clone()),
    }
}

fn with_header<T>(write: impl FnOnce(&OutgoingHeader<'_>) -> T) -> T {
    #[expect(clippy::expect_used, reason = "a constant text that is a DTM")]
    let time = Dtm::parse("20261129120000").expect("a constant text that is a DTM");
    write(&OutgoingHeader {
        sending_application: "HIS",
        sending_facility: "HOSPITAL",
        receiving_application: "PIXMGR",
        receiving_facility: "RENKEI",
        control_id: "1",
        time: &time,
    })
}
