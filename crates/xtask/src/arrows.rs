//! The layers of the workspace and the direction of its dependencies (ARCHITECTURE.md, "Layers").

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

/// The layers from the bottom up. A crate may depend on crates of lower layers and of its own, except
/// that no actor depends on an actor.
const LAYERS: [(&str, &[&str]); 5] = [
    ("domain", &["datatypes", "xds", "identity"]),
    ("alphabets", &["xml", "soap", "ebxml", "hl7v2", "hl7v3", "atna", "fhir", "xmldsig", "saml"]),
    (
        "services",
        &["policy", "access", "audit", "clock", "net", "client", "store", "config", "actor"],
    ),
    (
        ACTORS,
        &["registry", "repository", "pix-manager", "gateway", "audit-repository", "conformance"],
    ),
    ("assembly", &["renkei", "xtask", "benches", "fuzz"]),
];
const ACTORS: &str = "actors";

/// Crates that bring IO, a clock of their own or a runtime; domain and alphabets know none of them.
const IMPURE: [&str; 8] =
    ["tokio", "actix-web", "diesel", "hyper", "hyper-util", "openssl", "tracing", "rustix"];

/// Who may use one of them all the same, because it uses only what is a function of bytes: digests, signatures
/// and keys. `crates/xmldsig/tests/purity.rs` holds it to those modules. A trait to be implemented above would
/// have one implementation and could be given a false one.
const PURE_USES: [(&str, &str); 1] = [("xmldsig", "openssl")];

/// All that the conformance runner may link of ours, so that it shares no reader with the servers.
const CONFORMANCE_MAY_LINK: [&str; 3] = ["datatypes", "client", "xml"];

/// Who may make an XML reader: the one bounded constructor, the conformance runner that must not share it,
/// and the benches that measure against the bare tokeniser.
const TOKENISER: &str = "quick-xml";
const TOKENISER_USERS: [&str; 3] = ["xml", "conformance", "benches"];

/// What `domain` may use beside its own layer: `xds` and `identity` know no wire format.
const WIRE_FORMATS: [&str; 3] = ["quick-xml", "serde_json", "serde"];

/// Reads the manifests of the workspace and refuses every arrow that points up or across.
pub(crate) fn check_workspace() -> Result<String> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .no_deps()
        .exec()
        .context("the manifests of the workspace cannot be read")?;
    let crates = metadata.packages.iter().map(|package| Crate {
        name: package.name.to_string(),
        dependencies: package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != cargo_metadata::DependencyKind::Development)
            .map(|dependency| dependency.name.clone())
            .collect(),
    });
    let crates: Vec<Crate> = crates.collect();
    let faults = faults(&crates);
    if !faults.is_empty() {
        bail!("arrows that must not be:\n  {}", faults.join("\n  "));
    }
    Ok(format!("arrows: {} crates, all dependencies point downward", crates.len()))
}

/// A member of the workspace with everything it names as a dependency outside of tests.
struct Crate {
    name: String,
    dependencies: BTreeSet<String>,
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, members)| members.contains(&name))
}

fn faults(crates: &[Crate]) -> Vec<String> {
    crates.iter().flat_map(faults_of).collect()
}

fn faults_of(member: &Crate) -> Vec<String> {
    let Some(own) = layer(&member.name) else {
        return vec![format!("{} belongs to no layer", member.name)];
    };
    let mut faults = Vec::new();
    for dependency in &member.dependencies {
        let arrow = format!("{} -> {dependency}", member.name);
        match layer(dependency) {
            Some(other) if other > own => faults.push(format!("{arrow} points up")),
            Some(other) if other == own && is_actor_layer(own) => {
                faults.push(format!("{arrow}: actors meet only over the wire"));
            }
            Some(_) => {}
            None => {
                let pure = PURE_USES.contains(&(member.name.as_str(), dependency.as_str()));
                let fault = foreign_fault(own, dependency).filter(|_| !pure);
                faults.extend(fault.map(|why| format!("{arrow}: {why}")));
            }
        }
        if dependency == TOKENISER && !TOKENISER_USERS.contains(&member.name.as_str()) {
            faults.push(format!("{arrow}: foreign XML is read through the crate xml only"));
        }
        if member.name == "conformance"
            && layer(dependency).is_some()
            && !CONFORMANCE_MAY_LINK.contains(&dependency.as_str())
        {
            faults
                .push(format!("{arrow}: the conformance runner shares no reader with the servers"));
        }
    }
    faults
}

fn is_actor_layer(layer: usize) -> bool {
    LAYERS.get(layer).is_some_and(|(name, _)| *name == ACTORS)
}

fn foreign_fault(layer: usize, dependency: &str) -> Option<&'static str> {
    if layer <= 1 && IMPURE.contains(&dependency) {
        return Some("domain and alphabets do no IO");
    }
    (layer == 0 && WIRE_FORMATS.contains(&dependency)).then_some("the domain knows no wire format")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, dependencies: &[&str]) -> Crate {
        Crate {
            name: name.to_owned(),
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[track_caller]
    fn check(name: &str, dependencies: &[&str], expected: &[&str]) {
        assert_eq!(faults(&[member(name, dependencies)]), expected);
    }

    #[test]
    fn the_workspace_itself_has_no_fault() {
        let summary = check_workspace().unwrap();
        assert!(summary.contains("all dependencies point downward"), "{summary}");
    }

    #[test]
    fn an_arrow_up_is_refused() {
        check("xml", &["registry"], &["xml -> registry points up"]);
        check("datatypes", &["xml"], &["datatypes -> xml points up"]);
    }

    #[test]
    fn actors_do_not_meet_in_code() {
        check(
            "registry",
            &["repository"],
            &["registry -> repository: actors meet only over the wire"],
        );
    }

    #[test]
    fn domain_and_alphabets_stay_pure() {
        check("soap", &["tokio"], &["soap -> tokio: domain and alphabets do no IO"]);
        check("xds", &["serde"], &["xds -> serde: the domain knows no wire format"]);
    }

    #[test]
    fn digests_and_signatures_are_for_one_alphabet_only() {
        check("xmldsig", &["openssl"], &[]);
        check("xmldsig", &["tokio"], &["xmldsig -> tokio: domain and alphabets do no IO"]);
        check("saml", &["openssl"], &["saml -> openssl: domain and alphabets do no IO"]);
    }

    #[test]
    fn nobody_makes_a_second_reader_of_foreign_xml() {
        let why = "ebxml -> quick-xml: foreign XML is read through the crate xml only";
        check("ebxml", &["quick-xml"], &[why]);
        check("xml", &["quick-xml"], &[]);
    }

    #[test]
    fn conformance_shares_no_reader() {
        check(
            "conformance",
            &["client", "ebxml"],
            &["conformance -> ebxml: the conformance runner shares no reader with the servers"],
        );
    }

    #[test]
    fn a_crate_without_layer_is_refused() {
        check("stranger", &[], &["stranger belongs to no layer"]);
    }
}
