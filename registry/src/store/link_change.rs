//! ITI-64 in the database: the conditions of a link change, its record, and where documents belong after it
//! (ITI TF-2: 3.64.4.1.3).
//!
//! A change moves the DocumentEntries of the previous patient, over all merges, that came from the local
//! patient: those whose sourcePatientId is the local id or the subsumed one, shown or submitted, and those
//! of every id that was merged into one of the two before. A document that a hospital sends under an old id
//! of its own goes along with the patient, too; that it is still shown under that id is what was said.
//!
//! A merge of local ids shows the local id instead of the subsumed one from then on. It is taken back by
//! any later change that names the subsumed id as its local one: the documents that were sent under that
//! id, or under one that had been merged into it, are shown under it again and belong to whom the change
//! says. Nothing else un-merges, and a change that is delivered again does nothing, not even after it was
//! undone.

use std::collections::{BTreeMap, BTreeSet};

use datatypes::PatientId;
use diesel::prelude::*;
use policy::Permit;
use store::AnyConnection;

use super::moved::{self, MovedTo};
use super::relocation::Relocation;
use super::schema::link_change;
use super::{object, patient};
use crate::error::{FeedFault, LinkFault, RelocationError};
use crate::leaf_class::StoredObject;
use crate::record::{self, entry::EntryHead};

/// A link change with its authorities resolved.
#[derive(Clone, Debug)]
pub struct LinkChange {
    pub new: PatientId,
    pub local: PatientId,
    pub previous: PatientId,
    pub subsumed: Option<PatientId>,
    /// Microseconds since 1970, UTC.
    pub changed_at: i64,
    /// Transaction and message, for people.
    pub cause: String,
    /// What tells a message that is delivered again from a new one.
    pub message: String,
}

/// Lets what the local patient has under the previous patient belong to the new one from now on.
///
/// # Errors
/// [`FeedFault::LinkChange`] with the condition that does not hold; then nothing has changed.
pub fn change_link(
    connection: &mut AnyConnection,
    permit: &Permit,
    change: &LinkChange,
) -> Result<(), FeedFault> {
    if change.subsumed.as_ref() == Some(&change.local) {
        return Err(FeedFault::LinkChange(LinkFault::SameLocal));
    }
    patient::begin_change_of_both(connection, &change.previous, &change.new)?;
    let new_no = patient::number(connection, &change.new)?;
    let new_no = new_no.ok_or(FeedFault::LinkChange(LinkFault::NewUnknown))?;
    let previous_no = patient::number(connection, &change.previous)?;
    let previous_no = previous_no.ok_or(FeedFault::LinkChange(LinkFault::PreviousUnknown))?;
    if is_recorded(connection, change, (previous_no, new_no))? {
        return Ok(());
    }
    if patient::survivor(connection, new_no)? != new_no {
        return Err(FeedFault::LinkChange(LinkFault::NewSubsumed));
    }
    if patient::survivor(connection, previous_no)? != previous_no {
        return Err(FeedFault::LinkChange(LinkFault::PreviousSubsumed));
    }
    let mut local = LocalIds::before(connection, change)?;
    if new_no == previous_no && !local.is_changed() {
        return Err(FeedFault::LinkChange(LinkFault::NothingChanged));
    }
    insert(connection, change, (previous_no, new_no))?;
    local.learn_groups(connection)?;
    let mut relocation = Relocation::new(connection);
    let moved = move_entries(&mut relocation, permit, (change, new_no), &local)?;
    Ok(relocation.settle(&moved)?)
}

/// A document that was just registered.
#[derive(Clone, Debug)]
pub struct NewEntry {
    pub key: i64,
    pub uuid: datatypes::EntryUuid,
    /// The hospital's own patient, as CX.
    pub source_patient_id: String,
}

/// Lets documents that were registered for a patient after their local patient became another one's belong
/// to that one: who submits with an identifier of yesterday must not hide the document from today's.
///
/// Of a change that was taken back nothing is left to follow. A local id that no change has named yet leads
/// nowhere: of a patient whose id was changed a moment ago, what is submitted under the new id with an
/// identifier of before stays there, until the manager's message about the id has come.
///
/// # Errors
/// Those of the database.
pub fn follow(
    connection: &mut AnyConnection,
    patient_no: i64,
    entries: &[NewEntry],
) -> Result<(), RelocationError> {
    let mut of_local: BTreeMap<&str, Vec<&NewEntry>> = BTreeMap::new();
    for entry in entries {
        of_local.entry(&entry.source_patient_id).or_default().push(entry);
    }
    let mut moved = BTreeSet::new();
    let mut relocation = Relocation::new(connection);
    for (local_id, entries) in of_local {
        let mut placed_with = None;
        // With the first row the owner is held, on PostgreSQL; a change that came before is seen then.
        while let Some(owner) = owner_now(relocation.connection, local_id, patient_no)?
            && placed_with != Some(owner)
        {
            for entry in &entries {
                let patient_no = relocation.number_with(entry.key, owner)?;
                let place = MovedTo { patient_no, ..MovedTo::nowhere(entry.key) };
                if moved::put(relocation.connection, entry.key, &place)? {
                    moved.insert(entry.uuid);
                }
            }
            placed_with = Some(owner);
        }
    }
    if moved.is_empty() { Ok(()) } else { relocation.settle(&moved) }
}

/// Whose a local patient is now, if it was this patient's before, under this local id or under one that
/// is merged with it.
fn owner_now(
    connection: &mut AnyConnection,
    local_id: &str,
    patient_no: i64,
) -> QueryResult<Option<i64>> {
    let shown_as = end_of_chain(connection, local_id)?;
    let mut changes: Vec<(i64, i64, i64)> = Vec::new();
    for id in group(connection, &shown_as)? {
        let of_id = link_change::table.filter(link_change::local_id.eq(id)).select((
            link_change::change_no,
            link_change::previous_no,
            link_change::new_no,
        ));
        changes.append(&mut of_id.load(connection)?);
    }
    let Some((_, _, newest)) = changes.iter().max() else { return Ok(None) };
    let owner = patient::survivor(connection, *newest)?;
    if owner == patient_no {
        return Ok(None);
    }
    for (_, previous, _) in &changes {
        if patient::survivor(connection, *previous)? == patient_no {
            return Ok(Some(owner));
        }
    }
    Ok(None)
}

/// Gives the documents their new places; those that had another one.
fn move_entries(
    relocation: &mut Relocation<'_>,
    permit: &Permit,
    (change, new_no): (&LinkChange, i64),
    local: &LocalIds,
) -> Result<BTreeSet<datatypes::EntryUuid>, FeedFault> {
    let mut moved = BTreeSet::new();
    for member in patient::members(relocation.connection, &change.previous)? {
        for object in object::all_of_patient(relocation.connection, permit, member.patient_no)? {
            if record::kind(&object.record)? != xds::ObjectKind::DocumentEntry {
                continue;
            }
            let head = EntryHead::read(&object.record)?;
            let submitted = head.source_patient_id()?;
            let Some(shown) = local.shown_after(&object, submitted) else { continue };
            let source_patient_id = match shown {
                Shown::Local if local.local.escaped == submitted => None,
                Shown::Local => Some(local.local.cx.clone()),
                Shown::AsBefore => moved::of(relocation.connection, object.key)?.source_patient_id,
            };
            let patient_no = relocation.number_with(object.key, new_no)?;
            let place = MovedTo { patient_no, other_no: None, source_patient_id };
            if moved::put(relocation.connection, object.key, &place)? {
                moved.insert(head.uuid);
            }
        }
    }
    Ok(moved)
}

/// The sourcePatientId of a document that is selected.
enum Shown {
    Local,
    AsBefore,
}

/// The local ids of a change, with what was merged into them.
struct LocalIds {
    local: LocalGroup,
    subsumed: Option<LocalGroup>,
}

/// A local id, and under which ids its documents may have been sent and shown.
struct LocalGroup {
    cx: String,
    /// As it stands in records.
    escaped: String,
    /// Into what it was merged until now, over all merges; itself if into nothing.
    shown_as: String,
    /// It, and all ids that are merged into it now; as they stand in records.
    group: BTreeSet<String>,
}

impl LocalIds {
    fn before(connection: &mut AnyConnection, change: &LinkChange) -> QueryResult<LocalIds> {
        let local = LocalGroup::before(connection, &change.local)?;
        let subsumed = change.subsumed.as_ref();
        let subsumed = subsumed.map(|id| LocalGroup::before(connection, id)).transpose()?;
        Ok(LocalIds { local, subsumed })
    }

    /// Whether local ids are merged, or un-merged.
    fn is_changed(&self) -> bool {
        self.subsumed.is_some() || self.local.shown_as != self.local.escaped
    }

    /// What is merged into what, with the change.
    fn learn_groups(&mut self, connection: &mut AnyConnection) -> QueryResult<()> {
        for id in [Some(&mut self.local), self.subsumed.as_mut()].into_iter().flatten() {
            id.group = group(connection, &id.cx)?.iter().map(|cx| escaped(cx)).collect();
        }
        Ok(())
    }

    /// How a document of the previous patient is shown after the change; `None` if it is not of this local
    /// patient.
    fn shown_after(&self, object: &StoredObject, submitted: &str) -> Option<Shown> {
        let shown = object.source_patient_id.as_deref().unwrap_or(submitted);
        let mut ids = [Some(&self.local), self.subsumed.as_ref()].into_iter().flatten();
        let is_shown_as = |id: &LocalGroup| {
            shown == id.escaped || (id.group.contains(submitted) && shown == id.shown_as)
        };
        if ids.any(is_shown_as) {
            Some(Shown::Local)
        } else {
            // The subsumed id is one of these by now.
            self.local.group.contains(submitted).then_some(Shown::AsBefore)
        }
    }
}

impl LocalGroup {
    fn before(connection: &mut AnyConnection, id: &PatientId) -> QueryResult<LocalGroup> {
        let cx = id.to_cx();
        let shown_as = escaped(&end_of_chain(connection, &cx)?);
        Ok(LocalGroup { escaped: escaped(&cx), cx, shown_as, group: BTreeSet::new() })
    }
}

fn escaped(cx: &str) -> String {
    xml::escape_attribute(cx).into_owned()
}

/// Whether this very message was accepted before.
fn is_recorded(
    connection: &mut AnyConnection,
    change: &LinkChange,
    (previous_no, new_no): (i64, i64),
) -> QueryResult<bool> {
    let earlier: Vec<(Option<String>, String)> = link_change::table
        .filter(link_change::local_id.eq(change.local.to_cx()))
        .filter(link_change::previous_no.eq(previous_no))
        .filter(link_change::new_no.eq(new_no))
        .select((link_change::subsumed_id, link_change::message))
        .load(connection)?;
    let subsumed = change.subsumed.as_ref().map(PatientId::to_cx);
    Ok(earlier.contains(&(subsumed, change.message.clone())))
}

fn insert(
    connection: &mut AnyConnection,
    change: &LinkChange,
    (previous_no, new_no): (i64, i64),
) -> QueryResult<()> {
    let last: Option<i64> =
        link_change::table.select(diesel::dsl::max(link_change::change_no)).first(connection)?;
    diesel::insert_into(link_change::table)
        .values((
            link_change::change_no.eq(last.unwrap_or(0).saturating_add(1)),
            link_change::local_id.eq(change.local.to_cx()),
            link_change::subsumed_id.eq(change.subsumed.as_ref().map(PatientId::to_cx)),
            link_change::previous_no.eq(previous_no),
            link_change::new_no.eq(new_no),
            link_change::changed_at.eq(change.changed_at),
            link_change::cause.eq(&change.cause),
            link_change::message.eq(&change.message),
        ))
        .execute(connection)?;
    Ok(())
}

/// The local id into which this one is merged now: as the last change says that names it.
fn merged_into(connection: &mut AnyConnection, cx: &str) -> QueryResult<Option<String>> {
    let merged: Option<(i64, String)> = link_change::table
        .filter(link_change::subsumed_id.eq(cx))
        .select((link_change::change_no, link_change::local_id))
        .order(link_change::change_no.desc())
        .first(connection)
        .optional()?;
    let Some((merged_in, into)) = merged else { return Ok(None) };
    let named: Option<i64> = link_change::table
        .filter(link_change::local_id.eq(cx))
        .select(diesel::dsl::max(link_change::change_no))
        .first(connection)?;
    Ok(named.is_none_or(|named| named < merged_in).then_some(into))
}

/// Follows the merges. Two managers at odds could make a circle, which is followed once.
fn end_of_chain(connection: &mut AnyConnection, cx: &str) -> QueryResult<String> {
    let mut seen = BTreeSet::new();
    let mut end = cx.to_owned();
    while seen.insert(end.clone()) {
        match merged_into(connection, &end)? {
            Some(next) => end = next,
            None => break,
        }
    }
    Ok(end)
}

/// A local id and all that are merged into it now, over all merges.
fn group(connection: &mut AnyConnection, cx: &str) -> QueryResult<BTreeSet<String>> {
    let mut group = BTreeSet::from([cx.to_owned()]);
    let mut waiting = vec![cx.to_owned()];
    while let Some(into) = waiting.pop() {
        let subsumed: Vec<Option<String>> = link_change::table
            .filter(link_change::local_id.eq(&into))
            .select(link_change::subsumed_id)
            .load(connection)?;
        for id in subsumed.into_iter().flatten() {
            let is_merged = merged_into(connection, &id)?.as_ref() == Some(&into);
            if is_merged && group.insert(id.clone()) {
                waiting.push(id);
            }
        }
    }
    Ok(group)
}
