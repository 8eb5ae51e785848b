//! No personal data in the log: names, ids, titles and texts with a mark go through every transaction,
//! good and failing, and the mark must not come out.

use std::cell::RefCell;

use crate::harness::community::{Community, Setup};
use crate::harness::feed::{self, adt, registration};
use crate::harness::http::{Connection, post};
use crate::harness::package::Package;
use crate::harness::soap::{
    MULTI_PATIENT_QUERY, PROVIDE, QUERY, REGISTER, REGISTRY, REPOSITORY, RETRIEVE, envelope,
    new_message_id, simple, with_headers,
};
use crate::harness::submission::{Submission, slot};
use crate::harness::transactions::{
    APPROVED, adhoc_query, document_requests, find_documents, of_patient, provide_request,
    retrieve, submit,
};

/// In everything that is about a patient.
const MARK: &str = "ZEIGEN";

const DOMAIN: &str = "1.2.392.99.1";
const FIND_DOCUMENTS: &str = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";

fn marked_patient(name: &str) -> String {
    format!("{MARK}{name}^^^&{DOMAIN}&ISO")
}

/// A submission with the mark in title, author, comments, slots and bytes.
fn marked(patient: &str) -> Submission {
    let mut submission = Submission::of(patient, &[format!("{MARK} bytes").as_bytes()]);
    for document in &mut submission.documents {
        document.title = format!("{MARK}の紹介状");
        document.unique_id = format!("{}^{MARK}", document.unique_id);
    }
    submission
}

/// The same with more of it inside the metadata.
fn marked_text(text: &str) -> String {
    let slots =
        slot("sourcePatientInfo", &format!("PID-5|{MARK}^太郎")) + &slot("urn:renkei:test", MARK);
    text.replace("佐藤", MARK).replacen("<rim:Slot", &(slots + "<rim:Slot"), 1)
}

struct Talk<'a> {
    community: &'a Community,
    feed: RefCell<Connection>,
    n_sent: RefCell<usize>,
}

impl Talk<'_> {
    fn feed(&self, message: &[u8]) {
        let _answer = feed::exchange(&mut self.feed.borrow_mut(), message);
        *self.n_sent.borrow_mut() += 1;
    }

    /// Whatever the answer is.
    fn send(&self, mut connection: Connection, request: &[u8]) {
        let _answer = connection.exchange(request);
        *self.n_sent.borrow_mut() += 1;
    }

    fn registry(&self, action: &str, text: &str) {
        let request = post(REGISTRY, &[("Content-Type", &simple(action))], text.as_bytes());
        self.send(self.community.registry(), &request);
    }

    fn repository(&self, action: &str, text: &str) {
        let request = post(REPOSITORY, &[("Content-Type", &simple(action))], text.as_bytes());
        self.send(self.community.repository(), &request);
    }
}

fn feeds(talk: &Talk<'_>) {
    let good = registration("f1", &format!("{MARK}1"), DOMAIN).replace("山田", MARK);
    let merge = format!(
        "EVN|A40|20260101\rPID|||{}||{MARK}\rMRG|{}\r",
        marked_patient("1"),
        marked_patient("9")
    );
    let local = |name: &str| format!("{MARK}{name}^^^&1.2.392.99.2&ISO");
    let link_change = |new: &str, previous: &str| {
        let (new, previous) = (marked_patient(new), marked_patient(previous));
        let ids = [new, local("local"), previous, local("old")];
        let [new, local, previous, old] = ids;
        format!("EVN|A43|20260101\rPID|||{new}~{local}|| \rMRG|{previous}~{old}\r")
    };
    for text in [
        adt("A43", "f4", &link_change("1", "1")),
        adt("A43", "f5", &link_change("1", "9")),
        adt("A43", "f6", &link_change("9", "1")),
        adt("A43", "f7", &link_change("1", "1").replace("&ISO", &format!("&{MARK}"))),
        good.clone(),
        good.replace("A04", "A08"),
        good.replace("19700401", MARK),
        good.replace(DOMAIN, MARK),
        good.replace("|M\r", &format!("|{MARK}\r")),
        good.replace("ADT^", &format!("{MARK}^")),
        good.replace("EVN", MARK),
        good.replace("UNICODE UTF-8", MARK),
        good.replace("|P|2.3.1", &format!("|{MARK}|{MARK}")),
        adt("A40", "f2", &merge),
        adt("A40", "f3", &merge.replace(&marked_patient("9"), &marked_patient("1"))),
        MARK.to_owned(),
        format!("MSH|{MARK}"),
    ] {
        talk.feed(text.as_bytes());
    }
    talk.feed(&[good.as_bytes(), b"\x80"].concat());
}

fn submissions(talk: &Talk<'_>) {
    let patient = marked_patient("1");
    let good = marked(&patient);
    submit(&mut talk.community.repository(), &good).unwrap().assert_success();
    let unknown = marked(&marked_patient("unknown"));
    for submission in [&good, &unknown] {
        talk.send(talk.community.repository(), &provide_request(&new_message_id(), submission));
        let texts = [
            (REGISTER, submission.register("1.2.392.99.8")),
            (PROVIDE, submission.provide_inline()),
        ];
        for (action, text) in texts {
            let text = marked_text(&text);
            let broken = [
                text.clone(),
                text.replace("20260101", MARK),
                text.replace("ja-JP", MARK),
                text.replace("text/plain", MARK),
                text.replacen("&amp;ISO", "&amp;", 1),
                text.replacen("Document0", MARK, 1),
                text.replace("HasMember", MARK),
                text.replace("REPORTS", MARK),
                text.replace("</rim:ExtrinsicObject>", MARK),
                text.replacen("<rim:Slot", &format!("<rim:{MARK}/><rim:Slot"), 1),
            ];
            for body in broken {
                let text = envelope(action, &new_message_id(), &body);
                if action == REGISTER {
                    talk.registry(action, &text);
                } else {
                    talk.repository(action, &text);
                }
            }
        }
    }
}

fn queries(talk: &Talk<'_>) {
    let patient = marked_patient("1");
    let found = find_documents(&mut talk.community.registry(), &patient).unwrap();
    assert!(found.text.contains(&format!("{MARK}の紹介状")), "{}", found.text);
    let mut parameters = Vec::new();
    for (name, value) in [
        ("$XDSDocumentEntryAuthorPerson", format!("'%{MARK}%'")),
        ("$XDSDocumentEntryClassCode", format!("('{MARK}^^1.2')")),
        ("$XDSDocumentEntryClassCode", format!("('{MARK}')")),
        ("$XDSDocumentEntryCreationTimeFrom", MARK.to_owned()),
        ("$XDSDocumentEntryStatus", format!("('{MARK}')")),
        (MARK, format!("'{MARK}'")),
    ] {
        parameters.push(of_patient(&patient) + &slot(name, &value));
    }
    parameters.push(of_patient(&format!("{MARK}'")));
    parameters.push(of_patient(MARK));
    for slots in parameters {
        for return_type in ["LeafClass", "ObjectRef", MARK] {
            let body = adhoc_query(return_type, FIND_DOCUMENTS, &slots);
            talk.registry(QUERY, &envelope(QUERY, &new_message_id(), &body));
        }
    }
    talk.registry(QUERY, &envelope(QUERY, &new_message_id(), &adhoc_query("LeafClass", MARK, "")));
}

fn multi_patient_queries(talk: &Talk<'_>) {
    let patient = marked_patient("1");
    for id in ["3d1bdb10-39a2-11de-89c2-2f44d94eaa9f", MARK] {
        let status = slot("$XDSDocumentEntryStatus", &format!("('{APPROVED}')"));
        for condition in [
            slot("$XDSDocumentEntryPatientId", &format!("('{patient}')")),
            slot("$XDSDocumentEntryPatientId", &format!("('{MARK}')")),
            slot("$XDSDocumentEntryClassCode", &format!("('{MARK}^^1.2')")),
        ] {
            let id = format!("urn:uuid:{id}");
            let body = adhoc_query("LeafClass", &id, &(status.clone() + &condition));
            talk.registry(
                MULTI_PATIENT_QUERY,
                &envelope(MULTI_PATIENT_QUERY, &new_message_id(), &body),
            );
        }
    }
}

fn retrievals(talk: &Talk<'_>) {
    let repository_id = talk.community.repository_unique_id();
    let submission = marked(&marked_patient("1"));
    submit(&mut talk.community.repository(), &submission).unwrap().assert_success();
    let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
    let reply = retrieve(&mut talk.community.repository(), repository_id, &ids).unwrap();
    reply.assert_success();
    for (repository, id) in [(repository_id, MARK), (MARK, MARK)] {
        let body = document_requests(repository, &[id.to_owned()]);
        talk.repository(RETRIEVE, &envelope(RETRIEVE, &new_message_id(), &body));
    }
}

/// Messages that are broken around the mark.
fn wrecks(talk: &Talk<'_>) {
    let body = adhoc_query("LeafClass", FIND_DOCUMENTS, &of_patient(&marked_patient("1")));
    let good = envelope(QUERY, &new_message_id(), &body);
    let assertion = format!(
        "<o:Security xmlns:o=\"http://docs.oasis-open.org/wss/2004/01/\
         oasis-200401-wss-wssecurity-secext-1.0.xsd\"><x xmlns=\"urn:x\">{MARK}</x></o:Security>"
    );
    let texts = [
        good.replace("</s:Body>", MARK),
        good.replace("<s:Body>", &format!("<s:Body>{MARK}")),
        good.replace("<s:Body>", &format!("<s:Body><{MARK}/>")),
        good.replace("<s:Body>", &format!("<s:Body {MARK}=\"1\" {MARK}=\"2\">")),
        good.replace(QUERY, MARK),
        good.replace("<s:Header>", &format!("<s:Header><{MARK} s:mustUnderstand=\"1\"/>")),
        format!("<!DOCTYPE {MARK}>{good}"),
        format!("<?{MARK} x?>{good}"),
        good.replace("urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0", MARK),
        with_headers(&format!("<a:Action>{QUERY}</a:Action>{assertion}"), &body),
        MARK.to_owned(),
    ];
    for text in texts {
        talk.registry(QUERY, &text);
        talk.repository(RETRIEVE, &text);
        let package = Package::new(&text, &[(MARK, MARK.as_bytes())]);
        let request =
            post(REPOSITORY, &[("Content-Type", &package.content_type())], &package.to_bytes());
        talk.send(talk.community.repository(), &request);
    }
    let label = format!("application/soap+xml; charset={MARK}");
    let request = post(REGISTRY, &[("Content-Type", &label)], good.as_bytes());
    talk.send(talk.community.registry(), &request);
}

/// At every level that the project's own crates have.
#[test]
fn nothing_of_a_patient_is_logged() {
    let community = Community::start(Setup { log: "trace", ..Setup::default() });
    let talk = Talk {
        community: &community,
        feed: RefCell::new(community.mllp()),
        n_sent: RefCell::new(0),
    };
    feeds(&talk);
    submissions(&talk);
    queries(&talk);
    multi_patient_queries(&talk);
    retrievals(&talk);
    wrecks(&talk);
    assert!(*talk.n_sent.borrow() > 100, "{:?}", talk.n_sent);
    let log = community.log();
    assert!(log.contains("answered stored query"), "{log}");
    let telltale: Vec<_> = log.lines().filter(|line| line.contains(MARK)).collect();
    assert!(telltale.is_empty(), "{telltale:#?}");
}
