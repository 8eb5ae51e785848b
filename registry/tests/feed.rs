//! ITI-8 messages to the registry's feed endpoint, byte by byte but without a socket.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use datatypes::PatientId;
use hl7v2::{AckCode, Charset, Message, ReceivedAck, decode, read_ack};
use net::mllp::{Answer, Frame};
use net::{Metrics, Peer};
use registry::Registry;
use registry::feed::FeedEndpoint;

use crate::open_registry::Place;

/// The listener's side of one registry.
#[derive(Clone)]
pub(crate) struct Feed {
    answer: Answer,
}

/// How a message was acknowledged: MSA-1 and, of the ERR, the code and the place (`MRG^1^1^1^4`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub(crate) code: AckCode,
    pub(crate) error: Option<String>,
    pub(crate) location: Option<String>,
}

impl Acknowledged {
    /// From the bytes of an acknowledgement.
    pub(crate) fn read(bytes: &[u8]) -> Acknowledged {
        let text = decode(bytes, Charset::Utf8).unwrap();
        let ReceivedAck { code, control_id, error_code, location } =
            read_ack(&Message::parse(&text).unwrap()).unwrap();
        assert_eq!(control_id, CONTROL_ID);
        let error = error_code.map(|code| code.split('^').next().unwrap().to_owned());
        Acknowledged { code, error, location }
    }

    pub(crate) fn accepted() -> Acknowledged {
        Acknowledged { code: AckCode::AA, error: None, location: None }
    }

    /// `AE` with a code of table 0357.
    pub(crate) fn refused(error: &str, location: &str) -> Acknowledged {
        Acknowledged {
            code: AckCode::AE,
            error: Some(error.to_owned()),
            location: Some(location.to_owned()),
        }
    }
}

impl Feed {
    pub(crate) fn new(registry: &Arc<Registry>) -> Feed {
        let metrics = Metrics::new(&mut prometheus_client::registry::Registry::default());
        let endpoint = FeedEndpoint {
            registry: Arc::clone(registry),
            default_charset: Charset::Utf8,
            metrics,
        };
        Feed { answer: endpoint.into_answer() }
    }

    pub(crate) async fn send(&self, message: String) -> Acknowledged {
        let peer =
            Peer { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 40_000)), certificate: None };
        let bytes = (self.answer)(Frame { bytes: message.into_bytes(), fault: None, peer }).await;
        Acknowledged::read(&bytes)
    }

    /// Makes patients known with one A04 each.
    pub(crate) fn announce<'a>(
        &self,
        place: &Place,
        patients: impl IntoIterator<Item = &'a PatientId>,
    ) {
        for patient in patients {
            let ack = place.runtime.block_on(self.send(patient_message("A04", &cx(patient))));
            assert_eq!(ack, Acknowledged::accepted());
        }
    }

    /// A40: `subsumed` gives way to `surviving`.
    pub(crate) async fn merge(&self, subsumed: &PatientId, surviving: &PatientId) -> Acknowledged {
        self.send(merge_message(&cx(surviving), &cx(subsumed))).await
    }
}

const CONTROL_ID: &str = "MSG00001";

/// The identifier as HL7 v2 writes it, which is how XDS does.
pub(crate) fn cx(patient: &PatientId) -> String {
    patient.to_cx()
}

/// A message of one PID segment with this PID-3.
pub(crate) fn patient_message(event: &str, pid_3: &str) -> String {
    format!("{}PID|||{pid_3}||YAMADA^TARO\rPV1||N\r", head(event, "ADT_A01"))
}

/// A merge with this PID-3 and MRG-1.
pub(crate) fn merge_message(pid_3: &str, mrg_1: &str) -> String {
    format!("{}PID|||{pid_3}\rMRG|{mrg_1}\r", head("A40", "ADT_A39"))
}

/// A link change with this PID-3 and MRG-1. Each is a message of its own: one that is delivered again is
/// the same text again.
pub(crate) fn link_message(pid_3: &str, mrg_1: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let head = head("A43", "ADT_A43").replace("|2.3.1\r", "|2.5\r");
    let head = head.replacen("20260401093000", &format!("20260401093000.{number:04}"), 1);
    format!("{head}PID|||{pid_3}|| \rMRG|{mrg_1}\r")
}

pub(crate) fn head(event: &str, structure: &str) -> String {
    format!(
        "MSH|^~\\&|HIS|SITE-A|REGISTRY|RENKEI|20260401093000||ADT^{event}^{structure}|{CONTROL_ID}|P|\
         2.3.1\rEVN|{event}|20260401093000\r"
    )
}
