//! What the tests share: one good message of each interaction, reading, and the published schemas.

use std::path::{Path, PathBuf};
use std::process::Command;

use hl7v3::{
    DemographicsRequest, FeedError, FeedInteraction, FeedMessage, HL7_V3, Interaction,
    QueryContinuation, QueryMessage, ReadError,
};
use identity::{CrossReferenceQuery, LocalId, PatientIdentityFeed};
use xml::{Limits, Reader};

/// The pieces of a message that tests change.
#[derive(Clone, Debug)]
pub(crate) struct Pieces {
    pub(crate) interaction: FeedInteraction,
    /// The ids of the patient.
    pub(crate) ids: String,
    /// The content of `patientPerson`.
    pub(crate) person: String,
    /// `replacementOf`.
    pub(crate) replacement: String,
}

pub(crate) const PATIENT_ID: &str = "<id root=\"1.2.3\" extension=\"4711\"/>";
pub(crate) const PRIOR_ID: &str = "<id root=\"1.2.3\" extension=\"4712\"/>";

impl Pieces {
    pub(crate) fn of(interaction: FeedInteraction) -> Pieces {
        let is_merge = interaction == FeedInteraction::ResolveDuplicates;
        Pieces {
            interaction,
            ids: PATIENT_ID.to_owned(),
            person: "<name><family>連携</family><given>花子</given></name>".to_owned(),
            replacement: if is_merge { replacement(PRIOR_ID) } else { String::new() },
        }
    }

    /// The whole message.
    pub(crate) fn write(&self) -> String {
        let name = self.interaction.name();
        let trigger = name.replace("_IN", "_TE");
        let device = |root: &str| {
            format!(
                "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"{root}\"/></device>"
            )
        };
        let Pieces { ids, person, replacement, .. } = self;
        format!(
            "<{name} xmlns=\"{HL7_V3}\" ITSVersion=\"XML_1.0\">\
             <id root=\"21acf7be-007c-41e6-b176-d0969794983b\" extension=\"345\"/>\
             <creationTime value=\"20260401093000\"/>\
             <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"{name}\"/>\
             <processingCode code=\"P\"/><processingModeCode code=\"T\"/><acceptAckCode code=\"AL\"/>\
             <receiver typeCode=\"RCV\">{}</receiver><sender typeCode=\"SND\">{}</sender>\
             <controlActProcess classCode=\"CACT\" moodCode=\"EVN\"><code code=\"{trigger}\"/>\
             <subject typeCode=\"SUBJ\"><registrationEvent classCode=\"REG\" moodCode=\"EVN\">\
             <id nullFlavor=\"NA\"/><statusCode code=\"active\"/>\
             <subject1 typeCode=\"SBJ\"><patient classCode=\"PAT\">{ids}<statusCode code=\"active\"/>\
             <patientPerson classCode=\"PSN\" determinerCode=\"INSTANCE\">{person}</patientPerson>\
             <providerOrganization classCode=\"ORG\" determinerCode=\"INSTANCE\"><id root=\"1.2.9\"/>\
             <contactParty classCode=\"CON\"/></providerOrganization></patient></subject1><custodian typeCode=\"CST\"><assignedEntity classCode=\"ASSIGNED\">\
             <id root=\"1.2.9\"/></assignedEntity></custodian>{replacement}</registrationEvent>\
             </subject></controlActProcess></{name}>",
            device("1.2.9.1"),
            device("1.2.9.2"),
        )
    }
}

pub(crate) fn replacement(ids: &str) -> String {
    format!(
        "<replacementOf typeCode=\"RPLC\"><priorRegistration classCode=\"REG\" moodCode=\"EVN\">\
         <statusCode code=\"obsolete\"/><subject1 typeCode=\"SBJ\">\
         <priorRegisteredRole classCode=\"PAT\">{ids}</priorRegisteredRole></subject1>\
         </priorRegistration></replacementOf>"
    )
}

/// A good message.
pub(crate) fn good(interaction: FeedInteraction) -> String {
    Pieces::of(interaction).write()
}

/// Reads a message by the name of its root, whatever its namespace.
pub(crate) fn read(text: &str) -> Result<FeedMessage, ReadError> {
    let mut reader = Reader::new(text, Limits::default())?;
    let root = reader.next_child()?.unwrap();
    let mut interactions = FeedInteraction::ALL.into_iter();
    let interaction = interactions.find(|interaction| interaction.name() == root.local()).unwrap();
    let message = hl7v3::read_patient_identity_feed(&mut reader, interaction)?;
    reader.expect_end()?;
    Ok(message)
}

pub(crate) fn read_feed(text: &str) -> Result<PatientIdentityFeed, FeedError> {
    read(text).unwrap().feed
}

/// The pieces of a query that tests change.
#[derive(Clone, Debug)]
pub(crate) struct QueryPieces {
    pub(crate) interaction: Interaction,
    pub(crate) element: &'static str,
    /// What stands before the parameters.
    pub(crate) header: String,
    /// The content of `parameterList`.
    pub(crate) parameters: String,
}

pub(crate) const QUERY_ID: &str = "<queryId root=\"1.2.840.999\" extension=\"18204\"/>";

impl QueryPieces {
    pub(crate) fn cross_reference() -> QueryPieces {
        QueryPieces {
            interaction: Interaction::CrossReferenceQuery,
            element: "PRPA_IN201309UV02",
            header: format!(
                "{QUERY_ID}<statusCode code=\"new\"/><responsePriorityCode code=\"I\"/>"
            ),
            parameters: "<patientIdentifier><value root=\"1.2.3\" extension=\"4711\"/>\
                <semanticsText>Patient.id</semanticsText></patientIdentifier>"
                .to_owned(),
        }
    }

    pub(crate) fn demographics() -> QueryPieces {
        QueryPieces {
            interaction: Interaction::DemographicsQuery,
            element: "PRPA_IN201305UV02",
            header: format!(
                "{QUERY_ID}<statusCode code=\"new\"/><responseModalityCode code=\"R\"/>\
                 <responsePriorityCode code=\"I\"/>"
            ),
            parameters: "<livingSubjectName><value><family>連携</family></value>\
                <semanticsText>LivingSubject.name</semanticsText></livingSubjectName>"
                .to_owned(),
        }
    }

    /// `header` is the content of `queryContinuation`.
    pub(crate) fn continuation(interaction: Interaction, element: &'static str) -> QueryPieces {
        let is_cancelled = interaction == Interaction::CancelQuery;
        let status = if is_cancelled { "aborted" } else { "waitContinuedQueryResponse" };
        QueryPieces {
            interaction,
            element,
            header: format!(
                "{QUERY_ID}<startResultNumber value=\"11\"/><continuationQuantity value=\"10\"/>\
                 <statusCode code=\"{status}\"/>"
            ),
            parameters: String::new(),
        }
    }

    /// The whole message.
    pub(crate) fn write(&self) -> String {
        let QueryPieces { interaction, element, header, parameters } = self;
        let name = interaction.name();
        let trigger = name.replace("_IN", "_TE");
        let device = |root: &str| {
            format!(
                "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"{root}\"/></device>"
            )
        };
        let is_continuation = name.starts_with("QUQI");
        let acknowledgement = if is_continuation {
            "<acknowledgement><typeCode code=\"AA\"/><targetMessage><id root=\"1.2.9.77\"/>\
             </targetMessage></acknowledgement>"
        } else {
            ""
        };
        let body = if is_continuation {
            format!("<queryContinuation>{header}</queryContinuation>")
        } else {
            format!(
                "<queryByParameter>{header}<parameterList>{parameters}</parameterList>\
                 </queryByParameter>"
            )
        };
        format!(
            "<{element} xmlns=\"{HL7_V3}\" ITSVersion=\"XML_1.0\">\
             <id root=\"21acf7be-007c-41e6-b176-d0969794983b\" extension=\"345\"/>\
             <creationTime value=\"20260401093000\"/>\
             <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"{name}\"/>\
             <processingCode code=\"P\"/><processingModeCode code=\"T\"/><acceptAckCode code=\"AL\"/>\
             <receiver typeCode=\"RCV\">{}</receiver><sender typeCode=\"SND\">{}</sender>\
             {acknowledgement}<controlActProcess classCode=\"CACT\" moodCode=\"EVN\">\
             <code code=\"{trigger}\" codeSystem=\"2.16.840.1.113883.1.6\"/>{body}\
             </controlActProcess></{element}>",
            device("1.2.9.1"),
            device("1.2.9.2"),
        )
    }
}

fn payload<T>(text: &str, read: impl FnOnce(&mut Reader<'_>, &str) -> T) -> T {
    let mut reader = Reader::new(text, Limits::default()).unwrap();
    let root = reader.next_child().unwrap().unwrap();
    let value = read(&mut reader, root.local());
    reader.expect_end().unwrap();
    value
}

pub(crate) fn read_cross_reference(text: &str) -> QueryMessage<CrossReferenceQuery> {
    payload(text, |reader, _| hl7v3::read_cross_reference_query(reader).unwrap())
}

pub(crate) fn read_demographics(text: &str) -> QueryMessage<DemographicsRequest> {
    payload(text, |reader, _| hl7v3::read_demographics_query(reader).unwrap())
}

pub(crate) fn read_continuation(
    text: &str,
    interaction: Interaction,
) -> QueryMessage<QueryContinuation> {
    payload(text, |reader, local| {
        let element = interaction.element(local).unwrap();
        if interaction == Interaction::CancelQuery {
            hl7v3::read_query_cancellation(reader, element).unwrap()
        } else {
            hl7v3::read_query_continuation(reader, element).unwrap()
        }
    })
}

/// Identifiers as `id@namespace@oid`.
pub(crate) fn shown(ids: &[LocalId]) -> Vec<String> {
    ids.iter()
        .map(|id| {
            let oid = id.universal_id.as_ref().map(|oid| oid.as_str().to_owned());
            let namespace = id.namespace.clone().unwrap_or_default();
            format!("{}@{namespace}@{}", id.id, oid.unwrap_or_default())
        })
        .collect()
}

/// A folder or file of the shared material; `None`, and a word about it, when it is not there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let shared = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    if !shared.is_dir() {
        println!("skipped: no ../shared");
        return None;
    }
    Some(shared.join(path))
}

/// Validates all `messages`, and shows that the validator finds fault with a broken one.
#[track_caller]
pub(crate) fn check_schema(interaction: &str, messages: &[String]) {
    let Some(schemas) = shared("schemas/hl7v3/multicacheschemas") else { return };
    if Command::new("xmllint").arg("--version").output().is_err() {
        println!("skipped: no xmllint");
        return;
    }
    let schema = schemas.join(format!("{interaction}.xsd"));
    let folder = tempfile::tempdir().unwrap();
    for (n, message) in messages.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{n}.xml")), message).unwrap();
    }
    let errors = validate(&schema, folder.path());
    assert!(errors.is_empty(), "{errors}");
    let broken = messages.first().unwrap().replacen('>', "><unknown/>", 1);
    std::fs::write(folder.path().join("0.xml"), broken).unwrap();
    assert!(validate(&schema, folder.path()).contains("unknown"));
}

/// What `xmllint` has to say against the messages in `folder`.
#[track_caller]
fn validate(schema: &Path, folder: &Path) -> String {
    let mut command = Command::new("xmllint");
    command.args(["--nonet", "--noout", "--schema"]).arg(schema);
    for file in std::fs::read_dir(folder).unwrap() {
        command.arg(file.unwrap().path());
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let complaints: Vec<_> = errors.lines().filter(|line| !line.ends_with(" validates")).collect();
    assert_eq!(output.status.success(), complaints.is_empty(), "{errors}");
    complaints.join("\n")
}
