//! Documents in an S3 store, through the doors of a running repository: provided, retrieved, verified; damaged, lost,
//! and while the store is away.

use std::num::NonZeroU64;
use std::time::Duration;

use repository::maintenance::Work;
use repository::maintenance::job::{Phase, Status};
use repository::maintenance::verify::VerifyOptions;

use super::alone::RepositoryAlone;
use super::reconciling::ended;
use super::scripted::{REGISTERED, SUCCESS, Script, ScriptedRegistry, response, soap};
use crate::harness::database::Database;
use crate::harness::submission::Submission;
use crate::s3_server::{Road, TestBucket, Way, key_of};

const PATIENT: &str = "4711^^^&1.2.392.99.1&ISO";

/// A repository that reaches its bucket over a road, and a registry that takes everything.
fn start(bucket: &TestBucket) -> (Road, RepositoryAlone) {
    let registry = ScriptedRegistry::start(|request| {
        Script::Say(soap(request, REGISTERED, &response(SUCCESS, &[])))
    });
    let road = Road::to(bucket.server());
    let repository =
        RepositoryAlone::start_with(Database::Sqlite, &registry.url(), |config, data| {
            let mut s3 = bucket.config_over(road.address, data);
            s3.connect = Duration::from_millis(500);
            s3.response = Duration::from_secs(5);
            config.s3 = Some(s3);
            // Where a folder cannot be made: it is not used.
            config.documents = data.join("repository.toml/documents");
        });
    (road, repository)
}

fn verified(repository: &RepositoryAlone) -> Status {
    let maintenance = repository.maintenance();
    let options = VerifyOptions {
        bytes_per_second: NonZeroU64::MAX,
        from: Vec::new(),
        grace: Duration::ZERO,
    };
    ended(&maintenance, Work::VerifyStore(options))
}

#[test]
fn documents_in_an_s3_store_are_provided_retrieved_and_verified() {
    let Some(bucket) = TestBucket::new() else { return };
    let (_road, repository) = start(&bucket);
    let large: Vec<u8> = (0..20 << 20).map(|at: u32| (at / 7).to_le_bytes()[0]).collect();
    let contents: [&[u8]; 4] = [&large, b"", b"dose: 10 mg", b"soon lost"];
    let submission = Submission::of(PATIENT, &contents);
    repository.submit(&submission).assert_success();
    assert_eq!(bucket.keys().len(), 4);
    assert!(repository.documents_of(&submission) == contents);
    let status = verified(&repository);
    assert!(status.phase == Phase::Done && status.counts.is_well(), "{status:?}");
    assert_eq!(status.counts.n_checked, 4);

    // Other bytes of the same length, an object less, and one that nobody named.
    bucket.put(&key_of(b"dose: 10 mg"), b"dose: 90 mg");
    bucket.delete(&key_of(b"soon lost"));
    bucket.put(&key_of(b"left by a crash"), b"left by a crash");
    assert!(repository.documents_of(&submission) == contents[..2]);
    let counts = verified(&repository).counts;
    let found = (counts.n_damaged, counts.n_missing, counts.n_orphans, counts.n_unreadable);
    assert_eq!(found, (1, 1, 1, 0));

    // The same bytes heal what they find.
    let again = Submission::of(PATIENT, &contents[2..]);
    repository.submit(&again).assert_success();
    assert!(repository.documents_of(&submission) == contents);
}

#[test]
fn while_the_s3_store_is_away_nothing_is_acknowledged() {
    let Some(bucket) = TestBucket::new() else { return };
    let (road, repository) = start(&bucket);
    let before = Submission::of(PATIENT, &[b"before"]);
    repository.submit(&before).assert_success();
    for way in [Way::Cut, Way::Busy] {
        road.set(way);
        let lost = Submission::of(PATIENT, &[b"not acknowledged", b"neither"]);
        let reply = repository.submit(&lost);
        reply.assert_failure("XDSRepositoryOutOfResources");
        assert_eq!(repository.documents_of(&before), [b""; 0]);
        // Unreadable, and not missing: nobody concludes that anything is lost.
        let status = verified(&repository);
        assert_eq!((status.counts.n_missing, status.counts.n_unreadable), (0, 1), "{status:?}");
        road.set(Way::Open);
        assert_eq!(repository.documents_of(&before), [b"before"]);
        assert_eq!(repository.documents_of(&lost), [b""; 0]);
        assert_eq!(bucket.keys(), [key_of(b"before")]);
    }
    let after = Submission::of(PATIENT, &[b"after"]);
    repository.submit(&after).assert_success();
    assert_eq!(repository.documents_of(&after), [b"after"]);
}
