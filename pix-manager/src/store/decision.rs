//! Table `decision`: what somebody decided about two patients.

use std::collections::BTreeSet;

use diesel::prelude::*;
use store::AnyConnection;

use super::schema::decision;

/// What was decided; the numbers stand in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One person, said an operator or a source (A24).
    Linked,
    /// One person, because one was linked to somebody who was merged into the other.
    Inherited,
    /// Not one person: nothing links them but another decision.
    Separate,
}

impl Verdict {
    const fn number(self) -> i16 {
        match self {
            Verdict::Linked => 1,
            Verdict::Inherited => 2,
            Verdict::Separate => 3,
        }
    }

    fn of_number(number: i16) -> Option<Verdict> {
        let all = [Verdict::Linked, Verdict::Inherited, Verdict::Separate];
        all.into_iter().find(|verdict| verdict.number() == number)
    }
}

/// A row: the two, and what holds between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub low_no: i64,
    pub high_no: i64,
    pub verdict: Verdict,
}

impl Decision {
    /// The other one.
    #[must_use]
    pub fn other(&self, patient_no: i64) -> i64 {
        if self.low_no == patient_no { self.high_no } else { self.low_no }
    }

    /// Whether the two are one person by it.
    #[must_use]
    pub fn links(&self) -> bool {
        match self.verdict {
            Verdict::Linked | Verdict::Inherited => true,
            Verdict::Separate => false,
        }
    }
}

/// All decisions about a patient.
///
/// # Errors
/// Those of the database.
pub fn about(connection: &mut AnyConnection, patient_no: i64) -> QueryResult<Vec<Decision>> {
    let columns = (decision::low_no, decision::high_no, decision::verdict);
    let mut rows: Vec<(i64, i64, i16)> =
        decision::table.filter(decision::low_no.eq(patient_no)).select(columns).load(connection)?;
    rows.extend(decision::table.filter(decision::high_no.eq(patient_no)).select(columns).load::<(
        i64,
        i64,
        i16,
    )>(
        connection,
    )?);
    let decision = |(low_no, high_no, number)| {
        Verdict::of_number(number).map(|verdict| Decision { low_no, high_no, verdict })
    };
    Ok(rows.into_iter().filter_map(decision).collect())
}

/// All decisions about a patient, each with its time (microseconds since 1970) and who said so; oldest first.
///
/// # Errors
/// Those of the database.
pub fn said_about(
    connection: &mut AnyConnection,
    patient_no: i64,
) -> QueryResult<Vec<(Decision, (i64, String))>> {
    let mut said = Vec::new();
    for decision in about(connection, patient_no)? {
        let pair = decision::table.find((decision.low_no, decision.high_no));
        let row = pair.select((decision::decided_at, decision::cause)).get_result(connection);
        said.extend(row.optional()?.map(|row: (i64, String)| (decision, row)));
    }
    said.sort_by_key(|(_, (decided_at, _))| *decided_at);
    Ok(said)
}

/// Everybody who is one person with a patient by decisions alone, the patient included.
///
/// # Errors
/// Those of the database.
pub fn linked_with(connection: &mut AnyConnection, patient_no: i64) -> QueryResult<BTreeSet<i64>> {
    let mut linked = BTreeSet::from([patient_no]);
    let mut waiting = vec![patient_no];
    while let Some(number) = waiting.pop() {
        for decided in about(connection, number)?.iter().filter(|decided| decided.links()) {
            let other = decided.other(number);
            if linked.insert(other) {
                waiting.push(other);
            }
        }
    }
    Ok(linked)
}

/// Whether decisions make a patient one person with two of whom it is decided that they are not one.
///
/// # Errors
/// Those of the database.
pub fn contradict_within(connection: &mut AnyConnection, patient_no: i64) -> QueryResult<bool> {
    let linked = linked_with(connection, patient_no)?;
    for number in &linked {
        let is_broken =
            |decided: &Decision| !decided.links() && linked.contains(&decided.other(*number));
        if about(connection, *number)?.iter().any(is_broken) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Decides about two patients; the last word counts.
///
/// # Errors
/// Those of the database.
pub fn decide(
    connection: &mut AnyConnection,
    (one, other): (i64, i64),
    verdict: Verdict,
    (decided_at, cause): (i64, &str),
) -> QueryResult<()> {
    let (low_no, high_no) = (one.min(other), one.max(other));
    diesel::delete(decision::table.find((low_no, high_no))).execute(connection)?;
    diesel::insert_into(decision::table)
        .values((
            decision::low_no.eq(low_no),
            decision::high_no.eq(high_no),
            decision::verdict.eq(verdict.number()),
            decision::decided_at.eq(decided_at),
            decision::cause.eq(cause),
        ))
        .execute(connection)?;
    Ok(())
}

/// Takes a decision back: the rules decide again.
///
/// # Errors
/// Those of the database.
pub fn remove(connection: &mut AnyConnection, (one, other): (i64, i64)) -> QueryResult<()> {
    let (low_no, high_no) = (one.min(other), one.max(other));
    diesel::delete(decision::table.find((low_no, high_no))).execute(connection)?;
    Ok(())
}
