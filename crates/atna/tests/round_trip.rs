//! Reading undoes writing.

use proptest::prelude::*;

use crate::generate::{any_text, audit_message};
use crate::support::{minimal, read};

proptest! {
    #[test]
    fn what_is_written_is_read(message in audit_message()) {
        let text = message.to_xml();
        prop_assert!(read(&text).as_ref() == Ok(&message), "{text}");
    }

    /// A record must not become unreadable by what somebody sent.
    #[test]
    fn any_text_leaves_a_message_that_can_be_read(text in any_text()) {
        let mut message = read(&minimal("")).unwrap();
        message.source.id.clone_from(&text);
        message.event.outcome_description = Some(text.clone());
        let again = read(&message.to_xml()).unwrap();
        prop_assert_eq!(again.source.id.chars().count(), text.chars().count());
        prop_assert_eq!(Some(again.source.id), again.event.outcome_description);
    }
}

#[test]
fn what_xml_cannot_say_is_replaced_visibly() {
    let mut message = read(&minimal("")).unwrap();
    message.source.id = "a\0b\u{1B}[31m\u{FFFF}c".to_owned();
    let again = read(&message.to_xml()).unwrap();
    assert_eq!(again.source.id, "a\u{FFFD}b\u{FFFD}[31m\u{FFFD}c");
}
