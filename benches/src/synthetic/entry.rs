//! DocumentEntries.

use datatypes::{
    Code, Dtm, LanguageCode, MimeType, ObjectId, PatientId, ReferenceId, Sha1Hash, UniqueId, Xcn,
    Xon, Xtn,
};
use xds::{Author, DocumentEntry, EntryType, Identified, LocalizedText};

use super::codes::{self, CodeSet};
use super::random::Random;
use super::{Generator, text, valid};

impl Generator {
    /// An entry with all that a repository must say, hence ready for ITI-42.
    pub fn entry(&mut self, patient: &PatientId) -> DocumentEntry {
        let number = self.next_number();
        let id = ObjectId::Uuid(self.uuid());
        let repository = self.repository.clone();
        let random = &mut self.random;
        let started = random.between(2015, 2025);
        let day = format!("{started}{:02}{:02}", random.between(1, 12), random.between(1, 28));
        DocumentEntry {
            id,
            logical_id: None,
            home: None,
            entry_type: EntryType::Stable,
            mime_type: valid(MimeType::parse(random.pick(&text::MIME_TYPES))),
            patient_id: Identified::new(patient.clone()),
            unique_id: Identified::new(valid(UniqueId::parse(&format!(
                "2.999.1.4.{number}.{}",
                random.below(1_000_000)
            )))),
            creation_time: Some(time(random, &day)),
            service_start_time: Some(time(random, &day)),
            service_stop_time: Some(valid(Dtm::parse(&format!("{day}235959")))),
            language_code: valid(LanguageCode::parse("ja-JP")),
            source_patient_id: local_id(random),
            source_patient_info: patient_info(random),
            legal_authenticator: Some(person(random)),
            repository_unique_id: Some(repository),
            hash: Some(hash(random)),
            size: Some(random.number() % 5_000_000),
            uri: Some(format!("doc{number:08}.bin")),
            title: Some(japanese(random.pick(&text::TITLES))),
            comments: Some(japanese(random.pick(&text::COMMENTS))),
            authors: (0..random.between(1, 2)).map(|_| author(random)).collect(),
            class_code: coded(random, codes::CLASS),
            type_code: coded(random, codes::TYPE),
            format_code: coded(random, codes::FORMAT),
            healthcare_facility_type_code: coded(random, codes::FACILITY),
            practice_setting_code: coded(random, codes::PRACTICE),
            confidentiality_codes: vec![coded(random, codes::CONFIDENTIALITY)],
            event_codes: (0..random.between(0, 3)).map(|_| coded(random, codes::EVENT)).collect(),
            reference_ids: reference_ids(random),
            extra: Vec::new(),
        }
    }
}

pub(super) fn coded(random: &mut Random, set: CodeSet) -> Identified<Code> {
    Identified::new(set.any(random))
}

pub(super) fn japanese(value: &str) -> LocalizedText {
    LocalizedText { value: value.to_owned(), lang: Some("ja-JP".to_owned()) }
}

pub(super) fn time(random: &mut Random, day: &str) -> Dtm {
    let [hour, minute, second] = [random.below(24), random.below(60), random.below(60)];
    valid(Dtm::parse(&format!("{day}{hour:02}{minute:02}{second:02}")))
}

fn hash(random: &mut Random) -> Sha1Hash {
    let [first, second, third] = [random.number(), random.number(), random.number()];
    valid(Sha1Hash::parse(&format!("{first:016x}{second:016x}{:08x}", third % (1 << 32))))
}

/// The patient's identifier at the institution that made the document.
fn local_id(random: &mut Random) -> PatientId {
    let authority = super::oid(&format!("2.999.1.20.{}", random.between(1, 40)));
    valid(PatientId::new(&format!("{:010}", random.below(1_000_000_000)), authority))
}

fn patient_info(random: &mut Random) -> Vec<String> {
    let [family, given] = [random.pick(&text::FAMILIES), random.pick(&text::GIVEN)];
    let born = random.between(1930, 2015);
    let sex = random.pick(&["M", "F"]);
    vec![
        format!("PID-3|{}", local_id(random).to_cx()),
        format!("PID-5|{family}^{given}^^^^^L^I"),
        format!("PID-7|{born}{:02}{:02}", random.between(1, 12), random.between(1, 28)),
        format!("PID-8|{sex}"),
        format!(
            "PID-11|{}{}番地^^^^{:07}^JPN",
            random.pick(&text::TOWNS),
            random.between(1, 999),
            random.below(10_000_000)
        ),
    ]
}

fn person(random: &mut Random) -> Xcn {
    let [family, given] = [random.pick(&text::FAMILIES), random.pick(&text::GIVEN)];
    let [id, issuer] = [random.below(100_000_000), random.between(1, 40)];
    valid(Xcn::parse(&format!("{id:08}^{family}^{given}^^^^^^&2.999.1.21.{issuer}&ISO")))
}

pub(super) fn author(random: &mut Random) -> Author {
    let institution = random.pick(&text::INSTITUTIONS);
    let number = random.between(1, 40);
    Author {
        id: None,
        persons: vec![person(random)],
        institutions: vec![valid(Xon::parse(&format!(
            "{institution}^^^^^^^^^2.999.1.22.{number}"
        )))],
        roles: vec![random.pick(&text::ROLES).to_owned()],
        specialties: vec![random.pick(&text::SPECIALTIES).to_owned()],
        telecommunications: vec![valid(Xtn::parse(&format!(
            "^^Internet^doctor{}@hospital{number}.example",
            random.below(10_000)
        )))],
        extra: Vec::new(),
    }
}

fn reference_ids(random: &mut Random) -> Vec<ReferenceId> {
    let kinds = ["urn:ihe:iti:xds:2013:accession", "urn:ihe:iti:xds:2013:order"];
    let mut id = |kind: &str| {
        let [number, issuer] = [random.below(100_000_000), random.between(1, 40)];
        valid(ReferenceId::parse(&format!("{number:08}^^^&2.999.1.23.{issuer}&ISO^{kind}")))
    };
    kinds.map(&mut id).to_vec()
}
