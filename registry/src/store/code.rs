//! Table `code`: the rows of the code dictionary.

use datatypes::Code;
use diesel::prelude::*;
use store::AnyConnection;

use super::schema::code;
use crate::dictionary::{AttributedCode, CodeAttribute};

/// The number of a code, giving it one if it is new.
///
/// # Errors
/// Those of the database; a number beyond `u32` is reported as `NotFound`, which no real code set reaches.
pub fn intern(connection: &mut AnyConnection, wanted: &AttributedCode) -> QueryResult<u32> {
    let known: Option<i64> = code::table
        .filter(code::attribute.eq(wanted.attribute.number()))
        .filter(code::code_value.eq(&wanted.code.code))
        .filter(code::scheme.eq(&wanted.code.scheme))
        .filter(code::display.eq(&wanted.code.display))
        .select(code::code_no)
        .get_result(connection)
        .optional()?;
    let number = match known {
        Some(number) => number,
        None => insert(connection, wanted)?,
    };
    u32::try_from(number).ok().ok_or(diesel::result::Error::NotFound)
}

fn insert(connection: &mut AnyConnection, wanted: &AttributedCode) -> QueryResult<i64> {
    let last: Option<i64> =
        code::table.select(diesel::dsl::max(code::code_no)).get_result(connection)?;
    let number = last.map_or(0, |last| last.saturating_add(1));
    diesel::insert_into(code::table)
        .values((
            code::code_no.eq(number),
            code::attribute.eq(wanted.attribute.number()),
            code::code_value.eq(&wanted.code.code),
            code::scheme.eq(&wanted.code.scheme),
            code::display.eq(&wanted.code.display),
        ))
        .execute(connection)?;
    Ok(number)
}

/// All codes with numbers from `first` on.
///
/// # Errors
/// Those of the database.
pub fn load_from(
    connection: &mut AnyConnection,
    first: i64,
) -> QueryResult<Vec<(u32, AttributedCode)>> {
    let rows: Vec<(i64, i16, String, String, String)> = code::table
        .filter(code::code_no.ge(first))
        .select((code::code_no, code::attribute, code::code_value, code::scheme, code::display))
        .order(code::code_no.asc())
        .load(connection)?;
    let codes = rows.into_iter().filter_map(|(number, attribute, code, scheme, display)| {
        let attribute = CodeAttribute::from_number(attribute)?;
        Some((
            u32::try_from(number).ok()?,
            AttributedCode { attribute, code: Code { code, scheme, display } },
        ))
    });
    Ok(codes.collect())
}
