//! Patients of one case, told about in short: `A1=taro` is a feed of identifier 1 of hospital A about somebody
//! called Taro, `A1>A2` merges 1 into 2, `A1->A9` changes an identifier, `A1~B1` links, `A1!B1` unlinks.

use std::collections::BTreeMap;

use hl7v2::{Charset, decode};

use crate::messages::{ANYBODY, acknowledged, feed, field, pair, pix_query, replace, segments};
use crate::open_manager::{Node, letter, oid};
use crate::rows;

/// A case among others on one database: its patients have identifiers and birth dates of their own.
pub(crate) struct Scene<'a> {
    node: &'a Node,
    tag: String,
    birth: String,
}

impl<'a> Scene<'a> {
    /// `number` tells the case from all others on the node; below 10 000.
    pub(crate) fn new(node: &'a Node, number: usize) -> Scene<'a> {
        let (year, rest) = (1900 + number / 336, number % 336);
        let birth = format!("{year:04}{:02}{:02}", 1 + rest / 28, 1 + rest % 28);
        Scene { node, tag: format!("k{number}k"), birth }
    }

    /// CX of `A1`.
    pub(crate) fn cx(&self, name: &str) -> String {
        let domain = name.chars().next().unwrap();
        format!("{}{name}^^^&{}&ISO", self.tag, oid(domain))
    }

    /// PID-5 to PID-8 of somebody called so.
    pub(crate) fn demographics(&self, word: &str) -> String {
        format!("{word}^{}||{}|M", self.tag, self.birth)
    }

    /// The message of a step.
    pub(crate) fn message(&self, step: &str) -> String {
        if let Some((old, new)) = step.split_once("->") {
            return replace(ANYBODY, "A47", (&self.cx(new), &self.cx(old)));
        }
        if let Some((subsumed, surviving)) = step.split_once('>') {
            return replace(ANYBODY, "A40", (&self.cx(surviving), &self.cx(subsumed)));
        }
        for (sign, event) in [('~', "A24"), ('!', "A37")] {
            if let Some((one, other)) = step.split_once(sign) {
                return pair(ANYBODY, event, (&self.cx(one), &self.cx(other)));
            }
        }
        let (id, word) = step.split_once('=').unwrap();
        feed(ANYBODY, "A04", &self.cx(id), &self.demographics(word))
    }

    /// Sends a step; how it is acknowledged.
    pub(crate) fn tell(&self, step: &str) -> String {
        let message = self.message(step);
        acknowledged(&message, &self.node.send(&message))
    }

    /// Sends steps that must be accepted.
    #[track_caller]
    pub(crate) fn tell_all(&self, steps: &str) {
        for step in steps.split_whitespace() {
            assert_eq!(self.tell(step), "AA", "{step} of {steps}");
        }
    }

    /// Who is one person, by the rows: `A1+B1 A2`.
    pub(crate) fn classes(&self) -> String {
        let mut classes: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for row in rows::patients(&self.node.manager().database) {
            if let Some(name) = row.id.strip_prefix(&self.tag).filter(|_| row.is_active()) {
                classes.entry(row.person_no).or_default().push(name.to_owned());
            }
        }
        let mut classes: Vec<String> = classes
            .into_values()
            .map(|mut names| {
                names.sort();
                names.join("+")
            })
            .collect();
        classes.sort();
        classes.join(" ")
    }

    /// ITI-9: the other identifiers of the person with this one, or where the error is.
    pub(crate) fn others(&self, name: &str) -> String {
        let answer = self.node.send(&pix_query(ANYBODY, &self.cx(name), ""));
        let text = decode(&answer, Charset::Utf8).unwrap();
        if let [error, ..] = segments(&text, "ERR").as_slice() {
            return field(error, 2).to_owned();
        }
        let pids = segments(&text, "PID");
        let ids = pids.iter().flat_map(|pid| field(pid, 3).split('~'));
        let mut names: Vec<String> = ids
            .map(|cx| {
                let (id, rest) = cx.split_once('^').unwrap();
                let (_, authority) = rest.split_once('&').unwrap();
                let (universal, _) = authority.split_once('&').unwrap();
                let name = id.strip_prefix(&self.tag).unwrap_or(id).to_owned();
                if name.starts_with(letter(universal)) { name } else { format!("N:{name}") }
            })
            .collect();
        names.sort();
        names.join(" ")
    }
}
