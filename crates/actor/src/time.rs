//! The clock that answers show.

use std::sync::LazyLock;

use datatypes::Dtm;

/// The actor's clock: UTC, 14 digits.
#[must_use]
pub fn now() -> Dtm {
    let seconds = jiff::Timestamp::now().as_second();
    Dtm::from_unix_seconds(seconds).unwrap_or_else(|_| EPOCH.clone())
}

/// What a clock outside the years 0 to 9999 is read as.
static EPOCH: LazyLock<Dtm> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a constant text that is a DTM")]
    Dtm::parse("19700101000000").expect("a constant text that is a DTM")
});
