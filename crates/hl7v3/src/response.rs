//! Answers to queries, written: what ITI-45 and ITI-47 have in common.

mod cross_reference;
mod demographics;

use datatypes::{Dtm, Oid};
use xml::Writer;

use crate::acknowledgement::{self, AckDetail};
use crate::instance_id::{self, InstanceId};
use crate::query::{QueryCopy, QueryMessage};
use crate::transmission::{Transmission, start_control_act};
use crate::wrapper::{AcceptAckCode, Wrapper};

pub use cross_reference::write_cross_reference_response;
pub(crate) use cross_reference::write_no_name;
pub use demographics::write_demographics_response;

/// What is answered, and by which message.
#[derive(Clone, Copy, Debug)]
pub struct Answering<'a> {
    /// Of the query, or of its continuation.
    pub wrapper: &'a Wrapper,
    /// Of the query, also if it is continued.
    pub query_id: Option<&'a InstanceId>,
    /// The parameters of the query; also if it is continued, where they are still known.
    pub copy: Option<&'a QueryCopy>,
    /// Ours and new.
    pub id: &'a Oid,
    /// UTC.
    pub time: &'a Dtm,
}

/// Why a query has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryFault {
    pub failure: QueryFailure,
    pub details: Vec<AckDetail>,
}

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryFailure {
    /// `AE`, response code `AE`: what is asked for is not known here, or cannot be found out now.
    Error,
    /// `AE`, response code `QE`, `aborted`: it is no query that the transaction has.
    Invalid,
    /// `AR`, response code `QE`, `aborted`: not even the wrapper is for us.
    Rejected,
}

impl<Q> QueryMessage<Q> {
    /// The beginning of an answer to this message; for a continuation the copy is to be added.
    #[must_use]
    pub fn answering<'a>(&'a self, id: &'a Oid, time: &'a Dtm) -> Answering<'a> {
        Answering {
            wrapper: &self.wrapper,
            query_id: self.query_id.as_ref(),
            copy: self.copy.as_ref(),
            id,
            time,
        }
    }
}

/// Acknowledgement, status and response code of one answer.
struct Verdict<'a> {
    type_code: &'static str,
    status: &'static str,
    response_code: &'static str,
    details: &'a [AckDetail],
}

impl<'a> Verdict<'a> {
    const fn found() -> Verdict<'a> {
        Verdict::delivered("OK")
    }

    const fn nothing_found() -> Verdict<'a> {
        Verdict::delivered("NF")
    }

    const fn delivered(response_code: &'static str) -> Verdict<'a> {
        Verdict { type_code: "AA", status: "deliveredResponse", response_code, details: &[] }
    }

    fn of(fault: &'a QueryFault) -> Verdict<'a> {
        let (type_code, status, response_code) = match fault.failure {
            QueryFailure::Error => ("AE", "deliveredResponse", "AE"),
            QueryFailure::Invalid => ("AE", "aborted", "QE"),
            QueryFailure::Rejected => ("AR", "aborted", "QE"),
        };
        Verdict { type_code, status, response_code, details: &fault.details }
    }

    /// What is no query of the model cannot stand in an answer that is to be valid.
    fn has_copy(&self) -> bool {
        self.response_code != "QE"
    }
}

/// How many records there are: all, in this answer, behind it.
struct Quantities {
    total: usize,
    current: usize,
    remaining: usize,
}

impl Answering<'_> {
    /// A writer inside the control act, where the subjects come.
    fn start(&self, name: &'static str, trigger_event: &str, verdict: &Verdict<'_>) -> Writer {
        let never = AcceptAckCode::Never;
        let transmission = Transmission::answering(self.wrapper, self.id, self.time, never);
        let mut writer = transmission.start(name);
        acknowledgement::write_element(
            self.wrapper,
            verdict.type_code,
            verdict.details,
            &mut writer,
        );
        start_control_act(trigger_event, &mut writer);
        writer
    }

    /// What comes behind the subjects, through the end of the message.
    fn finish(
        &self,
        verdict: &Verdict<'_>,
        quantities: Option<&Quantities>,
        mut writer: Writer,
    ) -> String {
        writer.start("queryAck", &[]);
        if let Some(id) = self.query_id {
            instance_id::write("queryId", id, &mut writer);
        }
        writer
            .empty("statusCode", &[("code", verdict.status)])
            .empty("queryResponseCode", &[("code", verdict.response_code)]);
        if let Some(Quantities { total, current, remaining }) = quantities {
            writer
                .empty("resultTotalQuantity", &[("value", &total.to_string())])
                .empty("resultCurrentQuantity", &[("value", &current.to_string())])
                .empty("resultRemainingQuantity", &[("value", &remaining.to_string())]);
        }
        writer.end();
        if let Some(copy) = self.copy.filter(|_| verdict.has_copy()) {
            writer.raw(copy.text());
        }
        writer.finish()
    }
}
