//! `registrationEvent` with one patient, as answers and notifications carry it (ITI TF-2: 3.45.4.2, 3.46.4.1,
//! 3.47.4.2).

use identity::LocalId;
use xml::Writer;

use crate::instance_id::{self, InstanceId};
use crate::transmission::write_optional_id;

const INSTANCE: (&str, &str) = ("determinerCode", "INSTANCE");

/// One patient.
pub(crate) struct Registration<'a> {
    pub(crate) identifiers: &'a [LocalId],
    /// Who keeps the registration: our device.
    pub(crate) custodian: Option<&'a InstanceId>,
}

impl Registration<'_> {
    /// Writes `subject` from its start to its end.
    ///
    /// All identifiers stand in `patient/id`, where every receiver looks, and none of them in `asOtherIDs`
    /// again. `write_person` writes the content of `patientPerson`, `write_rest` what follows the
    /// organisation.
    pub(crate) fn write(
        &self,
        writer: &mut Writer,
        write_person: impl FnOnce(&mut Writer),
        write_rest: impl FnOnce(&mut Writer),
    ) {
        writer
            .start("subject", &[("typeCode", "SUBJ"), ("contextConductionInd", "false")])
            .start("registrationEvent", &[("classCode", "REG"), ("moodCode", "EVN")])
            .empty("id", &[("nullFlavor", "NA")])
            .empty("statusCode", &[("code", "active")])
            .start("subject1", &[("typeCode", "SBJ")])
            .start("patient", &[("classCode", "PAT")]);
        for id in self.identifiers {
            instance_id::write_local_id(id, writer);
        }
        if self.identifiers.is_empty() {
            writer.empty("id", &[("nullFlavor", "NA")]);
        }
        writer.empty("statusCode", &[("code", "active")]);
        writer.start("patientPerson", &[("classCode", "PSN"), INSTANCE]);
        write_person(writer);
        writer.end();
        self.write_provider(writer);
        write_rest(writer);
        writer.end().end();
        writer
            .start("custodian", &[("typeCode", "CST")])
            .start("assignedEntity", &[("classCode", "ASSIGNED")]);
        write_optional_id(self.custodian, writer);
        writer.end().end().end().end();
    }

    /// Validators want its id to be the root of an identifier.
    fn write_provider(&self, writer: &mut Writer) {
        let Some(domain) = self.identifiers.iter().find_map(|id| id.universal_id.as_ref()) else {
            return;
        };
        writer
            .start("providerOrganization", &[("classCode", "ORG"), INSTANCE])
            .empty("id", &[("root", domain.as_str())])
            .empty("contactParty", &[("classCode", "CON"), ("nullFlavor", "NI")])
            .end();
    }
}
