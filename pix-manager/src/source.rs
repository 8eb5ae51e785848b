//! Whose identifiers a message is about: the domain that its sender feeds.

use config::agreement::{Domain, Feeder};
use datatypes::PatientId;
use identity::{LocalId, Resolution};
use policy::Access;

use crate::error::{IdPlace, ManagementFault};
use crate::in_force::InForce;

/// Who sent a message, and how strictly that is taken.
pub struct Source<'a> {
    pub in_force: &'a InForce,
    pub feeder: Feeder<'a>,
    pub access: Access,
}

/// What a message says about one patient's identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identified {
    /// The one of the source's own domain.
    pub own: PatientId,
    /// Those that follow the person from domain to domain.
    pub strong: Vec<PatientId>,
}

impl Source<'_> {
    /// The identifier that the message is about, and the strong ones beside it.
    ///
    /// Of several identifiers the one of the domain that the sender is registered for counts; the
    /// others are what that hospital happens to know (ITI TF-2: 3.8.4.1.3). One without authority is of
    /// that domain.
    ///
    /// # Errors
    /// [`ManagementFault`] with the place of the identifier at fault.
    pub fn identify(
        &self,
        ids: &[LocalId],
        place: fn(usize) -> IdPlace,
    ) -> Result<Identified, ManagementFault> {
        let registered = self.in_force.fed_by(&self.feeder);
        let mut own: Option<(PatientId, usize)> = None;
        let mut strong = Vec::new();
        // The first that is no identifier of ours, in case there is none that is.
        let mut foreign = None;
        for (number, id) in (1..).zip(ids) {
            let (id_place, domain) = (place(number), self.domain(id, place(number), registered));
            let domain = match domain {
                Ok(domain) => domain,
                Err(fault @ ManagementFault::InconsistentAuthority { .. }) => return Err(fault),
                Err(fault) => {
                    foreign.get_or_insert(fault);
                    continue;
                }
            };
            let patient_id = id.to_patient_id(&domain.authority.oid);
            let patient_id =
                patient_id.map_err(|source| ManagementFault::Id { id: id_place, source })?;
            if domain.strong {
                strong.push(patient_id);
                continue;
            }
            if let Err(fault) = self.check_source(domain, registered, id_place) {
                foreign.get_or_insert(fault);
                continue;
            }
            match &own {
                Some((known, _)) if *known == patient_id => {}
                // In open access any domain will do, and the first one named is meant.
                Some((known, _)) if known.authority() != patient_id.authority() => {}
                Some(_) => return Err(ManagementFault::SeveralIds { id: id_place }),
                None => own = Some((patient_id, number)),
            }
        }
        match own {
            Some((own, _)) => Ok(Identified { own, strong }),
            None => Err(foreign.unwrap_or(ManagementFault::AuthorityMissing { id: place(1) })),
        }
    }

    /// The domain of one identifier.
    fn domain<'a>(
        &'a self,
        id: &LocalId,
        place: IdPlace,
        registered: Option<&'a Domain>,
    ) -> Result<&'a Domain, ManagementFault> {
        match self.in_force.authorities.resolve_id(id) {
            Resolution::Resolved(authority) => self
                .in_force
                .domain_of(&authority.oid)
                .ok_or(ManagementFault::AuthorityUnknown { id: place }),
            Resolution::Inconsistent => Err(ManagementFault::InconsistentAuthority { id: place }),
            Resolution::Unknown => Err(ManagementFault::AuthorityUnknown { id: place }),
            Resolution::NotNamed => {
                registered.ok_or(ManagementFault::AuthorityMissing { id: place })
            }
        }
    }

    /// One domain, one source (ITI TF-1: 5.2). With open access anybody may feed a domain, with required access
    /// whoever may feed at all may feed one for which nobody is named; unless the sender is registered for another.
    fn check_source(
        &self,
        domain: &Domain,
        registered: Option<&Domain>,
        place: IdPlace,
    ) -> Result<(), ManagementFault> {
        let is_network = *domain == self.in_force.agreement.affinity_domain;
        let is_ours_to_give = is_network && self.in_force.gives_ids();
        let may_feed = match (registered, self.access) {
            (Some(own), _) => own == domain,
            (None, Access::Open) => true,
            // The agreement lets the system feed, and names nobody else for the domain.
            (None, Access::Required) => !domain.feeders.are_named(),
        };
        if may_feed && !is_ours_to_give {
            Ok(())
        } else {
            Err(ManagementFault::NotTheSource { id: place })
        }
    }
}
