//! `renkei patient import`: lists and files of messages, refusals, and an end in the middle.

use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Region;

const HEAD: &str =
    "domain,id,family,given,family_kana,given_kana,birth_date,sex,postal_code,address,phone";

#[test]
fn a_list_is_imported_and_what_is_refused_is_listed_by_line() {
    let region = Region::start("plain");
    let list = format!(
        "\u{feff}{HEAD}\r\n\
         hospital-a,4711,山田,太郎,ヤマダ,タロウ,1970-04-01,男,100-0001,\"東京都千代田区, 1-1\",03-1234-5678\r\n\
         ,0815,山田,太郎,ヤマダ,タロウ,1970/4/1,M,100-0001,\"東京都千代田区, 1-1\",03-1234-5678\r\n\
         hospital-a,4712,\"鈴木\r\n\",花子,,,,,,,\r\n\
         nowhere,4713,鈴木,花子,,,,,,,\r\n\
         hospital-a,4714,鈴木,花子,,,19700431,,,,\r\n\
         hospital-a,4715,鈴木,花子,,,,X,,,\r\n\
         hospital-a,,鈴木,花子,,,,,,,\r\n\
         hospital-a,4716,佐藤,一郎,,,19850505,M,,,\r\n\
         hospital-a,4717\r\n"
    );
    region.workplace.write("list.csv", &list);
    let outcome = region.workplace.run(&["patient", "import", "list.csv", "--domain", "clinic-b"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (1, "error: 6 refused\n"));
    assert!(outcome.stdout.contains("3 accepted, 6 refused\n"), "{}", outcome.stdout);
    let refused = region.workplace.read("list.csv.refused");
    let lines: Vec<&str> = refused.lines().map(|line| line.split_once('\t').unwrap().0).collect();
    assert_eq!(lines, ["4", "6", "7", "8", "9", "11"], "{refused}");
    let places = ["family", "domain", "birth_date", "sex", "id", "fields"];
    for (line, place) in refused.lines().zip(places) {
        assert!(line.contains(place), "{line}");
    }
    for secret in ["鈴木", "花子", "471", "nowhere", "19700431"] {
        assert!(!refused.contains(secret) && !outcome.stdout.contains(secret), "{secret}");
    }
    assert!(!region.workplace.path("list.csv.position").exists());
    // One person with two numbers, found by everything that the list says.
    let ids = region.ids("4711@hospital-a");
    assert_eq!(ids[..2], ["0815@clinic-b", "4711@hospital-a"]);
    let found =
        region.json("patient find --kana ヤマダ^タロウ --birth-date 19700401 --sex M --json");
    let patient = &found["patients"][0];
    assert_eq!(patient["addresses"][0]["full"], "東京都千代田区, 1-1");
    assert_eq!(patient["telecoms"][0], "03-1234-5678");
    // What is refused by the manager is listed too, and the whole list may be sent again.
    region.workplace.write("list.csv", &format!("{HEAD}\nhospital-a,4711,山田,太郎,,,,,,,\n"));
    assert_eq!(region.succeed("patient import list.csv"), "1 accepted, 0 refused\n");
    assert!(!region.workplace.path("list.csv.refused").exists());
}

#[test]
fn a_list_may_be_in_shift_jis() {
    let region = Region::start("plain");
    // 表 and ソ have a backslash for their second byte.
    let text = "id,family,given\r\n1,表,ソ\r\n";
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    std::fs::write(region.workplace.path("list.csv"), &bytes).unwrap();
    let import = "patient import list.csv --domain hospital-a";
    let outcome = region.workplace.run(&super::words(import));
    assert_eq!(outcome.code, 1);
    assert!(outcome.stdout.contains("line 2: column family is not of the character set"));
    region.succeed(&format!("{import} --charset shift_jis"));
    assert!(region.succeed("patient find --name 表^ソ").contains("1@hospital-a"));
    let said = region.fail(&format!("{import} --charset euc-jp"));
    assert!(said.contains("utf-8 or shift_jis"), "{said}");
    for head in ["family,given", "id,famly"] {
        region.workplace.write("list.csv", head);
        assert!(region.fail(import).contains("birth_date"), "{head}");
    }
}

/// An ADT message of hospital A.
fn adt(event: &str, number: usize, segments: &str) -> String {
    format!(
        "MSH|^~\\&|HIS|A|RENKEI|RENKEI|20260401||ADT^{event}|C{number}|P|2.5|||||JPN|UNICODE UTF-8\r\
         EVN|{event}|20260401\r{segments}"
    )
}

const AUTHORITY: &str = "&1.2.392.99.2&ISO";

#[test]
fn messages_keep_their_order_and_merges_wait_for_what_is_before_them() {
    let mut messages = Vec::new();
    for number in 0..20 {
        let pid = |name: &str| format!("PID|||{number}^^^{AUTHORITY}||{name}^太郎\rPV1||N\r");
        messages.push(adt("A04", messages.len(), &pid("旧姓")));
        messages.push(adt("A08", messages.len(), &pid("新姓")));
        if number % 2 == 1 {
            let merged =
                format!("PID|||{number}^^^{AUTHORITY}|| \rMRG|{}^^^{AUTHORITY}\r", number - 1);
            messages.push(adt("A40", messages.len(), &merged));
        }
    }
    messages.push(adt("A40", 99, &format!("PID|||1^^^{AUTHORITY}|| \rMRG|77^^^{AUTHORITY}\r")));
    let framed: String = messages.iter().map(|message| format!("\u{b}{message}\u{1c}\r")).collect();
    for (file, text) in
        [("framed.hl7", framed), ("plain.hl7", messages.concat().replace('\r', "\n"))]
    {
        let region = Region::start("plain");
        region.workplace.write(file, &text);
        let outcome = region.workplace.run(&["patient", "import", file]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (1, "error: 1 refused\n"), "{file}");
        assert!(
            outcome.stdout.contains("204 Unknown key identifier at MRG^1^1"),
            "{}",
            outcome.stdout
        );
        let found = region.json("patient find --name 新姓* --all --json");
        assert!(outcome.stdout.contains("50 accepted, 1 refused\n"), "{}", outcome.stdout);
        assert_eq!(found["total"], 10);
        assert_eq!(region.succeed("patient find --name 旧姓*"), "no patients\n", "{file}");
    }
}

#[test]
fn an_import_that_is_killed_goes_on_and_everybody_is_there_once() {
    const N_PATIENTS: usize = 600;
    let region = Region::start("mtls");
    let mut list = "domain,id,family,given,birth_date,sex\n".to_owned();
    for number in 0..N_PATIENTS {
        list.push_str(&format!("hospital-a,P{number},架空,人{number},19700401,F\n"));
    }
    region.workplace.write("list.csv", &list);
    let mut import = Command::new(env!("CARGO_BIN_EXE_renkei"))
        .args(["patient", "import", "list.csv", "--data", "data", "--connections", "4"])
        .current_dir(region.workplace.path("."))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while !region.workplace.path("list.csv.position").exists() {
        assert!(import.try_wait().unwrap().is_none() && Instant::now() < end, "too fast or slow");
        std::thread::sleep(Duration::from_millis(5));
    }
    import.kill().unwrap();
    import.wait().unwrap();
    assert!(region.workplace.path("list.csv.position").exists());
    // Standard error says how far it is, if it takes long.
    let outcome = region.workplace.run(&super::words("patient import list.csv --connections 4"));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.stdout, format!("{N_PATIENTS} accepted, 0 refused\n"));
    let found = region.json("patient find --name 架空* --all --json");
    assert_eq!(found["total"], N_PATIENTS);
    let patients = found["patients"].as_array().unwrap();
    let number = |patient: &serde_json::Value| {
        let ids = patient["identifiers"].as_array().unwrap().iter();
        let own: Vec<&str> = ids
            .filter(|id| id["domain"] == "hospital-a")
            .map(|id| id["id"].as_str().unwrap())
            .collect();
        assert_eq!(own.len(), 1);
        own[0].to_owned()
    };
    let numbers: HashSet<String> = patients.iter().map(number).collect();
    assert_eq!(numbers.len(), N_PATIENTS);
    // The list is another one now, and the position file of an import in the middle is not taken for its.
    region.workplace.write(
        "list.csv.position",
        r#"{"offset":5,"n_lines":1,"n_accepted":0,"n_refused":0,"refused_bytes":0,"head":"00"}"#,
    );
    assert!(region.fail("patient import list.csv").contains("--restart"));
}
