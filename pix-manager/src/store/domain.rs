//! Table `domain`: numbers for assigning authorities.

use datatypes::Oid;
use diesel::prelude::*;
use store::AnyConnection;

use super::schema::domain;

/// The number of a domain that has patients.
///
/// # Errors
/// Those of the database.
pub fn number(connection: &mut AnyConnection, oid: &Oid) -> QueryResult<Option<i64>> {
    domain::table
        .filter(domain::oid.eq(oid.as_str()))
        .select(domain::domain_no)
        .get_result(connection)
        .optional()
}

/// The number of a domain, given now if it has none.
///
/// # Errors
/// Those of the database.
pub fn number_or_new(connection: &mut AnyConnection, oid: &Oid) -> QueryResult<i64> {
    if let Some(number) = number(connection, oid)? {
        return Ok(number);
    }
    let last: Option<i64> =
        domain::table.select(diesel::dsl::max(domain::domain_no)).get_result(connection)?;
    let number = last.unwrap_or(0).saturating_add(1);
    diesel::insert_into(domain::table)
        .values((domain::domain_no.eq(number), domain::oid.eq(oid.as_str())))
        .execute(connection)?;
    Ok(number)
}

/// All domains; they are a few dozen.
///
/// # Errors
/// Those of the database.
pub fn all(connection: &mut AnyConnection) -> QueryResult<Vec<(i64, String)>> {
    domain::table.select((domain::domain_no, domain::oid)).load(connection)
}
