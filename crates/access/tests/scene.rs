//! An agreement, its issuer, nodes, and requests.

use std::fs;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use access::{Door, Presented, Refused};
use config::Agreement;
use config::init::{NewCommunity, init};
use config::pki::PkiFolder;
use datatypes::Code;
use jiff::{SignedDuration, Timestamp};
use net::{Peer, PeerCertificate};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Name};
use policy::{Access, Requester, Transaction};
use saml::{Assertion, Attributes, AuthnStatement, Conditions, Confirmation, Method, NameId};
use soap::Incoming;
use tempfile::TempDir;
use xmldsig::SigningKey;

const ACTION: &str = "urn:ihe:iti:2007:RegistryStoredQuery";

pub(crate) struct Scene {
    folder: TempDir,
    pub(crate) door: Door,
    pub(crate) issuer: String,
    pub(crate) community: String,
    audience: String,
    key: SigningKey,
    now: Timestamp,
    n_tokens: AtomicU32,
}

impl Scene {
    pub(crate) fn new() -> Scene {
        Scene::made("", Access::Required)
    }

    pub(crate) fn open() -> Scene {
        Scene::made("", Access::Open)
    }

    /// With more at the end of the agreement.
    pub(crate) fn with(more: &str) -> Scene {
        Scene::made(more, Access::Required)
    }

    fn made(more: &str, access: Access) -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        init(&data, &NewCommunity::generate()).unwrap();
        let file = data.join("affinity-domain.toml");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text + more).unwrap();
        let agreement = Agreement::read(&file).unwrap_or_else(|faults| panic!("{faults}"));
        let pki = PkiFolder::of(&data);
        let pem = |path| fs::read(path).unwrap();
        let key = SigningKey::from_pem(&pem(pki.issuer_key()), &pem(pki.issuer_certificate()));
        Scene {
            door: Door::new(&agreement, access).unwrap(),
            issuer: agreement.assertion_issuers[0].uri.clone(),
            community: agreement.home_community_id.oid().to_string(),
            audience: agreement.audience(),
            key: key.unwrap(),
            now: Timestamp::now(),
            n_tokens: AtomicU32::new(0),
            folder,
        }
    }

    /// Puts a changed agreement in force; the file stays as it was.
    pub(crate) fn reload(&self, change: impl FnOnce(&str) -> String) {
        let data = self.folder.path().join("data");
        let text = fs::read_to_string(data.join("affinity-domain.toml")).unwrap();
        let changed = data.join("changed.toml");
        fs::write(&changed, change(&text)).unwrap();
        let agreement = Agreement::read(&changed).unwrap_or_else(|faults| panic!("{faults}"));
        self.door.reload(&agreement).unwrap();
    }

    /// A physician's assertion for an hour from now.
    pub(crate) fn token(&self, change: impl FnOnce(&mut Assertion)) -> String {
        let number = self.n_tokens.fetch_add(1, Ordering::Relaxed);
        let mut assertion = Assertion {
            id: format!("_{number}"),
            issue_instant: self.now,
            issuer: self.issuer.clone(),
            subject: NameId {
                value: "drsato".to_owned(),
                format: None,
                name_qualifier: None,
                sp_provided_id: Some("drs".to_owned()),
            },
            confirmations: vec![Confirmation {
                method: Method::Bearer,
                not_before: None,
                not_on_or_after: None,
                recipient: None,
            }],
            conditions: Conditions {
                not_before: self.now,
                not_on_or_after: self.now + SignedDuration::from_hours(1),
                audience_restrictions: vec![vec![self.audience.clone()]],
                one_time_use: false,
            },
            authn_statements: vec![AuthnStatement {
                instant: self.now,
                session_not_on_or_after: None,
                class: Some("urn:oasis:names:tc:SAML:2.0:ac:classes:X509".to_owned()),
            }],
            attributes: Attributes {
                subject_id: Some("佐藤　一郎".to_owned()),
                organizations: vec!["Example Hospital".to_owned()],
                organization_ids: vec!["urn:oid:1.2.392.100495.20.3.51.11319999999".to_owned()],
                home_community_id: None,
                roles: vec![code("309343006", "2.16.840.1.113883.6.96")],
                purposes_of_use: vec![code("TREAT", "2.16.840.1.113883.5.8")],
                resource_id: None,
                others: vec![],
            },
        };
        change(&mut assertion);
        saml::issue(&assertion, &self.key).unwrap()
    }

    /// Asks ITI-18.
    pub(crate) fn present(&self, peer: &Peer, token: Option<&str>) -> Result<Requester, Refused> {
        self.call(peer, token, Transaction::Iti18, None)
    }

    pub(crate) fn present_at(
        &self,
        peer: &Peer,
        token: &str,
        after: SignedDuration,
    ) -> Result<Requester, Refused> {
        let about = (Transaction::Iti18, None, "<p xmlns=\"urn:p\"/>");
        self.ask(peer, Some(token), about, self.now + after)
    }

    pub(crate) fn present_with_body(
        &self,
        peer: &Peer,
        token: &str,
        body: &str,
    ) -> Result<Requester, Refused> {
        self.ask(peer, Some(token), (Transaction::Iti18, None, body), self.now)
    }

    pub(crate) fn call(
        &self,
        peer: &Peer,
        token: Option<&str>,
        transaction: Transaction,
        message_id: Option<&str>,
    ) -> Result<Requester, Refused> {
        let about = (transaction, message_id, "<p xmlns=\"urn:p\"/>");
        self.ask(peer, token, about, self.now)
    }

    fn ask(
        &self,
        peer: &Peer,
        token: Option<&str>,
        (transaction, message_id, body): (Transaction, Option<&str>, &str),
        now: Timestamp,
    ) -> Result<Requester, Refused> {
        let id = message_id.map(|id| format!("<a:MessageID>{id}</a:MessageID>"));
        // What is no XML cannot come as far as the door; it stands for whatever the reader lets through.
        let token = token.filter(|token| !token.contains("</y>")).map(saml::security_header);
        let text = format!(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
             xmlns:a=\"http://www.w3.org/2005/08/addressing\"><s:Header><a:Action>{ACTION}</a:Action>\
             {}{}</s:Header><s:Body>{body}</s:Body></s:Envelope>",
            id.unwrap_or_default(),
            token.unwrap_or_default(),
        );
        let limits = xml::Limits::default();
        let incoming = Incoming::open(&text, limits).unwrap();
        let presented = Presented::of(&incoming, peer, (&text, limits), transaction);
        self.door.admit(&Presented { now, ..presented })
    }
}

pub(crate) fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

pub(crate) fn code(code: &str, scheme: &str) -> Code {
    Code { code: code.to_owned(), scheme: scheme.to_owned(), display: String::new() }
}

fn address() -> SocketAddr {
    "127.0.0.1:40000".parse().unwrap()
}

/// Whoever shows a certificate with this name and this URI.
fn peer(common_name: &str, uri: &str) -> Peer {
    let key = PKey::from_ec_key(
        EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap(),
    );
    let key = key.unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, common_name).unwrap();
    let mut certificate = X509::builder().unwrap();
    certificate.set_version(2).unwrap();
    certificate.set_subject_name(&name.build()).unwrap();
    certificate.set_pubkey(&key).unwrap();
    let uri = SubjectAlternativeName::new().uri(uri).build(&certificate.x509v3_context(None, None));
    certificate.append_extension(uri.unwrap()).unwrap();
    certificate.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    certificate.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    let der = certificate.build().to_der().unwrap();
    let certificate = PeerCertificate::from_der(&der).unwrap();
    Peer { address: address(), certificate: Some(Arc::new(certificate)) }
}

/// The client that the agreement lists; always the same.
pub(crate) fn client() -> Peer {
    static CLIENT: LazyLock<Peer> = LazyLock::new(|| peer("client", "https://client.example"));
    CLIENT.clone()
}

/// A client whose certificate is of a trusted authority, of which the agreement knows nothing.
pub(crate) fn stranger() -> Peer {
    peer("stranger", "https://stranger.example")
}

/// Without TLS.
pub(crate) fn plain() -> Peer {
    Peer { address: address(), certificate: None }
}

pub(crate) fn own(scene: &Scene, actor: &str) -> Peer {
    peer(actor, &format!("urn:renkei:{}:{actor}", scene.community))
}

/// A client whose certificate names a member of the scene's community.
pub(crate) fn member_client(scene: &Scene, code: &str) -> Peer {
    member_client_named(scene, "his", code)
}

pub(crate) fn member_client_named(scene: &Scene, name: &str, code: &str) -> Peer {
    peer(name, &format!("urn:renkei:{}:member:{code}:client:his", scene.community))
}
