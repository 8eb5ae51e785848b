//! Values on the command line that more than one command reads.

use datatypes::{Dtm, EntryUuid};
use xds::query::CodeFilter;

/// `urn:uuid:…`, or the UUID alone.
pub(crate) fn parse_entry_uuid(text: &str) -> Result<EntryUuid, String> {
    EntryUuid::parse(text)
        .or_else(|_no_prefix| EntryUuid::parse(&format!("urn:uuid:{text}")))
        .map_err(|_invalid| "an entry UUID is written urn:uuid:xxxxxxxx-xxxx-…".to_owned())
}

/// `CODE^^SCHEME`.
pub(crate) fn parse_code_filter(text: &str) -> Result<CodeFilter, String> {
    CodeFilter::parse(text).ok_or_else(|| "a code is written CODE^^SCHEME".to_owned())
}

/// `YYYY[MM[DD[hh[mm[ss]]]]]`.
pub(crate) fn parse_dtm(text: &str) -> Result<Dtm, String> {
    Dtm::parse(text)
        .map_err(|invalid| format!("{invalid}; a time is YYYY[MM[DD[hh[mm[ss]]]]] in UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_may_come_without_its_prefix() {
        let uuid = "14d4debf-8f97-4251-9a74-a90016b0af0d";
        let urn = format!("urn:uuid:{uuid}");
        assert_eq!(parse_entry_uuid(uuid).unwrap().to_string(), urn);
        assert_eq!(parse_entry_uuid(&urn).unwrap().to_string(), urn);
        for text in ["", "urn:uuid:", "14d4debf", "urn:uuid:urn:uuid:14d4debf"] {
            assert!(parse_entry_uuid(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_says_what_is_wrong_with_it() {
        assert_eq!(parse_dtm("202604").unwrap().as_str(), "202604");
        assert!(parse_dtm("20260431").unwrap_err().contains("day"));
        assert!(parse_dtm("2026-04-01").unwrap_err().contains("YYYY[MM"));
    }

    #[test]
    fn a_code_has_its_scheme() {
        assert_eq!(parse_code_filter("a^^1.2").unwrap().scheme, "1.2");
        assert!(parse_code_filter("a^1.2").is_err());
    }
}
