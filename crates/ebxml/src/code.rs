//! Codes: a Classification with `nodeRepresentation`, display name and `codingScheme`, ITI TF-3:
//! 4.2.3.1.2.

use datatypes::Code;
use xds::{Identified, Problem};

use crate::attributes::{note_leftovers, part_id};
use crate::findings::Notes;
use crate::limits::{self, is_longer_than};
use crate::object_writer::ObjectWriter;
use crate::rim::{Part, attribute};
use crate::slots;

const CODING_SCHEME: &str = "codingScheme";

/// Reads the code that stands for the attribute `name`.
pub(crate) fn read(
    mut part: Part<'_>,
    name: &'static str,
    notes: &mut Notes<'_>,
) -> Option<Identified<Code>> {
    let id = part_id(&part, notes);
    let code = attribute(&part.element, "nodeRepresentation");
    let mut schemes = part.slots.take(CODING_SCHEME, notes).into_iter();
    let scheme = schemes.next();
    if schemes.next().is_some() {
        notes.fault(CODING_SCHEME, Problem::Repeated);
    }
    let display = std::mem::take(&mut part.name.text);
    note_leftovers(&part, notes);
    let (Some(code), Some(scheme), Some(display)) = (code, scheme, display) else {
        notes.fault(name, Problem::Invalid);
        return None;
    };
    if [&*code, &*display.value].into_iter().any(|t| is_longer_than(t, limits::VALUE_CHARACTERS)) {
        notes.fault(name, Problem::TooLong);
    }
    let code = Code { code: code.into_owned(), scheme, display: display.value };
    Some(Identified { id, value: code })
}

/// Writes a code as a Classification by `scheme`.
pub(crate) fn write(writer: &mut ObjectWriter<'_>, scheme: &str, code: &Identified<Code>) {
    let Identified { id, value: Code { code, scheme: coding_scheme, display } } = code;
    writer.start_classification(scheme, *id, code);
    slots::write(writer.xml(), CODING_SCHEME, [coding_scheme]);
    writer.name(display);
    writer.end();
}
