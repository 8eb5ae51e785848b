//! Conditions that no column serves: the message itself is looked at.

use atna::{AuditMessage, Code};
use fhir::audit_event::{ENTITY_ROLE, ENTITY_TYPE, system_of};
use fhir::token::Token;

/// One condition; its values are alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// NetworkAccessPointID of a participant; by its beginning and in any case, unless exact (FHIR R4, search
    /// parameters of type string).
    Address { values: Vec<String>, is_exact: bool },
    /// ParticipantObjectTypeCode.
    EntityType(Vec<Token>),
    /// ParticipantObjectTypeCodeRole.
    EntityRole(Vec<Token>),
    /// AlternativeUserID.
    AltId(Vec<Token>),
    /// EventID with its system.
    Type(Vec<Token>),
    /// EventTypeCode with its system.
    Subtype(Vec<Token>),
    /// Contradicting conditions.
    Never,
}

impl Condition {
    /// Whether a message fulfils it.
    #[must_use]
    pub fn admits(&self, message: &AuditMessage) -> bool {
        let numbered = |tokens: &[Token], system: &str, number: Option<u8>| {
            number.is_some_and(|number| any(tokens, Some(system), &number.to_string()))
        };
        let mut participants = message.participants.iter();
        let mut objects = message.objects.iter();
        match self {
            Condition::Address { values, is_exact } => participants.any(|participant| {
                let point = participant.network_access_point.as_ref();
                point.is_some_and(|point| {
                    values.iter().any(|value| matches_text(value, &point.id, *is_exact))
                })
            }),
            Condition::EntityType(tokens) => {
                objects.any(|object| numbered(tokens, ENTITY_TYPE, object.type_code))
            }
            Condition::EntityRole(tokens) => {
                objects.any(|object| numbered(tokens, ENTITY_ROLE, object.role))
            }
            Condition::AltId(tokens) => participants.any(|participant| {
                participant.alternative_user_id.as_ref().is_some_and(|id| any(tokens, None, id))
            }),
            Condition::Type(tokens) => is_code(tokens, &message.event.id),
            Condition::Subtype(tokens) => {
                message.event.types.iter().any(|code| is_code(tokens, code))
            }
            Condition::Never => false,
        }
    }
}

fn any(tokens: &[Token], system: Option<&str>, value: &str) -> bool {
    tokens.iter().any(|token| token.is(system, value))
}

/// By the system's name in DICOM as well: who asks may know that one only.
fn is_code(tokens: &[Token], code: &Code) -> bool {
    let system = system_of(&code.system);
    any(tokens, system.as_deref(), &code.code) || any(tokens, Some(&code.system), &code.code)
}

fn matches_text(wanted: &str, text: &str, is_exact: bool) -> bool {
    if is_exact {
        return wanted == text;
    }
    text.to_lowercase().starts_with(&wanted.to_lowercase())
}
