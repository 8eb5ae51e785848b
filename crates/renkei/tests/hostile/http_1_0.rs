//! A proxy of old speaks HTTP/1.0, which has no chunks (RFC 9112 section 6.1).

use std::io::{Read as _, Write as _};

use crate::harness::community::Community;
use crate::harness::http::post;
use crate::harness::soap::{QUERY, REGISTRY, envelope, simple};
use crate::harness::submission::Submission;
use crate::harness::transactions::{add_patient, adhoc_query, of_patient, submit};

#[test]
fn http_1_0_is_answered_in_its_own_terms() {
    let community = Community::plain();
    let many: Vec<Vec<u8>> = (0..40).map(|n| format!("{n}").into_bytes()).collect();
    let many: Vec<&[u8]> = many.iter().map(Vec::as_slice).collect();
    let patient = add_patient(&community, "old");
    submit(&mut community.repository(), &Submission::of(&patient, &many)).unwrap().assert_success();
    let url = community.endpoints.addresses.registry.clone().unwrap();
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    for (patient, n_entries) in [(patient.replace("old", "nobody"), 0), (patient, 40)] {
        let find = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
        let body = adhoc_query("LeafClass", find, &of_patient(&patient));
        let envelope = envelope(QUERY, "urn:x:1", &body);
        let request = post(REGISTRY, &[("Content-Type", &simple(QUERY))], envelope.as_bytes());
        let request = String::from_utf8(request).unwrap().replacen("HTTP/1.1", "HTTP/1.0", 1);
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.0 200 "), "{head}");
        assert!(!head.to_ascii_lowercase().contains("chunked"), "{head}");
        assert_eq!(body.matches("<ExtrinsicObject ").count(), n_entries, "{head}\n{body:.300}");
        assert!(body.ends_with("Envelope>"), "{head}");
    }
}
