//! A SOAP fault as an answer (SOAP 1.2 part 1, section 5.4).

use soap::SOAP_12;
use xml::{Reader, XmlError};

/// What a fault says to its receiver.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ReceivedFault {
    /// Code `Sender`, `VersionMismatch` or `MustUnderstand`: the request was not carried out.
    pub(super) is_of_sender: bool,
    /// The first reason text; empty if there is none.
    pub(super) reason: String,
}

/// Reads a `Fault` after its start; details and subcodes are passed over.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<ReceivedFault, XmlError> {
    let (mut code, mut reason) = (None, None);
    while let Some(child) = reader.next_child()? {
        if child.is(SOAP_12, "Code") {
            code = first_text(reader, "Value")?;
        } else if child.is(SOAP_12, "Reason") {
            reason = first_text(reader, "Text")?;
        } else {
            reader.skip()?;
        }
    }
    let code = code.unwrap_or_default();
    // A qualified name; which prefix the sender chose says nothing.
    let code = code.trim().rsplit(':').next().unwrap_or_default();
    Ok(ReceivedFault {
        is_of_sender: matches!(code, "Sender" | "VersionMismatch" | "MustUnderstand"),
        reason: reason.unwrap_or_default().trim().to_owned(),
    })
}

/// The text of the first child with this name; reads through the end of the parent.
fn first_text(reader: &mut Reader<'_>, local: &str) -> Result<Option<String>, XmlError> {
    let mut text = None;
    while let Some(child) = reader.next_child()? {
        if text.is_none() && child.is(SOAP_12, local) {
            text = Some(reader.text()?.into_owned());
        } else {
            reader.skip()?;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use soap::{Fault, Subcode};
    use xml::Limits;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &ReceivedFault) {
        let mut reader = Reader::new(text, Limits::default()).unwrap();
        soap::read_header(&mut reader).unwrap();
        reader.next_child().unwrap().unwrap();
        assert_eq!(&read(&mut reader).unwrap(), expected, "{text}");
        soap::read_end(&mut reader).unwrap();
    }

    #[test]
    fn our_own_faults_are_understood() {
        let fault = Fault::addressing(Subcode::ActionNotSupported, "Not <here>.");
        let expected = ReceivedFault { is_of_sender: true, reason: "Not <here>.".to_owned() };
        check(&soap::write_fault(&fault, None), &expected);
        let expected = ReceivedFault { is_of_sender: false, reason: "We failed.".to_owned() };
        check(&soap::write_fault(&Fault::receiver("We failed."), None), &expected);
    }

    #[test]
    fn faults_of_other_stacks_are_understood() {
        let text = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>\
            <s:Fault><s:Code><s:Value> s:MustUnderstand\n</s:Value></s:Code><s:Reason>\
            <s:Text xml:lang='de'>Nein</s:Text><s:Text xml:lang='en'>No</s:Text></s:Reason>\
            <s:Node>x</s:Node><s:Detail><a><b/></a></s:Detail></s:Fault></s:Body></s:Envelope>";
        check(text, &ReceivedFault { is_of_sender: true, reason: "Nein".to_owned() });
    }

    #[test]
    fn a_fault_that_says_nothing_blames_nobody() {
        let text = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>\
            <s:Fault/></s:Body></s:Envelope>";
        check(text, &ReceivedFault { is_of_sender: false, reason: String::new() });
    }
}
