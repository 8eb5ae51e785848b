//! Changes to a message: single bits, pieces between delimiters, tokens that mean something, floods.

use std::ops::Range;

use crate::dice::Dice;

/// Inputs grow no further; long enough for a flood that a quadratic reader does not survive.
const MAX_INPUT_BYTES: usize = 256 * 1024;

/// Where the pieces of the formats begin and end: elements, attributes, segments, fields, parameters, lines.
const DELIMITERS: &[u8] = b"<>\"'=|^~\\&\r\n;,:()/ \x0B\x1C";

/// Numbers around which counts, lengths and dates break.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1",
    "00",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967295",
    "9223372036854775808",
    "18446744073709551616",
    "99999999999999",
];

/// Changes inputs by the dice; `tokens` are those of the format.
pub struct Mutator<'a> {
    pub dice: Dice,
    pub tokens: &'a [&'a [&'a str]],
}

impl Mutator<'_> {
    /// The input with one to eight changes; pieces of `other` may come in.
    #[must_use]
    pub fn mutate(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        self.change(&mut bytes, other);
        // Mostly few changes: the more there are, the earlier the reader refuses.
        while self.dice.below(3) > 0 && !self.dice.once_in(8) {
            self.change(&mut bytes, other);
        }
        bytes.truncate(MAX_INPUT_BYTES);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        match self.dice.below(24) {
            0..=1 => self.flip(bytes),
            2..=5 => self.replace_by_token(bytes),
            6..=8 => self.insert_token(bytes),
            9..=11 => self.remove(bytes),
            12..=14 => self.duplicate(bytes),
            15..=17 => self.take_from(bytes, other),
            18 => self.swap(bytes),
            19..=20 => self.renumber(bytes),
            21 => self.cut(bytes),
            22 => self.insert_noise(bytes),
            _ => self.flood(bytes),
        }
    }

    fn flip(&mut self, bytes: &mut [u8]) {
        let place = self.dice.below(bytes.len());
        let mask = if self.dice.once_in(2) { self.dice.byte() } else { 1 << self.dice.below(8) };
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= mask;
        }
    }

    fn replace_by_token(&mut self, bytes: &mut Vec<u8>) {
        let range = self.piece(bytes);
        let token = self.token();
        bytes.splice(range, token.bytes());
    }

    fn insert_token(&mut self, bytes: &mut Vec<u8>) {
        let place = self.piece(bytes).start;
        let token = self.token();
        bytes.splice(place..place, token.bytes());
    }

    fn remove(&mut self, bytes: &mut Vec<u8>) {
        let range = self.piece(bytes);
        bytes.drain(range);
    }

    fn duplicate(&mut self, bytes: &mut Vec<u8>) {
        let piece = copy(bytes, self.piece(bytes));
        let place = self.piece(bytes).start;
        bytes.splice(place..place, piece);
    }

    fn take_from(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let piece = copy(other, self.piece(other));
        let range = self.piece(bytes);
        bytes.splice(range, piece);
    }

    fn swap(&mut self, bytes: &mut Vec<u8>) {
        let piece = copy(bytes, self.piece(bytes));
        let range = self.piece(bytes);
        let replaced: Vec<u8> = bytes.splice(range, piece).collect();
        let place = self.piece(bytes).start;
        bytes.splice(place..place, replaced);
    }

    /// Another number instead of one of the input's.
    fn renumber(&mut self, bytes: &mut Vec<u8>) {
        let from = self.dice.below(bytes.len());
        let is_digit = |byte: &u8| byte.is_ascii_digit();
        let rest = bytes.get(from..).unwrap_or_default();
        let Some(start) = rest.iter().position(is_digit) else { return };
        let length = rest.iter().skip(start).take_while(|byte| is_digit(byte)).count();
        let start = from.saturating_add(start);
        let number = self.dice.pick(&NUMBERS).copied().unwrap_or_default();
        bytes.splice(start..start.saturating_add(length), number.bytes());
    }

    fn cut(&mut self, bytes: &mut Vec<u8>) {
        let end = self.piece(bytes).end;
        bytes.truncate(end);
    }

    fn insert_noise(&mut self, bytes: &mut Vec<u8>) {
        let place = self.piece(bytes).start;
        let noise: Vec<u8> = (0..=self.dice.below(8)).map(|_| self.dice.byte()).collect();
        bytes.splice(place..place, noise);
    }

    /// One piece, many times. Rarely as many as fit, because that takes its time.
    fn flood(&mut self, bytes: &mut Vec<u8>) {
        let range = self.piece(bytes);
        let mut piece = copy(bytes, range.clone());
        if self.dice.once_in(3) {
            piece = self.token().as_bytes().to_vec();
        }
        let room = if self.dice.once_in(8) { MAX_INPUT_BYTES } else { 4 * 1024 };
        let room = room.saturating_sub(bytes.len());
        let times = room.checked_div(piece.len()).unwrap_or(0);
        let start = range.start;
        bytes.splice(start..start, piece.repeat(times));
    }

    fn token(&mut self) -> &str {
        if self.dice.once_in(6) {
            return self.dice.pick(&NUMBERS).copied().unwrap_or_default();
        }
        let group = self.dice.pick(self.tokens).copied().unwrap_or_default();
        self.dice.pick(group).copied().unwrap_or_default()
    }

    /// A range of the input: a whole XML element, or from delimiter to delimiter, or rarely anywhere.
    fn piece(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.dice.below(bytes.len().saturating_add(1));
        if self.dice.once_in(4) {
            let length = self.dice.below(16);
            return start..start.saturating_add(length).min(bytes.len());
        }
        if self.dice.once_in(2)
            && let Some(element) = element(bytes, start)
        {
            return element;
        }
        let start = self.delimiter_after(bytes, start);
        let mut end = start;
        for _ in 0..=self.dice.below(6) {
            end = self.delimiter_after(bytes, end.saturating_add(1));
        }
        start..end.max(start)
    }

    /// The place of the next delimiter, or the one behind it; the end if there is none.
    fn delimiter_after(&mut self, bytes: &[u8], place: usize) -> usize {
        let rest = bytes.get(place..).unwrap_or_default();
        let found = rest.iter().position(|byte| DELIMITERS.contains(byte));
        let behind = usize::from(self.dice.once_in(2));
        let found = found.map(|n| place.saturating_add(n).saturating_add(behind));
        found.unwrap_or(bytes.len()).min(bytes.len())
    }
}

/// The next XML element with all that it holds, so that what is moved leaves a well-formed message.
fn element(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut tags = bytes.get(from..)?.windows(2);
    let is_start = |tag: &[u8]| matches!(tag, [b'<', b'A'..=b'Z' | b'a'..=b'z']);
    let start = from.checked_add(tags.position(is_start)?)?;
    let mut open = 0_usize;
    for (place, pair) in (start..).zip(bytes.get(start..)?.windows(2)) {
        match pair {
            [b'<', b'/'] => open = open.checked_sub(1)?,
            [b'<', b'A'..=b'Z' | b'a'..=b'z'] => open = open.checked_add(1)?,
            [b'/', b'>'] => open = open.checked_sub(1)?,
            _ => {}
        }
        if open == 0 {
            let rest = bytes.get(place..)?;
            let end = rest.iter().position(|byte| *byte == b'>')?;
            return Some(start..place.checked_add(end)?.checked_add(1)?);
        }
    }
    None
}

fn copy(bytes: &[u8], range: Range<usize>) -> Vec<u8> {
    bytes.get(range).unwrap_or_default().to_vec()
}
