//! The tables as Diesel sees them; the same on both back ends.

diesel::table! {
    patient (patient_no) {
        patient_no -> BigInt,
        cx -> Text,
        surviving_no -> BigInt,
        next_seq -> BigInt,
        version -> BigInt,
    }
}

diesel::table! {
    resolution (subsumed_no) {
        subsumed_no -> BigInt,
        surviving_no -> BigInt,
        resolved_at -> BigInt,
        cause -> Text,
    }
}

diesel::table! {
    object (object_key) {
        object_key -> BigInt,
        kind -> SmallInt,
        status -> SmallInt,
        uuid -> Binary,
        unique_id -> Nullable<Text>,
        hash -> Nullable<Binary>,
        size -> Nullable<BigInt>,
        association_type -> Nullable<SmallInt>,
        source -> Nullable<Binary>,
        target -> Nullable<Binary>,
        last_update_time -> Nullable<Text>,
        record -> Binary,
    }
}

diesel::table! {
    code (code_no) {
        code_no -> BigInt,
        attribute -> SmallInt,
        #[sql_name = "code"]
        code_value -> Text,
        scheme -> Text,
        display -> Text,
    }
}

diesel::table! {
    object_code (code_no, object_key) {
        code_no -> BigInt,
        object_key -> BigInt,
    }
}

diesel::table! {
    object_reference (reference_id, object_key) {
        reference_id -> Text,
        object_key -> BigInt,
    }
}

diesel::table! {
    moved (object_key) {
        object_key -> BigInt,
        patient_no -> BigInt,
        other_no -> Nullable<BigInt>,
        source_patient_id -> Nullable<Text>,
    }
}

diesel::table! {
    link_change (change_no) {
        change_no -> BigInt,
        local_id -> Text,
        subsumed_id -> Nullable<Text>,
        previous_no -> BigInt,
        new_no -> BigInt,
        changed_at -> BigInt,
        cause -> Text,
        message -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(object, moved);
