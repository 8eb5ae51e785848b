//! The rules of validators for answers in HL7 v3: each of them broken once.

use super::checks::{ACCEPTED, fails, holds};
use super::soap;

const CHECK: &str = "'v3_rules'";

/// An answer to a query with this patient.
fn answer(name: &str, patient: &str) -> String {
    let trigger = name.replace("_IN", "_TE");
    let head = ACCEPTED.replace("MCCI_IN000002UV01", name).replace("'CA'", "'AA'");
    let head = head.trim_end_matches(&format!("</{name}>")).to_owned();
    head + &format!(
        "<controlActProcess classCode='CACT' moodCode='EVN'><code code='{trigger}'/><subject>\
         <registrationEvent classCode='REG' moodCode='EVN'><statusCode code='active'/><subject1>\
         <patient classCode='PAT'>{patient}</patient></subject1></registrationEvent></subject>\
         <queryAck><queryId root='1.9'/><queryResponseCode code='OK'/><resultTotalQuantity value='1'/>\
         <resultCurrentQuantity value='1'/><resultRemainingQuantity value='0'/></queryAck>\
         <queryByParameter/></controlActProcess></{name}>"
    )
}

#[track_caller]
fn broken(good: &str, changes: &[(&str, &str)]) {
    holds(CHECK, |_| soap("", good));
    for (from, to) in changes {
        let wrong = good.replacen(from, to, 1);
        assert_ne!(wrong, good, "{from}");
        fails(CHECK, |_| soap("", &wrong));
    }
}

#[test]
fn wrappers() {
    broken(
        ACCEPTED,
        &[
            ("urn:hl7-org:v3", "urn:hl7-org:v4"),
            ("ITSVersion='XML_1.0'", ""),
            ("extension='MCCI_IN000002UV01'", "extension='PRPA_IN201310UV02'"),
            ("2.16.840.1.113883.1.6", "2.16.840.1.113883.1.18"),
            ("<processingModeCode code='T'/>", "<processingModeCode code='A'/>"),
            ("<acceptAckCode code='NE'/>", "<acceptAckCode code='AL'/>"),
            ("<id root='1.2.3'/>", "<id root='1.2.3' extension='x'/>"),
            ("<id root='1.2.4'/>", "<id root='not an OID'/>"),
            ("<receiver typeCode='RCV'>", "<receiver/><receiver><device/></receiver><receiver>"),
            ("acknowledgement>", "acknowledgment>"),
            ("<id root='1.2'/><creationTime value='20260401'/>", "<creationTime/><id root='1.2'/>"),
            ("<typeCode code='CA'/><targetMessage>", "<targetMessage/><typeCode/><targetMessage>"),
        ]
        .map(|(from, to)| match from {
            "acknowledgement>" => {
                ("<acknowledgement>", "<attentionLine/><acknowledgement/><acknowledgement>")
            }
            _ => (from, to),
        }),
    );
}

const CROSS_REFERENCED: &str = "<id root='1.7' extension='1'/><id root='1.8' extension='2'/>\
    <statusCode code='active'/><patientPerson><name nullFlavor='NA'/></patientPerson>\
    <providerOrganization><id root='1.8'/></providerOrganization>";

#[test]
fn cross_references() {
    let good = answer("PRPA_IN201310UV02", CROSS_REFERENCED);
    broken(
        &good,
        &[
            ("PRPA_TE201310UV02", "PRPA_TE201309UV02"),
            ("classCode='CACT' moodCode='EVN'", "classCode='CACT' moodCode='RQO'"),
            ("<queryId root='1.9'/>", ""),
            ("<queryByParameter/>", ""),
            ("<queryByParameter/>", "<queryByParameter/><queryByParameter/>"),
            ("<statusCode code='active'/><subject1>", "<statusCode code='nullified'/><subject1>"),
            (
                "<subject>",
                "<subject><registrationEvent><inFulfillmentOf/></registrationEvent></subject><subject>",
            ),
            (
                "<id root='1.7' extension='1'/><id root='1.8' extension='2'/>",
                "<id nullFlavor='UNK'/>",
            ),
            ("<id root='1.8'/></provider", "<id root='1.6'/></provider"),
            ("<id root='1.8'/></provider", "<id root='1.8' extension='x'/></provider"),
            ("<name nullFlavor='NA'/>", "<name nullFlavor='UNK'/>"),
            ("<name nullFlavor='NA'/>", ""),
            (
                "<statusCode code='active'/><patientPerson>",
                "<patientPerson/><statusCode/><patientPerson>",
            ),
        ],
    );
    holds(CHECK, |_| {
        soap("", &good.replace("<name nullFlavor='NA'/>", "<name><family>A</family></name>"))
    });
    let refused = good.replace("'AA'", "'AE'").replace("<queryByParameter/>", "");
    holds(CHECK, |_| soap("", &refused));
}

const MATCHED: &str = "<id root='1.7' extension='1'/><statusCode code='active'/><patientPerson>\
    <name><family>A</family></name><birthTime value='1980'/><asOtherIDs><id root='1.8' extension='2'/>\
    </asOtherIDs></patientPerson><subjectOf1><queryMatchObservation/></subjectOf1>";

#[test]
fn demographics() {
    broken(
        &answer("PRPA_IN201306UV02", MATCHED),
        &[
            ("<resultTotalQuantity value='1'/>", ""),
            ("<resultCurrentQuantity value='1'/>", "<resultCurrentQuantity value='one'/>"),
            ("<resultRemainingQuantity value='0'/>", "<resultRemainingQuantity/>"),
            ("<statusCode code='active'/><patientPerson>", "<statusCode code='x'/><patientPerson>"),
            ("<id root='1.8' extension='2'/>", "<id root='1.7' extension='1'/>"),
            ("<queryMatchObservation/>", ""),
            ("<birthTime value='1980'/>", "<asOtherIDs/><birthTime value='1980'/>"),
            (
                "<id root='1.7' extension='1'/><statusCode code='active'/><patientPerson><name><family>A</family></name>",
                "<statusCode code='active'/><patientPerson><name nullFlavor='UNK'/>",
            ),
        ],
    );
}
