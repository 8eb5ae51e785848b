//! Whether a patient meets a question by demographics, and how well (ITI-21, ITI-22, ITI-47).

use datatypes::Dtm;

use crate::contact::{Address, Telecom};
use crate::demographics::{Demographics, PersonName};
use crate::fold::{base_forms, fold};
use crate::index::{asked_representation, compared, representations};
use crate::local_id::LocalId;
use crate::pattern::Pattern;
use crate::query::{
    AuthorityName, ClinicianPart, ClinicianRole, Criterion, DemographicsQuery, NameCriterion,
    VisitCriterion,
};
use crate::telephone::telephone;
use crate::visit::{Clinician, Visit, VisitLocation};

/// Everything asked for is there, width, case, kana and spacing aside.
const EXACT: u8 = 100;
/// A part of an address was found in an address that is not told apart.
const CONTAINED: u8 = 90;
/// Equal but for variant kanji or ways to write a sound.
const VARIANT: u8 = 80;
/// Family and given name in the other order, or the beginning of a name that cannot be split.
const GUESSED: u8 = 60;

/// What is known of a patient.
#[derive(Clone, Copy, Debug)]
pub struct PatientFacts<'a> {
    /// With namespace (where the domain has one) and OID.
    pub identifiers: &'a [LocalId],
    pub demographics: &'a Demographics,
    /// The visit that is asked about.
    pub visit: Option<&'a Visit>,
}

/// The confidence in percent if the patient meets all criteria, and the minimum that is asked for.
///
/// 100: exactly, after folding; 90: address found within an undivided one; 80: only by variants; 60: by
/// swapped or undivided names; the last two only if the question is fuzzy. The least of all criteria
/// counts. Nobody meets a question without criteria. The authorities of the question must have been
/// resolved before: names that contradict each other are not noticed here.
#[must_use]
pub fn meets(patient: &PatientFacts<'_>, query: &DemographicsQuery) -> Option<u8> {
    let mut confidence = None;
    for criterion in &query.criteria {
        let met = meets_criterion(patient, criterion)?;
        confidence = Some(confidence.map_or(met, |least: u8| least.min(met)));
    }
    confidence.filter(|confidence| *confidence >= query.minimum_confidence.unwrap_or(0))
}

fn meets_criterion(patient: &PatientFacts<'_>, criterion: &Criterion) -> Option<u8> {
    let demographics = patient.demographics;
    match criterion {
        Criterion::Id { id, authority } => {
            exact(patient.identifiers.iter().any(|local| meets_id(local, id, authority)))
        }
        Criterion::Name(asked) => meets_any_name(&demographics.names, asked),
        Criterion::MotherName(asked) => meets_any_name(&demographics.mothers_maiden_names, asked),
        Criterion::BirthDate { from, to } => {
            let birth_date = demographics.birth_date.as_ref()?;
            exact(lies_between(birth_date, from.as_ref(), to.as_ref()))
        }
        Criterion::Sex(sex) => exact(demographics.sex == Some(*sex)),
        Criterion::Address(asked) => {
            demographics.addresses.iter().filter_map(|address| meets_address(address, asked)).max()
        }
        Criterion::Telecom(asked) => exact(meets_telecom(&demographics.telecoms, asked)),
        Criterion::Account { number, authority } => {
            let account = demographics.account_number.as_ref()?;
            exact(meets_id(account, number, authority))
        }
        Criterion::Visit(asked) => exact(meets_visit(patient.visit?, asked)),
    }
}

fn exact(is_met: bool) -> Option<u8> {
    is_met.then_some(EXACT)
}

/// Upper and lower case and every zero of an identifier count.
fn meets_id(local: &LocalId, id: &str, authority: &AuthorityName) -> bool {
    let is_of_authority = match (&authority.universal_id, &authority.namespace) {
        (Some(oid), _) => local.universal_id.as_ref() == Some(oid),
        (None, Some(namespace)) => local.namespace.as_ref() == Some(namespace),
        (None, None) => true,
    };
    is_of_authority && Pattern::parse(id, str::to_owned).matches(&local.id)
}

fn meets_any_name(names: &[PersonName], asked: &NameCriterion) -> Option<u8> {
    let representation = asked_representation(asked);
    let is_compared = |name: &&PersonName| {
        representation.is_none_or(|asked| representations(name).contains(&asked))
    };
    let names = compared(names).filter(is_compared);
    let asked_parts = NameParts {
        family: asked.family.as_ref().map(|family| Pattern::parse(family, fold)),
        given: asked.given.as_ref().map(|given| Pattern::parse(given, fold)),
    };
    let degree = |name: &PersonName| {
        let (family, given) = (fold(&name.family), fold(&name.given));
        if asked_parts.meet(&family, &given) {
            return Some(EXACT);
        }
        if asked.is_fuzzy { asked_parts.fuzzy_degree(&family, &given) } else { None }
    };
    names.filter_map(degree).max()
}

/// What is asked of the parts of one name.
struct NameParts {
    family: Option<Pattern>,
    given: Option<Pattern>,
}

impl NameParts {
    /// Part by part; as a whole, if the name or the question is not split.
    fn meet(&self, family: &str, given: &str) -> bool {
        let is_met = |asked: Option<&Pattern>, text| asked.is_none_or(|asked| asked.matches(text));
        if is_met(self.family.as_ref(), family) && is_met(self.given.as_ref(), given) {
            return true;
        }
        let is_undivided = self.given.is_none() || family.is_empty() || given.is_empty();
        let whole = || self.whole().is_some_and(|whole| whole.matches(&[family, given].concat()));
        is_undivided && whole()
    }

    /// The pattern of the whole name, if it is asked for from its beginning.
    fn whole(&self) -> Option<Pattern> {
        let family = self.family.as_ref()?;
        Some(self.given.as_ref().map_or(family.clone(), |given| family.followed_by(given)))
    }

    fn fuzzy_degree(&self, family: &str, given: &str) -> Option<u8> {
        let variants = |asked: &Option<Pattern>| asked.as_ref().map(|asked| asked.map(base_forms));
        let joined = base_forms(&[family, given].concat());
        let (family, given) = (base_forms(family), base_forms(given));
        let asked = NameParts { family: variants(&self.family), given: variants(&self.given) };
        let whole = self.whole().map(|whole| whole.map(base_forms));
        let is_undivided = family.is_empty() || given.is_empty();
        // Parts that are joined may repeat across the joint: 佐 and 々木.
        let is_whole = is_undivided || self.given.is_none();
        if asked.meet(&family, &given)
            || (is_whole && whole.as_ref().is_some_and(|whole| whole.matches(&joined)))
        {
            return Some(VARIANT);
        }
        let is_swapped = asked.family.is_some()
            && asked.given.is_some()
            && NameParts { family: asked.given, given: asked.family }.meet(&family, &given);
        let is_beginning = self.given.is_none()
            && is_undivided
            && whole.is_some_and(|whole| whole.followed_by(&Pattern::anything()).matches(&joined));
        (is_swapped || is_beginning).then_some(GUESSED)
    }
}

/// Whether all of the stated period of the one lies between the first moment of `from` and the last of `to`.
fn lies_between(time: &Dtm, from: Option<&Dtm>, to: Option<&Dtm>) -> bool {
    from.is_none_or(|from| from.sort_key() <= time.sort_key())
        && to.is_none_or(|to| last_second(time) <= last_second(to))
}

/// The last second of the stated period as 14 digits.
fn last_second(time: &Dtm) -> String {
    let stated = time.as_str();
    let with_month = if stated.len() == 4 { format!("{stated}12") } else { stated.to_owned() };
    if with_month.len() == 6 {
        let is_day = |day: &u32| Dtm::parse(&format!("{with_month}{day}")).is_ok();
        let day = (28..=31).rev().find(is_day).unwrap_or(28);
        return format!("{with_month}{day}235959");
    }
    let behind: String = "235959".chars().skip(with_month.len().saturating_sub(8)).collect();
    with_month + &behind
}

/// The parts that are asked for, each in its place or, of an undivided address, somewhere within.
fn meets_address(address: &Address, asked: &Address) -> Option<u8> {
    let full = fold(&address.full);
    let part = |value: &str, asked: &str| {
        let pattern = Pattern::parse(asked, fold);
        if asked.is_empty() || pattern.matches(&fold(value)) {
            return Some(EXACT);
        }
        (value.is_empty() && pattern.is_within(&full)).then_some(CONTAINED)
    };
    let degrees = [
        part(&address.street, &asked.street)?,
        part(&address.city, &asked.city)?,
        part(&address.state, &asked.state)?,
        meets_postal_code(&address.postal_code, &asked.postal_code)?,
        meets_country(&address.country, &asked.country)?,
        meets_full(address, &full, &asked.full)?,
    ];
    degrees.into_iter().min()
}

fn meets_postal_code(value: &str, asked: &str) -> Option<u8> {
    let digits =
        |text: &str| -> String { fold(text).chars().filter(char::is_ascii_digit).collect() };
    exact(asked.is_empty() || Pattern::parse(asked, digits).matches(&digits(value)))
}

fn meets_country(value: &str, asked: &str) -> Option<u8> {
    exact(asked.is_empty() || Pattern::parse(asked, fold).matches(&fold(value)))
}

/// An address in parts is read from the state down, as it is written in Japan.
fn meets_full(address: &Address, full: &str, asked: &str) -> Option<u8> {
    let pattern = Pattern::parse(asked, fold);
    if asked.is_empty() || pattern.matches(full) {
        return Some(EXACT);
    }
    let parts = || fold(&[address.state.as_str(), &address.city, &address.street].concat());
    let is_within = pattern.is_within(full) || (full.is_empty() && pattern.is_within(&parts()));
    is_within.then_some(CONTAINED)
}

/// Telephone numbers by their digits, other addresses as they are written.
fn meets_telecom(telecoms: &[Telecom], asked: &str) -> bool {
    if telephone(asked).is_some() {
        let pattern = Pattern::parse(asked, |part| telephone(part).unwrap_or_default());
        let mut numbers = telecoms.iter().filter_map(|telecom| telephone(&telecom.number));
        return numbers.any(|number| pattern.matches(&number));
    }
    let pattern = Pattern::parse(asked, fold);
    telecoms.iter().any(|telecom| pattern.matches(&fold(&telecom.number)))
}

fn meets_visit(visit: &Visit, asked: &VisitCriterion) -> bool {
    match asked {
        VisitCriterion::Number { number, authority } => {
            visit.number.as_ref().is_some_and(|local| meets_id(local, number, authority))
        }
        VisitCriterion::Class(class) => meets_code(&visit.class, class),
        VisitCriterion::Location { component, value } => {
            location(&visit.location, *component).is_some_and(|place| meets_text(place, value))
        }
        VisitCriterion::Clinician { role, part, value } => clinicians(visit, *role)
            .iter()
            .any(|clinician| meets_clinician(clinician, *part, value)),
        VisitCriterion::Service(service) => meets_code(&visit.service, service),
    }
}

fn meets_code(code: &str, asked: &str) -> bool {
    Pattern::parse(asked, str::to_owned).matches(code)
}

fn meets_text(text: &str, asked: &str) -> bool {
    Pattern::parse(asked, fold).matches(&fold(text))
}

/// PL.1 to PL.4.
fn location(location: &VisitLocation, component: usize) -> Option<&str> {
    match component {
        1 => Some(&location.point_of_care),
        2 => Some(&location.room),
        3 => Some(&location.bed),
        4 => Some(&location.facility),
        _ => None,
    }
}

fn clinicians(visit: &Visit, role: ClinicianRole) -> &[Clinician] {
    match role {
        ClinicianRole::Attending => &visit.attending,
        ClinicianRole::Referring => &visit.referring,
        ClinicianRole::Consulting => &visit.consulting,
        ClinicianRole::Admitting => &visit.admitting,
    }
}

fn meets_clinician(clinician: &Clinician, part: ClinicianPart, asked: &str) -> bool {
    match part {
        ClinicianPart::Id => meets_code(&clinician.id, asked),
        ClinicianPart::Family => meets_text(&clinician.family, asked),
        ClinicianPart::Given => meets_text(&clinician.given, asked),
    }
}
