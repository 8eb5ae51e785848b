//! Four known patients with one document each, and one of whom nobody has heard.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use datatypes::{Oid, PatientId};
use ebxml::AdhocQueryResponse;
use registry::Registry;
use registry::store::{patient, resolution};
use store::StoreError;
use xds::AvailabilityStatus;
use xds::query::{AdhocQueryRequest, RawParameter};

use crate::feed::Feed;
use crate::metadata;
use crate::open_registry::{DOMAIN, Place, ask};

pub(super) const KNOWN: [char; 4] = ['A', 'B', 'C', 'D'];
pub(super) const STRANGER: char = 'U';

/// Who was merged into whom, directly.
pub(super) type Merged = BTreeMap<char, char>;

pub(super) struct Ward<'a> {
    pub(super) place: &'a Place,
    pub(super) registry: Arc<Registry>,
    pub(super) feed: Feed,
    /// Keeps the wards of one database apart.
    number: u32,
    /// uniqueIds of documents with the patient under whose id they were submitted.
    pub(super) documents: BTreeMap<String, char>,
}

impl<'a> Ward<'a> {
    pub(super) fn new(place: &'a Place, registry: &Arc<Registry>) -> Ward<'a> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let mut ward = Ward {
            place,
            registry: Arc::clone(registry),
            feed: Feed::new(registry),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            documents: BTreeMap::new(),
        };
        for letter in KNOWN {
            ward.feed.announce(place, [&ward.patient(letter)]);
            ward.add_document(letter).unwrap();
        }
        ward
    }

    pub(super) fn patient(&self, letter: char) -> PatientId {
        let id = format!("{letter}-{}", self.number);
        PatientId::new(&id, Oid::parse(DOMAIN).unwrap()).unwrap()
    }

    fn letter(&self, id: &PatientId) -> char {
        let letters = KNOWN.into_iter().chain([STRANGER]);
        letters.into_iter().find(|letter| self.patient(*letter) == *id).unwrap()
    }

    /// Submits one more document under this id.
    pub(super) fn add_document(&mut self, letter: char) -> Result<(), Vec<String>> {
        let submission = metadata::document(&self.patient(letter));
        self.place.register(&self.registry, &submission)?;
        let unique_id = submission.entries[0].unique_id.value.as_str().to_owned();
        self.documents.insert(unique_id, letter);
        Ok(())
    }

    /// The merges as the registry has recorded them.
    pub(super) fn recorded(&self) -> Merged {
        let mut recorded = Merged::new();
        let numbers: BTreeMap<i64, char> = KNOWN
            .into_iter()
            .filter_map(|letter| Some((self.number_of(letter)?, letter)))
            .collect();
        for (number, letter) in &numbers {
            let surviving = self.registry.database.read(|connection| -> Result<_, StoreError> {
                Ok(resolution::surviving(connection, *number)?)
            });
            if let Some(surviving) = surviving.unwrap() {
                recorded.insert(*letter, numbers[&surviving]);
            }
        }
        recorded
    }

    fn number_of(&self, letter: char) -> Option<i64> {
        let id = self.patient(letter);
        let number = self
            .registry
            .database
            .read(|connection| -> Result<_, StoreError> { Ok(patient::number(connection, &id)?) });
        number.unwrap()
    }

    /// Every consequence of the merges: what is recorded, whose documents are shown under which id, and
    /// under which ids may be submitted.
    #[track_caller]
    pub(super) fn check(&self, merged: &Merged, case: &str) {
        assert_eq!(self.recorded(), *merged, "{case}: recorded merges");
        let survivor = |letter: char| {
            let mut survivor = letter;
            while let Some(next) = merged.get(&survivor) {
                survivor = *next;
            }
            survivor
        };
        for letter in KNOWN.into_iter().chain([STRANGER]) {
            let is_active = KNOWN.contains(&letter) && !merged.contains_key(&letter);
            let documents = self.documents.iter().filter(|(_, owner)| survivor(**owner) == letter);
            let expected: BTreeSet<(String, char)> =
                documents.filter(|_| is_active).map(|(id, _)| (id.clone(), letter)).collect();
            assert_eq!(self.found(letter), expected, "{case}: FindDocuments of {letter}");
            if !is_active {
                let submission = metadata::document(&self.patient(letter));
                let refused = self.place.register(&self.registry, &submission);
                let unknown = Err(vec!["XDSUnknownPatientId".to_owned()]);
                assert_eq!(refused, unknown, "{case}: ITI-42 under {letter}");
            }
        }
    }

    /// FindDocuments: uniqueIds with the patient shown.
    fn found(&self, letter: char) -> BTreeSet<(String, char)> {
        let answer = self.find_documents(letter);
        let entries = answer.entries.iter().map(|stored| {
            let entry = &stored.object;
            (entry.unique_id.value.as_str().to_owned(), self.letter(&entry.patient_id.value))
        });
        entries.collect()
    }

    pub(super) fn find_documents(&self, letter: char) -> AdhocQueryResponse {
        self.ask(
            "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d",
            &[
                ("$XDSDocumentEntryPatientId", &self.quoted(letter)),
                ("$XDSDocumentEntryStatus", ANY_STATUS),
            ],
        )
        .unwrap()
    }

    /// A stored query that returns objects.
    pub(super) fn ask(
        &self,
        query_id: &str,
        slots: &[(&str, &str)],
    ) -> Result<AdhocQueryResponse, String> {
        let parameters = slots.iter().map(|(name, value)| RawParameter {
            name: (*name).to_owned(),
            values: vec![(*value).to_owned()],
        });
        let request = AdhocQueryRequest {
            query_id: query_id.to_owned(),
            home: None,
            return_type: "LeafClass".to_owned(),
            parameters: parameters.collect(),
        };
        ask(&self.registry, &request)
    }

    /// The patient's id as queries write it.
    pub(super) fn quoted(&self, letter: char) -> String {
        format!("'{}'", self.patient(letter).to_cx())
    }

    /// A merge that must be accepted.
    #[track_caller]
    pub(super) fn merge(&self, subsumed: char, surviving: char) {
        let (subsumed, surviving) = (self.patient(subsumed), self.patient(surviving));
        let ack = self.place.runtime.block_on(self.feed.merge(&subsumed, &surviving));
        assert_eq!(ack, crate::feed::Acknowledged::accepted());
    }
}

pub(super) const ANY_STATUS: &str = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved',\
                                     'urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated')";

/// The status of the documents of an answer by uniqueId.
pub(super) fn statuses(answer: &AdhocQueryResponse) -> BTreeMap<&str, AvailabilityStatus> {
    let entries = answer.entries.iter();
    entries.map(|stored| (stored.object.unique_id.value.as_str(), stored.status.unwrap())).collect()
}
