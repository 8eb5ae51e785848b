//! Splitting into segments and down to subcomponents.

use hl7v2::{Delimiters, Hl7Error, MAX_FIELDS, MAX_REPETITIONS, MAX_SEGMENTS, Message};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::texts::any_text;

/// Fields of repetitions of components of subcomponents.
type Fields = Vec<Vec<Vec<Vec<String>>>>;

const HEADER: &str = "MSH|^~\\&|A^1.2&x^ISO|B\r";

#[track_caller]
fn check_refused(text: &str, expected: Hl7Error) {
    assert_eq!(Message::parse(text).err(), Some(expected));
}

#[test]
fn positions_count_from_one_and_absent_is_empty() {
    let text = format!("{HEADER}PID|||1^^^N&1.2&ISO~2||A&B^C||\rPV1||N");
    let message = Message::parse(&text).ok().unwrap();
    let pid = message.segment("PID").unwrap();
    assert_eq!(pid.field(3).repetition(1).component(4).subcomponent(2), "1.2");
    assert_eq!(pid.field(3).repetition(2).component(1).text(), "2");
    assert_eq!(pid.field(5).text(), "A");
    assert_eq!(pid.field(5).component(2).text(), "C");
    for absent in [pid.field(0), pid.field(1), pid.field(7), pid.field(99)] {
        assert!(absent.is_empty());
        assert_eq!(absent.repetition(3).component(2).subcomponent(9), "");
    }
    assert_eq!(pid.field(3).repetition(0).component(0).subcomponent(0), "");
}

#[test]
fn the_header_counts_its_separator_as_first_field() {
    let message = Message::parse(HEADER).ok().unwrap();
    let header = message.header();
    assert_eq!(header.field(1).raw(), "|");
    assert_eq!(header.field(2).text(), "^~\\&");
    assert_eq!(header.field(3).component(2).subcomponent(2), "x");
    assert_eq!(header.field(4).text(), "B");
}

#[test]
fn delimiters_are_those_the_sender_declares() {
    let message = Message::parse("MSH#*!?%#A\rPID###1***N%1.2%ISO!2?F?").ok().unwrap();
    let field = message.segment("PID").unwrap().field(3);
    assert_eq!(field.component(4).subcomponent(2), "1.2");
    assert_eq!(field.repetition(2).component(1).text(), "2#");
}

#[test]
fn carriage_return_line_feed_and_both_end_a_segment() {
    for end in ["\r", "\n", "\r\n", "\r\n\r\n", "\n\n"] {
        let text = format!("{end}MSH|^~\\&|A{end}EVN|A04{end}PID|1{end}");
        let message = Message::parse(&text).ok().unwrap();
        let names: Vec<&str> = message.all_segments().map(|segment| segment.name()).collect();
        assert_eq!(names, ["MSH", "EVN", "PID"], "{end:?}");
    }
}

#[test]
fn what_is_no_message_is_refused() {
    check_refused("", Hl7Error::NotAMessage);
    check_refused("\r\n", Hl7Error::NotAMessage);
    check_refused("EVN|A04\rMSH|^~\\&|A", Hl7Error::NotAMessage);
    let headers =
        ["MSH", "MSH|", "MSH|^", "MSH||", "MSH|^^\\&", "MSH|^~|&", "MSHA^~\\&", "MSH|a~\\&"];
    // The truncation character of v2.7 is the fifth and the last.
    assert!(Message::parse("MSH|^~\\&#|A").is_ok());
    for header in headers.into_iter().chain(["MSH|^~\\&#!", "MSH|^~\\&#!|A"]) {
        let error = Message::parse(header).err();
        // `MSH|^~|&` declares two delimiters and no more, which is legal.
        assert_eq!(error.is_none(), header == "MSH|^~|&", "{header}");
        assert!(error.is_none_or(|error| error == Hl7Error::Delimiters), "{header}");
    }
}

#[test]
fn a_second_header_is_another_message() {
    check_refused(&format!("{HEADER}PID|1\r{HEADER}"), Hl7Error::SecondHeader);
}

#[test]
fn a_line_that_is_no_segment_is_refused() {
    for line in ["pid|1", "PI", "1ID|", "PIDX|1", "太郎|", " PID|1"] {
        check_refused(&format!("{HEADER}EVN|A\r{line}\r"), Hl7Error::SegmentName { number: 3 });
    }
}

#[test]
fn limits_hold_to_the_last_one() {
    let segments = |n: usize| format!("{HEADER}{}", "NTE|1\r".repeat(n - 1));
    assert!(Message::parse(&segments(MAX_SEGMENTS)).is_ok());
    let error = Hl7Error::TooManySegments { limit: MAX_SEGMENTS };
    check_refused(&segments(MAX_SEGMENTS + 1), error);

    let fields = |n: usize| format!("{HEADER}NTE|\rPID{}", "|x".repeat(n));
    assert!(Message::parse(&fields(MAX_FIELDS)).is_ok());
    let error = Message::parse(&fields(MAX_FIELDS + 1)).err().unwrap();
    assert_eq!(error.location().unwrap().to_string(), "PID^1");

    let repetitions = |n: usize| format!("{HEADER}PID|a~b|x{}", "~x".repeat(n - 1));
    assert!(Message::parse(&repetitions(MAX_REPETITIONS)).is_ok());
    let error = Message::parse(&repetitions(MAX_REPETITIONS + 1)).err().unwrap();
    assert_eq!(error.location().unwrap().to_string(), "PID^1^2");
}

#[test]
fn repetitions_are_limited_per_field_not_per_segment() {
    let field = format!("|x{}", "~x".repeat(MAX_REPETITIONS - 1));
    assert!(Message::parse(&format!("{HEADER}PID{field}{field}")).is_ok());
}

fn render(name: &str, fields: &Fields) -> String {
    let delimiters = Delimiters::STANDARD;
    let join = |parts: Vec<String>, delimiter: &str| parts.join(delimiter);
    let component = |parts: &Vec<String>| {
        join(parts.iter().map(|text| delimiters.escape(text).into_owned()).collect(), "&")
    };
    let repetition = |parts: &Vec<Vec<String>>| join(parts.iter().map(component).collect(), "^");
    let field = |parts: &Vec<Vec<Vec<String>>>| join(parts.iter().map(repetition).collect(), "~");
    format!("{name}|{}\r", join(fields.iter().map(field).collect(), "|"))
}

fn read(segment: &hl7v2::Segment<'_>) -> Fields {
    let subcomponents = |component: hl7v2::Component<'_>| {
        let n = component.raw().split('&').count();
        (1..=n).map(|number| component.subcomponent(number).into_owned()).collect()
    };
    segment
        .fields()
        .map(|field| {
            field.repetitions().map(|it| it.components().map(subcomponents).collect()).collect()
        })
        .collect()
}

fn any_fields() -> impl Strategy<Value = Fields> {
    vec(vec(vec(vec(any_text(), 1..3), 1..4), 1..3), 1..5)
}

proptest! {
    #[test]
    fn what_was_rendered_is_read(segments in vec(any_fields(), 0..4)) {
        let rendered: String = segments.iter().map(|fields| render("ZZ1", fields)).collect();
        let text = format!("{HEADER}{rendered}");
        let message = Message::parse(&text).ok().unwrap();
        let found: Vec<Fields> = message.segments("ZZ1").map(|segment| read(&segment)).collect();
        prop_assert_eq!(found, segments);
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in any_text(), header in any::<bool>()) {
        let text = if header { format!("{HEADER}PID|{text}") } else { text };
        if let Ok(message) = Message::parse(&text) {
            for segment in message.all_segments() {
                read(&segment);
            }
        }
    }
}
