//! A case that nobody can fail shows nothing: PIX managers that say yes, or no, to everything are found out by
//! each row of `rules/`.

use super::{endpoints_of, envelope};
use crate::case::Case;
use crate::endpoints::Endpoints;
use crate::evidence::Evidence;
use crate::hl7::Hl7Message;
use crate::report::Outcome;
use crate::run::{Certificates, Runner};
use crate::suite::Suite;
use serde_json::json;
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a manager answers to everything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Yes,
    No,
}

/// More than any message has that a manager must take.
const LONGEST: usize = 1024 * 1024;

impl Says {
    /// An answer in HL7 v2 that is right in everything but whom it is about.
    fn in_v2(self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\r").replace('\n', "\r");
        let Ok(message) = Hl7Message::parse(text.as_bytes()) else { return String::new() };
        let at = |place: &str| message.value(place).unwrap_or_default();
        let event = at("MSH-9.2");
        let answer = match (at("MSH-9.1").as_str(), event.as_str()) {
            ("QBP", "Q23") => "RSP^K23^RSP_K23".to_owned(),
            ("QBP", "ZV1") => "RSP^ZV2^RSP_ZV2".to_owned(),
            ("QBP", _) => "RSP^K22^RSP_K21".to_owned(),
            _ => format!("ACK^{event}"),
        };
        let is_query = answer.starts_with("RSP");
        let (code, status, error) = match self {
            Says::Yes => ("AA", "OK", ""),
            Says::No => ("AE", "AE", "ERR|||207^Application internal error^HL70357|E\r"),
        };
        let mut out = format!(
            "MSH|^~\\&|{}|{}|{}|{}|||{answer}|1|P|{}\rMSA|{code}|{}\r{error}",
            at("MSH-5"),
            at("MSH-6"),
            at("MSH-3"),
            at("MSH-4"),
            at("MSH-12"),
            at("MSH-10"),
        );
        if is_query {
            out += &format!("QAK|{}|{status}\r{}\r", at("QPD-2"), at("QPD"));
        }
        if is_query && self == Says::Yes {
            out += "PID|||1^^^A&1.2.3&ISO||~^^^^^^S\r";
        }
        out
    }

    /// An answer in HL7 v3 that keeps the rules of validators.
    fn in_v3(self, request: &str) -> (&'static str, String) {
        let (name, is_query) = match request {
            text if text.contains("<hl7:PRPA_IN201309UV02") => ("PRPA_IN201310UV02", true),
            text if text.contains("<hl7:PRPA_IN201305UV02") => ("PRPA_IN201306UV02", true),
            text if text.contains("_Continue") => ("PRPA_IN201306UV02", true),
            _ => ("MCCI_IN000002UV01", false),
        };
        let (code, detail) = match (self, is_query) {
            (Says::Yes, true) => ("AA", ""),
            (Says::Yes, false) => ("CA", ""),
            (Says::No, true) => ("AE", DETAIL),
            (Says::No, false) => ("CE", DETAIL),
        };
        let message = between(request, "<hl7:id root=", "/>");
        let device =
            between(between(request, "<hl7:sender", "</hl7:sender"), "<hl7:id root=", "/>");
        let control_act = if is_query { self.control_act(name, request) } else { String::new() };
        let payload = format!(
            "<{name} xmlns='urn:hl7-org:v3' ITSVersion='XML_1.0'><id root='1.2'/>\
             <creationTime value='20260401'/>\
             <interactionId root='2.16.840.1.113883.1.6' extension='{name}'/>\
             <processingCode code='P'/><processingModeCode code='T'/><acceptAckCode code='NE'/>\
             <receiver><device><id root={device}/></device></receiver>\
             <sender><device><id root='1.2.4'/></device></sender>\
             <acknowledgement><typeCode code='{code}'/><targetMessage><id root={message}/>\
             </targetMessage>{detail}</acknowledgement>{control_act}</{name}>"
        );
        let action = match name {
            "PRPA_IN201310UV02" => "urn:hl7-org:v3:PRPA_IN201310UV02",
            "PRPA_IN201306UV02" => "urn:hl7-org:v3:PRPA_IN201306UV02",
            _ => "urn:hl7-org:v3:MCCI_IN000002UV01",
        };
        (action, payload)
    }

    fn control_act(self, name: &str, request: &str) -> String {
        let query = between(request, "<hl7:queryId root=", "/>");
        let (response, subject) = match self {
            Says::Yes => ("OK", SUBJECT),
            Says::No => ("AE", ""),
        };
        let trigger = name.replace("_IN", "_TE");
        format!(
            "<controlActProcess classCode='CACT' moodCode='EVN'><code code='{trigger}'/>{subject}\
             <queryAck><queryId root={query}/><queryResponseCode code='{response}'/>\
             <resultTotalQuantity value='1'/><resultCurrentQuantity value='1'/>\
             <resultRemainingQuantity value='0'/></queryAck><queryByParameter/></controlActProcess>"
        )
    }
}

const DETAIL: &str =
    "<acknowledgementDetail typeCode='E'><code code='207'/></acknowledgementDetail>";

const SUBJECT: &str = "<subject><registrationEvent><statusCode code='active'/><subject1><patient>\
    <id root='1.2.3' extension='1'/><statusCode code='active'/><patientPerson><name nullFlavor='NA'/>\
    </patientPerson><subjectOf1><queryMatchObservation/></subjectOf1></patient></subject1>\
    </registrationEvent></subject>";

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_default();
    rest.split_once(end).unwrap_or_default().0
}

async fn mllp(says: Says) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_frames(stream, says));
        }
    });
    address.to_string()
}

/// Answers each frame; whatever is broken ends the connection.
async fn answer_frames(mut stream: TcpStream, says: Says) {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 65536];
    loop {
        while let Some(end) = bytes.iter().position(|byte| *byte == 0x1C) {
            if bytes.get(end + 1) != Some(&b'\r') {
                return;
            }
            let begin = bytes.iter().position(|byte| *byte == 0x0B).unwrap_or_default() + 1;
            let answer = says.in_v2(&bytes[begin.min(end)..end]);
            bytes.drain(..end + 2);
            let frame = format!("\u{b}{answer}\u{1c}\r");
            if stream.write_all(frame.as_bytes()).await.is_err() {
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n_bytes) => bytes.extend_from_slice(&buffer[..n_bytes]),
        }
        if bytes.len() > LONGEST {
            return;
        }
    }
}

async fn soap(says: Says) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = super::falsified::received(&mut stream).await;
            let (action, payload) = says.in_v3(&request);
            let id = between(&request, "<wsa:MessageID>", "<");
            let header = format!(
                "<a:Action s:mustUnderstand='1'>{action}</a:Action><a:RelatesTo>{id}</a:RelatesTo>"
            );
            let body = envelope(&header, &payload);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nConnection: close\r\n\
                 Content-Length: {}\r\n\r\n",
                body.len()
            );
            let _gone = stream.write_all((head + &body).as_bytes()).await;
        }
    });
    format!("http://{address}/")
}

async fn endpoints(says: Says) -> Endpoints {
    let (mllp, soap) = (mllp(says).await, soap(says).await);
    endpoints_of(json!({
        "mllp": mllp, "pix_v3": soap, "pdq_v3": soap,
        "first_domain": "1.2.3", "first_namespace": "A", "first_application": "HIS-1",
        "first_facility": "SITE-1", "first_device": "1.2.3.1",
        "second_domain": "1.2.4", "second_namespace": "B", "second_application": "HIS-2",
        "second_facility": "SITE-2", "second_device": "1.2.4.1",
    }))
}

/// The rows that pass there.
async fn passed(says: Says) -> BTreeSet<String> {
    let (suite, endpoints) = (Suite::built_in(), endpoints(says).await);
    let kept = tempfile::tempdir().unwrap();
    let evidence = Evidence::new(kept.path().to_owned());
    let runner = Runner::new(&suite, &endpoints, &Certificates::default(), &evidence).unwrap();
    let tables: BTreeSet<&str> =
        suite.files_below("rules/").filter_map(|(place, _)| place.strip_suffix(".toml")).collect();
    let of_rules = |case: &&Case| {
        let table = case.id.rsplit_once('/').unwrap().0;
        let of_access = case.id.starts_with("xua/") || case.id.starts_with("iti-19/");
        tables.contains(table) && !of_access && !case.needs.iter().any(|key| key == "consumer_mllp")
    };
    let (cases, mut passed) = (suite.cases().unwrap(), BTreeSet::new());
    let mut n_run = 0;
    for case in cases.iter().filter(of_rules) {
        let report = Box::pin(runner.run(case)).await;
        assert!(!matches!(report.outcome, Outcome::Skipped(_)), "{}", case.id);
        n_run += 1;
        if report.outcome == Outcome::Pass {
            passed.insert(case.id.clone());
        }
    }
    assert!(n_run > 250, "{n_run}");
    passed
}

#[tokio::test]
async fn a_manager_that_says_yes_to_everything_passes_nothing() {
    assert_eq!(passed(Says::Yes).await, BTreeSet::new());
}

#[tokio::test]
async fn a_manager_that_says_no_to_everything_passes_nothing() {
    assert_eq!(passed(Says::No).await, BTreeSet::new());
}
