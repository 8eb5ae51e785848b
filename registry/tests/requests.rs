//! ITI-42 and ITI-18 by hand: requests whose text a test has changed, rows as the database holds them.

use std::collections::HashSet;
use std::sync::Arc;

use audit::{AuditRecord, Event, Outcome};
use datatypes::{Dtm, Oid, PatientId};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use ebxml::{AdhocQueryResponse, submit_objects};
use policy::Permit;
use registry::Registry;
use registry::answer::Answer;
use registry::dictionary::AttributedCode;
use registry::error::RegistrationError;
use registry::leaf_class::StoredObject;
use registry::store::register::{self, Registration};
use registry::store::{object, patient};
use registry::transactions::Found;
use registry::transactions::QueryTransaction;
use registry::transactions::register_document_set::{Registered, register_document_set};
use registry::{message, rules};
use store::{AnyConnection, StoreError};
use xds::query::{AdhocQueryRequest, QueryId, RawParameter, ReturnType};
use xds::{Submission, SubmissionDraft};

use crate::open_registry::{DOMAIN, Place, origin};

/// A patient of the affinity domain.
pub(crate) fn patient(id: &str) -> PatientId {
    PatientId::new(id, Oid::parse(DOMAIN).unwrap()).unwrap()
}

/// The text of an ITI-42 request's payload.
pub(crate) fn written(submission: &Submission) -> String {
    submit_objects::write_submit_objects_request(submission)
}

/// The text with every `from` replaced.
#[track_caller]
pub(crate) fn changed(text: String, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the change does nothing");
    text.replace(from, to)
}

/// What the registry reads from a payload.
pub(crate) fn read(payload: &str) -> SubmissionDraft {
    let mut reader = xml::Reader::new(payload, xml::Limits::default()).unwrap();
    reader.next_child().unwrap().unwrap();
    submit_objects::read_submit_objects_request(&mut reader).unwrap()
}

/// ITI-42 with this payload.
pub(crate) fn register_text(
    place: &Place,
    registry: &Arc<Registry>,
    payload: &str,
) -> Result<Registered, RegistrationError> {
    let origin = origin("urn:uuid:00000000-0000-4000-8000-000000000042");
    place.runtime.block_on(register_document_set(registry, &origin, read(payload)))
}

/// A submission as the database gets it when every other rule has been looked at.
pub(crate) fn registration(submission: &Submission) -> Registration {
    let (facts, _) = message::structure(&read(&written(submission)));
    let codes: HashSet<AttributedCode> =
        rules::coded_values(submission).into_iter().map(|(_, code)| code).collect();
    Registration {
        submission: submission.clone(),
        facts,
        codes: codes.into_iter().collect(),
        now: Dtm::parse("20260401093000").unwrap(),
    }
}

pub(crate) fn maintenance() -> Permit {
    Permit::maintenance("test", "looks behind the transactions")
}

/// Registers without the rules of ITI-42: what comes by a transaction that is not offered yet.
pub(crate) fn register_directly(place: &Place, registry: &Registry, submission: &Submission) {
    let (registration, permit) = (registration(submission), maintenance());
    let record = AuditRecord::now(Event::REGISTER_AT_REGISTRY, Outcome::Success);
    let commit = registry
        .database
        .commit(record, move |connection| register::register(connection, &permit, &registration));
    registry.learn(place.runtime.block_on(commit).unwrap().codes);
}

/// A stored query with each parameter in a slot of its own.
pub(crate) fn query(
    id: QueryId,
    return_type: ReturnType,
    parameters: impl IntoIterator<Item = (&'static str, Vec<String>)>,
) -> AdhocQueryRequest {
    let return_type = match return_type {
        ReturnType::LeafClass => "LeafClass",
        ReturnType::ObjectRef => "ObjectRef",
    };
    let slot = |(name, values): (&str, _)| RawParameter { name: name.to_owned(), values };
    AdhocQueryRequest {
        query_id: id.urn().to_owned(),
        home: None,
        return_type: return_type.to_owned(),
        parameters: parameters.into_iter().map(slot).collect(),
    }
}

/// A string as stored queries write it.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Everything that is stored for a patient, oldest first, and the patient's number.
pub(crate) fn stored_objects(registry: &Registry, id: &PatientId) -> (i64, Vec<StoredObject>) {
    let permit = maintenance();
    let read = |connection: &mut AnyConnection| -> Result<_, StoreError> {
        let patient_no = patient::number(connection, id)?.unwrap();
        Ok((patient_no, object::all_of_patient(connection, &permit, patient_no)?))
    };
    registry.database.read(read).unwrap()
}

/// A LeafClass answer of these objects.
pub(crate) fn answer_of(
    registry: &Registry,
    (id, patient_no): (&PatientId, i64),
    objects: Vec<StoredObject>,
) -> Answer {
    let found = Found {
        transaction: QueryTransaction::RegistryStoredQuery,
        return_type: ReturnType::LeafClass,
        objects,
        patients: [(patient_no, id.to_cx())].into(),
    };
    Answer::new(found, registry.dictionary.load_full(), Some("urn:uuid:request"))
}

/// An answer as a client reads it.
pub(crate) fn understood(envelope: &str) -> AdhocQueryResponse {
    let mut incoming = soap::Incoming::open(envelope, xml::Limits::default()).unwrap();
    let answer = ebxml::adhoc_query_response::read_adhoc_query_response(
        &mut incoming.reader,
        &incoming.payload,
    );
    incoming.close().unwrap();
    answer.unwrap()
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// The first column, called `number`, of the only row that a statement gives.
pub(crate) fn number(registry: &Registry, sql: &str) -> i64 {
    let read = |connection: &mut AnyConnection| -> Result<Number, StoreError> {
        Ok(diesel::sql_query(sql).get_result(connection)?)
    };
    registry.database.read(read).unwrap().number
}

/// How much the registry has stored: what a refused submission must leave as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    objects: i64,
    deprecated: i64,
    codes: i64,
    outbox: i64,
    versions: i64,
    next_sequence_numbers: i64,
}

impl Contents {
    pub(crate) fn of(registry: &Registry) -> Contents {
        let number = |sql: &str| number(registry, sql);
        Contents {
            objects: number("SELECT count(*) AS number FROM object"),
            deprecated: number("SELECT count(*) AS number FROM object WHERE status = 1"),
            codes: number("SELECT count(*) AS number FROM code"),
            outbox: number("SELECT count(*) AS number FROM audit_outbox"),
            versions: number(
                "SELECT CAST(coalesce(sum(version), 0) AS BIGINT) AS number FROM patient",
            ),
            next_sequence_numbers: number(
                "SELECT CAST(coalesce(sum(next_seq), 0) AS BIGINT) AS number FROM patient",
            ),
        }
    }
}
