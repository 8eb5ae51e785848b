//! Rules about submitted metadata whose strictness the members choose.
//!
//! What the specification leaves no choice about (required attributes, data types, patient
//! identifiers, uniqueness) is not a rule here: it is always refused.

use crate::reader::{Form, Section};

/// What happens to a submission that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not evaluated.
    Off,
    /// Accepted; one line in the log says which rule was broken.
    Log,
    /// Accepted; the answer carries a RegistryError of severity Warning.
    Warning,
    /// Refused with XDSRegistryMetadataError.
    Reject,
}

impl Level {
    pub const ALL: [Level; 4] = [Level::Off, Level::Log, Level::Warning, Level::Reject];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Off => "OFF",
            Level::Log => "LOG",
            Level::Warning => "WARNING",
            Level::Reject => "REJECT",
        }
    }

    fn from_name(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// A rule about metadata. All are evaluated by the registry, in ITI-42 (and so in ITI-41,
/// whose metadata the repository passes on).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetadataRule {
    /// Each coded attribute that has a list takes its values from it; code and scheme count.
    /// Default REJECT (ITI TF-3: 4.2.3.1.2).
    Codes,
    /// DocumentEntry.mimeType is in the list, if there is one. Default REJECT.
    MimeTypes,
    /// Titles keep the lengths of ITI TF-3: 4.2.3: below 128 characters for a DocumentEntry,
    /// below 256 for a SubmissionSet, at most 256 for a Folder. Default WARNING: a long title
    /// endangers nobody and systems in use send them.
    TitleLength,
    /// SubmissionSet.sourceId is registered for a member. Default REJECT.
    SourceIdKnown,
    /// DocumentEntry.repositoryUniqueId is the community's or registered for a member.
    /// Default REJECT.
    RepositoryKnown,
    /// One author has at most one authorPerson (ITI TF-3: 4.2.3.1.4). Default REJECT.
    AuthorPersonSingle,
    /// Slots that the specification does not define have names that are URNs outside
    /// `urn:ihe:` (ITI TF-3: 4.2.3.1.6). Default REJECT.
    ExtraSlotNames,
}

impl MetadataRule {
    pub const ALL: [MetadataRule; 7] = [
        MetadataRule::Codes,
        MetadataRule::MimeTypes,
        MetadataRule::TitleLength,
        MetadataRule::SourceIdKnown,
        MetadataRule::RepositoryKnown,
        MetadataRule::AuthorPersonSingle,
        MetadataRule::ExtraSlotNames,
    ];

    /// The key in `[metadata_rules]`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            MetadataRule::Codes => "codes",
            MetadataRule::MimeTypes => "mime_types",
            MetadataRule::TitleLength => "title_length",
            MetadataRule::SourceIdKnown => "source_id_known",
            MetadataRule::RepositoryKnown => "repository_known",
            MetadataRule::AuthorPersonSingle => "author_person_single",
            MetadataRule::ExtraSlotNames => "extra_slot_names",
        }
    }

    #[must_use]
    pub const fn default_level(self) -> Level {
        match self {
            MetadataRule::TitleLength => Level::Warning,
            MetadataRule::Codes
            | MetadataRule::MimeTypes
            | MetadataRule::SourceIdKnown
            | MetadataRule::RepositoryKnown
            | MetadataRule::AuthorPersonSingle
            | MetadataRule::ExtraSlotNames => Level::Reject,
        }
    }

    /// Whether the rule asks who is a member; open access has no members.
    const fn is_about_membership(self) -> bool {
        matches!(self, MetadataRule::SourceIdKnown | MetadataRule::RepositoryKnown)
    }
}

/// The levels in force, one per rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataRules {
    /// Only what differs from the default.
    chosen: Vec<(MetadataRule, Level)>,
}

impl MetadataRules {
    #[must_use]
    pub fn level(&self, rule: MetadataRule) -> Level {
        let chosen = self.chosen.iter().find(|(chosen, _)| *chosen == rule);
        chosen.map_or(rule.default_level(), |(_, level)| *level)
    }

    /// The levels under open access: what asks for membership is at most logged, since a
    /// test tool is nobody's member.
    #[must_use]
    pub fn under_open_access(&self) -> MetadataRules {
        let open = |rule: MetadataRule| match self.level(rule) {
            level if rule.is_about_membership() => (rule, level.min(Level::Log)),
            level => (rule, level),
        };
        MetadataRules { chosen: MetadataRule::ALL.into_iter().map(open).collect() }
    }
}

const LEVEL: Form<Level> = Form {
    read: |value| Level::from_name(value.as_str()?),
    wanted: "one of \"OFF\", \"LOG\", \"WARNING\", \"REJECT\"",
};

pub(super) fn read_rules(section: &Section<'_>) -> Option<MetadataRules> {
    let chosen = |rule: MetadataRule| {
        let level = section.optional(rule.as_str(), &LEVEL)?;
        Some((rule, level))
    };
    Some(MetadataRules { chosen: MetadataRule::ALL.into_iter().filter_map(chosen).collect() })
}
