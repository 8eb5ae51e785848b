//! Codes of audit messages in words.

use super::Event;

/// EventActionCode.
pub(crate) fn action_word(code: &str) -> &str {
    match code {
        "C" => "create",
        "R" => "read",
        "U" => "update",
        "D" => "delete",
        "E" => "execute",
        other => other,
    }
}

/// EventOutcomeIndicator.
pub(crate) fn outcome_word(code: Option<&str>) -> &str {
    match code {
        Some("0") => "success",
        Some("4") => "minor failure",
        Some("8") => "serious failure",
        Some("12") => "major failure",
        Some(other) => other,
        None => "-",
    }
}

/// What happened, in words of the patient.
pub(crate) fn plain_words(event: &Event) -> &'static str {
    let action = event.action.as_deref();
    if let Some(words) = event.subtypes.iter().find_map(|it| of_type(&it.code, action)) {
        return words;
    }
    match (event.kind.code.as_str(), action) {
        ("110112", _) => "Information about you was searched for",
        ("110106", _) => "Information about you was handed out",
        ("110107", _) => "Information about you was received",
        ("110110", Some("D")) => "Your registration was removed or joined with another one",
        ("110110", _) => "Your registration was used or changed",
        ("110101", _) => "The list of accesses to your information was read",
        ("110113", _) => "The security of your information was checked",
        (_, Some("C")) => "Information about you was added",
        (_, Some("U")) => "Information about you was changed",
        (_, Some("D")) => "Information about you was removed",
        _ => "Information about you was used",
    }
}

fn of_type(code: &str, action: Option<&str>) -> Option<&'static str> {
    Some(match code {
        "ITI-8" | "ITI-30" | "ITI-44" | "ITI-104" => "Your registration was entered or changed",
        "ITI-9" | "ITI-45" | "ITI-83" => "Your numbers at other institutions were looked up",
        "ITI-10" | "ITI-46" => "Institutions were told your numbers",
        "ITI-21" | "ITI-22" | "ITI-47" | "ITI-55" | "ITI-78" | "ITI-119" => {
            "Your name and registration were looked up"
        }
        "ITI-18" | "ITI-38" | "ITI-51" | "ITI-66" | "ITI-67" => {
            "The list of your documents was looked at"
        }
        "ITI-39" | "ITI-43" | "ITI-68" | "RAD-69" | "RAD-75" => "Documents about you were opened",
        "ITI-41" | "ITI-42" | "ITI-61" | "ITI-65" | "RAD-68" => "A document about you was added",
        "ITI-57" | "ITI-92" => "The description of a document about you was changed",
        "ITI-62" | "ITI-86" => "A document about you was removed",
        // An event of the manager's own.
        "link" if action == Some("R") => {
            "An operator looked at which of your numbers belong together"
        }
        "link" => "An operator decided which numbers at institutions are yours",
        "ITI-64" => "Your documents were assigned to another registration",
        "ITI-81" => "The list of accesses to your information was read",
        "110127" => "Emergency access to your information was used",
        "110138" => "Emergency access to your information ended",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(code: &str, action: &str) -> &'static str {
        let event = Event::read(json!({
            "resourceType": "AuditEvent",
            "id": "1",
            "recorded": "2026-04-01T09:30:00Z",
            "type": { "code": "110110" },
            "subtype": [{ "code": code }],
            "action": action,
        }));
        plain_words(&event.unwrap())
    }

    #[test]
    fn what_the_manager_does_has_words() {
        for event in audit::Event::ALL.iter().filter(|event| event.key.ends_with("/pix-manager")) {
            let words = words(event.name(), event.action.code());
            assert_ne!(words, "Your registration was used or changed", "{}", event.key);
        }
        assert!(words("link", "U").contains("decided"));
        assert!(words("link", "R").contains("looked"));
    }
}
