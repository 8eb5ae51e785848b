//! Audit messages as a community's actors write them: what costs is size, and how many are about whom.
//!
//! Of a hundred, 60 are stored queries with their text, 25 retrievals, 10 submissions and 5 logins. Patients
//! are asked for as Zipf says (the n-th as often as 1/n), users too; times ascend.

use benches::synthetic::Random;
use jiff::Timestamp;

/// Patients and users of the community.
const N_PATIENTS: u32 = 100_000;
const N_USERS: u32 = 500;

/// 2026-04-01T00:00:00Z in microseconds since 1970.
const BEGINNING: i64 = 1_775_001_600_000_000;
/// Between two messages.
const STEP: i64 = 37_003;

/// A query in base64, as long as one with a handful of codes.
const QUERY: &str = "PHF1ZXJ5Pg==";
const QUERY_REPETITIONS: usize = 60;

/// Makes messages; the same seed makes the same ones.
pub(super) struct Messages {
    random: Random,
    n_made: i64,
}

/// The parts in which kinds of messages differ.
struct Kind {
    event: (&'static str, &'static str),
    transaction: &'static str,
    action: char,
    objects: String,
}

impl Messages {
    pub(super) fn new(seed: u64) -> Messages {
        Messages { random: Random::new(seed), n_made: 0 }
    }

    /// A message about a patient of the community.
    pub(super) fn next(&mut self) -> Vec<u8> {
        let patient = patient(&format!("{:08}", self.zipf(N_PATIENTS)));
        self.about(&patient)
    }

    /// A message about this patient.
    pub(super) fn about(&mut self, patient: &str) -> Vec<u8> {
        self.n_made = self.n_made.saturating_add(1);
        let at = BEGINNING.saturating_add(self.n_made.saturating_mul(STEP));
        let time = Timestamp::from_microsecond(at).unwrap_or_default();
        let user = self.zipf(N_USERS);
        let Kind { event: (code, text), transaction, action, objects } = self.kind();
        let patient = patient.replace('&', "&amp;");
        format!(
            "<85>1 {time:.6} host.example registry 4711 IHE+RFC-3881 - <AuditMessage>\
             <EventIdentification EventActionCode=\"{action}\" EventDateTime=\"{time:.6}\" EventOutcomeIndicator=\"0\">\
             <EventID csd-code=\"{code}\" codeSystemName=\"DCM\" originalText=\"{text}\"/>\
             <EventTypeCode csd-code=\"{transaction}\" codeSystemName=\"IHE Transactions\" originalText=\"{transaction}\"/>\
             </EventIdentification>\
             <ActiveParticipant UserID=\"unknown\" UserIsRequestor=\"true\" NetworkAccessPointID=\"192.0.2.10\" NetworkAccessPointTypeCode=\"2\">\
             <RoleIDCode csd-code=\"110153\" codeSystemName=\"DCM\" originalText=\"Source Role ID\"/></ActiveParticipant>\
             <ActiveParticipant UserID=\"https://registry.example/xds/registry\" AlternativeUserID=\"4711\" UserIsRequestor=\"false\" \
             NetworkAccessPointID=\"192.0.2.20\" NetworkAccessPointTypeCode=\"2\">\
             <RoleIDCode csd-code=\"110152\" codeSystemName=\"DCM\" originalText=\"Destination Role ID\"/></ActiveParticipant>\
             <ActiveParticipant UserID=\"drs{user}\" UserName=\"&lt;drs{user}@https://idp.example&gt;\" UserIsRequestor=\"true\"/>\
             <AuditSourceIdentification AuditSourceID=\"urn:renkei:2.999.1:registry\">\
             <AuditSourceTypeCode csd-code=\"4\" codeSystemName=\"DCM\" originalText=\"Application Server\"/></AuditSourceIdentification>\
             <ParticipantObjectIdentification ParticipantObjectID=\"{patient}\" ParticipantObjectTypeCode=\"1\" ParticipantObjectTypeCodeRole=\"1\">\
             <ParticipantObjectIDTypeCode csd-code=\"2\" codeSystemName=\"RFC-3881\" originalText=\"Patient Number\"/>\
             </ParticipantObjectIdentification>{objects}</AuditMessage>"
        )
        .into_bytes()
    }

    fn kind(&mut self) -> Kind {
        match self.random.below(100) {
            0..60 => Kind {
                event: ("110112", "Query"),
                transaction: "ITI-18",
                action: 'E',
                objects: format!(
                    "<ParticipantObjectIdentification ParticipantObjectID=\"urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d\" \
                     ParticipantObjectTypeCode=\"2\" ParticipantObjectTypeCodeRole=\"24\">\
                     <ParticipantObjectIDTypeCode csd-code=\"ITI-18\" codeSystemName=\"IHE Transactions\" originalText=\"Registry Stored Query\"/>\
                     <ParticipantObjectQuery>{}</ParticipantObjectQuery></ParticipantObjectIdentification>",
                    QUERY.repeat(QUERY_REPETITIONS)
                ),
            },
            60..85 => Kind {
                event: ("110106", "Export"),
                transaction: "ITI-43",
                action: 'R',
                objects: self.object("9", "3", "Report Number"),
            },
            85..95 => Kind {
                event: ("110107", "Import"),
                transaction: "ITI-42",
                action: 'C',
                objects: self.object(
                    "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd",
                    "20",
                    "submission set",
                ),
            },
            _ => Kind {
                event: ("110114", "User Authentication"),
                transaction: "ITI-40",
                action: 'E',
                objects: String::new(),
            },
        }
    }

    /// A document or a submission set, each only once.
    fn object(&mut self, id_type: &str, role: &str, text: &str) -> String {
        let number = self.random.number();
        format!(
            "<ParticipantObjectIdentification ParticipantObjectID=\"2.999.1.7.{number}\" ParticipantObjectTypeCode=\"2\" \
             ParticipantObjectTypeCodeRole=\"{role}\"><ParticipantObjectIDTypeCode csd-code=\"{id_type}\" \
             codeSystemName=\"RFC-3881\" originalText=\"{text}\"/></ParticipantObjectIdentification>"
        )
    }

    /// A number from 0 to `end - 1`, small ones more often.
    fn zipf(&mut self, end: u32) -> u32 {
        let share =
            f64::from(u32::try_from(self.random.below(1 << 30)).unwrap_or(0)) / f64::from(1 << 30);
        let place = (share * f64::from(end).ln_1p()).exp_m1();
        (0..end.ilog2()).rev().fold(0, |below, bit| {
            let larger = below | 1 << bit;
            if f64::from(larger) <= place { larger } else { below }
        })
    }
}

/// The identifier of a patient by number or name.
pub(super) fn patient(id: &str) -> String {
    format!("{id}^^^&2.999.1.2&ISO")
}
