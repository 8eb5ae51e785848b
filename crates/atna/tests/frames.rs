//! Frames of RFC 5425 in any pieces.

use atna::syslog::{FrameError, FrameReader, frame};
use proptest::collection::vec;
use proptest::prelude::*;

const LIMIT: usize = 20;
const TOO_LARGE: FrameError = FrameError::TooLarge { limit: LIMIT };

/// Everything that comes of a stream: frames, and the error that ended it.
#[derive(Debug, PartialEq, Eq)]
struct Framed {
    frames: Vec<Vec<u8>>,
    error: Option<FrameError>,
}

/// Feeds the stream in pieces of these sizes, over and over.
fn cut(stream: &[u8], sizes: &[usize]) -> Framed {
    let mut reader = FrameReader::new(LIMIT);
    let mut framed = Framed { frames: Vec::new(), error: None };
    let mut sizes = sizes.iter().copied().cycle();
    let mut rest = stream;
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
        let (piece, behind) = rest.split_at(size);
        reader.push(piece);
        framed.error = take_all(&mut reader, &mut framed.frames).err();
        // The limit, the longest length with its space, and what was pushed.
        assert!(reader.pending() <= LIMIT + 3 + size);
        rest = behind;
    }
    match reader.finish() {
        Ok(last) => framed.frames.extend(last),
        Err(error) => {
            assert!(framed.error.is_none_or(|before| before == error));
            framed.error = Some(error);
        }
    }
    framed
}

fn take_all(reader: &mut FrameReader, frames: &mut Vec<Vec<u8>>) -> Result<(), FrameError> {
    while let Some(frame) = reader.next_frame()? {
        frames.push(frame);
    }
    Ok(())
}

#[track_caller]
fn check(stream: &str, frames: &[&str], error: Option<FrameError>) {
    let frames = frames.iter().map(|frame| frame.as_bytes().to_vec()).collect();
    let expected = Framed { frames, error };
    for size in [1, 2, 3, 7, 1000] {
        assert_eq!(cut(stream.as_bytes(), &[size]), expected, "in pieces of {size}");
    }
}

#[test]
fn the_length_counts_bytes() {
    assert_eq!(frame("佐藤".as_bytes()), "6 佐藤".as_bytes());
    check("6 佐藤3 abc", &["佐藤", "abc"], None);
}

#[test]
fn frames_follow_each_other_without_anything_between() {
    check("1 a2 bc10 0123456789", &["a", "bc", "0123456789"], None);
    check("4 a\nb\n3 <8>", &["a\nb\n", "<8>"], None);
    check("1 a\n1 b", &["a"], Some(FrameError::NotADigit));
}

#[test]
fn a_length_that_is_none_breaks_the_stream() {
    check("0 ", &[], Some(FrameError::LeadingZero));
    check("03 abc", &[], Some(FrameError::LeadingZero));
    check("3 abcx1 a", &["abc"], Some(FrameError::NotADigit));
    check(" 3 abc", &[], Some(FrameError::NotADigit));
    check("3\tabc", &[], Some(FrameError::NotADigit));
    check("-1 abc", &[], Some(FrameError::NotADigit));
    check("\u{16}\u{3}\u{1} hello", &[], Some(FrameError::NotADigit));
}

#[test]
fn a_message_of_the_limit_passes_and_one_byte_more_does_not() {
    let whole = "x".repeat(LIMIT);
    check(&format!("20 {whole}"), &[&whole], None);
    check(&format!("21 {whole}x"), &[], Some(TOO_LARGE));
    let line = format!("<{}", "x".repeat(LIMIT - 1));
    check(&format!("{line}\n{line}x\n"), &[&line], Some(TOO_LARGE));
}

#[test]
fn a_huge_length_is_refused_before_anything_comes() {
    check("99999999999999999999999999999999999999999", &[], Some(TOO_LARGE));
    check("18446744073709551617 a", &[], Some(TOO_LARGE));
    let mut reader = FrameReader::new(LIMIT);
    reader.push(b"30");
    assert_eq!(reader.next_frame(), Err(TOO_LARGE));
    assert_eq!(reader.pending(), 0);
}

#[test]
fn senders_of_lines_are_understood() {
    check("<85>1 a\n<85>1 b\n\n\n<85>1 c", &["<85>1 a", "<85>1 b", "<85>1 c"], None);
    check("3 abc<85>1 b\n3 abc\n", &["abc", "<85>1 b", "3 abc"], None);
    check(&format!("<85>1 a\n<{}", "x".repeat(LIMIT)), &["<85>1 a"], Some(TOO_LARGE));
}

#[test]
fn the_end_inside_a_frame_is_an_error() {
    check("1 a3 ab", &["a"], Some(FrameError::Truncated));
    check("1 a3", &["a"], Some(FrameError::Truncated));
    check("", &[], None);
}

#[test]
fn what_is_owed_is_told() {
    let mut reader = FrameReader::new(LIMIT);
    assert_eq!(reader.pending(), 0);
    reader.push(b"3 ab");
    assert_eq!((reader.next_frame(), reader.pending()), (Ok(None), 4));
    reader.push(b"c2");
    assert_eq!((reader.next_frame(), reader.pending()), (Ok(Some(b"abc".to_vec())), 1));
    reader.push(b" de");
    assert_eq!((reader.next_frame(), reader.pending()), (Ok(Some(b"de".to_vec())), 0));
}

#[test]
fn an_error_is_for_good() {
    let mut reader = FrameReader::new(LIMIT);
    reader.push(b"x");
    assert_eq!(reader.next_frame(), Err(FrameError::NotADigit));
    reader.push(b"3 abc");
    assert_eq!(reader.next_frame(), Err(FrameError::NotADigit));
    assert_eq!(reader.pending(), 0);
}

proptest! {
    #[test]
    fn what_is_framed_comes_out(
        messages in vec(vec(any::<u8>(), 1..=LIMIT), 0..8),
        sizes in vec(1..40_usize, 1..5),
    ) {
        let stream: Vec<u8> = messages.iter().flat_map(|message| frame(message)).collect();
        let framed = cut(&stream, &sizes);
        prop_assert_eq!(framed, Framed { frames: messages, error: None });
    }

    #[test]
    fn any_bytes_in_any_pieces_give_the_same(
        stream in prop_oneof![
            vec(any::<u8>(), 0..80),
            "([1-9]{1,2} ?[a-z<\n]{0,12}|<[a-z\n]{0,9}\n?){0,8}".prop_map(String::into_bytes),
        ],
        sizes in vec(1..10_usize, 1..5),
    ) {
        prop_assert_eq!(cut(&stream, &sizes), cut(&stream, &[1_000]));
    }
}
