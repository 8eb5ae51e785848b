//! `[[consumers]]`: who is told when cross-references change (ITI-10, ITI-46).

use std::collections::HashSet;

use datatypes::Oid;

use crate::actor::address::ConsumerAddress;
use crate::agreement::Agreement;
use crate::reader::{Form, NAME, Section};
use crate::sender;

/// A Patient Identifier Cross-reference Consumer that is told of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerConfig {
    /// `name`, in logs and for people; each consumer has its own.
    pub name: String,
    /// `notify`.
    pub notify: ConsumerAddress,
    /// `domains`: names of the agreement's domains, that of the affinity domain included. The
    /// consumer is told of changes of identifiers in them, and of those identifiers only.
    pub domains: Vec<String>,
    /// `application`: MSH-5; in HL7 v3 the OID of the receiver's device. Default none.
    pub application: Option<String>,
    /// `facility`: MSH-6; in HL7 v3 the OID of the organization of the receiver. Default none.
    pub facility: Option<String>,
}

const NOTIFY: Form<ConsumerAddress> = Form {
    read: |value| ConsumerAddress::parse(value.as_str()?),
    wanted: "\"mllps://HOST:PORT\" (HL7 v2) or a URL \"https://…\" (HL7 v3); \"mllp://…\" and \
             \"http://…\" on loopback only",
};

/// A field that names one system.
const FIELD: Form<String> = Form {
    read: |value| sender::part(value.as_str()?)?.filter(|text| !text.is_empty()),
    wanted: "a text of 1 to 227 characters on one line, without | and *",
};

/// The agreement, if it could be read, says which domains there are.
pub(super) fn read_consumers(
    root: &Section<'_>,
    agreement: Option<&Agreement>,
) -> Vec<ConsumerConfig> {
    let mut names = HashSet::new();
    root.tables("consumers", |section| {
        let name = section.required("name", &NAME);
        if name.as_ref().is_some_and(|name| !names.insert(name.clone())) {
            section.refuse("name", "another consumer has this name", "give each its own name");
        }
        let notify = section.required("notify", &NOTIFY);
        let domains = read_domains(section, agreement);
        let application = section.optional("application", &FIELD);
        let facility = section.optional("facility", &FIELD);
        if matches!(notify, Some(ConsumerAddress::Soap(_))) {
            for (key, text) in [("application", &application), ("facility", &facility)] {
                if text.as_ref().is_some_and(|text| Oid::parse(text).is_err()) {
                    let remedy = "HL7 v3 names systems by OIDs: digits and dots, without urn:oid:";
                    section.refuse(key, "not an OID", remedy);
                }
            }
        }
        Some(ConsumerConfig { name: name?, notify: notify?, domains, application, facility })
    })
}

fn read_domains(section: &Section<'_>, agreement: Option<&Agreement>) -> Vec<String> {
    let items = section.items("domains", &NAME);
    if section.is_absent("domains") || section.is_empty_list("domains") {
        section.refuse("domains", "no domain is named", "name the domains of which it is told");
    }
    let mut domains: Vec<String> = Vec::new();
    for item in items {
        let listed = agreement.map(|agreement| agreement.domain(&item.value));
        if domains.contains(&item.value) {
            section.refuse_item("domains", &item, "listed before", "list each domain once");
        } else if listed.is_some_and(|domain| domain.is_none()) {
            let remedy = "wanted: the name of a domain of affinity-domain.toml";
            section.refuse_item("domains", &item, "the agreement has no such domain", remedy);
        } else if listed.flatten().is_some_and(|domain| domain.sensitive) {
            let remedy = "nobody is told of identifiers in a sensitive domain: leave it out";
            section.refuse_item("domains", &item, "the domain is sensitive", remedy);
        }
        domains.push(item.value);
    }
    domains
}
