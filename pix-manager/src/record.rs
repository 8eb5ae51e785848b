//! How facts about patients and visits stand in the database: JSON with short names and a version.
//!
//! The values are those of [`identity`], which knows no format; here is the only place that writes them down.
//! A record of an unknown version is refused, never guessed.

use datatypes::{Dtm, Oid, PatientId};
use identity::{
    Address, Clinician, Demographics, LocalId, NameKind, NameRepresentation, PersonName, Sex,
    Telecom, TelecomUsage, Visit, VisitLocation,
};
use serde::{Deserialize, Serialize};

/// The only version so far. A new one must keep reading this one.
const VERSION: u8 = 1;

/// A record that cannot be read: damaged at rest or written by a newer version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored patient record is damaged or of a newer version")]
pub struct DamagedRecord;

/// What a domain says of the owner of one of its identifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub demographics: Demographics,
    /// Identifiers that follow the person, such as an insurer's number.
    pub strong_ids: Vec<PatientId>,
}

impl Facts {
    /// The text of the column.
    #[must_use]
    pub fn write(&self) -> String {
        let demographics = &self.demographics;
        let record = FactsRecord {
            v: VERSION,
            n: demographics.names.iter().map(name_record).collect(),
            b: demographics.birth_date.as_ref().map(|date| date.as_str().to_owned()),
            s: demographics.sex.map(sex_letter),
            m: demographics.mothers_maiden_names.iter().map(name_record).collect(),
            a: demographics.addresses.iter().map(address_record).collect(),
            t: demographics.telecoms.iter().map(telecom_record).collect(),
            k: demographics.account_number.as_ref().map(id_record),
            i: self.strong_ids.iter().map(PatientId::to_cx).collect(),
        };
        to_text(&record)
    }

    /// # Errors
    /// [`DamagedRecord`].
    pub fn read(text: &str) -> Result<Facts, DamagedRecord> {
        let record: FactsRecord = serde_json::from_str(text).map_err(|_damaged| DamagedRecord)?;
        if record.v != VERSION {
            return Err(DamagedRecord);
        }
        Ok(Facts {
            demographics: Demographics {
                names: record.n.into_iter().map(name).collect::<Result<_, _>>()?,
                birth_date: record.b.as_deref().map(date).transpose()?,
                sex: record.s.map(sex).transpose()?,
                mothers_maiden_names: record.m.into_iter().map(name).collect::<Result<_, _>>()?,
                addresses: record.a.into_iter().map(address).collect(),
                telecoms: record.t.into_iter().map(telecom).collect::<Result<_, _>>()?,
                account_number: record.k.map(local_id).transpose()?,
            },
            strong_ids: record
                .i
                .iter()
                .map(|cx| PatientId::parse(cx).map_err(|_damaged| DamagedRecord))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The text of a visit's column.
#[must_use]
pub fn write_visit(visit: &Visit) -> String {
    let place = &visit.location;
    let record = VisitRecord {
        v: VERSION,
        n: visit.number.as_ref().map(id_record),
        c: visit.class.clone(),
        l: [&place.point_of_care, &place.room, &place.bed, &place.facility].map(Clone::clone),
        a: clinician_records(&visit.attending),
        r: clinician_records(&visit.referring),
        o: clinician_records(&visit.consulting),
        s: visit.service.clone(),
        d: clinician_records(&visit.admitting),
    };
    to_text(&record)
}

/// # Errors
/// [`DamagedRecord`].
pub fn read_visit(text: &str) -> Result<Visit, DamagedRecord> {
    let record: VisitRecord = serde_json::from_str(text).map_err(|_damaged| DamagedRecord)?;
    if record.v != VERSION {
        return Err(DamagedRecord);
    }
    let [point_of_care, room, bed, facility] = record.l;
    Ok(Visit {
        number: record.n.map(local_id).transpose()?,
        class: record.c,
        location: VisitLocation { point_of_care, room, bed, facility },
        attending: clinicians(record.a),
        referring: clinicians(record.r),
        consulting: clinicians(record.o),
        service: record.s,
        admitting: clinicians(record.d),
    })
}

#[derive(Serialize, Deserialize)]
struct FactsRecord {
    v: u8,
    n: Vec<NameRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    b: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    s: Option<char>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    m: Vec<NameRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    a: Vec<[String; 6]>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    t: Vec<(String, char)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<IdRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    i: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct VisitRecord {
    v: u8,
    n: Option<IdRecord>,
    c: String,
    l: [String; 4],
    a: Vec<ClinicianRecord>,
    r: Vec<ClinicianRecord>,
    o: Vec<ClinicianRecord>,
    s: String,
    d: Vec<ClinicianRecord>,
}

/// Family name, given name, kind, representation or `-`.
type NameRecord = (String, String, char, char);

/// Id, namespace, OID.
type IdRecord = (String, Option<String>, Option<String>);

/// Id, family name, given name.
type ClinicianRecord = (String, String, String);

/// Texts, letters and lists of them always have a JSON form.
fn to_text(record: &impl Serialize) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

fn name_record(name: &PersonName) -> NameRecord {
    let kind = match name.kind {
        NameKind::Legal => 'L',
        NameKind::Birth => 'B',
        NameKind::Other => 'O',
    };
    let representation = match name.representation {
        Some(NameRepresentation::Ideographic) => 'I',
        Some(NameRepresentation::Phonetic) => 'P',
        Some(NameRepresentation::Alphabetic) => 'A',
        None => '-',
    };
    (name.family.clone(), name.given.clone(), kind, representation)
}

fn name((family, given, kind, representation): NameRecord) -> Result<PersonName, DamagedRecord> {
    Ok(PersonName {
        family,
        given,
        kind: match kind {
            'L' => NameKind::Legal,
            'B' => NameKind::Birth,
            'O' => NameKind::Other,
            _ => return Err(DamagedRecord),
        },
        representation: match representation {
            'I' => Some(NameRepresentation::Ideographic),
            'P' => Some(NameRepresentation::Phonetic),
            'A' => Some(NameRepresentation::Alphabetic),
            '-' => None,
            _ => return Err(DamagedRecord),
        },
    })
}

/// The letters of HL7 v2 table 0001.
const SEXES: [(char, Sex); 6] = [
    ('F', Sex::Female),
    ('M', Sex::Male),
    ('O', Sex::Other),
    ('U', Sex::Unknown),
    ('A', Sex::Ambiguous),
    ('N', Sex::NotApplicable),
];

fn sex_letter(sex: Sex) -> char {
    SEXES.into_iter().find(|(_, known)| *known == sex).map_or('U', |(letter, _)| letter)
}

fn sex(letter: char) -> Result<Sex, DamagedRecord> {
    let known = SEXES.into_iter().find(|(known, _)| *known == letter);
    known.map(|(_, sex)| sex).ok_or(DamagedRecord)
}

fn date(text: &str) -> Result<Dtm, DamagedRecord> {
    Dtm::parse(text).map_err(|_damaged| DamagedRecord)
}

fn address_record(address: &Address) -> [String; 6] {
    let Address { street, city, state, postal_code, country, full } = address.clone();
    [street, city, state, postal_code, country, full]
}

fn address([street, city, state, postal_code, country, full]: [String; 6]) -> Address {
    Address { street, city, state, postal_code, country, full }
}

fn telecom_record(telecom: &Telecom) -> (String, char) {
    let usage = match telecom.usage {
        TelecomUsage::Home => 'H',
        TelecomUsage::Business => 'B',
    };
    (telecom.number.clone(), usage)
}

fn telecom((number, usage): (String, char)) -> Result<Telecom, DamagedRecord> {
    let usage = match usage {
        'H' => TelecomUsage::Home,
        'B' => TelecomUsage::Business,
        _ => return Err(DamagedRecord),
    };
    Ok(Telecom { number, usage })
}

fn id_record(id: &LocalId) -> IdRecord {
    let oid = id.universal_id.as_ref().map(|oid| oid.as_str().to_owned());
    (id.id.clone(), id.namespace.clone(), oid)
}

fn local_id((id, namespace, oid): IdRecord) -> Result<LocalId, DamagedRecord> {
    let universal_id =
        oid.as_deref().map(Oid::parse).transpose().map_err(|_damaged| DamagedRecord)?;
    Ok(LocalId { id, namespace, universal_id })
}

fn clinician_records(clinicians: &[Clinician]) -> Vec<ClinicianRecord> {
    let record = |it: &Clinician| (it.id.clone(), it.family.clone(), it.given.clone());
    clinicians.iter().map(record).collect()
}

fn clinicians(records: Vec<ClinicianRecord>) -> Vec<Clinician> {
    let clinician = |(id, family, given)| Clinician { id, family, given };
    records.into_iter().map(clinician).collect()
}
