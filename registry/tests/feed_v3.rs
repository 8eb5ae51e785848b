//! ITI-44 through the registry's SOAP endpoint, in memory: acknowledgements, faults, effects.

use std::sync::Arc;

use actix_web::App;
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use datatypes::{InvalidPatientId, PatientId};
use hl7v3::FeedInteraction::{self, Add, ResolveDuplicates, Revise};
use hl7v3::{Acknowledgement, FeedError, HL7_V3, Location};
use net::Metrics;
use net::soap_endpoint::BodyLimits;
use registry::Registry;
use registry::endpoint::Endpoint;
use registry::error::{FeedFault, FeedId, FeedV3Refusal, MergeFault};
use registry::feed_v3::PATH;

use crate::feed::{Acknowledged, Feed};
use crate::open_registry::{DOMAIN, HOSPITAL, HOSPITAL_NAMESPACE, Place};
use crate::requests::number;

const PATIENT: &str = "controlActProcess/subject/registrationEvent/subject1/patient";
const PRIOR: &str = "controlActProcess/subject/registrationEvent/replacementOf/priorRegistration/\
    subject1/priorRegisteredRole/id";
const MESSAGE_ID: &str = "urn:uuid:0a6a2f2e-0000-4000-8000-000000000044";

/// A registry behind its endpoint.
struct Server {
    place: Place,
    registry: Arc<Registry>,
    endpoint: Endpoint,
}

impl Server {
    fn start() -> Server {
        let place = Place::sqlite();
        let registry = place.open();
        let endpoint = Endpoint {
            registry: Arc::clone(&registry),
            metrics: Metrics::new(&mut prometheus_client::registry::Registry::default()),
            body: BodyLimits::default(),
            xml: xml::Limits::default(),
        };
        Server { place, registry, endpoint }
    }

    /// HTTP status and body.
    fn post(&self, content_type: &str, body: String) -> (u16, String) {
        let endpoint = self.endpoint.clone();
        System::new().block_on(async {
            let app = App::new().configure(|service| endpoint.configure(service));
            let app = init_service(app).await;
            let request = TestRequest::post().uri(PATH);
            let request = request.insert_header(("content-type", content_type)).set_payload(body);
            let response = call_service(&app, request.to_request()).await;
            let status = response.status().as_u16();
            (status, String::from_utf8(read_body(response).await.to_vec()).unwrap())
        })
    }

    fn send(&self, interaction: FeedInteraction, message: &str) -> Answer {
        let (status, body) =
            self.post("application/soap+xml", envelope(interaction.action(), message));
        assert_eq!(status, 200, "{body}");
        assert!(body.contains(&format!("{MESSAGE_ID}</")), "{body}");
        Answer::read(&body)
    }

    /// Makes patients of the affinity domain known.
    fn announce(&self, numbers: &[&str]) {
        for number in numbers {
            assert_eq!(self.send(Add, &message(Add, &own(number), "")), Answer::accepted());
        }
    }

    fn merge(&self, ids: &str, prior: &str) -> Answer {
        let interaction = ResolveDuplicates;
        self.send(interaction, &message(interaction, ids, &replacement(prior)))
    }

    fn n_merges(&self) -> i64 {
        number(&self.registry, "SELECT count(*) AS number FROM resolution")
    }

    fn n_patients(&self) -> i64 {
        number(&self.registry, "SELECT count(*) AS number FROM patient")
    }
}

/// `typeCode`, and of the detail the code and the location.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    type_code: String,
    code: Option<String>,
    location: Option<String>,
}

impl Answer {
    fn accepted() -> Answer {
        Answer { type_code: "CA".to_owned(), code: None, location: None }
    }

    fn error(interaction: FeedInteraction, code: &str, location: &str) -> Answer {
        Answer {
            type_code: "CE".to_owned(),
            code: Some(code.to_owned()),
            location: Some(format!("/{}/{location}", interaction.name())),
        }
    }

    fn read(body: &str) -> Answer {
        let between = |start: &str, end: &str| {
            let (_, rest) = body.split_once(start)?;
            Some(rest.split_once(end)?.0.to_owned())
        };
        assert!(body.contains("<id root=\"1.2.9\" extension=\"m1\"/></targetMessage>"), "{body}");
        Answer {
            type_code: between("<typeCode code=\"", "\"").unwrap(),
            code: between("<acknowledgementDetail typeCode=\"E\"><code code=\"", "\""),
            location: between("<location>", "</location>"),
        }
    }
}

fn envelope(action: &str, body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header>\
         <a:Action s:mustUnderstand=\"1\">{action}</a:Action><a:MessageID>{MESSAGE_ID}</a:MessageID>\
         </s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
}

fn message(interaction: FeedInteraction, ids: &str, replacement: &str) -> String {
    let name = interaction.name();
    format!(
        "<{name} xmlns=\"{HL7_V3}\" ITSVersion=\"XML_1.0\"><id root=\"1.2.9\" extension=\"m1\"/>\
         <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"{name}\"/>\
         <processingCode code=\"P\"/><receiver typeCode=\"RCV\"><device><id root=\"1.2.9.1\"/>\
         </device></receiver><sender typeCode=\"SND\"><device><id root=\"1.2.9.2\"/></device></sender>\
         <controlActProcess><subject><registrationEvent><statusCode code=\"active\"/>\
         <subject1><patient>{ids}<statusCode code=\"active\"/></patient></subject1>{replacement}\
         </registrationEvent></subject></controlActProcess></{name}>"
    )
}

fn replacement(ids: &str) -> String {
    format!(
        "<replacementOf><priorRegistration><statusCode code=\"obsolete\"/><subject1>\
         <priorRegisteredRole>{ids}</priorRegisteredRole></subject1></priorRegistration></replacementOf>"
    )
}

fn id(authority: &str, number: &str) -> String {
    format!("<id root=\"{authority}\" extension=\"{number}\"/>")
}

fn own(number: &str) -> String {
    id(DOMAIN, number)
}

fn patient_id(number: usize) -> String {
    format!("{PATIENT}/id[not(@nullFlavor)][{number}]")
}

#[test]
fn one_patient_is_known_by_either_format() {
    let server = Server::start();
    server.announce(&["A", "B", "C", "A"]);
    assert_eq!(server.n_patients(), 3);
    // Merged in v2, delivered again in v3: no effect, no error.
    let feed = Feed::new(&server.registry);
    let patient = |number: &str| PatientId::parse(&format!("{number}^^^&{DOMAIN}&ISO")).unwrap();
    let merged = server.place.runtime.block_on(feed.merge(&patient("B"), &patient("A")));
    assert_eq!(merged, Acknowledged::accepted());
    assert_eq!(server.merge(&own("A"), &own("B")), Answer::accepted());
    assert_eq!(server.n_merges(), 1);
    // And the other way round.
    assert_eq!(server.merge(&own("A"), &own("C")), Answer::accepted());
    assert_eq!(server.n_merges(), 2);
    let merged = server.place.runtime.block_on(feed.merge(&patient("C"), &patient("A")));
    assert_eq!(merged, Acknowledged::accepted());
    let caused = "SELECT count(*) AS number FROM resolution WHERE cause = 'ITI-44 m1@1.2.9'";
    assert_eq!(number(&server.registry, caused), 1);
    // The trail says as which transaction each came.
    let recorded = |pattern: &str| {
        let sql =
            format!("SELECT count(*) AS number FROM audit_outbox WHERE record LIKE '{pattern}'");
        number(&server.registry, &sql)
    };
    assert_eq!(recorded("%\"ITI-44/registry\",\"action\":\"C\"%"), 4);
    assert_eq!(recorded("%\"ITI-44/registry\",%\"subsumed\"%\"surviving\"%"), 2);
    assert_eq!(recorded("%\"ITI-8/registry\",%\"subsumed\"%\"surviving\"%"), 2);
}

#[test]
fn a_revision_tells_the_registry_nothing() {
    let server = Server::start();
    assert_eq!(server.send(Revise, &message(Revise, &own("A"), "")), Answer::accepted());
    assert_eq!(server.n_patients(), 0);
}

#[test]
fn each_condition_of_a_merge_is_detected() {
    let server = Server::start();
    server.announce(&["A", "B", "C", "D"]);
    assert_eq!(server.merge(&own("A"), &own("B")), Answer::accepted());
    let refused = |location: &str| Answer::error(ResolveDuplicates, "204", location);
    let (foreign, first) = (id(HOSPITAL, "9"), patient_id(1));
    let cases = [
        ("subsumed id of another authority", own("C"), foreign.clone(), PRIOR),
        ("subsumed id of an unknown authority", own("C"), id("1.2.3", "9"), PRIOR),
        ("surviving id of another authority", foreign.clone(), own("C"), &first),
        ("two surviving ids", own("C") + &own("D"), own("A"), &first),
        ("both the same", own("C"), own("C"), PRIOR),
        ("subsumed already", own("C"), own("B"), PRIOR),
        ("surviving id is subsumed", own("B"), own("C"), &first),
        ("the inverse of a merge", own("B"), own("A"), &first),
        ("subsumed id not known", own("C"), own("X"), PRIOR),
        ("surviving id not known", own("X"), own("C"), &first),
    ];
    for (case, ids, prior, location) in cases {
        assert_eq!(server.merge(&ids, &prior), refused(location), "{case}");
        assert_eq!(server.n_merges(), 1, "{case}");
    }
    // Ids of others beside the own one are nobody's business here.
    assert_eq!(server.merge(&(foreign + &own("C")), &own("D")), Answer::accepted());
}

#[test]
fn only_ids_of_the_affinity_domain_become_known() {
    let server = Server::start();
    let add = |ids: &str| server.send(Add, &message(Add, ids, ""));
    let named = |root: &str, name: &str| {
        format!("<id root=\"{root}\" extension=\"N\" assigningAuthorityName=\"{name}\"/>")
    };
    assert_eq!(add(&id(HOSPITAL, "A")), Answer::accepted());
    assert_eq!(add(&id("1.2.3", "A")), Answer::accepted());
    assert_eq!(server.n_patients(), 0);
    assert_eq!(add(&named(DOMAIN, "our own name for it")), Answer::accepted());
    assert_eq!(server.n_patients(), 1);
    let refused = |code: &str, number| Answer::error(Add, code, &patient_id(number));
    // One name says the hospital, the other the affinity domain: believing either may be wrong.
    let contradiction = named(DOMAIN, HOSPITAL_NAMESPACE);
    assert_eq!(add(&(id(HOSPITAL, "A") + &contradiction)), refused("204", 2));
    let null = "<id nullFlavor=\"NA\"/>";
    assert_eq!(add(&format!("{null}{contradiction}")), refused("204", 1));
    assert_eq!(add("<id extension=\"A\"/>"), refused("204", 1));
    assert_eq!(add(&(id(HOSPITAL, "A") + "<id extension=\"A\"/>")), refused("204", 2));
    assert_eq!(add(&own("A^B")), refused("102", 1));
    assert_eq!(server.n_patients(), 1);
    // The same faults of the other id of a merge are told at the other id.
    server.announce(&["A"]);
    let refused = |code: &str| Answer::error(ResolveDuplicates, code, PRIOR);
    assert_eq!(server.merge(&own("A"), &contradiction), refused("204"));
    assert_eq!(server.merge(&own("A"), "<id extension=\"A\"/>"), refused("204"));
    assert_eq!(server.merge(&own("A"), &own("A&amp;B")), refused("102"));
}

#[test]
fn what_is_no_feed_is_acknowledged_as_an_error() {
    let server = Server::start();
    let add = |from: &str, to: &str| {
        let text = message(Add, &own("A"), "");
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        server.send(Add, &changed)
    };
    let error = |code: &str, location: &str| Answer::error(Add, code, location);
    let rejected =
        |code: &str, location: &str| Answer { type_code: "CR".to_owned(), ..error(code, location) };
    let id = format!("{PATIENT}/id");
    assert_eq!(add(&own("A"), ""), error("101", &id));
    assert_eq!(add(&own("A"), "<id nullFlavor=\"NI\"/>"), error("101", &id));
    assert_eq!(add("</patient>", "</patient><patient/>"), error("100", PATIENT));
    assert_eq!(add(&own("A"), &own(" A")), error("102", &format!("{}/@extension", patient_id(1))));
    let status = "controlActProcess/subject/registrationEvent/statusCode";
    assert_eq!(add("active", "aborted"), error("103", status));
    let twice = add("</subject>", "</subject><subject/>");
    assert_eq!(twice, error("100", "controlActProcess/subject"));
    let merge = format!("</subject1>{}", replacement(&own("B")));
    let place = "controlActProcess/subject/registrationEvent/replacementOf";
    assert_eq!(add("</subject1>", &merge), error("100", place));
    assert_eq!(
        add("extension=\"PRPA_IN201301", "extension=\"PRPA_IN201302"),
        rejected("200", "interactionId")
    );
    assert_eq!(add("code=\"P\"", "code=\"X\""), rejected("202", "processingCode"));
    assert_eq!(server.n_patients(), 0);
}

#[test]
fn what_cannot_be_acknowledged_is_a_fault() {
    let server = Server::start();
    let good = message(Add, &own("A"), "");
    let soap = "application/soap+xml; charset=UTF-8";
    let check = |content_type: &str, body: String, status: u16, subcode: &str| {
        let (found, body) = server.post(content_type, body);
        assert_eq!(found, status, "{body}");
        assert!(body.contains("Fault>") && body.contains(subcode), "{body}");
    };
    for interaction in ["PRPA_IN201303UV02", "PRPA_IN201305UV02", "PRPA_IN201309UV02"] {
        let action = format!("urn:hl7-org:v3:{interaction}");
        let other = good.replace("PRPA_IN201301UV02", interaction);
        check(soap, envelope(&action, &other), 400, "ActionNotSupported");
    }
    check(soap, envelope("urn:ihe:iti:2007:RegistryStoredQuery", &good), 400, "ActionNotSupported");
    check(soap, envelope(Revise.action(), &good), 400, "ActionMismatch");
    let other = good.replace(HL7_V3, "urn:hl7-org:v2");
    check(soap, envelope(Add.action(), &other), 400, "ActionMismatch");
    let nameless = good.replace("<id root=\"1.2.9\" extension=\"m1\"/>", "");
    check(soap, envelope(Add.action(), &nameless), 400, "no id");
    check(soap, envelope(Add.action(), &good.repeat(2)), 400, "Sender");
    check(soap, envelope(Add.action(), &good.replace("</patient>", "")), 400, "Sender");
    check(soap, format!("<!DOCTYPE a>{}", envelope(Add.action(), &good)), 400, "Sender");
    let depth = "<a>".repeat(200) + &"</a>".repeat(200);
    let deep = good.replace("</patient>", &format!("{depth}</patient>"));
    check(soap, envelope(Add.action(), &deep), 400, "deep");
    check("text/xml", envelope(Add.action(), &good), 500, "VersionMismatch");
    check("application/json", good, 415, "Sender");
    assert_eq!(server.n_patients(), 0);
}

/// Every variant has its code. A new one does not compile here until it has.
#[test]
fn every_refusal_has_a_code() {
    let at = || Location::patient_id(1);
    let feed = |error| FeedV3Refusal::Feed(error);
    let fault = |fault| FeedV3Refusal::Fault(fault);
    let refusals = [
        feed(FeedError::InteractionMismatch),
        feed(FeedError::UnsupportedProcessingCode),
        feed(FeedError::Missing { location: at() }),
        feed(FeedError::Repeated { location: at() }),
        feed(FeedError::Unexpected { location: at() }),
        feed(FeedError::Invalid { location: at() }),
        feed(FeedError::UnknownCode { location: at() }),
        feed(FeedError::TooMany { location: at(), limit: 200 }),
        fault(FeedFault::Merge(MergeFault::SamePatient)),
        fault(FeedFault::InconsistentAuthority { id: FeedId::Patient(2) }),
        fault(FeedFault::AuthorityMissing { id: FeedId::Subsumed(1) }),
        fault(FeedFault::Id { id: FeedId::Patient(1), source: InvalidPatientId::Id }),
        fault(FeedFault::Store(store::StoreError::Busy)),
        fault(FeedFault::from(diesel::result::Error::NotFound)),
    ];
    for refusal in &refusals {
        let acknowledgement = Acknowledgement::from(refusal);
        let detail = acknowledgement.error.unwrap();
        let told = format!("{:?} {}", acknowledgement.type_code, detail.code.as_str());
        assert_eq!(told, expected(refusal), "{refusal}");
        assert!(!detail.text.is_empty());
    }
}

fn expected(refusal: &FeedV3Refusal) -> &'static str {
    match refusal {
        FeedV3Refusal::Feed(error) => match error {
            FeedError::InteractionMismatch => "CR 200",
            FeedError::UnsupportedProcessingCode => "CR 202",
            FeedError::Missing { .. } => "CE 101",
            FeedError::Repeated { .. } | FeedError::Unexpected { .. } => "CE 100",
            FeedError::Invalid { .. } | FeedError::TooMany { .. } => "CE 102",
            FeedError::UnknownCode { .. } => "CE 103",
        },
        FeedV3Refusal::Fault(fault) => match fault {
            FeedFault::Merge(_)
            | FeedFault::InconsistentAuthority { .. }
            | FeedFault::AuthorityMissing { .. } => "CE 204",
            FeedFault::Id { .. } => "CE 102",
            FeedFault::LinkChange(_) => "CE 204",
            FeedFault::Denied(_) | FeedFault::Store(_) | FeedFault::Damaged(_) => "CE 207",
        },
    }
}
