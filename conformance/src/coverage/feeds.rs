//! What the registry hears of patients: ITI TF-2: 3.8, 3.44, 3.64.

use super::Line;

pub(super) const FEEDS: &[Line] = &[
    (
        "ITI-8 A01, A04, A05, A08: a patient becomes known",
        &[
            "iti-8/a01_admitted",
            "iti-8/a04_registered",
            "iti-8/a05_pre_admitted",
            "iti-8/a08_updated",
        ],
        &["iti-8/identifier_missing", "iti-8/unknown_trigger_event", "iti-8/unknown_message_type"],
    ),
    (
        "ITI-8 A40: patients are merged",
        &["iti-8/a40_merged", "iti-18/merged_twice", "iti-18/one_patient_after_merge"],
        &["iti-8/a40_with_itself"],
    ),
    (
        "ITI-44: the same in HL7 v3",
        &["iti-44/record_added", "iti-44/record_revised", "iti-44/records_merged"],
        &["iti-44/identifier_missing", "iti-44/merged_with_itself", "iti-44/merged_with_unknown"],
    ),
    (
        "ITI-64: a local patient is linked to another patient of the affinity domain",
        &["iti-64/link_changed", "iti-64/link_changed_back", "iti-64/registered_afterwards"],
        &["iti-64/nothing_registered", "iti-64/identifier_missing", "iti-64/authority_missing"],
    ),
    (
        "ITI-64: local patients are merged",
        &["iti-64/local_patients_merged", "iti-64/link_and_local_patients_merged"],
        &["iti-64/subsumed_of_another_authority"],
    ),
];
