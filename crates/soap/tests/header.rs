//! Envelopes: what is understood, what is ignored, what is refused.

use soap::{
    Fault, FaultCode, Header, ReplyTo, SOAP_12, Subcode, message_id, read_end, read_header,
};
use xml::{Limits, Reader};

use crate::sample;

const ACTION: &str = "<a:Action s:mustUnderstand='1'>urn:x</a:Action>";

fn envelope(header: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='{SOAP_12}' xmlns:a='http://www.w3.org/2005/08/addressing' \
         xmlns:o='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'>\
         <s:Header>{header}</s:Header><s:Body><x/></s:Body></s:Envelope>"
    )
}

/// Header of a whole message; the payload must be one element.
fn read(text: &str) -> Result<Header, Fault> {
    let mut reader = Reader::new(text, Limits::default())?;
    let header = read_header(&mut reader)?;
    reader.next_child()?.ok_or_else(|| Fault::receiver("no payload"))?;
    reader.skip()?;
    read_end(&mut reader)?;
    Ok(header)
}

#[track_caller]
fn refuse(text: &str, code: &FaultCode) {
    assert_eq!(read(text).unwrap_err().code, *code);
}

const SENDER: FaultCode = FaultCode::Sender { subcode: None };

const fn addressing(subcode: Subcode) -> FaultCode {
    FaultCode::Sender { subcode: Some(subcode) }
}

fn must_understand(names: &[(&str, &str)]) -> FaultCode {
    let owned = |(namespace, local): &(&str, &str)| ((*namespace).to_owned(), (*local).to_owned());
    FaultCode::MustUnderstand { not_understood: names.iter().map(owned).collect() }
}

#[test]
fn addressing_headers_are_read() {
    let header = read(&envelope(
        "<a:Action>\r\n  urn:x\n</a:Action><a:MessageID> uuid:1 </a:MessageID>\
         <a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>\
         <a:To>http://here/</a:To><a:From><a:Address>x</a:Address></a:From><a:FaultTo/>\
         <a:RelatesTo>urn:uuid:2</a:RelatesTo><a:RelatesTo>urn:uuid:3</a:RelatesTo>",
    ))
    .unwrap();
    assert_eq!(header.addressing.action.as_deref(), Some("urn:x"));
    assert_eq!(header.addressing.message_id.as_deref(), Some(" uuid:1 "));
    assert_eq!(header.addressing.reply_to, ReplyTo::Anonymous);
    assert_eq!(header.addressing.to.as_deref(), Some("http://here/"));
    assert_eq!(header.security, None);
}

#[test]
fn a_foreign_reply_address_is_reported() {
    let reply = "<a:ReplyTo s:mustUnderstand='1'><a:ReferenceParameters><x/></a:ReferenceParameters>\
                 <a:Address> https://elsewhere/ </a:Address></a:ReplyTo>";
    let header = read(&envelope(reply)).unwrap();
    assert_eq!(header.addressing.reply_to, ReplyTo::Address("https://elsewhere/".to_owned()));
}

#[test]
fn the_header_may_be_missing() {
    let text = format!("<Envelope xmlns='{SOAP_12}'><Body><x xmlns=''/></Body></Envelope>\n");
    assert_eq!(read(&text).unwrap(), Header::default());
}

#[test]
fn another_root_is_a_version_mismatch() {
    for text in [
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body><x/></Body></Envelope>",
        "<Envelope><Body><x/></Body></Envelope>",
        "<x xmlns='http://www.w3.org/2003/05/soap-envelope'/>",
    ] {
        refuse(text, &FaultCode::VersionMismatch);
    }
}

#[test]
fn unknown_headers_are_ignored() {
    let header = read(&envelope(
        "<ActivityId xmlns='http://schemas.microsoft.com/2004/09/ServiceModel/Diagnostics'>1</ActivityId>\
         <old:Action xmlns:old='http://schemas.xmlsoap.org/ws/2004/08/addressing'>urn:old</old:Action>\
         <x s:mustUnderstand='0'/><x s:mustUnderstand='false'/><x mustUnderstand='1'/>\
         <x a:mustUnderstand='1'/>",
    ))
    .unwrap();
    assert_eq!(header.addressing.action, None);
}

#[test]
fn unknown_mandatory_headers_are_refused_all_at_once() {
    refuse(
        &envelope(
            "<p:one xmlns:p='urn:p' s:mustUnderstand='1'><p:two s:mustUnderstand='1'/></p:one>\
             <a:Action/><three s:mustUnderstand=' true '/>",
        ),
        &must_understand(&[("urn:p", "one"), ("", "three")]),
    );
    refuse(
        &envelope(
            "<old:Action xmlns:old='http://schemas.xmlsoap.org/ws/2004/08/addressing' \
             s:mustUnderstand='1'>urn:old</old:Action>",
        ),
        &must_understand(&[("http://schemas.xmlsoap.org/ws/2004/08/addressing", "Action")]),
    );
}

#[test]
fn only_headers_for_us_count() {
    let elsewhere = "<x s:mustUnderstand='1' s:role='urn:other'/>\
        <x s:mustUnderstand='1' s:role='http://www.w3.org/2003/05/soap-envelope/role/none'/>\
        <a:Action s:role='urn:other'>urn:wrong</a:Action>";
    let header = read(&envelope(&format!("{elsewhere}{ACTION}"))).unwrap();
    assert_eq!(header.addressing.action.as_deref(), Some("urn:x"));
    for role in ["next", "ultimateReceiver"] {
        let block = format!("<x s:mustUnderstand='1' s:role='{SOAP_12}/role/{role}'/>");
        refuse(&envelope(&block), &must_understand(&[("", "x")]));
    }
}

#[test]
fn addressing_headers_must_not_repeat() {
    let reply = "<a:ReplyTo><a:Address>urn:r</a:Address></a:ReplyTo>";
    for block in [ACTION, "<a:MessageID>1</a:MessageID>", "<a:To>1</a:To>", reply, "<a:FaultTo/>"] {
        assert!(read(&envelope(block)).is_ok());
        refuse(&envelope(&block.repeat(2)), &addressing(Subcode::InvalidCardinality));
    }
}

#[test]
fn addressing_headers_must_have_content() {
    for name in ["Action", "MessageID", "To"] {
        let block = format!("<a:{name}> </a:{name}>");
        refuse(&envelope(&block), &addressing(Subcode::InvalidAddressingHeader));
    }
    for block in ["<a:ReplyTo/>", "<a:ReplyTo><a:Address> </a:Address></a:ReplyTo>"] {
        refuse(&envelope(block), &addressing(Subcode::MissingAddressInEpr));
    }
    refuse(&envelope("<a:Action><x/></a:Action>"), &SENDER);
}

#[test]
fn security_is_understood_and_its_bytes_are_known() {
    let security = "<o:Security s:mustUnderstand='1'><x>1</x></o:Security>";
    let text = envelope(&format!("{ACTION}{security}<y/>"));
    let span = read(&text).unwrap().security.unwrap().span;
    assert_eq!(text.get(span), Some(security));
    let text = envelope("<o:Security s:mustUnderstand='1'/>");
    let span = read(&text).unwrap().security.unwrap().span;
    assert_eq!(text.get(span), Some("<o:Security s:mustUnderstand='1'/>"));
    refuse(&envelope(&security.repeat(2)), &Fault::failed_authentication().code);
    let elsewhere = "<o:Security s:role='urn:other'/>";
    assert_eq!(read(&envelope(elsewhere)).unwrap().security, None);
}

#[test]
fn the_body_has_one_child_and_nothing_follows() {
    let whole = envelope(ACTION);
    for (from, to) in [
        ("<x/>", "<x/><y/>"),
        ("<x/>", "<x/>text"),
        ("</s:Body>", "</s:Body><x/>"),
        ("</s:Body>", "</s:Body>text"),
        ("</s:Envelope>", "</s:Envelope>text"),
        ("</s:Envelope>", "</s:Envelope><x/>"),
        ("<s:Body>", "<s:Header/><s:Body>"),
        ("<s:Body><x/></s:Body>", ""),
        ("<s:Body><x/></s:Body>", "<Body><x/></Body>"),
    ] {
        let text = whole.replace(from, to);
        assert_ne!(text, whole);
        refuse(&text, &SENDER);
    }
    assert!(read(&format!("{whole}\n<!-- -->")).is_ok());
}

#[test]
fn unreadable_xml_is_a_fault_of_the_sender_without_content() {
    let fault = read(&envelope("<Yamada>&Taro;</Yamada>")).unwrap_err();
    assert_eq!(fault.code, SENDER);
    assert!(!fault.reason.contains("Yamada") && !fault.reason.contains("Taro"));
    refuse(&format!("<!DOCTYPE x>{}", envelope("")), &SENDER);
    refuse("", &SENDER);
}

#[test]
fn the_message_id_of_a_refused_message_is_found() {
    let found = |text: &str| message_id(text, Limits::default());
    let late = "<x s:mustUnderstand='1'/><a:MessageID>urn:uuid:1</a:MessageID>";
    assert!(read(&envelope(late)).is_err());
    assert_eq!(found(&envelope(late)).as_deref(), Some("urn:uuid:1"));
    let old = envelope(late).replace(SOAP_12, "urn:old");
    assert_eq!(found(&old), None);
    assert_eq!(found(&envelope("<a:MessageID> </a:MessageID>")), None);
    assert_eq!(found(&envelope("<a:MessageID s:role='urn:other'>1</a:MessageID>")), None);
    assert_eq!(found(&envelope("")), None);
    assert_eq!(found("<x"), None);
}

#[test]
fn published_messages_are_read() {
    for (path, action) in [
        ("iti41/pnr-response-soap.xml", "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse"),
        ("iti42/register-soap.xml", "urn:ihe:iti:2007:RegisterDocumentSet-b"),
        ("iti42/register-response-soap.xml", "urn:ihe:iti:2007:RegisterDocumentSet-bResponse"),
        ("iti43/retrieve-soap.xml", "urn:ihe:iti:2007:RetrieveDocumentSet"),
        ("iti43/retrieve-response-soap.xml", "urn:ihe:iti:2007:RetrieveDocumentSetResponse"),
    ] {
        let Some(bytes) = sample(path) else { return };
        let text = xml::decode(&bytes, None).unwrap();
        let header = read(&text).unwrap();
        assert_eq!(header.addressing.action.as_deref(), Some(action), "{path}");
        assert_eq!(header.addressing.reply_to, ReplyTo::Anonymous);
    }
}
