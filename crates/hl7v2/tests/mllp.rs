//! Framing under any chunking.

use hl7v2::{BrokenFrame, FrameError, MllpFramer, mllp_frame};
use proptest::collection::vec;
use proptest::prelude::*;

/// Messages, and what was wrong with broken ones and how they began.
type Frames = Vec<Result<Vec<u8>, (FrameError, Vec<u8>)>>;

fn frames_of(framer: &mut MllpFramer) -> Frames {
    let told = |broken: BrokenFrame| (broken.error, broken.head);
    std::iter::from_fn(|| framer.next_frame()).map(|frame| frame.map_err(told)).collect()
}

/// Feeds the stream in chunks of these sizes, over and over.
fn cut(stream: &[u8], sizes: &[usize], max_frame_bytes: usize) -> (Frames, MllpFramer) {
    let mut framer = MllpFramer::new(max_frame_bytes);
    let mut frames = Vec::new();
    let mut rest = stream;
    let mut sizes = sizes.iter().copied().cycle();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
        let (chunk, behind) = rest.split_at(size);
        framer.push(chunk);
        frames.extend(frames_of(&mut framer));
        rest = behind;
    }
    (frames, framer)
}

/// A whole frame, or what was wrong and how it began.
type Told<'a> = Result<&'a [u8], (FrameError, &'a [u8])>;

#[track_caller]
fn check(stream: &[u8], expected: &[Told<'_>]) {
    let told = |(error, head): (FrameError, &[u8])| (error, head.to_vec());
    let expected: Frames =
        expected.iter().map(|frame| frame.map(<[u8]>::to_vec).map_err(told)).collect();
    for size in [1, 2, 3, 1000] {
        let (frames, _) = cut(stream, &[size], 8);
        assert_eq!(frames, expected, "in chunks of {size}");
    }
}

#[test]
fn several_messages_in_one_read_keep_their_order() {
    check(b"\x0Ba\r\x1C\r\x0Bb\x1C\r\x0B\x1C\r", &[Ok(b"a\r"), Ok(b"b"), Ok(b"")]);
}

#[test]
fn bytes_between_frames_are_ignored() {
    check(b"\0\r\n\x1C\r?\x0Ba\x1C\r\n\n\x0Bb\x1C\r", &[Ok(b"a"), Ok(b"b")]);
}

#[test]
fn an_end_byte_without_carriage_return_breaks_the_frame() {
    let broken = || Err((FrameError::EndWithoutCarriageReturn, &b"a"[..]));
    check(b"\x0Ba\x1C\x0Bb\x1C\r", &[broken(), Ok(b"b")]);
    check(b"\x0Ba\x1C\n\x0Bb\x1C\r", &[broken(), Ok(b"b")]);
}

#[test]
fn a_message_inside_a_message_breaks_the_first_one() {
    let broken = Err((FrameError::StartInsideFrame, &b"cut"[..]));
    check(b"\x0Ba\x1C\r\x0Bcut\x0Bb\x1C\r", &[Ok(b"a"), broken, Ok(b"b")]);
    check(b"\x0B\x0B\x0Bb\x1C\r", &[Ok(b"b")]);
}

#[test]
fn a_message_of_the_limit_passes_and_one_byte_more_does_not() {
    check(b"\x0B12345678\x1C\r", &[Ok(b"12345678")]);
    let large = FrameError::TooLarge { limit: 8 };
    for (behind, expected) in [
        (&b"\x1C\r\x0Ba\x1C\r"[..], large),
        (b"0000\x1C\x0Ba\x1C\r", large),
        (b"0000\x0Ba\x1C\r", FrameError::StartInsideFrame),
    ] {
        let mut framer = MllpFramer::new(8);
        framer.push(&[b"\x0B123456789", behind].concat());
        let frames = frames_of(&mut framer);
        let [Err((error, head)), Ok(next)] = frames.as_slice() else { panic!("{}", frames.len()) };
        assert_eq!(*error, expected);
        assert_eq!(head, b"12345678");
        assert_eq!(next, b"a");
    }
}

#[test]
fn a_message_that_is_too_large_is_told_when_it_ends() {
    let mut framer = MllpFramer::new(1);
    framer.push(b"\x0B12");
    assert_eq!(framer.next_frame(), None);
    assert!(framer.is_inside_frame());
    framer.push(&[b'x'; 100_000]);
    framer.push(b"\x1C\r");
    let broken = framer.next_frame().unwrap().unwrap_err();
    assert_eq!(broken.error, FrameError::TooLarge { limit: 1 });
    assert!(broken.head.len() <= 4_096);
    assert!(!framer.is_inside_frame());
}

#[test]
fn a_message_without_an_end_is_given_up() {
    const ENOUGH: usize = 16 << 20;
    for (n_behind, expected) in [
        (ENOUGH, FrameError::TooLarge { limit: 8 }),
        (ENOUGH + 1, FrameError::Endless { limit: 8 }),
    ] {
        let large = [b"\x0B12345678".as_slice(), &vec![b'x'; n_behind]].concat();
        let stream = [large.as_slice(), b"\x1C\r\x0Ba\x1C\r"].concat();
        for size in [1_000, 65_536, stream.len()] {
            let (frames, _) = cut(&stream, &[size], 8);
            let [Err((error, head)), Ok(next)] = frames.as_slice() else {
                panic!("{} in chunks of {size}", frames.len())
            };
            assert_eq!(
                (*error, head.as_slice(), next.as_slice()),
                (expected, &b"12345678"[..], &b"a"[..])
            );
        }
    }
}

#[test]
fn an_unfinished_message_is_told_from_an_idle_connection() {
    let mut framer = MllpFramer::new(8);
    for (chunk, is_inside) in
        [(&b"noise"[..], false), (b"\x0Ba", true), (b"b\x1C", true), (b"\r", false)]
    {
        framer.push(chunk);
        assert_eq!(framer.is_inside_frame(), is_inside);
        assert_eq!(framer.finish().is_err(), is_inside);
    }
    assert_eq!(framer.next_frame(), Some(Ok(b"ab".to_vec())));
}

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("framing byte", |byte| !matches!(*byte, 0x0B | 0x1C));
    vec(byte, 0..40)
}

fn any_noise() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>().prop_filter("start byte", |byte| *byte != 0x0B), 0..4)
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_messages(
        messages in vec((any_noise(), any_message()), 0..5),
        sizes in vec(1_usize..20, 1..8),
    ) {
        let stream: Vec<u8> = messages
            .iter()
            .flat_map(|(noise, message)| [noise.clone(), mllp_frame(message)].concat())
            .collect();
        let (frames, framer) = cut(&stream, &sizes, 40);
        let expected: Frames = messages.into_iter().map(|(_, message)| Ok(message)).collect();
        prop_assert_eq!(frames, expected);
        prop_assert_eq!(framer.finish(), Ok(()));
    }

    #[test]
    fn any_bytes_in_any_chunking_give_the_same(
        stream in vec(prop_oneof![any::<u8>(), Just(0x0B), Just(0x1C), Just(0x0D)], 0..60),
        sizes in vec(1_usize..20, 1..8),
    ) {
        let (whole, at_once) = cut(&stream, &[stream.len().max(1)], 10);
        let (frames, in_chunks) = cut(&stream, &sizes, 10);
        prop_assert_eq!(at_once.finish(), in_chunks.finish());
        prop_assert_eq!(frames, whole);
    }
}
