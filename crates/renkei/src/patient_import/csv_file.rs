//! A list of patients in CSV (RFC 4180): the first record names the columns, in any order.
//!
//! Records are found in the bytes: in Shift_JIS no second byte of a character is a comma, a quote or a line end.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use csv::ByteRecord;
use datatypes::{Dtm, Oid, PatientId};
use hl7v2::{Charset, write_adt};
use identity::{
    Address, Demographics, FeedEvent, NameRepresentation, PatientIdentityFeed, PersonName, Sex,
    Telecom, TelecomUsage,
};

use super::{About, FileCharset, ImportError, Item, Outgoing, Position, ReadOptions, digest};
use crate::clock;
use crate::commands::patient::names::representation;
use crate::error::CommandError;
use crate::transactions::hl7v2_message::{header, new_control_id};
use crate::wire::{RunningCommunity, local_id};

/// A record has a few hundred bytes; in a longer one a quote was not closed.
const MAX_RECORD_BYTES: usize = 64 * 1024;

/// The columns, by their names in the first record.
const COLUMNS: [&str; 11] = [
    "domain",
    "id",
    "family",
    "given",
    "family_kana",
    "given_kana",
    "birth_date",
    "sex",
    "postal_code",
    "address",
    "phone",
];

/// The file, with what its columns are.
pub(crate) struct CsvFile<'a> {
    reader: csv::Reader<BufReader<File>>,
    /// For each column of the file its place among [`COLUMNS`].
    columns: Vec<usize>,
    community: &'a RunningCommunity,
    domain: Option<String>,
    charset: FileCharset,
    /// Lines end in CR and LF: the LF is read with the record behind it, and so is the line counted.
    has_crlf: bool,
}

/// What a record says, by [`COLUMNS`].
type Values<'r> = [Cow<'r, str>; 11];

impl<'a> CsvFile<'a> {
    pub(super) fn new(
        (path, mut reader): (&Path, BufReader<File>),
        begin: Position,
        options: ReadOptions<'a>,
    ) -> Result<CsvFile<'a>, CommandError> {
        let charset = options.charset.unwrap_or(FileCharset::Utf8);
        if !matches!(charset, FileCharset::Utf8 | FileCharset::ShiftJis) {
            return Err(ImportError::CsvCharset.into());
        }
        let has_crlf = has_crlf(
            reader
                .fill_buf()
                .map_err(|source| ImportError::Read { path: path.to_owned(), source })?,
        );
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let unreadable = |error: csv::Error| ImportError::Read {
            path: path.to_owned(),
            source: io::Error::other(error),
        };
        let head = reader.byte_headers().map_err(unreadable)?;
        let columns = read_head(head)?;
        if begin != Position::default() {
            let mut place = csv::Position::new();
            place.set_byte(begin.offset).set_line(begin.n_lines.saturating_add(1));
            reader.seek(place).map_err(unreadable)?;
        }
        let ReadOptions { community, domain, .. } = options;
        Ok(CsvFile { reader, columns, community, domain, charset, has_crlf })
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Item>> {
        let mut record = ByteRecord::new();
        if !self.reader.read_byte_record(&mut record).map_err(io::Error::other)? {
            return Ok(None);
        }
        let line = record.position().map_or(0, csv::Position::line);
        let line = line.saturating_add(u64::from(self.has_crlf));
        let place = self.reader.position();
        let end = Position { offset: place.byte(), n_lines: place.line().saturating_sub(1) };
        Ok(Some(Item { line, end, content: self.outgoing(&record) }))
    }

    /// # Errors
    /// What is wrong with the record, by column and without a value.
    fn outgoing(&self, record: &ByteRecord) -> Result<Outgoing, String> {
        if record.as_slice().len() > MAX_RECORD_BYTES {
            return Err("the record is too long: is a quote not closed?".to_owned());
        }
        if record.len() != self.columns.len() {
            let (n_here, n_head) = (record.len(), self.columns.len());
            return Err(format!("the record has {n_here} fields, the head has {n_head}"));
        }
        let mut values: Values<'_> = Default::default();
        for (place, field) in self.columns.iter().zip(record) {
            let text = self.decode(field);
            let name = COLUMNS.get(*place).copied().unwrap_or_default();
            let text = text.ok_or_else(|| format!("column {name} is not of the character set"))?;
            if text.contains(char::is_control) {
                return Err(format!("column {name} has a control character"));
            }
            if let Some(value) = values.get_mut(*place) {
                *value = trimmed(text);
            }
        }
        self.message(&values)
    }

    fn decode<'f>(&self, field: &'f [u8]) -> Option<Cow<'f, str>> {
        match self.charset {
            FileCharset::Utf8 => std::str::from_utf8(field).ok().map(Cow::Borrowed),
            FileCharset::ShiftJis | FileCharset::EucJp | FileCharset::Iso2022Jp => {
                encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(field)
            }
        }
    }

    fn message(&self, values: &Values<'_>) -> Result<Outgoing, String> {
        let [domain, id, ..] = values;
        let (facility, authority) = self.domain(domain)?;
        let id = PatientId::new(id, authority)
            .map_err(|_invalid| "column id is empty or has a character that is not allowed")?;
        let feed = PatientIdentityFeed {
            event: FeedEvent::Register,
            identifiers: vec![local_id(&id)],
            prior_identifiers: Vec::new(),
            demographics: demographics(values)?,
            visit: None,
        };
        let time = clock::now().map_err(|error| error.to_string())?;
        let control_id = new_control_id();
        let message = write_adt(&header(facility, &time, &control_id), &feed);
        Ok(Outgoing {
            about: About::OnePatient(digest(&[
                id.authority().as_str().as_bytes(),
                id.id().as_bytes(),
            ])),
            bytes: hl7v2::encode(&message, Charset::Utf8).bytes,
            control_id: Some(control_id),
        })
    }

    /// The name of the domain and its authority: of the record, else of the command line.
    fn domain<'v>(&'v self, column: &'v str) -> Result<(&'v str, Oid), String> {
        let name = match (column, &self.domain) {
            ("", Some(domain)) => domain.as_str(),
            ("", None) => return Err("column domain is empty, and no --domain is given".to_owned()),
            (column, _) => column,
        };
        let authority = self.community.domain(name);
        Ok((name, authority.map_err(|_unknown| "column domain names none of the agreement")?))
    }
}

/// How the first line of a file that begins so ends.
fn has_crlf(start: &[u8]) -> bool {
    let mut lines = start.split(|byte| *byte == b'\n');
    lines.next().is_some_and(|line| line.len() < start.len() && line.ends_with(b"\r"))
}

fn read_head(head: &ByteRecord) -> Result<Vec<usize>, ImportError> {
    let known = || COLUMNS.join(",");
    let mut columns = Vec::new();
    for (number, name) in (1..).zip(head) {
        let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
        let place = COLUMNS.iter().position(|column| **column == *name);
        let place = place.ok_or_else(|| ImportError::UnknownColumn { number, known: known() })?;
        if columns.contains(&place) {
            return Err(ImportError::ColumnTwice { number });
        }
        columns.push(place);
    }
    let has_id = columns.iter().any(|place| COLUMNS.get(*place) == Some(&"id"));
    if has_id { Ok(columns) } else { Err(ImportError::NoIdColumn { known: known() }) }
}

fn demographics(values: &Values<'_>) -> Result<Demographics, String> {
    let [_, _, family, given, family_kana, given_kana, rest @ ..] = values;
    let [birth_date, sex, postal_code, address, phone] = rest;
    let name = |family: &str, given: &str, kind: Option<NameRepresentation>| {
        let is_empty = family.is_empty() && given.is_empty();
        (!is_empty).then(|| PersonName::legal(family, given, kind))
    };
    let kana = name(family_kana, given_kana, Some(NameRepresentation::Phonetic));
    let address = Address {
        postal_code: postal_code.to_string(),
        full: address.to_string(),
        ..Address::default()
    };
    let phone = (!phone.is_empty())
        .then(|| Telecom { number: phone.to_string(), usage: TelecomUsage::Home });
    Ok(Demographics {
        names: name(family, given, representation(family, given)).into_iter().chain(kana).collect(),
        birth_date: read_date(birth_date)?,
        sex: read_sex(sex)?,
        addresses: if address.is_empty() { Vec::new() } else { vec![address] },
        telecoms: phone.into_iter().collect(),
        ..Demographics::default()
    })
}

/// `YYYYMMDD`, or with `-` or `/` between the parts, as spreadsheets write it.
fn read_date(text: &str) -> Result<Option<Dtm>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text.split(['-', '/']).collect();
    let digits = match parts.as_slice() {
        [whole] => (*whole).to_owned(),
        [year, month, day] if year.len() == 4 => format!("{year}{month:0>2}{day:0>2}"),
        _ => String::new(),
    };
    let date = Dtm::parse(&digits).ok().filter(|_| digits.len() == "YYYYMMDD".len());
    date.map(Some).ok_or_else(|| "column birth_date is no date YYYYMMDD".to_owned())
}

fn read_sex(text: &str) -> Result<Option<Sex>, String> {
    match text {
        "" => Ok(None),
        "M" | "m" | "男" | "男性" => Ok(Some(Sex::Male)),
        "F" | "f" | "女" | "女性" => Ok(Some(Sex::Female)),
        "O" | "o" => Ok(Some(Sex::Other)),
        "U" | "u" | "不明" => Ok(Some(Sex::Unknown)),
        _ => Err("column sex is none of M, F, O, U".to_owned()),
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_spreadsheets_write_them() {
        for text in ["19700401", "1970-04-01", "1970/4/1"] {
            assert_eq!(read_date(text).unwrap().unwrap().as_str(), "19700401", "{text}");
        }
        assert_eq!(read_date("").unwrap(), None);
        for text in ["1970", "19700431", "1/4/1970", "昭和45年4月1日", "1970-04", "1970-004-01"]
        {
            let refused = read_date(text).unwrap_err();
            assert!(refused.contains("birth_date") && !refused.contains(text), "{text}");
        }
    }

    #[test]
    fn columns_stand_in_any_order_and_a_slip_is_no_column() {
        let head = |names: &[&str]| read_head(&ByteRecord::from(names.to_vec()));
        assert_eq!(head(&["ID ", "domain"]).unwrap(), [1, 0]);
        assert!(matches!(head(&["domain"]), Err(ImportError::NoIdColumn { .. })));
        let slip = head(&["id", "famly"]).unwrap_err();
        assert!(matches!(slip, ImportError::UnknownColumn { number: 2, .. }));
        assert!(matches!(head(&["id", "id"]), Err(ImportError::ColumnTwice { number: 2 })));
    }

    #[test]
    fn sexes_are_those_of_the_table() {
        assert_eq!(read_sex("男").unwrap(), Some(Sex::Male));
        assert_eq!(read_sex("").unwrap(), None);
        read_sex("1").unwrap_err();
    }
}
