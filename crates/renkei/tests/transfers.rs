//! Documents of any size and number, many at a time: what they cost is bounded, and what arrives is whole.
//!
//! 64 of 8 MiB at a time, or `RENKEI_TRANSFER_MIB` each, as in `make torture`; and one of 1 GiB.

use std::io;
use std::sync::{Arc, Barrier};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::harness::community::Community;
use crate::harness::http::{Connection, post};
use crate::harness::package::{Package, Part};
use crate::harness::reply::Reply;
use crate::harness::soap::{PROVIDE, REPOSITORY, RETRIEVE, envelope, new_message_id, simple};
use crate::harness::submission::Submission;
use crate::harness::transactions::{
    add_patient, document_requests, find_documents, retrieve, submit,
};

/// What one transfer may take, and all 64 together with the process itself.
const TRANSFER_KIB: u64 = 8 << 10;
const ALL_KIB: u64 = 700 << 10;

/// Stands where the document will be.
const MARK: &str = "@@@@";

/// A document is this block again and again; three bytes are four characters, so that its base64 is as well.
const BLOCK_BYTES: usize = (1 << 20) - 1;

/// More would be above the limit of what stands in an envelope.
const MAX_INLINE_BLOCKS: usize = 31;

/// One document on its way, written and read by pieces.
struct Transfer {
    submission: Submission,
    block: Vec<u8>,
    n_blocks: usize,
    is_inline: bool,
}

impl Transfer {
    fn new(patient: &str, place: usize, n_blocks: usize) -> Transfer {
        let mut block = vec![0; BLOCK_BYTES];
        openssl::rand::rand_bytes(&mut block).unwrap();
        let is_inline = place % 4 == 3 && n_blocks <= MAX_INLINE_BLOCKS;
        Transfer { submission: Submission::of(patient, &[b""]), block, n_blocks, is_inline }
    }

    /// The headers, and what comes before and after the document.
    fn frame(&self) -> (String, Vec<u8>, Vec<u8>) {
        let (content_type, message) = if self.is_inline {
            let payload = self.submission.provide(|_, _| MARK.to_owned());
            let envelope = envelope(PROVIDE, &new_message_id(), &payload);
            (simple(PROVIDE), envelope.into_bytes())
        } else {
            let payload = self.submission.provide_by_reference();
            let envelope = envelope(PROVIDE, &new_message_id(), &payload);
            let mut package = Package::new(&envelope, &[]);
            package.parts.push(Part::document("0@test", MARK.as_bytes()));
            (package.content_type(), package.to_bytes())
        };
        let text = String::from_utf8(message).unwrap();
        let (before, after) = text.split_once(MARK).unwrap();
        (content_type, before.as_bytes().to_vec(), after.as_bytes().to_vec())
    }

    /// Sends the first half, waits until everybody has, and sends the rest.
    fn provide(&self, connection: &mut Connection, half_way: &Barrier) -> io::Result<Reply> {
        let (content_type, before, after) = self.frame();
        let headers = [("Content-Type", content_type.as_str()), ("Transfer-Encoding", "chunked")];
        let mut head = post(REPOSITORY, &headers, b"");
        head.truncate(head.len() - b"0\r\n\r\n".len());
        connection.send(&head)?;
        send_chunk(connection, &before)?;
        let block = if self.is_inline {
            STANDARD.encode(&self.block).into_bytes()
        } else {
            self.block.clone()
        };
        for n in 0..self.n_blocks {
            if n == self.n_blocks / 2 {
                half_way.wait();
            }
            send_chunk(connection, &block)?;
        }
        send_chunk(connection, &after)?;
        connection.send(b"0\r\n\r\n")?;
        Ok(Reply::read(connection.answer()?))
    }

    /// Reads half of the document, waits until everybody has, and reads the rest.
    fn retrieve(
        &self,
        connection: &mut Connection,
        repository_id: &str,
        half_way: &Barrier,
    ) -> io::Result<()> {
        let ids: Vec<_> =
            self.submission.documents.iter().map(|document| document.unique_id.clone()).collect();
        let payload = document_requests(repository_id, &ids);
        let envelope = envelope(RETRIEVE, &new_message_id(), &payload);
        let package = Package::new(&envelope, &[]);
        let request =
            post(REPOSITORY, &[("Content-Type", &package.content_type())], &package.to_bytes());
        connection.send(&request)?;
        let head = connection.head()?;
        let length: usize = head.header("content-length").unwrap().parse().unwrap();
        // The root part's headers; then the envelope with the document's.
        let mut n_read = connection.read_until(b"\r\n\r\n")?.len();
        n_read += connection.read_until(b"\r\n\r\n")?.len();
        for n in 0..self.n_blocks {
            if n == self.n_blocks / 2 {
                half_way.wait();
            }
            assert!(connection.take(BLOCK_BYTES)? == self.block, "block {n}");
            n_read += BLOCK_BYTES;
        }
        connection.take(length - n_read).map(drop)
    }
}

fn send_chunk(connection: &mut Connection, bytes: &[u8]) -> io::Result<()> {
    connection.send(format!("{:x}\r\n", bytes.len()).as_bytes())?;
    connection.send(bytes)?;
    connection.send(b"\r\n")
}

/// Does this with all transfers at once.
fn at_once(
    community: &Community,
    transfers: &[Transfer],
    work: impl Fn(&Transfer, &mut Connection, &Barrier) + Sync,
) {
    let half_way = Arc::new(Barrier::new(transfers.len()));
    thread::scope(|scope| {
        for transfer in transfers {
            let (mut connection, half_way) = (community.repository(), Arc::clone(&half_way));
            let work = &work;
            scope.spawn(move || work(transfer, &mut connection, &half_way));
        }
    });
}

#[test]
fn sixty_four_documents_at_once_take_little_memory() {
    let n_blocks = std::env::var("RENKEI_TRANSFER_MIB").map_or(8, |value| value.parse().unwrap());
    take_little_memory(64, n_blocks);
}

#[test]
fn a_document_of_a_gibibyte_takes_no_more_than_another() {
    take_little_memory(1, 1_025);
}

fn take_little_memory(n_transfers: usize, n_blocks: usize) {
    let community = Community::plain();
    let patient = add_patient(&community, "many");
    submit(&mut community.repository(), &Submission::of(&patient, &[b"first"]))
        .unwrap()
        .assert_success();
    let before = community.peak_kib();
    let transfers: Vec<_> =
        (0..n_transfers).map(|place| Transfer::new(&patient, place, n_blocks)).collect();
    at_once(&community, &transfers, |transfer, connection, half_way| {
        transfer.provide(connection, half_way).unwrap().assert_success();
    });
    let provided = community.peak_kib();
    at_once(&community, &transfers, |transfer, connection, half_way| {
        let repository_id = community.repository_unique_id();
        transfer.retrieve(connection, repository_id, half_way).unwrap();
    });
    let after = community.peak_kib();
    eprintln!(
        "VmHWM: {before} KiB before, {provided} KiB after {n_transfers} documents of {n_blocks} MiB at \
         once, {after} KiB after their retrieval"
    );
    let n_transfers = u64::try_from(n_transfers).unwrap();
    assert!(after < ALL_KIB, "{after} KiB");
    assert!(after - before <= n_transfers * TRANSFER_KIB, "{} KiB", (after - before) / n_transfers);
}

/// The documents of a long stay, some of them empty, in one submission.
#[test]
fn several_hundred_documents_come_in_one_submission() {
    let community = Community::plain();
    let patient = add_patient(&community, "stay");
    let contents: Vec<Vec<u8>> =
        (0..400_usize).map(|n| format!("{n}").repeat(n % 5 * 1_000).into_bytes()).collect();
    let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    let submission = Submission::of(&patient, &contents);
    submit(&mut community.repository(), &submission).unwrap().assert_success();
    let found = find_documents(&mut community.registry(), &patient).unwrap();
    assert_eq!(found.payload().all("ExtrinsicObject").len(), contents.len());
    let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
    let repository_id = community.repository_unique_id();
    let reply = retrieve(&mut community.repository(), repository_id, &ids).unwrap();
    let sent: Vec<_> = submission.documents.into_iter().map(|d| (d.unique_id, d.bytes)).collect();
    assert!(reply.documents() == sent);
}
