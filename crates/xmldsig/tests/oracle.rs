//! The canonical form and the signatures against those of libxml2 and of the XML Security Library.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use xml::{Event, Limits, Reader};
use xmldsig::{Document, SignatureAlgorithm, XML_SIGNATURE, verify};

use crate::keys::{Pair, p256, p384, rsa};
use crate::random::{Dice, Twice};
use crate::signed;

const DOCUMENTS: usize = 5_000;
/// What one call of the oracle takes.
const BATCH: usize = 500;
const SIGNED: usize = 150;

/// Whether the program is here; says so if not.
fn is_here(program: &str) -> bool {
    let here = Command::new(program).arg("--version").stderr(Stdio::null()).output().is_ok();
    if !here {
        println!("skipped: no {program}");
    }
    here
}

/// What libxml2 makes of the documents, one behind the other. It writes comments.
fn libxml2(texts: &[&str], folder: &Path) -> String {
    let mut command = Command::new("xmllint");
    command.arg("--exc-c14n");
    for (number, text) in texts.iter().enumerate() {
        let path = folder.join(format!("{number}.xml"));
        fs::write(&path, text).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn canonical(text: &str) -> String {
    let document = Document::read(text, Limits::default()).unwrap();
    document.root().unwrap().canonical(&[])
}

/// Documents with what our canonical form of them, or of a part of them, is.
#[track_caller]
fn check_all(cases: &[(String, String)]) {
    let folder = tempfile::tempdir().unwrap();
    for batch in cases.chunks(BATCH) {
        let texts: Vec<&str> = batch.iter().map(|(text, _)| text.as_str()).collect();
        let ours: String = batch.iter().map(|(_, ours)| ours.as_str()).collect();
        if libxml2(&texts, folder.path()) == ours {
            continue;
        }
        for (text, ours) in batch {
            assert_eq!(&libxml2(&[text], folder.path()), ours, "{text}");
        }
    }
}

#[test]
fn whole_documents_are_written_as_libxml2_writes_them() {
    if !is_here("xmllint") {
        return;
    }
    let mut dice = Dice::new(1);
    let cases: Vec<_> = (0..DOCUMENTS)
        .map(|_| dice.document())
        .map(|Twice { ours, bare }| (bare, canonical(&ours)))
        .collect();
    check_all(&cases);
}

/// The nth element as it was written, with the declarations around it: in the exclusive form they make no
/// difference, and so the part is a document for the oracle.
fn excerpt(text: &str, n: usize) -> String {
    let mut reader = Reader::new(text, Limits::default()).unwrap();
    let mut seen = 0;
    loop {
        if let Event::Start(element) = reader.next().unwrap() {
            if seen == n {
                reader.skip().unwrap();
                return reader.excerpt(&element);
            }
            seen += 1;
        }
    }
}

fn elements<'d>(node: xmldsig::Node<'d>, all: &mut Vec<xmldsig::Node<'d>>) {
    all.push(node);
    node.children().for_each(|child| elements(child, all));
}

#[test]
fn parts_of_documents_are_written_as_libxml2_writes_them() {
    if !is_here("xmllint") {
        return;
    }
    let mut dice = Dice::new(2);
    let mut cases = Vec::new();
    for _ in 0..DOCUMENTS {
        let Twice { ours, bare } = dice.document();
        let document = Document::read(&ours, Limits::default()).unwrap();
        let mut all = Vec::new();
        elements(document.root().unwrap(), &mut all);
        let n = dice.below(all.len());
        cases.push((excerpt(&bare, n), all[n].canonical(&[])));
    }
    check_all(&cases);
}

#[test]
fn a_canonical_form_is_its_own_canonical_form() {
    let mut dice = Dice::new(3);
    for _ in 0..DOCUMENTS {
        let once = canonical(&dice.document().ours);
        assert_eq!(canonical(&once), once);
    }
}

/// An envelope around a random document, and around an empty signature for the oracle to fill in.
fn template(dice: &mut Dice, algorithm: SignatureAlgorithm) -> String {
    let content = dice.document().ours;
    let list = |dice: &mut Dice| {
        // `#default` is ignored by the oracle.
        let list = [dice.pick(&["a", "xs", "b xs", "日本"]), dice.pick(&["", " a", " e unknown"])]
            .concat();
        let inclusive = format!(
            "<ec:InclusiveNamespaces xmlns:ec='http://www.w3.org/2001/10/xml-exc-c14n#' PrefixList='{list}'/>"
        );
        if dice.below(3) == 0 { String::new() } else { inclusive }
    };
    let (own, info) = (list(dice), list(dice));
    let exclusive = xmldsig::EXCLUSIVE_C14N;
    let digest = dice.pick(&[
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    ]);
    let (open, prefix) =
        dice.below(2).checked_sub(1).map_or(("xmlns", ""), |_| ("xmlns:ds", "ds:"));
    let signature = format!(
        "<Signature {open}='{XML_SIGNATURE}'>\n<SignedInfo><CanonicalizationMethod Algorithm='{exclusive}'>{info}\
         </CanonicalizationMethod><SignatureMethod Algorithm='{}'/><!-- c --><Reference URI='#_1'><Transforms>\
         <Transform Algorithm='http://www.w3.org/2000/09/xmldsig#enveloped-signature'/><Transform Algorithm='{exclusive}'>\
         {own}</Transform></Transforms>\n<DigestMethod Algorithm='{digest}'/><DigestValue/></Reference></SignedInfo>\
         <SignatureValue/></Signature>",
        algorithm.uri()
    );
    let names =
        ["Signature", "SignedInfo", "CanonicalizationMethod", "SignatureMethod", "Reference"]
            .into_iter();
    let names =
        names.chain(["Transforms", "Transform", "DigestMethod", "DigestValue", "SignatureValue"]);
    let signature = names.fold(signature, |text, name| {
        let ends = [" ", ">", "/"].into_iter();
        ends.fold(text, |text, end| {
            let text = text.replace(&format!("<{name}{end}"), &format!("<{prefix}{name}{end}"));
            text.replace(&format!("</{name}{end}"), &format!("</{prefix}{name}{end}"))
        })
    });
    format!(
        "<e:Envelope xmlns:e='urn:e' xmlns:a='urn:outer-a' xmlns='urn:outer' xmlns:xs='urn:xs'><e:Header xmlns:b='urn:b'>\
         <c:Assertion xmlns:c='urn:c' ID='_1'><Issuer/>{signature}{content}<d x='xs:y'/></c:Assertion></e:Header>\
         </e:Envelope>"
    )
}

fn assertion<'d>(document: &'d Document<'d>) -> xmldsig::Node<'d> {
    let header = document.root().unwrap().children().next().unwrap();
    header.children().next().unwrap()
}

fn algorithms() -> [(&'static Pair, SignatureAlgorithm); 5] {
    [
        (rsa(), SignatureAlgorithm::RsaSha256),
        (rsa(), SignatureAlgorithm::RsaSha384),
        (rsa(), SignatureAlgorithm::RsaSha512),
        (p256(), SignatureAlgorithm::EcdsaSha256),
        (p384(), SignatureAlgorithm::EcdsaSha384),
    ]
}

#[test]
fn what_the_security_library_signs_is_verified() {
    if !is_here("xmlsec1") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut dice = Dice::new(4);
    for n in 0..SIGNED {
        let (pair, algorithm) = algorithms()[n % 5];
        fs::write(path("key.pem"), &pair.key).unwrap();
        let template = template(&mut dice, algorithm);
        fs::write(path("template.xml"), &template).unwrap();
        let mut command = Command::new("xmlsec1");
        command.args(["--sign", "--id-attr:ID", "urn:c:Assertion", "--privkey-pem"]);
        command.arg(path("key.pem")).arg("--output").arg(path("signed.xml"));
        let output = command.arg(path("template.xml")).output().unwrap();
        assert!(output.status.success(), "{template}\n{}", String::from_utf8_lossy(&output.stderr));
        let text = fs::read_to_string(path("signed.xml")).unwrap();
        let document = Document::read(&text, Limits::default()).unwrap();
        let outcome = verify(assertion(&document), &[pair.trusted()]);
        assert!(outcome.is_ok(), "{:?}\n{text}", outcome.unwrap_err().cause());
    }
}

#[test]
fn what_we_sign_the_security_library_verifies() {
    if !is_here("xmlsec1") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut dice = Dice::new(5);
    for n in 0..SIGNED {
        let (pair, algorithm) = algorithms()[n % 5];
        fs::write(path("certificate.pem"), &pair.certificate).unwrap();
        let content = dice.document().ours;
        let text = format!(
            "<c:Assertion xmlns:c='urn:c' ID='_1' xmlns:xs='urn:xs'>{content}<d x='xs:y'/></c:Assertion>"
        );
        let prefixes = [&[][..], &["xs"], &["xs", "a"]][dice.below(3)];
        let text = signed(&text, "<d ", prefixes, &pair.signing(), algorithm);
        fs::write(path("signed.xml"), &text).unwrap();
        let verifies = |kind: &str| {
            let mut command = Command::new("xmlsec1");
            command.args(["--verify", "--id-attr:ID", "urn:c:Assertion", kind]);
            let output = command.arg(path("certificate.pem")).arg(path("signed.xml")).output();
            output.unwrap()
        };
        let output = verifies("--pubkey-cert-pem");
        assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
