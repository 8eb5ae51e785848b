//! Strategies for submissions that the registry accepts: every attribute in every legal shape, texts that
//! try the escaping, objects whose relations hold together.
//!
//! Ids that must be distinct are not shrunk, since zeros would collide.

use datatypes::{
    Code, Dtm, EntryUuid, HomeCommunityId, LanguageCode, MimeType, ObjectId, Oid, PatientId,
    ReferenceId, RepositoryUniqueId, Sha1Hash, UniqueId, Xcn, Xon, Xtn,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use xds::{
    Association, AssociationType, Author, DocumentEntry, EntryType, Folder, Identified,
    LocalizedText, Slot, Submission, SubmissionSet, SubmissionSetStatus,
};

use crate::open_registry::DOMAIN;

/// Text of one line or several, with everything that XML treats specially inside it.
pub(crate) fn text() -> impl Strategy<Value = String> {
    "[!-~あ-ん山田太郎]([ -~あ-ん山田太郎診察記録か\u{3099}\u{3000}\u{1F600}\t\n\r]{0,20}[!-~あ-ん山田太郎])?"
}

/// Text without line breaks and HL7 delimiters: a part of a name.
fn word() -> impl Strategy<Value = String> {
    "[A-Za-zあ-ん山田太郎][ A-Za-zあ-ん山田太郎'\"<>]{0,8}[A-Za-zあ-ん山田太郎]"
}

fn oid() -> impl Strategy<Value = Oid> {
    "[12](\\.[1-9][0-9]{0,5}){1,6}".prop_map(|oid| Oid::parse(&oid).unwrap())
}

/// An OID that nothing else has.
fn fresh_oid() -> impl Strategy<Value = Oid> {
    any::<u128>().no_shrink().prop_map(|number| Oid::parse(&format!("2.25.{number}")).unwrap())
}

fn uuid() -> impl Strategy<Value = EntryUuid> {
    any::<[u8; 16]>().no_shrink().prop_map(EntryUuid::from_bytes)
}

fn object_id(symbol: &'static str) -> impl Strategy<Value = ObjectId> {
    let symbolic = (any::<u64>().no_shrink(), "[<\"'&あ ]?")
        .prop_map(move |(number, mark)| format!("{symbol}{mark}{number}"));
    prop_oneof![
        uuid().prop_map(ObjectId::Uuid),
        symbolic.prop_map(|symbol| ObjectId::parse(&symbol).unwrap()),
    ]
}

fn identified<T: std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Identified<T>> {
    (option::of(uuid()), value).prop_map(|(id, value)| Identified { id, value })
}

fn code() -> impl Strategy<Value = Identified<Code>> {
    let code = (text(), text(), text());
    identified(code.prop_map(|(code, scheme, display)| Code { code, scheme, display }))
}

fn localized() -> impl Strategy<Value = LocalizedText> {
    let lang = option::of("[a-z]{2}(-[A-Z]{2})?");
    (text(), lang).prop_map(|(value, lang)| LocalizedText { value, lang })
}

pub(crate) fn dtm() -> impl Strategy<Value = Dtm> {
    let full = "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[01][0-9][0-5][0-9][0-5][0-9]";
    (full, 2_usize..=7)
        .prop_map(|(full, pairs)| Dtm::parse(full.get(..pairs * 2).unwrap()).unwrap())
}

/// serviceStartTime and serviceStopTime, the start not after the stop.
fn service_times() -> impl Strategy<Value = (Option<Dtm>, Option<Dtm>)> {
    (option::of(dtm()), option::of(dtm())).prop_map(|times| match times {
        (Some(start), Some(stop)) if start.as_str() > stop.as_str() => (Some(stop), Some(start)),
        times => times,
    })
}

/// A patient of the affinity domain.
pub(crate) fn patient_id() -> impl Strategy<Value = PatientId> {
    "[A-Za-z0-9<>\"'あ-ん-]{10,16}"
        .no_shrink()
        .prop_map(|id| PatientId::new(&id, Oid::parse(DOMAIN).unwrap()).unwrap())
}

fn source_patient_id() -> impl Strategy<Value = PatientId> {
    ("[A-Za-z0-9<>\"'あ-ん-]{1,12}", oid()).prop_map(|(id, oid)| PatientId::new(&id, oid).unwrap())
}

fn home() -> impl Strategy<Value = HomeCommunityId> {
    oid().prop_map(HomeCommunityId::new)
}

fn xcn() -> impl Strategy<Value = Xcn> {
    (word(), word()).prop_map(|(last, first)| Xcn::parse(&format!("^{last}^{first}")).unwrap())
}

fn xon() -> impl Strategy<Value = Xon> {
    let with_oid = (word(), oid()).prop_map(|(name, oid)| format!("{name}^^^^^^^^^{oid}"));
    prop_oneof![word(), with_oid].prop_map(|xon| Xon::parse(&xon).unwrap())
}

fn xtn() -> impl Strategy<Value = Xtn> {
    "[a-z]{1,8}@[a-z]{1,8}\\.example".prop_map(|a| Xtn::parse(&format!("^^Internet^{a}")).unwrap())
}

fn reference_id() -> impl Strategy<Value = ReferenceId> {
    ("[A-Za-z0-9'あ]{1,9}", oid()).prop_map(|(id, oid)| {
        let text = format!("{id}^^^&{oid}&ISO^urn:ihe:iti:xds:2013:order");
        ReferenceId::parse(&text).unwrap()
    })
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..3)
}

/// Values of sourcePatientInfo.
fn pid_fields() -> impl Strategy<Value = Vec<String>> {
    vec((1_u8..=39, text()).prop_map(|(field, text)| format!("PID-{field}|{text}")), 0..3)
}

/// Extra metadata: distinct names, values as they come.
fn extra() -> impl Strategy<Value = Vec<Slot>> {
    vec((text(), vec("[ -~山田\t\n\r\"'<>&]{0,12}", 0..3)), 0..3).prop_map(|slots| {
        let number = |(n, (name, values))| Slot { name: format!("urn:example:{n}:{name}"), values };
        slots.into_iter().enumerate().map(number).collect()
    })
}

/// At most one person an author: more breaks a rule of the agreement.
fn author() -> impl Strategy<Value = Author> {
    let identity = (vec(xcn(), 0..2), vec(xon(), 0..3), vec(xtn(), 0..2));
    let identity = identity.prop_filter("an author is someone", |(persons, places, addresses)| {
        !(persons.is_empty() && places.is_empty() && addresses.is_empty())
    });
    (option::of(uuid()), identity, texts(), texts(), extra()).prop_map(
        |(id, (persons, institutions, telecommunications), roles, specialties, extra)| Author {
            id,
            persons,
            institutions,
            roles,
            specialties,
            telecommunications,
            extra,
        },
    )
}

fn authors() -> impl Strategy<Value = Vec<Author>> {
    vec(author(), 0..4)
}

prop_compose! {
    /// The slots of an entry and its head; codes and ids are those of the other half.
    pub(crate) fn document_entry(patient: PatientId)(
        head in (object_id("document"), option::of(uuid()), option::of(home())),
        times in (dtm(), service_times()),
        source in (source_patient_id(), pid_fields()),
        repository in (fresh_oid(), any::<[u8; 20]>(), prop_oneof![Just(0), 0..=u64::from(u32::MAX)]),
        legal_authenticator in option::of(xcn()),
        language in "[a-z]{2}(-[A-Z]{2})?",
        mime in "(text|application|image)/[a-z]{1,8}",
        uri in option::of("[a-z]{1,8}:[a-z/]{1,12}"),
        texts in (option::of(localized()), option::of(localized())),
        reference_ids in vec(reference_id(), 0..3),
        extra in extra(),
        codes_and_ids in codes_and_ids(patient),
    ) -> DocumentEntry {
        let (creation_time, (service_start_time, service_stop_time)) = times;
        let (repository_unique_id, hash, size) = repository;
        DocumentEntry {
            id: head.0,
            logical_id: head.1,
            home: head.2,
            mime_type: MimeType::parse(&mime).unwrap(),
            creation_time: Some(creation_time),
            service_start_time,
            service_stop_time,
            language_code: LanguageCode::parse(&language).unwrap(),
            source_patient_id: source.0,
            source_patient_info: source.1,
            legal_authenticator,
            repository_unique_id: Some(RepositoryUniqueId::new(repository_unique_id)),
            hash: Some(Sha1Hash::from_bytes(hash)),
            size: Some(size),
            uri,
            title: texts.0,
            comments: texts.1,
            reference_ids,
            extra,
            ..codes_and_ids
        }
    }
}

prop_compose! {
    /// An entry with its codes and ids, and little else.
    fn codes_and_ids(patient: PatientId)(
        codes in (code(), code(), code(), code(), code()),
        confidentiality_codes in vec(code(), 1..3),
        event_codes in vec(code(), 0..4),
        authors in authors(),
        patient_id in identified(Just(patient)),
        unique_id in (text(), any::<u64>().no_shrink()),
        unique_id_part in option::of(uuid()),
    ) -> DocumentEntry {
        let (class_code, type_code, format_code, facility_code, practice_setting_code) = codes;
        let unique_id = format!("{}^{}", unique_id.0.replace(['\t', '\n', '\r'], "_"), unique_id.1);
        DocumentEntry {
            id: ObjectId::parse("document").unwrap(),
            logical_id: None,
            home: None,
            entry_type: EntryType::Stable,
            mime_type: MimeType::parse("text/plain").unwrap(),
            source_patient_id: patient_id.value.clone(),
            patient_id,
            unique_id: Identified { id: unique_id_part, value: UniqueId::parse(&unique_id).unwrap() },
            creation_time: None,
            service_start_time: None,
            service_stop_time: None,
            language_code: LanguageCode::parse("ja-JP").unwrap(),
            source_patient_info: Vec::new(),
            legal_authenticator: None,
            repository_unique_id: None,
            hash: None,
            size: None,
            uri: None,
            title: None,
            comments: None,
            authors,
            class_code,
            type_code,
            format_code,
            healthcare_facility_type_code: facility_code,
            practice_setting_code,
            confidentiality_codes,
            event_codes,
            reference_ids: Vec::new(),
            extra: Vec::new(),
        }
    }
}

prop_compose! {
    pub(crate) fn submission_set(patient: PatientId)(
        id in object_id("set"),
        logical_id in option::of(uuid()),
        home in option::of(home()),
        ids in (identified(Just(patient)), identified(fresh_oid()), identified(oid())),
        submission_time in dtm(),
        intended_recipients in texts(),
        title in option::of(localized()),
        comments in option::of(localized()),
        authors in authors(),
        content_type_code in code(),
        extra in extra(),
    ) -> SubmissionSet {
        let (patient_id, unique_id, source_id) = ids;
        SubmissionSet {
            id, logical_id, home, patient_id, unique_id, source_id, submission_time,
            intended_recipients, title, comments, authors, content_type_code, extra,
        }
    }
}

prop_compose! {
    pub(crate) fn folder(patient: PatientId)(
        id in object_id("folder"),
        logical_id in option::of(uuid()),
        home in option::of(home()),
        patient_id in identified(Just(patient)),
        unique_id in identified(fresh_oid()),
        title in localized(),
        comments in option::of(localized()),
        codes in vec(code(), 1..3),
        last_update_time in option::of(dtm()),
        extra in extra(),
    ) -> Folder {
        Folder {
            id, logical_id, home, patient_id, unique_id, title, comments, codes,
            last_update_time, extra,
        }
    }
}

prop_compose! {
    /// An Association between nothing and nothing; the submission gives it type and ends.
    fn loose_association()(
        id in object_id("association"),
        logical_id in option::of(uuid()),
        home in option::of(home()),
        documentation in option::of(code()),
        extra in extra(),
    ) -> Association {
        let nothing = ObjectId::parse("nothing").unwrap();
        Association {
            id, logical_id, home, kind: AssociationType::HasMember, source: nothing.clone(),
            target: nothing, submission_set_status: None, documentation, extra,
        }
    }
}

/// Relations between documents of one submission; a replacement needs a registered document.
fn relationship() -> impl Strategy<Value = AssociationType> {
    prop::sample::select(vec![
        AssociationType::Append,
        AssociationType::Transform,
        AssociationType::Signs,
    ])
}

/// Associations of the largest submission: five members of the set, six of the folders, each with its
/// membership in the set, three relationships.
const N_ASSOCIATIONS: usize = 5 + 2 * 6 + 3;

prop_compose! {
    /// A submission of 0 to 3 documents and 0 to 2 folders of this patient, which keeps every rule.
    pub(crate) fn submission(patient: PatientId)(
        submission_set in submission_set(patient.clone()),
        entries in vec(document_entry(patient.clone()), 0..4),
        folders in vec(folder(patient.clone()), 0..3),
        loose in vec(loose_association(), N_ASSOCIATIONS),
        is_filed in vec(any::<bool>(), 6),
        relationships in vec((relationship(), any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..4),
    ) -> Submission {
        let mut ties = Ties { loose: loose.into_iter(), associations: Vec::new() };
        let set = &submission_set.id;
        for entry in &entries {
            ties.tie(AssociationType::HasMember, set, &entry.id);
            ties.associations.last_mut().unwrap().submission_set_status =
                Some(SubmissionSetStatus::Original);
        }
        for folder in &folders {
            ties.tie(AssociationType::HasMember, set, &folder.id);
        }
        let places = folders.iter().flat_map(|folder| entries.iter().map(move |entry| (folder, entry)));
        for ((folder, entry), _) in places.zip(is_filed).filter(|(_, is_filed)| *is_filed) {
            let membership = ties.tie(AssociationType::HasMember, &folder.id, &entry.id);
            ties.tie(AssociationType::HasMember, set, &membership);
        }
        for (kind, source, target) in relationships.iter().filter(|_| !entries.is_empty()) {
            let (source, target) = (&source.get(&entries).id, &target.get(&entries).id);
            if source != target {
                ties.tie(*kind, source, target);
            }
        }
        let associations = ties.associations;
        Submission { submission_set, entries, folders, associations }
    }
}

/// The associations of a submission while it is put together.
struct Ties {
    loose: std::vec::IntoIter<Association>,
    associations: Vec<Association>,
}

impl Ties {
    /// Adds an association and tells its id.
    fn tie(&mut self, kind: AssociationType, source: &ObjectId, target: &ObjectId) -> ObjectId {
        let loose = self.loose.next().unwrap();
        let documentation = loose.documentation.filter(|_| kind.is_document_relationship());
        let (source, target) = (source.clone(), target.clone());
        let association = Association { kind, source, target, documentation, ..loose };
        self.associations.push(association);
        self.associations.last().unwrap().id.clone()
    }
}
