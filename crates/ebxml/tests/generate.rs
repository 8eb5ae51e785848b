//! Strategies for every domain type: values that the types allow, with text that tries the
//! escaping. Ids that must be distinct are not shrunk, since zeros would collide.

use datatypes::{
    Code, Dtm, EntryUuid, HomeCommunityId, LanguageCode, MimeType, ObjectId, Oid, PatientId,
    ReferenceId, RepositoryUniqueId, Sha1Hash, UniqueId, Xcn, Xon, Xtn,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use xds::{
    Association, AssociationType, Author, AvailabilityStatus, DocumentEntry, EntryType, Folder,
    Identified, LocalizedText, RegistryError, RegistryResponse, ResponseStatus, Severity, Slot,
    Submission, SubmissionSet, SubmissionSetStatus,
};

/// Text of one line or several, with everything that XML treats specially inside it.
pub(crate) fn text() -> impl Strategy<Value = String> {
    "[!-~あ-ん山田太郎]([ -~あ-ん山田太郎診察記録\u{3000}\u{1F600}\t\n\r]{0,20}[!-~あ-ん山田太郎])?"
}

/// Text without line breaks and HL7 delimiters: a part of a name.
fn word() -> impl Strategy<Value = String> {
    "[A-Za-zあ-ん山田太郎][ A-Za-zあ-ん山田太郎'\"<>]{0,8}[A-Za-zあ-ん山田太郎]"
}

fn oid() -> impl Strategy<Value = Oid> {
    "[12](\\.[1-9][0-9]{0,5}){1,6}".prop_map(|oid| Oid::parse(&oid).unwrap())
}

fn uuid() -> impl Strategy<Value = EntryUuid> {
    any::<[u8; 16]>().no_shrink().prop_map(EntryUuid::from_bytes)
}

fn object_id(symbol: &'static str) -> impl Strategy<Value = ObjectId> {
    let symbolic = any::<u64>().no_shrink().prop_map(move |n| format!("{symbol}-{n}"));
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

fn dtm() -> impl Strategy<Value = Dtm> {
    let full = "(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[01][0-9][0-5][0-9][0-5][0-9]";
    (full, 2_usize..=7).prop_map(|(full, pairs)| Dtm::parse(&full[..pairs * 2]).unwrap())
}

fn patient_id() -> impl Strategy<Value = PatientId> {
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
    ("[A-Za-z0-9]{1,9}", oid()).prop_map(|(id, oid)| {
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

fn author() -> impl Strategy<Value = Author> {
    let identity = (vec(xcn(), 0..3), vec(xon(), 0..3), vec(xtn(), 0..2));
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
    vec(author(), 0..3)
}

prop_compose! {
    /// The slots of an entry and its head; codes and ids are those of the other half.
    fn entry_slots()(
        head in (object_id("document"), option::of(uuid()), option::of(home()), any::<bool>()),
        times in (dtm(), option::of(dtm()), option::of(dtm())),
        source in (patient_id(), pid_fields()),
        repository in (option::of(oid()), option::of(any::<[u8; 20]>()), option::of(any::<u64>())),
        legal_authenticator in option::of(xcn()),
        language in "[a-z]{2}(-[A-Z]{2})?",
        mime in "(text|application|image)/[a-z]{1,8}",
        uri in option::of("[a-z]{1,8}:[a-z/]{1,12}"),
        texts in (option::of(localized()), option::of(localized())),
        reference_ids in vec(reference_id(), 0..3),
        extra in extra(),
    )(
        entry in entry_codes(),
        head in Just(head), times in Just(times), source in Just(source),
        repository in Just(repository), legal_authenticator in Just(legal_authenticator),
        language in Just(language), mime in Just(mime), uri in Just(uri), texts in Just(texts),
        reference_ids in Just(reference_ids), extra in Just(extra),
    ) -> DocumentEntry {
        let is_stable = head.3;
        DocumentEntry {
            id: head.0.clone(),
            logical_id: head.1,
            home: head.2.clone(),
            entry_type: if is_stable { EntryType::Stable } else { EntryType::OnDemand },
            mime_type: MimeType::parse(&mime).unwrap(),
            creation_time: is_stable.then(|| times.0.clone()),
            service_start_time: times.1.clone(),
            service_stop_time: times.2.clone(),
            language_code: LanguageCode::parse(&language).unwrap(),
            source_patient_id: source.0.clone(),
            source_patient_info: source.1.clone(),
            legal_authenticator: legal_authenticator.clone(),
            repository_unique_id: repository.0.clone().map(RepositoryUniqueId::new),
            hash: repository.1.map(Sha1Hash::from_bytes),
            size: repository.2,
            uri: uri.clone(),
            title: texts.0.clone(),
            comments: texts.1.clone(),
            reference_ids: reference_ids.clone(),
            extra: extra.clone(),
            ..entry
        }
    }
}

prop_compose! {
    /// An entry with its codes and ids, and little else.
    fn entry_codes()(
        codes in (code(), code(), code(), code(), code()),
        confidentiality_codes in vec(code(), 1..3),
        event_codes in vec(code(), 0..4),
        authors in authors(),
        patient_id in identified(patient_id()),
        unique_id in identified(text().prop_map(|id| id.replace(['\t', '\n', '\r'], "_"))),
    ) -> DocumentEntry {
        let (class_code, type_code, format_code, facility_code, practice_setting_code) = codes;
        DocumentEntry {
            id: ObjectId::parse("document").unwrap(),
            logical_id: None,
            home: None,
            entry_type: EntryType::Stable,
            mime_type: MimeType::parse("text/plain").unwrap(),
            source_patient_id: patient_id.value.clone(),
            patient_id,
            unique_id: Identified {
                id: unique_id.id,
                value: UniqueId::parse(&unique_id.value).unwrap(),
            },
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

pub(crate) fn document_entry() -> impl Strategy<Value = DocumentEntry> {
    entry_slots()
}

prop_compose! {
    pub(crate) fn submission_set()(
        id in object_id("set"),
        logical_id in option::of(uuid()),
        home in option::of(home()),
        ids in (identified(patient_id()), identified(oid()), identified(oid())),
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
    pub(crate) fn folder()(
        id in object_id("folder"),
        logical_id in option::of(uuid()),
        home in option::of(home()),
        patient_id in identified(patient_id()),
        unique_id in identified(oid()),
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
    pub(crate) fn association()(
        id in object_id("association"),
        logical_id in option::of(uuid()),
        home in option::of(home()),
        kind in prop::sample::select(AssociationType::ALL.to_vec()),
        source in object_id("source"),
        target in object_id("target"),
        submission_set_status in option::of(prop_oneof![
            Just(SubmissionSetStatus::Original),
            Just(SubmissionSetStatus::Reference),
        ]),
        documentation in option::of(code()),
        extra in extra(),
    ) -> Association {
        Association {
            id, logical_id, home, kind, source, target, submission_set_status, documentation, extra,
        }
    }
}

prop_compose! {
    pub(crate) fn submission()(
        submission_set in submission_set(),
        entries in vec(document_entry(), 0..3),
        folders in vec(folder(), 0..2),
        associations in vec(association(), 0..3),
    ) -> Submission {
        Submission { submission_set, entries, folders, associations }
    }
}

pub(crate) fn status() -> impl Strategy<Value = Option<AvailabilityStatus>> {
    option::of(prop_oneof![
        Just(AvailabilityStatus::Approved),
        Just(AvailabilityStatus::Deprecated),
    ])
}

pub(crate) fn entry_uuids() -> impl Strategy<Value = Vec<EntryUuid>> {
    vec(uuid(), 0..5)
}

prop_compose! {
    fn registry_error()(
        code in text(),
        code_context in "[ -~山田\t\n\r\"'<>&]{0,20}",
        is_error in any::<bool>(),
        location in option::of(text()),
    ) -> RegistryError {
        let severity = if is_error { Severity::Error } else { Severity::Warning };
        RegistryError { code, code_context, severity, location }
    }
}

prop_compose! {
    pub(crate) fn registry_response()(
        status in prop_oneof![
            Just(ResponseStatus::Success),
            Just(ResponseStatus::PartialSuccess),
            Just(ResponseStatus::Failure),
        ],
        errors in vec(registry_error(), 0..4),
    ) -> RegistryResponse {
        RegistryResponse { status, errors }
    }
}
