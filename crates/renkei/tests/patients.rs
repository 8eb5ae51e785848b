//! `renkei patient …`, and hospitals' own numbers in the other commands, against a community that really runs.
#![expect(clippy::indexing_slicing, reason = "a key that is not in the JSON fails the test")]

mod admin;
mod import;
mod outbox;

use serde_json::Value;

use crate::command::Workplace;
use crate::wire::running::Running;

/// A community with two hospitals' domains.
struct Region {
    /// Ends with the test.
    _community: Running,
    workplace: Workplace,
}

impl Region {
    fn start(transport: &str) -> Region {
        Region::edited(transport, |_| {})
    }

    /// `edit` changes the data folder before the start.
    fn edited(transport: &str, edit: impl FnOnce(&Workplace)) -> Region {
        let workplace = Workplace::empty();
        workplace.succeed(&[
            "init",
            "data",
            "--affinity-domain",
            "1.2.392.99.1",
            "--domain",
            "hospital-a=1.2.392.99.2",
            "--domain",
            "clinic-b=1.2.392.99.3",
        ]);
        edit(&workplace);
        workplace.write("report.txt", "経過は良好です。\r\n");
        let community = Running::start(&workplace.path("data"), transport);
        Region { _community: community, workplace }
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

    /// The identifiers of the patient with this number, sorted, as people write them.
    #[track_caller]
    fn ids(&self, number: &str) -> Vec<String> {
        let found = self.json(&format!("patient find --id {number} --json"));
        assert_eq!(found["total"], 1, "{number}");
        let ids = found["patients"][0]["identifiers"].as_array().unwrap().iter().map(|id| {
            let number = id["id"].as_str().unwrap();
            match id["domain"].as_str() {
                Some(domain) => format!("{number}@{domain}"),
                None => number.to_owned(),
            }
        });
        let mut ids: Vec<String> = ids.collect();
        ids.sort();
        ids
    }

    #[track_caller]
    fn n_documents(&self, patient: &str) -> usize {
        let found = self.json(&format!("find --patient {patient} --json"));
        found["documents"].as_array().unwrap().len()
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

const TARO: &str = "--name 山田^太郎 --kana ヤマダ^タロウ --birth-date 19700401 --sex M";

#[track_caller]
fn check_that_a_number_leads_to_documents(transport: &str) {
    let region = Region::start(transport);
    region.succeed(&format!("patient add 4711 --domain hospital-a {TARO} --phone 03-1234-5678"));
    region.succeed(&format!("patient add 0815 --domain clinic-b {TARO}"));
    let submitted = region.json("submit report.txt --patient 4711@hospital-a --json");
    let unique_id = submitted["documents"][0]["uniqueId"].as_str().unwrap();
    // The clinic finds by its own number what the hospital submitted by its own.
    let found = region.json("find --patient 0815@clinic-b --json");
    let document = &found["documents"][0];
    assert_eq!(document["uniqueId"], unique_id);
    assert_eq!(document["sourcePatientId"], "4711^^^&1.2.392.99.2&ISO");
    let ids = region.ids("4711@hospital-a");
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert_eq!(ids[..2], ["0815@clinic-b", "4711@hospital-a"]);
    assert_eq!(document["patientId"], format!("{}^^^&1.2.392.99.1&ISO", ids[2]));
    let said = region.succeed("fetch --patient 0815@clinic-b --output documents/");
    assert!(said.ends_with(", as registered\n"), "{said}");
    let unknown = region.fail("find --patient 4712@hospital-a");
    assert!(unknown.starts_with("error: the manager does not tell"), "{unknown}");
    assert!(unknown.contains("204"), "{unknown}");
    assert!(region.fail("find --patient 4711@nowhere").contains("clinic-b, hospital-a"));
}

#[test]
fn a_hospitals_own_number_leads_to_documents_over_plain_connections() {
    check_that_a_number_leads_to_documents("plain");
}

#[test]
fn a_hospitals_own_number_leads_to_documents_over_mutual_tls() {
    check_that_a_number_leads_to_documents("mtls");
}

#[test]
fn patients_are_found_by_name_date_sex_and_number() {
    let region = Region::start("plain");
    region.succeed(&format!("patient add 4711 --domain hospital-a {TARO}"));
    for number in 1..=5 {
        let name = format!("--name 鈴木^花子{number} --birth-date 1980010{number} --sex F");
        region.succeed(&format!("patient add S{number} --domain clinic-b {name}"));
    }
    let table = region.succeed("patient find --name 山田^太郎");
    assert!(table.starts_with("NAME       KANA"), "{table}");
    assert!(table.contains("山田 太郎  ヤマダ タロウ  19700401  M  "), "{table}");
    assert!(table.contains("4711@hospital-a"), "{table}");
    for line in ["--kana ヤマダ*", "--birth-date 1970 --sex M", "--id 4711 --domain hospital-a"]
    {
        assert_eq!(region.succeed(&format!("patient find {line}")), table, "{line}");
    }
    assert_eq!(region.succeed("patient find --name 山田^花子"), "no patients\n");
    let some = region.succeed("patient find --name 鈴木* --limit 2");
    assert!(some.ends_with("… and 3 more: --all shows them\n"), "{some}");
    let all = region.json("patient find --name 鈴木* --all --json");
    assert_eq!((&all["total"], &all["isComplete"]), (&5.into(), &true.into()));
    assert_eq!(all["patients"].as_array().unwrap().len(), 5);
    let unknown = region.fail("patient find --id 1 --domain nowhere");
    assert!(unknown.contains("no domain is called nowhere"), "{unknown}");
}

#[test]
fn an_operator_links_and_unlinks_and_documents_follow() {
    let region = Region::start("plain");
    region.succeed(&format!("patient add 4711 --domain hospital-a {TARO}"));
    region.succeed("patient add 0815 --domain clinic-b --name 山田^太朗 --birth-date 19700401");
    region.succeed("submit report.txt --patient 0815@clinic-b");
    assert_eq!(
        (region.ids("4711@hospital-a").len(), region.n_documents("4711@hospital-a")),
        (2, 0)
    );
    let pair = "4711@hospital-a 0815@clinic-b --operator sato --reason";
    let before = region.ids("0815@clinic-b");
    region.succeed(&format!("patient link {pair} same-card"));
    assert_eq!(region.ids("4711@hospital-a").len(), 3);
    await_documents(&region, "4711@hospital-a", 1);
    let shown = region.succeed("patient show 4711@hospital-a --operator sato");
    assert!(shown.contains("decided: linked"), "{shown}");
    assert!(shown.contains("link by sato: same-card"), "{shown}");
    region.succeed(&format!("patient unlink {pair} two-persons"));
    assert_eq!(region.ids("0815@clinic-b"), before);
    await_documents(&region, "4711@hospital-a", 0);
    await_documents(&region, "0815@clinic-b", 1);
    let trail = region.succeed("audit find --patient 4711^^^&1.2.392.99.2&ISO --limit 50");
    assert!(trail.contains("sato") && trail.contains("link"), "{trail}");
    let unknown = region.fail("patient link 4711@hospital-a 1@clinic-b --operator a --reason b");
    assert!(unknown.contains("refuses (404)"), "{unknown}");
    let same = "patient link 4711@hospital-a 4711@hospital-a --operator a --reason b";
    assert!(region.fail(same).contains("(422)"));
    let own = "patient unlink R0000000018 --all --operator a --reason b";
    assert!(region.fail(own).contains("given by the manager"));
}

/// The registry hears of a link by itself.
#[track_caller]
fn await_documents(region: &Region, patient: &str, n_wanted: usize) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while region.n_documents(patient) != n_wanted {
        assert!(std::time::Instant::now() < end, "{patient} has not {n_wanted} documents");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn everybody_linked_by_the_rules_can_be_separated() {
    let region = Region::start("plain");
    region.succeed(&format!("patient add 4711 --domain hospital-a {TARO}"));
    region.succeed(&format!("patient add 0815 --domain clinic-b {TARO}"));
    assert_eq!(region.ids("4711@hospital-a").len(), 3);
    region.succeed("patient unlink 4711@hospital-a --all --operator sato --reason father");
    assert_eq!(region.ids("4711@hospital-a").len(), 2);
    // What is fed again changes nothing about it.
    region.succeed(&format!("patient add 0815 --domain clinic-b {TARO} --event A08"));
    assert_eq!(region.ids("0815@clinic-b").len(), 2);
}

#[test]
fn an_operator_merges_and_the_first_number_is_used_no_more() {
    let region = Region::start("plain");
    region.succeed(&format!("patient add 4711 --domain hospital-a {TARO}"));
    region.succeed(&format!("patient add 4712 --domain hospital-a {TARO}"));
    region.succeed("submit report.txt --patient 4711@hospital-a");
    let merge = "patient merge 4711@hospital-a 4712@hospital-a --operator sato --reason twice";
    region.succeed(merge);
    await_documents(&region, "4712@hospital-a", 1);
    assert!(region.fail("find --patient 4711@hospital-a").contains("204"));
    // The same order once more changes nothing.
    region.succeed(merge);
    let shown = region.succeed("patient show 4711@hospital-a --operator sato");
    assert!(shown.contains("used no more"), "{shown}");
    assert!(shown.contains("merge by sato: twice"), "{shown}");
    let back = "patient merge 4712@hospital-a 4711@hospital-a --operator sato --reason back";
    assert!(region.fail(back).contains("(409)"));
    let across = "patient merge 4712@hospital-a 1@clinic-b --operator sato --reason x";
    assert!(region.fail(across).contains("(422)"));
}

#[test]
fn a_patient_without_domain_goes_to_the_registry_and_the_command_says_so() {
    let region = Region::start("plain");
    let said = region.succeed(&format!("patient add JP0001 {TARO}"));
    assert!(said.contains("The registry knows the patient, the manager does not"), "{said}");
    region.succeed("submit report.txt --patient JP0001");
    assert_eq!(region.n_documents("JP0001"), 1);
    assert_eq!(region.succeed("patient find --name 山田^太郎"), "no patients\n");
}
