//! `audit::verify`: journals that were changed at rest, as they are and with hashes that fit the change.

use std::io::Write as _;

use openssl::sha::sha256;

use super::reason;
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "journal",
    run,
    seeds,
    samples: &[],
    tokens: &[&[
        "\n",
        "\"",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "\\u0000",
        "\\ud800",
        "\"lane\":\"",
        "\"sequence\":",
        "\"previous\":\"",
        "\"row\":1",
        "\"record\":{",
        ",\"hash\":\"",
        "\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\"",
        "1e400",
        "-1",
    ]],
};

const HASH_KEY: &str = ",\"hash\":\"";
/// Each line of a flood would become a hash; the reader stops at the first of them anyhow.
const MAX_RECHAINED: usize = 1_000;
const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn run(bytes: &[u8]) -> Verdict {
    let as_it_is = verify(bytes);
    let rechained = rechained(bytes);
    let verdict = verify(&rechained);
    // The hash decides: a chain that holds is the one that its hashes make.
    if as_it_is.is_ok() {
        assert_eq!(rechained, bytes, "a chain that holds with other hashes");
    }
    verdict
}

fn verify(bytes: &[u8]) -> Verdict {
    let mut file = tempfile::NamedTempFile::new().map_err(reason)?;
    file.write_all(bytes).map_err(reason)?;
    let report = audit::verify(file.path()).map_err(|error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        reason(format!("{error}: {}", source.unwrap_or_default()))
    })?;
    let whole = bytes.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(usize::try_from(report.n_records).ok(), Some(whole), "a record a line");
    let torn = bytes.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len);
    assert_eq!(usize::try_from(report.torn_bytes).ok(), Some(torn), "the rest is torn");
    assert_eq!(report.lane.is_some(), whole > 0);
    assert_eq!(report.last_hash.is_some(), whole > 0);
    Ok(format!("{} records, torn {}", whole.min(4), torn > 0))
}

/// The lines with their hashes made to fit, so that what stands in a line is read.
fn rechained(bytes: &[u8]) -> Vec<u8> {
    if bytes.iter().filter(|byte| **byte == b'\n').count() > MAX_RECHAINED {
        return bytes.to_vec();
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut previous = ZEROS.to_owned();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(content) = line.strip_suffix(b"\n") else {
            out.extend_from_slice(line);
            continue;
        };
        let body = content.get(..content.len().saturating_sub(HASH_KEY.len() + 66));
        let body = with_previous(body.unwrap_or_default(), &previous);
        previous = sha256(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        out.extend_from_slice(&body);
        out.extend_from_slice(format!("{HASH_KEY}{previous}\"}}\n").as_bytes());
    }
    out
}

/// The line with another hash of the line before it, where it names one.
fn with_previous(body: &[u8], previous: &str) -> Vec<u8> {
    let key = b"\"previous\":\"";
    let found = body.windows(key.len()).position(|window| window == key);
    let mut body = body.to_vec();
    if let Some(place) = found.map(|place| place.saturating_add(key.len())) {
        let end = place.saturating_add(64).min(body.len());
        body.splice(place..end, previous.bytes());
    }
    body
}

/// Four records in one lane, and the same with a torn fifth.
fn seeds() -> Vec<Vec<u8>> {
    let lane = "01890a5d-ac96-774b-bcce-b302099a8057";
    let mut text = String::new();
    for sequence in 1..=4 {
        let row = if sequence == 2 { ",\"row\":12" } else { "" };
        text.push_str(&format!(
            "{{\"lane\":\"{lane}\",\"sequence\":{sequence},\"previous\":\"{ZEROS}\"{row},\"record\":\
             {{\"id\":\"01890a5d-ac96-774b-bcce-b302099a805{sequence}\",\"query\":\"<山田>\"}}\
             {HASH_KEY}{ZEROS}\"}}\n"
        ));
    }
    let whole = rechained(text.as_bytes());
    let torn = [whole.as_slice(), b"{\"lane\":\""].concat();
    vec![whole, torn, Vec::new()]
}
