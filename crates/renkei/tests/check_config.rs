//! `renkei check-config`.

use crate::command::Workplace;

#[test]
fn all_faults_are_listed_with_file_line_and_remedy() {
    let workplace = Workplace::initialised();
    workplace.write("data/registry.toml", "listen = 8082\nport = 1\n");
    workplace.write("data/codes.toml", "classCode = []\n");
    let said = workplace.fail(&["check-config"]);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 4, "{said}");
    assert_eq!(lines[0], "error: data: 3 faults");
    assert!(lines[1].starts_with("data/codes.toml:1: classCode: the list is empty; "), "{said}");
    assert!(lines[2].starts_with("data/registry.toml:1: listen: "), "{said}");
    assert!(lines[3].starts_with("data/registry.toml:2: port: unknown key; known"), "{said}");
}

#[test]
fn the_folder_is_named_by_option_or_environment() {
    let workplace = Workplace::initialised();
    let said = workplace.fail(&["check-config", "--data", "elsewhere"]);
    assert!(said.starts_with("error: elsewhere: 2 faults\nelsewhere: "), "{said}");
    let by_option = workplace.succeed(&["check-config", "--data", "data"]);
    assert_eq!(by_option, workplace.succeed(&["check-config"]));
}
