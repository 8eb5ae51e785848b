//! Time stamps of NTP: seconds since 1900 in 32 bits, and as many bits of fraction (RFC 4330 section 3).

use jiff::{SignedDuration, Timestamp};

/// From 1900, where era 0 of NTP begins, to 1970, in s.
const FROM_1900_TO_1970: i128 = 2_208_988_800;

const NANOS: i128 = 1_000_000_000;

/// A moment in an era that the time stamp does not tell: the seconds begin anew in February 2036.
///
/// Two of them are compared by the shorter way around, so that the era does not matter while the clocks are less
/// than 68 years apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NtpTimestamp(u64);

impl NtpTimestamp {
    /// All zero: "no time", in packets of servers that have none.
    pub const NONE: NtpTimestamp = NtpTimestamp(0);

    /// Seconds in the upper 32 bits, the fraction in the lower ones.
    #[must_use]
    pub const fn from_bits(bits: u64) -> NtpTimestamp {
        NtpTimestamp(bits)
    }

    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The moment, its era dropped.
    #[must_use]
    pub fn of(moment: Timestamp) -> NtpTimestamp {
        let nanos = moment.as_nanosecond() + FROM_1900_TO_1970 * NANOS;
        let bits = (nanos << 32).div_euclid(NANOS).rem_euclid(1 << 64);
        NtpTimestamp(u64::try_from(bits).unwrap_or_default())
    }

    /// From `earlier` to this one, in units of 2⁻³² s; negative if it is later.
    #[must_use]
    pub const fn units_since(self, earlier: NtpTimestamp) -> i64 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }
}

/// Units of 2⁻³² s as a duration, to the ns below.
pub(super) fn duration(units: i128) -> SignedDuration {
    let nanos = (units * NANOS) >> 32;
    let saturated = if nanos < 0 { i64::MIN } else { i64::MAX };
    SignedDuration::from_nanos(i64::try_from(nanos).unwrap_or(saturated))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_epochs_of_unix_and_of_the_second_era() {
        assert_eq!(NtpTimestamp::of(Timestamp::UNIX_EPOCH).to_bits() >> 32, 2_208_988_800);
        assert_eq!(NtpTimestamp::of(moment("2036-02-07T06:28:16Z")).to_bits(), 0);
        assert_eq!(NtpTimestamp::of(moment("2036-02-07T06:28:16.5Z")).to_bits(), 1 << 31);
    }

    #[test]
    fn a_difference_does_not_see_the_end_of_an_era() {
        let before = NtpTimestamp::of(moment("2036-02-07T06:28:15Z"));
        let after = NtpTimestamp::of(moment("2036-02-07T06:28:18Z"));
        assert_eq!(after.units_since(before), 3 << 32);
        assert_eq!(before.units_since(after), -(3 << 32));
    }

    proptest! {
        #[test]
        fn differences_are_those_of_the_moments(
            seconds in -4_000_000_000_i64..8_000_000_000,
            nanos in 0_i32..1_000_000_000,
            distance in -2_000_000_000_000_000_000_i64..2_000_000_000_000_000_000,
        ) {
            let first = Timestamp::new(seconds, nanos).unwrap();
            let distance = SignedDuration::from_nanos(distance);
            let second = first.checked_add(distance).unwrap();
            let units = NtpTimestamp::of(second).units_since(NtpTimestamp::of(first));
            let error = duration(i128::from(units)) - distance;
            prop_assert!(error.abs() <= SignedDuration::from_nanos(2), "{error:?}");
        }
    }
}
