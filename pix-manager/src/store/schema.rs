//! The tables as Diesel sees them; the same on both back ends.

diesel::table! {
    domain (domain_no) {
        domain_no -> BigInt,
        oid -> Text,
    }
}

diesel::table! {
    patient (patient_no) {
        patient_no -> BigInt,
        domain_no -> BigInt,
        id -> Text,
        surviving_no -> BigInt,
        person_no -> BigInt,
        own_person_no -> Nullable<BigInt>,
        facts -> Text,
    }
}

diesel::table! {
    person (person_no) {
        person_no -> BigInt,
        network_id -> Nullable<Text>,
        is_announced -> Bool,
        surviving_no -> BigInt,
    }
}

diesel::table! {
    search_key (key_text, patient_no) {
        key_text -> Text,
        patient_no -> BigInt,
    }
}

diesel::table! {
    decision (low_no, high_no) {
        low_no -> BigInt,
        high_no -> BigInt,
        verdict -> SmallInt,
        decided_at -> BigInt,
        cause -> Text,
    }
}

diesel::table! {
    merge (subsumed_no) {
        subsumed_no -> BigInt,
        surviving_no -> BigInt,
        merged_at -> BigInt,
        cause -> Text,
    }
}

diesel::table! {
    visit (patient_no, number) {
        patient_no -> BigInt,
        number -> Text,
        #[sql_name = "visit"]
        content -> Text,
    }
}

diesel::table! {
    announcement (announcement_no) {
        announcement_no -> BigInt,
        destination -> Text,
        event -> Text,
        message -> Text,
        patients -> Text,
        persons -> Text,
        announced_no -> Nullable<BigInt>,
        state -> SmallInt,
        refusal -> Nullable<Text>,
    }
}

diesel::table! {
    last_announcement (only_row) {
        only_row -> SmallInt,
        announcement_no -> BigInt,
    }
}

diesel::table! {
    lease (destination) {
        destination -> Text,
        holder -> Text,
        until -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(patient, domain, person, search_key);
