//! Everything that is sent is valid by the published schemas, if `xmllint` and they are there.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::reply::Reply;

/// A file or folder of the published material beside the repository.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    if !shared.is_dir() {
        eprintln!("skipped: no ../shared");
        return None;
    }
    Some(shared.join(path))
}

/// Messages that wait for their validation.
pub(crate) struct Schemas {
    folder: tempfile::TempDir,
    /// Schema and file.
    messages: Vec<(&'static str, PathBuf)>,
}

impl Schemas {
    pub(crate) fn new() -> Schemas {
        Schemas { folder: tempfile::tempdir().unwrap(), messages: Vec::new() }
    }

    /// Notes an answer: its payload, and its envelope as it came.
    #[track_caller]
    pub(crate) fn note(&mut self, reply: &Reply) {
        self.add("soap/soap12-envelope.xsd", &reply.text);
        if !reply.is_fault() {
            let payload = reply.payload();
            self.add(schema_of(&payload.namespace), &reply.payload_xml());
        }
    }

    /// Notes the body of a message by its schema.
    pub(crate) fn add(&mut self, schema: &'static str, xml: &str) {
        let file = self.folder.path().join(format!("{}.xml", self.messages.len()));
        std::fs::write(&file, xml).unwrap();
        self.messages.push((schema, file));
    }

    /// Validates what was noted.
    #[track_caller]
    pub(crate) fn check(&self) {
        assert!(!self.messages.is_empty(), "nothing was noted");
        let Some(schemas) = shared("schemas/xds") else { return };
        if Command::new("xmllint").arg("--version").output().is_err() {
            eprintln!("skipped: no xmllint");
            return;
        }
        let mut kinds: Vec<_> = self.messages.iter().map(|(schema, _)| *schema).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            let files = self.messages.iter().filter(|(schema, _)| *schema == kind);
            let files: Vec<_> = files.map(|(_, file)| file).collect();
            let complaints = validate(&schemas.join(kind), &files);
            assert!(complaints.is_empty(), "{kind}:\n{complaints}");
            // A validator that finds fault with nothing would say the same.
            let first = std::fs::read_to_string(files.first().unwrap()).unwrap();
            let broken = self.folder.path().join("broken.xml");
            std::fs::write(&broken, first.replacen('>', "><unknown/>", 1)).unwrap();
            assert!(validate(&schemas.join(kind), &[&broken]).contains("unknown"), "{kind}");
        }
    }
}

fn schema_of(namespace: &str) -> &'static str {
    match namespace {
        "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0" => "ebRS/query.xsd",
        "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0" => "ebRS/rs.xsd",
        "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0" => "ebRS/lcm.xsd",
        "urn:hl7-org:v3" => "../hl7v3/multicacheschemas/MCCI_IN000002UV01.xsd",
        // Anything else is held against the one that knows the fewest elements, and fails.
        _ => "IHE/XDS.b_DocumentRepository.xsd",
    }
}

/// What `xmllint` has to say against the files, with the lines it speaks of.
fn validate(schema: &Path, files: &[&PathBuf]) -> String {
    let mut command = Command::new("xmllint");
    command.args(["--nonet", "--noout", "--huge", "--schema"]).arg(schema);
    let output = command.args(files).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let complaints: Vec<_> = said.lines().filter(|line| !line.ends_with(" validates")).collect();
    assert_eq!(output.status.success(), complaints.is_empty(), "{said}");
    complaints.join("\n")
}
