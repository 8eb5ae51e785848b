//! `[[partners]]`: what is peculiar to the systems that send HL7 v2.

use crate::reader::{Form, SWITCH, Section};
use crate::sender::{self, SenderPattern};

/// A system that feeds or asks, and the character sets that it really knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerConfig {
    /// `application` and `facility`, by default `"*"`, which is any.
    pub sender: SenderPattern,
    /// `charset`: what it really sends, whatever MSH-18 says. Default none: MSH-18 is believed.
    pub charset: Option<PartnerCharset>,
    /// `accepts_utf8`: an answer changes to UTF-8 if a name cannot be written in the character
    /// set of the query. Otherwise what cannot be written is shown as 〓. Default false.
    pub accepts_utf8: bool,
}

/// A character set that partners send without saying so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartnerCharset {
    /// `"shift-jis"`, with the extensions of Windows.
    ShiftJis,
    /// `"euc-jp"`.
    EucJp,
    /// `"iso-2022-jp"`.
    Iso2022Jp,
    /// `"utf-8"`.
    Utf8,
}

const PART: Form<Option<String>> = Form {
    read: |value| sender::part(value.as_str()?),
    wanted: "the field as sent, up to 227 characters without |, or \"*\" for any",
};

const CHARSET: Form<PartnerCharset> = Form {
    read: |value| match value.as_str()? {
        "shift-jis" => Some(PartnerCharset::ShiftJis),
        "euc-jp" => Some(PartnerCharset::EucJp),
        "iso-2022-jp" => Some(PartnerCharset::Iso2022Jp),
        "utf-8" => Some(PartnerCharset::Utf8),
        _ => None,
    },
    wanted: "one of \"shift-jis\", \"euc-jp\", \"iso-2022-jp\", \"utf-8\"",
};

/// In their order: the first that means a sender counts.
pub(super) fn read_partners(root: &Section<'_>) -> Vec<PartnerConfig> {
    let mut before: Vec<SenderPattern> = Vec::new();
    root.tables("partners", |section| {
        let application = section.required("application", &PART);
        let facility = section.optional("facility", &PART).unwrap_or(None);
        let charset = section.optional("charset", &CHARSET);
        let accepts_utf8 = section.optional("accepts_utf8", &SWITCH).unwrap_or(false);
        let sender = SenderPattern { application: application?, facility };
        if before.iter().any(|earlier| earlier.covers(&sender)) {
            let remedy = "the first entry that fits counts: put the particular before the general";
            section.refuse("application", "an entry above means all these senders", remedy);
        }
        before.push(sender.clone());
        Some(PartnerConfig { sender, charset, accepts_utf8 })
    })
}
