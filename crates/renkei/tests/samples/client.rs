//! A client whose every trait can be changed: how the HTTP head, the package, its parts and the
//! header blocks are written (digest of the wire: xds.md 13).
//!
//! What a test changes is tried four times: a submission, a retrieval, and both once more so that they
//! are refused, because a client must be able to read a refusal, too.

use super::{TOOLKIT, community_of};
use crate::harness::community::Community;
use crate::harness::http::{Connection, HttpAnswer, chunked};
use crate::harness::reply::{Packaging, Reply};
use crate::harness::schemas::Schemas;
use crate::harness::soap::{PROVIDE, REPOSITORY, RETRIEVE, new_message_id, with_headers};
use crate::harness::submission::{Document, Submission, new_oid};
use crate::harness::transactions::{add_patient, document_requests};

pub(super) const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";

/// What stands for a document in the envelope.
pub(super) type Content = fn(&Traits, &Document) -> String;

/// How bytes are written into a part.
pub(super) type Encode = fn(&[u8]) -> Vec<u8>;

/// How a client writes. `@…@` stands for what differs between messages.
#[derive(Clone)]
pub(super) struct Traits {
    pub(super) version: &'static str,
    /// Lines of the HTTP head: `@TYPE@`, `@LENGTH@`. The body is chunked if one of them says so.
    pub(super) head: Vec<String>,
    /// `Content-Type`: `@BOUNDARY@`, `@ACTION@`.
    pub(super) content_type: String,
    pub(super) boundary: String,
    pub(super) preamble: Vec<u8>,
    pub(super) epilogue: Vec<u8>,
    /// Header lines of the root part; none of either kind: the envelope is the whole body.
    pub(super) root: Vec<String>,
    pub(super) root_is_last: bool,
    /// Header lines of the part with the document.
    pub(super) part: Vec<String>,
    /// How the document is written into its part; `None`: there is no such part.
    pub(super) encode: Option<Encode>,
    /// `href` of the `Include`.
    pub(super) href: String,
    pub(super) content: Content,
    /// SOAP header blocks: `@ACTION@`, `@MESSAGE_ID@`.
    pub(super) headers: String,
    /// The envelope as bytes.
    pub(super) envelope: fn(&str) -> Vec<u8>,
    pub(super) packaging: Packaging,
}

/// A reference, as XOP writes it.
pub(super) fn include(traits: &Traits, _: &Document) -> String {
    format!(
        "<xop:Include xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" href=\"{}\"/>",
        traits.href
    )
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

impl Traits {
    /// A package in which nothing is unusual.
    pub(super) fn mtom() -> Traits {
        Traits {
            version: "HTTP/1.1",
            head: owned(&["Host: localhost", "Content-Type: @TYPE@", "Content-Length: @LENGTH@"]),
            content_type: "multipart/related; boundary=\"@BOUNDARY@\"; \
                           type=\"application/xop+xml\"; start=\"<root@test>\"; \
                           start-info=\"application/soap+xml\"; action=\"@ACTION@\""
                .to_owned(),
            boundary: "MIMEBoundary_1".to_owned(),
            preamble: Vec::new(),
            epilogue: Vec::new(),
            root: owned(&[
                "Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"",
                "Content-Transfer-Encoding: binary",
                "Content-ID: <root@test>",
            ]),
            root_is_last: false,
            part: owned(&[
                "Content-Type: application/octet-stream",
                "Content-Transfer-Encoding: binary",
                "Content-ID: <document@test>",
            ]),
            encode: Some(<[u8]>::to_vec),
            href: "cid:document@test".to_owned(),
            content: include,
            headers: format!(
                "<a:Action s:mustUnderstand=\"1\">@ACTION@</a:Action>\
                 <a:MessageID>@MESSAGE_ID@</a:MessageID>\
                 <a:ReplyTo><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo>\
                 <a:To>http://localhost/</a:To>"
            ),
            envelope: |text| text.as_bytes().to_vec(),
            packaging: Packaging::Mtom,
        }
    }

    /// Simple SOAP, the document as base64.
    pub(super) fn simple(content: Content) -> Traits {
        Traits {
            content_type: "application/soap+xml; charset=UTF-8; action=\"@ACTION@\"".to_owned(),
            root: Vec::new(),
            part: Vec::new(),
            encode: None,
            content,
            packaging: Packaging::Simple,
            ..Traits::mtom()
        }
    }

    /// The HTTP request with this body of the envelope.
    pub(super) fn request(
        &self,
        envelope: &[u8],
        action: &str,
        document: Option<&[u8]>,
    ) -> Vec<u8> {
        let body = self.body(envelope, document);
        let content_type =
            self.content_type.replace("@BOUNDARY@", &self.boundary).replace("@ACTION@", action);
        let mut request = format!("POST {REPOSITORY} {}\r\n", self.version);
        for line in &self.head {
            let line = line.replace("@TYPE@", &content_type);
            request.push_str(&line.replace("@LENGTH@", &body.len().to_string()));
            request.push_str("\r\n");
        }
        let mut request = format!("{request}\r\n").into_bytes();
        if self.head.iter().any(|line| line.to_ascii_lowercase().ends_with("chunked")) {
            request.extend(chunked(&body, 1000));
        } else {
            request.extend(body);
        }
        request
    }

    fn body(&self, envelope: &[u8], document: Option<&[u8]>) -> Vec<u8> {
        if self.root.is_empty() && self.part.is_empty() {
            return envelope.to_vec();
        }
        let mut parts = vec![(&self.root, envelope.to_vec())];
        if let (Some(document), Some(encode)) = (document, self.encode) {
            parts.push((&self.part, encode(document)));
        }
        if self.root_is_last {
            parts.reverse();
        }
        let mut body = self.preamble.clone();
        for (headers, content) in parts {
            body.extend(format!("--{}\r\n", self.boundary).into_bytes());
            for header in headers {
                body.extend(format!("{header}\r\n").into_bytes());
            }
            body.extend(b"\r\n");
            body.extend(content);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{}--\r\n", self.boundary).into_bytes());
        body.extend_from_slice(&self.epilogue);
        body
    }

    fn envelope_of(&self, body: &str, action: &str, message_id: &str) -> Vec<u8> {
        let headers = self.headers.replace("@ACTION@", action).replace("@MESSAGE_ID@", message_id);
        (self.envelope)(&with_headers(&headers, body))
    }
}

/// Bytes that look like packaging, and no text.
pub(super) fn document(boundary: &str) -> Vec<u8> {
    let mut bytes = vec![0, 0xFF, 0xFE, b'\r', b'\n', b'-', b'-'];
    // One byte short of the delimiter, then the delimiter without its line break.
    bytes.extend_from_slice(boundary.as_bytes().split_last().unwrap().1);
    bytes.extend(format!("\r\n--not-{boundary}\n--{boundary}--\r\n\r\n").into_bytes());
    bytes
}

/// A community with a patient, and the answers that it gave.
pub(super) struct Bench {
    pub(super) community: Community,
    pub(super) patient: String,
    schemas: Schemas,
}

impl Bench {
    pub(super) fn start() -> Bench {
        let community = community_of(TOOLKIT);
        let patient = add_patient(&community, "stack");
        Bench { community, patient, schemas: Schemas::new() }
    }

    /// A submission and a retrieval, accepted and refused, and the bytes come back.
    #[track_caller]
    pub(super) fn check(&mut self, name: &str, traits: &Traits) {
        let bytes = document(&traits.boundary);
        self.check_document(name, traits, &bytes);
    }

    #[track_caller]
    pub(super) fn check_document(&mut self, name: &str, traits: &Traits, bytes: &[u8]) {
        let submission = Submission::of(&self.patient, &[bytes]);
        let unknown = Submission::of(&self.patient.replacen("stack", "nobody", 1), &[bytes]);
        self.provide(name, traits, &unknown).assert_failure("XDSUnknownPatientId");
        self.provide(name, traits, &submission).assert_success();
        let unique_id = &submission.documents.first().unwrap().unique_id;
        let found = self.retrieve(name, traits, unique_id);
        found.assert_success();
        let [(_, received)] = found.documents().try_into().unwrap();
        assert!(received == bytes, "{name}: {} bytes of {}", received.len(), bytes.len());
        // What the parts are called is nobody's concern (rule 9).
        assert_eq!(
            found.payload().the("DocumentResponse").the("mimeType").text,
            "text/plain",
            "{name}"
        );
        let missing = self.retrieve(name, traits, &new_oid());
        missing.assert_failure("XDSDocumentUniqueIdError");
        assert_eq!(missing.documents(), [], "{name}");
    }

    #[track_caller]
    pub(super) fn provide(
        &mut self,
        name: &str,
        traits: &Traits,
        submission: &Submission,
    ) -> Reply {
        let body = submission.provide(|_, document| (traits.content)(traits, document));
        let bytes = submission.documents.first().unwrap().bytes.as_slice();
        self.exchange(name, traits, (&body, PROVIDE, Some(bytes)))
    }

    #[track_caller]
    pub(super) fn retrieve(&mut self, name: &str, traits: &Traits, unique_id: &str) -> Reply {
        let repository = self.community.repository_unique_id();
        let body = document_requests(repository, &[unique_id.to_owned()]);
        self.exchange(name, traits, (&body, RETRIEVE, None))
    }

    /// The answer to a message; it is packed like the message, relates to it, and is of its action.
    #[track_caller]
    fn exchange(
        &mut self,
        name: &str,
        traits: &Traits,
        (body, action, document): (&str, &str, Option<&[u8]>),
    ) -> Reply {
        let message_id = new_message_id();
        let envelope = traits.envelope_of(body, action, &message_id);
        let reply = self.send(&traits.request(&envelope, action, document));
        assert_eq!(reply.packaging, traits.packaging, "{name}");
        let expected = traits.headers.contains("@MESSAGE_ID@").then_some(message_id.as_str());
        assert_eq!(reply.relates_to(), expected, "{name}: {}", reply.text);
        assert_eq!(reply.action(), format!("{action}Response"), "{name}: {}", reply.text);
        reply
    }

    #[track_caller]
    fn send(&mut self, request: &[u8]) -> Reply {
        let reply = Reply::read(self.raw(request));
        self.schemas.note(&reply);
        reply
    }

    fn raw(&self, request: &[u8]) -> HttpAnswer {
        let mut connection: Connection = self.community.repository();
        connection.exchange(request).unwrap()
    }

    /// A message, of either kind, that is answered with a Sender fault.
    #[track_caller]
    pub(super) fn check_fault(&mut self, name: &str, traits: &Traits) {
        let repository = self.community.repository_unique_id().to_owned();
        let bytes = document(&traits.boundary);
        let submission = Submission::of(&self.patient, &[&bytes]);
        let provide = submission.provide(|_, document| (traits.content)(traits, document));
        let retrieve = document_requests(&repository, &[new_oid()]);
        for (body, action, document) in
            [(&provide, PROVIDE, Some(bytes.as_slice())), (&retrieve, RETRIEVE, None)]
        {
            let envelope = traits.envelope_of(body, action, &new_message_id());
            let reply = self.send(&traits.request(&envelope, action, document));
            assert!(reply.is_fault(), "{name}, {action}: {}", reply.text);
            assert_eq!((reply.status, reply.fault_code()), (400, "Sender"), "{name}, {action}");
            assert_eq!(reply.packaging, traits.packaging, "{name}, {action}: {}", reply.text);
        }
        assert_eq!(self.community.files_below("spool").len(), 0, "{name}");
    }

    /// The HTTP status of a message that is no business of SOAP.
    pub(super) fn status(&self, traits: &Traits) -> u16 {
        let repository = self.community.repository_unique_id();
        let body = document_requests(repository, &[new_oid()]);
        let envelope = traits.envelope_of(&body, RETRIEVE, &new_message_id());
        self.raw(&traits.request(&envelope, RETRIEVE, None)).status
    }

    /// Every answer is valid by the published schemas.
    #[track_caller]
    pub(super) fn end(self) {
        self.schemas.check();
    }
}

/// What a test calls a trait, and the trait.
pub(super) type Change = (&'static str, fn(&mut Traits));

/// Tries several changes of the usual package, one at a time.
#[track_caller]
pub(super) fn check(changes: &[Change]) {
    let mut bench = Bench::start();
    for (name, change) in changes {
        let mut traits = Traits::mtom();
        change(&mut traits);
        bench.check(name, &traits);
    }
    bench.end();
}
