//! Signature wrapping: the genuine assertion is somewhere, and an evil one stands where one is looked for.

use saml::Cause;
use xmldsig::Cause as Signature;

use super::{Attack, evil, evil_of, parts, with};
use crate::forgery::after_issuer;
use crate::support::{Outcome, envelope, genuine, security};

const SIGNATURE_END: &str = "</ds:Signature>";
const END: &str = "</saml:Assertion>";

fn unsigned() -> Outcome {
    Outcome::Refused(Cause::Signature(Signature::Unsigned))
}

fn signature(cause: Signature) -> Outcome {
    Outcome::Refused(Cause::Signature(cause))
}

/// `outer` with `piece` as its last child.
fn inside(outer: &str, piece: &str) -> String {
    let at = outer.rfind(END).unwrap();
    [&outer[..at], piece, END].concat()
}

pub(super) fn attacks() -> Vec<Attack> {
    [side_by_side(), nested(), same_id(), in_other_places()].into_iter().flatten().collect()
}

fn side_by_side() -> Vec<Attack> {
    let (bare, signature_text) = parts();
    let several = || Outcome::Refused(Cause::SeveralAssertions);
    let evil_signed = after_issuer(&evil(), &signature_text);
    vec![
        ("evil before", with(&[evil(), genuine()].concat()), several()),
        ("evil after", with(&[genuine(), evil()].concat()), several()),
        ("evil with the signature before", with(&[evil_signed.clone(), bare].concat()), several()),
        ("evil with a copy of the signature after", with(&[genuine(), evil_signed].concat()), several()),
        ("genuine twice", with(&[genuine(), genuine()].concat()), several()),
        (
            "genuine beside an encrypted one",
            with(&[&genuine(), "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"/>"].concat()),
            several(),
        ),
        (
            "genuine beside one of SAML 1.1",
            with(&[&genuine(), "<x:Assertion xmlns:x=\"urn:oasis:names:tc:SAML:1.0:assertion\"/>"].concat()),
            several(),
        ),
        ("evil alone, not signed", with(&evil()), unsigned()),
        ("genuine without its signature", with(&parts().0), unsigned()),
        (
            "evil with the genuine signature",
            with(&after_issuer(&evil(), &signature_text)),
            signature(Signature::Reference),
        ),
        (
            "evil with the genuine signature and ID",
            with(&after_issuer(&evil_of(&parts().0), &signature_text)),
            signature(Signature::Digest),
        ),
    ]
}

fn nested() -> Vec<Attack> {
    let (bare, signature_text) = parts();
    let object = |content: &str| {
        signature_text
            .replace(SIGNATURE_END, &format!("<ds:Object>{content}</ds:Object>{SIGNATURE_END}"))
    };
    let advice = |content: &str| format!("<saml:Advice>{content}</saml:Advice>");
    let wrapper = |content: &str| format!("<x:Extension xmlns:x=\"urn:x\">{content}</x:Extension>");
    let with_signature = after_issuer(&evil(), &signature_text);
    vec![
        ("evil around", with(&inside(&evil(), &genuine())), unsigned()),
        (
            "evil around, signature moved out",
            with(&inside(&with_signature, &bare)),
            signature(Signature::Reference),
        ),
        (
            "evil around, signature copied",
            with(&inside(&with_signature, &genuine())),
            signature(Signature::Reference),
        ),
        (
            "genuine in Object",
            with(&after_issuer(&evil(), &object(&bare))),
            signature(Signature::Structure),
        ),
        (
            "genuine with signature in Object",
            with(&after_issuer(&evil(), &object(&genuine()))),
            signature(Signature::Structure),
        ),
        ("genuine in Advice", with(&inside(&evil(), &advice(&genuine()))), unsigned()),
        (
            "genuine in Advice, signature moved out",
            with(&inside(&with_signature, &advice(&bare))),
            signature(Signature::Reference),
        ),
        (
            "genuine in an extension",
            with(&inside(&with_signature, &wrapper(&bare))),
            signature(Signature::Reference),
        ),
        (
            "genuine in the signature's key info",
            with(&after_issuer(
                &evil(),
                &signature_text.replace("<ds:X509Data>", &format!("{bare}<ds:X509Data>")),
            )),
            signature(Signature::Reference),
        ),
        (
            "evil inside the genuine one",
            with(&inside(&genuine(), &evil())),
            signature(Signature::Digest),
        ),
        (
            "evil in an Advice put into the genuine one",
            with(&inside(&genuine(), &advice(&evil()))),
            signature(Signature::Digest),
        ),
        (
            "evil in an Object put into the genuine signature",
            with(&genuine().replace(
                SIGNATURE_END,
                &format!("<ds:Object>{}</ds:Object>{SIGNATURE_END}", evil()),
            )),
            signature(Signature::Structure),
        ),
    ]
}

/// The same with one ID for both, for those who look the signed element up by it.
fn same_id() -> Vec<Attack> {
    let (bare, signature_text) = parts();
    let evil = evil_of(&bare);
    let with_signature = after_issuer(&evil, &signature_text);
    let duplicate = || signature(Signature::DuplicateId);
    let object = signature_text
        .replace(SIGNATURE_END, &format!("<ds:Object>{bare}</ds:Object>{SIGNATURE_END}"));
    let id_in = |attribute: &str| {
        let piece = format!("<x:Other xmlns:x=\"urn:x\" {attribute}/>");
        envelope(&[security(&genuine()), piece].concat())
    };
    vec![
        (
            "same ID: evil around, signature moved out",
            with(&inside(&with_signature, &bare)),
            duplicate(),
        ),
        ("same ID: genuine in Object", with(&after_issuer(&evil, &object)), duplicate()),
        (
            "same ID: genuine in Advice",
            with(&inside(&with_signature, &format!("<saml:Advice>{bare}</saml:Advice>"))),
            duplicate(),
        ),
        (
            "same ID: genuine in another header",
            envelope(
                &[security(&with_signature), format!("<x:O xmlns:x=\"urn:x\">{}</x:O>", genuine())]
                    .concat(),
            ),
            duplicate(),
        ),
        (
            "same ID: genuine in the body",
            with(&with_signature).replace("<q:Query ", &format!("{bare}<q:Query ")),
            duplicate(),
        ),
        (
            "same ID deep in the body",
            with(&genuine())
                .replace("id=\"_body\"/>", "><r><s t=\"\"><u ID=\"_7d8e48d6\"/></s></r></q:Query>"),
            duplicate(),
        ),
        ("same ID called id", id_in("id=\"_7d8e48d6\""), duplicate()),
        ("same ID called Id", id_in("Id=\"_7d8e48d6\""), duplicate()),
        ("same ID called xml:id", id_in("xml:id=\"_7d8e48d6\""), duplicate()),
        ("same ID called wsu:Id", id_in("xmlns:wsu=\"urn:wsu\" wsu:Id=\"_7d8e48d6\""), duplicate()),
        ("same ID with white space", id_in("ID=\" _7d8e48d6&#10;\""), duplicate()),
        ("same ID by a character reference", id_in("ID=\"&#95;7d8e48d6\""), duplicate()),
        (
            "same ID twice in the assertion's tag",
            with(&genuine().replacen(" ID=", " Id=\"_7d8e48d6\" ID=", 1)),
            duplicate(),
        ),
        (
            "another ID with the one as Id",
            with(&genuine().replacen(" ID=", " ID=\"_evil\" Id=", 1)),
            signature(Signature::Reference),
        ),
        ("no ID but Id", with(&genuine().replacen(" ID=", " Id=", 1)), signature(Signature::Id)),
    ]
}

fn in_other_places() -> Vec<Attack> {
    let (bare, signature_text) = parts();
    let foreign = |content: &str| format!("<x:Other xmlns:x=\"urn:x\">{content}</x:Other>");
    vec![
        (
            "genuine in another header, evil not signed",
            envelope(&[foreign(&genuine()), security(&evil())].concat()),
            unsigned(),
        ),
        (
            "genuine in another header, evil with the signature",
            envelope(&[foreign(&bare), security(&after_issuer(&evil(), &signature_text))].concat()),
            signature(Signature::Reference),
        ),
        (
            "genuine in the body, evil with the signature",
            with(&after_issuer(&evil(), &signature_text))
                .replace("<q:Query ", &format!("{bare}<q:Query ")),
            signature(Signature::Reference),
        ),
        (
            "signature beside the assertion",
            with(&[bare.clone(), signature_text.clone()].concat()),
            unsigned(),
        ),
        (
            "signature before the assertion",
            with(&[signature_text.clone(), bare.clone()].concat()),
            unsigned(),
        ),
        (
            "signature inside the subject",
            with(&bare.replace("<saml:Subject>", &format!("<saml:Subject>{signature_text}"))),
            unsigned(),
        ),
        (
            "signature in an element of its own",
            with(&after_issuer(&bare, &foreign(&signature_text))),
            unsigned(),
        ),
        (
            "signature twice",
            with(&after_issuer(&bare, &signature_text.repeat(2))),
            signature(Signature::SeveralSignatures),
        ),
        (
            "an empty signature before the genuine one",
            with(&after_issuer(
                &genuine(),
                "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>",
            )),
            signature(Signature::SeveralSignatures),
        ),
        (
            "an empty signature",
            with(&after_issuer(
                &bare,
                "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>",
            )),
            signature(Signature::Structure),
        ),
        (
            "signature of another namespace",
            with(&genuine().replace(
                "http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo",
                "urn:evil\"><ds:SignedInfo",
            )),
            unsigned(),
        ),
    ]
}
