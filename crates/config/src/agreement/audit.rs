//! Who may read the audit trail.

use crate::reader::{Form, Item, Section};

/// Longest common name (X.520), in characters.
const MAX_COMMON_NAME: usize = 64;

/// `[audit]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditRules {
    /// `readers`: common names of the certificates that may read the audit trail over mutual TLS
    /// (ITI-81). Default none.
    pub readers: Vec<String>,
}

pub(super) const COMMON_NAME: Form<String> = Form {
    read: |value| value.as_str().filter(|text| is_common_name(text)).map(str::to_owned),
    wanted: "the common name of a certificate, 1 to 64 characters on one line, \
             for example \"privacy-officer\"",
};

pub(super) fn read_audit(section: &Section<'_>) -> Option<AuditRules> {
    let mut readers: Vec<String> = Vec::new();
    for item in section.items("readers", &COMMON_NAME) {
        let Item { value, .. } = &item;
        if readers.contains(value) {
            section.refuse_item("readers", &item, "listed before", "list each reader once");
            continue;
        }
        readers.push(item.value);
    }
    Some(AuditRules { readers })
}

fn is_common_name(text: &str) -> bool {
    let fits = (1..=MAX_COMMON_NAME).contains(&text.chars().count());
    fits && text.trim() == text && !text.contains(char::is_control)
}
