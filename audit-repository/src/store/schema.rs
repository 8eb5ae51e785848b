//! The tables as Diesel sees them; what the columns mean stands in the migrations.

diesel::table! {
    event (sequence) {
        sequence -> BigInt,
        received_at -> BigInt,
        transport -> SmallInt,
        sender -> Text,
        peer -> Text,
        raw_sha256 -> Binary,
        hash -> Binary,
        extraction -> SmallInt,
        flags -> SmallInt,
        event_time -> Nullable<BigInt>,
        raw_key -> Nullable<BigInt>,
        event_id -> Nullable<Text>,
        event_types -> Nullable<Text>,
        action -> Nullable<Text>,
        outcome -> Nullable<SmallInt>,
        source_id -> Nullable<Text>,
    }
}

diesel::table! {
    raw_message (sequence) {
        sequence -> BigInt,
        raw -> Binary,
    }
}

diesel::table! {
    event_term (kind, value, event_time, sequence) {
        kind -> SmallInt,
        value -> Text,
        event_time -> BigInt,
        sequence -> BigInt,
    }
}

diesel::table! {
    checkpoint (number) {
        number -> BigInt,
        sequence -> BigInt,
        hash -> Binary,
        signed_at -> BigInt,
        certificate_sha256 -> Binary,
        signature -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(event, raw_message, event_term);
