//! A file of HL7 v2 messages: each begins with MSH at the beginning of a line; framed as in MLLP or not, lines ended by
//! CR, LF or both. Segments of a batch around them (FHS, BHS, BTS, FTS) are passed over.
//!
//! Lines are found in the bytes: no character set that is used has CR, LF or the framing bytes inside a character.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};

use hl7v2::{Charset, Header, MAX_MESSAGE_BYTES};

use super::{About, FileCharset, Item, Outgoing, Position, digest};
use crate::transactions::hl7v2_message::APPLICATION;

const START: u8 = 0x0B;
const END: u8 = 0x1C;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Segments that hold messages together.
const BATCH: [&[u8]; 4] = [b"FHS", b"BHS", b"BTS", b"FTS"];

/// Whether a file that begins so is one of messages.
pub(super) fn is_adt(start: &[u8]) -> bool {
    let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == START;
    let begin = start.iter().position(|byte| !is_blank(byte)).unwrap_or(start.len());
    let start = start.get(begin..).unwrap_or_default();
    is_segment(start, b"MSH") || BATCH.iter().any(|name| is_segment(start, name))
}

/// The file, and the line that was read last and not used.
pub(crate) struct AdtFile {
    reader: BufReader<File>,
    at: Position,
    next: Option<Line>,
    /// In whose name the messages are sent, if not in that which they have: MSH-4.
    domain: Option<String>,
    charset: Option<Charset>,
}

/// A line without its end.
struct Line {
    /// Of longer lines the beginning.
    bytes: Vec<u8>,
    is_cut: bool,
    begin: Position,
}

impl AdtFile {
    pub(super) fn new(
        mut reader: BufReader<File>,
        begin: Position,
        (domain, charset): (Option<String>, Option<FileCharset>),
    ) -> io::Result<AdtFile> {
        reader.seek(SeekFrom::Start(begin.offset))?;
        let charset = charset.map(FileCharset::charset);
        Ok(AdtFile { reader, at: begin, next: None, domain, charset })
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Item>> {
        let Some(first) = self.first_line()? else { return Ok(None) };
        let line = first.begin.n_lines.saturating_add(1);
        let is_message = is_segment(&first.bytes, b"MSH");
        let mut message = first.bytes;
        let mut is_too_long = first.is_cut;
        while let Some(next) = self.take_line()? {
            if is_segment(&next.bytes, b"MSH") {
                self.next = Some(next);
                break;
            }
            if is_ignored(&next.bytes) {
                continue;
            }
            let n_bytes = message.len().saturating_add(next.bytes.len()).saturating_add(1);
            if next.is_cut || n_bytes > MAX_MESSAGE_BYTES {
                is_too_long = true;
                continue;
            }
            message.push(b'\r');
            message.extend_from_slice(&next.bytes);
        }
        let end = self.next.as_ref().map_or(self.at, |next| next.begin);
        let content = match (is_message, is_too_long) {
            (false, _) => Err("no message begins here with MSH".to_owned()),
            (true, true) => Err(format!("the message is longer than {MAX_MESSAGE_BYTES} bytes")),
            (true, false) => self.outgoing(message),
        };
        Ok(Some(Item { line, end, content }))
    }

    fn first_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            match self.take_line()? {
                Some(line) if is_ignored(&line.bytes) => {}
                line => return Ok(line),
            }
        }
    }

    /// The next line, without the bytes of a frame around it.
    fn take_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.next.take() {
            return Ok(Some(line));
        }
        let begin = self.at;
        let (mut bytes, mut is_cut) = (Vec::new(), false);
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let content = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
            let n_free = MAX_MESSAGE_BYTES.saturating_sub(bytes.len());
            is_cut |= content.len() > n_free;
            bytes.extend_from_slice(content.get(..n_free.min(content.len())).unwrap_or_default());
            let ended_by = end.and_then(|end| buffer.get(end)).copied();
            let n_used = content.len().saturating_add(usize::from(ended_by.is_some()));
            self.consume(n_used);
            let Some(ended_by) = ended_by else { continue };
            if ended_by == b'\r' && self.reader.fill_buf()?.first() == Some(&b'\n') {
                self.consume(1);
            }
            self.at.n_lines = self.at.n_lines.saturating_add(1);
            break;
        }
        if self.at.offset == begin.offset {
            return Ok(None);
        }
        let bytes = unframed(&bytes).to_vec();
        Ok(Some(Line { bytes, is_cut, begin }))
    }

    fn consume(&mut self, n_bytes: usize) {
        self.reader.consume(n_bytes);
        let n_bytes = u64::try_from(n_bytes).unwrap_or(u64::MAX);
        self.at.offset = self.at.offset.saturating_add(n_bytes);
    }

    /// The message as it is sent: as it stands, unless its set or its sender is said to be another one.
    fn outgoing(&self, bytes: Vec<u8>) -> Result<Outgoing, String> {
        let mut bytes = bytes;
        if let Some(charset) = self.charset {
            let text = hl7v2::decode_as(&bytes, charset).map_err(|error| error.to_string())?;
            bytes = with_fields(text.as_bytes(), &[(18, Charset::Utf8.names())]);
        }
        if let Some(domain) = &self.domain {
            bytes = with_fields(&bytes, &[(3, APPLICATION), (4, domain)]);
        }
        let control_id = control_id(&bytes);
        Ok(Outgoing { about: about(&bytes), bytes, control_id })
    }
}

/// Whether a line begins with this segment.
fn is_segment(line: &[u8], name: &[u8]) -> bool {
    let rest = line.strip_prefix(name);
    rest.is_some_and(|rest| rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric()))
}

fn is_ignored(line: &[u8]) -> bool {
    line.trim_ascii().is_empty() || BATCH.iter().any(|name| is_segment(line, name))
}

fn unframed(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    let line = line.strip_prefix(&[START]).unwrap_or(line);
    let end = line.iter().position(|byte| *byte == END).unwrap_or(line.len());
    line.get(..end).unwrap_or_default()
}

/// The message with other values in MSH; fields are counted as the standard does.
fn with_fields(message: &[u8], values: &[(usize, &str)]) -> Vec<u8> {
    let separator = message.get(3).copied().unwrap_or(b'|');
    let end = message.iter().position(|byte| *byte == b'\r').unwrap_or(message.len());
    let (msh, rest) = message.split_at_checked(end).unwrap_or((message, &[]));
    let mut fields: Vec<&[u8]> = msh.split(|byte| *byte == separator).collect();
    for (number, value) in values {
        // MSH-1 is the separator itself.
        let place = number.saturating_sub(1);
        while fields.len() <= place {
            fields.push(&[]);
        }
        if let Some(field) = fields.get_mut(place) {
            *field = value.as_bytes();
        }
    }
    [&fields.join(&separator), rest].concat()
}

fn control_id(message: &[u8]) -> Option<String> {
    let header = Header::recover(message);
    let control_id = header.delimiters.unescape(&header.control_id);
    Some(control_id.into_owned()).filter(|control_id| !control_id.is_empty())
}

/// By PID-3: the number of the first identifier. A message with MRG, or with two PID, is about two.
fn about(message: &[u8]) -> About {
    let separator = message.get(3).copied().unwrap_or(b'|');
    // Component and repetition, as MSH-2 declares them.
    let delimiters = message.get(4..6).unwrap_or(b"^~");
    let is_delimiter = |byte: &u8| delimiters.contains(byte);
    let mut lines = message.split(|byte| *byte == b'\r');
    if lines.clone().any(|line| is_segment(line, b"MRG")) {
        return About::Several;
    }
    let Some(pid) = lines.find(|line| is_segment(line, b"PID")) else { return About::Several };
    if lines.any(|line| is_segment(line, b"PID")) {
        return About::Several;
    }
    let ids = pid.split(|byte| *byte == separator).nth(3).unwrap_or_default();
    let id = ids.split(is_delimiter).next().unwrap_or_default();
    About::OnePatient(digest(&[id.trim_ascii()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MSH: &str = "MSH|^~\\&|HIS|A|R|R|20260401||ADT^A04|";

    fn messages(file: &[u8]) -> Vec<(u64, Result<Outgoing, String>)> {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), file).unwrap();
        let reader = BufReader::with_capacity(7, File::open(path.path()).unwrap());
        let mut file = AdtFile::new(reader, Position::default(), (None, None)).unwrap();
        let mut all = Vec::new();
        while let Some(item) = file.next().unwrap() {
            all.push((item.line, item.content));
        }
        all
    }

    fn message(number: u32) -> String {
        format!("{MSH}{number}|P|2.5\rEVN|A04\rPID|||{number}^^^A\r")
    }

    #[test]
    fn lines_may_end_in_any_way_and_frames_may_stand_around() {
        let plain = [message(1), message(2)].concat();
        let framed: String =
            [1, 2].map(|number| format!("\u{b}{}\u{1c}\r", message(number))).concat();
        let batch = format!("FHS|^~\\&\rBHS|^~\\&\r{plain}BTS|2\rFTS|1\r");
        let files = [
            plain.clone(),
            plain.replace('\r', "\n"),
            plain.replace('\r', "\r\n"),
            format!("\u{feff}\r\n{}", plain.replace('\r', "\r\n\r\n")),
            framed.clone(),
            framed.replace('\r', "\n"),
            batch,
            plain.trim_end().to_owned(),
        ];
        let expected = messages(plain.as_bytes());
        assert_eq!(expected.len(), 2);
        assert_eq!(expected.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 4]);
        for file in files {
            let read = messages(file.as_bytes());
            assert_eq!(read.len(), 2, "{file:?}");
            for ((_, read), (_, expected)) in read.iter().zip(&expected) {
                let (read, expected) = (read.as_ref().unwrap(), expected.as_ref().unwrap());
                assert_eq!(read.bytes, expected.bytes, "{file:?}");
                assert_eq!(read.control_id, expected.control_id);
            }
        }
    }

    #[test]
    fn every_end_is_a_place_to_go_on_from() {
        let text = [1, 2, 3].map(message).concat().replace('\r', "\r\n");
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), &text).unwrap();
        let open = |begin| {
            let reader = BufReader::new(File::open(path.path()).unwrap());
            AdtFile::new(reader, begin, (None, None)).unwrap()
        };
        let mut whole = open(Position::default());
        let mut n_left = 3;
        while let Some(item) = whole.next().unwrap() {
            n_left -= 1;
            let mut rest = open(item.end);
            let mut n_read = 0;
            while let Some(again) = rest.next().unwrap() {
                assert!(again.line > item.line);
                n_read += 1;
            }
            assert_eq!(n_read, n_left);
        }
    }

    #[test]
    fn what_is_no_message_is_said() {
        let all = messages(b"hello\nworld\nMSH|^~\\&|\n");
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].0, 1);
        assert!(all[0].1.as_ref().err().unwrap().contains("MSH"));
        let long =
            format!("{MSH}1\rPID|||1\rNTE|{}\r{}", "x".repeat(MAX_MESSAGE_BYTES), message(2));
        let all = messages(long.as_bytes());
        assert!(all[0].1.as_ref().err().unwrap().contains("longer"));
        assert!(all[1].1.is_ok());
    }

    #[test]
    fn one_patient_has_one_lane_and_a_merge_has_all() {
        let of = |text: &str| about(text.as_bytes());
        let one = of("MSH|^~\\&|\rPID|||4711^^^A~9^^^B\r");
        assert_eq!(one, of("MSH|^~\\&|X\rEVN|\rPID|1||4711\rPV1|\r"));
        assert_ne!(one, of("MSH|^~\\&|\rPID|||4712^^^A\r"));
        assert_eq!(of("MSH|^~\\&|\rPID|||1\rMRG|2\r"), About::Several);
        assert_eq!(of("MSH|^~\\&|\rPID|||1\rPID|||2\r"), About::Several);
        assert_eq!(of("MSH|^~\\&|\r"), About::Several);
    }

    #[test]
    fn another_sender_and_another_set_are_written_into_the_header() {
        let message = b"MSH|^~\\&|HIS|A|R|R|20260401||ADT^A04|1|P|2.5\rPID|||1\r";
        let changed = with_fields(message, &[(3, "X"), (18, "UNICODE UTF-8")]);
        let expected = "MSH|^~\\&|X|A|R|R|20260401||ADT^A04|1|P|2.5||||||UNICODE UTF-8\rPID|||1\r";
        assert_eq!(String::from_utf8(changed).unwrap(), expected);
    }
}
