//! Submissions as text, so that a test can break them anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::node::escape;

const XDS: &str = "urn:ihe:iti:xds-b:2007";
const OBJECT: &str = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject";
pub(crate) const STABLE: &str = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1";
pub(crate) const ENTRY_UNIQUE_ID: &str = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab";

/// One document with its entry.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Symbolic or a UUID.
    pub(crate) entry_id: String,
    pub(crate) unique_id: String,
    pub(crate) title: String,
    pub(crate) bytes: Vec<u8>,
}

/// A SubmissionSet with its documents.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    /// A CX.
    pub(crate) patient_id: String,
    pub(crate) unique_id: String,
    pub(crate) documents: Vec<Document>,
}

/// A fresh OID.
pub(crate) fn new_oid() -> String {
    format!("2.25.{}", uuid::Uuid::new_v4().as_u128())
}

impl Submission {
    /// A submission of these bytes for a patient, everything else new.
    pub(crate) fn of(patient_id: &str, contents: &[&[u8]]) -> Submission {
        let documents = contents.iter().enumerate().map(|(place, bytes)| Document {
            entry_id: format!("Document{place}"),
            unique_id: new_oid(),
            title: "紹介状 <\"&'>".to_owned(),
            bytes: bytes.to_vec(),
        });
        Submission {
            patient_id: patient_id.to_owned(),
            unique_id: new_oid(),
            documents: documents.collect(),
        }
    }

    /// `lcm:SubmitObjectsRequest`; `more` stands in each entry's list of slots.
    pub(crate) fn submit_objects_request(&self, more: impl Fn(&Document) -> String) -> String {
        let entries: String =
            self.documents.iter().map(|document| self.entry(document, &more(document))).collect();
        let members: String = self.documents.iter().map(member).collect();
        format!(
            "<lcm:SubmitObjectsRequest xmlns:lcm=\"urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0\" \
             xmlns:rim=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\"><rim:RegistryObjectList>\
             {entries}{}{members}</rim:RegistryObjectList></lcm:SubmitObjectsRequest>",
            self.set()
        )
    }

    /// For the registry itself, as repository `repository` would register it.
    pub(crate) fn register(&self, repository: &str) -> String {
        self.submit_objects_request(|document| {
            let hash = openssl::sha::sha1(&document.bytes);
            let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            slot("hash", &hash)
                + &slot("repositoryUniqueId", repository)
                + &slot("size", &document.bytes.len().to_string())
        })
    }

    /// `xds:ProvideAndRegisterDocumentSetRequest` with the documents as base64.
    pub(crate) fn provide_inline(&self) -> String {
        self.provide(|_, document| STANDARD.encode(&document.bytes))
    }

    /// The same with `xop:Include` to the parts of [`Submission::parts`].
    pub(crate) fn provide_by_reference(&self) -> String {
        self.provide(|place, _| {
            format!(
                "<xop:Include xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" \
                 href=\"cid:{place}@test\"/>"
            )
        })
    }

    /// Content-IDs and bytes of the documents.
    pub(crate) fn parts(&self) -> Vec<(String, &[u8])> {
        let parts = self.documents.iter().enumerate();
        parts
            .map(|(place, document)| (format!("{place}@test"), document.bytes.as_slice()))
            .collect()
    }

    pub(crate) fn provide(&self, content: impl Fn(usize, &Document) -> String) -> String {
        let documents: String = self
            .documents
            .iter()
            .enumerate()
            .map(|(place, document)| {
                format!(
                    "<xds:Document id=\"{}\">{}</xds:Document>",
                    document.entry_id,
                    content(place, document)
                )
            })
            .collect();
        format!(
            "<xds:ProvideAndRegisterDocumentSetRequest xmlns:xds=\"{XDS}\">{}{documents}\
             </xds:ProvideAndRegisterDocumentSetRequest>",
            self.submit_objects_request(|_| String::new())
        )
    }

    fn entry(&self, document: &Document, more: &str) -> String {
        let id = &document.entry_id;
        let codes = [
            ("41a5887f-8865-4c09-adf7-e362475b143a", "REPORTS"),
            ("f4f85eac-e6cb-4883-b524-f2705394840f", "N"),
            ("a09d5840-386c-46f2-b5ad-9c3699a4309d", "urn:ihe:iti:xds-sd:text:2008"),
            ("f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", "Outpatient"),
            ("cccf5598-8b07-4b77-a05e-ae952c785ead", "General Medicine"),
            ("f0306f51-975f-434e-a61c-c59651d33983", "34133-9"),
        ];
        let codes: String =
            codes.iter().map(|(scheme, code)| classification(id, scheme, code)).collect();
        let author = format!(
            "<rim:Classification id=\"{id}-author\" classifiedObject=\"{id}\" \
             classificationScheme=\"urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d\" \
             nodeRepresentation=\"\">{}</rim:Classification>",
            slot("authorPerson", "^佐藤^花子")
        );
        format!(
            "<rim:ExtrinsicObject id=\"{id}\" mimeType=\"text/plain\" objectType=\"{STABLE}\">\
             {}{}{}{more}{}{author}{codes}{}{}</rim:ExtrinsicObject>",
            slot("creationTime", "20260101"),
            slot("languageCode", "ja-JP"),
            slot("sourcePatientId", &self.patient_id),
            name(&document.title),
            identifier(id, "58a6f841-87b3-4a3e-92fd-a8ffeff98427", &self.patient_id),
            identifier(id, "2e82c1f6-a085-4c72-9da3-8640a32e42ab", &document.unique_id),
        )
    }

    fn set(&self) -> String {
        let id = "SubmissionSet01";
        format!(
            "<rim:RegistryPackage id=\"{id}\" objectType=\"{OBJECT}:RegistryPackage\">{}{}{}{}{}\
             </rim:RegistryPackage><rim:Classification id=\"{id}-type\" classifiedObject=\"{id}\" \
             classificationNode=\"urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd\"/>",
            slot("submissionTime", "20260101120000"),
            classification(id, "aa543740-bdda-424e-8c96-df4873be8500", "Physical"),
            identifier(id, "96fdda7c-d067-4183-912e-bf5ee74998a8", &self.unique_id),
            identifier(id, "554ac39e-e3fe-47fe-b233-965d2a147832", "1.2.392.99.7"),
            identifier(id, "6b5aea1a-874d-4603-a4bc-96a0a7b38446", &self.patient_id),
        )
    }
}

fn member(document: &Document) -> String {
    let id = &document.entry_id;
    format!(
        "<rim:Association id=\"{id}-member\" objectType=\"{OBJECT}:Association\" \
         associationType=\"urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember\" \
         sourceObject=\"SubmissionSet01\" targetObject=\"{id}\">{}</rim:Association>",
        slot("SubmissionSetStatus", "Original")
    )
}

pub(crate) fn slot(name: &str, value: &str) -> String {
    slot_of(name, &[value])
}

pub(crate) fn slot_of(name: &str, values: &[&str]) -> String {
    let value = |value: &&str| format!("<rim:Value>{}</rim:Value>", escape(value));
    let values: String = values.iter().map(value).collect();
    let name = escape(name);
    format!("<rim:Slot name=\"{name}\"><rim:ValueList>{values}</rim:ValueList></rim:Slot>")
}

fn name(text: &str) -> String {
    format!("<rim:Name><rim:LocalizedString value=\"{}\"/></rim:Name>", escape(text))
}

fn classification(object: &str, scheme: &str, code: &str) -> String {
    format!(
        "<rim:Classification id=\"{object}-{scheme}\" classifiedObject=\"{object}\" \
         classificationScheme=\"urn:uuid:{scheme}\" nodeRepresentation=\"{code}\">{}{}\
         </rim:Classification>",
        slot("codingScheme", "1.2.392.99.6"),
        name(code)
    )
}

fn identifier(object: &str, scheme: &str, value: &str) -> String {
    format!(
        "<rim:ExternalIdentifier id=\"{object}-{scheme}\" registryObject=\"{object}\" \
         identificationScheme=\"urn:uuid:{scheme}\" value=\"{}\">{}</rim:ExternalIdentifier>",
        escape(value),
        name("XDS")
    )
}
