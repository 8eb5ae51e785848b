//! Reading the envelope around a payload: version, header blocks, end.

use std::ops::Range;

use xml::{Element, Limits, Reader};

use crate::fault::{Fault, FaultCode, Subcode};
use crate::{ADDRESSING, ANONYMOUS, SOAP_12, WS_SECURITY};

/// SOAP 1.2 part 1, section 2.2: the roles an endpoint plays; no role attribute means the second.
const OUR_ROLES: [&str; 2] = [
    "http://www.w3.org/2003/05/soap-envelope/role/next",
    "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver",
];

/// The header blocks that were addressed to us.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// The WS-Addressing blocks.
    pub addressing: Addressing,
    /// The `wsse:Security` block.
    pub security: Option<SecurityBlock>,
}

/// A `wsse:Security` block; what is in it nobody has looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityBlock {
    /// Its bytes in the message, tags included.
    pub span: Range<usize>,
    /// Itself with the namespaces that were declared around it: two blocks of one text mean the same, wherever
    /// they stand.
    pub text: String,
}

/// WS-Addressing 1.0 message addressing properties, as far as IHE uses them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addressing {
    /// `wsa:Action` without surrounding white space.
    pub action: Option<String>,
    /// `wsa:MessageID` as it was sent, because it is echoed verbatim.
    pub message_id: Option<String>,
    /// The first `wsa:RelatesTo`: in an answer, the identifier of the request.
    pub relates_to: Option<String>,
    /// `wsa:ReplyTo`; absence means anonymous (WS-Addressing 1.0 core, section 3.2).
    pub reply_to: ReplyTo,
    /// `wsa:To`; never compared with our own address, which proxies hide.
    pub to: Option<String>,
}

/// Where the answer goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ReplyTo {
    /// Back on the same connection.
    #[default]
    Anonymous,
    /// To this address. Whoever connects to it must check it against a list first.
    Address(String),
}

/// Reads `Envelope` and `Header` and stops just after the start of `Body`.
///
/// The caller reads the payload with [`Reader::next_child`] and then calls [`read_end`].
///
/// # Errors
/// `VersionMismatch` for any other root element than the SOAP 1.2 envelope, `MustUnderstand`
/// for header blocks we do not know, `Sender` for everything else.
pub fn read_header(reader: &mut Reader<'_>) -> Result<Header, Fault> {
    open_envelope(reader)?;
    let mut header = Header::default();
    let mut first = reader.next_child()?;
    if first.as_ref().is_some_and(|element| element.is(SOAP_12, "Header")) {
        header = read_blocks(reader)?;
        first = reader.next_child()?;
    }
    match first {
        Some(element) if element.is(SOAP_12, "Body") => Ok(header),
        _ => Err(Fault::sender("The envelope has no Body where it must stand.")),
    }
}

/// After the payload was read: the end of `Body`, of `Envelope` and of the document.
///
/// # Errors
/// `Sender` when `Body` has a second child or anything follows it.
pub fn read_end(reader: &mut Reader<'_>) -> Result<(), Fault> {
    if reader.next_child()?.is_some() {
        return Err(Fault::sender("The Body has more than one child."));
    }
    if reader.next_child()?.is_some() {
        return Err(Fault::sender("An element follows the Body."));
    }
    Ok(reader.expect_end()?)
}

/// The `wsa:MessageID` of a message that [`read_header`] refused, as far as it can be found.
///
/// A fault must name the message it answers even when the header that made it fail stands
/// before the identifier.
pub fn message_id(text: &str, limits: Limits) -> Option<String> {
    let mut reader = Reader::new(text, limits).ok()?;
    reader.next_child().ok()??;
    if !reader.next_child().ok()??.is(SOAP_12, "Header") {
        return None;
    }
    while let Some(block) = reader.next_child().ok()? {
        if block.is(ADDRESSING, "MessageID") && is_for_us(&block) {
            let identifier = reader.text().ok()?;
            return Some(identifier.into_owned()).filter(|text| !trim(text).is_empty());
        }
        reader.skip().ok()?;
    }
    None
}

fn open_envelope(reader: &mut Reader<'_>) -> Result<(), Fault> {
    match reader.next_child()? {
        Some(root) if root.is(SOAP_12, "Envelope") => Ok(()),
        _ => Err(Fault {
            code: FaultCode::VersionMismatch,
            reason: "The root element is not a SOAP 1.2 envelope.".to_owned(),
        }),
    }
}

/// What was found so far in the header.
#[derive(Default)]
struct Blocks {
    header: Header,
    reply_to: Option<ReplyTo>,
    has_fault_to: bool,
    not_understood: Vec<(String, String)>,
    /// The first fault of addressing. It waits until the end, because a block that is not
    /// understood comes first: SOAP 1.2 part 1, section 2.6.
    addressing_fault: Option<Fault>,
}

fn read_blocks(reader: &mut Reader<'_>) -> Result<Header, Fault> {
    let mut blocks = Blocks::default();
    while let Some(block) = reader.next_child()? {
        if !is_for_us(&block) {
            reader.skip()?;
        } else if block.namespace() == ADDRESSING {
            blocks.read_addressing(block.local(), reader)?;
        } else if block.is(WS_SECURITY, "Security") {
            blocks.read_security(&block, reader)?;
        } else {
            if must_understand(&block) {
                let name = (block.namespace().to_owned(), block.local().to_owned());
                blocks.not_understood.push(name);
            }
            reader.skip()?;
        }
    }
    blocks.finish()
}

impl Blocks {
    fn read_addressing(&mut self, local: &str, reader: &mut Reader<'_>) -> Result<(), Fault> {
        let addressing = &mut self.header.addressing;
        let outcome = match local {
            "Action" => {
                let action = trim(&reader.text()?).to_owned();
                set_once(&mut addressing.action, action)
            }
            "MessageID" => set_once(&mut addressing.message_id, reader.text()?.into_owned()),
            "To" => set_once(&mut addressing.to, trim(&reader.text()?).to_owned()),
            "ReplyTo" => {
                let address = read_address(reader)?;
                read_reply_to(&mut self.reply_to, address)
            }
            "FaultTo" => {
                reader.skip()?;
                let repeated = std::mem::replace(&mut self.has_fault_to, true);
                if repeated { Err(repeated_header()) } else { Ok(()) }
            }
            "RelatesTo" if addressing.relates_to.is_none() => {
                addressing.relates_to = Some(reader.text()?.into_owned());
                Ok(())
            }
            // From, further relations, reference parameters: nothing of ours depends on them.
            _ => Ok(reader.skip()?),
        };
        if let Err(fault) = outcome {
            self.addressing_fault.get_or_insert(fault);
        }
        Ok(())
    }

    /// WS-Security 1.1, section 5: two `Security` blocks must not have the same role. Taking
    /// either of them would let a sender show one assertion to us and another one to others.
    fn read_security<'a>(
        &mut self,
        block: &Element<'a>,
        reader: &mut Reader<'a>,
    ) -> Result<(), Fault> {
        reader.skip()?;
        let span = block.span_start()..reader.position();
        let block = SecurityBlock { span, text: reader.excerpt(block) };
        match self.header.security.replace(block) {
            None => Ok(()),
            Some(_) => Err(Fault::failed_authentication()),
        }
    }

    fn finish(mut self) -> Result<Header, Fault> {
        if !self.not_understood.is_empty() {
            return Err(Fault {
                code: FaultCode::MustUnderstand { not_understood: self.not_understood },
                reason: "A mandatory header block was not understood.".to_owned(),
            });
        }
        if let Some(fault) = self.addressing_fault {
            return Err(fault);
        }
        self.header.addressing.reply_to = self.reply_to.unwrap_or_default();
        Ok(self.header)
    }
}

/// WS-Addressing 1.0 SOAP binding, section 3.2: these headers must not be repeated.
fn set_once(slot: &mut Option<String>, value: String) -> Result<(), Fault> {
    if slot.is_some() {
        return Err(repeated_header());
    }
    if trim(&value).is_empty() {
        return Err(Fault::addressing(
            Subcode::InvalidAddressingHeader,
            "An addressing header is empty.",
        ));
    }
    *slot = Some(value);
    Ok(())
}

fn repeated_header() -> Fault {
    Fault::addressing(Subcode::InvalidCardinality, "An addressing header is repeated.")
}

fn read_reply_to(slot: &mut Option<ReplyTo>, address: Option<String>) -> Result<(), Fault> {
    if slot.is_some() {
        return Err(repeated_header());
    }
    let address = address.ok_or_else(|| {
        Fault::addressing(Subcode::MissingAddressInEpr, "The ReplyTo header has no Address.")
    })?;
    *slot = Some(match address.as_str() {
        ANONYMOUS => ReplyTo::Anonymous,
        _ => ReplyTo::Address(address),
    });
    Ok(())
}

/// The `Address` of an endpoint reference, WS-Addressing 1.0 core, section 2.2.
fn read_address(reader: &mut Reader<'_>) -> Result<Option<String>, Fault> {
    let mut address = None;
    while let Some(child) = reader.next_child()? {
        if child.is(ADDRESSING, "Address") && address.is_none() {
            address = Some(trim(&reader.text()?).to_owned()).filter(|text| !text.is_empty());
        } else {
            reader.skip()?;
        }
    }
    Ok(address)
}

fn is_for_us(block: &Element<'_>) -> bool {
    is_our_role(block.attribute_ns(SOAP_12, "role").as_deref())
}

/// Whether a header block with this `role`, or with none, is addressed to us.
pub fn is_our_role(role: Option<&str>) -> bool {
    role.is_none_or(|role| OUR_ROLES.contains(&trim(role)))
}

/// Only the attribute of the SOAP namespace counts; some stacks also send one in the
/// addressing namespace, which means nothing.
fn must_understand(block: &Element<'_>) -> bool {
    block
        .attribute_ns(SOAP_12, "mustUnderstand")
        .is_some_and(|value| matches!(trim(&value), "1" | "true"))
}

/// Removes XML white space, which may surround any URI (XML Schema part 2, `collapse`).
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}
