//! What is signed is verified, by both kinds of keys and all algorithms.

use xml::Limits;
use xmldsig::{Cause, Document, InvalidKey, SignError, SignatureAlgorithm, TrustedKey, verify};

use crate::keys::{Pair, ec_of, p256, p384, rsa, rsa_of, stranger};
use crate::signed;

const TEXT: &str = "<a:Assertion xmlns:a='urn:a' ID='_1' b='&quot;&#10;'>\n <a:Issuer>病院</a:Issuer><!-- -->\
                    <a:Subject xmlns='urn:c' xmlns:xs='urn:xs'>山田 &lt;太郎&gt;<c xmlns='' x='xs:y'/></a:Subject></a:Assertion>";

#[track_caller]
fn check(text: &str, trusted: &[TrustedKey], expected: Result<(), Cause>) {
    let document = Document::read(text, Limits::default()).unwrap();
    let root = document.root().unwrap();
    let outcome = verify(root, trusted).map(|verified| {
        assert_eq!(verified.node().span_start(), root.span_start());
        assert!(!verified.signed().contains("Signature"));
        assert_eq!(verified.children().count() + 1, root.children().count());
    });
    assert_eq!(outcome.map_err(|refused| refused.cause()), expected);
}

fn all() -> [(&'static Pair, SignatureAlgorithm); 7] {
    [
        (rsa(), SignatureAlgorithm::RsaSha256),
        (rsa(), SignatureAlgorithm::RsaSha384),
        (rsa(), SignatureAlgorithm::RsaSha512),
        (p256(), SignatureAlgorithm::EcdsaSha256),
        (p256(), SignatureAlgorithm::EcdsaSha384),
        (p384(), SignatureAlgorithm::EcdsaSha256),
        (p384(), SignatureAlgorithm::EcdsaSha384),
    ]
}

#[test]
fn what_is_signed_is_verified() {
    for (pair, algorithm) in all() {
        for prefixes in [&[][..], &["xs"], &["", "xs", "unknown", "xml"]] {
            let text = signed(TEXT, "<a:Subject", prefixes, &pair.signing(), algorithm);
            check(&text, &[pair.trusted()], Ok(()));
            check(&text, &[stranger().trusted(), pair.trusted()], Ok(()));
            check(&text, &[stranger().trusted()], Err(Cause::ForeignCertificate));
            check(&text, &[], Err(Cause::NoTrustedKey));
            check(&text.replace("山田", "山本"), &[pair.trusted()], Err(Cause::Digest));
            let changed = text.replace("URI=\"#_1\"", "URI='#_1' Id='r'");
            check(&changed, &[pair.trusted()], Err(Cause::Signature));
        }
    }
}

#[test]
fn a_signature_may_stand_anywhere_among_the_children() {
    for mark in ["<a:Issuer", "<a:Subject", "</a:Assertion"] {
        let text = signed(TEXT, mark, &[], &rsa().signing(), SignatureAlgorithm::RsaSha256);
        check(&text, &[rsa().trusted()], Ok(()));
    }
}

#[test]
fn a_key_signs_by_its_own_algorithms_only() {
    let document = Document::read(TEXT, Limits::default()).unwrap();
    let root = document.root().unwrap();
    for (pair, wrong) in [
        (rsa(), SignatureAlgorithm::EcdsaSha256),
        (p256(), SignatureAlgorithm::RsaSha256),
        (p384(), SignatureAlgorithm::RsaSha512),
    ] {
        let outcome = xmldsig::signature(root, &[], &pair.signing(), wrong);
        assert_eq!(outcome, Err(SignError::KeyKind));
        let own = pair.signing().algorithm();
        assert!(xmldsig::signature(root, &[], &pair.signing(), own).is_ok());
    }
}

#[test]
fn without_an_id_there_is_nothing_to_sign() {
    for text in ["<a/>", "<a ID=''/>", "<a Id='b'/>", "<a ID='b'><c id='b'/></a>", "<a ID='#b'/>"] {
        let document = Document::read(text, Limits::default()).unwrap();
        let algorithm = SignatureAlgorithm::RsaSha256;
        let outcome =
            xmldsig::signature(document.root().unwrap(), &[], &rsa().signing(), algorithm);
        assert_eq!(outcome, Err(SignError::Id), "{text}");
    }
}

#[test]
fn weak_keys_and_other_curves_are_not_trusted() {
    use openssl::nid::Nid;
    let check = |pair: &Pair, expected| {
        assert_eq!(TrustedKey::new(pair.certificate()).map(|_key| ()), Err(expected));
        let signing = xmldsig::SigningKey::from_pem(&pair.key, &pair.certificate);
        assert_eq!(signing.map(|_key| ()), Err(expected));
    };
    check(&rsa_of(1024), InvalidKey::Size);
    check(&ec_of(Nid::SECP521R1), InvalidKey::Kind);
    check(&ec_of(Nid::SECP256K1), InvalidKey::Kind);
    let mixed = xmldsig::SigningKey::from_pem(&rsa().key, &p256().certificate);
    assert_eq!(mixed.map(|_key| ()), Err(InvalidKey::Mismatch));
}

#[test]
fn nothing_of_a_key_is_shown() {
    let shown = format!("{:?} {:?} {:?}", rsa().certificate(), rsa().trusted(), rsa().signing());
    assert_eq!(shown, "Certificate(..) TrustedKey(Rsa) SigningKey(Rsa)");
}
