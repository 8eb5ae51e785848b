//! Traits of client stacks beyond their packages (digest of the wire: xds.md 13.1, 13.3, 13.5): HTTP
//! heads, header blocks, character sets, and what scripts made by hand do.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::client::{ANONYMOUS, Bench, Traits, check, include};
use crate::harness::http::post;
use crate::harness::package::unpack;
use crate::harness::reply::{Packaging, Reply};
use crate::harness::soap::{PROVIDE, REPOSITORY, RETRIEVE, simple, with_headers};
use crate::harness::submission::{Submission, new_oid};
use crate::harness::transactions::document_requests;

fn inline() -> Traits {
    Traits::simple(|_, document| STANDARD.encode(&document.bytes))
}

/// CXF: everything at once, and no Content-Length.
#[test]
fn apache_cxf_in_chunks() {
    check(&[("cxf", |t| {
        t.content_type = "multipart/related; type=\"application/xop+xml\"; \
                          boundary=\"@BOUNDARY@\"; start=\"<root.message@cxf.apache.org>\"; \
                          start-info=\"application/soap+xml; action=\\\"@ACTION@\\\"\""
            .to_owned();
        t.boundary = "uuid:5ec9ba52-3d57-4f5c-b4b6-3ab3e4f6c8c1".to_owned();
        t.head[2] = "Transfer-Encoding: chunked".to_owned();
        t.head.push("Accept: */*".to_owned());
        t.head.push("User-Agent: Apache-CXF/3.5.5".to_owned());
        t.head.push("Pragma: no-cache".to_owned());
        t.preamble = b"\r\n".to_vec();
        t.root[0] = "Content-Type: application/xop+xml; charset=UTF-8; \
                     type=\"application/soap+xml; action=\\\"urn:x\\\"\""
            .to_owned();
        t.root[2] = "Content-ID: <root.message@cxf.apache.org>".to_owned();
        t.part[2] = "Content-ID: <2b1c9b4e-1@urn:ihe:iti:xds-b:2007>".to_owned();
        t.href = "cid:2b1c9b4e-1@urn%3Aihe%3Aiti%3Axds-b%3A2007".to_owned();
    })]);
}

/// Axis2: chunks, colons in the ids, encoded in the reference or not, the action apart, no ReplyTo.
#[test]
fn axis2_in_chunks() {
    let axis2 = |t: &mut Traits| {
        t.content_type = "multipart/related; boundary=MIMEBoundaryurn_uuid_7AD17C5FE3B1; \
                          type=\"application/xop+xml\"; start=\"<0.urn:uuid:7AD1@apache.org>\"; \
                          start-info=\"application/soap+xml\"; action=\"@ACTION@\""
            .to_owned();
        t.boundary = "MIMEBoundaryurn_uuid_7AD17C5FE3B1".to_owned();
        t.head[2] = "Transfer-Encoding: chunked".to_owned();
        t.head.push("User-Agent: Axis2".to_owned());
        t.root[2] = "Content-ID: <0.urn:uuid:7AD1@apache.org>".to_owned();
        t.part[2] = "Content-ID: <1.urn:uuid:7AD2@apache.org>".to_owned();
        t.href = "cid:1.urn:uuid:7AD2@apache.org".to_owned();
        t.headers = "<a:Action>@ACTION@</a:Action><a:MessageID>@MESSAGE_ID@</a:MessageID>".into();
    };
    let mut bench = Bench::start();
    let mut traits = Traits::mtom();
    axis2(&mut traits);
    bench.check("raw", &traits);
    traits.href = "cid:1.urn%3Auuid%3A7AD2%40apache.org".to_owned();
    bench.check("encoded", &traits);
    traits.href = "cid:1.urn%3auuid%3a7AD2@apache.org".to_owned();
    bench.check("partly encoded", &traits);
    bench.end();
}

/// .NET, for a retrieval as well: head, prefixes, header blocks, `u:` ids.
#[test]
fn dotnet_in_both_directions() {
    check(&[("wcf", |t| {
        t.content_type = "multipart/related; type=\"application/xop+xml\";\
                          start=\"<http://tempuri.org/0>\";boundary=\"@BOUNDARY@\";\
                          start-info=\"application/soap+xml\""
            .to_owned();
        t.boundary = "uuid:898b3ded-c057-48c5-9f07-43a15680b58d+id=5".to_owned();
        t.head = ["host: localhost", "mime-version: 1.0", "content-type: @TYPE@"]
            .map(str::to_owned)
            .to_vec();
        t.head.push("content-length: @LENGTH@".to_owned());
        t.head.push("expect: 100-continue".to_owned());
        t.head.push("accept-encoding: gzip, deflate".to_owned());
        t.preamble = b"\r\n".to_vec();
        t.root[1] = "Content-Transfer-Encoding: 8bit".to_owned();
        t.root[2] = "Content-ID: <http://tempuri.org/0>".to_owned();
        t.part[2] = "Content-ID: <http://tempuri.org/1/635075425383471203>".to_owned();
        t.href = "cid:http%3A%2F%2Ftempuri.org%2F1%2F635075425383471203".to_owned();
        t.headers = format!(
            "<a:Action s:mustUnderstand=\"1\" u:Id=\"_2\" xmlns:u=\"http://docs.oasis-open.org/\
             wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\">@ACTION@</a:Action>\
             <a:MessageID>@MESSAGE_ID@</a:MessageID>\
             <ActivityId CorrelationId=\"7c1b\" xmlns=\"http://schemas.microsoft.com/2004/09/\
             ServiceModel/Diagnostics\">1b0e2a3c-0000-0000-0000-000000000000</ActivityId>\
             <a:ReplyTo s:mustUnderstand=\"true\"><a:Address>{ANONYMOUS}</a:Address></a:ReplyTo>\
             <a:To s:mustUnderstand=\"1\">https://xds.example.test:8443/</a:To>\
             <o:Security s:mustUnderstand=\"1\" xmlns:o=\"http://docs.oasis-open.org/wss/2004/01/\
             oasis-200401-wss-wssecurity-secext-1.0.xsd\"/>"
        );
    })]);
}

/// JAX-WS: an asterisk in the id of the root and of the parts, raw or encoded in the reference.
#[test]
fn metro_with_asterisks() {
    let mut bench = Bench::start();
    let mut traits = Traits::mtom();
    traits.content_type = "Multipart/Related;\
                           start=\"<rootpart*1a6f9d4e@example.jaxws.sun.com>\";\
                           type=\"application/xop+xml\";boundary=\"@BOUNDARY@\";\
                           start-info=\"application/soap+xml;action=\\\"@ACTION@\\\"\""
        .to_owned();
    traits.boundary = "uuid:1a6f9d4e-77f1-4c0b-8a1f-6cb2ffd4c8a2".to_owned();
    traits.root[2] = "Content-Id: <rootpart*1a6f9d4e@example.jaxws.sun.com>".to_owned();
    traits.part[2] = "Content-Id: <9a*b@example.jaxws.sun.com>".to_owned();
    for href in ["cid:9a*b@example.jaxws.sun.com", "cid:9a%2Ab@example.jaxws.sun.com"] {
        traits.href = href.to_owned();
        bench.check(href, &traits);
    }
    bench.end();
}

/// Scripts write what they need: no ReplyTo, no To, nothing that must be understood.
#[test]
fn addressing_headers_that_are_left_out_or_odd() {
    check(&[
        ("no ReplyTo, no To", |t| {
            t.headers =
                "<a:Action>@ACTION@</a:Action><a:MessageID>@MESSAGE_ID@</a:MessageID>".into();
        }),
        ("white space around the action", |t| {
            t.headers = t.headers.replace("@ACTION@", "\r\n   @ACTION@\n\t");
        }),
        ("mustUnderstand as a word", |t| {
            t.headers = t.headers.replace("=\"1\">@ACTION@", "=\"true\">@ACTION@");
        }),
        ("mustUnderstand of another namespace", |t| {
            t.headers = t.headers.replace("s:mustUnderstand", "a:mustUnderstand");
        }),
        ("From and FaultTo", |t| {
            t.headers.push_str(&format!(
                "<a:From><a:Address>urn:x:client</a:Address></a:From>\
                 <a:FaultTo><a:Address>{ANONYMOUS}</a:Address></a:FaultTo>"
            ));
        }),
        ("blocks that nobody must understand", |t| {
            t.headers.push_str("<x:Trace xmlns:x=\"urn:x:y\" s:mustUnderstand=\"0\">1</x:Trace>");
            t.headers.push_str("<Other xmlns=\"\"/>");
        }),
    ]);
}

/// Without MessageID there is nothing to relate to; a server that answers says so by leaving it out.
#[test]
fn a_message_without_id_is_answered_or_refused_as_addressing_says() {
    let mut bench = Bench::start();
    let headers = "<a:Action>@ACTION@</a:Action>".to_owned();
    for traits in
        [Traits { headers: headers.clone(), ..Traits::mtom() }, Traits { headers, ..inline() }]
    {
        bench.check("no MessageID", &traits);
    }
    bench.end();
}

/// Letter by letter, whatever kind of id it is.
#[test]
fn message_ids_come_back_as_they_were() {
    let bench = Bench::start();
    let repository = bench.community.repository_unique_id();
    let body = document_requests(repository, &[new_oid()]);
    for (sent, id) in [
        ("uuid:5685B22849E5415C421371093346751", "uuid:5685B22849E5415C421371093346751"),
        (
            "URN:UUID:5685B228-49E5-415C-8213-71093346751A",
            "URN:UUID:5685B228-49E5-415C-8213-71093346751A",
        ),
        ("https://x.test/a?b=1&amp;c=%20#d", "https://x.test/a?b=1&c=%20#d"),
        ("mid:1@x.test", "mid:1@x.test"),
        ("&#x9023;&#25658;", "連携"),
    ] {
        for action in [RETRIEVE, "urn:of:nothing"] {
            let headers = format!("<a:Action>{action}</a:Action><a:MessageID>{sent}</a:MessageID>");
            let envelope = with_headers(&headers, &body);
            for traits in [Traits::mtom(), inline()] {
                let request = traits.request(envelope.as_bytes(), action, None);
                let reply = Reply::read(bench.community.repository().exchange(&request).unwrap());
                assert_eq!(reply.relates_to(), Some(id), "{}", reply.text);
                assert_eq!(reply.packaging, traits.packaging, "{}", reply.text);
                assert_eq!(reply.is_fault(), action != RETRIEVE, "{}", reply.text);
            }
        }
    }
}

/// A client made by hand that knows no packages gets an answer that it can read.
#[test]
fn simple_soap_is_answered_simply() {
    let mut bench = Bench::start();
    bench.check("in one piece", &inline());
    bench.check(
        "in lines",
        &Traits::simple(|_, d| {
            let text = STANDARD.encode(&d.bytes);
            let (first, rest) = text.split_at(20);
            format!("\r\n    {first}&#13;\n{rest}&#xD;\r\n")
        }),
    );
    bench.end();
}

/// An Include without a package around it leads nowhere.
#[test]
fn a_reference_in_simple_soap_is_refused() {
    let bench = Bench::start();
    let traits = Traits::simple(include);
    let submission = Submission::of(&bench.patient, &[b"x"]);
    let body = submission.provide(|_, document| (traits.content)(&traits, document));
    let headers = format!("<a:Action>{PROVIDE}</a:Action><a:MessageID>urn:x:1</a:MessageID>");
    let request = traits.request(with_headers(&headers, &body).as_bytes(), PROVIDE, None);
    let reply = Reply::read(bench.community.repository().exchange(&request).unwrap());
    assert_eq!((reply.status, reply.fault_code()), (400, "Sender"), "{}", reply.text);
    assert_eq!(reply.packaging, Packaging::Simple);
    assert_eq!(reply.relates_to(), Some("urn:x:1"));
}

/// A patient id pasted into a template.
#[test]
fn an_ampersand_that_is_not_escaped_is_a_fault_of_the_sender() {
    let mut bench = Bench::start();
    let broken: fn(&str) -> Vec<u8> =
        |text| text.replacen("</s:Body>", "4711^^^&1.2.3&ISO</s:Body>", 1).into_bytes();
    bench.check_fault("packaged", &Traits { envelope: broken, ..Traits::mtom() });
    bench.check_fault("simple", &Traits { envelope: broken, ..inline() });
    bench.end();
}

fn utf_16(text: &str) -> Vec<u8> {
    let marked = format!("\u{FEFF}{text}");
    marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// 13.3: the byte order mark and the declaration say what the media type leaves out.
#[test]
fn character_sets_and_byte_order_marks() {
    let mark: fn(&str) -> Vec<u8> = |text| format!("\u{FEFF}{text}").into_bytes();
    let declared: fn(&str) -> Vec<u8> =
        |text| format!("<?xml version='1.0' encoding='utf-8' ?>\r\n{text}").into_bytes();
    let mut bench = Bench::start();
    for base in [Traits::mtom(), inline()] {
        bench.check("mark", &Traits { envelope: mark, ..base.clone() });
        bench.check("declaration", &Traits { envelope: declared, ..base.clone() });
        for charset in ["charset=utf-8", "CHARSET=\"Utf-8\"", "charset=utf8", "x=y"] {
            let mut traits = base.clone();
            let instead = |text: &str| text.replace("charset=UTF-8", charset);
            traits.content_type = instead(&traits.content_type);
            traits.root = traits.root.iter().map(|line| instead(line)).collect();
            bench.check(charset, &traits);
            let traits = Traits { envelope: mark, ..traits };
            bench.check(charset, &traits);
        }
        let mut traits = Traits { envelope: utf_16, ..base };
        let instead = |text: &str| text.replace("charset=UTF-8", "charset=UTF-16");
        traits.content_type = instead(&traits.content_type);
        traits.root = traits.root.iter().map(|line| instead(line)).collect();
        bench.check("UTF-16", &traits);
    }
    bench.end();
}

/// Rule 8.
#[test]
fn http_heads_of_every_kind() {
    check(&[
        ("lower case", |t| {
            t.head = t.head.iter().map(|line| line.replace("Content-", "content-")).collect();
        }),
        ("upper case", |t| {
            t.head[1] = "CONTENT-TYPE:@TYPE@".to_owned();
            t.head[2] = "CONTENT-LENGTH:@LENGTH@".to_owned();
        }),
        ("chunks", |t| t.head[2] = "Transfer-Encoding: chunked".to_owned()),
        ("Chunked", |t| t.head[2] = "transfer-encoding: Chunked".to_owned()),
        ("Expect", |t| t.head.push("Expect: 100-continue".to_owned())),
        ("chunks with Expect", |t| {
            t.head[2] = "Transfer-Encoding: chunked".to_owned();
            t.head.push("Expect: 100-continue".to_owned());
        }),
        ("closed behind it", |t| t.head.push("Connection: close".to_owned())),
        ("compression offered", |t| t.head.push("Accept-Encoding: gzip, br".to_owned())),
        ("an Accept that names neither", |t| t.head.push("Accept: text/html".to_owned())),
        ("a proxy in between", |t| {
            t.head.push("Via: 1.0 proxy.test (squid)".to_owned());
            t.head.push("X-Forwarded-For: 192.0.2.1".to_owned());
        }),
    ]);
}

/// A proxy of HTTP/1.0 knows no chunks; the end of the connection is the end of the answer.
#[test]
fn http_1_0_in_both_directions() {
    let bench = Bench::start();
    let url = bench.community.endpoints.addresses.repository.clone().unwrap();
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let submission = Submission::of(&bench.patient, &[b"\0of old\r\n"]);
    let traits = Traits { version: "HTTP/1.0", ..Traits::mtom() };
    let provide = submission.provide(|_, document| (traits.content)(&traits, document));
    let unique_id = submission.documents[0].unique_id.clone();
    let retrieve = document_requests(bench.community.repository_unique_id(), &[unique_id]);
    for (body, action, document) in
        [(provide, PROVIDE, Some(b"\0of old\r\n".as_slice())), (retrieve, RETRIEVE, None)]
    {
        let headers = format!("<a:Action>{action}</a:Action><a:MessageID>urn:x:1</a:MessageID>");
        let request = traits.request(with_headers(&headers, &body).as_bytes(), action, document);
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream.write_all(&request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        assert!(head.starts_with("HTTP/1.0 200 "), "{head}");
        assert!(!head.to_ascii_lowercase().contains("chunked"), "{head}");
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-type:"));
        let unpacked = unpack(line.unwrap().split_once(':').unwrap().1.trim(), &answer[end + 4..]);
        assert!(String::from_utf8(unpacked.root).unwrap().contains("ResponseStatusType:Success"));
        let parts: Vec<_> = unpacked.parts.values().map(Vec::as_slice).collect();
        let expected = if document.is_some() { vec![] } else { vec![b"\0of old\r\n".as_slice()] };
        assert_eq!(parts, expected);
    }
}

/// SOAP 1.1, and WS-Addressing of 2004: neither belongs to IHE, both get an answer of SOAP 1.2.
#[test]
fn versions_of_old_are_faults() {
    let bench = Bench::start();
    let body = document_requests(bench.community.repository_unique_id(), &[new_oid()]);
    let headers = format!("<a:Action>{RETRIEVE}</a:Action><a:MessageID>urn:x:1</a:MessageID>");
    let envelope = with_headers(&headers, &body);
    let old = envelope.replace(
        "http://www.w3.org/2003/05/soap-envelope",
        "http://schemas.xmlsoap.org/soap/envelope/",
    );
    let early = envelope.replace(
        "http://www.w3.org/2005/08/addressing",
        "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    );
    for (envelope, code) in [(old, "VersionMismatch"), (early, "Sender")] {
        for traits in [Traits::mtom(), inline()] {
            let request = traits.request(envelope.as_bytes(), RETRIEVE, None);
            let reply = Reply::read(bench.community.repository().exchange(&request).unwrap());
            assert_eq!(reply.fault_code(), code, "{}", reply.text);
            assert_eq!(reply.packaging, traits.packaging, "{}", reply.text);
        }
    }
    // The media type of SOAP 1.1 is none of these messages.
    let plain = [("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", "\"\"")];
    let request = post(REPOSITORY, &plain, b"<a/>");
    let answer = bench.community.repository().exchange(&request).unwrap();
    assert!(answer.status >= 400, "{}", answer.status);
    let request = post(REPOSITORY, &[("Content-Type", &simple(RETRIEVE))], b"<a/>");
    let reply = Reply::read(bench.community.repository().exchange(&request).unwrap());
    assert!(reply.is_fault(), "{}", reply.text);
}
