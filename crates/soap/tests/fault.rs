//! Envelopes that we write, read back by the rules of the standard.

use proptest::prelude::{any, prop_assert_eq, proptest};
use soap::{
    ADDRESSING, ANONYMOUS, Fault, FaultCode, ReplyTo, SOAP_12, Subcode, read_end, read_header,
    write_envelope, write_fault, write_request, write_request_with,
};
use xml::{Element, Limits, Reader};

fn reader(text: &str) -> Reader<'_> {
    Reader::new(text, Limits::default()).unwrap()
}

#[track_caller]
fn expect_child<'a>(reader: &mut Reader<'a>, local: &str) -> Element<'a> {
    let child = reader.next_child().unwrap().unwrap();
    assert!(child.is(SOAP_12, local), "found {}, not {local}", child.local());
    child
}

/// The values of `Code` and of its nested subcodes; the reader stands before `Fault`.
fn read_codes(reader: &mut Reader<'_>) -> Vec<String> {
    let mut codes = Vec::new();
    expect_child(reader, "Fault");
    expect_child(reader, "Code");
    let mut depth = 1;
    while depth > 0 {
        match reader.next_child().unwrap() {
            Some(element) if element.is(SOAP_12, "Value") => {
                codes.push(reader.text().unwrap().into_owned());
            }
            Some(element) => {
                assert!(element.is(SOAP_12, "Subcode"));
                depth += 1;
            }
            None => depth -= 1,
        }
    }
    codes
}

#[track_caller]
fn check(code: FaultCode, status: u16, action: &str, codes: &[&str]) {
    let fault = Fault { code, reason: "Because 1 < 2.".to_owned() };
    assert_eq!(fault.http_status(), status);
    let text = write_fault(&fault, Some("urn:uuid:1&2"));
    let mut reader = reader(&text);
    let header = read_header(&mut reader).unwrap();
    let fault_action = format!("{ADDRESSING}/{action}");
    assert_eq!(header.addressing.action, Some(fault_action));
    assert_eq!(read_codes(&mut reader), codes);
    expect_child(&mut reader, "Reason");
    let text = expect_child(&mut reader, "Text");
    assert_eq!(text.attribute_ns("http://www.w3.org/XML/1998/namespace", "lang").unwrap(), "en");
    assert_eq!(reader.text().unwrap(), fault.reason);
    assert!(reader.next_child().unwrap().is_none());
    assert!(reader.next_child().unwrap().is_none());
    read_end(&mut reader).unwrap();
}

#[test]
fn codes_actions_and_status_agree() {
    check(FaultCode::VersionMismatch, 500, "soap/fault", &["soap:VersionMismatch"]);
    check(FaultCode::Receiver, 500, "soap/fault", &["soap:Receiver"]);
    check(FaultCode::Sender { subcode: None }, 400, "soap/fault", &["soap:Sender"]);
    let not_understood = vec![("urn:p".to_owned(), "x".to_owned())];
    check(
        FaultCode::MustUnderstand { not_understood },
        500,
        "soap/fault",
        &["soap:MustUnderstand"],
    );
}

#[test]
fn addressing_faults_have_their_subcodes() {
    const INVALID: &str = "wsa:InvalidAddressingHeader";
    for (subcode, names) in [
        (Subcode::ActionNotSupported, vec!["wsa:ActionNotSupported"]),
        (Subcode::MessageAddressingHeaderRequired, vec!["wsa:MessageAddressingHeaderRequired"]),
        (Subcode::InvalidAddressingHeader, vec![INVALID]),
        (Subcode::InvalidCardinality, vec![INVALID, "wsa:InvalidCardinality"]),
        (Subcode::MissingAddressInEpr, vec![INVALID, "wsa:MissingAddressInEPR"]),
        (Subcode::ActionMismatch, vec![INVALID, "wsa:ActionMismatch"]),
        (
            Subcode::OnlyAnonymousAddressSupported,
            vec![INVALID, "wsa:OnlyAnonymousAddressSupported"],
        ),
    ] {
        let codes = [vec!["soap:Sender"], names].concat();
        check(FaultCode::Sender { subcode: Some(subcode) }, 400, "fault", &codes);
    }
}

#[test]
fn headers_not_understood_are_named() {
    let fault = Fault {
        code: FaultCode::MustUnderstand {
            not_understood: vec![
                ("urn:p?a&b\"".to_owned(), "one".to_owned()),
                (String::new(), "two".to_owned()),
            ],
        },
        reason: String::new(),
    };
    let text = write_fault(&fault, None);
    let mut reader = reader(&text);
    expect_child(&mut reader, "Envelope");
    expect_child(&mut reader, "Header");
    assert_eq!(reader.next_child().unwrap().unwrap().local(), "Action");
    reader.skip().unwrap();
    let block = expect_child(&mut reader, "NotUnderstood");
    assert_eq!(block.attribute("qname").unwrap(), "n:one");
    assert!(text.contains("xmlns:n=\"urn:p?a&amp;b&quot;\""));
    reader.skip().unwrap();
    let block = expect_child(&mut reader, "NotUnderstood");
    assert_eq!(block.attribute("qname").unwrap(), "two");
    reader.skip().unwrap();
    assert!(reader.next_child().unwrap().is_none());
}

#[test]
fn a_version_mismatch_names_the_version_we_speak() {
    let fault = Fault { code: FaultCode::VersionMismatch, reason: String::new() };
    let text = write_fault(&fault, None);
    let mut reader = reader(&text);
    expect_child(&mut reader, "Envelope");
    expect_child(&mut reader, "Header");
    reader.next_child().unwrap();
    reader.skip().unwrap();
    expect_child(&mut reader, "Upgrade");
    let supported = expect_child(&mut reader, "SupportedEnvelope");
    assert_eq!(supported.attribute("qname").unwrap(), "soap:Envelope");
}

#[test]
fn the_display_of_a_fault_is_its_reason() {
    assert_eq!(Fault::sender("Why.").to_string(), "Why.");
}

proptest! {
    #[test]
    fn requests_are_read_back(action in "[!-~]{1,40}", id in "[!-~]{1,40}", to in "[!-~]{1,40}") {
        let text = write_request(&action, &id, &to, "<x/>");
        let mut reader = reader(&text);
        let addressing = read_header(&mut reader).unwrap().addressing;
        prop_assert_eq!(addressing.action, Some(action));
        prop_assert_eq!(addressing.message_id, Some(id));
        prop_assert_eq!(addressing.to, Some(to));
        prop_assert_eq!(addressing.reply_to, ReplyTo::Anonymous);
        prop_assert_eq!(text.matches(ANONYMOUS).count(), 1);
    }

    /// Blocks stand in the header as they are, and nothing else changes.
    #[test]
    fn further_blocks_are_carried_as_they_are(text in "[a-z &;#]{0,20}") {
        let block = format!("<s:b xmlns:s='urn:s' >{}</s:b\n>", text.replace('&', "&amp;"));
        let plain = write_request("urn:a", "urn:uuid:1", "urn:t", "<x/>");
        let with = write_request_with("urn:a", "urn:uuid:1", "urn:t", &block, "<x/>");
        prop_assert_eq!(with.replacen(&block, "", 1), plain);
        let mut reader = reader(&with);
        prop_assert_eq!(read_header(&mut reader).unwrap().addressing.action.unwrap(), "urn:a");
        prop_assert_eq!(with.matches(&format!("{block}</soap:Header>")).count(), 1);
    }

    /// The identifier of a request comes back as it was sent, whatever it is.
    #[test]
    fn the_request_is_named_verbatim(message_id in any::<String>()) {
        let text = write_envelope("urn:x", Some(&message_id), "<x/>");
        let mut reader = reader(&text);
        for local in ["Envelope", "Header"] {
            prop_assert_eq!(reader.next_child().unwrap().unwrap().local(), local);
        }
        reader.next_child().unwrap();
        reader.skip().unwrap();
        prop_assert_eq!(reader.next_child().unwrap().unwrap().local(), "RelatesTo");
        let is_xml = |c: char| c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}') || "\t\r\n".contains(c);
        let expected: String =
            message_id.chars().map(|c| if is_xml(c) { c } else { '\u{FFFD}' }).collect();
        prop_assert_eq!(reader.text().unwrap(), expected);
    }
}
