//! What the commands make of answers that no sound server gives: refusals, faults, other
//! people's documents, silence.

use ebxml::ContentToSend;
use ebxml::adhoc_query_response::{AdhocQueryResponse, Stored, write_leaf_class};
use ebxml::retrieve_document_set::{DocumentRequest, DocumentResponse, write_response};
use xds::{
    AvailabilityStatus, DocumentEntry, ErrorCode, RegistryError, RegistryResponse, ResponseStatus,
};

use crate::command::Workplace;
use crate::partner::{REPOSITORY, Reply, envelope, http, serve};

const PROVIDED: &str = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse";
const QUERIED: &str = "urn:ihe:iti:2007:RegistryStoredQueryResponse";
const RETRIEVED: &str = "urn:ihe:iti:2007:RetrieveDocumentSetResponse";

const CONTENT: &[u8] = b"a document";

fn provided(response: &RegistryResponse) -> Reply {
    let body = ebxml::write_registry_response(response);
    Reply::Soap(soap::write_envelope(PROVIDED, None, &body))
}

fn queried(entries: Vec<DocumentEntry>, response: RegistryResponse) -> Reply {
    let status = Some(AvailabilityStatus::Approved);
    let entries = entries.into_iter().map(|object| Stored { object, status }).collect();
    let answer = AdhocQueryResponse { entries, ..AdhocQueryResponse::empty(response) };
    Reply::Soap(soap::write_envelope(QUERIED, None, &write_leaf_class(&answer)))
}

fn retrieved(unique_id: &str, bytes: &[u8]) -> Reply {
    let document = DocumentResponse {
        request: DocumentRequest {
            home: None,
            repository_unique_id: REPOSITORY.to_owned(),
            document_unique_id: unique_id.to_owned(),
        },
        new_repository_unique_id: None,
        new_document_unique_id: None,
        mime_type: "text/plain".to_owned(),
        content: ContentToSend::Base64(bytes),
    };
    let body = write_response(&RegistryResponse::success(), &[document]);
    Reply::Soap(soap::write_envelope(RETRIEVED, None, &body))
}

/// The entries of a submission, as a registry has them.
fn entries(request: &str) -> Vec<DocumentEntry> {
    let mut reader = xml::Reader::new(envelope(request), xml::Limits::default()).unwrap();
    soap::read_header(&mut reader).unwrap();
    reader.next_child().unwrap().unwrap();
    let provided = ebxml::read_provide_and_register(&mut reader).unwrap();
    let mut entries = provided.draft.submission.unwrap().entries;
    for entry in &mut entries {
        entry.repository_unique_id = datatypes::RepositoryUniqueId::parse(REPOSITORY).ok();
    }
    entries
}

/// A workplace whose partner answers every request alike.
fn partner(answer: impl Fn() -> Reply + Send + 'static) -> Workplace {
    let workplace = Workplace::empty();
    serve(&workplace.path("data"), move |_| answer());
    workplace.write("a.txt", "a document");
    workplace
}

/// A workplace with one submitted document, 1.2.7; its partner hands out these bytes as that id.
fn with_document(unique_id: &'static str, bytes: &'static [u8]) -> Workplace {
    let workplace = Workplace::empty();
    let mut stored = Vec::new();
    serve(&workplace.path("data"), move |request| {
        if request.contains("RetrieveDocumentSetRequest") {
            return retrieved(unique_id, bytes);
        }
        if request.contains("ProvideAndRegisterDocumentSetRequest") {
            stored = entries(request);
            return provided(&RegistryResponse::success());
        }
        queried(stored.clone(), RegistryResponse::success())
    });
    std::fs::write(workplace.path("a.txt"), CONTENT).unwrap();
    workplace.succeed(&["submit", "a.txt", "--patient", "JP0001", "--unique-id", "1.2.7"]);
    std::fs::create_dir(workplace.path("out")).unwrap();
    workplace
}

const SUBMIT: [&str; 4] = ["submit", "a.txt", "--patient", "JP0001"];
const FIND: [&str; 3] = ["find", "--patient", "JP0001"];
const FETCH: [&str; 4] = ["fetch", "1.2.7", "--output", "out"];

#[test]
fn the_registered_bytes_become_a_file() {
    let workplace = with_document("1.2.7", CONTENT);
    let said = workplace.succeed(&FETCH);
    assert!(said.starts_with("out/1.2.7.txt: 10 bytes, SHA-1 "), "{said}");
    assert_eq!(workplace.read("out/1.2.7.txt").as_bytes(), CONTENT);
}

#[track_caller]
fn check_nothing_written(workplace: &Workplace, expected: &str) {
    let said = workplace.fail(&FETCH);
    assert!(said.contains(expected), "{said}");
    let files = std::fs::read_dir(workplace.path("out")).unwrap();
    assert_eq!(files.count(), 0);
}

#[test]
fn other_bytes_never_become_a_file() {
    check_nothing_written(&with_document("1.2.7", b"A document"), "SHA-1");
    let shorter = with_document("1.2.7", b"a documen");
    check_nothing_written(&shorter, "9 bytes came, 10 are registered");
}

#[test]
fn another_document_never_becomes_a_file() {
    let workplace = with_document("1.2.8", CONTENT);
    check_nothing_written(&workplace, "not those that were asked for");
}

#[test]
fn a_refused_submission_says_why() {
    let workplace = partner(|| {
        let unknown = RegistryError::error(ErrorCode::UnknownPatientId, "JP0001");
        let title = RegistryError::warning(ErrorCode::RegistryMetadataError, "title too long");
        provided(&RegistryResponse::of(vec![unknown, title]))
    });
    let expected = "error: nothing was registered; the repository refused the submission\n\
                    XDSUnknownPatientId: JP0001\n\
                    XDSRegistryMetadataError (warning): title too long\n";
    assert_eq!(workplace.fail(&SUBMIT), expected);
}

#[test]
fn warnings_of_a_submission_are_shown() {
    let workplace = partner(|| {
        let warning = RegistryError::warning(ErrorCode::ExtraMetadataNotSaved, "x");
        provided(&RegistryResponse::of(vec![warning]))
    });
    let outcome = workplace.run(&SUBMIT);
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.stderr, "warning: XDSExtraMetadataNotSaved (warning): x\n");
    assert!(outcome.stdout.starts_with("a.txt: entryUUID urn:uuid:"), "{}", outcome.stdout);
}

#[test]
fn a_submission_without_answer_is_in_doubt() {
    let said = partner(|| Reply::HangUp).fail(&SUBMIT);
    assert!(said.contains("it may all be registered"), "{said}");
    assert!(said.contains("renkei find --data data --uuid urn:uuid:"), "{said}");
    let fault = || Reply::Soap(soap::write_fault(&soap::Fault::receiver("We failed."), None));
    let said = partner(fault).fail(&SUBMIT);
    assert!(said.contains("it may all be registered"), "{said}");
    assert!(said.contains("the repository answered with a fault: We failed."), "{said}");
}

#[test]
fn an_answer_that_contradicts_itself_is_in_doubt() {
    let workplace = partner(|| {
        let error = RegistryError::error(ErrorCode::RegistryBusy, "later");
        provided(&RegistryResponse { status: ResponseStatus::Success, errors: vec![error] })
    });
    let said = workplace.fail(&SUBMIT);
    assert!(said.contains("contradicts itself"), "{said}");
    assert!(said.ends_with("XDSRegistryBusy: later\n"), "{said}");
}

#[test]
fn a_request_that_was_not_looked_at_leaves_no_doubt() {
    let fault = || Reply::Soap(soap::write_fault(&soap::Fault::sender("Not so."), None));
    assert_eq!(
        partner(fault).fail(&SUBMIT),
        "error: the repository answered with a fault: Not so.\n"
    );
}

#[test]
fn a_list_that_is_not_complete_is_shown_and_fails() {
    let workplace = partner(|| {
        let error = RegistryError::error(ErrorCode::UnavailableCommunity, "north");
        let status = ResponseStatus::PartialSuccess;
        queried(Vec::new(), RegistryResponse { status, errors: vec![error] })
    });
    let outcome = workplace.run(&FIND);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, "no documents\n"));
    let expected = "error: the answer is not complete\nXDSUnavailableCommunity: north\n";
    assert_eq!(outcome.stderr, expected);
}

#[test]
fn a_refused_query_says_why() {
    let workplace = partner(|| {
        let error = RegistryError::error(ErrorCode::TooManyResults, "ask for less");
        queried(Vec::new(), RegistryResponse::of(vec![error]))
    });
    let expected = "error: the registry refused the query\nXDSTooManyResults: ask for less\n";
    assert_eq!(workplace.fail(&FIND), expected);
    let said = workplace.fail(&FETCH);
    assert!(said.starts_with("error: 1.2.7\nthe registry refused the query\n"), "{said}");
}

#[test]
fn what_is_no_soap_is_named() {
    let workplace = partner(|| Reply::Raw(http(404, "text/html", "<html/>")));
    let expected = "error: no answer from the registry; does the community still run?\n\
                    answer is not SOAP, HTTP status 404\n";
    assert_eq!(workplace.fail(&FIND), expected);
}

/// A frame that acknowledges the message in `request`.
fn acknowledge(request: &str, msa_1: &str, rest: &str) -> Reply {
    let control_id = request.split('|').nth(9).unwrap();
    let ack = format!(
        "\u{b}MSH|^~\\&|R|R|S|S|20260401||ACK|1|P|2.3.1\rMSA|{msa_1}|{control_id}\r{rest}\u{1c}\r"
    );
    Reply::Raw(ack.into_bytes())
}

fn feed_partner(answer: impl Fn(&str) -> Reply + Send + 'static) -> Workplace {
    let workplace = Workplace::empty();
    serve(&workplace.path("data"), answer);
    workplace
}

const ADD: [&str; 5] = ["patient", "add", "JP0001", "--name", "連携^太郎"];

#[test]
fn an_acknowledged_patient_is_said() {
    let workplace = feed_partner(|request| {
        assert!(request.contains("|JP0001^^^&1.2.392.99.1&ISO||連携^太郎^^^^^L^I\r"), "{request}");
        assert!(request.contains("|UNICODE UTF-8\r"), "{request}");
        acknowledge(request, "AA", "")
    });
    let said = workplace.succeed(&ADD);
    assert!(
        said.starts_with("AA, accepted: A04 of JP0001^^^&1.2.392.99.1&ISO, message "),
        "{said}"
    );
}

#[test]
fn a_refused_patient_says_why() {
    let workplace = feed_partner(|request| {
        let err = "ERR||PID^1^3|204^Unknown key identifier^HL70357|E||||Not ours.\r";
        acknowledge(request, "AE", err)
    });
    let expected = "error: the patient was not added: AE, error\n\
                    204 Unknown key identifier at PID^1^3: Not ours.\n";
    assert_eq!(workplace.fail(&ADD), expected);
}

#[test]
fn a_feed_without_answer_may_be_sent_again() {
    let said = feed_partner(|_| Reply::HangUp).fail(&ADD);
    assert!(said.starts_with("error: the feed was not acknowledged; it is safe to"), "{said}");
    let other = feed_partner(|request| acknowledge(&request.replace('|', "|x"), "AA", ""));
    assert!(other.fail(&ADD).contains("it is the answer to another request"));
}

#[test]
fn patients_of_other_domains_are_not_fed_to_the_registry() {
    let workplace = feed_partner(|_| panic!("the registry was asked"));
    for arguments in [
        ["patient", "add", "4711", "--domain", "north"],
        ["patient", "add", "4711^^^&1.2.392.99.2&ISO", "--sex", "F"],
    ] {
        let said = workplace.fail(&arguments);
        assert!(said.contains("has no Patient Identifier Cross-reference Manager"), "{said}");
    }
    let said = workplace.fail(&["patient", "add", "4711", "--domain", "south"]);
    assert_eq!(said, "error: no domain is called south; known: north\n");
    let said = workplace.fail(&["patient", "add", "4711^^^&1.2&ISO", "--domain", "north"]);
    assert!(said.contains("two authorities"), "{said}");
}
