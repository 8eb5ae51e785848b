//! Tables of stored queries: parameter → values that find, that do not, and that are refused.

use super::{Tables, refused};
use crate::case::file::{CaseFile, StepFile};
use crate::case::{Case, CaseError};
use crate::check::{Check, Status};
use crate::edit::Edit;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The message that every row fills in.
const MESSAGE: &str = "iti-18/stored_query.xml";
const ADHOC_QUERY: &str = "//rim:AdhocQuery";
/// Written as a parameter in the tables of the Technical Framework, but an attribute.
const HOME: &str = "@home";

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryTable {
    /// Name and id of the stored query.
    query: String,
    id: String,
    /// The table whose rows, values and steps are taken over, except what is named again here.
    same_as: Option<String>,
    /// Parameters of that table that this query does not have.
    #[serde(default)]
    except: Vec<String>,
    paragraph: String,
    needs: Vec<String>,
    /// The shared step that sends a query; it names action and endpoint.
    #[serde(default = "stored_query")]
    like: String,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    /// Steps that register what is to be found.
    #[serde(default)]
    before: Vec<StepFile>,
    /// Values of a query that is in order.
    #[serde(default)]
    parameters: BTreeMap<String, Values>,
    #[serde(default)]
    parameter: Vec<Row>,
}

fn stored_query() -> String {
    "stored_query".to_owned()
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// Name of the parameter, as on the wire.
    name: String,
    /// Name of the case.
    case: String,
    /// In place of the sentence that is made of the names.
    requirement: Option<String>,
    refusal: Option<String>,
    #[serde(default)]
    finds: Vec<Ask>,
    #[serde(default)]
    refuses: Vec<Ask>,
}

/// The values of one parameter, each as it stands in `rim:Value`.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Values {
    /// One slot with one value.
    One(String),
    /// One slot with these values.
    Slot(Vec<String>),
    /// A slot for each.
    Slots(Vec<Vec<String>>),
}

/// One query and what must be answered.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Value of the row's parameter; without it the parameter is left out.
    value: Option<Values>,
    /// Other parameters that differ from those of the table.
    #[serde(default)]
    with: BTreeMap<String, Values>,
    #[serde(default)]
    without: Vec<String>,
    /// Ids of the objects of the answer, all of them.
    #[serde(default)]
    entries: Vec<String>,
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    associations: Vec<String>,
    /// For what is refused: error codes, of which one must be there; none: any code.
    #[serde(default)]
    codes: Vec<String>,
    /// It may be refused as well, with one of these codes; for what is found.
    or_codes: Option<Vec<String>>,
    /// Another answer is right as well, because the standard leaves the choice.
    or: Option<Objects>,
}

/// Ids of objects, all of them.
#[derive(Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Objects {
    entries: Vec<String>,
    packages: Vec<String>,
    associations: Vec<String>,
}

/// The cases of a table; `place` is its path below `queries/`.
pub(crate) fn cases(place: &str, text: &str, tables: &Tables<'_>) -> Result<Vec<Case>, CaseError> {
    let table = complete(toml::from_str(text)?, tables)?;
    let name = place.strip_suffix(".toml").unwrap_or(place);
    let mut cases = Vec::new();
    for row in &table.parameter {
        if row.finds.is_empty() && row.refuses.is_empty() {
            return Err(CaseError::Row { row: row.name.clone(), fault: "it demands nothing" });
        }
        for file in table.files(name, row) {
            cases.push(file.read(tables.steps)?);
        }
    }
    Ok(cases)
}

/// The table with what it takes over from the one that it is `same_as`.
fn complete(table: QueryTable, tables: &Tables<'_>) -> Result<QueryTable, CaseError> {
    let Some(place) = &table.same_as else { return Ok(table) };
    let fault = "there is no such table to be the same as";
    let text = tables.texts.get(format!("{place}.toml").as_str());
    let text = text.ok_or_else(|| CaseError::Row { row: place.clone(), fault })?;
    let base: QueryTable = toml::from_str(text)?;
    let own = |name: &String| {
        table.except.contains(name) || table.parameter.iter().any(|row| row.name == *name)
    };
    let mut rows: Vec<Row> = base.parameter.into_iter().filter(|row| !own(&row.name)).collect();
    rows.extend(table.parameter);
    let kept = base.parameters.into_iter().filter(|(name, _)| !table.except.contains(name));
    Ok(QueryTable {
        before: base.before.into_iter().chain(table.before).collect(),
        variables: base.variables.into_iter().chain(table.variables).collect(),
        parameters: kept.chain(table.parameters).collect(),
        parameter: rows,
        ..table
    })
}

impl QueryTable {
    /// The case of what a row finds, and the case of what it refuses.
    fn files(&self, name: &str, row: &Row) -> Vec<CaseFile> {
        let (query, parameter) = (&self.query, &row.name);
        let mut files = Vec::new();
        if !row.finds.is_empty() {
            let sentence =
                || format!("{query} answers exactly the objects that {parameter} names.");
            let requirement = row.requirement.clone().unwrap_or_else(sentence);
            let steps = row.finds.iter().map(|ask| self.step(row, ask, ask.found()));
            let steps = self.before.iter().cloned().chain(steps).collect();
            files.push(self.file(format!("{name}/{}", row.case), requirement, steps));
        }
        if !row.refuses.is_empty() {
            let sentence = || format!("{query} refuses what is wrong with {parameter}.");
            let requirement = row.refusal.clone().unwrap_or_else(sentence);
            // What is refused needs nothing to be found, unless finding it is right as well.
            let needed = row.refuses.iter().any(|ask| ask.or.is_some());
            let before: &[StepFile] = if needed { &self.before } else { &[] };
            let steps = row.refuses.iter().map(|ask| self.step(row, ask, ask.refused()));
            let steps = before.iter().cloned().chain(steps).collect();
            files.push(self.file(format!("{name}/{}_refused", row.case), requirement, steps));
        }
        files
    }

    fn file(&self, id: String, requirement: String, step: Vec<StepFile>) -> CaseFile {
        CaseFile {
            id,
            requirement,
            paragraph: self.paragraph.clone(),
            needs: self.needs.clone(),
            variables: self.variables.clone(),
            documents: BTreeMap::new(),
            step,
        }
    }

    fn step(&self, row: &Row, ask: &Ask, checks: Vec<Check>) -> StepFile {
        let mut parameters = self.parameters.clone();
        parameters.remove(&row.name);
        parameters.extend(ask.value.iter().map(|value| (row.name.clone(), value.clone())));
        parameters.extend(ask.with.iter().map(|(name, value)| (name.clone(), value.clone())));
        parameters.retain(|name, _| !ask.without.contains(name));
        let edits = parameters.iter().flat_map(|(name, values)| values.edits(name)).collect();
        let shown = ask.value.as_ref().map_or_else(|| "left out".to_owned(), Values::shown);
        StepFile {
            like: Some(self.like.clone()),
            name: Some(format!("{} {shown}", row.name)),
            message: Some(MESSAGE.to_owned()),
            variables: BTreeMap::from([("query_id".to_owned(), self.id.clone())]),
            edits,
            checks,
            ..StepFile::default()
        }
    }
}

impl Values {
    fn slots(&self) -> Vec<Vec<String>> {
        match self {
            Values::One(value) => vec![vec![value.clone()]],
            Values::Slot(values) => vec![values.clone()],
            Values::Slots(slots) => slots.clone(),
        }
    }

    fn shown(&self) -> String {
        let slots: Vec<String> = self.slots().iter().map(|values| values.join(" ")).collect();
        slots.join(" and ")
    }

    fn edits(&self, name: &str) -> Vec<Edit> {
        let of = || ADHOC_QUERY.to_owned();
        if let (HOME, Values::One(home)) = (name, self) {
            return vec![Edit::SetAttribute {
                of: of(),
                name: "home".to_owned(),
                to: home.clone(),
            }];
        }
        let slot = |values: &Vec<String>| {
            let value = |value: &String| {
                // `${…}` is not touched by escaping, and what it stands for is escaped later.
                format!("<rim:Value>{}</rim:Value>", xml::escape_text(value))
            };
            let values: String = values.iter().map(value).collect();
            let markup = format!(
                "<rim:Slot name=\"{name}\"><rim:ValueList>{values}</rim:ValueList></rim:Slot>"
            );
            Edit::Append { of: of(), markup }
        };
        self.slots().iter().map(slot).collect()
    }
}

impl Ask {
    /// Checks for a row of `finds`.
    fn found(&self) -> Vec<Check> {
        let (entries, packages) = (self.entries.clone(), self.packages.clone());
        let associations = self.associations.clone();
        let mut ways = vec![Objects { entries, packages, associations }.answered()];
        ways.extend(self.or.as_ref().map(Objects::answered));
        ways.extend(self.or_codes.as_ref().map(|codes| refused(codes)));
        one_of(ways)
    }

    /// Checks for a row of `refuses`.
    fn refused(&self) -> Vec<Check> {
        let mut ways = vec![refused(&self.codes)];
        ways.extend(self.or.as_ref().map(Objects::answered));
        one_of(ways)
    }
}

fn one_of(mut ways: Vec<Vec<Check>>) -> Vec<Check> {
    match ways.len() {
        1 => ways.pop().unwrap_or_default(),
        _ => vec![Check::OneOf(ways)],
    }
}

impl Objects {
    /// Success with these objects and no others. References to objects that are not part of the
    /// answer are not counted: they may be added (ITI TF-2: 3.18.4.1.2.6).
    fn answered(&self) -> Vec<Check> {
        let list = |name: &str, ids: &[String]| Check::Values {
            of: format!("//rim:RegistryObjectList/rim:{name}/@id"),
            are: ids.to_vec(),
        };
        vec![
            Check::ResponseStatus(Status::Success),
            Check::ConsistentResponse,
            list("ExtrinsicObject", &self.entries),
            list("RegistryPackage", &self.packages),
            list("Association", &self.associations),
        ]
    }
}
