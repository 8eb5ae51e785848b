//! Four patients of the affinity domain, and documents that a hospital sent about them under its own ids.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use datatypes::{ObjectId, Oid, PatientId};
use ebxml::AdhocQueryResponse;
use registry::Registry;
use registry::answer::Answer;
use xds::query::{QueryId, ReturnType};
use xds::{RegistryError, Submission};

use crate::feed::{Acknowledged, Feed, link_message};
use crate::metadata;
use crate::open_registry::{DOMAIN, HOSPITAL, HOSPITAL_NAMESPACE, Place, answered, ask};
use crate::requests::{query, quoted};

pub(super) const KNOWN: [char; 4] = ['A', 'B', 'C', 'D'];

pub(super) struct Scene<'a> {
    pub(super) place: &'a Place,
    pub(super) registry: Arc<Registry>,
    pub(super) feed: Feed,
    /// Keeps the scenes of one database apart.
    number: u32,
    /// uniqueIds of documents with their names: `A1` was submitted for A as the hospital's 1.
    names: BTreeMap<String, String>,
    /// Everything registered, by id.
    pub(super) ids: Vec<ObjectId>,
}

impl<'a> Scene<'a> {
    /// Four patients without documents.
    pub(super) fn new(place: &'a Place, registry: &Arc<Registry>) -> Scene<'a> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let scene = Scene {
            place,
            registry: Arc::clone(registry),
            feed: Feed::new(registry),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            names: BTreeMap::new(),
            ids: Vec::new(),
        };
        for letter in KNOWN {
            scene.feed.announce(place, [&scene.patient(letter)]);
        }
        scene
    }

    /// The same scene through another process.
    pub(super) fn seen_by(&self, registry: &Arc<Registry>) -> Scene<'a> {
        Scene {
            place: self.place,
            registry: Arc::clone(registry),
            feed: Feed::new(registry),
            number: self.number,
            names: self.names.clone(),
            ids: self.ids.clone(),
        }
    }

    pub(super) fn patient(&self, letter: char) -> PatientId {
        let id = format!("{letter}-{}", self.number);
        PatientId::new(&id, Oid::parse(DOMAIN).unwrap()).unwrap()
    }

    /// Under which the hospital knows a patient.
    pub(super) fn local(&self, digit: char) -> PatientId {
        let id = format!("{}00{digit}", self.number);
        PatientId::new(&id, Oid::parse(HOSPITAL).unwrap()).unwrap()
    }

    /// A submission of one document that the hospital made of its patient.
    pub(super) fn document(&self, letter: char, digit: char) -> Submission {
        let mut submission = metadata::document(&self.patient(letter));
        submission.entries[0].source_patient_id = self.local(digit);
        submission
    }

    /// Registers it; documents get their names.
    #[track_caller]
    pub(super) fn register(&mut self, submission: &Submission) {
        self.place.register(&self.registry, submission).unwrap();
        self.name(submission);
    }

    /// Notes what was registered.
    pub(super) fn name(&mut self, submission: &Submission) {
        for entry in &submission.entries {
            let letter = entry.patient_id.value.id().chars().next().unwrap();
            let digit = entry.source_patient_id.id().chars().last().unwrap();
            let unique_id = entry.unique_id.value.as_str().to_owned();
            self.names.insert(unique_id, format!("{letter}{digit}"));
            self.ids.push(entry.id.clone());
        }
        self.ids.push(submission.submission_set.id.clone());
        self.ids.extend(submission.folders.iter().map(|folder| folder.id.clone()));
        self.ids.extend(submission.associations.iter().map(|link| link.id.clone()));
    }

    /// Registers a document of the patient as the hospital's.
    #[track_caller]
    pub(super) fn add(&mut self, letter: char, digit: char) -> Submission {
        let submission = self.document(letter, digit);
        self.register(&submission);
        submission
    }

    /// Identifiers as HL7 v2 writes them: a letter is a patient's id, a digit the hospital's; after `@`
    /// stands another authority, `~` separates repetitions.
    pub(super) fn identifiers(&self, text: &str) -> String {
        let repetitions = text.split('~').map(|identifier| {
            let (name, authority) = identifier.split_once('@').unwrap_or((identifier, ""));
            let Some(name) = name.chars().next() else { return String::new() };
            let id = if name.is_ascii_digit() { self.local(name) } else { self.patient(name) };
            let (id, own) = (id.id(), id.authority());
            match authority {
                "" => format!("{id}^^^&{own}&ISO"),
                "named" => format!("{id}^^^{HOSPITAL_NAMESPACE}&{own}&ISO"),
                "hospital" => format!("{id}^^^&{HOSPITAL}&ISO"),
                "domain" => format!("{id}^^^&{DOMAIN}&ISO"),
                "unheard-of" => format!("{id}^^^&1.2.392.200250.99.77&ISO"),
                "name-only" => format!("{id}^^^{HOSPITAL_NAMESPACE}"),
                "contradiction" => format!("{id}^^^{HOSPITAL_NAMESPACE}&{DOMAIN}&ISO"),
                "none" => id.to_owned(),
                "illegal-id" => format!("{id}\\T\\1^^^&{own}&ISO"),
                other => panic!("{other} is no authority"),
            }
        });
        repetitions.collect::<Vec<_>>().join("~")
    }

    pub(super) fn message(&self, pid_3: &str, mrg_1: &str) -> String {
        link_message(&self.identifiers(pid_3), &self.identifiers(mrg_1))
    }

    pub(super) fn send(&self, message: String) -> Acknowledged {
        self.place.runtime.block_on(self.feed.send(message))
    }

    /// A link change that must be accepted: new patient and local id, previous patient and, perhaps, the
    /// subsumed local id.
    #[track_caller]
    pub(super) fn change(&self, pid_3: &str, mrg_1: &str) {
        let ack = self.send(self.message(pid_3, mrg_1));
        assert_eq!(ack, Acknowledged::accepted(), "{pid_3} | {mrg_1}");
    }

    /// A merge in the affinity domain that must be accepted.
    #[track_caller]
    pub(super) fn merge(&self, subsumed: char, surviving: char) {
        let (from, into) = (self.patient(subsumed), self.patient(surviving));
        let ack = self.place.runtime.block_on(self.feed.merge(&from, &into));
        assert_eq!(ack, Acknowledged::accepted(), "{subsumed} into {surviving}");
    }

    /// Whose documents the queries find, and as whose the hospital's they are shown if not as submitted:
    /// `A[A1 A2>1] C[B3]`.
    pub(super) fn listed(&self) -> String {
        let mut text = String::new();
        for letter in KNOWN {
            let answer = self.find_documents(letter);
            let mut names: Vec<String> = Vec::new();
            for stored in &answer.entries {
                let entry = &stored.object;
                assert_eq!(entry.patient_id.value, self.patient(letter), "shown patient id");
                let name = &self.names[entry.unique_id.value.as_str()];
                let shown = entry.source_patient_id.id().chars().last().unwrap();
                let is_as_submitted = name.ends_with(shown);
                names.push(if is_as_submitted { name.clone() } else { format!("{name}>{shown}") });
            }
            names.sort();
            if !names.is_empty() {
                let space = if text.is_empty() { "" } else { " " };
                write!(text, "{space}{letter}[{}]", names.join(" ")).unwrap();
            }
        }
        text
    }

    pub(super) fn find_documents(&self, letter: char) -> AdhocQueryResponse {
        self.ask(
            QueryId::FindDocuments,
            &[
                ("$XDSDocumentEntryPatientId", &quoted(&self.patient(letter).to_cx())),
                ("$XDSDocumentEntryStatus", ANY_STATUS),
            ],
        )
        .unwrap()
    }

    pub(super) fn get_all(&self, letter: char) -> AdhocQueryResponse {
        self.ask(QueryId::GetAll, &self.all_of(&quoted(&self.patient(letter).to_cx()))).unwrap()
    }

    fn all_of<'t>(&self, patient: &'t str) -> [(&'static str, &'t str); 4] {
        [
            ("$patientId", patient),
            ("$XDSDocumentEntryStatus", ANY_STATUS),
            ("$XDSSubmissionSetStatus", ANY_STATUS),
            ("$XDSFolderStatus", ANY_STATUS),
        ]
    }

    /// A stored query that returns objects.
    pub(super) fn ask(
        &self,
        id: QueryId,
        slots: &[(&'static str, &str)],
    ) -> Result<AdhocQueryResponse, String> {
        let slots = slots.iter().map(|(name, value)| (*name, vec![(*value).to_owned()]));
        ask(&self.registry, &query(id, ReturnType::LeafClass, slots))
    }

    /// The bytes of every answer about every patient and every object; codes of those that are refused.
    pub(super) fn everything(&self) -> Vec<String> {
        let mut answers = Vec::new();
        let mut add = |id: QueryId, slots: &[(&'static str, &str)]| {
            for return_type in [ReturnType::LeafClass, ReturnType::ObjectRef] {
                let slots = slots.iter().map(|(name, value)| (*name, vec![(*value).to_owned()]));
                answers.push(self.answer(&query(id, return_type, slots)));
            }
        };
        for letter in KNOWN {
            let patient = quoted(&self.patient(letter).to_cx());
            add(QueryId::GetAll, &self.all_of(&patient));
            for (query, patient_id, status) in [
                (QueryId::FindDocuments, "$XDSDocumentEntryPatientId", "$XDSDocumentEntryStatus"),
                (
                    QueryId::FindSubmissionSets,
                    "$XDSSubmissionSetPatientId",
                    "$XDSSubmissionSetStatus",
                ),
                (QueryId::FindFolders, "$XDSFolderPatientId", "$XDSFolderStatus"),
            ] {
                add(query, &[(patient_id, &patient), (status, ANY_STATUS)]);
            }
        }
        for id in &self.ids {
            let (list, id) = (format!("('{id}')"), format!("'{id}'"));
            add(QueryId::GetDocuments, &[("$XDSDocumentEntryEntryUUID", &list)]);
            add(QueryId::GetFolders, &[("$XDSFolderEntryUUID", &list)]);
            add(QueryId::GetAssociations, &[("$uuid", &list)]);
            add(QueryId::GetSubmissionSets, &[("$uuid", &list)]);
            add(QueryId::GetDocumentsAndAssociations, &[("$XDSDocumentEntryEntryUUID", &list)]);
            add(QueryId::GetSubmissionSetAndContents, &[("$XDSSubmissionSetEntryUUID", &id)]);
            add(QueryId::GetFolderAndContents, &[("$XDSFolderEntryUUID", &id)]);
            add(QueryId::GetFoldersForDocument, &[("$XDSDocumentEntryEntryUUID", &id)]);
            let kinds = "('urn:ihe:iti:2007:AssociationType:RPLC',\
                         'urn:ihe:iti:2007:AssociationType:APND',\
                         'urn:ihe:iti:2007:AssociationType:XFRM')";
            let related =
                [("$XDSDocumentEntryEntryUUID", id.as_str()), ("$AssociationTypes", kinds)];
            add(QueryId::GetRelatedDocuments, &related);
        }
        answers
    }

    fn answer(&self, request: &xds::query::AdhocQueryRequest) -> String {
        match answered(&self.registry, request) {
            Ok(found) => {
                let dictionary = self.registry.dictionary.load_full();
                Answer::new(found, dictionary, None).whole().unwrap()
            }
            Err(error) => RegistryError::from(&error).code,
        }
    }
}

pub(super) const ANY_STATUS: &str = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved',\
                                     'urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated')";
