//! Merges at the same time, from several senders and, on a server, from two processes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datatypes::{Oid, PatientId};
use hl7v2::AckCode;
use registry::Registry;
use registry::store::{patient, resolution};
use store::StoreError;
use xds::query::{AdhocQueryRequest, RawParameter};

use crate::dice::Dice;
use crate::feed::{Acknowledged, Feed};
use crate::metadata;
use crate::open_registry::{DOMAIN, Place, ask, on_each_backend};

const N_PATIENTS: usize = 8;
const N_MERGES: usize = 64;
const N_ROUNDS: u64 = 6;
/// Two processes that commit in groups wait for each other's locks over and over: a round takes long.
const N_ROUNDS_OF_TWO_PROCESSES: u64 = 1;

/// How often a sender repeats what was rejected for now.
const N_ATTEMPTS: usize = 40;

#[test]
fn merges_at_once_make_no_circle_and_lose_nothing() {
    on_each_backend(|place| {
        let (n_registries, n_rounds) =
            if place.is_shared() { (2, N_ROUNDS_OF_TWO_PROCESSES) } else { (1, N_ROUNDS) };
        let registries: Vec<Arc<Registry>> = (0..n_registries).map(|_| place.open()).collect();
        for round in 0..n_rounds {
            let mut crowd = Crowd::new(place, &registries, round);
            crowd.merge_and_submit();
            crowd.check();
        }
    });
}

struct Crowd<'a> {
    place: &'a Place,
    registries: &'a [Arc<Registry>],
    dice: Dice,
    patients: Vec<PatientId>,
    /// Acknowledged merges, subsumed and surviving.
    acknowledged: BTreeSet<(usize, usize)>,
    /// uniqueIds of registered documents with the patient they were submitted for.
    documents: BTreeMap<String, usize>,
}

impl<'a> Crowd<'a> {
    fn new(place: &'a Place, registries: &'a [Arc<Registry>], round: u64) -> Crowd<'a> {
        let domain = Oid::parse(DOMAIN).unwrap();
        let patients: Vec<PatientId> = (0..N_PATIENTS)
            .map(|n| PatientId::new(&format!("crowd-{round}-{n}"), domain.clone()).unwrap())
            .collect();
        Feed::new(&registries[0]).announce(place, &patients);
        Crowd {
            place,
            registries,
            dice: Dice::new(round),
            patients,
            acknowledged: BTreeSet::new(),
            documents: BTreeMap::new(),
        }
    }

    /// Sends everything at once, merges and, beside them, submissions for the same patients.
    fn merge_and_submit(&mut self) {
        let feeds: Vec<Feed> = self.registries.iter().map(Feed::new).collect();
        let mut merges = Vec::new();
        for n in 0..N_MERGES {
            let pair = (self.dice.below(N_PATIENTS), self.dice.below(N_PATIENTS));
            let feed = feeds[n % feeds.len()].clone();
            let [subsumed, surviving] = [pair.0, pair.1].map(|n| self.patients[n].clone());
            let sent = async move { send(&feed, &subsumed, &surviving).await };
            merges.push((pair, self.place.runtime.spawn(sent)));
        }
        std::thread::scope(|scope| {
            let submitters: Vec<_> = (0..N_PATIENTS)
                .map(|n| {
                    let registry = &self.registries[n % self.registries.len()];
                    let (place, patient) = (self.place, &self.patients[n]);
                    scope.spawn(move || submit(place, registry, patient))
                })
                .collect();
            for (n, submitter) in submitters.into_iter().enumerate() {
                let registered = submitter.join().unwrap();
                self.documents.extend(registered.into_iter().map(|id| (id, n)));
            }
        });
        for (pair, merge) in merges {
            let ack = self.place.runtime.block_on(merge).unwrap();
            match ack.code {
                AckCode::AA => {
                    self.acknowledged.insert(pair);
                }
                AckCode::AE => assert_eq!(ack.error.as_deref(), Some("204"), "{pair:?}: {ack:?}"),
                AckCode::AR => panic!("{pair:?} was rejected for good: {ack:?}"),
            }
        }
    }

    fn check(&self) {
        let registry = &self.registries[0];
        let numbers: BTreeMap<i64, usize> =
            self.patients.iter().enumerate().map(|(n, id)| (number(registry, id), n)).collect();
        let mut merged = BTreeMap::new();
        for (number, n) in &numbers {
            let surviving = registry.database.read(|connection| -> Result<_, StoreError> {
                Ok(resolution::surviving(connection, *number)?)
            });
            merged.extend(surviving.unwrap().map(|surviving| (*n, numbers[&surviving])));
        }
        let recorded: BTreeSet<(usize, usize)> =
            merged.iter().map(|(subsumed, surviving)| (*subsumed, *surviving)).collect();
        assert_eq!(recorded, self.acknowledged);
        assert!(!recorded.is_empty(), "64 merges of 8 patients, and none took place");
        let mut found = BTreeMap::new();
        for n in 0..N_PATIENTS {
            let survivor = end_of_chain(&merged, n);
            assert!(!merged.contains_key(&survivor));
            for registry in self.registries {
                let documents = find_documents(registry, &self.patients[n]);
                if n == survivor {
                    found.extend(documents.into_iter().map(|id| (id, n)));
                } else {
                    assert_eq!(documents, Vec::<String>::new());
                }
            }
        }
        let expected: BTreeMap<String, usize> = (self.documents.iter())
            .map(|(id, owner)| (id.clone(), end_of_chain(&merged, *owner)))
            .collect();
        assert_eq!(found, expected);
    }
}

/// A few documents, as long as the patient is there; their uniqueIds.
fn submit(place: &Place, registry: &Arc<Registry>, patient: &PatientId) -> Vec<String> {
    let mut unique_ids = Vec::new();
    for _ in 0..4 {
        let submission = metadata::document(patient);
        let mut registered = place.register(registry, &submission);
        for _ in 1..N_ATTEMPTS {
            if !registered.as_ref().is_err_and(|codes| codes == &["XDSRegistryBusy"]) {
                break;
            }
            registered = place.register(registry, &submission);
        }
        match registered {
            Ok(()) => unique_ids.push(submission.entries[0].unique_id.value.as_str().to_owned()),
            Err(codes) => assert_eq!(codes, ["XDSUnknownPatientId"]),
        }
    }
    unique_ids
}

/// As a sender does: what is rejected for now is sent again.
async fn send(feed: &Feed, subsumed: &PatientId, surviving: &PatientId) -> Acknowledged {
    let mut ack = feed.merge(subsumed, surviving).await;
    for _ in 1..N_ATTEMPTS {
        if ack.code != AckCode::AR {
            break;
        }
        ack = feed.merge(subsumed, surviving).await;
    }
    ack
}

/// Follows the merges; a circle would never end.
fn end_of_chain(merged: &BTreeMap<usize, usize>, patient: usize) -> usize {
    let mut end = patient;
    for _ in 0..N_PATIENTS {
        match merged.get(&end) {
            Some(next) => end = *next,
            None => return end,
        }
    }
    panic!("a circle of merges: {merged:?}")
}

fn number(registry: &Registry, id: &PatientId) -> i64 {
    let number = registry
        .database
        .read(|connection| -> Result<_, StoreError> { Ok(patient::number(connection, id)?) });
    number.unwrap().unwrap()
}

fn find_documents(registry: &Registry, patient: &PatientId) -> Vec<String> {
    let slot =
        |name: &str, value: String| RawParameter { name: name.to_owned(), values: vec![value] };
    let approved = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')".to_owned();
    let request = AdhocQueryRequest {
        query_id: "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d".to_owned(),
        home: None,
        return_type: "LeafClass".to_owned(),
        parameters: vec![
            slot("$XDSDocumentEntryPatientId", format!("'{}'", patient.to_cx())),
            slot("$XDSDocumentEntryStatus", approved),
        ],
    };
    let entries = ask(registry, &request).unwrap().entries;
    entries.iter().map(|stored| stored.object.unique_id.value.as_str().to_owned()).collect()
}
