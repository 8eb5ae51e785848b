//! `renkei init`.

use crate::command::Workplace;

#[test]
fn what_init_creates_is_without_fault() {
    let workplace = Workplace::empty();
    let said = workplace.succeed(&["init", "data"]);
    assert!(said.contains("data/affinity-domain.toml\n"), "{said}");
    assert!(said.contains("for development only"), "{said}");
    let checked = workplace.succeed(&["check-config"]);
    assert!(checked.starts_with("data: no fault; agreement 1-"), "{checked}");
}

#[test]
fn identifiers_are_taken_as_given() {
    let workplace = Workplace::empty();
    let arguments = "init data --home 1.2.3 --affinity-domain 1.2.4 --repository 1.2.5 \
                     --domain north=1.2.6,NORTH --domain 南=1.2.7";
    workplace.succeed(&arguments.split_whitespace().collect::<Vec<_>>());
    let agreement = workplace.read("data/affinity-domain.toml");
    for line in [
        "home_community_id = \"1.2.3\"\n",
        "\noid = \"1.2.4\"\n",
        "repository_unique_id = \"1.2.5\"\n",
        "\nname = \"north\"\noid = \"1.2.6\"\nnamespace = \"NORTH\"\n",
        "\nname = \"南\"\noid = \"1.2.7\"\n",
    ] {
        assert!(agreement.contains(line), "{line}\n{agreement}");
    }
    workplace.succeed(&["check-config"]);
}

#[test]
fn wrong_identifiers_are_wrong_usage_and_create_nothing() {
    let workplace = Workplace::empty();
    for arguments in [
        ["init", "data", "--home", "urn:oid:1.2.3"],
        ["init", "data", "--affinity-domain", "1"],
        ["init", "data", "--repository", "x"],
        ["init", "data", "--domain", "north"],
        ["init", "data", "--domain", "north=1.02"],
    ] {
        let said = workplace.misuse(&arguments);
        assert!(said.contains("invalid value"), "{said}");
    }
    assert!(!workplace.path("data").exists());
}

#[test]
fn two_domains_of_one_name_are_refused() {
    let workplace = Workplace::empty();
    let arguments = ["init", "data", "--domain", "north=1.2.6", "--domain", "north=1.2.7"];
    let said = workplace.fail(&arguments);
    assert!(said.contains("domains.name: another domain has this name"), "{said}");
    assert!(!workplace.path("data").exists());
}

#[test]
fn a_folder_in_use_is_refused() {
    let workplace = Workplace::initialised();
    let before = workplace.read("data/affinity-domain.toml");
    let said = workplace.fail(&["init", "data"]);
    assert!(said.starts_with("error: data is not empty"), "{said}");
    assert_eq!(workplace.read("data/affinity-domain.toml"), before);
}
