//! A message of our own: who sends it to whom, and its MSH segment.

use datatypes::Dtm;

use crate::charset::Charset;
use crate::delimiters::Delimiters;
use crate::header::{Header, MessageType};

/// What a message that we begin needs beside its content.
///
/// Applications and facilities are of type HD as people write it: a namespace id, or
/// `namespace^universal id^type`. Other delimiters in them are escaped.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingHeader<'a> {
    pub sending_application: &'a str,
    pub sending_facility: &'a str,
    pub receiving_application: &'a str,
    pub receiving_facility: &'a str,
    /// New for each message, at most 20 characters.
    pub control_id: &'a str,
    /// UTC; becomes MSH-7, and EVN-2 of a feed.
    pub time: &'a Dtm,
}

/// What MSH says beside the header.
pub(crate) struct Outgoing<'a> {
    pub(crate) kind: MessageType<'a>,
    pub(crate) version: &'a str,
    /// MSH-21; may be empty.
    pub(crate) profile: &'a str,
}

impl OutgoingHeader<'_> {
    /// MSH-7 and the like.
    pub(crate) fn time_text(&self) -> String {
        format!("{}+0000", self.time)
    }

    /// The whole message with this body, to be encoded in UTF-8.
    pub(crate) fn message(&self, outgoing: &Outgoing<'_>, body: &str) -> String {
        let delimiters = Delimiters::STANDARD;
        let mut header = Header {
            delimiters,
            sending_application: hierarchic(self.sending_application, delimiters),
            sending_facility: hierarchic(self.sending_facility, delimiters),
            receiving_application: hierarchic(self.receiving_application, delimiters),
            receiving_facility: hierarchic(self.receiving_facility, delimiters),
            time: self.time_text(),
            message_type: outgoing.kind.code.to_owned(),
            trigger_event: outgoing.kind.event.to_owned(),
            message_structure: outgoing.kind.structure.to_owned(),
            control_id: delimiters.escape(self.control_id).into_owned(),
            processing_id: "P".to_owned(),
            version: outgoing.version.to_owned(),
            character_set: String::new(),
            message_profile: outgoing.profile.to_owned(),
        };
        if !body.is_ascii() || !header.write().is_ascii() {
            header.character_set = Charset::Utf8.names().to_owned();
        }
        header.write() + body
    }
}

/// The three components of HD, each escaped.
fn hierarchic(name: &str, delimiters: Delimiters) -> String {
    let components: Vec<_> = name.split('^').map(|part| delimiters.escape(part)).collect();
    components.join(delimiters.component.encode_utf8(&mut [0; 4]))
}
