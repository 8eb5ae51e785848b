//! Table `lease`: which process sends to a destination.
//!
//! Two processes that sent the same announcements by turns would break their order. One of them holds the
//! lease and renews it; when it is gone for longer than the lease, the other takes over, and what was sent
//! and not noted is sent again, which changes nothing. An embedded database has one process at a time, which its
//! lock says: whoever holds a lease there is gone.

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
    let free_until = match connection {
        AnyConnection::Sqlite(_) => i64::MAX,
        AnyConnection::Postgres(_) => now,
    };
    let is_free = lease::holder.eq(holder).or(lease::until.lt(free_until));
    let taken = diesel::update(lease::table.find(destination).filter(is_free))
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

/// Lets go of a destination, if it is this process's.
///
/// # Errors
/// Those of the database.
pub fn release(
    connection: &mut AnyConnection,
    (destination, holder): (&str, &str),
) -> QueryResult<()> {
    let own = lease::table.find(destination).filter(lease::holder.eq(holder));
    diesel::delete(own).execute(connection)?;
    Ok(())
}
