//! The manager's part of the story: every row of its own, on success and on failure.

use std::sync::atomic::{AtomicUsize, Ordering};

use audit::{AuditRecord, Event, Outcome};
use serde_json::{Value, json};

use crate::faults::scripted::{Script, ScriptedRegistry, soap};
use crate::harness::community::{Community, Setup};
use crate::harness::database::Database;
use crate::harness::feed::{self, exchange};
use crate::harness::feed_v3::{self, Interaction};
use crate::harness::manager::{
    EAST, Facts, NORTH, SOUTH, accepted, await_that, cx, hospitals, listener, message, order, pair,
    registration, replacing, shown_id, tell,
};
use crate::harness::peer::{Answer, Peer, acknowledgement};
use crate::harness::pix;

/// Consumers who take the first message and refuse every other one.
pub(super) struct Consumers {
    v2: Peer,
    v3: ScriptedRegistry,
}

impl Consumers {
    pub(super) fn start() -> Consumers {
        let v2 = Peer::start(|place, message| {
            Answer::Say(acknowledgement(message, if place == 0 { "AA" } else { "AE" }))
        });
        let n_heard = AtomicUsize::new(0);
        let v3 = ScriptedRegistry::start(move |request| {
            let code = if n_heard.fetch_add(1, Ordering::SeqCst) == 0 { "CA" } else { "CE" };
            Script::Say(soap(
                request,
                "urn:hl7-org:v3:MCCI_IN000002UV01",
                &acknowledgement_v3(request, code),
            ))
        });
        Consumers { v2, v3 }
    }

    /// A community of hospitals that tells them.
    pub(super) fn setup(&self) -> Setup {
        let consumers = format!(
            "[[consumers]]\nname = \"v2\"\nnotify = \"mllp://{}\"\ndomains = [\"north\", \"south\"]\n\
             [[consumers]]\nname = \"v3\"\nnotify = \"{}\"\ndomains = [\"north\", \"south\"]\n\
             #[[consumers]]",
            self.v2.address,
            self.v3.url()
        );
        let mut setup = hospitals(Database::Sqlite);
        setup.edits.push(("pix-manager.toml", "#[[consumers]]", consumers.leak()));
        Setup { transport: "mtls", ..setup }
    }

    /// What consumers heard is what the trail says they were told.
    pub(super) fn check(&self, records: &[AuditRecord]) {
        let told = |event: &'static Event| {
            let told = records.iter().filter(|record| record.event == event);
            told.map(|record| (record.outcome, record.patients.len())).collect::<Vec<_>>()
        };
        let heard = self.v2.heard();
        let told_v2 = told(Event::UPDATE_NOTIFICATION_AT_MANAGER);
        assert_eq!(told_v2.len(), heard.len());
        for (message, (_, n_patients)) in heard.iter().zip(&told_v2) {
            assert!(message.contains("ADT^A31^ADT_A05"), "{message}");
            let ids = message.split('|').find(|field| field.contains("&ISO")).unwrap();
            assert_eq!(ids.split('~').count(), *n_patients, "{ids}");
            assert!(!ids.contains(EAST), "{ids}");
        }
        assert_eq!(told_v2, told(Event::UPDATE_NOTIFICATION_V3_AT_MANAGER));
        assert_eq!(told_v2.first(), Some(&(Outcome::Success, 1)));
    }
}

fn acknowledgement_v3(request: &str, code: &str) -> String {
    let (_, payload) = request.split_once("<PRPA_IN201302UV02").unwrap();
    let (_, id) = payload.split_once("<id root=\"").unwrap();
    let (id, _) = id.split_once('"').unwrap();
    let device = "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"1.2.392.99.9\"/></device>";
    format!(
        "<MCCI_IN000002UV01 xmlns=\"urn:hl7-org:v3\" ITSVersion=\"XML_1.0\"><id root=\"1.2.392.99.9.1\"/>\
         <creationTime value=\"20260101120000\"/>\
         <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"MCCI_IN000002UV01\"/>\
         <processingCode code=\"P\"/><processingModeCode code=\"T\"/><acceptAckCode code=\"NE\"/>\
         <receiver typeCode=\"RCV\">{device}</receiver><sender typeCode=\"SND\">{device}</sender>\
         <acknowledgement><typeCode code=\"{code}\"/><targetMessage><id root=\"{id}\"/></targetMessage>\
         </acknowledgement></MCCI_IN000002UV01>"
    )
}

/// `elsewhere` is an identifier that the registry knows and the manager did not give.
pub(super) fn everything(community: &Community, elsewhere: &str) {
    let facts = |family| Facts { family, birth: "19700401" };
    let register = |id: &str, family| accepted(community, &registration("A04", id, facts(family)));
    let refuse = |message: &str| {
        assert_eq!(tell(&mut listener(community), message).unwrap().code(), "AE");
    };
    let visit = format!(
        "PID|||{}||イッシュ^タロウ^^^^^L^P||19700401|M\rPV1||I|3W^301|||||||||||||||||V-9\r",
        cx("1", NORTH)
    );
    accepted(community, &message("A01", "visit", &visit));
    refuse(&registration("A04", &cx("1", "1.2.3.4"), facts("nobody")));
    accepted(community, &registration("A28", &cx("2", SOUTH), facts("nishu")));
    refuse(&replacing("A47", &cx("99", NORTH), &cx("98", NORTH)));
    feeds_v3(community);
    ask(community);
    orders(community);
    // Both are told of, or refused by, the registry before somebody else merges their identifiers there.
    for (number, family) in [("11", "goshu"), ("12", "rokushu"), ("13", "nanashu")] {
        register(&cx(number, NORTH), family);
    }
    register(&cx("14", SOUTH), "hasshu");
    for taken in [cx("11", NORTH), cx("13", NORTH)] {
        let taken = shown_id(community, &taken);
        let ack = feed::acknowledged(&mut community.mllp(), &feed::merge("x", &taken, elsewhere));
        assert_eq!(ack.code(), "AA");
    }
    accepted(community, &replacing("A40", &cx("11", NORTH), &cx("12", NORTH)));
    accepted(community, &pair("A24", &cx("14", SOUTH), &cx("13", NORTH)));
    await_that("registry and consumers refuse", || {
        let (_, overview) = order(community, "/pix-manager/announcements", &json!({}));
        let destinations = overview.get("destinations").unwrap().as_array().unwrap();
        let n_refused = |name: &str| {
            let is_it = |it: &&Value| it.get("destination").unwrap() == name;
            let it = destinations.iter().find(is_it);
            it.map_or(0, |it| it.get("n_refused").unwrap().as_i64().unwrap())
        };
        n_refused("registry") == 2 && n_refused("v2") >= 1 && n_refused("v2") == n_refused("v3")
    });
}

fn feeds_v3(community: &Community) {
    for (ids, outcome) in
        [(feed_v3::id(EAST, "v3"), "Success"), ("<id extension=\"nobody\"/>".to_owned(), "Failure")]
    {
        let body = feed_v3::message(Interaction::Add, &ids, "");
        let reply = pix::send_v3(community, pix::PIX_V3, (Interaction::Add.action(), &body));
        assert_eq!(reply.outcome(), outcome, "{}", reply.text);
    }
}

/// By both versions of HL7: who is found, and what is refused since a domain is unknown.
fn ask(community: &Community) {
    let (known, unknown) = (cx("1", NORTH), cx("1", "1.2.3.4"));
    assert_eq!(pix::ask(community, &known, &[]).unwrap().len(), 1);
    assert_eq!(pix::ask_v3(community, &known, &[]).unwrap().len(), 1);
    assert_eq!(pix::ask(community, &unknown, &[]), Err("204".to_owned()));
    assert_eq!(pix::ask_v3(community, &unknown, &[]), Err("204".to_owned()));
    for event in ["Q22", "ZV1"] {
        for (domains, status) in [("", "|OK"), ("|||||^^^&1.2.3.4&ISO", "|AE")] {
            let criteria = if event == "ZV1" { "@PV1.2^I" } else { "@PID.5.1.1^イッシュ" };
            let question = format!(
                "MSH|^~\\&|PORTAL|HOSPITAL|RENKEI|REGION|20260101120000||QBP^{event}^QBP_Q21|q|P|2.5||||||\
                 UNICODE UTF-8\rQPD|IHE PDQ Query|tag|{criteria}{domains}\rRCP|I\r"
            );
            let answer = exchange(&mut listener(community), question.as_bytes()).unwrap();
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.contains(&format!("QAK|tag{status}")), "{answer}");
            assert_eq!(answer.contains("PID|"), status == "|OK", "{answer}");
        }
    }
    let name = "<livingSubjectName><value><family>イッシュ</family></value>\
                <semanticsText>LivingSubject.name</semanticsText></livingSubjectName>";
    let domain = "<otherIDsScopingOrganization><value root=\"1.2.3.4\"/>\
                  <semanticsText>OtherIDs.scopingOrganization.id</semanticsText></otherIDsScopingOrganization>";
    let header = "<statusCode code=\"new\"/><responseModalityCode code=\"R\"/><responsePriorityCode code=\"I\"/>";
    for (parameters, code) in [(name.to_owned(), "AA"), (format!("{name}{domain}"), "AE")] {
        let body = pix::question_v3("PRPA_IN201305UV02", header, &parameters);
        let action = "urn:hl7-org:v3:PRPA_IN201305UV02";
        let reply = pix::send_v3(community, "/pdq/v3", (action, &body));
        let type_code = reply.payload().the("acknowledgement").the("typeCode");
        assert_eq!(type_code.attribute("code"), Some(code), "{}", reply.text);
    }
}

fn orders(community: &Community) {
    let link = |other: &str| {
        let about = json!({"one": cx("1", NORTH), "other": other});
        order(community, "/pix-manager/link", &about).0
    };
    assert_eq!(link(&cx("2", SOUTH)), 200);
    assert_eq!(link(&cx("99", SOUTH)), 404);
}
