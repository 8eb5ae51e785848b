//! Messages that are made to take time or memory, before anything in them is known to be genuine.

use std::time::{Duration, Instant};

use xml::{Limits, XmlErrorKind};
use xmldsig::{Cause, Document, EXCLUSIVE_C14N, XML_SIGNATURE, verify};

use crate::keys::{rsa, stranger};

/// For each of these documents, which have about a mebibyte; unoptimised code on a busy machine.
const DEADLINE: Duration = Duration::from_millis(1_500);

/// Read and refused in time, by the fastest of several attempts.
#[track_caller]
fn check(text: &str, expected: Result<Cause, XmlErrorKind>) {
    let keys = [rsa().trusted(), stranger().trusted()];
    let timed = || {
        let start = Instant::now();
        let found = match Document::read(text, Limits::default()) {
            Ok(document) => Ok(verify(document.root().unwrap(), &keys).unwrap_err().cause()),
            Err(error) => Err(error.kind),
        };
        assert_eq!(found, expected);
        start.elapsed()
    };
    let fastest = (0..4).map(|_| timed()).min().unwrap();
    assert!(fastest < DEADLINE, "{fastest:?}");
}

/// An element with a signature of the right form, and pieces in places where they are tolerated.
fn element(root: &str, signature: &str, info: &str, key_info: &str) -> String {
    format!(
        "<a ID='_1' {root}><s:Signature xmlns:s='{XML_SIGNATURE}'>{signature}<s:SignedInfo>{info}<s:CanonicalizationMethod \
         Algorithm='{EXCLUSIVE_C14N}'/><s:SignatureMethod Algorithm='http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'/>\
         <s:Reference URI='#_1'><s:Transforms><s:Transform Algorithm='http://www.w3.org/2000/09/xmldsig#enveloped-signature'/>\
         <s:Transform Algorithm='{EXCLUSIVE_C14N}'/></s:Transforms><s:DigestMethod \
         Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/><s:DigestValue>AAAA</s:DigestValue></s:Reference></s:SignedInfo>\
         <s:SignatureValue>AAAA</s:SignatureValue><s:KeyInfo>{key_info}</s:KeyInfo></s:Signature></a>"
    )
}

#[test]
fn floods_are_refused_in_time() {
    check(&element("", "", "", ""), Ok(Cause::Signature));
    check(&element("", &" ".repeat(1_000_000), "", ""), Ok(Cause::Signature));
    check(&element("", "", &" <!---->".repeat(100_000), ""), Ok(Cause::Signature));
    check(&element("", "", &"&#32;".repeat(200_000), ""), Ok(Cause::Signature));
    let flood = element("", "", "", &"<x/>".repeat(15_000));
    check(&flood, Ok(Cause::Signature));
    let flood = element("", "", "", &"<x/>".repeat(250_000));
    check(&flood, Err(XmlErrorKind::TooManyElements));
    let certificates = "<s:X509Data><s:X509Certificate>AAAA</s:X509Certificate></s:X509Data>";
    check(&element("", "", "", &certificates.repeat(16)), Ok(Cause::ForeignCertificate));
    check(&element("", "", "", &certificates.repeat(5_000)), Ok(Cause::Structure));
    let ids = "<x id='_2'/>".repeat(9_000);
    check(&element("", "", "", &ids), Ok(Cause::Signature));
    let namespaces: String = (0..120).map(|n| format!("xmlns:p{n}='urn:{n}' ")).collect();
    check(&element(&namespaces, "", "", &"<p9:x/>".repeat(15_000)), Ok(Cause::Signature));
}

#[test]
fn what_is_left_out_takes_no_memory() {
    let text = format!("<e><h/><b>{}</b></e>", "<x>y</x>".repeat(100_000));
    assert_eq!(
        Document::read(&text, Limits::default()).unwrap_err().kind,
        XmlErrorKind::TooManyElements
    );
    let path = [("", "e"), ("", "b")];
    assert!(Document::read_without(&text, Limits::default(), &path).is_ok());
}
