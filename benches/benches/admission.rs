//! What an assertion costs at the door, beside the stored query that it comes with.
//!
//! The query is read, asked and rendered as the endpoint does it; HTTP, TLS and the audit record are left out,
//! which makes the share of the assertion larger than it is on the wire. The goal: at most 0.1 of the query.

use std::hint::black_box;
use std::time::Duration;

use access::{Door, Presented};
use anyhow::{Context, Result};
use benches::paired::{Paired, time};
use benches::seeded::{self, Community};
use benches::synthetic::question::{self, Condition};
use benches::synthetic::{Group, Population, Random};
use config::Agreement;
use config::actor::Transport;
use config::pki::PkiFolder;
use criterion::{Criterion, criterion_group, criterion_main};
use datatypes::Code;
use jiff::{SignedDuration, Timestamp};
use net::Peer;
use policy::{Access, Transaction};
use registry::Registry;
use registry::answer::Answer;
use registry::transactions::{Origin, QueryTransaction};
use saml::{Assertion, Attributes, AuthnStatement, Conditions, Confirmation, Method, NameId};
use soap::Incoming;
use xds::query::ReturnType;
use xmldsig::SigningKey;

const N_ENTRIES: usize = 20_000;
const SEED: u64 = 1;

/// Assertions that are verified for the first time, in rotation over as many new doors.
const N_TOKENS: u32 = 64;

struct Bench<'a> {
    registry: &'a Registry,
    origin: Origin,
    door: Door,
    peer: Peer,
}

impl Bench<'_> {
    /// The way of a stored query through the endpoint; with `is_asked` past the door.
    fn answer(&self, text: &str, is_asked: bool) -> Option<String> {
        let limits = xml::Limits::default();
        let mut incoming = Incoming::open(text, limits).ok()?;
        if is_asked {
            let right = Transaction::Iti18;
            let presented = Presented::of(&incoming, &self.peer, (text, limits), right);
            self.door.admit(&presented).ok()?;
        }
        let reader = &mut incoming.reader;
        let query = ebxml::adhoc_query_request::read_adhoc_query_request(reader).ok()?;
        incoming.close().ok()?;
        let asked =
            QueryTransaction::RegistryStoredQuery.ask(self.registry, &self.origin, &query).ok()?;
        let found = asked.answer(self.registry).ok()?;
        let dictionary = self.registry.dictionary.load_full();
        Answer::new(found, dictionary, incoming.message_id.as_deref()).whole().ok()
    }
}

/// Who signs, and for whom.
struct Issuer {
    uri: String,
    audience: String,
    key: SigningKey,
}

impl Issuer {
    fn token(&self, number: u32) -> Result<String> {
        let now = Timestamp::now();
        let code = |code: &str, scheme: &str| Code {
            code: code.to_owned(),
            scheme: scheme.to_owned(),
            display: String::new(),
        };
        let assertion = Assertion {
            id: format!("_{number}"),
            issue_instant: now,
            issuer: self.uri.clone(),
            subject: NameId {
                value: "drsato".to_owned(),
                format: None,
                name_qualifier: None,
                sp_provided_id: None,
            },
            confirmations: vec![Confirmation {
                method: Method::Bearer,
                not_before: None,
                not_on_or_after: None,
                recipient: None,
            }],
            conditions: Conditions {
                not_before: now,
                not_on_or_after: now.checked_add(SignedDuration::from_hours(8))?,
                audience_restrictions: vec![vec![self.audience.clone()]],
                one_time_use: false,
            },
            authn_statements: vec![AuthnStatement {
                instant: now,
                session_not_on_or_after: None,
                class: Some("urn:oasis:names:tc:SAML:2.0:ac:classes:X509".to_owned()),
            }],
            attributes: Attributes {
                subject_id: Some("佐藤　一郎".to_owned()),
                organizations: vec!["Example Hospital".to_owned()],
                organization_ids: vec!["urn:oid:1.2.392.100495.20.3.51.11319999999".to_owned()],
                home_community_id: None,
                roles: vec![code("309343006", "2.16.840.1.113883.6.96")],
                purposes_of_use: vec![code("TREAT", "2.16.840.1.113883.5.8")],
                resource_id: None,
                others: vec![],
            },
        };
        Ok(saml::security_header(&saml::issue(&assertion, &self.key)?))
    }
}

/// The same request with a header block more.
fn with(envelope: &str, block: &str) -> String {
    let (before, after) = envelope.split_once("</soap:Header>").unwrap_or((envelope, ""));
    format!("{before}{block}</soap:Header>{after}")
}

fn admission(criterion: &mut Criterion) {
    #[expect(clippy::expect_used, reason = "without a seeded registry there is no bench")]
    run(criterion).expect("a seeded registry");
}

fn run(criterion: &mut Criterion) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let population = Population::new(N_ENTRIES, &mut Random::new(SEED));
    let server = runtime.block_on(async {
        let community = Community::open(&data)?;
        let config = community.registry_config(Transport::Plain)?;
        let server = community.start_registry(&config)?;
        seeded::fill(&server.state(), &population, SEED).await?;
        anyhow::Ok(server)
    })?;
    let agreement = Agreement::read(&data.join(config::agreement::FILE_NAME))?;
    let pki = PkiFolder::of(&data);
    let pem = |path| std::fs::read(path);
    let issuer = Issuer {
        uri: agreement.assertion_issuers.first().context("no issuer")?.uri.clone(),
        audience: agreement.audience(),
        key: SigningKey::from_pem(&pem(pki.issuer_key())?, &pem(pki.issuer_certificate())?)?,
    };
    let registry = server.state();
    let peer = Peer { address: "127.0.0.1:1".parse()?, certificate: None };
    let door = Door::new(&agreement, Access::Required)?;
    let bench = Bench { registry: &registry, origin: seeded::origin(), door, peer };
    measure(criterion, &bench, (&population, &issuer, &agreement))?;
    drop(bench);
    drop(registry);
    runtime.block_on(server.stop());
    Ok(())
}

fn measure(
    criterion: &mut Criterion,
    bench: &Bench<'_>,
    (population, issuer, agreement): (&Population, &Issuer, &Agreement),
) -> Result<()> {
    let token = issuer.token(N_TOKENS)?;
    let envelopes: Vec<String> = population
        .of(Group::Average)
        .map(|patient| (&patient.id, Condition::ManyCodes, ReturnType::LeafClass))
        .map(|(id, condition, kind)| question::find_documents(id, condition, kind))
        .map(|request| question::envelope(&request))
        .collect();
    let carrying: Vec<String> = envelopes.iter().map(|envelope| with(envelope, &token)).collect();
    let answers: Option<Vec<String>> =
        carrying.iter().map(|text| bench.answer(text, true)).collect();
    let answers = answers.context("a question with an assertion was not answered")?;
    let n_bytes = answers.iter().map(String::len).sum::<usize>() / answers.len().max(1);
    let mut group = criterion.benchmark_group("admission");
    let mut paired = Paired::new("stored query with an assertion / without");
    group.bench_function(format!("stored query with an assertion, {n_bytes} bytes"), |bencher| {
        let (mut plain, mut shown) = (envelopes.iter().cycle(), carrying.iter().cycle());
        bencher.iter_custom(|n_times| {
            paired.time(
                n_times,
                || plain.next().map(|text| bench.answer(black_box(text), false)),
                || shown.next().map(|text| bench.answer(black_box(text), true)),
            )
        });
    });
    paired.report();
    let first = envelopes.first().context("no question")?;
    let tokens = (0..N_TOKENS).map(|number| issuer.token(number));
    let new: Vec<String> =
        tokens.map(|token| Ok(with(first, &token?))).collect::<Result<Vec<_>>>()?;
    let admit = |door: &Door, text: &str| {
        let limits = xml::Limits::default();
        let incoming = Incoming::open(text, limits).ok()?;
        let right = Transaction::Iti18;
        door.admit(&Presented::of(&incoming, &bench.peer, (text, limits), right)).ok()
    };
    let again = carrying.first().context("no question")?;
    group.bench_function("header read, assertion known", |bencher| {
        bencher.iter_custom(|n_times| time(n_times, &mut || admit(&bench.door, black_box(again))));
    });
    group.bench_function("header read, assertion verified", |bencher| {
        bencher.iter_custom(|n_times| {
            let mut spent = Duration::ZERO;
            let mut rotation = new.iter().cycle();
            let mut door = Door::new(agreement, Access::Required).ok();
            for number in 0..n_times {
                if number % u64::from(N_TOKENS) == 0 {
                    door = Door::new(agreement, Access::Required).ok();
                }
                let text = rotation.next();
                let met = || door.as_ref().zip(text).map(|(door, text)| admit(door, text));
                spent = spent.saturating_add(time(1, &mut || met()));
            }
            spent
        });
    });
    group.finish();
    // What is measured is what is meant.
    anyhow::ensure!(new.iter().all(|text| admit(&bench.door, text).is_some()), "not admitted");
    Ok(())
}

criterion_group!(benches, admission);
criterion_main!(benches);
