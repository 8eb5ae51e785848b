//! Who must be told of a change: the registry of identifiers and links, consumers of cross-references.
//!
//! The messages are made by the transaction that makes them true, and stored in it
//! ([`crate::store::announcement`]); [`crate::courier`] delivers them.

mod draft;
mod visible;

use std::collections::{BTreeMap, BTreeSet};

use audit::{Event, Patient, PatientPart};
use datatypes::{AssigningAuthority, Dtm, Oid};
use identity::{FeedEvent, LinkChange, LocalId, PatientIdentityFeed};
use policy::Permit;
use store::AnyConnection;

use crate::change::{Effect, Gone};
use crate::error::ManagementFault;
use crate::linking::Known;
use crate::store::announcement::{self, REGISTRY};
use crate::store::domain;
use crate::store::patient::{self, StoredPatient};
use crate::store::person::{self, StoredPerson};

use draft::{Draft, Said};
use visible::Groups;

/// Whom the manager tells, and how it calls itself.
#[derive(Clone, Debug)]
pub struct Announcer {
    /// MSH-3 and MSH-4.
    pub application: String,
    pub facility: String,
    /// The OID of this system: MSH-3 of ITI-64 (ITI TF-2: 3.64.4.1.2.1) and the device of HL7 v3.
    pub system: Oid,
    /// Whether the registry is told of identifiers that the manager gives.
    pub tells_registry: bool,
    /// The affinity domain.
    pub network: AssigningAuthority,
    /// All authorities of the agreement by their OIDs.
    pub authorities: BTreeMap<String, AssigningAuthority>,
    pub consumers: Vec<Consumer>,
}

/// A PIX consumer that is told of changes.
#[derive(Clone, Debug)]
pub struct Consumer {
    pub name: String,
    pub format: Format,
    /// The OIDs of the domains it is told of.
    pub domains: BTreeSet<String>,
    pub application: Option<String>,
    pub facility: Option<String>,
}

/// In which version of HL7 a consumer is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// ITI-10.
    V2,
    /// ITI-46.
    V3,
}

impl Announcer {
    /// Stores what must be told of an effect; the number of the last that the registry must be told.
    ///
    /// # Errors
    /// Those of the database.
    pub fn announce(
        &self,
        connection: &mut AnyConnection,
        permit: &Permit,
        effect: &Effect,
        at: i64,
    ) -> Result<Option<i64>, ManagementFault> {
        let is_quiet = effect.region.known.is_empty() && effect.gone.is_none();
        if is_quiet || (!self.tells_registry && self.consumers.is_empty()) {
            return Ok(None);
        }
        let mut telling = Telling::new(self, permit);
        telling.persons.extend(effect.region.made.iter().map(|it| (it.person_no, it.clone())));
        let mut drafts = Vec::new();
        if self.tells_registry {
            telling.registrations(effect, &mut drafts);
            telling.moves(connection, effect, &mut drafts)?;
            if let Some(gone) = &effect.gone {
                telling.gone(connection, effect, gone, &mut drafts)?;
            }
        }
        let n_for_registry = i64::try_from(drafts.len()).unwrap_or(i64::MAX);
        telling.updates(connection, effect, &mut drafts)?;
        let first = self.store(connection, drafts, at)?;
        // The registry's come first.
        let last = first.map(|first| first.saturating_add(n_for_registry).saturating_sub(1));
        Ok(last.filter(|_| n_for_registry > 0))
    }

    /// Stores what consumers must be told when the registry knows a person's identifier.
    ///
    /// # Errors
    /// Those of the database.
    pub fn announce_network_id(
        &self,
        connection: &mut AnyConnection,
        permit: &Permit,
        person_no: i64,
        at: i64,
    ) -> Result<(), ManagementFault> {
        let network = self.network.oid.as_str();
        if !self.consumers.iter().any(|consumer| consumer.domains.contains(network)) {
            return Ok(());
        }
        let mut telling = Telling::new(self, permit);
        telling.read_domains(connection)?;
        let members = patient::of_person(connection, permit, person_no)?;
        let mut groups = Groups::default();
        for row in &members {
            groups.add(person_no, row);
        }
        let person = telling.person(connection, person_no)?;
        groups.show(person_no, person.as_ref().and_then(StoredPerson::shown_id));
        let mut drafts = Vec::new();
        for consumer in &self.consumers {
            if consumer.domains.contains(network) {
                telling.updates_of(consumer, (&Groups::default(), &groups, None), &mut drafts);
            }
        }
        self.store(connection, drafts, at)?;
        Ok(())
    }

    /// The number of the first.
    fn store(
        &self,
        connection: &mut AnyConnection,
        drafts: Vec<Draft>,
        at: i64,
    ) -> Result<Option<i64>, ManagementFault> {
        if drafts.is_empty() {
            return Ok(None);
        }
        let n_drafts = i64::try_from(drafts.len()).unwrap_or(i64::MAX);
        let first = announcement::take_numbers(connection, n_drafts)?;
        let seconds = at.div_euclid(1_000_000);
        let time =
            Dtm::from_unix_seconds(seconds).map_err(|_out_of_range| ManagementFault::Unwritable)?;
        for (number, draft) in (first..).zip(drafts) {
            let row = draft.into_row(self, number, &time);
            announcement::insert(connection, &row)?;
        }
        Ok(Some(first))
    }
}

/// What is looked up while the messages of one effect are made.
struct Telling<'a> {
    announcer: &'a Announcer,
    permit: &'a Permit,
    /// OIDs by the numbers of the domains; empty until somebody is told of a local identifier.
    domains: BTreeMap<i64, String>,
    persons: BTreeMap<i64, StoredPerson>,
}

impl<'a> Telling<'a> {
    fn new(announcer: &'a Announcer, permit: &'a Permit) -> Telling<'a> {
        Telling { announcer, permit, domains: BTreeMap::new(), persons: BTreeMap::new() }
    }

    /// Before [`Telling::local_id`].
    fn read_domains(&mut self, connection: &mut AnyConnection) -> Result<(), ManagementFault> {
        if self.domains.is_empty() {
            self.domains = domain::all(connection)?.into_iter().collect();
        }
        Ok(())
    }

    fn person(
        &mut self,
        connection: &mut AnyConnection,
        person_no: i64,
    ) -> Result<Option<StoredPerson>, ManagementFault> {
        if let Some(known) = self.persons.get(&person_no) {
            return Ok(Some(known.clone()));
        }
        let found = person::get(connection, self.permit, person_no)?;
        self.persons.extend(found.clone().map(|it| (person_no, it)));
        Ok(found)
    }

    /// The identifier of a person in the affinity domain.
    fn network_id(
        &mut self,
        connection: &mut AnyConnection,
        person_no: i64,
    ) -> Result<Option<LocalId>, ManagementFault> {
        let person = self.person(connection, person_no)?;
        Ok(person.and_then(|it| it.network_id).map(|id| self.announcer.network_local_id(id)))
    }

    /// The identifier of a patient, with both names of its authority.
    fn local_id(&self, row: &StoredPatient) -> Option<LocalId> {
        let oid = self.domains.get(&row.domain_no)?;
        let authority = self.announcer.authorities.get(oid).cloned();
        let (namespace, universal_id) = match authority {
            Some(authority) => (authority.namespace, Some(authority.oid)),
            None => (None, Oid::parse(oid).ok()),
        };
        Some(LocalId { id: row.id.clone(), namespace, universal_id })
    }

    /// New persons: their identifiers become known (ITI-8).
    fn registrations(&self, effect: &Effect, drafts: &mut Vec<Draft>) {
        for made in &effect.region.made {
            let Some(id) = made.network_id.clone() else { continue };
            let id = self.announcer.network_local_id(id);
            let is_owner = |known: &&Known| known.row.own_person_no == Some(made.person_no);
            let owner = effect.region.known.values().find(is_owner);
            let feed = PatientIdentityFeed {
                event: FeedEvent::Register,
                identifiers: vec![id.clone()],
                prior_identifiers: Vec::new(),
                demographics: owner.map(|it| it.facts.demographics.clone()).unwrap_or_default(),
                visit: None,
            };
            drafts.push(Draft {
                destination: REGISTRY.to_owned(),
                event: Event::FEED_V2_TO_REGISTRY,
                said: Said::Feed(Box::new(feed)),
                patients: vec![concerned(&id)],
                persons: vec![made.person_no],
                announced_no: Some(made.person_no),
            });
        }
    }

    /// Patients who are another person now: what they submitted moves (ITI-64).
    fn moves(
        &mut self,
        connection: &mut AnyConnection,
        effect: &Effect,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), ManagementFault> {
        let retired = effect.gone.as_ref().filter(|gone| gone.is_person_retired);
        for known in effect.region.known.values() {
            let now = known.row.person_no;
            let Some(before) = known.before.filter(|before| *before != now) else { continue };
            // A merge of persons brings along everything that was the one's.
            let comes_along = retired.is_some_and(|gone| {
                gone.patient.person_no == before
                    && effect.region.person_of(gone.survivor_no) == Some(now)
            });
            if !comes_along {
                let change = (now, &known.row, before, None);
                self.link_change(connection, change, drafts)?;
            }
        }
        Ok(())
    }

    /// A patient whose identifier is no longer used: the persons are merged, if one of them is nobody's any
    /// more, and what was submitted under the identifier becomes the survivor's.
    fn gone(
        &mut self,
        connection: &mut AnyConnection,
        effect: &Effect,
        gone: &Gone,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), ManagementFault> {
        let Some(survivor) = effect.region.known.get(&gone.survivor_no) else { return Ok(()) };
        let (now, before) = (survivor.row.person_no, gone.patient.person_no);
        let mut previous = before;
        if gone.is_person_retired {
            let ids = (self.network_id(connection, now)?, self.network_id(connection, before)?);
            if let (Some(surviving), Some(subsumed)) = ids {
                drafts.push(Draft {
                    destination: REGISTRY.to_owned(),
                    event: Event::FEED_V2_TO_REGISTRY,
                    patients: vec![
                        part(&subsumed, PatientPart::Subsumed),
                        part(&surviving, PatientPart::Surviving),
                    ],
                    said: Said::Feed(Box::new(PatientIdentityFeed {
                        event: FeedEvent::Merge,
                        identifiers: vec![surviving],
                        prior_identifiers: vec![subsumed],
                        demographics: identity::Demographics::default(),
                        visit: None,
                    })),
                    persons: vec![now, before],
                    announced_no: None,
                });
            }
            previous = now;
        }
        let change = (now, &survivor.row, previous, Some(&gone.patient));
        self.link_change(connection, change, drafts)
    }

    /// `(new person, patient, previous person, subsumed patient)`.
    fn link_change(
        &mut self,
        connection: &mut AnyConnection,
        (now, row, before, subsumed): (i64, &StoredPatient, i64, Option<&StoredPatient>),
        drafts: &mut Vec<Draft>,
    ) -> Result<(), ManagementFault> {
        self.read_domains(connection)?;
        let (new, previous) =
            (self.network_id(connection, now)?, self.network_id(connection, before)?);
        let (Some(new), Some(previous), Some(local)) = (new, previous, self.local_id(row)) else {
            return Ok(());
        };
        // An identifier that changed within one patient is no longer the row's own.
        let subsumed = subsumed.and_then(|row| self.local_id(row));
        let mut patients = vec![
            part(&local, PatientPart::Local),
            part(&new, PatientPart::New),
            part(&previous, PatientPart::Previous),
        ];
        patients.extend(subsumed.iter().map(|id| part(id, PatientPart::LocalSubsumed)));
        drafts.push(Draft {
            destination: REGISTRY.to_owned(),
            event: Event::LINK_CHANGE_AT_MANAGER,
            said: Said::LinkChange(Box::new(LinkChange { new, local, previous, subsumed })),
            patients,
            persons: vec![now, before],
            announced_no: None,
        });
        Ok(())
    }

    /// Consumers whose view of somebody changed (ITI-10, ITI-46).
    fn updates(
        &mut self,
        connection: &mut AnyConnection,
        effect: &Effect,
        drafts: &mut Vec<Draft>,
    ) -> Result<(), ManagementFault> {
        if self.announcer.consumers.is_empty() {
            return Ok(());
        }
        self.read_domains(connection)?;
        let (mut before, mut now) = (Groups::default(), Groups::default());
        for known in effect.region.known.values() {
            now.add(known.row.person_no, &known.row);
            if let Some(person_no) = known.before {
                let is_renamed = effect
                    .gone
                    .as_ref()
                    .is_some_and(|gone| gone.patient.patient_no == known.row.patient_no);
                if !is_renamed {
                    before.add(person_no, &known.row);
                }
            }
        }
        if let Some(gone) = &effect.gone {
            before.add(gone.patient.person_no, &gone.patient);
        }
        for groups in [&mut before, &mut now] {
            for person_no in groups.persons() {
                let person = self.person(connection, person_no)?;
                groups.show(person_no, person.as_ref().and_then(StoredPerson::shown_id));
            }
        }
        // A merge is told even if the survivor's identifiers are those it had: the subsumed one is gone.
        let merged = effect.gone.as_ref().and_then(|gone| {
            let oid = self.domains.get(&gone.patient.domain_no)?;
            Some((oid, effect.region.person_of(gone.survivor_no)?))
        });
        for consumer in &self.announcer.consumers {
            let merged = merged.filter(|(oid, _)| consumer.domains.contains(*oid));
            let merged = merged.map(|(_, person_no)| person_no);
            self.updates_of(consumer, (&before, &now, merged), drafts);
        }
        Ok(())
    }

    /// One notification for each person whose identifiers in the consumer's domains are others than before, and
    /// for the one with whom another was merged.
    fn updates_of(
        &self,
        consumer: &Consumer,
        (before, now, merged): (&Groups, &Groups, Option<i64>),
        drafts: &mut Vec<Draft>,
    ) {
        let known = before.visible_sets(self, consumer);
        for (person_no, ids) in now.visible(self, consumer) {
            let is_known = known.contains(&ids) && merged != Some(person_no);
            if ids.is_empty() || is_known {
                continue;
            }
            let event = match consumer.format {
                Format::V2 => Event::UPDATE_NOTIFICATION_AT_MANAGER,
                Format::V3 => Event::UPDATE_NOTIFICATION_V3_AT_MANAGER,
            };
            drafts.push(Draft {
                destination: consumer.name.clone(),
                event,
                patients: ids.iter().map(concerned).collect(),
                said: Said::Update { consumer: consumer.clone(), ids },
                persons: vec![person_no],
                announced_no: None,
            });
        }
    }
}

impl Announcer {
    /// An identifier of the affinity domain.
    #[must_use]
    pub fn network_local_id(&self, id: String) -> LocalId {
        LocalId {
            id,
            namespace: self.network.namespace.clone(),
            universal_id: Some(self.network.oid.clone()),
        }
    }
}

/// As the audit trail writes it.
fn part(id: &LocalId, part: PatientPart) -> Patient {
    let oid = id.universal_id.as_ref().map_or("", |oid| oid.as_str());
    Patient { id: format!("{}^^^&{oid}&ISO", id.id), part }
}

fn concerned(id: &LocalId) -> Patient {
    part(id, PatientPart::Concerned)
}
