//! Packages as client stacks send them; one is recorded, the others follow their traits.

use openssl::sha::sha1;
use soap::content_type::ContentType;
use soap::mtom::{MtomError, MultipartRequest, MultipartWriter, RootSelector, resolve_cid};
use soap::{read_end, read_header};
use xml::{Limits, Reader};

use crate::{Part, read, read_in_chunks, sample};

fn request(content_type: &str) -> Result<MultipartRequest, MtomError> {
    MultipartRequest::from_content_type(&ContentType::parse(content_type).unwrap())
}

/// The root part and the part that `href` refers to.
#[track_caller]
fn check(content_type: &str, message: &[u8], href: &str, document: &[u8]) {
    let request = request(content_type).unwrap();
    let parts = read(&request.boundary, message).unwrap();
    let root = find_root(&request.root, &parts).unwrap();
    assert_eq!(root.1, b"<root/>");
    assert_eq!(find(&parts, href).unwrap().1, document);
}

fn find_root<'p>(root: &RootSelector, parts: &'p [Part]) -> Option<&'p Part> {
    let is_root =
        |(index, part): &(usize, &Part)| root.is_root(*index, part.0.content_id.as_deref());
    parts.iter().enumerate().find(is_root).map(|(_, part)| part)
}

fn find<'p>(parts: &'p [Part], href: &str) -> Option<&'p Part> {
    let candidates = resolve_cid(href).unwrap();
    candidates.iter().find_map(|candidate| {
        parts.iter().find(|part| part.0.content_id.as_ref() == Some(candidate))
    })
}

/// The `href` of the first `Include` in a text.
fn included(text: &str) -> &str {
    let (_, after) = text.split_once("href=\"").unwrap();
    after.split_once('"').unwrap().0
}

#[test]
fn the_recorded_axis2_request_is_read() {
    let Some(headers) = sample("iti41/pnr-mtom-axis2.headers.txt") else { return };
    let body = sample("iti41/pnr-mtom-axis2.body.bin").unwrap();
    let headers = String::from_utf8(headers).unwrap();
    let content_type =
        headers.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap();
    let request = request(content_type).unwrap();

    for chunk_bytes in [1, 2, 3, 7, 64, 1024, body.len()] {
        let parts =
            read_in_chunks(&request.boundary, &body, chunk_bytes, Default::default()).unwrap();
        assert_eq!(parts.len(), 2);
        let root = find_root(&request.root, &parts).unwrap();
        let root_type = ContentType::parse(root.0.content_type.as_deref().unwrap()).unwrap();
        let text = xml::decode(&root.1, root_type.param("charset")).unwrap();
        let mut reader = Reader::new(&text, Limits::default()).unwrap();
        let addressing = read_header(&mut reader).unwrap().addressing;
        assert_eq!(
            addressing.action.as_deref(),
            Some("urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b")
        );
        assert_eq!(
            addressing.message_id.as_deref(),
            Some("urn:uuid:5685B22849E5415C421371093346751")
        );
        let payload = reader.next_child().unwrap().unwrap();
        assert!(payload.is("urn:ihe:iti:xds-b:2007", "ProvideAndRegisterDocumentSetRequest"));
        reader.skip().unwrap();
        read_end(&mut reader).unwrap();

        let document = find(&parts, included(&text)).unwrap();
        assert_eq!(document.1.len(), 1459);
        let digest: String = sha1(&document.1).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, "31e311402a7e717d1bede88df6b42c0b8e91ea91");
    }
}

#[test]
fn the_recorded_dotnet_header_is_read() {
    let Some(headers) = sample("iti41/dotnet-wcf-mtom.headers.txt") else { return };
    let headers = String::from_utf8(headers).unwrap();
    let content_type =
        headers.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap();
    let request = request(content_type).unwrap();
    assert_eq!(request.boundary, "uuid:898b3ded-c057-48c5-9f07-43a15680b58d+id=5");
    assert_eq!(request.root.start.as_deref(), Some("http://tempuri.org/0"));
}

#[test]
fn cxf_sends_a_preamble_and_escaped_quotes() {
    let content_type = "multipart/related; type=\"application/xop+xml\"; \
        boundary=\"uuid:0ca0e16e-feb1-426c-97d8-c4508ada5e82\"; start=\"<root.message@cxf.apache.org>\"; \
        start-info=\"application/soap+xml; action=\\\"urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b\\\"\"";
    let start_info =
        ContentType::parse(content_type).unwrap().param("start-info").unwrap().to_owned();
    assert_eq!(
        ContentType::parse(&start_info).unwrap().param("action"),
        Some("urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b")
    );
    let message = b"\r\n--uuid:0ca0e16e-feb1-426c-97d8-c4508ada5e82\r\n\
        Content-Type: application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"\r\n\
        Content-Transfer-Encoding: binary\r\n\
        Content-ID: <root.message@cxf.apache.org>\r\n\r\n<root/>\
        \r\n--uuid:0ca0e16e-feb1-426c-97d8-c4508ada5e82\r\n\
        Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\
        Content-ID: <df5a2f2c-1@urn:ihe:iti:xds-b:2007>\r\n\r\na\r\n\r\nb\r\n\
        \r\n--uuid:0ca0e16e-feb1-426c-97d8-c4508ada5e82--";
    check(
        content_type,
        message,
        "cid:df5a2f2c-1@urn%3Aihe%3Aiti%3Axds-b%3A2007",
        b"a\r\n\r\nb\r\n",
    );
}

#[test]
fn dotnet_sends_urls_as_identifiers() {
    let content_type = "multipart/related; type=\"application/xop+xml\";start=\"<http://tempuri.org/0>\";\
        boundary=\"uuid:898b3ded-c057-48c5-9f07-43a15680b58d+id=5\";start-info=\"application/soap+xml\"";
    let message = b"\r\n--uuid:898b3ded-c057-48c5-9f07-43a15680b58d+id=5\r\n\
        Content-ID: <http://tempuri.org/0>\r\nContent-Transfer-Encoding: 8bit\r\n\
        Content-Type: application/xop+xml;charset=utf-8;type=\"application/soap+xml\"\r\n\r\n<root/>\r\n\
        --uuid:898b3ded-c057-48c5-9f07-43a15680b58d+id=5\r\n\
        Content-ID: <http://tempuri.org/1/635>\r\nContent-Transfer-Encoding: binary\r\n\
        Content-Type: application/octet-stream\r\n\r\n\0\xFF\r\n\
        --uuid:898b3ded-c057-48c5-9f07-43a15680b58d+id=5--\r\n";
    check(content_type, message, "cid:http%3A%2F%2Ftempuri.org%2F1%2F635", b"\0\xFF");
}

#[test]
fn metro_sends_asterisks_in_identifiers() {
    let content_type = "Multipart/Related;start=\"<rootpart*8f1@example.jaxws.sun.com>\";\
        type=\"application/xop+xml\";boundary=\"uuid:8f1\";start-info=\"application/soap+xml;action=\\\"x\\\"\"";
    let message = b"--uuid:8f1\r\nContent-Id: <rootpart*8f1@example.jaxws.sun.com>\r\n\
        Content-Type: application/xop+xml;charset=utf-8;type=\"application/soap+xml\"\r\n\
        Content-Transfer-Encoding: binary\r\n\r\n<root/>\r\n--uuid:8f1\r\n\
        Content-Id: <9a*b@example.jaxws.sun.com>\r\nContent-Type: application/octet-stream\r\n\
        Content-Transfer-Encoding: binary\r\n\r\nx\r\n--uuid:8f1--";
    check(content_type, message, "cid:9a*b@example.jaxws.sun.com", b"x");
    check(content_type, message, "cid:9a%2ab@example.jaxws.sun.com", b"x");
}

#[test]
fn old_axis2_sends_tokens_and_colons() {
    let content_type = "multipart/related; boundary=MIMEBoundaryurn_uuid_1; type=application/xop+xml; \
        start=0.urn:uuid:1@apache.org";
    let message =
        b"--MIMEBoundaryurn_uuid_1\r\ncontent-id: 0.urn:uuid:1@apache.org\r\n\r\n<root/>\r\n\
        --MIMEBoundaryurn_uuid_1\r\ncontent-id: <1.urn:uuid:2@apache.org>\r\n\r\nx\r\n\
        --MIMEBoundaryurn_uuid_1--\r\n";
    check(content_type, message, "cid:1.urn:uuid:2@apache.org", b"x");
    check(content_type, message, "cid:1.urn%3auuid%3A2%40apache.org", b"x");
}

#[test]
fn the_root_need_not_be_first() {
    let message =
        b"--b\r\nContent-ID: <1@x>\r\n\r\nx\r\n--b\r\nContent-ID: <0@x>\r\n\r\n<root/>\r\n--b--";
    check(
        "multipart/related; boundary=b; start=\"<0@x>\"; type=\"application/xop+xml\"",
        message,
        "cid:1@x",
        b"x",
    );
    // Without `start` the first part is the root, whatever it is called.
    let first = request("multipart/related; boundary=b; type=\"application/xop+xml\"").unwrap();
    assert_eq!(find_root(&first.root, &read("b", message).unwrap()).unwrap().1, b"x");
    // A root that is announced but not sent is not guessed.
    let missing =
        request("multipart/related; boundary=b; start=\"<2@x>\"; type=\"application/xop+xml\"")
            .unwrap();
    assert!(find_root(&missing.root, &read("b", message).unwrap()).is_none());
}

#[test]
fn other_media_types_are_refused() {
    assert_eq!(request("application/soap+xml"), Err(MtomError::NotMultipart));
    assert_eq!(
        request("multipart/mixed; boundary=b; type=\"application/xop+xml\""),
        Err(MtomError::NotMultipart)
    );
    assert_eq!(request("multipart/related; boundary=b; type=\"text/xml\""), Err(MtomError::NotXop));
    assert_eq!(request("multipart/related; boundary=b"), Err(MtomError::NotXop));
    assert_eq!(
        request("multipart/related; type=\"Application/XOP+xml\""),
        Err(MtomError::Boundary)
    );
}

#[test]
fn references_stay_inside_the_message() {
    for href in
        ["http://127.0.0.1/", "file:///etc/passwd", "//host/x", "x", "", "cid:", "ftp:x", "xcid:x"]
    {
        assert_eq!(resolve_cid(href), Err(MtomError::Reference), "{href}");
    }
}

#[test]
fn references_are_decoded_first_and_taken_raw_second() {
    let check =
        |href: &str, candidates: &[&str]| assert_eq!(resolve_cid(href).unwrap(), candidates);
    check("cid:a@b", &["a@b"]);
    check(" CID:a%40b ", &["a@b", "a%40b"]);
    check("cid:a%2540b", &["a%40b", "a%2540b"]);
    check("cid:%E3%81%82", &["\u{3042}", "%E3%81%82"]);
    // What cannot be decoded was not encoded.
    check("cid:100%", &["100%"]);
    check("cid:%zz", &["%zz"]);
    check("cid:%+1", &["%+1"]);
    check("cid:%FF", &["%FF"]);
}

#[test]
fn what_we_write_we_read() {
    let writer = MultipartWriter::new("3d8a6c8e-7b5e-4a4f-9f0f-0123456789ab");
    let content_type = writer.content_type("urn:ihe:iti:2007:RetrieveDocumentSetResponse");
    let request = request(&content_type).unwrap();
    let id = writer.content_id(0);
    let message = [
        writer.root_head().as_str(),
        "<root/>",
        MultipartWriter::PART_TAIL,
        &writer.part_head(&id, "text/plain"),
        "--x\r\n--",
        MultipartWriter::PART_TAIL,
        &writer.final_tail(),
    ]
    .concat();
    check(&content_type, message.as_bytes(), &format!("cid:{id}"), b"--x\r\n--");
    assert_eq!(resolve_cid(&format!("cid:{id}")).unwrap(), [id.as_str()]);
    let action = ContentType::parse(&content_type).unwrap().param("action").map(str::to_owned);
    assert_eq!(action.as_deref(), Some("urn:ihe:iti:2007:RetrieveDocumentSetResponse"));
    assert!(request.boundary.len() <= 70);
}

#[test]
fn hostile_values_cannot_break_out_of_what_we_write() {
    let writer = MultipartWriter::new(&"\r\n--x\"; <y>\u{3042}z".repeat(40));
    let content_type = writer.content_type("urn:x\"\r\nSet-Cookie: a=b");
    assert_eq!(content_type.lines().count(), 1);
    assert!(request(&content_type).unwrap().boundary.len() <= 70);
    let head = writer.part_head("a>\r\nX: y%0D\r\n\r\n", "text/plain\r\n\r\nbody");
    let lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines.get(1), Some(&"Content-Type: application/octet-stream"));
    assert_eq!(lines.get(3), Some(&"Content-ID: <aX:y0D>"));
}
