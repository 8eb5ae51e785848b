//! Documents that stand in the envelope: taken out of it while it arrives.

use super::{DOCUMENT, Endpoint, LIMITS, MTOM, ROOT, SIMPLE, head, hex, package};

/// Base64 of so many bytes, in lines, and their SHA-1 as the endpoint tells it.
fn document(n_bytes: usize) -> (String, String) {
    let bytes: Vec<u8> = (0..n_bytes).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let text = openssl::base64::encode_block(&bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    (lines.join("\r\n"), hex(&openssl::sha::sha1(&bytes)))
}

/// The envelope's text, with its references as `*`, and the digests of what came beside it, in order; each
/// reference must name its document.
fn told(answer: &str) -> (String, Vec<String>) {
    let mut lines = answer.lines();
    let mut text = lines.next().unwrap().to_owned();
    let mut digests = Vec::new();
    for line in lines.skip(2) {
        let [id, mode, digest] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(mode, "600");
        text = text.replace(
            &format!(r#"<xop:Include xmlns:xop="http://www.w3.org/2004/08/xop/include" href="cid:{id}"/>"#),
            "*",
        );
        digests.push(digest.to_owned());
    }
    (text, digests)
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_in_the_envelope_arrive_in_files() {
    let endpoint = Endpoint::start();
    let ((first, first_digest), (second, second_digest)) = (document(60_000), document(3_500));
    let text = format!("<e><Document>{first}</Document><x:Document>{second}</x:Document></e>");
    let left = "<e><Document>*</Document><x:Document>*</x:Document></e>";
    let answer = endpoint.post("/tell", SIMPLE, text.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let expected = (left.to_owned(), vec![first_digest.clone(), second_digest.clone()]);
    assert_eq!(told(answer.text()), expected);
    // Beside a part, and in small chunks.
    let beside = package(&[(ROOT, text.as_bytes()), (DOCUMENT, b"part")]);
    let mut request = head("/tell", MTOM, "Transfer-Encoding: chunked");
    for chunk in beside.chunks(997) {
        request.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let answer = endpoint.wire().request(&request).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.text();
    for expected in [&first_digest, &second_digest, &hex(&openssl::sha::sha1(b"part"))] {
        assert!(body.contains(expected), "{body}");
    }
    endpoint.assert_spool_empty();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_extracted_has_a_limit_of_its_own() {
    let endpoint = Endpoint::start();
    let status = |n_bytes: usize| {
        let (text, _) = document(n_bytes / 2);
        let other = document(n_bytes - n_bytes / 2).0;
        let text = format!("<e><Document>{text}</Document><Document>{other}</Document></e>");
        let answer = endpoint.post("/tell", SIMPLE, text.as_bytes());
        endpoint.assert_spool_empty();
        answer.status
    };
    let limit = usize::try_from(LIMITS.inline_bytes).unwrap();
    assert_eq!(status(limit), 200);
    assert_eq!(status(limit + 1), 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_in_the_envelope_are_counted() {
    let endpoint = Endpoint::start();
    let (text, _) = document(3_500);
    for (n_documents, status) in [(LIMITS.parts, 200), (LIMITS.parts + 1, 400)] {
        let documents = format!("<Document>{text}</Document>").repeat(n_documents);
        let answer = endpoint.post("/tell", SIMPLE, format!("<e>{documents}</e>").as_bytes());
        assert_eq!(answer.status, status, "{}", answer.text());
        endpoint.assert_spool_empty();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_base64_is_the_senders_fault() {
    let endpoint = Endpoint::start();
    let (text, _) = document(60_000);
    for (content, content_type) in [
        (text.clone() + "-", SIMPLE),
        (text.clone() + "<!-- -->", SIMPLE),
        (text.clone() + "A", SIMPLE),
    ] {
        let text = format!("<e><Document>{content}</Document></e>");
        let answer = endpoint.post("/tell", content_type, text.as_bytes());
        assert_eq!(answer.status, 400, "{}", answer.text());
        assert!(answer.text().contains("<soap:Value>soap:Sender</soap:Value>"));
        assert!(answer.text().contains("base64"), "{}", answer.text());
        let in_package = package(&[(ROOT, text.as_bytes())]);
        assert_eq!(endpoint.post("/tell", MTOM, &in_package).status, 400);
        endpoint.assert_spool_empty();
    }
    // Cut in the midst of a document, the envelope is what there is of it.
    let answer = endpoint.post("/tell", SIMPLE, format!("<e><Document>{text}").as_bytes());
    assert_eq!(answer.status, 200);
    assert_eq!(told(answer.text()).1, Vec::<String>::new());
    endpoint.assert_spool_empty();
}
