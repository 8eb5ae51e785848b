//! What is wrong with metadata, one fault at a time: a good submission with one change.

use xds::{MetadataFault, Problem, SubmissionDraft};

use crate::support::read_submission;

const GOOD: &str = include_str!("submission.xml");

const SET: &str = "urn:uuid:0000000A-0000-4000-8000-000000000000";

/// Reads the good submission with every `from` replaced by `to`.
#[track_caller]
fn changed(from: &str, to: &str) -> SubmissionDraft {
    assert!(GOOD.contains(from), "the change does nothing");
    read_submission(&GOOD.replace(from, to)).unwrap()
}

/// The change leads to exactly one fault.
#[track_caller]
fn check(from: &str, to: &str, object: &str, attribute: &'static str, problem: Problem) {
    let draft = changed(from, to);
    let expected = MetadataFault { object: object.to_owned(), attribute, problem };
    assert_eq!(draft.faults, [expected]);
    assert!(draft.submission.is_none());
}

/// Without the slot `name`, the entry is at fault.
#[track_caller]
fn check_slot_missing(name: &'static str, object: &str) {
    let slot = format!("<rim:Slot name=\"{name}\">");
    check(&slot, "<rim:Slot name=\"other\">", object, name, Problem::Missing);
}

/// Without a Classification or ExternalIdentifier of the scheme, the object is at fault.
#[track_caller]
fn check_part_missing(scheme: &str, object: &str, attribute: &'static str) {
    let other = "urn:uuid:00000000-0000-4000-8000-00000000ffff";
    check(scheme, other, object, attribute, Problem::Missing);
    assert_eq!(changed(scheme, other).not_saved, [other]);
}

#[test]
fn a_good_submission_has_no_faults() {
    let draft = read_submission(GOOD).unwrap();
    assert_eq!(draft.faults, []);
    assert!(draft.not_saved.is_empty());
    let submission = draft.submission.unwrap();
    let entry = submission.entries.first().unwrap();
    assert_eq!(entry.creation_time.as_ref().unwrap().as_str(), "20240131");
    assert_eq!(entry.class_code.value.scheme, "scheme of\n          classes");
    assert_eq!(entry.size, Some(815));
    assert_eq!(entry.service_start_time, None);
    let title = entry.title.as_ref().unwrap();
    assert_eq!((title.value.as_str(), title.lang.as_deref()), ("診療情報提供書", Some("ja")));
    let extra = entry.extra.first().unwrap();
    assert_eq!((extra.name.as_str(), extra.values.len()), ("urn:example:ward", 2));
    assert_eq!(extra.values.first().unwrap(), " 3 East ");
    let set = &submission.submission_set;
    assert_eq!(set.id.to_string(), SET.to_lowercase());
    assert_eq!(submission.associations.first().unwrap().source, set.id);
    assert_eq!(entry.class_code.id, None);
    let type_id = entry.type_code.id.unwrap().to_string();
    assert_eq!(type_id, "urn:uuid:000000c7-0000-4000-8000-000000000000");
}

#[test]
fn what_a_source_must_send_is_missed() {
    for name in ["creationTime", "languageCode", "sourcePatientId"] {
        check_slot_missing(name, "document");
    }
    check_slot_missing("submissionTime", SET);
    let parts = [
        ("urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a", "document", "classCode"),
        ("urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f", "document", "confidentialityCode"),
        ("urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d", "document", "formatCode"),
        ("urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", "document", "healthcareFacilityTypeCode"),
        ("urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead", "document", "practiceSettingCode"),
        ("urn:uuid:f0306f51-975f-434e-a61c-c59651d33983", "document", "typeCode"),
        ("urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427", "document", "patientId"),
        ("urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab", "document", "uniqueId"),
        ("urn:uuid:aa543740-bdda-424e-8c96-df4873be8500", SET, "contentTypeCode"),
        ("urn:uuid:96fdda7c-d067-4183-912e-bf5ee74998a8", SET, "uniqueId"),
        ("urn:uuid:554ac39e-e3fe-47fe-b233-965d2a147832", SET, "sourceId"),
        ("urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446", SET, "patientId"),
        ("urn:uuid:1ba97051-7806-41a8-a48b-8fce7af683c5", "folder", "codeList"),
        ("urn:uuid:75df8f67-9973-4fbe-a900-df66cefecc5a", "folder", "uniqueId"),
        ("urn:uuid:f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a", "folder", "patientId"),
    ];
    for (scheme, object, attribute) in parts {
        check_part_missing(scheme, object, attribute);
    }
    check(" mimeType=\"text/plain\"", "", "document", "mimeType", Problem::Missing);
    check(" associationType=", " x=", "member", "associationType", Problem::Missing);
    check(" sourceObject=", " x=", "member", "sourceObject", Problem::Missing);
    check(" targetObject=", " x=", "member", "targetObject", Problem::Missing);
    let folder_name = "<rim:RegistryPackage id=\"folder\">\n      <rim:Name>\
                       <rim:LocalizedString value=\"Folder\"/></rim:Name>";
    let unnamed = "<rim:RegistryPackage id=\"folder\"><rim:Name/>";
    check(folder_name, unnamed, "folder", "title", Problem::Missing);
    let anonymous = "<rim:Slot name=\"authorRole\">";
    let attribute = "authorPerson, authorInstitution or authorTelecommunication";
    check("<rim:Slot name=\"authorPerson\">", anonymous, "document", attribute, Problem::Missing);
}

#[test]
fn values_of_the_wrong_type_are_invalid() {
    let cases = [
        (" 20240131 ", "2024-01-31", "document", "creationTime"),
        ("ja-JP", "日本語", "document", "languageCode"),
        ("L-1^^^", "L-1^^", "document", "sourcePatientId"),
        ("0815", "-1", "document", "size"),
        ("text/plain", "plain", "document", "mimeType"),
        ("7edca82f-054d", "7edca82f-054e", "document", "objectType"),
        ("^Suzuki^Hanako", "^^Hanako", "document", "authorPerson"),
        ("value=\"1.2.3.6\"", "value=\"1\"", SET, "uniqueId"),
        ("value=\"1.2.3.7\"", "value=\"my source\"", SET, "sourceId"),
        ("home=\"\"", "home=\"1.2.3\"", SET, "homeCommunityId"),
        ("home=\"\"", "lid=\"other\"", SET, "logicalID"),
        ("AssociationType:HasMember", "AssociationType:HasPart", "member", "associationType"),
        ("targetObject=\"document\"", "targetObject=\"urn:uuid:1\"", "member", "targetObject"),
        ("Original", "original", "member", "SubmissionSetStatus"),
        ("nodeRepresentation=\"class\"", "nodeRepresentation=\" \"", "document", "classCode"),
        ("<rim:LocalizedString value=\"Class\"/>", "", "document", "classCode"),
        ("<rim:Value>formats</rim:Value>", "", "document", "formatCode"),
    ];
    for (from, to, object, attribute) in cases {
        check(from, to, object, attribute, Problem::Invalid);
    }
}

#[test]
fn source_patient_info_is_fields_of_pid() {
    let before = "<rim:Slot name=\"sourcePatientId\">";
    for value in ["NK1-2|関係", "PID-40|", "PID-0|", "PID-|", "PID-5", "5|^太郎", "M"] {
        let slot =
            "<rim:Slot name=\"sourcePatientInfo\"><rim:ValueList><rim:Value>PID-8|M</rim:Value>";
        let with =
            format!("{slot}<rim:Value>{value}</rim:Value></rim:ValueList></rim:Slot>{before}");
        check(before, &with, "document", "sourcePatientInfo", Problem::Invalid);
    }
}

#[test]
fn what_stands_once_may_not_stand_twice() {
    let twice = "<rim:Value>types</rim:Value><rim:Value>more</rim:Value>";
    check("<rim:Value>types</rim:Value>", twice, "document", "codingScheme", Problem::Repeated);
    let twice = "<rim:Value>0815</rim:Value><rim:Value>0815</rim:Value>";
    check("<rim:Value>0815</rim:Value>", twice, "document", "size", Problem::Repeated);
    check("serviceStartTime", "creationTime", "document", "creationTime", Problem::Repeated);
    let slot = "<rim:Slot name=\"urn:example:ward\"><rim:ValueList/></rim:Slot>";
    let end = "<rim:VersionInfo versionName=\"1.1\"/>";
    check(end, &format!("{slot}{end}"), "document", "slot name", Problem::Repeated);
    // A format code where the type code should be: one is too many, one is missing.
    let (format, kind) =
        ("a09d5840-386c-46f2-b5ad-9c3699a4309d", "f0306f51-975f-434e-a61c-c59651d33983");
    let problems: Vec<_> =
        changed(kind, format).faults.iter().map(|f| (f.attribute, f.problem)).collect();
    assert_eq!(problems, [("formatCode", Problem::Repeated), ("typeCode", Problem::Missing)]);
    let (unique, patient) =
        ("2e82c1f6-a085-4c72-9da3-8640a32e42ab", "58a6f841-87b3-4a3e-92fd-a8ffeff98427");
    let problems: Vec<_> =
        changed(unique, patient).faults.iter().map(|f| (f.attribute, f.problem)).collect();
    assert_eq!(problems, [("patientId", Problem::Repeated), ("uniqueId", Problem::Missing)]);
}

#[test]
fn ids_are_unique_in_a_message() {
    let again = "id=\"folder\"";
    check("id=\"member\"", again, "folder", "id", Problem::Repeated);
    // The case of the digits does not make another UUID; that of a symbol another symbol.
    check("id=\"c8\"", &format!("id=\"{}\"", SET.to_lowercase()), SET, "id", Problem::Repeated);
    assert_eq!(changed("id=\"member\"", "id=\"Folder\"").faults, []);
    // Symbols of sub-objects are forgotten; published messages repeat them.
    assert_eq!(changed("id=\"c9\"", "id=\"c1\"").faults, []);
}

#[test]
fn missing_ids_are_faults_except_on_associations() {
    let draft = changed("<rim:RegistryPackage id=\"folder\">", "<rim:RegistryPackage>");
    let fault = draft.faults.first().unwrap();
    assert_eq!((fault.object.as_str(), fault.attribute), ("Folder without id", "entryUUID"));
    let text = GOOD.replace(" id=\"member\"", "").replace("\"document\"", "\"association-1\"");
    let submission = read_submission(&text).unwrap().submission.unwrap();
    let association = submission.associations.first().unwrap();
    assert_eq!(association.id.to_string(), "association-2");
    assert_eq!(association.target, submission.entries.first().unwrap().id);
}

#[test]
fn a_package_is_what_one_marker_says() {
    let node = "urn:uuid:A54D6AA5-D40D-43F9-88C5-B4633D873BDD";
    let unknown = "urn:uuid:00000000-0000-4000-8000-00000000ffff";
    let draft = changed(node, unknown);
    let faults: Vec<_> = draft.faults.iter().map(|f| (f.attribute, f.problem)).collect();
    let missing = Problem::Missing;
    assert_eq!(faults, [("classificationNode", missing), ("SubmissionSet", missing)]);
    let folder = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2";
    let beside = "<rim:Classification id=\"m1\"";
    let both = format!(
        "<rim:Classification id=\"m3\" classificationNode=\"{folder}\" \
         classifiedObject=\"{SET}\"/>{beside}"
    );
    let faults: Vec<_> =
        changed(beside, &both).faults.iter().map(|f| (f.attribute, f.problem)).collect();
    let contradiction = Problem::Contradiction;
    assert_eq!(faults, [("classificationNode", contradiction), ("SubmissionSet", missing)]);
    let twice = both.replace(folder, node);
    assert_eq!(changed(beside, &twice).faults, []);
    let stray = "classifiedObject=\"nobody\"/>\n    <rim:Association";
    let text = format!("classifiedObject=\"{}\"/>\n    <rim:Association", SET.to_lowercase());
    let draft = changed(&text, stray);
    let fault = draft.faults.first().unwrap();
    assert_eq!((fault.object.as_str(), fault.attribute), ("nobody", "classifiedObject"));
}

#[test]
fn one_submission_set_it_must_be() {
    let folder = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2";
    let draft = changed(folder, "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd");
    let fault = draft.faults.last().unwrap();
    assert_eq!((fault.object.as_str(), fault.attribute), ("submission", "SubmissionSet"));
    assert_eq!(fault.problem, Problem::Repeated);
}

#[test]
fn parts_of_another_object_are_a_contradiction() {
    let attribute = "classifiedObject or registryObject";
    let stray = "registryObject=\"document\" value=\"1.2.3.8\"";
    let own = "registryObject=\"folder\" value=\"1.2.3.8\"";
    check(own, stray, "folder", attribute, Problem::Contradiction);
    let own = "classifiedObject=\"document\" nodeRepresentation=\"N\"";
    let stray = "classifiedObject=\"folder\" nodeRepresentation=\"N\"";
    check(own, stray, "document", attribute, Problem::Contradiction);
}

#[test]
fn names_that_ihe_reserves_are_refused() {
    let reserved = "urn:ihe:iti:xds:2013:ward";
    check("urn:example:ward", reserved, "document", "slot name", Problem::NotAllowed);
    let draft = changed("urn:example:ward", "ward");
    assert_eq!(draft.submission.unwrap().entries.first().unwrap().extra.len(), 1);
}

#[test]
fn limited_metadata_are_refused() {
    let markers = [
        "urn:uuid:ab9b591b-83ab-4d03-8f5d-f93b1fb92e85",
        "urn:uuid:5003A9DB-8d8d-49e6-bf0c-990e34ac7707",
        "urn:uuid:2c144a76-29a9-4b7c-af54-b25409fe7d03",
    ];
    let end = "<rim:VersionInfo versionName=\"1.1\"/>";
    for marker in markers {
        let node = format!("{end}<rim:Classification classificationNode=\"{marker}\"/>");
        check(end, &node, "document", "limitedMetadata", Problem::NotAllowed);
    }
}

#[test]
fn values_beyond_all_measure_are_too_long() {
    let long = "長".repeat(4097);
    let fits = "長".repeat(4096);
    check("診療情報提供書", &long, "document", "title", Problem::TooLong);
    check(" 3 East ", &long, "document", "slot", Problem::TooLong);
    check(
        "nodeRepresentation=\"class\"",
        &format!("nodeRepresentation=\"{long}\""),
        "document",
        "classCode",
        Problem::TooLong,
    );
    check(
        "<rim:Value>types",
        &format!("<rim:Value>{long}"),
        "document",
        "codingScheme",
        Problem::TooLong,
    );
    assert_eq!(changed("診療情報提供書", &fits).faults, []);
    assert_eq!(changed("<rim:Value>types", &format!("<rim:Value>{fits}")).faults, []);
}

#[test]
fn what_has_no_place_in_xds_is_reported() {
    let end = "<rim:VersionInfo versionName=\"1.1\"/>";
    let extension = format!("{end}<x:Note xmlns:x=\"urn:example\"><x:Deep/></x:Note>");
    let draft = changed(end, &extension);
    assert_eq!(draft.not_saved, ["Note"]);
    assert!(draft.submission.is_some());
    let second = "<rim:LocalizedString value=\"Letter\"/>";
    let first = "<rim:LocalizedString xml:lang=\"ja\" value=\"診療情報提供書\"/>";
    assert_eq!(changed(first, &format!("{first}{second}")).not_saved, ["title"]);
    let slot = "<rim:Slot name=\"codingScheme\"><rim:ValueList><rim:Value>types";
    let more = "<rim:Slot name=\"urn:example:more\"><rim:ValueList/></rim:Slot>";
    assert_eq!(changed(slot, &format!("{more}{slot}")).not_saved, ["urn:example:more"]);
}

#[test]
fn all_faults_of_a_message_are_told() {
    let text =
        GOOD.replace(" 20240131 ", "x").replace("ja-JP", "?").replace("value=\"1.2.3.8\"", "");
    let draft = read_submission(&text).unwrap();
    let attributes: Vec<_> = draft.faults.iter().map(|fault| fault.attribute).collect();
    assert_eq!(attributes, ["creationTime", "languageCode", "uniqueId"]);
    assert_eq!(draft.outline.len(), 3);
    assert_eq!(draft.associations.len(), 1);
}
