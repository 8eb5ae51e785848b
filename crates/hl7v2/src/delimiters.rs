//! The characters that separate and escape, as MSH-1 and MSH-2 declare them.

use std::borrow::Cow;

/// Delimiters of one message (HL7 v2.5 chapter 2, MSH-1 and MSH-2).
///
/// Invariant: ASCII punctuation, all different. Read from a message, or
/// [`Delimiters::STANDARD`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiters {
    pub(crate) field: char,
    pub(crate) component: char,
    pub(crate) repetition: char,
    /// Absent if the sender never escapes.
    pub(crate) escape: Option<char>,
    /// Absent if the sender has no subcomponents.
    pub(crate) subcomponent: Option<char>,
}

impl Delimiters {
    /// `|^~\&`, what IHE requires everybody to understand and what we send.
    pub const STANDARD: Delimiters = Delimiters {
        field: '|',
        component: '^',
        repetition: '~',
        escape: Some('\\'),
        subcomponent: Some('&'),
    };

    /// No delimiters at all, for the two fields that declare them.
    pub(crate) const NONE: Delimiters = Delimiters {
        field: '\r',
        component: '\r',
        repetition: '\r',
        escape: None,
        subcomponent: None,
    };

    /// Reads the beginning of an MSH segment; `None` if it declares no usable delimiters.
    pub(crate) fn read(header_segment: &str) -> Option<Delimiters> {
        let declared = header_segment.strip_prefix("MSH")?;
        let field = declared.chars().next()?;
        let mut encoding = declared.split(field).nth(1)?.chars();
        let delimiters = Delimiters {
            field,
            component: encoding.next()?,
            repetition: encoding.next()?,
            escape: encoding.next(),
            subcomponent: encoding.next(),
        };
        // A fifth character is the truncation character of v2.7, which says nothing about structure.
        let n_further = encoding.count();
        (n_further <= 1 && delimiters.are_usable()).then_some(delimiters)
    }

    /// MSH-2.
    #[must_use]
    pub fn encoding_characters(&self) -> String {
        [Some(self.component), Some(self.repetition), self.escape, self.subcomponent]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The text as it may stand in a message: delimiters and control characters escaped.
    ///
    /// Control characters would end the segment or the MLLP frame. A sender without
    /// an escape character cannot be sent them at all; they become spaces.
    #[must_use]
    pub fn escape<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains(|c: char| c.is_ascii_control() || self.contains(c)) {
            return Cow::Borrowed(text);
        }
        let mut escaped = String::with_capacity(text.len().saturating_mul(2));
        for c in text.chars() {
            self.push_escaped(&mut escaped, c);
        }
        Cow::Owned(escaped)
    }

    /// The text that is meant (HL7 v2.5 chapter 2, Use of escape sequences).
    ///
    /// Resolves the delimiters, `\Xdd..\` of ASCII bytes and `\.br\`. Everything
    /// else, unpaired escape characters included, stays as it was sent: nothing
    /// is lost, and nothing that is not text becomes text.
    #[must_use]
    pub fn unescape<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(escape) = self.escape.filter(|escape| text.contains(*escape)) else {
            return Cow::Borrowed(text);
        };
        let mut plain = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(escape) {
            plain.push_str(before);
            rest = match after.split_once(escape) {
                Some((sequence, behind)) if self.push_plain(&mut plain, sequence) => behind,
                Some((sequence, behind)) if is_other_sequence(sequence) => {
                    plain.extend([escape]);
                    plain.push_str(sequence);
                    plain.extend([escape]);
                    behind
                }
                Some(_) | None => {
                    plain.push(escape);
                    after
                }
            };
        }
        plain.push_str(rest);
        Cow::Owned(plain)
    }

    fn all(&self) -> [Option<char>; 5] {
        let [field, component] = [self.field, self.component].map(Some);
        [field, component, Some(self.repetition), self.escape, self.subcomponent]
    }

    fn contains(&self, c: char) -> bool {
        self.all().contains(&Some(c))
    }

    fn are_usable(&self) -> bool {
        let all = self.all();
        let mut characters = all.iter().flatten();
        let is_unique = |c: &char| all.iter().flatten().filter(|other| *other == c).count() == 1;
        characters.all(|c| c.is_ascii_punctuation() && is_unique(c))
    }

    fn push_escaped(&self, escaped: &mut String, c: char) {
        let name = match Some(c) {
            known if known == Some(self.field) => 'F',
            known if known == Some(self.component) => 'S',
            known if known == Some(self.repetition) => 'R',
            known if known == self.subcomponent => 'T',
            known if known == self.escape => 'E',
            _ if c.is_ascii_control() => 'X',
            _ => return escaped.push(c),
        };
        match self.escape {
            Some(escape) if name == 'X' => {
                escaped.push_str(&format!("{escape}X{:02X}{escape}", u32::from(c)));
            }
            Some(escape) => escaped.extend([escape, name, escape]),
            None => escaped.push(' '),
        }
    }

    /// Appends what the sequence between two escape characters stands for, if we know.
    fn push_plain(&self, plain: &mut String, sequence: &str) -> bool {
        let delimiter = match sequence {
            "F" => Some(self.field),
            "S" => Some(self.component),
            "R" => Some(self.repetition),
            "T" => self.subcomponent,
            "E" => self.escape,
            ".br" => Some('\n'),
            _ => None,
        };
        let hexadecimal = sequence.strip_prefix('X').and_then(ascii_of_hexadecimal);
        let is_known = delimiter.is_some() || hexadecimal.is_some();
        plain.extend(delimiter);
        plain.push_str(&hexadecimal.unwrap_or_default());
        is_known
    }
}

/// Formatting, highlighting, local and character set sequences that we pass on unread.
fn is_other_sequence(sequence: &str) -> bool {
    let is_hexadecimal = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut characters = sequence.chars();
    match characters.next() {
        Some('H' | 'N') => characters.as_str().is_empty(),
        Some('X' | 'C' | 'M') => is_hexadecimal(characters.as_str()),
        Some('.' | 'Z') => true,
        _ => false,
    }
}

/// `0D0A` as text; `None` unless whole ASCII bytes, whose meaning needs no character set.
fn ascii_of_hexadecimal(digits: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = digits.chars();
    while let Some(high) = rest.next() {
        let code = high.to_digit(16)?.checked_mul(16)?.checked_add(rest.next()?.to_digit(16)?)?;
        text.push(char::from_u32(code).filter(char::is_ascii)?);
    }
    (!text.is_empty()).then_some(text)
}
