//! `renkei patient add`, `submit`, `find` and `fetch` against a community that really runs.
#![expect(clippy::indexing_slicing, reason = "a key that is not in the JSON fails the test")]

pub(crate) mod running;

use serde_json::Value;

use crate::command::{Outcome, Workplace};
use running::Running;

/// More than fits into memory buffers on the way.
const LARGE_BYTES: usize = 1_500_000;

/// A community in `data`, one patient, and files to submit.
struct Scene {
    community: Running,
    workplace: Workplace,
}

impl Scene {
    fn start(transport: &str) -> Scene {
        Scene::with_codes(transport, "")
    }

    /// `codes` is added to the code tables.
    fn with_codes(transport: &str, codes: &str) -> Scene {
        let workplace = Workplace::empty();
        workplace.succeed(&["init", "data", "--affinity-domain", "1.2.392.99.1"]);
        let tables = workplace.read("data/codes.toml");
        workplace.write("data/codes.toml", &format!("{tables}\n{codes}"));
        workplace.write("report.txt", "経過は良好です。\r\n--boundary?\r\n");
        let large = (0..LARGE_BYTES).map(|place| u8::try_from(place % 251).unwrap());
        std::fs::write(workplace.path("image.pdf"), large.collect::<Vec<u8>>()).unwrap();
        let community = Running::start(&workplace.path("data"), transport);
        let scene = Scene { community, workplace };
        scene.succeed("patient add JP0001 --name 連携^太郎 --sex M");
        scene
    }

    fn run(&self, line: &str) -> Outcome {
        self.workplace.run(&words(line))
    }

    #[track_caller]
    fn succeed(&self, line: &str) -> String {
        self.workplace.succeed(&words(line))
    }

    #[track_caller]
    fn fail(&self, line: &str) -> String {
        self.workplace.fail(&words(line))
    }

    #[track_caller]
    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.succeed(line)).unwrap()
    }

    fn bytes(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.workplace.path(file)).unwrap()
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Patient, submission, query and retrieval: what comes back is what was submitted.
#[track_caller]
fn check_round_trip(transport: &str) {
    let mut scene = Scene::start(transport);
    let submitted = scene.json(
        "submit report.txt image.pdf --patient JP0001 --title 退院時サマリー \
         --author D0042^連携^花子 --institution 連携病院 --json",
    );
    let found = scene.json("find --patient JP0001 --json");
    let found = found["documents"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    let table = scene.succeed("find --patient JP0001 --author %花子");
    for (place, file) in ["report.txt", "image.pdf"].into_iter().enumerate() {
        let document = &submitted["documents"][place];
        let unique_id = text(&document["uniqueId"]);
        let listed = found.iter().find(|listed| listed["uniqueId"] == unique_id).unwrap();
        for key in ["entryUUID", "hash", "size", "mimeType", "repositoryUniqueId"] {
            assert_eq!(listed[key], document[key], "{key}");
        }
        assert_eq!(listed["title"], "退院時サマリー");
        assert!(table.contains(unique_id), "{table}");
        let said = scene.succeed(&format!("fetch {unique_id} --output fetched-{file}"));
        assert!(said.ends_with(", as registered\n"), "{said}");
        let is_same = scene.bytes(file) == scene.bytes(&format!("fetched-{file}"));
        assert!(is_same, "{file} came back changed");
    }
    scene.community.stop();
    assert!(scene.fail("find --patient JP0001").contains("no community runs in data"));
}

#[test]
fn documents_come_back_byte_for_byte_over_plain_connections() {
    check_round_trip("plain");
}

#[test]
fn documents_come_back_byte_for_byte_over_mutual_tls() {
    check_round_trip("mtls");
}

#[test]
fn a_replaced_document_gives_way_to_the_new_one() {
    let scene = Scene::start("plain");
    let submit = |more: &str| {
        let submitted = scene.json(&format!("submit report.txt --patient JP0001 --json {more}"));
        text(&submitted["documents"][0]["entryUUID"]).to_owned()
    };
    let old = submit("");
    let new = submit(&format!("--replace {old}"));
    let refs = |status| scene.succeed(&format!("find --patient JP0001 --refs --status {status}"));
    assert_eq!(refs("approved"), format!("{new}\n"));
    assert_eq!(refs("deprecated"), format!("{old}\n"));
    assert_eq!(refs("all").lines().count(), 2);
    let both = scene.succeed(&format!("find --uuid {old} {new}"));
    assert!(both.contains("  deprecated  ") && both.contains("  approved    "), "{both}");
    let again = scene.fail(&format!("submit report.txt --patient JP0001 --replace {old}"));
    assert!(again.contains("XDSRegistryDeprecatedDocumentError"), "{again}");
}

#[test]
fn nothing_is_registered_for_a_patient_nobody_knows() {
    let scene = Scene::start("plain");
    let said = scene.fail("submit report.txt --patient JP9999");
    assert!(said.starts_with("error: nothing was registered; "), "{said}");
    assert!(said.contains("\nXDSUnknownPatientId: JP9999^^^&1.2.392.99.1&ISO\n"), "{said}");
    assert_eq!(scene.succeed("find --patient JP9999"), "no documents\n");
}

#[test]
fn inline_content_is_the_same_document() {
    let scene = Scene::start("plain");
    scene.succeed("submit report.txt --patient JP0001 --inline --unique-id 1.2.7");
    assert!(scene.succeed("fetch 1.2.7").starts_with("./1.2.7.txt: "));
    assert_eq!(scene.bytes("1.2.7.txt"), scene.bytes("report.txt"));
    let said = scene.fail("fetch 1.2.7");
    assert!(said.contains("./1.2.7.txt exists; --force replaces it"), "{said}");
    scene.succeed("fetch 1.2.7 --force");
}

#[test]
fn one_document_that_is_missing_does_not_hinder_the_others() {
    let scene = Scene::start("plain");
    scene.succeed("submit report.txt --patient JP0001 --unique-id 1.2.7");
    let outcome = scene.run("fetch 1.2.8 1.2.7 --output documents/");
    assert_eq!(outcome.code, 1);
    let expected = "error: 1.2.8\nthe registry knows no document with this uniqueId\n\
                    error: 1 of 2 documents were not fetched\n";
    assert_eq!(outcome.stderr, expected);
    assert!(outcome.stdout.starts_with("documents/1.2.7.txt: "), "{}", outcome.stdout);
    let said = scene.fail("fetch 1.2.7 --repository 1.2.9");
    assert!(said.contains("the repository did not hand it out\nXDSUnknownRepositoryId"), "{said}");
}

#[test]
fn codes_are_those_of_the_community() {
    let list = r#"classCode = [
  { code = "REF", scheme = "1.2.9", display = "診療情報提供書" },
  { code = "SUM", scheme = "1.2.9", display = "要約" },
]
"#;
    let scene = Scene::with_codes("plain", list);
    scene.succeed("submit report.txt --patient JP0001");
    scene.succeed("submit report.txt --patient JP0001 --class SUM^^1.2.9");
    let said = scene.fail("submit report.txt --patient JP0001 --class XYZ^^1.2.9");
    assert!(said.contains("XDSRegistryMetadataError: classCode"), "{said}");
    let table = scene.succeed("find --patient JP0001");
    assert!(
        table.contains("  診療情報提供書  ") && table.contains("  要約            "),
        "{table}"
    );
    let one = scene.json("find --patient JP0001 --class SUM^^1.2.9 --json");
    assert_eq!(one["documents"].as_array().unwrap().len(), 1);
    assert_eq!(one["documents"][0]["classCode"]["display"], "要約");
}
