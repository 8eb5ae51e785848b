//! Questions as clients write them: quoted or not, lists in one value or in several, white space between.

use xds::query::{AdhocQueryRequest, QueryId, RawParameter, ReturnType};

use super::question::{Bounds, Coded, Conditions, Named, Question, SINGLE};
use crate::dice::Dice;
use crate::requests::{patient, query, quoted};

pub(super) fn request(
    question: &Question,
    return_type: ReturnType,
    dice: &mut Dice,
) -> AdhocQueryRequest {
    let mut writing = Writing { parameters: Vec::new(), dice };
    let id = match question {
        Question::FindDocuments(conditions) => {
            writing.conditions(conditions);
            let by_reference = !conditions.reference_ids.is_empty();
            if by_reference { QueryId::FindDocumentsByReferenceId } else { QueryId::FindDocuments }
        }
        Question::GetDocuments(Named::Uuids(uuids)) => {
            let uuids = uuids.iter().map(ToString::to_string).collect();
            writing.list("$XDSDocumentEntryEntryUUID", uuids);
            QueryId::GetDocuments
        }
        Question::GetDocuments(Named::UniqueIds(unique_ids)) => {
            writing.list("$XDSDocumentEntryUniqueId", unique_ids.clone());
            QueryId::GetDocuments
        }
    };
    let mut parameters = writing.parameters;
    dice.shuffle(&mut parameters);
    AdhocQueryRequest { parameters, ..query(id, return_type, []) }
}

struct Writing<'a> {
    parameters: Vec<RawParameter>,
    dice: &'a mut Dice,
}

impl Writing<'_> {
    fn conditions(&mut self, conditions: &Conditions) {
        let stranger = patient("nobody");
        let patient = conditions.patient.as_ref().unwrap_or(&stranger).to_cx();
        let patient = if self.dice.chance(80) {
            quoted(&patient)
        } else {
            format!("('{}')", patient.replace('\'', "''"))
        };
        self.slot("$XDSDocumentEntryPatientId", vec![patient]);
        self.list("$XDSDocumentEntryStatus", conditions.statuses.clone());
        if let Some(types) = &conditions.types {
            self.list("$XDSDocumentEntryType", types.clone());
        }
        for ((name, _), codes) in SINGLE.iter().zip(&conditions.singles) {
            self.codes(name, codes);
        }
        for codes in &conditions.confidentiality {
            self.codes("$XDSDocumentEntryConfidentialityCode", codes);
        }
        for codes in &conditions.events {
            self.codes("$XDSDocumentEntryEventCodeList", codes);
        }
        let names = [
            ("$XDSDocumentEntryCreationTimeFrom", "$XDSDocumentEntryCreationTimeTo"),
            ("$XDSDocumentEntryServiceStartTimeFrom", "$XDSDocumentEntryServiceStartTimeTo"),
            ("$XDSDocumentEntryServiceStopTimeFrom", "$XDSDocumentEntryServiceStopTimeTo"),
        ];
        for ((from, to), bounds) in names.into_iter().zip(&conditions.times) {
            self.bounds((from, to), bounds);
        }
        if !conditions.persons.is_empty() {
            self.list("$XDSDocumentEntryAuthorPerson", conditions.persons.clone());
        }
        for ids in &conditions.reference_ids {
            self.list("$XDSDocumentEntryReferenceIdList", ids.clone());
        }
    }

    fn slot(&mut self, name: &str, values: Vec<String>) {
        self.parameters.push(RawParameter { name: name.to_owned(), values });
    }

    fn codes(&mut self, name: &str, codes: &[Coded]) {
        if !codes.is_empty() {
            let codes = codes.iter().map(|(code, scheme)| format!("{code}^^{scheme}"));
            self.list(name, codes.collect());
        }
    }

    fn bounds(&mut self, (from, to): (&str, &str), bounds: &Bounds) {
        for (name, bound) in [(from, &bounds.from), (to, &bounds.to)] {
            if let Some(bound) = bound {
                let value = if self.dice.chance(30) { quoted(bound) } else { bound.clone() };
                self.slot(name, vec![value]);
            }
        }
    }

    /// One OR-list in any of its notations.
    fn list(&mut self, name: &str, texts: Vec<String>) {
        let items: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
        let values = match self.dice.below(4) {
            0 => items.iter().map(|item| format!("({item})")).collect(),
            1 => items,
            2 => vec![format!(" (\n {} ) ", items.join("\t,\n"))],
            _ => vec![format!("({})", items.join(","))],
        };
        self.slot(name, values);
    }
}
