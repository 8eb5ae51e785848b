//! The grammar of multipart messages: cut anywhere, broken everywhere.

use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert_eq, prop_oneof, proptest,
};
use soap::Fault;
use soap::mtom::{
    MtomError, MultipartLimits, MultipartReader, MultipartWriter, PartEvent, PartHeaders,
};

use crate::{read, read_in_chunks};

/// The contents of the parts, whatever way the message is cut.
#[track_caller]
fn check(message: &[u8], contents: &[&[u8]]) {
    for chunk_bytes in [1, 2, 3, 4, 5, 7, 11, usize::MAX] {
        let parts = read_in_chunks("b", message, chunk_bytes, MultipartLimits::default()).unwrap();
        let found: Vec<&[u8]> = parts.iter().map(|part| part.1.as_slice()).collect();
        assert_eq!(found, contents, "in chunks of {chunk_bytes}");
    }
}

#[track_caller]
fn refuse(message: &[u8], error: MtomError) {
    refuse_within(message, MultipartLimits::default(), error);
}

#[track_caller]
fn refuse_within(message: &[u8], limits: MultipartLimits, error: MtomError) {
    for chunk_bytes in [1, 2, 3, 7, usize::MAX] {
        assert_eq!(read_in_chunks("b", message, chunk_bytes, limits).unwrap_err(), error);
    }
}

#[test]
fn parts_end_before_the_line_end_of_the_boundary() {
    check(b"--b\r\n\r\nx\r\n--b--", &[b"x"]);
    check(b"--b\r\n\r\n\r\nx\r\n\r\n--b--", &[b"\r\nx\r\n"]);
    check(b"--b\r\n\r\nx\r\r\n--b--", &[b"x\r"]);
    check(b"--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n", &[b"x", b"y"]);
}

#[test]
fn a_part_may_be_empty() {
    check(b"--b\r\n\r\n\r\n--b--", &[b""]);
    // RFC 2046: without a body the blank line belongs to the boundary.
    check(b"--b\r\n\r\n--b--", &[b""]);
    check(b"--b\r\nA: b\r\n\r\n--b\r\n\r\n\r\n--b--", &[b"", b""]);
    check(b"--b--", &[]);
}

#[test]
fn look_alikes_are_content() {
    for content in [
        b"--b".as_slice(),
        b"x--b--",
        b"\n--b\r\n\r\n",
        b"\r--b--",
        b"\r\n-b",
        b"\r\n--",
        b"\r\n--c\r\n--",
        b"\r\n--B--",
        b"\r\n --b",
        b"\r\n\r\r\n\r\n-",
        b"\r\r\n-\r\n--\r",
        b"\r",
        b"\r\n",
    ] {
        // A content that begins like a boundary must not stand directly after the headers.
        let message = [b"--b\r\n\r\n.", content, b"\r\n--b--"].concat();
        check(&message, &[&[b".", content].concat()]);
    }
}

#[test]
fn preamble_and_epilogue_are_ignored() {
    check(b"\r\n--b\r\n\r\nx\r\n--b--", &[b"x"]);
    check(
        b"This is MIME.\r\n--c\r\n--b\r\n\r\nx\r\n--b--\r\nafter\r\n--b\r\n\r\ny\r\n--b--",
        &[b"x"],
    );
    let long = [b"--b\r\n\r\nx\r\n--b--".as_slice(), &[b'x'; 100_000]].concat();
    check(&long, &[b"x"]);
}

#[test]
fn white_space_may_follow_a_boundary() {
    check(b"--b \t \r\n\r\nx\r\n--b\t\r\n\r\ny\r\n--b-- \r\n", &[b"x", b"y"]);
}

#[test]
fn nothing_else_may_follow_a_boundary() {
    refuse(b"--bc\r\n\r\nx\r\n--b--", MtomError::BoundaryLine);
    refuse(b"--b\r\n\r\nx\r\n--bc--\r\n--b--", MtomError::BoundaryLine);
    refuse(b"--b-\r\n\r\nx\r\n--b--", MtomError::BoundaryLine);
    refuse(b"--b\r\r\n\r\nx\r\n--b--", MtomError::BoundaryLine);
}

#[test]
fn lone_line_feeds_end_headers_but_not_content() {
    check(b"--b\nA: b\n\nx\n--b\ny\r\n--b--", &[b"x\n--b\ny"]);
    check(b"--b\r\nA: b\r\n\nx\r\n--b--", &[b"x"]);
    // A message with line feeds throughout has no end.
    refuse(b"--b\nA: b\n\nx\n--b--\n", MtomError::Truncated);
    // Nor has it a beginning when something precedes it.
    refuse(b"\n--b\n\nx\n--b--\n", MtomError::Truncated);
}

#[test]
fn every_truncation_is_noticed() {
    let message = b"\r\n--b\r\nContent-ID: <1@x>\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--";
    for n_bytes in 0..message.len() {
        refuse(message.get(..n_bytes).unwrap(), MtomError::Truncated);
    }
    assert!(read("b", message).is_ok());
}

#[test]
fn boundaries_must_be_boundaries() {
    let long = "x".repeat(71);
    for boundary in ["", &long, "a\r", "a\n", "a\0", "a ", "\u{3042}"] {
        assert_eq!(read(boundary, b"").unwrap_err(), MtomError::Boundary, "{boundary:?}");
    }
    let longest = "x".repeat(70);
    for boundary in [longest.as_str(), "'()+_,-./:=? x", "--", "-"] {
        let message = format!("--{boundary}\r\n\r\nx\r\n--{boundary}--");
        let parts = read(boundary, message.as_bytes()).unwrap();
        assert_eq!(parts.first().unwrap().1, b"x", "{boundary}");
    }
}

#[test]
fn headers_are_read_in_any_form() {
    let message = b"--b\r\ncontent-id:<1@x>\r\nCONTENT-TYPE:\r\n\ttext/plain;\r\n  charset=x \r\n\
        Content-Disposition: attachment; filename=\"\x8E\x52.txt\"\r\n\
        Content-Transfer-Encoding: BASE64\r\n\r\nZg==\r\n--b--";
    let parts = read("b", message).unwrap();
    let expected = PartHeaders {
        content_id: Some("1@x".to_owned()),
        content_type: Some("text/plain;  charset=x".to_owned()),
        transfer_encoding: soap::mtom::TransferEncoding::Base64,
    };
    assert_eq!(parts.first().unwrap(), &(expected, b"f".to_vec()));
}

#[test]
fn broken_headers_are_refused() {
    for header in [
        b"x".as_slice(),
        b": x",
        b" folded: but first",
        b"a b: x",
        b"Content-ID : <1@x>",
        b"A: b\rC: d",
        b"Content-ID: <1@x>\r\nContent-Id: <2@x>",
        b"Content-Transfer-Encoding: binary\r\nContent-Transfer-Encoding: base64",
        b"Content-ID: <>",
        b"Content-ID:",
        b"Content-ID: \xFF",
    ] {
        refuse(&[b"--b\r\n", header, b"\r\n\r\nx\r\n--b--"].concat(), MtomError::Header);
    }
}

#[test]
fn content_ids_must_differ() {
    let part = "\r\n--b\r\nContent-ID: <1@x>\r\n\r\nx";
    refuse(format!("{part}{part}\r\n--b--").as_bytes(), MtomError::DuplicateContentId);
    let bare = part.replace(['<', '>'], "");
    refuse(format!("{part}{bare}\r\n--b--").as_bytes(), MtomError::DuplicateContentId);
    // Several parts without identifier are possible; nothing can refer to them.
    check(b"--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--", &[b"x", b"y"]);
}

#[test]
fn parts_and_headers_are_counted() {
    let limits = MultipartLimits { parts: 2, header_bytes: 60, headers_per_part: 2 };
    let part = b"\r\n--b\r\n\r\nx".as_slice();
    let end = b"\r\n--b--".as_slice();
    assert!(read_in_chunks("b", &[part, part, end].concat(), 3, limits).is_ok());
    refuse_within(&[part, part, part, end].concat(), limits, MtomError::TooManyParts);
    let head = b"--b\r\nA: 1\r\nB: 2\r\n".as_slice();
    assert!(read_in_chunks("b", &[head, b"\r\nx", end].concat(), 3, limits).is_ok());
    refuse_within(&[head, b"C: 3\r\n\r\nx", end].concat(), limits, MtomError::TooManyHeaders);
    let long = [b"--b\r\nA: ".as_slice(), &[b'x'; 100], b"\r\n\r\nx", end].concat();
    refuse_within(&long, limits, MtomError::HeadersTooLong);
    let folded = [b"--b\r\nA: x\r\n".as_slice(), &b" y\r\n".repeat(20), b"\r\nx", end].concat();
    refuse_within(&folded, limits, MtomError::HeadersTooLong);
    let padded = [b"--b".as_slice(), &[b' '; 100], b"\r\n\r\nx", end].concat();
    refuse_within(&padded, limits, MtomError::HeadersTooLong);
    // The limit is one of each part, not of all together.
    let long = [b"\r\n--b\r\nA: ".as_slice(), &[b'x'; 40], b"\r\n\r\nx"].concat();
    assert!(read_in_chunks("b", &[&long, &long, end].concat(), 3, limits).is_ok());
    // Headers that never end are refused before they are complete.
    refuse_within(
        &[b"--b\r\nA: ".as_slice(), &[b'x'; 100]].concat(),
        limits,
        MtomError::HeadersTooLong,
    );
}

#[test]
fn content_arrives_before_it_is_complete() {
    let mut reader = MultipartReader::new("b", MultipartLimits::default()).unwrap();
    let mut n_bytes = 0;
    let mut push = |chunk: &[u8]| {
        reader.push(chunk, &mut |event| {
            if let PartEvent::Data(data) = event {
                n_bytes += data.len();
            }
            Ok::<(), MtomError>(())
        })
    };
    push(b"--b\r\n\r\n").unwrap();
    for _ in 0..1_000 {
        push(b"0123456789").unwrap();
    }
    assert_eq!(n_bytes, 10_000);
}

#[test]
fn an_error_of_the_sink_is_passed_on() {
    let mut reader = MultipartReader::new("b", MultipartLimits::default()).unwrap();
    let outcome = reader.push(b"--b\r\n\r\nx\r\n--b--", &mut |event| match event {
        PartEvent::Data(_) => Err(Fault::receiver("disk full")),
        PartEvent::Begin(_) | PartEvent::End | PartEvent::Finished => Ok(()),
    });
    assert_eq!(outcome, Err(Fault::receiver("disk full")));
}

/// Content that is mostly made of what a boundary is made of.
fn look_alike(boundary: String) -> impl Strategy<Value = Vec<u8>> {
    let beginnings: Vec<Vec<u8>> = (0..boundary.len() + 4)
        .map(|n_bytes| format!("\r\n--{boundary}").into_bytes().into_iter().take(n_bytes).collect())
        .collect();
    let piece = prop_oneof![
        4 => proptest::sample::select(beginnings),
        2 => proptest::sample::select(vec![
            b"\r".to_vec(), b"\n".to_vec(), b"-".to_vec(), b"--".to_vec(), b"\r\n".to_vec(),
            format!("\n--{boundary}--").into_bytes(),
            format!("--{boundary}\r\n").into_bytes(),
        ]),
        1 => any::<Vec<u8>>(),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(move |pieces| {
        // The one thing content cannot hold, which an unguessable boundary makes sure of; the
        // line end before it is the one of the headers or one inside.
        let mut content = pieces.concat();
        let whole = format!("\r\n--{boundary}").into_bytes();
        while let Some(at) = [b"\r\n".as_slice(), &content]
            .concat()
            .windows(whole.len())
            .position(|window| window == whole)
        {
            content.truncate(at.saturating_sub(1));
        }
        content
    })
}

fn message(seed: &str) -> impl Strategy<Value = Vec<Vec<u8>>> + use<> {
    let boundary = format!("MIMEBoundary_{seed}");
    proptest::collection::vec(look_alike(boundary), 1..5)
}

fn write(writer: &MultipartWriter, contents: &[Vec<u8>]) -> Vec<u8> {
    let mut message = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let head = match index.checked_sub(1) {
            None => writer.root_head(),
            Some(document) => writer.part_head(&writer.content_id(document), "text/plain"),
        };
        message.extend(head.into_bytes());
        message.extend(content);
        message.extend(MultipartWriter::PART_TAIL.as_bytes());
    }
    message.extend(writer.final_tail().into_bytes());
    message
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 2))]

    #[test]
    fn reading_inverts_writing_however_it_is_cut(
        (seed, contents) in prop_oneof![Just(""), Just("-"), Just("a-1")]
            .prop_flat_map(|seed| (Just(seed), message(seed))),
        cuts in proptest::collection::vec(1..40_usize, 1..20),
    ) {
        let writer = MultipartWriter::new(seed);
        let boundary = format!("MIMEBoundary_{seed}");
        let message = write(&writer, &contents);
        let mut reader = MultipartReader::new(&boundary, MultipartLimits::default()).unwrap();
        let mut found: Vec<Vec<u8>> = Vec::new();
        let mut rest = message.as_slice();
        for n_bytes in cuts.iter().cycle() {
            let (chunk, after) = rest.split_at(rest.len().min(*n_bytes));
            reader.push(chunk, &mut |event| {
                match event {
                    PartEvent::Begin(_) => found.push(Vec::new()),
                    PartEvent::Data(data) => found.last_mut().unwrap().extend(data),
                    PartEvent::End | PartEvent::Finished => {}
                }
                Ok::<(), MtomError>(())
            }).unwrap();
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(reader.finish(), Ok(()));
        prop_assert_eq!(found, contents);
    }

    /// Whatever comes in, cutting it differently changes neither parts nor error.
    #[test]
    fn any_message_is_read_the_same_in_any_chunks(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "--b", "\r\n--b", "--", "\r\n", "\n", "\r", "x", " ", ":", "Content-ID: <1@x>\r\n",
                "Content-Transfer-Encoding: base64\r\n", "\r\n\r\n", "Zg==", "-",
            ]),
            0..16,
        ),
        chunk_bytes in 1..12_usize,
    ) {
        let message = pieces.concat();
        let limits = MultipartLimits { parts: 2, header_bytes: 80, headers_per_part: 3 };
        let whole = read_in_chunks("b", message.as_bytes(), usize::MAX, limits);
        prop_assert_eq!(read_in_chunks("b", message.as_bytes(), chunk_bytes, limits), whole);
    }
}
