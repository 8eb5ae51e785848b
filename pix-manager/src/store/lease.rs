//! Table `lease`: which process sends to a destination.
//!
//! Two processes that sent the same announcements by turns would break their order. One of them holds the
//! lease and renews it; when it is gone for longer than the lease, the other takes over, and what was sent
//! and not noted is sent again, which changes nothing.

use diesel::prelude::*;
use store::AnyConnection;

use super::schema::lease;

/// Takes or renews the lease, unless somebody else holds it. Times in microseconds since 1970.
///
/// # Errors
/// Those of the database.
pub fn take(
    connection: &mut AnyConnection,
    (destination, holder): (&str, &str),
    (now, until): (i64, i64),
) -> QueryResult<bool> {
    let taken = diesel::update(
        lease::table.find(destination).filter(lease::holder.eq(holder).or(lease::until.lt(now))),
    )
    .set((lease::holder.eq(holder), lease::until.eq(until)))
    .execute(connection)?;
    if taken > 0 {
        return Ok(true);
    }
    let exists = lease::table.find(destination).count().get_result::<i64>(connection)? > 0;
    if exists {
        return Ok(false);
    }
    diesel::insert_into(lease::table)
        .values((
            lease::destination.eq(destination),
            lease::holder.eq(holder),
            lease::until.eq(until),
        ))
        .execute(connection)?;
    Ok(true)
}

/// Lets go of everything a process holds.
///
/// # Errors
/// Those of the database.
pub fn release(connection: &mut AnyConnection, holder: &str) -> QueryResult<()> {
    diesel::delete(lease::table.filter(lease::holder.eq(holder))).execute(connection)?;
    Ok(())
}
