//! Occupations and purposes as they are named on the command line.

use datatypes::Code;

/// SNOMED CT.
const SNOMED: &str = "2.16.840.1.113883.6.96";
/// hcRole of the Japanese healthcare PKI.
const HPKI: &str = "1.2.392.100495.1.6.1.1";
/// PractitionerRole of JP Core, which has no OID.
const JP_CORE: &str = "http://jpfhir.jp/fhir/core/CodeSystem/JP_PractitionerRole_CS";
/// HL7 v3 ActReason.
const ACT_REASON: &str = "2.16.840.1.113883.5.8";

/// Names of occupations, and the codes they stand for.
const ROLES: [(&str, &str, &str, &str); 20] = [
    ("physician", "309343006", SNOMED, "Physician"),
    ("dentist", "106289002", SNOMED, "Dentist"),
    ("pharmacist", "46255001", SNOMED, "Pharmacist"),
    ("nurse", "224535009", SNOMED, "Registered nurse"),
    ("public-health-nurse", "26369006", SNOMED, "Public health nurse"),
    ("midwife", "309453006", SNOMED, "Registered midwife"),
    ("technologist", "159282002", SNOMED, "Laboratory technician"),
    ("radiographer", "159016003", SNOMED, "Medical radiographer"),
    ("physiotherapist", "36682004", SNOMED, "Physiotherapist"),
    ("occupational-therapist", "80546007", SNOMED, "Occupational therapist"),
    ("speech-therapist", "159026005", SNOMED, "Speech/language therapist"),
    ("orthoptist", "159027001", SNOMED, "Orthoptist"),
    ("dental-hygienist", "26042002", SNOMED, "Dental hygienist"),
    ("dietitian", "40127002", SNOMED, "Dietitian (general)"),
    ("social-worker", "106328005", SNOMED, "Social worker"),
    ("paramedic", "397897005", SNOMED, "Paramedic"),
    ("psychologist", "59944000", SNOMED, "Psychologist"),
    ("director", "Director of Hospital", HPKI, "病院長"),
    ("clerk", "JPR50000", JP_CORE, "事務職"),
    ("system-administrator", "JPR90909", JP_CORE, "システム管理者"),
];

/// What `--help` says about roles.
pub(crate) const ROLE_HELP: &str = "A role is CODE^SCHEME or CODE^SCHEME^DISPLAY, a number alone is of SNOMED CT, or \
one of these names:
  physician dentist pharmacist nurse public-health-nurse midwife technologist radiographer physiotherapist
  occupational-therapist speech-therapist orthoptist dental-hygienist dietitian social-worker paramedic
  psychologist director clerk system-administrator
A purpose is CODE, of HL7 v3 ActReason (TREAT, ETREAT, BTG, COC …), or CODE^SCHEME.";

/// The purposes that a regional network meets; others have no display name.
const PURPOSES: [(&str, &str); 11] = [
    ("TREAT", "treatment"),
    ("ETREAT", "Emergency Treatment"),
    ("BTG", "break the glass"),
    ("ERTREAT", "emergency room treatment"),
    ("COC", "coordination of care"),
    ("CAREMGT", "care management"),
    ("PATRQT", "patient requested"),
    ("HPAYMT", "healthcare payment"),
    ("HOPERAT", "healthcare operations"),
    ("HRESCH", "healthcare research"),
    ("DISASTER", "disaster"),
];

/// The occupation of whoever names none.
pub(crate) fn physician() -> Code {
    let [(_, code, scheme, display), ..] = ROLES;
    coded(code, scheme, display)
}

/// The purpose of whoever names none.
pub(crate) fn treatment() -> Code {
    let [(code, display), ..] = PURPOSES;
    coded(code, ACT_REASON, display)
}

/// `CODE^SCHEME[^DISPLAY]`, a number of SNOMED CT, or a name of the table.
pub(crate) fn parse_role(text: &str) -> Result<Code, String> {
    if let Some((_, code, scheme, display)) = ROLES.iter().find(|(name, ..)| *name == text) {
        return Ok(coded(code, scheme, display));
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(coded(text, SNOMED, ""));
    }
    let names: Vec<&str> = ROLES.iter().map(|(name, ..)| *name).collect();
    parse_code(text).ok_or_else(|| {
        format!("a role is CODE^SCHEME or CODE^SCHEME^DISPLAY, or one of {}", names.join(", "))
    })
}

/// `CODE` of ActReason, or `CODE^SCHEME[^DISPLAY]`.
pub(crate) fn parse_purpose(text: &str) -> Result<Code, String> {
    if !text.is_empty() && !text.contains(['^', ' ']) {
        let known = PURPOSES.iter().find(|(code, _)| *code == text);
        return Ok(coded(text, ACT_REASON, known.map_or("", |(_, display)| display)));
    }
    parse_code(text).ok_or_else(|| "a purpose is CODE or CODE^SCHEME".to_owned())
}

fn parse_code(text: &str) -> Option<Code> {
    let mut parts = text.splitn(3, '^').map(str::trim);
    let (code, scheme) = (parts.next()?, parts.next()?);
    let display = parts.next().unwrap_or_default();
    let is_whole = !code.is_empty() && !scheme.is_empty() && !display.contains('^');
    is_whole.then(|| coded(code, scheme, display))
}

fn coded(code: &str, scheme: &str, display: &str) -> Code {
    let text = str::to_owned;
    Code { code: text(code), scheme: text(scheme), display: text(display) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_name_or_a_code() {
        assert_eq!(parse_role("nurse").unwrap(), coded("224535009", SNOMED, "Registered nurse"));
        assert_eq!(parse_role("309343006").unwrap(), coded("309343006", SNOMED, ""));
        assert_eq!(parse_role("Medical Doctor^1.2").unwrap(), coded("Medical Doctor", "1.2", ""));
        assert_eq!(parse_role("a^1.2^医師").unwrap(), coded("a", "1.2", "医師"));
        for text in ["", "doctor", "^1.2", "a^", "a^1.2^b^c", "Nurse"] {
            assert!(parse_role(text).is_err(), "{text}");
        }
        assert_eq!(physician(), parse_role("physician").unwrap());
    }

    #[test]
    fn help_names_every_role() {
        for (name, ..) in ROLES {
            assert!(ROLE_HELP.split_whitespace().any(|word| word == name), "{name}");
        }
    }

    #[test]
    fn a_purpose_is_a_code_with_or_without_its_system() {
        assert_eq!(parse_purpose("TREAT").unwrap(), treatment());
        assert_eq!(parse_purpose("BTG").unwrap().display, "break the glass");
        assert_eq!(parse_purpose("X").unwrap(), coded("X", ACT_REASON, ""));
        assert_eq!(parse_purpose("EMERGENCY^1.2").unwrap(), coded("EMERGENCY", "1.2", ""));
        for text in ["", "^", "a b", "TREAT^"] {
            assert!(parse_purpose(text).is_err(), "{text}");
        }
    }
}
