//! What a submission adds to the indexes of the queries over all patients (ITI TF-2: 3.51.4.1.2.1).

use std::collections::BTreeSet;

use diesel::QueryResult;
use store::AnyConnection;
use xds::{DocumentEntry, Folder};

use super::{object_code, object_reference};
use crate::dictionary::{CodeAttribute, CodeNumbers};

/// Rows of `object_code` and `object_reference`, each once: a code may stand twice in one object.
#[derive(Debug, Default)]
pub(super) struct IndexRows {
    codes: BTreeSet<(i64, i64)>,
    references: BTreeSet<(String, i64)>,
}

impl IndexRows {
    pub(super) fn entry(&mut self, key: i64, entry: &DocumentEntry, numbers: &CodeNumbers) {
        let singles = [
            (CodeAttribute::Class, &entry.class_code),
            (CodeAttribute::HealthcareFacilityType, &entry.healthcare_facility_type_code),
        ];
        let events = entry.event_codes.iter().map(|code| (CodeAttribute::EventCodeList, code));
        for (attribute, code) in singles.into_iter().chain(events) {
            self.codes.insert((i64::from(numbers.number(attribute, &code.value)), key));
        }
        for id in &entry.reference_ids {
            self.references.insert((datatypes::normalized(id.as_str()).into_owned(), key));
        }
    }

    pub(super) fn folder(&mut self, key: i64, folder: &Folder, numbers: &CodeNumbers) {
        for code in &folder.codes {
            let number = numbers.number(CodeAttribute::FolderCodeList, &code.value);
            self.codes.insert((i64::from(number), key));
        }
    }

    pub(super) fn insert(&self, connection: &mut AnyConnection) -> QueryResult<()> {
        object_code::insert(connection, &self.codes)?;
        object_reference::insert(connection, &self.references)
    }
}
