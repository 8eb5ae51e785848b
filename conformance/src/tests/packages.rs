//! What a step says about its package is what is sent.

use super::endpoints;
use crate::case::Case;
use crate::case::file::StepLibrary;
use crate::media_type::MediaType;
use crate::mime::{self, Part};
use crate::request::{self, Request};
use crate::scope::Scope;
use crate::suite::Suite;
use crate::template::Template;
use std::collections::BTreeMap;

const CASE: &str = "id = 'x/a'\nrequirement = 'It works.'\nparagraph = 'p'\nneeds = ['repository']\n\
    [[step]]\nname = 's'\ntransaction = 'ITI-41'\nkind = 'mtom'\nendpoint = 'repository'\n\
    action = 'urn:a'\ninline = '<a/>'\nchecks = ['no_fault']\n";

fn built(more: &str) -> Request {
    let case = Case::parse("x/a.toml", &format!("{CASE}{more}\n"), &StepLibrary::default());
    let (suite, endpoints) = (Suite::built_in(), endpoints());
    let mut scope = Scope::new(&endpoints, "seed".to_owned(), "20260401093000".to_owned());
    for (name, bytes) in [("page 1", b"a=\r\n"), ("page 2", b"\0\xFF\r\n")] {
        scope.insert_document(name, bytes.to_vec());
    }
    scope.next_message();
    let variables = BTreeMap::from([("copy".to_owned(), "1".to_owned())]);
    let template = Template { suite: &suite, scope: &scope, variables: &variables };
    request::build(&case.unwrap().steps[0], &template, None).unwrap()
}

fn content_type(request: &Request) -> MediaType {
    MediaType::parse(&request.headers[0].1).unwrap()
}

fn parts(request: &Request) -> Vec<Part> {
    mime::parts(&content_type(request), &request.body).unwrap()
}

fn text(request: &Request) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}

#[test]
fn copies_of_a_part_are_numbered() {
    let request = built(
        "attachments = [{ document = 'page ${copy}', content_id = 'p${copy}@x', copies = 2 }]",
    );
    let parts = parts(&request);
    let ids: Vec<_> = parts.iter().skip(1).map(|part| part.content_id.as_deref()).collect();
    assert_eq!(ids, [Some("p1@x"), Some("p2@x")]);
    assert_eq!(parts[1].bytes, b"a=\r\n");
    assert_eq!(parts[2].bytes, b"\0\xFF\r\n");
}

#[test]
fn the_bytes_of_a_part_and_its_label_are_two_things() {
    let part = |more: &str| {
        text(&built(&format!(
            "attachments = [{{ document = 'page 2', content_id = 'p@x'{more} }}]"
        )))
    };
    assert!(part("").contains("Content-Transfer-Encoding: binary\r\nContent-ID: <p@x>\r\n\r\n\0"));
    assert!(part(", transfer_encoding = 'base64'").contains("-Encoding: base64\r\nContent-ID"));
    assert!(part(", transfer_encoding = 'base64'").contains("\r\n\r\nAP8NCg==\r\n--"));
    let quoted = part(", transfer_encoding = 'quoted_printable'");
    assert!(
        quoted.contains("-Encoding: quoted-printable\r\n") && quoted.contains("=00=FF=0D=0A\r\n--")
    );
    assert!(
        part(", labelled = 'base64'").contains("-Encoding: base64\r\nContent-ID: <p@x>\r\n\r\n\0")
    );
    let bare = part(", labelled = '', content_type = ''");
    assert!(bare.contains("\r\nContent-ID: <p@x>\r\n\r\n\0") && !bare.contains("octet-stream"));
    assert_eq!(bare.matches("Content-Transfer-Encoding").count(), 1, "that of the root");
    assert!(part(", content_type = 'text/xml'").contains("Content-Type: text/xml\r\n"));
}

#[test]
fn the_package_is_written_as_the_case_says() {
    let request = built(
        "headers = { X-Copy = '${copy}' }\n[step.package]\nboundary = 'a b'\nroot_id = 'r@x'\n\
         preamble = \"p\\r\\n\"\nepilogue = 'e'\n",
    );
    assert_eq!(request.headers[1], ("X-Copy".to_owned(), "1".to_owned()));
    assert_eq!(content_type(&request).parameter("boundary"), Some("a b"));
    assert_eq!(content_type(&request).parameter("start"), Some("<r@x>"));
    assert_eq!(parts(&request)[0].content_id.as_deref(), Some("r@x"));
    assert!(
        text(&request).starts_with("p\r\n--a b\r\n") && text(&request).ends_with("--a b--\r\ne")
    );
    let own = built("package = { content_type = 'multipart/x; boundary=\"${boundary}\"' }");
    assert_eq!(own.headers[0].1.split_once('"').unwrap().0, "multipart/x; boundary=");
    assert_eq!(parts(&own).len(), 1);
}
