//! Requests made once and sent often: only a number in them changes, and the document's bytes.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use benches::synthetic::{Generator, REPOSITORY, Random, oid};
use datatypes::{ObjectId, PatientId, UniqueId};
use ebxml::ContentToSend;
use ebxml::retrieve_document_set::{self, DocumentRequest};
use soap::mtom::MultipartWriter;
use xds::{Identified, Submission};

const PROVIDE: &str = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
const RETRIEVE: &str = "urn:ihe:iti:2007:RetrieveDocumentSet";

/// Stands in a template where the number of a document will stand; as long as every number, and a
/// component of an OID.
const NUMBER: &str = "111111111111";

/// The first number of a document; the last one has as many digits.
pub(super) const FIRST_NUMBER: u64 = 200_000_000_000;

/// Bytes at the start of a document that no other document has.
const MARK_BYTES: usize = 16;

/// How far apart the pieces of the pool begin that two documents are made of.
const SLACK_BYTES: usize = 64 * 1024;

/// A request without the document.
#[derive(Clone)]
pub(super) struct Template {
    head: Vec<u8>,
    places: Vec<usize>,
    pub(super) tail: Vec<u8>,
}

/// Documents of one size: a number, then random bytes from a place that the number tells.
#[derive(Clone)]
pub(super) struct Documents {
    pool: Arc<[u8]>,
    pub(super) n_bytes: usize,
}

impl Template {
    fn new(head: String, tail: String) -> Template {
        let places = head.match_indices(NUMBER).map(|(place, _)| place).collect();
        Template { head: head.into_bytes(), places, tail: tail.into_bytes() }
    }

    /// Puts the request's beginning for one document into an empty buffer.
    pub(super) fn fill(&self, number: u64, buffer: &mut Vec<u8>) {
        buffer.clear();
        buffer.extend_from_slice(&self.head);
        let digits = number.to_string();
        for place in &self.places {
            if let Some(gap) = buffer.get_mut(*place..*place + NUMBER.len()) {
                gap.copy_from_slice(digits.as_bytes());
            }
        }
    }
}

impl Documents {
    pub(super) fn new(n_bytes: usize, random: &mut Random) -> Result<Documents> {
        ensure!(n_bytes > MARK_BYTES, "a document has more than {MARK_BYTES} bytes");
        let numbers = n_bytes.saturating_add(SLACK_BYTES).div_ceil(8);
        let pool: Vec<u8> = (0..numbers).flat_map(|_| random.number().to_le_bytes()).collect();
        Ok(Documents { pool: pool.into(), n_bytes })
    }

    /// The two pieces of a document.
    pub(super) fn document(&self, number: u64) -> ([u8; MARK_BYTES], &[u8]) {
        let mut mark = [b'#'; MARK_BYTES];
        for (place, digit) in mark.iter_mut().zip(number.to_string().bytes()) {
            *place = digit;
        }
        let start = usize::try_from(number.wrapping_mul(4_099)).unwrap_or(0) % SLACK_BYTES;
        let end = start + self.n_bytes - MARK_BYTES;
        (mark, self.pool.get(start..end).unwrap_or_default())
    }

    /// Whether an answer holds the document in full.
    pub(super) fn is_in(&self, answer: &[u8], number: u64) -> bool {
        let (mark, rest) = self.document(number);
        let Some(place) = answer.windows(MARK_BYTES).position(|window| window == mark) else {
            return false;
        };
        answer.get(place + MARK_BYTES..).is_some_and(|found| found.starts_with(rest))
    }
}

/// ITI-41 as MTOM with one document of a patient, its metadata of usual size.
pub(super) fn provide(
    generator: &mut Generator,
    patient: &PatientId,
    n_bytes: usize,
) -> Result<Template> {
    let package = MultipartWriter::new("renkei-load");
    let content_id = package.content_id(0);
    let submission = submission(generator, patient)?;
    let entry = submission.entries.first().context("a submission without entry")?;
    let content = ContentToSend::Xop(&content_id);
    let body = ebxml::write_provide_and_register(&submission, &[(entry.id.clone(), content)]);
    let before = format!(
        "{}{}{}{}",
        package.root_head(),
        envelope(PROVIDE, &body),
        MultipartWriter::PART_TAIL,
        package.part_head(&content_id, entry.mime_type.as_str()),
    );
    let tail = format!("{}{}", MultipartWriter::PART_TAIL, package.final_tail());
    let length = before.len() + n_bytes + tail.len();
    let head = http_head(&package.content_type(PROVIDE), length);
    Ok(Template::new(head + &before, tail))
}

/// What a source sends that leaves ids, hash and size to the receivers.
fn submission(generator: &mut Generator, patient: &PatientId) -> Result<Submission> {
    let mut submission = generator.submission(patient, 1);
    let set = ObjectId::parse("SubmissionSet01")?;
    let document = ObjectId::parse("Document01")?;
    submission.submission_set.id = set.clone();
    submission.submission_set.unique_id = Identified::new(oid(&format!("2.999.1.5.{NUMBER}")));
    for entry in &mut submission.entries {
        entry.id = document.clone();
        entry.unique_id = Identified::new(UniqueId::parse(&unique_id())?);
        (entry.hash, entry.size, entry.repository_unique_id) = (None, None, None);
    }
    for association in &mut submission.associations {
        association.id = ObjectId::parse("Association01")?;
        (association.source, association.target) = (set.clone(), document.clone());
    }
    Ok(submission)
}

fn unique_id() -> String {
    format!("2.999.1.4.{NUMBER}")
}

/// ITI-43 of one document, asked in MTOM so that it is answered in MTOM.
pub(super) fn retrieve() -> Template {
    let request = DocumentRequest {
        home: None,
        repository_unique_id: REPOSITORY.to_owned(),
        document_unique_id: unique_id(),
    };
    let package = MultipartWriter::new("renkei-load");
    let body = format!(
        "{}{}{}{}",
        package.root_head(),
        envelope(RETRIEVE, &retrieve_document_set::write_request(&[request])),
        MultipartWriter::PART_TAIL,
        package.final_tail(),
    );
    let head = http_head(&package.content_type(RETRIEVE), body.len());
    Template::new(head + &body, String::new())
}

/// The same document to the file server.
pub(super) fn put(n_bytes: usize) -> Template {
    let head = format!(
        "POST /{NUMBER} HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {n_bytes}\r\n\r\n"
    );
    Template::new(head, String::new())
}

/// The same document from the file server.
pub(super) fn get() -> Template {
    Template::new(format!("GET /{NUMBER} HTTP/1.1\r\nHost: localhost\r\n\r\n"), String::new())
}

fn http_head(content_type: &str, length: usize) -> String {
    format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n\
         Content-Length: {length}\r\n\r\n",
        repository::endpoint::PATH
    )
}

fn envelope(action: &str, body: &str) -> String {
    let message_id = format!("urn:uuid:00000000-0000-4000-8000-{NUMBER}");
    soap::write_request(action, &message_id, "http://localhost/xds/repository", body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_template_has_the_announced_length() {
        let patient = PatientId::new("P1", oid("2.999.1.2")).unwrap();
        let template = provide(&mut Generator::new(1), &patient, 100).unwrap();
        let mut buffer = Vec::new();
        template.fill(FIRST_NUMBER + 7, &mut buffer);
        let text = String::from_utf8(buffer).unwrap();
        assert!(text.contains("2.999.1.4.200000000007") && !text.contains(NUMBER));
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = body.len() + 100 + template.tail.len();
        assert!(head.ends_with(&format!("Content-Length: {length}")));
    }

    #[test]
    fn no_two_documents_are_alike_and_each_is_recognised() {
        let documents = Documents::new(5_000, &mut Random::new(1)).unwrap();
        let whole = |number| {
            let (mark, rest) = documents.document(number);
            [b"--part\r\n\r\n".as_slice(), mark.as_slice(), rest, b"\r\n--part--"].concat()
        };
        let (first, second) = (whole(FIRST_NUMBER), whole(FIRST_NUMBER + 1));
        assert_ne!(first[26..], second[26..]);
        assert!(documents.is_in(&first, FIRST_NUMBER));
        assert!(!documents.is_in(&second, FIRST_NUMBER));
        let mut damaged = first;
        damaged[4_000] ^= 1;
        assert!(!documents.is_in(&damaged, FIRST_NUMBER));
    }
}
