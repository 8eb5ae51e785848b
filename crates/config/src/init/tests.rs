//! The written files against the readers: no key undocumented, no example wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{NewCommunity, init};
use crate::actor::{
    AuditRepositoryConfig, PixManagerConfig, RegistryConfig, RepositoryConfig, Surroundings,
};
use crate::agreement::{Agreement, Domain, MetadataRule};
use crate::codes::CodeAttribute;
use crate::reader::Source;

fn new_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut community = NewCommunity::generate();
    community.domains = vec![Domain::parse("north=1.2.3.4,NORTH").unwrap()];
    init(folder.path(), &community).unwrap();
    folder
}

/// The text with its examples and defaults in force: prose begins with "# ", they do not.
fn uncommented(text: &str) -> String {
    let in_force = |line: &str| match line.strip_prefix('#') {
        Some("") => format!("{line}\n"),
        Some(rest) if rest.starts_with(' ') && !rest.starts_with("  ") => format!("{line}\n"),
        Some(example) => format!("{example}\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(in_force).collect()
}

fn uncommented_source(file: &Path) -> Source {
    Source { file: file.to_owned(), text: uncommented(&fs::read_to_string(file).unwrap()) }
}

#[track_caller]
fn check_keys(keys: &BTreeMap<String, bool>) {
    let absent: Vec<_> = keys.iter().filter(|(_, present)| !**present).collect();
    assert!(absent.is_empty(), "keys that the written file does not show: {absent:?}");
    assert!(keys.len() > 20, "the reader knows more keys than {}", keys.len());
}

#[test]
fn every_key_of_the_agreement_is_shown() {
    let folder = new_folder();
    let source = uncommented_source(&folder.path().join("affinity-domain.toml"));
    let reading = Agreement::from_source(&source);
    assert_eq!(reading.faults, Vec::new());
    check_keys(&reading.keys);
}

#[test]
fn every_key_of_the_registry_is_shown_with_its_default() {
    let folder = new_folder();
    let file = folder.path().join("registry.toml");
    let reading = RegistryConfig::from_source(&uncommented_source(&file));
    assert_eq!(reading.faults, Vec::new());
    check_keys(&reading.keys);
    assert_eq!(reading.value, RegistryConfig::read(&file).ok());
}

#[test]
fn every_key_of_the_repository_is_shown_with_its_default() {
    let folder = new_folder();
    let file = folder.path().join("repository.toml");
    let reading = RepositoryConfig::from_source(&uncommented_source(&file));
    assert_eq!(reading.faults, Vec::new());
    check_keys(&reading.keys);
    assert_eq!(reading.value, RepositoryConfig::read(&file).ok());
}

#[test]
fn every_key_of_the_audit_repository_is_shown_with_its_default() {
    let folder = new_folder();
    let file = folder.path().join("audit-repository.toml");
    let reading = AuditRepositoryConfig::from_source(&uncommented_source(&file));
    assert_eq!(reading.faults, Vec::new());
    check_keys(&reading.keys);
    assert_eq!(reading.value, AuditRepositoryConfig::read(&file).ok());
}

/// Beside an agreement of which the examples are in force as well.
#[test]
fn every_key_of_the_pix_manager_is_shown_with_its_default() {
    let folder = new_folder();
    let agreement = folder.path().join("affinity-domain.toml");
    fs::write(&agreement, uncommented_source(&agreement).text).unwrap();
    let agreement = Agreement::read(&agreement).unwrap();
    let file = folder.path().join("pix-manager.toml");
    let surroundings = Surroundings { agreement: Some(&agreement), has_registry: true };
    let reading = PixManagerConfig::from_source(&uncommented_source(&file), &surroundings);
    assert_eq!(reading.faults, Vec::new());
    check_keys(&reading.keys);
    let shown = reading.value.unwrap();
    assert_eq!((shown.consumers.len(), shown.partners.len()), (1, 1));
    let without_examples = PixManagerConfig { consumers: vec![], partners: vec![], ..shown };
    assert_eq!(without_examples, PixManagerConfig::read(&file).unwrap());
}

#[test]
fn defaults_of_rules_are_shown_as_they_are() {
    let folder = new_folder();
    let file = folder.path().join("affinity-domain.toml");
    let as_written = Agreement::read(&file).unwrap();
    fs::write(&file, uncommented(&fs::read_to_string(&file).unwrap())).unwrap();
    let in_force = Agreement::read(&file).unwrap();
    for rule in MetadataRule::ALL {
        assert_eq!(
            as_written.metadata_rules.level(rule),
            in_force.metadata_rules.level(rule),
            "{}",
            rule.as_str()
        );
    }
    assert_eq!(as_written.linking, in_force.linking);
}

#[test]
fn every_attribute_is_named_in_the_code_tables_and_the_example_is_right() {
    let folder = new_folder();
    let file = folder.path().join("codes.toml");
    let text = fs::read_to_string(&file).unwrap();
    for attribute in CodeAttribute::ALL {
        assert!(text.contains(attribute.as_str()), "{attribute} is not named");
    }
    fs::write(&file, uncommented(&text)).unwrap();
    let tables = crate::CodeTables::read(&file).unwrap();
    assert_eq!(tables.count(), 2);
}

#[test]
fn no_place_of_the_template_is_left_open() {
    let folder = new_folder();
    let text = fs::read_to_string(folder.path().join("affinity-domain.toml")).unwrap();
    assert!(!text.contains('@'), "{text}");
}
