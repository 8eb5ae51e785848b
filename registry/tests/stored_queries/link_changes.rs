//! Link changes (ITI-64) of a world: whose everything is, worked out from the documents after each of them.

use std::collections::{BTreeMap, BTreeSet};

use datatypes::{EntryUuid, Oid, PatientId};
use xds::AssociationType;

use super::Run;
use super::world::{Link, World};
use crate::feed::{Acknowledged, link_message};
use crate::open_registry::HOSPITAL;

/// Ids of the hospital's own patients in a world.
const N_LOCALS: usize = 5;

/// The hospital's own ids, and how they are linked.
#[derive(Clone, Default)]
pub(super) struct Locals {
    pub(super) ids: Vec<PatientId>,
    /// Places of ids that were merged into another one.
    merged_into: BTreeMap<usize, usize>,
    /// Those that were accepted, oldest first.
    changes: Vec<Change>,
    /// Places of the ids that each document was sent under and is shown under.
    documents: BTreeMap<EntryUuid, (usize, usize)>,
    /// Associations that connect what are two patients now.
    hidden: Vec<Link>,
    /// Memberships of a SubmissionSet by Reference; those of what was another patient's document then.
    references: BTreeSet<EntryUuid>,
    foreign: BTreeSet<EntryUuid>,
}

/// What a message says, by places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    new: usize,
    local: usize,
    previous: usize,
    subsumed: Option<usize>,
}

impl Locals {
    pub(super) fn of_seed(seed: u64) -> Locals {
        let id = |n| PatientId::new(&format!("{seed}-<\"'>-{n}"), Oid::parse(HOSPITAL).unwrap());
        let ids = (0..N_LOCALS).map(|n| id(n).unwrap()).collect();
        Locals { ids, ..Locals::default() }
    }

    pub(super) fn hidden(&self) -> impl Iterator<Item = EntryUuid> {
        self.hidden.iter().map(|link| link.uuid)
    }

    fn end_of_chain(&self, local: usize) -> usize {
        self.merged_into.get(&local).map_or(local, |next| self.end_of_chain(*next))
    }

    fn leads_to(&self, from: usize, to: usize) -> bool {
        from == to || self.merged_into.get(&from).is_some_and(|next| self.leads_to(*next, to))
    }
}

impl World {
    pub(super) fn note_document(&mut self, uuid: EntryUuid, source: &PatientId) {
        let place = self.locals.ids.iter().position(|id| id == source).unwrap();
        self.locals.documents.insert(uuid, (place, place));
    }

    /// A SubmissionSet includes a registered document by reference.
    pub(super) fn note_reference(&mut self, link: Link) {
        self.locals.references.insert(link.uuid);
        if self.person_of(link.source) != self.person_of(link.target) {
            self.locals.foreign.insert(link.uuid);
        }
    }

    /// CX of what a document is shown to come from.
    pub(super) fn shown_source(&self, entry: EntryUuid) -> String {
        let (_, shown) = self.locals.documents[&entry];
        self.locals.ids[shown].to_cx()
    }

    fn person_of(&self, uuid: EntryUuid) -> Option<usize> {
        let entries = self.entries.iter().map(|held| (held.uuid, held.patient));
        let sets = self.sets.iter().map(|held| (held.uuid, held.patient));
        let folders = self.folders.iter().map(|held| (held.uuid, held.patient));
        let mut objects = entries.chain(sets).chain(folders);
        let (_, patient) = objects.find(|(object, _)| *object == uuid)?;
        Some(self.survivor(patient))
    }

    pub(super) fn change_link(&mut self, change: Change) -> Acknowledged {
        let at_fault = |place: &str| Acknowledged::refused("204", place);
        let Change { new, local, previous, subsumed } = change;
        if subsumed == Some(local) {
            return at_fault("MRG^1^1^2^1");
        }
        let is_known = |patient: usize| self.patients[patient].is_known;
        let is_merged = |patient: usize| self.patients[patient].merged_into.is_some();
        if !is_known(new) || (is_known(previous) && is_merged(new)) {
            return at_fault("PID^1^3^1^1");
        }
        if !is_known(previous) || is_merged(previous) {
            return at_fault("MRG^1^1^1^1");
        }
        if new == previous && subsumed.is_none() && !self.locals.merged_into.contains_key(&local) {
            return at_fault("MRG^1^1^1^1");
        }
        self.move_entries(change);
        self.locals.changes.push(change);
        self.settle();
        Acknowledged::accepted()
    }

    fn move_entries(&mut self, Change { new, local, previous, subsumed }: Change) {
        let ids: Vec<usize> = [Some(local), subsumed].into_iter().flatten().collect();
        let before: Vec<usize> = ids.iter().map(|id| self.locals.end_of_chain(*id)).collect();
        self.locals.merged_into.remove(&local);
        self.locals.merged_into.extend(subsumed.map(|subsumed| (subsumed, local)));
        for place in 0..self.entries.len() {
            let entry = &self.entries[place];
            let (sent, shown) = self.locals.documents[&entry.uuid];
            let becomes_local = ids.iter().zip(&before).any(|(id, before)| {
                shown == *id || (self.locals.leads_to(sent, *id) && shown == *before)
            });
            let is_selected = becomes_local || self.locals.leads_to(sent, local);
            if self.survivor(entry.patient) != previous || !is_selected {
                continue;
            }
            let shown = if becomes_local { local } else { shown };
            self.locals.documents.insert(entry.uuid, (sent, shown));
            self.entries[place].patient = new;
        }
    }

    /// Whose a document is that is registered for a patient: that of the last change of its local patient,
    /// if one of the changes took that from this patient.
    pub(super) fn owner(&self, patient: usize, source: &PatientId) -> usize {
        let sent = self.locals.ids.iter().position(|id| id == source).unwrap();
        let shown = self.locals.end_of_chain(sent);
        let mut changes = self.locals.changes.iter();
        let of_it: Vec<&Change> =
            changes.by_ref().filter(|change| self.locals.leads_to(change.local, shown)).collect();
        let was_its = |change: &&Change| self.survivor(change.previous) == self.survivor(patient);
        match of_it.last() {
            Some(last) if of_it.iter().any(was_its) => last.new,
            _ => patient,
        }
    }

    /// Packages go where all of their own documents are, and otherwise home; what connects two patients
    /// is hidden.
    pub(super) fn settle(&mut self) {
        self.links.append(&mut self.locals.hidden);
        let patients = |world: &World, package: EntryUuid| -> BTreeSet<usize> {
            let own = world.links.iter().filter(|link| {
                (link.kind, link.source) == (AssociationType::HasMember, package)
                    && !world.locals.references.contains(&link.uuid)
                    && world.entry(link.target).is_some()
            });
            own.filter_map(|link| world.person_of(link.target)).collect()
        };
        for place in 0..self.sets.len() {
            let patients = patients(self, self.sets[place].uuid);
            let set = &mut self.sets[place];
            set.patient = only(&patients).unwrap_or(set.home);
        }
        for place in 0..self.folders.len() {
            let patients = patients(self, self.folders[place].uuid);
            let folder = &mut self.folders[place];
            folder.patient = only(&patients).unwrap_or(folder.home);
        }
        let links = std::mem::take(&mut self.links);
        (self.links, self.locals.hidden) =
            links.iter().partition(|link| self.connects_one_patient(&links, link));
    }

    fn connects_one_patient(&self, links: &[Link], link: &Link) -> bool {
        let source = self.person_of(link.source);
        let target = links.iter().find(|target| target.uuid == link.target);
        match target {
            _ if self.locals.foreign.contains(&link.uuid) => true,
            Some(target) => {
                self.person_of(target.source) == source && self.connects_one_patient(links, target)
            }
            None => self.person_of(link.target) == source,
        }
    }
}

fn only(patients: &BTreeSet<usize>) -> Option<usize> {
    patients.first().copied().filter(|_| patients.len() == 1)
}

impl Run<'_> {
    /// A link change: mostly one that concerns a document, or the last one back; sometimes the very
    /// message once more.
    pub(super) fn change_link(&mut self) {
        let (change, message, is_new) = match (self.last_change.clone(), self.dice.below(100)) {
            (Some((change, message, true)), 0..10) => (change, message, false),
            (Some((last, _, _)), 10..35) => {
                let change = Change { new: last.previous, previous: last.new, ..last };
                let change = Change { subsumed: None, ..change };
                (change, self.message(change), true)
            }
            _ => {
                let change = self.any_change();
                (change, self.message(change), true)
            }
        };
        let feed = self.dice.pick(&self.feeds);
        self.begin();
        let ack = self.place.runtime.block_on(feed.send(message.clone()));
        let expected =
            if is_new { self.world.change_link(change) } else { Acknowledged::accepted() };
        assert_eq!(ack, expected, "seed {}: {change:?}", self.seed);
        self.end();
        let is_accepted = ack == Acknowledged::accepted();
        self.n_links_changed += u64::from(is_accepted && is_new);
        self.n_hidden += u64::from(self.world.locals.hidden().next().is_some());
        self.last_change = Some((change, message, is_accepted));
    }

    fn any_change(&mut self) -> Change {
        let n_patients = self.world.patients.len();
        let mut any = |n: usize| self.dice.below(n);
        let mut change = Change {
            new: any(n_patients),
            local: any(N_LOCALS),
            previous: any(n_patients),
            subsumed: None,
        };
        let entry = self.dice.pick_any(&self.world.entries);
        if let (Some(entry), true) = (entry, self.dice.chance(85)) {
            change.previous = self.world.survivor(entry.patient);
            let (sent, shown) = self.world.locals.documents[&entry.uuid];
            change.local = if self.dice.chance(80) { shown } else { sent };
        }
        if self.dice.chance(30) {
            change.subsumed = Some(self.dice.below(N_LOCALS));
        }
        if self.dice.chance(20) {
            change.new = change.previous;
        } else if let Some(new) = self.dice.pick_any(&self.world.active()) {
            change.new = *new;
        }
        change
    }

    fn message(&self, change: Change) -> String {
        let local = |place: usize| self.world.locals.ids[place].to_cx();
        let patient = |place: usize| self.world.patients[place].id.to_cx();
        let subsumed = change.subsumed.map(|place| format!("~{}", local(place)));
        let pid_3 = format!("{}~{}", patient(change.new), local(change.local));
        link_message(&pid_3, &(patient(change.previous) + &subsumed.unwrap_or_default()))
    }
}
