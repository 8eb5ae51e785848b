//! The rules of ITI-42, one change to a good submission at a time (ITI TF-2: 3.42.4.1.3).
//!
//! A refusal names the code, leaves the database as it was, and every kind of fault is provoked.

mod accepted;
mod refused;
mod scene;

use std::collections::{BTreeMap, BTreeSet};

use registry::error::{RegistrationError, RegistrationFault};
use xds::{ErrorCode, RegistryError, Severity};

use crate::open_registry::on_each_backend;
use crate::requests::{Contents, register_text};
use scene::Scene;

/// The name, the request, and the codes of the answer: those of errors, or of warnings if it is accepted.
type Case = (&'static str, fn(&Scene<'_>) -> String, &'static [ErrorCode]);

#[test]
fn what_breaks_a_rule_is_refused_and_changes_nothing() {
    on_each_backend(|place| {
        let scene = Scene::new(place);
        let mut provoked = BTreeMap::new();
        for (name, request, codes) in refused::CASES.iter().copied().flatten() {
            for fault in check_refused(&scene, name, &request(&scene), codes) {
                provoked.entry(variant(&fault)).or_insert(*name);
            }
        }
        let names: Vec<&str> = provoked.keys().copied().collect();
        assert_eq!(names, VARIANTS);
    });
}

fn check_refused(
    scene: &Scene<'_>,
    name: &str,
    request: &str,
    codes: &[ErrorCode],
) -> Vec<RegistrationFault> {
    let before = Contents::of(&scene.registry);
    let error = register_text(scene.place, &scene.registry, request).expect_err(name);
    let expected: BTreeSet<&str> = codes.iter().map(|code| code.as_str()).collect();
    let errors = error.to_registry_errors();
    let answered: BTreeSet<&str> = errors.iter().map(|error| error.code.as_str()).collect();
    assert_eq!(answered, expected, "{name}");
    assert!(errors.iter().all(|error| error.severity == Severity::Error), "{name}");
    assert_eq!(Contents::of(&scene.registry), before, "{name}");
    let RegistrationError::Refused(faults) = error else { panic!("{name}: {error:?}") };
    faults
}

#[test]
fn what_keeps_every_rule_is_registered() {
    on_each_backend(|place| {
        for (name, request, codes) in accepted::CASES {
            let scene = Scene::new(place);
            let before = Contents::of(&scene.registry);
            let request = request(&scene);
            let registered = register_text(place, &scene.registry, &request);
            let registered = registered.unwrap_or_else(|error| {
                panic!("{name}: {error:?} {:?}", error.to_registry_errors());
            });
            let expected: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
            let of = |warning: &RegistryError| warning.code.clone();
            let answered: Vec<String> = registered.warnings.iter().map(of).collect();
            assert_eq!(answered, expected, "{name}");
            assert!(registered.warnings.iter().all(|w| w.severity == Severity::Warning), "{name}");
            assert_ne!(Contents::of(&scene.registry), before, "{name}");
        }
    });
}

/// The names of all faults; a new one does not compile until it has its name here and a case.
pub(crate) fn variant(fault: &RegistrationFault) -> &'static str {
    match fault {
        RegistrationFault::Metadata(_) => "Metadata",
        RegistrationFault::Structure { .. } => "Structure",
        RegistrationFault::DuplicateUniqueIdInMessage { .. } => "DuplicateUniqueIdInMessage",
        RegistrationFault::DuplicateUniqueIdInRegistry { .. } => "DuplicateUniqueIdInRegistry",
        RegistrationFault::NonIdenticalHash { .. } => "NonIdenticalHash",
        RegistrationFault::NonIdenticalSize { .. } => "NonIdenticalSize",
        RegistrationFault::UuidInUse { .. } => "UuidInUse",
        RegistrationFault::PatientIdDoesNotMatch { .. } => "PatientIdDoesNotMatch",
        RegistrationFault::UnknownPatientId { .. } => "UnknownPatientId",
        RegistrationFault::Unresolved { .. } => "Unresolved",
        RegistrationFault::DeprecatedDocument { .. } => "DeprecatedDocument",
        RegistrationFault::UnsuitableObject { .. } => "UnsuitableObject",
        RegistrationFault::PatientFull => "PatientFull",
        RegistrationFault::TooManyObjects { .. } => "TooManyObjects",
    }
}

pub(crate) const VARIANTS: [&str; 14] = [
    "DeprecatedDocument",
    "DuplicateUniqueIdInMessage",
    "DuplicateUniqueIdInRegistry",
    "Metadata",
    "NonIdenticalHash",
    "NonIdenticalSize",
    "PatientFull",
    "PatientIdDoesNotMatch",
    "Structure",
    "TooManyObjects",
    "UnknownPatientId",
    "Unresolved",
    "UnsuitableObject",
    "UuidInUse",
];
