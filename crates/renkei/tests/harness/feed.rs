//! HL7 v2 over MLLP, written by hand.

use std::io;

use super::http::Connection;

/// A patient identity feed of these segments below MSH, with carriage returns.
pub(crate) fn adt(event: &str, control_id: &str, segments: &str) -> String {
    let structure = match event {
        "A40" => "ADT_A39",
        "A43" => "ADT_A43",
        _ => "ADT_A01",
    };
    format!(
        "MSH|^~\\&|SOURCE|HOSPITAL|RENKEI|REGION|20260101120000||ADT^{event}^{structure}|{control_id}\
         |P|2.3.1||||||UNICODE UTF-8\r{segments}"
    )
}

/// The registration of a patient in the affinity domain.
pub(crate) fn registration(control_id: &str, id: &str, authority: &str) -> String {
    let segments = format!(
        "EVN|A04|20260101120000\r\
         PID|||{id}^^^&{authority}&ISO||山田^太郎^^^^^L^I~ヤマダ^タロウ^^^^^L^P||19700401|M\r\
         PV1||N\r"
    );
    adt("A04", control_id, &segments)
}

/// A merge of two patients, each a CX.
pub(crate) fn merge(control_id: &str, subsumed: &str, surviving: &str) -> String {
    let segments = format!("EVN|A40|20260101120000\rPID|||{surviving}\rMRG|{subsumed}\r");
    adt("A40", control_id, &segments)
}

pub(crate) fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x0B];
    frame.extend_from_slice(message);
    frame.extend_from_slice(&[0x1C, 0x0D]);
    frame
}

/// An acknowledgement, segment by segment.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledgement {
    segments: Vec<Vec<String>>,
}

impl Acknowledgement {
    /// # Panics
    /// If it is no ACK of HL7 v2 with standard delimiters.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Acknowledgement {
        let lines = text.strip_suffix('\r').unwrap().split('\r');
        let fields = |line: &str| line.split('|').map(str::to_owned).collect();
        let ack = Acknowledgement { segments: lines.map(fields).collect() };
        assert!(ack.field("MSH", 1).starts_with("^~"), "{text}");
        assert!(ack.field("MSH", 8).starts_with("ACK"), "{text}");
        assert!(!ack.field("MSH", 9).is_empty(), "{text}");
        assert!(matches!(ack.code(), "AA" | "AE" | "AR"), "{text}");
        let has_error = ack.segments.iter().any(|segment| segment.first().unwrap() == "ERR");
        assert_eq!(has_error, ack.code() != "AA", "{text}");
        ack
    }

    /// The field after the `place`-th delimiter of the first segment of this name.
    pub(crate) fn field(&self, segment: &str, place: usize) -> &str {
        let mut segments = self.segments.iter();
        let found = segments.find(|fields| fields.first().is_some_and(|name| name == segment));
        found.and_then(|fields| fields.get(place)).map_or("", String::as_str)
    }

    /// MSA-1.
    pub(crate) fn code(&self) -> &str {
        self.field("MSA", 1)
    }

    /// MSA-2.
    pub(crate) fn control_id(&self) -> &str {
        self.field("MSA", 2)
    }

    /// ERR-3.1, of table 0357.
    pub(crate) fn error(&self) -> &str {
        self.field("ERR", 3).split('^').next().unwrap()
    }
}

/// Sends one framed message and reads its answer's bytes.
pub(crate) fn exchange(connection: &mut Connection, message: &[u8]) -> io::Result<Vec<u8>> {
    connection.send(&frame(message))?;
    answer(connection)
}

/// The bytes of the next framed answer.
pub(crate) fn answer(connection: &mut Connection) -> io::Result<Vec<u8>> {
    let framed = connection.read_until(&[0x1C, 0x0D])?;
    let message = framed.strip_prefix(&[0x0B]).and_then(|rest| rest.strip_suffix(&[0x1C, 0x0D]));
    message.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Sends a message in UTF-8 and reads its acknowledgement.
#[track_caller]
pub(crate) fn acknowledged(connection: &mut Connection, message: &str) -> Acknowledgement {
    let answer = exchange(connection, message.as_bytes()).unwrap();
    Acknowledgement::read(&String::from_utf8(answer).unwrap())
}
