//! ITI-18: quotes, percent signs, lists and lengths in every parameter of every stored query.
//!
//! Each value has one right answer by the kind of its parameter: an error that names the parameter, or
//! an empty list, because nothing is called so. What no value may do is find something.

use xds::query::QueryId;
use xds::query::rules::rules;

use super::Target;
use crate::harness::database::Database;
use crate::harness::http::Connection;
use crate::harness::node::Node;
use crate::harness::reply::Reply;
use crate::harness::schemas::Schemas;
use crate::harness::soap::{QUERY, REGISTRY};
use crate::harness::submission::{slot, slot_of};
use crate::harness::transactions::{APPROVED, adhoc_query, call};

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One CX.
    Patient,
    Status,
    Code,
    Time,
    Oid,
    /// Identifiers without form.
    Text,
    /// One of them.
    SingleText,
    Uuid,
    SingleUuid,
    Pattern,
    EntryType,
    AssociationType,
}

use Kind::{
    AssociationType, Code, EntryType, Oid, Patient, Pattern, SingleText, SingleUuid, Status, Text,
    Time, Uuid,
};

/// A stored query: its id, the parameters of a request that finds something, and those under attack.
struct Query {
    id: &'static str,
    base: &'static [(&'static str, &'static str)],
    attacked: &'static [(&'static str, Kind)],
}

/// What restricts the documents of a submission set or of a folder.
const CONTENT: &[(&str, Kind)] = &[
    ("$XDSDocumentEntryFormatCode", Code),
    ("$XDSDocumentEntryConfidentialityCode", Code),
    ("$XDSDocumentEntryType", EntryType),
];

const STATUS: &str = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')";

const DEPRECATED: &str = "('urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated')";

const QUERIES: &[Query] = &[
    // FindDocuments
    Query {
        id: "14d4debf-8f97-4251-9a74-a90016b0af0d",
        base: &[("$XDSDocumentEntryPatientId", "@PATIENT@"), ("$XDSDocumentEntryStatus", STATUS)],
        attacked: &[
            ("$XDSDocumentEntryPatientId", Patient),
            ("$XDSDocumentEntryStatus", Status),
            ("$XDSDocumentEntryClassCode", Code),
            ("$XDSDocumentEntryTypeCode", Code),
            ("$XDSDocumentEntryPracticeSettingCode", Code),
            ("$XDSDocumentEntryCreationTimeFrom", Time),
            ("$XDSDocumentEntryCreationTimeTo", Time),
            ("$XDSDocumentEntryServiceStartTimeFrom", Time),
            ("$XDSDocumentEntryServiceStartTimeTo", Time),
            ("$XDSDocumentEntryServiceStopTimeFrom", Time),
            ("$XDSDocumentEntryServiceStopTimeTo", Time),
            ("$XDSDocumentEntryHealthcareFacilityTypeCode", Code),
            ("$XDSDocumentEntryEventCodeList", Code),
            ("$XDSDocumentEntryConfidentialityCode", Code),
            ("$XDSDocumentEntryAuthorPerson", Pattern),
            ("$XDSDocumentEntryFormatCode", Code),
            ("$XDSDocumentEntryType", EntryType),
        ],
    },
    // FindDocumentsByReferenceId
    Query {
        id: "12941a89-e02e-4be5-967c-ce4bfc8fe492",
        base: &[("$XDSDocumentEntryPatientId", "@PATIENT@"), ("$XDSDocumentEntryStatus", STATUS)],
        attacked: &[("$XDSDocumentEntryReferenceIdList", Text)],
    },
    // FindSubmissionSets
    Query {
        id: "f26abbcb-ac74-4422-8a30-edb644bbc1a9",
        base: &[("$XDSSubmissionSetPatientId", "@PATIENT@"), ("$XDSSubmissionSetStatus", STATUS)],
        attacked: &[
            ("$XDSSubmissionSetPatientId", Patient),
            ("$XDSSubmissionSetStatus", Status),
            ("$XDSSubmissionSetSourceId", Oid),
            ("$XDSSubmissionSetSubmissionTimeFrom", Time),
            ("$XDSSubmissionSetSubmissionTimeTo", Time),
            ("$XDSSubmissionSetAuthorPerson", Pattern),
            ("$XDSSubmissionSetContentType", Code),
        ],
    },
    // FindFolders
    Query {
        id: "958f3006-baad-4929-a4de-ff1114824431",
        base: &[("$XDSFolderPatientId", "@PATIENT@"), ("$XDSFolderStatus", STATUS)],
        attacked: &[
            ("$XDSFolderPatientId", Patient),
            ("$XDSFolderStatus", Status),
            ("$XDSFolderLastUpdateTimeFrom", Time),
            ("$XDSFolderLastUpdateTimeTo", Time),
            ("$XDSFolderCodeList", Code),
        ],
    },
    // GetAll
    Query {
        id: "10b545ea-725c-446d-9b95-8aeb444eddf3",
        base: &[
            ("$patientId", "@PATIENT@"),
            ("$XDSDocumentEntryStatus", STATUS),
            ("$XDSSubmissionSetStatus", STATUS),
            ("$XDSFolderStatus", STATUS),
        ],
        attacked: &[
            ("$patientId", Patient),
            ("$XDSDocumentEntryStatus", Status),
            ("$XDSSubmissionSetStatus", Status),
            ("$XDSFolderStatus", Status),
        ],
    },
    // The same, so that only documents could be found
    Query {
        id: "10b545ea-725c-446d-9b95-8aeb444eddf3",
        base: &[
            ("$patientId", "@PATIENT@"),
            ("$XDSDocumentEntryStatus", STATUS),
            ("$XDSSubmissionSetStatus", DEPRECATED),
            ("$XDSFolderStatus", DEPRECATED),
        ],
        attacked: CONTENT,
    },
    // GetDocuments, GetDocumentsAndAssociations, GetFoldersForDocument
    Query {
        id: "5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
        base: &[],
        attacked: &[("$XDSDocumentEntryEntryUUID", Uuid), ("$XDSDocumentEntryUniqueId", Text)],
    },
    Query {
        id: "bab9529a-4a10-40b3-a01f-f68a615d247a",
        base: &[],
        attacked: &[("$XDSDocumentEntryEntryUUID", Uuid), ("$XDSDocumentEntryUniqueId", Text)],
    },
    Query {
        id: "10cae35a-c7f9-4cf5-b61e-fc3278ffb578",
        base: &[],
        attacked: &[
            ("$XDSDocumentEntryEntryUUID", SingleUuid),
            ("$XDSDocumentEntryUniqueId", SingleText),
        ],
    },
    // GetFolders, GetFolderAndContents
    Query {
        id: "5737b14c-8a1a-4539-b659-e03a34a5e1e4",
        base: &[],
        attacked: &[("$XDSFolderEntryUUID", Uuid), ("$XDSFolderUniqueId", Text)],
    },
    Query {
        id: "b909a503-523d-4517-8acf-8e5834dfc4c7",
        base: &[],
        attacked: &[("$XDSFolderEntryUUID", SingleUuid), ("$XDSFolderUniqueId", SingleText)],
    },
    Query {
        id: "b909a503-523d-4517-8acf-8e5834dfc4c7",
        base: &[("$XDSFolderUniqueId", "'1.2.3'")],
        attacked: CONTENT,
    },
    // GetAssociations, GetSubmissionSets
    Query { id: "a7ae438b-4bc2-4642-93e9-be891f7bb155", base: &[], attacked: &[("$uuid", Uuid)] },
    Query { id: "51224314-5390-4169-9b91-b1980040715a", base: &[], attacked: &[("$uuid", Uuid)] },
    // GetSubmissionSetAndContents, by either id, and its filters
    Query {
        id: "e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
        base: &[],
        attacked: &[
            ("$XDSSubmissionSetEntryUUID", SingleUuid),
            ("$XDSSubmissionSetUniqueId", SingleText),
        ],
    },
    Query {
        id: "e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
        base: &[("$XDSSubmissionSetUniqueId", "'1.2.3'")],
        attacked: CONTENT,
    },
    // GetRelatedDocuments
    Query {
        id: "d90e5407-b356-4d91-a89f-873917b4b0e6",
        base: &[("$AssociationTypes", "('urn:ihe:iti:2007:AssociationType:RPLC')")],
        attacked: &[
            ("$XDSDocumentEntryEntryUUID", SingleUuid),
            ("$XDSDocumentEntryUniqueId", SingleText),
        ],
    },
    Query {
        id: "d90e5407-b356-4d91-a89f-873917b4b0e6",
        base: &[("$XDSDocumentEntryUniqueId", "'1.2.3'")],
        attacked: &[("$AssociationTypes", AssociationType)],
    },
    Query {
        id: "d90e5407-b356-4d91-a89f-873917b4b0e6",
        base: &[
            ("$XDSDocumentEntryUniqueId", "'1.2.3'"),
            ("$AssociationTypes", "('urn:ihe:iti:2007:AssociationType:RPLC')"),
        ],
        attacked: &[("$XDSDocumentEntryType", EntryType)],
    },
];

/// Values that no notation allows.
const MALFORMED: &[&str] = &[
    "'",
    "'x",
    "x'",
    "'x'y",
    "'x' OR 'a'='a'",
    "'x'; DROP TABLE object; --",
    "('x'",
    "'x')",
    "()",
    "('x',)",
    "(('x'))",
    "'x','y'",
    "('x' 'y')",
    "",
    " \t\n ",
];

/// Strings that end where they should, and mean nothing good.
const NASTY: &[&str] = &[
    "'x''; DROP TABLE object; --'",
    "'''; DELETE FROM patient; --'",
    "''''''",
    "'\" OR \"\"=\"'",
    "'1) UNION SELECT * FROM code --'",
    "'\\'''",
    "'\\'",
    "'x\\'",
    "'$1'",
    "'?1'",
    "'E''\\\\x27'''",
    "'{{7*7}} ${7*7} %s%n'",
    "'../../../etc/passwd'",
    "'<script>alert(1)</script>'",
    "'\u{202E}\u{FEFF}\u{1F469}\u{200D}\u{2695}'",
    "'NULL'",
    "'*'",
];

/// The right answer to a well-formed value that is none of the kind.
const fn refusal(kind: Kind) -> Option<&'static str> {
    match kind {
        Patient | Code | Time | Oid => Some("XDSRegistryError"),
        // Statuses that nobody knows are passed over; then none is left.
        Status => Some("XDSStoredQueryMissingParam"),
        Text | SingleText | Uuid | SingleUuid | Pattern => None,
        EntryType | AssociationType => None,
    }
}

/// Values of the right form that name nothing, wildcards and quotes inside.
fn harmless(kind: Kind) -> &'static [&'static str] {
    match kind {
        Patient => &[
            "'%^^^&1.2.392.99.1&ISO'",
            "'victi_^^^&1.2.392.99.1&ISO'",
            "'victim'' OR ''1''=''1^^^&1.2.392.99.1&ISO'",
            "'VICTIM^^^&1.2.392.99.1&ISO'",
            "'victim^^^&1.2.392.99.1.1&ISO'",
        ],
        Code => &["'%^^%'", "'REPORT_^^1.2.392.99.6'", "'x''^^''y'", "'REPORTS^^%'"],
        Text | SingleText | Uuid | SingleUuid => {
            &["'%'", "'_'", "'2.25.%'", "'urn:uuid:%'", "'urn:uuid:''--'"]
        }
        Pattern => &["'佐藤'", "'%''%'", "'\\%'", "'%鈴木%'", "'^佐藤^花_子%'"],
        Time | Oid | Status | EntryType | AssociationType => &[],
    }
}

struct Attack<'a> {
    target: &'a Target,
    connection: Connection,
    schemas: Schemas,
}

impl Attack<'_> {
    /// Asks with the base parameters and these values of one more.
    fn ask(&mut self, query: &Query, parameter: &str, values: &[&str]) -> Reply {
        let patient = format!("'{}'", self.target.patient);
        let mut slots = String::new();
        for (name, value) in query.base.iter().filter(|(name, _)| *name != parameter) {
            slots.push_str(&slot(name, &value.replace("@PATIENT@", &patient)));
        }
        slots.push_str(&slot_of(parameter, values));
        let body = adhoc_query("LeafClass", &format!("urn:uuid:{}", query.id), &slots);
        let reply = call(&mut self.connection, REGISTRY, QUERY, &body).unwrap();
        self.schemas.note(&reply);
        reply
    }

    #[track_caller]
    fn refused(&mut self, query: &Query, parameter: &str, (values, code): (&[&str], &str)) {
        let reply = self.ask(query, parameter, values);
        let what = format!("{} {parameter} {:.200}", query.id, values.concat());
        assert_eq!(reply.outcome(), "Failure", "{what}: {}", reply.text);
        assert_eq!(reply.codes(), [code], "{what}");
        assert!(reply.errors().iter().all(|e| e.context.contains(parameter)), "{what}");
        assert_eq!(objects(&reply), [], "{what}");
    }

    #[track_caller]
    fn empty(&mut self, query: &Query, parameter: &str, value: &str) {
        let reply = self.ask(query, parameter, &[value]);
        let what = format!("{} {parameter} {value}: {}", query.id, reply.text);
        assert_eq!(reply.outcome(), "Success", "{what}");
        assert_eq!(objects(&reply), [], "{what}");
    }

    #[track_caller]
    fn parameter(&mut self, query: &Query, (parameter, kind): (&str, Kind)) {
        const ERROR: &str = "XDSRegistryError";
        for value in MALFORMED {
            self.refused(query, parameter, (&[value], ERROR));
        }
        for value in NASTY {
            match refusal(kind) {
                Some(code) => self.refused(query, parameter, (&[value], code)),
                None => self.empty(query, parameter, value),
            }
        }
        for value in harmless(kind) {
            self.empty(query, parameter, value);
        }
        let long = format!("'{}'", "x".repeat(1_025));
        self.refused(query, parameter, (&[&long], ERROR));
        if matches!(kind, Patient | Time | SingleText | SingleUuid) {
            let two = ["('x','y')", "'x'"];
            self.refused(query, parameter, (&two[..1], "XDSStoredQueryParamNumber"));
            self.refused(query, parameter, (&two, "XDSStoredQueryParamNumber"));
        }
    }

    /// More values than any client asks for.
    #[track_caller]
    fn flood(&mut self, query: &Query, parameter: &str) {
        let values: Vec<_> = (0..10_001).map(|n| format!("'2.25.{n}^^1.2'")).collect();
        let list = format!("({})", values.join(","));
        let reply = self.ask(query, parameter, &[&list]);
        assert_eq!(reply.codes(), ["XDSRegistryError"], "{parameter}: {}", reply.text);
    }
}

/// What an answer holds.
fn objects(reply: &Reply) -> &[Node] {
    &reply.payload().the("RegistryObjectList").children
}

#[test]
fn every_parameter_of_every_query() {
    for database in Database::all() {
        let target = Target::start(database);
        let connection = target.community.registry();
        let mut attack = Attack { target: &target, connection, schemas: Schemas::new() };
        for query in QUERIES {
            for (parameter, kind) in query.attacked {
                attack.parameter(query, (parameter, *kind));
                if matches!(kind, Code | Text | Uuid | Status | Oid) {
                    attack.flood(query, parameter);
                }
            }
        }
        attack.schemas.check();
        target.assert_unharmed();
    }
}

/// No parameter of these queries is left out. What is shared with FindDocuments is attacked there.
#[test]
fn every_parameter_is_attacked() {
    let find = QueryId::FindDocuments;
    for query in QUERIES {
        let id = QueryId::from_urn(&format!("urn:uuid:{}", query.id)).unwrap();
        for rule in rules(id) {
            let name = rule.parameter.name();
            let attackers = QUERIES.iter().filter(|other| {
                other.attacked.iter().any(|(attacked, _)| *attacked == name)
                    && (other.id == query.id || find.urn().ends_with(other.id))
            });
            assert!(attackers.count() > 0, "{} {name}", query.id);
        }
    }
}

/// The same requests find what is there, so that an empty answer above means something.
#[test]
fn a_wildcard_works_where_it_should() {
    let target = Target::start(Database::Sqlite);
    let connection = target.community.registry();
    let mut attack = Attack { target: &target, connection, schemas: Schemas::new() };
    let [find, ..] = QUERIES else { unreachable!("no queries") };
    let good = [
        ("$XDSDocumentEntryAuthorPerson", "'%'"),
        ("$XDSDocumentEntryAuthorPerson", "'%佐藤^花_'"),
        ("$XDSDocumentEntryClassCode", "('x^^y','REPORTS^^1.2.392.99.6')"),
        ("$XDSDocumentEntryStatus", STATUS),
        ("$XDSDocumentEntryCreationTimeFrom", "2026"),
        ("$NobodyKnowsThisOne", "'"),
    ];
    for (parameter, value) in good {
        let reply = attack.ask(find, parameter, &[value]);
        assert_eq!(objects(&reply).len(), 1, "{parameter} {value}: {}", reply.text);
    }
    assert_eq!(STATUS, format!("('{APPROVED}')"));
}

/// Everything of a query beside its parameters.
#[test]
fn requests_around_the_parameters() {
    let target = Target::start(Database::Sqlite);
    let mut connection = target.community.registry();
    let slots = crate::harness::transactions::of_patient(&target.patient);
    let find = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
    let ask = |connection: &mut Connection, return_type: &str, id: &str, slots: &str| {
        call(connection, REGISTRY, QUERY, &adhoc_query(return_type, id, slots)).unwrap()
    };
    for id in ["urn:uuid:00000000-0000-0000-0000-000000000000", "urn:uuid:", "' OR 1=1", "%"] {
        let reply = ask(&mut connection, "LeafClass", id, &slots);
        assert_eq!(reply.codes(), ["XDSUnknownStoredQuery"], "{id}");
    }
    let nameless = ask(&mut connection, "LeafClass", "", &slots);
    assert_eq!((nameless.status, nameless.fault_code()), (400, "Sender"), "{}", nameless.text);
    for return_type in ["RepositoryItem", "LeafClassWithRepositoryItem", "", "leafclass", "'"] {
        let reply = ask(&mut connection, return_type, find, &slots);
        assert_eq!(reply.codes(), ["XDSRegistryError"], "{return_type}");
    }
    let twice = ask(&mut connection, "LeafClass", find, &slots.repeat(2));
    assert_eq!(twice.codes(), ["XDSStoredQueryParamNumber"]);
    let upper = ask(&mut connection, "LeafClass", &format!(" {} ", find.to_uppercase()), &slots);
    upper.assert_success();
    let nothing = ask(&mut connection, "LeafClass", find, "");
    assert_eq!(nothing.codes(), ["XDSStoredQueryMissingParam"]);
    let many: String = (0..1_001).map(|n| slot(&format!("$Unknown{n}"), "'x'")).collect();
    let crowded = ask(&mut connection, "LeafClass", find, &many);
    assert_eq!((crowded.status, crowded.fault_code()), (400, "Sender"));
    let values = vec!["'x'"; 10_001];
    let crowded = ask(&mut connection, "LeafClass", find, &slot_of("$Unknown", &values));
    assert_eq!((crowded.status, crowded.fault_code()), (400, "Sender"));
    target.assert_unharmed();
}
