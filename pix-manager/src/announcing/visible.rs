//! What a consumer sees of persons: their identifiers in its domains.

use std::collections::BTreeMap;

use identity::LocalId;

use super::{Consumer, Telling};
use crate::store::patient::StoredPatient;

/// Persons with their patients and what is shown of their identifiers in the affinity domain.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    members: BTreeMap<i64, Vec<StoredPatient>>,
    shown: BTreeMap<i64, String>,
}

impl Groups {
    pub(super) fn add(&mut self, person_no: i64, row: &StoredPatient) {
        self.members.entry(person_no).or_default().push(row.clone());
    }

    /// The identifier in the affinity domain, if it may be shown.
    pub(super) fn show(&mut self, person_no: i64, network_id: Option<&str>) {
        self.shown.extend(network_id.map(|id| (person_no, id.to_owned())));
    }

    pub(super) fn persons(&self) -> Vec<i64> {
        self.members.keys().copied().collect()
    }

    /// Each person's identifiers in the consumer's domains, those of one domain side by side.
    pub(super) fn visible(
        &self,
        telling: &Telling<'_>,
        consumer: &Consumer,
    ) -> BTreeMap<i64, Vec<LocalId>> {
        let announcer = telling.announcer;
        let sees_network = consumer.domains.contains(announcer.network.oid.as_str());
        let visible = |(person_no, rows): (&i64, &Vec<StoredPatient>)| {
            let network_id = self.shown.get(person_no).filter(|_| sees_network);
            let network_id = network_id.map(|id| announcer.network_local_id(id.clone()));
            let locals = rows.iter().filter_map(|row| telling.local_id(row)).filter(|id| {
                id.universal_id.as_ref().is_some_and(|oid| consumer.domains.contains(oid.as_str()))
            });
            let mut ids: Vec<LocalId> = locals.chain(network_id).collect();
            ids.sort_by(|a, b| {
                let key = |id: &LocalId| {
                    (id.universal_id.clone().map(|oid| oid.to_string()), id.id.clone())
                };
                key(a).cmp(&key(b))
            });
            (*person_no, ids)
        };
        self.members.iter().map(visible).collect()
    }

    /// As [`Groups::visible`], whoever has them.
    pub(super) fn visible_sets(
        &self,
        telling: &Telling<'_>,
        consumer: &Consumer,
    ) -> Vec<Vec<LocalId>> {
        self.visible(telling, consumer).into_values().collect()
    }
}
