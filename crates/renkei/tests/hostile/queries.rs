//! ITI-18 and ITI-51: quotes, percent signs, lists and lengths in every parameter of every stored query.
//!
//! Each value has one right answer by the kind of its parameter: an error that names the parameter, or
//! an empty list, because nothing is called so. What no value may do is find something.

mod table;

use xds::query::QueryId;
use xds::query::rules::rules;

use super::Target;
use crate::harness::database::Database;
use crate::harness::http::Connection;
use crate::harness::node::Node;
use crate::harness::reply::Reply;
use crate::harness::schemas::Schemas;
use crate::harness::soap::{MULTI_PATIENT_QUERY, QUERY, REGISTRY};
use crate::harness::submission::{slot, slot_of};
use crate::harness::transactions::{APPROVED, adhoc_query, call};
use table::Kind::{
    self, AssociationType, Code, EntryType, Oid, Patient, Patients, Pattern, SingleText,
    SingleUuid, Status, Text, Time, Uuid,
};
use table::{QUERIES, Query, STATUS};

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
        Patient | Patients | Code | Time | Oid => Some("XDSRegistryError"),
        // Statuses that nobody knows are passed over; then none is left.
        Status => Some("XDSStoredQueryMissingParam"),
        Text | SingleText | Uuid | SingleUuid | Pattern => None,
        EntryType | AssociationType => None,
    }
}

/// Values of the right form that name nothing, wildcards and quotes inside.
fn harmless(kind: Kind) -> &'static [&'static str] {
    match kind {
        Patient | Patients => &[
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
        let urn = format!("urn:uuid:{}", query.id);
        let body = adhoc_query("LeafClass", &urn, &slots);
        let is_multi_patient = QueryId::from_urn(&urn).unwrap().is_multi_patient();
        let action = if is_multi_patient { MULTI_PATIENT_QUERY } else { QUERY };
        let reply = call(&mut self.connection, REGISTRY, action, &body).unwrap();
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
