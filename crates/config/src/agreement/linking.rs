//! `[linking]`: how the Patient Identifier Cross-reference Manager finds out who is one person.

use crate::reader::{Form, Section};

/// What the members settled about cross-referencing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linking {
    /// `rules`. Default production.
    pub rules: LinkRules,
    /// `unknown_update`. Default create.
    pub unknown_update: UnknownUpdate,
}

/// Which rules link the patients of two domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkRules {
    /// `"development"`: equal name in one representation, birth date and sex, nothing
    /// contradicting. For tests: two people may have all of them in common.
    Development,
    /// `"production"`: evidence is weighed, and what is not certain is for a person to decide.
    Production,
}

/// What an update (A08, A31) of an identifier does that nobody has registered. ITI TF-2: 3.8 says
/// nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownUpdate {
    /// `"create"`: the identifier is registered by it.
    Create,
    /// `"reject"`: the sender is told that it is unknown.
    Reject,
}

const RULES: Form<LinkRules> = Form {
    read: |value| match value.as_str()? {
        "development" => Some(LinkRules::Development),
        "production" => Some(LinkRules::Production),
        _ => None,
    },
    wanted: "\"development\" or \"production\"",
};

const UNKNOWN_UPDATE: Form<UnknownUpdate> = Form {
    read: |value| match value.as_str()? {
        "create" => Some(UnknownUpdate::Create),
        "reject" => Some(UnknownUpdate::Reject),
        _ => None,
    },
    wanted: "\"create\" or \"reject\"",
};

pub(super) fn read_linking(section: &Section<'_>) -> Option<Linking> {
    Some(Linking {
        rules: section.optional("rules", &RULES).unwrap_or(LinkRules::Production),
        unknown_update: section
            .optional("unknown_update", &UNKNOWN_UPDATE)
            .unwrap_or(UnknownUpdate::Create),
    })
}
