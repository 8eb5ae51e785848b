//! Answers as a server writes them, and what is wrong with others.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

/// A server of stratum 2 that answers the question; its clock is `skew` ahead of ours.
fn answer(question: &Question, skew: SignedDuration, out: Duration, work: Duration) -> Packet {
    let at = |after: Duration| {
        let units = units(after) + skew.as_nanos() * (1 << 32) / 1_000_000_000;
        let sum = i128::from(question.sent.to_bits()) + units;
        NtpTimestamp::from_bits(u64::try_from(sum.rem_euclid(1 << 64)).unwrap())
    };
    Packet {
        leap: Leap::None,
        version: 4,
        mode: 4,
        stratum: 2,
        poll: 6,
        precision: -20,
        root_delay: 0x0000_0200,
        root_dispersion: 0x0000_0100,
        reference_id: [192, 0, 2, 1],
        reference: at(Duration::ZERO),
        originate: question.shown,
        receive: at(out),
        transmit: at(out + work),
    }
}

fn question() -> Question {
    Question::new(NtpTimestamp::of("2036-02-07T06:28:15.9Z".parse().unwrap()), 0x0123_4567)
}

const WAY: Duration = Duration::from_millis(20);
const WORK: Duration = Duration::from_millis(1);
const ELAPSED: Duration = Duration::from_millis(41);

#[track_caller]
fn check_refused(change: impl FnOnce(&mut Packet), expected: Refusal) {
    let question = question();
    let mut packet = answer(&question, SignedDuration::ZERO, WAY, WORK);
    change(&mut packet);
    assert_eq!(question.measure(&packet.to_bytes(), ELAPSED), Err(expected));
}

#[test]
fn a_question_tells_version_mode_and_random_bits_only() {
    let bytes = question().to_bytes();
    assert_eq!(bytes[0], 0b00_100_011);
    assert!(bytes[1..40].iter().all(|byte| *byte == 0));
    assert_eq!(bytes[40..], [0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0x23, 0x45, 0x67]);
}

#[test]
fn the_error_is_half_the_way_and_the_distance_of_the_root() {
    let question = question();
    let packet = answer(&question, SignedDuration::from_secs(-5), WAY, WORK);
    let measured = question.measure(&packet.to_bytes(), ELAPSED).unwrap();
    let error = measured.offset - SignedDuration::from_secs(-5);
    assert!(error.abs() < SignedDuration::from_nanos(5), "{error:?}");
    // 20 ms, and 1/256 s twice by half a delay and a dispersion.
    let expected = Duration::from_micros(20_000 + 3_906 + 3_906);
    assert!(measured.error_bound.abs_diff(expected) < Duration::from_micros(2), "{measured:?}");
}

#[test]
fn only_an_answer_to_our_question_counts() {
    check_refused(|packet| packet.originate = question().sent, Refusal::Origin);
    check_refused(|packet| packet.originate = NtpTimestamp::NONE, Refusal::Origin);
    assert_eq!(question().measure(&[0; 47], ELAPSED), Err(Refusal::Short));
    assert_eq!(question().measure(&question().to_bytes(), ELAPSED), Err(Refusal::Origin));
}

#[test]
fn only_a_server_that_knows_the_time_counts() {
    check_refused(|packet| packet.mode = 5, Refusal::Mode);
    check_refused(|packet| packet.mode = 3, Refusal::Mode);
    check_refused(|packet| packet.version = 2, Refusal::Version);
    check_refused(|packet| packet.version = 5, Refusal::Version);
    check_refused(|packet| packet.leap = Leap::Alarm, Refusal::Unsynchronised);
    check_refused(|packet| packet.stratum = 16, Refusal::Unsynchronised);
    check_refused(|packet| packet.root_delay = 1 << 16, Refusal::RootDistance);
    check_refused(|packet| packet.root_delay = -1, Refusal::RootDistance);
    check_refused(|packet| packet.root_dispersion = u32::MAX, Refusal::RootDistance);
    check_refused(|packet| packet.transmit = NtpTimestamp::NONE, Refusal::NoTime);
    check_refused(|packet| packet.receive = NtpTimestamp::NONE, Refusal::NoTime);
}

#[test]
fn a_server_cannot_have_worked_longer_than_we_waited() {
    check_refused(
        |packet| std::mem::swap(&mut packet.receive, &mut packet.transmit),
        Refusal::Implausible,
    );
    let later = |packet: &mut Packet| {
        packet.transmit = NtpTimestamp::from_bits(packet.receive.to_bits().wrapping_add(1 << 30));
    };
    check_refused(later, Refusal::Implausible);
}

#[test]
fn kisses_are_told_apart() {
    for (code, kiss) in [
        (b"DENY", Kiss::Deny),
        (b"RSTR", Kiss::Deny),
        (b"RATE", Kiss::Rate),
        (b"\xFF\0X\n", Kiss::Other),
    ] {
        let change = |packet: &mut Packet| {
            packet.stratum = 0;
            packet.leap = Leap::Alarm;
            packet.reference_id = *code;
        };
        check_refused(change, Refusal::Kiss(kiss));
    }
}

proptest! {
    /// Whatever the era, the skew and the ways: the offset is the skew, but for the ways' difference.
    #[test]
    fn the_offset_is_right_within_its_bound(
        seconds in 0_i64..8_000_000_000,
        random in any::<u32>(),
        skew_ns in -900_000_000_000_000_000_i64..900_000_000_000_000_000,
        out_us in 0_u64..3_000_000,
        home_us in 0_u64..3_000_000,
        work_us in 0_u64..3_000_000,
    ) {
        let question = Question::new(NtpTimestamp::of(Timestamp::from_second(seconds).unwrap()), random);
        let [out, home, work] = [out_us, home_us, work_us].map(Duration::from_micros);
        let skew = SignedDuration::from_nanos(skew_ns);
        let packet = answer(&question, skew, out, work);
        // One moment in 136 years looks like none.
        prop_assume!(packet.receive != NtpTimestamp::NONE && packet.transmit != NtpTimestamp::NONE);
        let measured = question.measure(&packet.to_bytes(), out + work + home).unwrap();
        let error = (measured.offset - skew).unsigned_abs();
        prop_assert!(error <= measured.error_bound, "{error:?} {measured:?}");
    }

    #[test]
    fn any_bytes_are_measured_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
        elapsed in any::<u64>(),
        is_ours in any::<bool>(),
    ) {
        let mut bytes = bytes;
        if is_ours && bytes.len() >= LENGTH_BYTES {
            bytes[24..32].copy_from_slice(&question().shown.to_bits().to_be_bytes());
        }
        let _either = question().measure(&bytes, Duration::from_nanos(elapsed));
    }
}
