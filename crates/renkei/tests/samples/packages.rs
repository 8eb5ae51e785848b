//! ITI-41 and ITI-43 in packages that are unusual and right (digest of the wire: xds.md 13.4), and in
//! some that are wrong.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::{Bench, Change, Traits, check, document, include};
use crate::harness::http::post;
use crate::harness::package::Package;
use crate::harness::reply::{Packaging, Reply};
use crate::harness::soap::{PROVIDE, REPOSITORY, envelope, new_message_id};
use crate::harness::submission::Submission;
use crate::harness::transactions::retrieve;

/// Each of these changes is answered with a Sender fault.
#[track_caller]
fn check_faults(changes: &[Change]) {
    let mut bench = Bench::start();
    for (name, change) in changes {
        let mut traits = Traits::mtom();
        change(&mut traits);
        bench.check_fault(name, &traits);
    }
    bench.end();
}

/// Rule 1.
#[test]
fn parameters_stand_in_any_case_and_order() {
    check(&[
        ("upper case", |t| {
            t.content_type = "MULTIPART/RELATED; TYPE=\"APPLICATION/XOP+XML\"; \
                              BOUNDARY=\"@BOUNDARY@\"; START=\"<root@test>\"; \
                              START-INFO=\"APPLICATION/SOAP+XML\""
                .to_owned();
        }),
        ("another order, no spaces", |t| {
            t.content_type = "Multipart/Related;start-info=\"application/soap+xml\";\
                              start=\"<root@test>\";type=\"application/xop+xml\";\
                              boundary=@BOUNDARY@"
                .to_owned();
        }),
        ("tokens, spaces around", |t| {
            t.content_type = "multipart/related ; boundary=@BOUNDARY@ ;  \
                              type=\"application/xop+xml\"\t; start=\"<root@test>\" ; x-other=1"
                .to_owned();
        }),
        ("an escaped character", |t| {
            t.content_type = t.content_type.replace("<root@test>", "<r\\oot@test>");
        }),
        ("no start-info, no action", |t| {
            t.content_type = "multipart/related; boundary=\"@BOUNDARY@\"; \
                              type=\"application/xop+xml\"; start=\"<root@test>\""
                .to_owned();
        }),
        ("an action that is stale", |t| {
            t.content_type = t.content_type.replace("@ACTION@", "urn:of:something:else");
            t.head.push("SOAPAction: \"\"".to_owned());
        }),
    ]);
}

/// Rule 2.
#[test]
fn the_root_is_the_part_that_start_names() {
    check(&[
        ("start without brackets", |t| {
            t.content_type = t.content_type.replace("<root@test>", "root@test");
        }),
        ("brackets in start only", |t| t.root[2] = "Content-ID: root@test".to_owned()),
        ("no start", |t| {
            t.content_type = t.content_type.replace("start=\"<root@test>\"; ", "");
        }),
        ("no start, no Content-ID", |t| {
            t.content_type = t.content_type.replace("start=\"<root@test>\"; ", "");
            t.root.pop();
        }),
        ("the root part last", |t| t.root_is_last = true),
    ]);
}

/// Rule 2, broken.
#[test]
fn a_root_that_is_not_there_is_not_guessed() {
    check_faults(&[
        ("another name", |t| {
            t.content_type = t.content_type.replace("<root@test>", "<nobody@test>");
        }),
        ("no Content-ID at all", |t| {
            t.root.pop();
        }),
    ]);
}

/// Rule 3.
#[test]
fn references_are_decoded_before_they_are_compared() {
    check(&[
        ("encoded", |t| t.href = "cid:document%40test".to_owned()),
        ("encoded in lower case", |t| {
            t.part[2] = "Content-ID: <http://tempuri.org/1/6350>".to_owned();
            t.href = "cid:http%3a%2f%2ftempuri.org%2f1%2f6350".to_owned();
        }),
        ("raw, of a URL", |t| {
            t.part[2] = "Content-ID: <http://tempuri.org/1/6350>".to_owned();
            t.href = "cid:http://tempuri.org/1/6350".to_owned();
        }),
        ("the part is called by the encoded form", |t| {
            t.part[2] = "Content-ID: <document%40test>".to_owned();
            t.href = "cid:document%40test".to_owned();
        }),
        ("a plus is a plus", |t| {
            t.part[2] = "Content-ID: <a+b@test>".to_owned();
            t.href = "cid:a+b@test".to_owned();
        }),
        ("no brackets in the part", |t| t.part[2] = "Content-ID: document@test".to_owned()),
        ("header names in lower case", |t| {
            t.part = t.part.iter().map(|line| line.to_ascii_lowercase()).collect();
            t.root = t.root.iter().map(|line| line.replacen("Content", "content", 1)).collect();
        }),
        ("white space around the Include", |t| {
            t.content = |t, d| format!("\r\n  {}\r\n", include(t, d));
        }),
    ]);
}

/// Rule 3, broken: only a submission refers to parts.
#[test]
fn a_reference_to_no_part_is_a_broken_package() {
    let mut bench = Bench::start();
    for href in ["cid:nobody@test", "cid:", "document@test", "http://localhost/document"] {
        let traits = Traits { href: href.to_owned(), ..Traits::mtom() };
        let submission = Submission::of(&bench.patient, &[b"x"]);
        let body = submission.provide(|_, document| (traits.content)(&traits, document));
        let envelope = envelope(PROVIDE, &new_message_id(), &body);
        let request = traits.request(envelope.as_bytes(), PROVIDE, Some(b"x"));
        let reply = Reply::read(bench.community.repository().exchange(&request).unwrap());
        assert_eq!((reply.status, reply.fault_code()), (400, "Sender"), "{href}: {}", reply.text);
        assert_eq!(reply.packaging, Packaging::Mtom, "{href}");
        let unique_id = &submission.documents[0].unique_id;
        let found = bench.retrieve(href, &Traits::mtom(), unique_id);
        found.assert_failure("XDSDocumentUniqueIdError");
    }
    bench.end();
}

/// Rule 3: what nobody refers to is nobody's document.
#[test]
fn a_part_without_reference_is_ignored() {
    let mut bench = Bench::start();
    let traits = Traits {
        content: |_, document| STANDARD.encode(&document.bytes),
        encode: Some(|_| b"not asked for".to_vec()),
        ..Traits::mtom()
    };
    bench.check("unreferenced", &traits);
    bench.end();
}

fn in_lines(bytes: &[u8], length: usize, end: &str) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<_> =
        text.as_bytes().chunks(length).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join(end) + end
}

/// Rule 4.
#[test]
fn inline_base64_is_taken_wherever_a_part_is() {
    check(&[
        ("in one piece", |t| t.content = |_, d| STANDARD.encode(&d.bytes)),
        ("in lines", |t| t.content = |_, d| in_lines(&d.bytes, 76, "\r\n")),
        ("in short lines with tabs", |t| t.content = |_, d| in_lines(&d.bytes, 7, "\n\t")),
        ("with references to CR", |t| t.content = |_, d| in_lines(&d.bytes, 76, "&#13;\n")),
        ("with hexadecimal references", |t| {
            t.content = |_, d| in_lines(&d.bytes, 19, "&#xD;&#xA;");
        }),
        ("in CDATA", |t| {
            t.content = |_, d| format!("<![CDATA[{}]]>", STANDARD.encode(&d.bytes));
        }),
        ("with a comment inside", |t| {
            t.content = |_, d| in_lines(&d.bytes, 8, "<!-- of no meaning -->");
        }),
    ]);
}

/// Rule 4: one is inline and the other a part, as .NET does it with what is small.
#[test]
fn one_document_is_inline_and_another_is_a_part() {
    let bench = Bench::start();
    let large = document("=_renkei-test");
    let submission = Submission::of(&bench.patient, &[b"small", &large]);
    let body = submission.provide(|place, document| match place {
        0 => format!("\r\n{}\r\n", STANDARD.encode(&document.bytes)),
        _ => include(&Traits::mtom(), document),
    });
    let package =
        Package::new(&envelope(PROVIDE, &new_message_id(), &body), &[("document@test", &large)]);
    let request =
        post(REPOSITORY, &[("Content-Type", &package.content_type())], &package.to_bytes());
    let mut connection = bench.community.repository();
    Reply::read(connection.exchange(&request).unwrap()).assert_success();
    let ids: Vec<_> = submission.documents.iter().map(|d| d.unique_id.clone()).collect();
    let found = retrieve(&mut connection, bench.community.repository_unique_id(), &ids).unwrap();
    let sent = submission.documents.iter().map(|d| (d.unique_id.clone(), d.bytes.clone()));
    assert!(found.documents() == sent.collect::<Vec<_>>());
}

/// Every byte as its number, in soft lines (RFC 2045 section 6.7).
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let line = |line: &[u8]| line.iter().map(|byte| format!("={byte:02X}")).collect::<String>();
    let lines: Vec<String> = bytes.chunks(20).map(line).collect();
    lines.join("=\r\n").into_bytes()
}

/// Rule 5.
#[test]
fn the_encoding_of_a_part_is_undone() {
    check(&[
        ("8bit", |t| t.part[1] = "Content-Transfer-Encoding: 8bit".to_owned()),
        ("7bit", |t| t.part[1] = "Content-Transfer-Encoding: 7bit".to_owned()),
        ("none", |t| {
            t.part.remove(1);
        }),
        ("BINARY", |t| t.part[1] = "CONTENT-TRANSFER-ENCODING:BINARY".to_owned()),
        ("base64 in lines", |t| {
            t.part[1] = "Content-Transfer-Encoding: base64".to_owned();
            t.encode = Some(|bytes| in_lines(bytes, 76, "\r\n").into_bytes());
        }),
        ("Base64 in one line", |t| {
            t.part[1] = "Content-Transfer-Encoding: Base64".to_owned();
            t.encode = Some(|bytes| STANDARD.encode(bytes).into_bytes());
        }),
        ("quoted-printable", |t| {
            t.part[1] = "Content-Transfer-Encoding: quoted-printable".to_owned();
            t.encode = Some(quoted_printable);
        }),
        ("the root in 8bit", |t| t.root[1] = "Content-Transfer-Encoding: 8bit".to_owned()),
        ("the root in base64", |t| {
            t.root[1] = "Content-Transfer-Encoding: base64".to_owned();
            t.envelope = |text| in_lines(text.as_bytes(), 76, "\r\n").into_bytes();
        }),
        ("the root in quoted-printable", |t| {
            t.root[1] = "Content-Transfer-Encoding: quoted-printable".to_owned();
            t.envelope = |text| quoted_printable(text.as_bytes());
        }),
    ]);
}

/// Rule 5: the line break in front of a boundary is none of the document's, all others are.
#[test]
fn line_breaks_and_boundaries_inside_a_document_are_its_own() {
    let mut bench = Bench::start();
    let traits = Traits::mtom();
    let documents: [&[u8]; 8] = [
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
        // Behind the line break of the header lines it would be a boundary, which no sender may choose.
        b" --MIMEBoundary_1",
        b" --MIMEBoundary_1--\r\n",
        b"\n--MIMEBoundary_1\n",
        b"\r\n--MIMEBoundary_\r\n--\r\n",
    ];
    for bytes in documents {
        bench.check_document(&format!("{bytes:?}"), &traits, bytes);
    }
    bench.end();
}

#[test]
fn a_document_without_bytes_is_a_document() {
    let mut bench = Bench::start();
    bench.check_document("by reference", &Traits::mtom(), b"");
    let inline = Traits { content: |_, _| String::new(), encode: None, ..Traits::mtom() };
    bench.check_document("inline", &inline, b"");
    bench.end();
}

/// Rule 6.
#[test]
fn preamble_and_epilogue_are_ignored() {
    check(&[
        ("an empty line", |t| t.preamble = b"\r\n".to_vec()),
        ("a text", |t| {
            t.preamble =
                b"This is a multi-part message in MIME format.\r\n--no boundary\r\n".to_vec();
        }),
        ("an epilogue", |t| t.epilogue = b"\r\nbehind it\r\n--MIMEBoundary_1\r\n".to_vec()),
        ("both", |t| {
            t.preamble = b"\r\n\r\n".to_vec();
            t.epilogue = b"\r\n\r\n".to_vec();
        }),
    ]);
}

/// Rule 7.
#[test]
fn boundaries_of_every_legal_kind() {
    check(&[
        ("one character", |t| t.boundary = "b".to_owned()),
        ("all characters of RFC 2046", |t| t.boundary = "'()+_,-./:=?".to_owned()),
        ("spaces inside", |t| t.boundary = "a part of it = (1) 'x'".to_owned()),
        ("70 characters", |t| {
            t.boundary =
                format!("uuid:{}+id=5", "0123456789ABC".repeat(5)).chars().take(70).collect()
        }),
        ("only hyphens", |t| t.boundary = "----------".to_owned()),
        ("a token", |t| {
            t.content_type = t.content_type.replace("\"@BOUNDARY@\"", "@BOUNDARY@");
            t.boundary = "MIMEBoundaryurn_uuid_7AD17C5FE3B1D0C3B61208200138611".to_owned();
        }),
        ("no token, and unquoted all the same", |t| {
            t.content_type = t.content_type.replace("\"@BOUNDARY@\"", "@BOUNDARY@");
            t.boundary = "----=_Part_1_12345.678:9".to_owned();
        }),
    ]);
}

/// Rule 7, broken: 71 characters, none.
#[test]
fn boundaries_that_nobody_may_use_are_refused() {
    check_faults(&[
        ("71 characters", |t| t.boundary = "b".repeat(71)),
        ("none", |t| t.content_type = t.content_type.replace("boundary=\"@BOUNDARY@\"; ", "")),
        ("empty", |t| t.content_type = t.content_type.replace("@BOUNDARY@", "")),
    ]);
}

/// Rule 9: the answer's mimeType is that of the entry, which every check looks at.
#[test]
fn the_media_type_of_a_part_means_nothing() {
    check(&[
        ("text/xml", |t| t.part[0] = "Content-Type: text/xml; charset=Shift_JIS".to_owned()),
        ("application/soap+xml", |t| t.part[0] = "Content-Type: application/soap+xml".to_owned()),
        ("nonsense", |t| t.part[0] = "Content-Type: ???".to_owned()),
        ("none", |t| {
            t.part.remove(0);
        }),
    ]);
}

/// Header lines of parts are folded as RFC 5322 allows; HTTP allows it no longer (RFC 9112 section 5.2).
#[test]
fn folded_lines_are_legal_in_parts_only() {
    check(&[("folded", |t| {
        t.root[0] = "Content-Type: application/xop+xml;\r\n charset=UTF-8;\r\n\
                     \ttype=\"application/soap+xml\""
            .to_owned();
        t.part[2] = "Content-ID:\r\n <document@test>".to_owned();
    })]);
    let bench = Bench::start();
    let mut traits = Traits::mtom();
    traits.content_type = traits.content_type.replace("; type", ";\r\n type");
    assert_eq!(bench.status(&traits), 400);
}

/// What is announced and what comes are two things.
#[test]
fn a_package_is_what_its_head_says() {
    let mut bench = Bench::start();
    let announced = Traits { root: Vec::new(), part: Vec::new(), ..Traits::mtom() };
    bench.check_fault("a package without packaging", &announced);
    let simple = "application/soap+xml; charset=UTF-8".to_owned();
    let hidden = Traits { content_type: simple, packaging: Packaging::Simple, ..Traits::mtom() };
    bench.check_fault("packaging without announcement", &hidden);
    let mixed = Traits {
        content_type: Traits::mtom().content_type.replace("/related", "/mixed"),
        packaging: Packaging::Simple,
        ..Traits::mtom()
    };
    assert_eq!(bench.status(&mixed), 415);
    bench.end();
}
