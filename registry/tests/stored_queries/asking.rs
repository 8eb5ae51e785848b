//! Random questions about a world: mostly about what is there, sometimes about what is not.

use datatypes::{EntryUuid, Oid, PatientId};
use xds::{AssociationType, AvailabilityStatus, EntryType};

use super::questions::{
    CodeKey, Contents, Excluded, FindDocuments, FindFolders, FindSubmissionSets, GetAll,
    GetRelatedDocuments, Named, Question, Range,
};
use super::vocabulary::{CODES, PATTERNS, REFERENCE_IDS, SOURCES, TIMES, UNUSED_CODE};
use super::world::World;
use crate::dice::Dice;

const DOCUMENT_RELATIONSHIPS: [AssociationType; 6] = [
    AssociationType::Append,
    AssociationType::Replace,
    AssociationType::Transform,
    AssociationType::TransformAndReplace,
    AssociationType::Signs,
    AssociationType::IsSnapshotOf,
];

/// One of the eighteen queries, each as often as the others.
pub(super) fn question(world: &World, dice: &mut Dice) -> Question {
    let mut asking = Asking { world, dice };
    match asking.dice.below(18) {
        0 => Question::FindDocuments(Box::new(asking.find_documents())),
        1 => Question::FindDocuments(Box::new(FindDocuments {
            reference_ids: asking.conditions(|asking| asking.strings(&REFERENCE_IDS)),
            ..asking.find_documents()
        })),
        2 => Question::FindSubmissionSets(asking.find_submission_sets()),
        3 => Question::FindFolders(asking.find_folders()),
        4 => Question::GetAll(asking.get_all()),
        5 => Question::GetDocuments(asking.documents(3)),
        6 => Question::GetFolders(asking.folders(3)),
        7 => Question::GetAssociations(asking.any_uuids()),
        8 => Question::GetDocumentsAndAssociations(asking.documents(3)),
        9 => Question::GetSubmissionSets(asking.members()),
        10 => Question::GetSubmissionSetAndContents(asking.submission_set(), asking.contents()),
        11 => Question::GetFolderAndContents(asking.folders(1), asking.contents()),
        12 => Question::GetFoldersForDocument(asking.documents(1)),
        13 => Question::GetRelatedDocuments(asking.related_documents()),
        14 => asking.find_documents_exclude(),
        15 => Question::FindFoldersForMultiplePatients(asking.find_folders_of_several()),
        16 => Question::FindDocumentsForMultiplePatients(Box::new(FindDocuments {
            reference_ids: asking.conditions(|asking| asking.strings(&REFERENCE_IDS)),
            patients: asking.patients(),
            ..asking.find_documents()
        })),
        _ => {
            Question::FindDocumentsForMultiplePatients(Box::new(asking.find_documents_of_several()))
        }
    }
}

struct Asking<'a> {
    world: &'a World,
    dice: &'a mut Dice,
}

impl Asking<'_> {
    fn find_documents(&mut self) -> FindDocuments {
        FindDocuments {
            patients: vec![self.patient()],
            statuses: self.statuses(),
            types: self.types(),
            class: self.alternatives(15),
            type_code: self.alternatives(15),
            format: self.alternatives(15),
            facility: self.alternatives(10),
            setting: self.alternatives(10),
            events: self.code_conditions(20),
            confidentiality: self.code_conditions(15),
            creation: self.range(20),
            service_start: self.range(20),
            service_stop: self.range(20),
            authors: if self.dice.chance(20) { self.strings(&PATTERNS) } else { Vec::new() },
            reference_ids: Vec::new(),
        }
    }

    /// What was wanted is not wanted now, or still.
    fn find_documents_exclude(&mut self) -> Question {
        let mut query = self.find_documents();
        let mut excluded = Excluded::default();
        let dice = &mut *self.dice;
        let pairs = [
            (&mut query.class, &mut excluded.class),
            (&mut query.type_code, &mut excluded.type_code),
            (&mut query.format, &mut excluded.format),
            (&mut query.facility, &mut excluded.facility),
            (&mut query.setting, &mut excluded.setting),
        ];
        for (wanted, excluded) in pairs {
            if dice.chance(70) {
                std::mem::swap(wanted, excluded);
            }
        }
        let pairs = [
            (&mut query.events, &mut excluded.events),
            (&mut query.confidentiality, &mut excluded.confidentiality),
        ];
        for (wanted, excluded) in pairs {
            if dice.chance(70) {
                std::mem::swap(wanted, excluded);
            }
        }
        if dice.chance(70) {
            std::mem::swap(&mut query.authors, &mut excluded.authors);
        }
        if dice.chance(70) {
            std::mem::swap(&mut query.types, &mut excluded.types);
        }
        if self.dice.chance(30) {
            let ids = self.conditions(|asking| asking.strings(&REFERENCE_IDS));
            if self.dice.chance(70) {
                excluded.reference_ids = ids
            } else {
                query.reference_ids = ids
            }
        }
        Question::FindDocumentsExclude(Box::new(query), Box::new(excluded))
    }

    /// By patients, by a code that has an index, or by both.
    fn find_documents_of_several(&mut self) -> FindDocuments {
        let mut query = FindDocuments { patients: self.patients(), ..self.find_documents() };
        if query.patients.is_empty() {
            match self.dice.below(4) {
                0 => query.class = self.codes(),
                1 => query.facility = self.codes(),
                2 => query.events = self.conditions(Asking::codes),
                _ => (query.class, query.facility) = (self.codes(), self.codes()),
            }
        }
        query
    }

    fn find_folders_of_several(&mut self) -> FindFolders {
        let mut query = FindFolders { patients: self.patients(), ..self.find_folders() };
        if query.patients.is_empty() && query.codes.is_empty() {
            query.codes = self.conditions(Asking::codes);
        }
        query
    }

    /// Nobody, which stands for all; or some, also twice, or under an id that was merged away.
    fn patients(&mut self) -> Vec<PatientId> {
        if self.dice.chance(50) {
            return Vec::new();
        }
        let all: Vec<PatientId> =
            self.world.patients.iter().map(|patient| patient.id.clone()).collect();
        self.dice.some(&all, 4)
    }

    fn find_submission_sets(&mut self) -> FindSubmissionSets {
        FindSubmissionSets {
            patient: self.patient(),
            statuses: self.statuses(),
            sources: if self.dice.chance(30) { self.strings(&SOURCES) } else { Vec::new() },
            time: self.range(30),
            author: self.dice.chance(30).then(|| self.dice.one_of(&PATTERNS).to_owned()),
            content_types: self.alternatives(25),
        }
    }

    fn find_folders(&mut self) -> FindFolders {
        FindFolders {
            patients: vec![self.patient()],
            statuses: self.statuses(),
            updated: self.range(50),
            codes: self.code_conditions(40),
        }
    }

    fn get_all(&mut self) -> GetAll {
        GetAll {
            patient: self.patient(),
            entry_statuses: self.statuses(),
            set_statuses: self.statuses(),
            folder_statuses: self.statuses(),
            contents: self.contents(),
        }
    }

    fn contents(&mut self) -> Contents {
        Contents {
            format: self.alternatives(25),
            confidentiality: self.code_conditions(25),
            types: self.types(),
        }
    }

    fn related_documents(&mut self) -> GetRelatedDocuments {
        let kinds = self.dice.some(&DOCUMENT_RELATIONSHIPS, 6);
        let has_member = self.dice.chance(15).then_some(AssociationType::HasMember);
        GetRelatedDocuments {
            document: self.documents(1),
            kinds: kinds.into_iter().chain(has_member).collect(),
            types: self.types(),
        }
    }

    fn patient(&mut self) -> PatientId {
        self.dice.pick(&self.world.patients).id.clone()
    }

    /// Never none: that is a fault of the request.
    fn statuses(&mut self) -> Vec<AvailabilityStatus> {
        match self.dice.below(10) {
            0 => vec![AvailabilityStatus::Deprecated],
            1..=4 => vec![AvailabilityStatus::Deprecated, AvailabilityStatus::Approved],
            _ => vec![AvailabilityStatus::Approved],
        }
    }

    fn types(&mut self) -> Option<Vec<EntryType>> {
        match self.dice.below(10) {
            0 => Some(vec![EntryType::OnDemand]),
            1 => Some(vec![EntryType::OnDemand, EntryType::Stable]),
            2 => Some(vec![EntryType::Stable]),
            _ => None,
        }
    }

    fn codes(&mut self) -> Vec<CodeKey> {
        let mut keys: Vec<[&str; 2]> =
            CODES.iter().map(|[code, scheme, ..]| [*code, *scheme]).collect();
        keys.push(UNUSED_CODE);
        let codes = self.dice.some(&keys, 3);
        codes.into_iter().map(|[code, scheme]| (code.to_owned(), scheme.to_owned())).collect()
    }

    fn alternatives(&mut self, percent: usize) -> Vec<CodeKey> {
        if self.dice.chance(percent) { self.codes() } else { Vec::new() }
    }

    fn code_conditions(&mut self, percent: usize) -> Vec<Vec<CodeKey>> {
        if self.dice.chance(percent) { self.conditions(Asking::codes) } else { Vec::new() }
    }

    /// One or two conditions.
    fn conditions<T>(&mut self, condition: impl Fn(&mut Self) -> Vec<T>) -> Vec<Vec<T>> {
        (0..=self.dice.below(2)).map(|_| condition(self)).collect()
    }

    fn strings(&mut self, from: &[&str]) -> Vec<String> {
        self.dice.some(from, 3).into_iter().map(str::to_owned).collect()
    }

    fn range(&mut self, percent: usize) -> Range {
        if !self.dice.chance(percent) {
            return Range::default();
        }
        let mut bound =
            |percent| self.dice.chance(percent).then(|| self.dice.one_of(&TIMES).to_owned());
        Range { from: bound(60), to: bound(60) }
    }

    /// At least one id; sometimes one that nobody has or that is another kind of object's.
    fn named(&mut self, of_kind: &[(EntryUuid, String)], most: usize) -> Named {
        let any: Vec<EntryUuid> = self.world.uuids().into_iter().collect();
        let n = 1 + self.dice.below(most);
        let by_uuid = self.dice.chance(60);
        let mut named = Vec::new();
        for _ in 0..n {
            let stray = (EntryUuid::generate(), Oid::generate().to_string());
            let known = match self.dice.below(10) {
                0 => None,
                1 => self.dice.pick_any(&any).map(|uuid| (*uuid, self.any_unique_id())),
                _ => self.dice.pick_any(of_kind).cloned(),
            };
            named.push(known.unwrap_or(stray));
        }
        if by_uuid {
            Named::Uuids(named.into_iter().map(|(uuid, _)| uuid).collect())
        } else {
            Named::UniqueIds(named.into_iter().map(|(_, unique_id)| unique_id).collect())
        }
    }

    fn any_unique_id(&mut self) -> String {
        let sets = self.world.sets.iter().map(|held| held.object.unique_id.value.to_string());
        let folders = self.world.folders.iter().map(|held| held.object.unique_id.value.to_string());
        let entries = self.world.entries.iter();
        let entries = entries.map(|held| held.object.unique_id.value.as_str().to_owned());
        let all: Vec<String> = sets.chain(folders).chain(entries).collect();
        self.dice.pick(&all).clone()
    }

    fn documents(&mut self, most: usize) -> Named {
        let entries = self.world.entries.iter();
        let all: Vec<_> = entries
            .map(|held| (held.uuid, held.object.unique_id.value.as_str().to_owned()))
            .collect();
        self.named(&all, most)
    }

    fn folders(&mut self, most: usize) -> Named {
        let folders = self.world.folders.iter();
        let all: Vec<_> =
            folders.map(|held| (held.uuid, held.object.unique_id.value.to_string())).collect();
        self.named(&all, most)
    }

    fn submission_set(&mut self) -> Named {
        let sets = self.world.sets.iter();
        let all: Vec<_> =
            sets.map(|held| (held.uuid, held.object.unique_id.value.to_string())).collect();
        self.named(&all, 1)
    }

    /// Of any objects, Associations included.
    fn any_uuids(&mut self) -> Vec<EntryUuid> {
        let mut all: Vec<EntryUuid> = self.world.uuids().into_iter().collect();
        all.push(EntryUuid::generate());
        self.dice.some(&all, 3)
    }

    /// Of documents and folders, and sometimes of a set, which is nobody's member.
    fn members(&mut self) -> Vec<EntryUuid> {
        let entries = self.world.entries.iter().map(|held| held.uuid);
        let folders = self.world.folders.iter().map(|held| held.uuid);
        let sets = self.world.sets.iter().map(|held| held.uuid).take(2);
        let mut all: Vec<EntryUuid> = entries.chain(folders).chain(sets).collect();
        all.push(EntryUuid::generate());
        self.dice.some(&all, 3)
    }
}
