//! ITI-8: frames and messages that no patient identity source sends.
//!
//! A broken frame and a broken message have their acknowledgements. A frame that ends by a start byte, or not at
//! all, costs its connection: whose the next answer would be cannot be known.

use super::Target;
use crate::harness::community::Community;
use crate::harness::database::Database;
use crate::harness::feed::{self, Acknowledgement, adt, frame, registration};
use crate::harness::http::Connection;
use crate::harness::submission::Submission;
use crate::harness::transactions::submit;

const DOMAIN: &str = "1.2.392.99.1";

/// A registration that makes nobody known unless it is accepted.
fn ghost() -> String {
    registration("ghost", "ghost", DOMAIN)
}

/// The good message still works, on a connection of its own.
#[track_caller]
fn assert_alive(community: &Community) {
    let ack = feed::acknowledged(&mut community.mllp(), &registration("1", "alive", DOMAIN));
    assert_eq!(ack.code(), "AA");
}

/// Nobody made the ghost known.
#[track_caller]
pub(super) fn assert_no_ghost(target: &Target) {
    let submission = Submission::of(&format!("ghost^^^&{DOMAIN}&ISO"), &[b"x"]);
    let reply = submit(&mut target.community.repository(), &submission).unwrap();
    reply.assert_failure("XDSUnknownPatientId");
    target.assert_unharmed();
}

/// The connection is closed by the other side, and nothing else happens.
#[track_caller]
fn check_cut(community: &Community, name: &str, bytes: &[u8]) {
    let mut connection = community.mllp();
    // The other side may be gone before all is written.
    let _cut_off = connection.send(bytes);
    assert!(connection.is_closed(), "{name}");
    assert_alive(community);
}

/// The frame is refused, and the connection takes the next one.
#[track_caller]
fn check_refused_frame(community: &Community, name: &str, bytes: &[u8]) {
    let mut connection = community.mllp();
    connection.send(bytes).unwrap();
    let answer = String::from_utf8(feed::answer(&mut connection).unwrap()).unwrap();
    let ack = Acknowledgement::read(&answer);
    assert_eq!((ack.code(), ack.control_id(), ack.error()), ("AR", "ghost", "102"), "{name}");
    let ack = feed::acknowledged(&mut connection, &registration("1", "alive", DOMAIN));
    assert_eq!((ack.code(), ack.control_id()), ("AA", "1"), "{name}");
}

/// The frame is refused, and the connection closed.
#[track_caller]
fn check_refused_and_cut(community: &Community, name: &str, bytes: &[u8]) {
    let mut connection = community.mllp();
    connection.send(bytes).unwrap();
    let answer = String::from_utf8(feed::answer(&mut connection).unwrap()).unwrap();
    assert_eq!(Acknowledgement::read(&answer).code(), "AR", "{name}");
    assert!(connection.is_closed(), "{name}");
    assert_alive(community);
}

#[test]
fn broken_frames() {
    for database in Database::all() {
        let target = Target::start(database);
        let community = &target.community;
        let ghost = ghost();
        let framed = frame(ghost.as_bytes());
        let inside = [b"\x0B", ghost.as_bytes(), b"\x0B", ghost.as_bytes(), b"\x1C\r"].concat();
        let unended = [b"\x0B", ghost.as_bytes(), b"\x1C\n"].concat();
        let mut oversized = b"\x0B".to_vec();
        oversized.extend_from_slice(ghost.as_bytes());
        oversized.resize(10 << 20, b'x');
        oversized.extend_from_slice(b"\x1C\r");
        let ended_twice = [b"\x0B", ghost.as_bytes(), b"\x1C\x1C\r"].concat();
        check_refused_and_cut(community, "a start inside", &inside);
        check_refused_frame(community, "an end without carriage return", &unended);
        check_refused_frame(community, "two end bytes", &ended_twice);
        check_refused_frame(community, "oversized", &oversized);
        check_cut(community, "never ended", &framed[..framed.len() - 2]);
        check_cut(community, "ended by half", &framed[..framed.len() - 1]);
        assert_no_ghost(&target);
    }
}

#[test]
fn a_frame_may_come_in_any_pieces() {
    let target = Target::start(Database::Sqlite);
    let message = registration("pieces", "alive", DOMAIN);
    let framed = frame(message.as_bytes());
    let mut connection = target.community.mllp();
    for pieces in [1, 2, 3, framed.len() - 1] {
        for piece in framed.chunks(pieces) {
            connection.send(piece).unwrap();
        }
        assert_eq!(answer(&mut connection).code(), "AA");
    }
    target.assert_unharmed();
}

#[test]
fn what_lies_between_frames_is_passed_over() {
    let target = Target::start(Database::Sqlite);
    let framed = frame(registration("noise", "alive", DOMAIN).as_bytes());
    let mut connection = target.community.mllp();
    let noise: [&[u8]; 6] =
        [b"\0\0\0", b"\r\n", b"MSH|no start byte\x1C\r", b"\x1C\r\x1C\r", b"\xFF", b""];
    for noise in noise {
        connection.send(&[noise, &framed].concat()).unwrap();
        assert_eq!(answer(&mut connection).code(), "AA", "{noise:?}");
    }
    // A megabyte of it holds nobody's memory.
    connection.send(&vec![b'x'; 4 << 20]).unwrap();
    connection.send(&framed).unwrap();
    assert_eq!(answer(&mut connection).code(), "AA");
    target.assert_unharmed();
}

#[test]
fn frames_in_one_write_are_answered_in_order() {
    let target = Target::start(Database::Sqlite);
    let mut connection = target.community.mllp();
    let id = |n: usize| format!("order-{n}");
    let frames = (0..100).map(|n| frame(registration(&id(n), "alive", DOMAIN).as_bytes()));
    connection.send(&frames.collect::<Vec<_>>().concat()).unwrap();
    for n in 0..100 {
        assert_eq!(answer(&mut connection).control_id(), id(n));
    }
    target.assert_unharmed();
}

fn answer(connection: &mut Connection) -> Acknowledgement {
    let answer = feed::answer(connection).unwrap();
    Acknowledgement::read(&String::from_utf8(answer).unwrap())
}

/// Name, message, MSA-1, ERR-3.
pub(super) type Message = (&'static str, Vec<u8>, &'static str, &'static str);

fn message(name: &'static str, text: String, code: &'static str, error: &'static str) -> Message {
    (name, text.into_bytes(), code, error)
}

/// PID-3 and what else stands in the segments.
fn with_pid(pid: &str) -> String {
    adt("A04", "ghost", &format!("EVN|A04|20260101120000\r{pid}\rPV1||N\r"))
}

fn structures() -> Vec<Message> {
    let ghost = ghost();
    let replace = |from: &str, to: &str| ghost.replacen(from, to, 1);
    let (header, body) = ghost.split_once('\r').unwrap();
    vec![
        message("nothing", String::new(), "AR", "102"),
        message("white space", " \r\n ".to_owned(), "AR", "102"),
        message("no HL7", "<a/>".to_owned(), "AR", "102"),
        message("no MSH", body.to_owned(), "AR", "102"),
        message("MSH and nothing more", header.to_owned(), "AE", "100"),
        message("MSH cut off", "MSH|^~\\".to_owned(), "AR", "200"),
        message("a second MSH", ghost.repeat(2), "AR", "102"),
        message("no EVN", replace("EVN|A04|20260101120000\r", ""), "AE", "100"),
        message("no PV1", replace("PV1||N\r", ""), "AE", "100"),
        message("two PIDs", replace("PV1", "PID|||x\rPV1"), "AE", "100"),
        message("PID behind PV1", replace("EVN", "PV1||N\rEVN"), "AE", "100"),
        message("an unknown segment", replace("PV1", "ZZZ|x\rPV1"), "AA", ""),
        message("a segment without name", replace("PV1", "|x\rPV1"), "AR", "102"),
        message("a segment with a long name", replace("PV1", "PIDPID|x\rPV1"), "AR", "102"),
        message("no control id", replace("|ghost|P|", "||P|"), "AE", "101"),
        message("no version", replace("|2.3.1|", "||"), "AE", "101"),
        message("another version", replace("|2.3.1|", "|9.9|"), "AR", "203"),
        message("another processing id", replace("|P|2", "|X|2"), "AR", "202"),
        message("another type", replace("ADT^A04", "ORU^R01"), "AR", "200"),
        message("another event", replace("ADT^A04", "ADT^A99"), "AR", "201"),
        message("line feeds for carriage returns", ghost.replace('\r', "\n"), "AA", ""),
        message("1,001 segments", replace("PV1", &("ZZZ|x\r".repeat(1_001) + "PV1")), "AR", "102"),
        message(
            "1,000 fields",
            replace("PV1||N", &format!("PV1||N{}", "|x".repeat(1_000))),
            "AR",
            "102",
        ),
    ]
}

fn delimiters() -> Vec<Message> {
    let declare = |declared: &str| ghost().replacen("|^~\\&|", declared, 1);
    vec![
        message("no delimiters", declare("||"), "AR", "102"),
        message("one delimiter", declare("|^|"), "AR", "102"),
        message("the same twice", declare("|^^\\&|"), "AR", "102"),
        message("the field delimiter again", declare("|^|\\&|"), "AR", "102"),
        message("letters", declare("|abcd|"), "AR", "102"),
        message("digits", declare("|1234|"), "AR", "102"),
        message("white space", declare("| \t\\&|"), "AR", "102"),
        message("six of them", declare("|^~\\&#!|"), "AR", "102"),
        message("wide ones", declare("|＾～￥＆|"), "AR", "102"),
    ]
}

fn identifiers() -> Vec<Message> {
    let pid_3 = |value: &str| with_pid(&format!("PID|||{value}||山田^太郎||19700401|M"));
    let ours = |id: &str| format!("{id}^^^&{DOMAIN}&ISO");
    let many = vec![ours("ghost"); 5_000].join("~");
    let long = "x".repeat(300);
    vec![
        message("no PID-3", pid_3(""), "AE", "101"),
        message("only delimiters", pid_3("^^^&&~^^^&&"), "AE", "101"),
        message("nothing in our domain", pid_3(&ours("")), "AE", "101"),
        message("nobody's", pid_3("ghost"), "AE", "204"),
        message("5,000 of them", pid_3(&many), "AR", "102"),
        message("10,000 components", pid_3(&format!("ghost{}", "^".repeat(10_000))), "AE", "204"),
        message("an OID that is none", pid_3("ghost^^^&1..2&ISO"), "AE", "102"),
        message("an OID of an unknown kind", pid_3(&format!("ghost^^^&{DOMAIN}&")), "AE", "102"),
        message("300 characters", pid_3(&ours(&long)), "AE", "102"),
        message("an escaped delimiter", pid_3(&ours("gh\\S\\ost")), "AE", "102"),
        message("an escaped separator", pid_3(&ours("gh\\T\\ost")), "AE", "102"),
        message("an escaped carriage return", pid_3(&ours("gh\\X0D\\ost")), "AE", "102"),
        message("an escaped NUL", pid_3(&ours("gh\\X00\\ost")), "AE", "102"),
        message("NUL", pid_3(&ours("gh\0ost")), "AE", "102"),
        message("a control character", pid_3(&ours("gh\u{7}ost")), "AE", "102"),
        message(
            "a bad birth date",
            with_pid(&format!("PID|||{}||x||19701301|M", ours("ghost"))),
            "AE",
            "102",
        ),
        message(
            "an endless name",
            with_pid(&format!("PID|||{}||{long}", ours("ghost"))),
            "AE",
            "102",
        ),
        message("escape characters without end", pid_3(&ours(&"\\".repeat(200))), "AE", "102"),
    ]
}

fn charsets() -> Vec<Message> {
    let ghost = ghost();
    let declare = |charset: &str| ghost.replacen("UNICODE UTF-8", charset, 1);
    let with = |charset: &str, name: &[u8]| {
        let text = declare(charset);
        let (before, after) = text.split_once("山田").unwrap();
        let ascii = |text: &str| text.replace(|c: char| !c.is_ascii(), "");
        [ascii(before).as_bytes(), name, ascii(after).as_bytes()].concat()
    };
    vec![
        message("an unknown one", declare("KLINGON"), "AR", "102"),
        message("UTF-8 declared as ASCII", declare("ASCII"), "AR", "102"),
        ("a lone byte", with("UNICODE UTF-8", b"\x80"), "AR", "102"),
        ("overlong UTF-8", with("UNICODE UTF-8", b"\xC0\xAF"), "AR", "102"),
        ("a surrogate", with("UNICODE UTF-8", b"\xED\xA0\x80"), "AR", "102"),
        ("Shift_JIS as UTF-8", with("UNICODE UTF-8", b"\x8E\x52\x93\x63"), "AR", "102"),
        ("Shift_JIS without a label", with("", b"\x8E\x52\x93\x63"), "AR", "102"),
        ("ISO-2022-JP cut in a character", with("~ISO IR87", b"\x1B$B;\x1B(B"), "AR", "102"),
        ("ISO-2022-JP with an unknown escape", with("~ISO IR87", b"\x1B$Z;3\x1B(B"), "AR", "102"),
    ]
}

pub(super) fn all() -> Vec<Message> {
    [structures(), delimiters(), identifiers(), charsets()].concat()
}

#[test]
fn broken_messages() {
    for database in Database::all() {
        let target = Target::start(database);
        let mut connection = target.community.mllp();
        let mut failed = Vec::new();
        for (name, message, code, error) in all() {
            let is_ghost = code != "AA";
            let message = if is_ghost { message } else { alive(&message) };
            let answer = feed::exchange(&mut connection, &message).unwrap();
            let text = String::from_utf8(answer).unwrap();
            let ack = Acknowledgement::read(&text);
            if (ack.code(), ack.error()) != (code, error) {
                failed.push(format!("{name}: {} {} {text:?}", ack.code(), ack.error()));
            }
        }
        assert!(failed.is_empty(), "{failed:#?}");
        assert_no_ghost(&target);
    }
}

/// A message that is accepted is about somebody who may live.
fn alive(message: &[u8]) -> Vec<u8> {
    String::from_utf8(message.to_vec()).unwrap().replace("ghost^", "alive^").into_bytes()
}

/// Other delimiters than the usual are legal, and those of the answer.
#[test]
fn delimiters_are_the_senders() {
    let target = Target::start(Database::Sqlite);
    let message = registration("own", "alive", DOMAIN);
    let own = message.replace('|', "$").replace('^', "%").replace('~', "*").replace('&', "!");
    let answer = feed::exchange(&mut target.community.mllp(), own.as_bytes()).unwrap();
    let text = String::from_utf8(answer).unwrap();
    assert!(text.starts_with("MSH$%*\\!$"), "{text:?}");
    assert!(text.contains("\rMSA$AA$own"), "{text:?}");
    target.assert_unharmed();
}
