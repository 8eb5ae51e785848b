//! The answers by brute force: each query as xds.md 6.7 words it, over the submitted values.

use std::collections::BTreeSet;

use datatypes::{Code, EntryUuid, PatientId};
use xds::{AssociationType, Author, AvailabilityStatus, DocumentEntry, EntryType, Identified};

use super::questions::{
    CodeKey, Contents, Excluded, FindDocuments, FindFolders, FindSubmissionSets, GetAll,
    GetRelatedDocuments, Named, Question, Range,
};
use super::vocabulary::full;
use super::world::{Link, World};

/// Ids of what must be returned; each object once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) entries: BTreeSet<EntryUuid>,
    pub(super) sets: BTreeSet<EntryUuid>,
    pub(super) folders: BTreeSet<EntryUuid>,
    pub(super) links: BTreeSet<EntryUuid>,
}

impl Expected {
    fn objects(&self) -> BTreeSet<EntryUuid> {
        [&self.entries, &self.sets, &self.folders].into_iter().flatten().copied().collect()
    }

    /// Everything, Associations included.
    pub(super) fn ids(&self) -> BTreeSet<EntryUuid> {
        self.objects().into_iter().chain(self.links.iter().copied()).collect()
    }
}

/// What a correct registry finds.
pub(super) fn answer(world: &World, question: &Question) -> Expected {
    match question {
        Question::FindDocuments(query) | Question::FindDocumentsForMultiplePatients(query) => {
            find_documents(world, query, None)
        }
        Question::FindDocumentsExclude(query, excluded) => {
            find_documents(world, query, Some(excluded))
        }
        Question::FindSubmissionSets(query) => find_submission_sets(world, query),
        Question::FindFolders(query) | Question::FindFoldersForMultiplePatients(query) => {
            find_folders(world, query)
        }
        Question::GetAll(query) => get_all(world, query),
        Question::GetDocuments(named) => documents(world, named),
        Question::GetFolders(named) => folders(world, named),
        Question::GetAssociations(uuids) => {
            let uuids: BTreeSet<EntryUuid> = uuids.iter().copied().collect();
            Expected { links: touching(world, &uuids), ..Expected::default() }
        }
        Question::GetDocumentsAndAssociations(named) => {
            let found = documents(world, named);
            Expected { links: touching(world, &found.entries), ..found }
        }
        Question::GetSubmissionSets(members) => get_submission_sets(world, members),
        Question::GetSubmissionSetAndContents(named, contents) => {
            get_submission_set_and_contents(world, named, contents)
        }
        Question::GetFolderAndContents(named, contents) => {
            get_folder_and_contents(world, named, contents)
        }
        Question::GetFoldersForDocument(named) => get_folders_for_document(world, named),
        Question::GetRelatedDocuments(query) => get_related_documents(world, query),
    }
}

/// Whether a LeafClass answer must be XDSResultNotSinglePatient instead (xds.md 6.8).
pub(super) fn is_not_single_patient(world: &World, question: &Question, found: &Expected) -> bool {
    let is_checked = matches!(
        question,
        Question::GetDocuments(_)
            | Question::GetFolders(_)
            | Question::GetDocumentsAndAssociations(_)
            | Question::GetSubmissionSets(_)
            | Question::GetSubmissionSetAndContents(..)
            | Question::GetFolderAndContents(..)
    );
    let objects = found.objects();
    let entries = world.entries.iter().map(|held| (held.uuid, held.patient));
    let sets = world.sets.iter().map(|held| (held.uuid, held.patient));
    let folders = world.folders.iter().map(|held| (held.uuid, held.patient));
    let persons: BTreeSet<usize> = (entries.chain(sets).chain(folders))
        .filter(|(uuid, _)| objects.contains(uuid))
        .map(|(_, patient)| world.survivor(patient))
        .collect();
    is_checked && persons.len() > 1
}

/// Whether what was submitted for `patient` belongs to one of these; to anybody, if they are none.
fn is_of_one(world: &World, patient: usize, patients: &[PatientId]) -> bool {
    let person = world.survivor(patient);
    patients.is_empty() || patients.iter().any(|id| world.find(id) == Some(person))
}

fn find_documents(world: &World, query: &FindDocuments, excluded: Option<&Excluded>) -> Expected {
    let types = match excluded {
        Some(Excluded { types: Some(types), .. }) => {
            let all = [EntryType::Stable, EntryType::OnDemand];
            Some(all.into_iter().filter(|entry_type| !types.contains(entry_type)).collect())
        }
        _ => query.types.clone(),
    };
    let entries = world.entries.iter().filter(|held| {
        let entry = &held.object;
        is_of_one(world, held.patient, &query.patients)
            && excluded.is_none_or(|excluded| !is_excluded(entry, excluded))
            && query.statuses.contains(&held.status)
            && is_of_type(entry, types.as_deref())
            && any_of(&query.class, [&entry.class_code])
            && any_of(&query.type_code, [&entry.type_code])
            && any_of(&query.format, [&entry.format_code])
            && any_of(&query.facility, [&entry.healthcare_facility_type_code])
            && any_of(&query.setting, [&entry.practice_setting_code])
            && query.events.iter().all(|codes| any_of(codes, &entry.event_codes))
            && query.confidentiality.iter().all(|codes| any_of(codes, &entry.confidentiality_codes))
            && is_within(&query.creation, entry.creation_time.as_ref())
            && is_within(&query.service_start, entry.service_start_time.as_ref())
            && is_within(&query.service_stop, entry.service_stop_time.as_ref())
            && (query.authors.is_empty() || is_by(&query.authors, &entry.authors))
            && query.reference_ids.iter().all(|ids| {
                entry.reference_ids.iter().any(|id| ids.iter().any(|wanted| wanted == id.as_str()))
            })
    });
    Expected { entries: entries.map(|held| held.uuid).collect(), ..Expected::default() }
}

/// Whether any value of the entry is among those excluded.
fn is_excluded(entry: &DocumentEntry, excluded: &Excluded) -> bool {
    let holds =
        |codes: &[CodeKey], held: &[Identified<Code>]| !codes.is_empty() && any_of(codes, held);
    let one = |code: &Identified<Code>| [code.clone()];
    holds(&excluded.class, &one(&entry.class_code))
        || holds(&excluded.type_code, &one(&entry.type_code))
        || holds(&excluded.format, &one(&entry.format_code))
        || holds(&excluded.facility, &one(&entry.healthcare_facility_type_code))
        || holds(&excluded.setting, &one(&entry.practice_setting_code))
        || excluded.events.iter().any(|codes| holds(codes, &entry.event_codes))
        || excluded.confidentiality.iter().any(|codes| holds(codes, &entry.confidentiality_codes))
        || is_by(&excluded.authors, &entry.authors)
        || excluded
            .reference_ids
            .iter()
            .flatten()
            .any(|id| entry.reference_ids.iter().any(|held| held.as_str() == id))
}

fn find_submission_sets(world: &World, query: &FindSubmissionSets) -> Expected {
    let Some(person) = world.find(&query.patient) else { return Expected::default() };
    let sets = world.sets.iter().filter(|held| {
        let set = &held.object;
        world.survivor(held.patient) == person
            && query.statuses.contains(&held.status)
            && (query.sources.is_empty()
                || query.sources.iter().any(|source| source == set.source_id.value.as_str()))
            && is_within(&query.time, Some(&set.submission_time))
            && query
                .author
                .as_ref()
                .is_none_or(|author| is_by(std::slice::from_ref(author), &set.authors))
            && any_of(&query.content_types, [&set.content_type_code])
    });
    Expected { sets: sets.map(|held| held.uuid).collect(), ..Expected::default() }
}

fn find_folders(world: &World, query: &FindFolders) -> Expected {
    let folders = world.folders.iter().filter(|held| {
        let folder = &held.object;
        is_of_one(world, held.patient, &query.patients)
            && query.statuses.contains(&held.status)
            && is_within(&query.updated, folder.last_update_time.as_ref())
            && query.codes.iter().all(|codes| any_of(codes, &folder.codes))
    });
    Expected { folders: folders.map(|held| held.uuid).collect(), ..Expected::default() }
}

fn get_all(world: &World, query: &GetAll) -> Expected {
    let Some(person) = world.find(&query.patient) else { return Expected::default() };
    let is_theirs = |patient: usize, status: AvailabilityStatus, wanted: &[AvailabilityStatus]| {
        world.survivor(patient) == person && wanted.contains(&status)
    };
    let entries = world.entries.iter().filter(|held| {
        is_theirs(held.patient, held.status, &query.entry_statuses)
            && passes(&held.object, &query.contents)
    });
    let sets =
        world.sets.iter().filter(|held| is_theirs(held.patient, held.status, &query.set_statuses));
    let folders = (world.folders.iter())
        .filter(|held| is_theirs(held.patient, held.status, &query.folder_statuses));
    let found = Expected {
        entries: entries.map(|held| held.uuid).collect(),
        sets: sets.map(|held| held.uuid).collect(),
        folders: folders.map(|held| held.uuid).collect(),
        links: BTreeSet::new(),
    };
    Expected { links: touching(world, &found.objects()), ..found }
}

fn documents(world: &World, named: &Named) -> Expected {
    let entries = world
        .entries
        .iter()
        .filter(|held| is_named(named, held.uuid, held.object.unique_id.value.as_str()));
    Expected { entries: entries.map(|held| held.uuid).collect(), ..Expected::default() }
}

fn folders(world: &World, named: &Named) -> Expected {
    let folders = world
        .folders
        .iter()
        .filter(|held| is_named(named, held.uuid, held.object.unique_id.value.as_str()));
    Expected { folders: folders.map(|held| held.uuid).collect(), ..Expected::default() }
}

fn get_submission_sets(world: &World, members: &[EntryUuid]) -> Expected {
    let mut found = Expected::default();
    for link in world.links.iter().filter(|link| link.kind == AssociationType::HasMember) {
        let is_set = world.sets.iter().any(|set| set.uuid == link.source);
        if is_set && members.contains(&link.target) {
            found.sets.insert(link.source);
            found.links.insert(link.uuid);
        }
    }
    found
}

fn get_submission_set_and_contents(world: &World, named: &Named, contents: &Contents) -> Expected {
    let mut found = Expected::default();
    for set in &world.sets {
        if is_named(named, set.uuid, set.object.unique_id.value.as_str()) {
            found.sets.insert(set.uuid);
        }
    }
    let members: BTreeSet<EntryUuid> = has_members(world)
        .filter(|link| found.sets.contains(&link.source))
        .map(|link| link.target)
        .collect();
    for entry in &world.entries {
        if members.contains(&entry.uuid) && passes(&entry.object, contents) {
            found.entries.insert(entry.uuid);
        }
    }
    found.folders = members.into_iter().filter(|member| world.is_folder(*member)).collect();
    // Memberships between these; then those of which a membership is the member.
    for _ in 0..2 {
        let returned = found.ids();
        let connecting = has_members(world)
            .filter(|link| returned.contains(&link.source) && returned.contains(&link.target));
        found.links = connecting.map(|link| link.uuid).collect();
    }
    found
}

fn get_folder_and_contents(world: &World, named: &Named, contents: &Contents) -> Expected {
    let mut found = folders(world, named);
    let of_folder: Vec<&Link> =
        has_members(world).filter(|link| found.folders.contains(&link.source)).collect();
    for link in of_folder {
        let entry = world.entry(link.target).unwrap();
        if passes(&entry.object, contents) {
            found.entries.insert(entry.uuid);
            found.links.insert(link.uuid);
        }
    }
    found
}

fn get_folders_for_document(world: &World, named: &Named) -> Expected {
    let named = documents(world, named).entries;
    let holders = has_members(world).filter(|link| named.contains(&link.target));
    let folders = holders.map(|link| link.source).filter(|source| world.is_folder(*source));
    Expected { folders: folders.collect(), ..Expected::default() }
}

fn get_related_documents(world: &World, query: &GetRelatedDocuments) -> Expected {
    let named = documents(world, &query.document).entries;
    let mut found = Expected::default();
    for link in world.links.iter().filter(|link| query.kinds.contains(&link.kind)) {
        let (Some(source), Some(target)) = (world.entry(link.source), world.entry(link.target))
        else {
            continue;
        };
        let touches = named.contains(&source.uuid) || named.contains(&target.uuid);
        let types = query.types.as_deref();
        if touches && [source, target].iter().all(|entry| is_of_type(&entry.object, types)) {
            found.entries.extend([source.uuid, target.uuid]);
            found.links.insert(link.uuid);
        }
    }
    found
}

fn has_members(world: &World) -> impl Iterator<Item = &Link> {
    world.links.iter().filter(|link| link.kind == AssociationType::HasMember)
}

fn touching(world: &World, objects: &BTreeSet<EntryUuid>) -> BTreeSet<EntryUuid> {
    let links = world.links.iter();
    let links =
        links.filter(|link| objects.contains(&link.source) || objects.contains(&link.target));
    links.map(|link| link.uuid).collect()
}

fn is_named(named: &Named, uuid: EntryUuid, unique_id: &str) -> bool {
    match named {
        Named::Uuids(uuids) => uuids.contains(&uuid),
        Named::UniqueIds(ids) => ids.iter().any(|id| id == unique_id),
    }
}

fn passes(entry: &DocumentEntry, contents: &Contents) -> bool {
    is_of_type(entry, contents.types.as_deref())
        && any_of(&contents.format, [&entry.format_code])
        && contents.confidentiality.iter().all(|codes| any_of(codes, &entry.confidentiality_codes))
}

/// Without the parameter only stable entries (xds.md 6.5).
fn is_of_type(entry: &DocumentEntry, types: Option<&[EntryType]>) -> bool {
    types.unwrap_or(&[EntryType::Stable]).contains(&entry.entry_type)
}

/// Code and scheme decide; no list, no restriction.
fn any_of<'a>(wanted: &[CodeKey], held: impl IntoIterator<Item = &'a Identified<Code>>) -> bool {
    wanted.is_empty()
        || held.into_iter().any(|Identified { value, .. }| {
            wanted.contains(&(value.code.clone(), value.scheme.clone()))
        })
}

/// Without a value, the bounds are not applied (xds.md 6.4).
fn is_within(range: &Range, time: Option<&datatypes::Dtm>) -> bool {
    let Some(time) = time.map(|time| full(time.as_str())) else { return true };
    range.from.as_ref().is_none_or(|from| full(from) <= time)
        && range.to.as_ref().is_none_or(|to| time < full(to))
}

fn is_by(patterns: &[String], authors: &[Author]) -> bool {
    let mut persons = authors.iter().flat_map(|author| &author.persons);
    persons.any(|person| patterns.iter().any(|pattern| is_like(pattern, person.as_str())))
}

/// The definition of LIKE; the one decomposed letter of the vocabulary is composed first.
fn is_like(pattern: &str, text: &str) -> bool {
    fn covers(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            (['%', pattern @ ..], _) => {
                (0..=text.len()).any(|taken| covers(pattern, &text[taken..]))
            }
            (['_', pattern @ ..], [_, text @ ..]) => covers(pattern, text),
            ([wanted, pattern @ ..], [found, text @ ..]) => {
                wanted == found && covers(pattern, text)
            }
            (_, []) => false,
        }
    }
    let pattern: Vec<char> = pattern.replace("か\u{3099}", "が").chars().collect();
    let text: Vec<char> = text.chars().collect();
    covers(&pattern, &text)
}
