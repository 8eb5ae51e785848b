//! The tests of the crate, as its users see it.
#![expect(clippy::unwrap_used, reason = "helper functions of tests may fail loudly")]

mod content_type;
mod extraction;
mod fault;
mod header;
mod multipart;
mod stacks;
mod transfer_encoding;

use std::path::PathBuf;

use soap::mtom::{MtomError, MultipartLimits, MultipartReader, PartEvent, PartHeaders};

/// A complete part.
type Part = (PartHeaders, Vec<u8>);

/// Reads a message that arrives in pieces of `chunk_bytes`.
fn read_in_chunks(
    boundary: &str,
    message: &[u8],
    chunk_bytes: usize,
    limits: MultipartLimits,
) -> Result<Vec<Part>, MtomError> {
    let mut parts: Vec<Part> = Vec::new();
    let mut is_open = false;
    let mut reader = MultipartReader::new(boundary, limits)?;
    for chunk in message.chunks(chunk_bytes) {
        reader.push(chunk, &mut |event| {
            match event {
                PartEvent::Begin(headers) => {
                    assert!(!std::mem::replace(&mut is_open, true));
                    parts.push((headers, Vec::new()));
                }
                PartEvent::Data(data) => {
                    assert!(is_open && !data.is_empty());
                    parts.last_mut().unwrap().1.extend(data);
                }
                PartEvent::End => assert!(std::mem::replace(&mut is_open, false)),
                PartEvent::Finished => assert!(!is_open),
            }
            Ok::<(), MtomError>(())
        })?;
    }
    reader.finish()?;
    Ok(parts)
}

fn read(boundary: &str, message: &[u8]) -> Result<Vec<Part>, MtomError> {
    read_in_chunks(boundary, message, usize::MAX, MultipartLimits::default())
}

/// A published sample; `None`, with a notice, where the samples are not installed.
fn sample(path: &str) -> Option<Vec<u8>> {
    let samples =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/samples/xds"));
    if !samples.is_dir() {
        eprintln!("skipped: no ../shared");
        return None;
    }
    Some(std::fs::read(samples.join(path)).unwrap())
}
