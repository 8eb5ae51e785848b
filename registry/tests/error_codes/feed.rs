//! ITI-8 and ITI-64; the same faults come by ITI-44.

use datatypes::InvalidPatientId;
use hl7v2::{Ack, AckCode, ErrorCode, FeedError, Location};
use registry::error::{FeedFault, FeedId, FeedRefusal, LinkFault, MergeFault};
use registry::record::DamagedRecord;
use store::StoreError;

use super::{INTERNAL, check_complete, database_failure};

/// Each fault with the acknowledgement and the code of table 0357 (ITI TF-2: C.2.3).
fn faults() -> Vec<(FeedFault, AckCode, ErrorCode)> {
    let id = FeedId::Patient(2);
    let unknown = ErrorCode::UnknownKeyIdentifier;
    let internal = ErrorCode::ApplicationInternalError;
    let mut faults = vec![
        (FeedFault::InconsistentAuthority { id }, AckCode::AE, unknown),
        (FeedFault::AuthorityMissing { id }, AckCode::AE, unknown),
        (FeedFault::Id { id, source: InvalidPatientId::Id }, AckCode::AE, ErrorCode::DataTypeError),
        (FeedFault::Store(StoreError::Busy), AckCode::AR, internal),
        (FeedFault::from(database_failure()), AckCode::AR, internal),
        (FeedFault::Damaged(DamagedRecord), AckCode::AR, internal),
    ];
    faults.extend(LINK_CHANGES.map(|fault| (FeedFault::LinkChange(fault), AckCode::AE, unknown)));
    faults.extend(MERGES.map(|fault| (FeedFault::Merge(fault), AckCode::AE, unknown)));
    faults
}

const MERGES: [MergeFault; 7] = [
    MergeFault::SubsumedAuthority,
    MergeFault::SurvivingAuthority,
    MergeFault::SamePatient,
    MergeFault::SubsumedUnknown,
    MergeFault::SurvivingUnknown,
    MergeFault::SubsumedAlready,
    MergeFault::SurvivingSubsumed,
];

const LINK_CHANGES: [LinkFault; 9] = [
    LinkFault::NewAuthority,
    LinkFault::PreviousAuthority,
    LinkFault::SubsumedAuthority,
    LinkFault::SameLocal,
    LinkFault::NewUnknown,
    LinkFault::PreviousUnknown,
    LinkFault::NewSubsumed,
    LinkFault::PreviousSubsumed,
    LinkFault::NothingChanged,
];

fn messages() -> Vec<(FeedError, AckCode, ErrorCode)> {
    let location = || Location::segment("PID", 1).field(3);
    vec![
        (FeedError::UnsupportedMessageType, AckCode::AR, ErrorCode::UnsupportedMessageType),
        (FeedError::UnsupportedTriggerEvent, AckCode::AR, ErrorCode::UnsupportedEventCode),
        (FeedError::UnsupportedProcessingId, AckCode::AR, ErrorCode::UnsupportedProcessingId),
        (FeedError::UnsupportedVersion, AckCode::AR, ErrorCode::UnsupportedVersionId),
        (
            FeedError::SegmentMissing { segment: "PID" },
            AckCode::AE,
            ErrorCode::SegmentSequenceError,
        ),
        (
            FeedError::SegmentSequence { location: location() },
            AckCode::AE,
            ErrorCode::SegmentSequenceError,
        ),
        (
            FeedError::FieldMissing { location: location() },
            AckCode::AE,
            ErrorCode::RequiredFieldMissing,
        ),
        (FeedError::InvalidField { location: location() }, AckCode::AE, ErrorCode::DataTypeError),
        (
            FeedError::UnknownTableValue { location: location() },
            AckCode::AE,
            ErrorCode::TableValueNotFound,
        ),
        (
            FeedError::UnknownKey { location: location() },
            AckCode::AE,
            ErrorCode::UnknownKeyIdentifier,
        ),
    ]
}

#[track_caller]
fn check(refusal: FeedRefusal, ack_code: AckCode, code: ErrorCode) {
    let ack = Ack::from(&refusal);
    assert_eq!(ack.code, ack_code, "{refusal:?}");
    let detail = ack.errors.into_iter().next().unwrap();
    assert_eq!(detail.code.as_str(), code.as_str(), "{refusal:?}");
    assert!(!detail.text.is_empty() && !detail.text.contains(INTERNAL), "{}", detail.text);
}

#[test]
fn every_fault_has_a_code_and_keeps_its_cause() {
    for (fault, ack_code, code) in faults() {
        check(FeedRefusal::Fault(fault), ack_code, code);
    }
    let listed = faults().iter().map(|(fault, ..)| variant(fault)).collect();
    let all = [
        "AuthorityMissing",
        "Damaged",
        "Denied",
        "Id",
        "InconsistentAuthority",
        "LinkChange",
        "Merge",
        "Store",
    ];
    check_complete(listed, &all, &["Denied"]);
    let merges = MERGES.map(merge_variant).to_vec();
    let all = [
        "SamePatient",
        "SubsumedAlready",
        "SubsumedAuthority",
        "SubsumedUnknown",
        "SurvivingAuthority",
        "SurvivingSubsumed",
        "SurvivingUnknown",
    ];
    check_complete(merges, &all, &[]);
    let link_changes = LINK_CHANGES.map(link_variant).to_vec();
    let all = [
        "NewAuthority",
        "NewSubsumed",
        "NewUnknown",
        "NothingChanged",
        "PreviousAuthority",
        "PreviousSubsumed",
        "PreviousUnknown",
        "SameLocal",
        "SubsumedAuthority",
    ];
    check_complete(link_changes, &all, &[]);
}

#[test]
fn every_message_that_is_no_feed_has_a_code() {
    for (error, ack_code, code) in messages() {
        check(FeedRefusal::Feed(error), ack_code, code);
    }
    let unreadable = hl7v2::decode(b"", hl7v2::Charset::Utf8)
        .and_then(|text| hl7v2::Message::parse(&text).map(drop))
        .unwrap_err();
    check(FeedRefusal::Unreadable(unreadable), AckCode::AR, ErrorCode::DataTypeError);
    let listed = messages().iter().map(|(error, ..)| message_variant(error)).collect();
    let all = [
        "FieldMissing",
        "InvalidField",
        "SegmentMissing",
        "SegmentSequence",
        "UnknownKey",
        "UnknownTableValue",
        "UnsupportedMessageType",
        "UnsupportedProcessingId",
        "UnsupportedTriggerEvent",
        "UnsupportedVersion",
    ];
    check_complete(listed, &all, &[]);
}

fn variant(fault: &FeedFault) -> &'static str {
    match fault {
        FeedFault::Merge(_) => "Merge",
        FeedFault::Denied(_) => "Denied",
        FeedFault::InconsistentAuthority { .. } => "InconsistentAuthority",
        FeedFault::AuthorityMissing { .. } => "AuthorityMissing",
        FeedFault::Id { .. } => "Id",
        FeedFault::Store(_) => "Store",
        FeedFault::LinkChange(_) => "LinkChange",
        FeedFault::Damaged(_) => "Damaged",
    }
}

fn link_variant(fault: LinkFault) -> &'static str {
    match fault {
        LinkFault::NewAuthority => "NewAuthority",
        LinkFault::PreviousAuthority => "PreviousAuthority",
        LinkFault::SubsumedAuthority => "SubsumedAuthority",
        LinkFault::SameLocal => "SameLocal",
        LinkFault::NewUnknown => "NewUnknown",
        LinkFault::PreviousUnknown => "PreviousUnknown",
        LinkFault::NewSubsumed => "NewSubsumed",
        LinkFault::PreviousSubsumed => "PreviousSubsumed",
        LinkFault::NothingChanged => "NothingChanged",
    }
}

fn merge_variant(fault: MergeFault) -> &'static str {
    match fault {
        MergeFault::SubsumedAuthority => "SubsumedAuthority",
        MergeFault::SurvivingAuthority => "SurvivingAuthority",
        MergeFault::SamePatient => "SamePatient",
        MergeFault::SubsumedUnknown => "SubsumedUnknown",
        MergeFault::SurvivingUnknown => "SurvivingUnknown",
        MergeFault::SubsumedAlready => "SubsumedAlready",
        MergeFault::SurvivingSubsumed => "SurvivingSubsumed",
    }
}

fn message_variant(error: &FeedError) -> &'static str {
    match error {
        FeedError::UnsupportedMessageType => "UnsupportedMessageType",
        FeedError::UnsupportedTriggerEvent => "UnsupportedTriggerEvent",
        FeedError::UnsupportedProcessingId => "UnsupportedProcessingId",
        FeedError::UnsupportedVersion => "UnsupportedVersion",
        FeedError::SegmentMissing { .. } => "SegmentMissing",
        FeedError::SegmentSequence { .. } => "SegmentSequence",
        FeedError::FieldMissing { .. } => "FieldMissing",
        FeedError::InvalidField { .. } => "InvalidField",
        FeedError::UnknownTableValue { .. } => "UnknownTableValue",
        FeedError::UnknownKey { .. } => "UnknownKey",
    }
}
