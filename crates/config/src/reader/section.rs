//! One table of a document while it is read.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::form::{Form, whole_number};
use super::{Nature, NewFault, Notes};

/// A table and where it stands; asks for keys and notes what is wrong with them.
pub(crate) struct Section<'d> {
    notes: &'d Notes<'d>,
    table: &'d DeTable<'d>,
    /// Names of the tables around the keys, empty for the root.
    path: String,
    /// Where the table begins; a missing key is reported there.
    span: Range<usize>,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'d> Section<'d> {
    pub(super) fn root(notes: &'d Notes<'d>, table: &'d DeTable<'d>) -> Section<'d> {
        Section { notes, table, path: String::new(), span: 0..0, asked: RefCell::default() }
    }

    fn inner(&self, key: &str, table: &'d DeTable<'d>, span: Range<usize>) -> Section<'d> {
        let path = self.path_of(key);
        Section { notes: self.notes, table, path, span, asked: RefCell::default() }
    }

    /// Reads the table with `read`, then reports every key that was not asked for.
    pub(super) fn complete<T>(self, read: impl FnOnce(&Section<'_>) -> T) -> T {
        let value = read(&self);
        let asked = self.asked.borrow();
        let known = asked.iter().copied().collect::<Vec<_>>().join(", ");
        for key in self.table.keys().filter(|key| !asked.contains(key.get_ref().as_ref())) {
            let fault = NewFault {
                key: self.path_of(key.get_ref()),
                problem: "unknown key".to_owned(),
                remedy: format!("known here: {known}"),
            };
            self.notes.note(Nature::Structure, &key.span(), fault);
        }
        drop(asked);
        value
    }

    /// A value that must be there.
    pub(crate) fn required<T>(&self, key: &'static str, form: &Form<T>) -> Option<T> {
        let Some(value) = self.value(key) else {
            self.missing(key, form.wanted);
            return None;
        };
        self.formed(key, value, form)
    }

    /// A value that may be absent; a wrong one is reported and counts as absent.
    pub(crate) fn optional<T>(&self, key: &'static str, form: &Form<T>) -> Option<T> {
        self.formed(key, self.value(key)?, form)
    }

    /// A whole number within bounds that must be there.
    pub(crate) fn required_number(
        &self,
        key: &'static str,
        bounds: RangeInclusive<u64>,
    ) -> Option<u64> {
        if self.value(key).is_none() {
            self.missing(key, &number_wanted(&bounds));
        }
        self.optional_number(key, bounds)
    }

    /// A whole number within bounds, or `default` if it is absent.
    pub(crate) fn number(
        &self,
        key: &'static str,
        default: u64,
        bounds: RangeInclusive<u64>,
    ) -> u64 {
        self.optional_number(key, bounds).unwrap_or(default)
    }

    /// As [`Section::number`], for what is counted in memory.
    pub(crate) fn count(
        &self,
        key: &'static str,
        default: u64,
        bounds: RangeInclusive<u64>,
    ) -> usize {
        usize::try_from(self.number(key, default, bounds)).unwrap_or(usize::MAX)
    }

    /// As [`Section::number`], in ms.
    pub(crate) fn duration(
        &self,
        key: &'static str,
        default: u64,
        bounds: RangeInclusive<u64>,
    ) -> Duration {
        Duration::from_millis(self.number(key, default, bounds))
    }

    fn optional_number(&self, key: &'static str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let value = self.value(key)?;
        let number = whole_number(value.get_ref()).filter(|number| bounds.contains(number));
        if number.is_none() {
            self.wrong(key, value.span(), number_wanted(&bounds));
        }
        number
    }

    /// A list of values, each with its place; absent means empty. Each wrong item is reported
    /// on its own line.
    pub(crate) fn items<T>(&self, key: &'static str, form: &Form<T>) -> Vec<Item<T>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value.span(), format!("a list in [ ]; each item {}", form.wanted));
            return Vec::new();
        };
        let item = |item: &Spanned<DeValue<'_>>| {
            let value = self.formed(key, item, form)?;
            Some(Item { value, span: item.span() })
        };
        array.iter().filter_map(item).collect()
    }

    /// Reads the table `[key]` if it is there.
    pub(crate) fn table<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Section<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(key, value.span(), format!("a table headed [{key}]"));
            return None;
        };
        self.inner(key, table, value.span()).complete(read)
    }

    /// Reads the table `[key]`, which must be there.
    pub(crate) fn required_table<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Section<'_>) -> Option<T>,
    ) -> Option<T> {
        if self.table.get(key).is_none() {
            self.missing(key, &format!("a table headed [{key}]"));
        }
        self.table(key, read)
    }

    /// Reads the table `[key]`; an absent one is read as an empty one, so that every key in
    /// it takes its default.
    pub(crate) fn table_or_empty<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Section<'_>) -> Option<T>,
    ) -> Option<T> {
        if self.table.get(key).is_some() {
            return self.table(key, read);
        }
        self.value(key);
        let empty = DeTable::default();
        let span = self.span.clone();
        let path = self.path_of(key);
        let section =
            Section { notes: self.notes, table: &empty, path, span, asked: RefCell::default() };
        section.complete(read)
    }

    /// Reads each table of a list of tables, `[[key]]` or `key = [{…}, …]`; absent is empty.
    pub(crate) fn tables<T>(
        &self,
        key: &'static str,
        mut read: impl FnMut(&Section<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong(key, value.span(), format!("a list of tables, each headed [[{key}]]"));
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(array.len());
        for item in array.iter() {
            let Some(table) = item.get_ref().as_table() else {
                self.wrong(key, item.span(), "a table".to_owned());
                continue;
            };
            tables.extend(self.inner(key, table, item.span()).complete(&mut read));
        }
        tables
    }

    /// The folder of the file, to which the paths in it are relative.
    pub(crate) fn folder(&self) -> PathBuf {
        self.notes.source.folder()
    }

    /// Whether the key stands in the table and is a list without any item.
    pub(crate) fn is_empty_list(&self, key: &'static str) -> bool {
        let array = self.value(key).and_then(|value| value.get_ref().as_array());
        array.is_some_and(|array| array.is_empty())
    }

    /// Whether the table has no such key.
    pub(crate) fn is_absent(&self, key: &'static str) -> bool {
        self.value(key).is_none()
    }

    /// Notes that the value of `key` does not fit what stands elsewhere.
    pub(crate) fn refuse(&self, key: &'static str, problem: &str, remedy: &str) {
        let span = self.table.get(key).map_or_else(|| self.span.clone(), Spanned::span);
        self.note_value(key, &span, problem, remedy);
    }

    /// As [`Section::refuse`], on the line of one item of a list.
    pub(crate) fn refuse_item<T>(
        &self,
        key: &'static str,
        item: &Item<T>,
        problem: &str,
        remedy: &str,
    ) {
        self.note_value(key, &item.span, problem, remedy);
    }

    /// The value, if the key is there; either way the key counts as known.
    fn value(&self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        let value = self.table.get(key);
        self.asked.borrow_mut().insert(key);
        let mut keys = self.notes.keys.borrow_mut();
        *keys.entry(self.path_of(key)).or_default() |= value.is_some();
        value
    }

    fn formed<T>(
        &self,
        key: &'static str,
        value: &Spanned<DeValue<'_>>,
        form: &Form<T>,
    ) -> Option<T> {
        let formed = (form.read)(value.get_ref());
        if formed.is_none() {
            self.wrong(key, value.span(), form.wanted.to_owned());
        }
        formed
    }

    fn missing(&self, key: &'static str, wanted: &str) {
        let fault = NewFault {
            key: self.path_of(key),
            problem: "missing".to_owned(),
            remedy: format!("wanted: {wanted}"),
        };
        self.notes.note(Nature::Structure, &self.span, fault);
    }

    fn wrong(&self, key: &'static str, span: Range<usize>, wanted: String) {
        self.note_value(key, &span, "not of the right form", &format!("wanted: {wanted}"));
    }

    fn note_value(&self, key: &'static str, span: &Range<usize>, problem: &str, remedy: &str) {
        let fault = NewFault {
            key: self.path_of(key),
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        };
        self.notes.note(Nature::Value, span, fault);
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// One item of a list with its place in the file.
pub(crate) struct Item<T> {
    pub(crate) value: T,
    span: Range<usize>,
}

fn number_wanted(bounds: &RangeInclusive<u64>) -> String {
    format!("a whole number from {} to {}", bounds.start(), bounds.end())
}
