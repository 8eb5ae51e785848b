//! Paths into an answer: a small part of XPath with fixed prefixes.
//!
//! `//rim:ExtrinsicObject[@status='…']/rim:Slot[@name='hash']//rim:Value`,
//! `/soap12:Envelope/soap12:Header/wsa:Action/@soap12:mustUnderstand`.
//! Steps: `prefix:name`, `*`, and `@name` or `@prefix:name` at the end. Predicates: `[path]` (it
//! exists), `[path='value']`, `[n]` (the n-th among those found below one parent).
//! Values are compared after trimming white space.

use crate::namespaces::namespace_of;
use crate::xml_tree::{Child, Element};

/// A parsed path.
#[derive(Debug)]
pub(crate) struct Path {
    steps: Vec<Step>,
}

/// Why a text is not a path.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` is not a path: {reason}")]
pub struct PathError {
    path: String,
    reason: &'static str,
}

#[derive(Debug)]
struct Step {
    axis: Axis,
    test: Test,
    predicates: Vec<Predicate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Child,
    Descendant,
}

#[derive(Debug)]
enum Test {
    AnyElement,
    Element { namespace: &'static str, local: String },
    Attribute { namespace: &'static str, local: String },
}

#[derive(Debug)]
enum Predicate {
    Exists(Path),
    Equals(Path, String),
    Position(usize),
}

/// What a path leads to.
enum Found<'a> {
    Element(&'a Element),
    Attribute(&'a str),
}

impl Path {
    /// Reads an absolute path: it begins with `/` or `//`.
    pub(crate) fn parse(text: &str) -> Result<Path, PathError> {
        let failed = |reason| PathError { path: text.to_owned(), reason };
        if !text.starts_with('/') {
            return Err(failed("it does not begin with `/`"));
        }
        parse_steps(text).map_err(failed)
    }

    /// The values the path leads to, trimmed: attribute values, or the text of elements.
    pub(crate) fn values(&self, root: &Element) -> Vec<String> {
        let found = self.found_in(root);
        found.iter().map(|found| found.value().trim().to_owned()).collect()
    }

    /// How many elements or attributes the path leads to.
    pub(crate) fn count(&self, root: &Element) -> usize {
        self.found_in(root).len()
    }

    /// Where the elements are that the path leads to: positions among the children.
    pub(crate) fn places(&self, root: &Element) -> Vec<Vec<usize>> {
        let mut places = Vec::new();
        let found: Vec<&Element> = self
            .found_in(root)
            .into_iter()
            .filter_map(|found| match found {
                Found::Element(element) => Some(element),
                Found::Attribute(_) => None,
            })
            .collect();
        places_below(root, &found, &mut Vec::new(), &mut places);
        places
    }

    fn found_in<'a>(&self, root: &'a Element) -> Vec<Found<'a>> {
        let Some((first, rest)) = self.steps.split_first() else { return Vec::new() };
        // The document above the root is no element: the first step is matched on the root itself.
        let mut candidates = vec![root];
        if first.axis == Axis::Descendant {
            descendants(root, &mut candidates);
        }
        if let Test::Attribute { .. } = first.test {
            return attributes(first, &candidates);
        }
        walk(filtered(first, candidates), rest)
    }

    fn found_below<'a>(&self, element: &'a Element) -> Vec<Found<'a>> {
        walk(vec![element], &self.steps)
    }
}

fn places_below(
    element: &Element,
    found: &[&Element],
    here: &mut Vec<usize>,
    places: &mut Vec<Vec<usize>>,
) {
    if found.iter().any(|one| std::ptr::eq(*one, element)) {
        places.push(here.clone());
    }
    for (position, child) in element.children.iter().enumerate() {
        if let Child::Element(child) = child {
            here.push(position);
            places_below(child, found, here, places);
            here.pop();
        }
    }
}

impl Found<'_> {
    fn value(&self) -> String {
        match self {
            Found::Element(element) => element.text(),
            Found::Attribute(value) => (*value).to_owned(),
        }
    }
}

fn walk<'a>(from: Vec<&'a Element>, steps: &[Step]) -> Vec<Found<'a>> {
    let mut current = from;
    for step in steps {
        if let Test::Attribute { .. } = step.test {
            let mut owners = current.clone();
            if step.axis == Axis::Descendant {
                current.iter().for_each(|element| descendants(element, &mut owners));
            }
            return attributes(step, &owners);
        }
        let mut next: Vec<&Element> = Vec::new();
        for parent in current {
            let mut candidates: Vec<&Element> = Vec::new();
            match step.axis {
                Axis::Child => candidates.extend(parent.elements()),
                Axis::Descendant => descendants(parent, &mut candidates),
            }
            for found in filtered(step, candidates) {
                if !next.iter().any(|known| std::ptr::eq(*known, found)) {
                    next.push(found);
                }
            }
        }
        current = next;
    }
    current.into_iter().map(Found::Element).collect()
}

fn descendants<'a>(element: &'a Element, into: &mut Vec<&'a Element>) {
    for child in element.elements() {
        into.push(child);
        descendants(child, into);
    }
}

fn attributes<'a>(step: &Step, owners: &[&'a Element]) -> Vec<Found<'a>> {
    let Test::Attribute { namespace, local } = &step.test else { return Vec::new() };
    let values = owners.iter().filter_map(|element| element.attribute_in(namespace, local));
    values.map(Found::Attribute).collect()
}

fn filtered<'a>(step: &Step, candidates: Vec<&'a Element>) -> Vec<&'a Element> {
    let mut kept: Vec<&Element> =
        candidates.into_iter().filter(|element| step.test.fits(element)).collect();
    for predicate in &step.predicates {
        kept = match predicate {
            Predicate::Position(n) => kept.into_iter().skip(n - 1).take(1).collect(),
            Predicate::Exists(path) => {
                kept.into_iter().filter(|element| !path.found_below(element).is_empty()).collect()
            }
            Predicate::Equals(path, value) => {
                let equal = |found: &Found<'_>| found.value().trim() == value;
                kept.into_iter().filter(|e| path.found_below(e).iter().any(equal)).collect()
            }
        };
    }
    kept
}

impl Test {
    fn fits(&self, element: &Element) -> bool {
        match self {
            Test::AnyElement => true,
            Test::Element { namespace, local } => element.is(namespace, local),
            Test::Attribute { .. } => false,
        }
    }
}

/// Reads `step/step//step`; a leading `/` or `//` belongs to the first step.
fn parse_steps(text: &str) -> Result<Path, &'static str> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let axis = if let Some(after) = rest.strip_prefix("//") {
            rest = after;
            Axis::Descendant
        } else {
            rest = rest.strip_prefix('/').unwrap_or(rest);
            Axis::Child
        };
        let (step, behind) = split_step(rest)?;
        let step = parse_step(axis, step)?;
        let is_attribute = matches!(step.test, Test::Attribute { .. });
        if is_attribute && (!behind.is_empty() || !step.predicates.is_empty()) {
            return Err("an attribute is not the last step");
        }
        steps.push(step);
        rest = behind;
    }
    if steps.is_empty() { Err("it is empty") } else { Ok(Path { steps }) }
}

/// Splits at the next `/` outside of brackets and quotes.
fn split_step(text: &str) -> Result<(&str, &str), &'static str> {
    let mut brackets = 0_usize;
    let mut quoted = false;
    for (position, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '[' if !quoted => brackets += 1,
            ']' if !quoted => brackets = brackets.checked_sub(1).ok_or("a `]` is too much")?,
            '/' if !quoted && brackets == 0 => {
                return text.split_at_checked(position).ok_or("it cannot be split");
            }
            _ => {}
        }
    }
    if brackets == 0 && !quoted { Ok((text, "")) } else { Err("a bracket or quote is not closed") }
}

fn parse_step(axis: Axis, text: &str) -> Result<Step, &'static str> {
    let (name, mut rest) = match text.find('[') {
        Some(position) => text.split_at_checked(position).ok_or("it cannot be split")?,
        None => (text, ""),
    };
    let mut predicates = Vec::new();
    while !rest.is_empty() {
        let inside = rest.strip_prefix('[').ok_or("text behind a predicate")?;
        let (predicate, behind) = split_predicate(inside).ok_or("a predicate is not closed")?;
        predicates.push(parse_predicate(predicate)?);
        rest = behind;
    }
    Ok(Step { axis, test: parse_test(name)?, predicates })
}

/// Splits what follows `[` at the `]` that closes it.
fn split_predicate(text: &str) -> Option<(&str, &str)> {
    let mut brackets = 0_usize;
    let mut quoted = false;
    for (position, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '[' if !quoted => brackets += 1,
            ']' if !quoted && brackets == 0 => {
                let (inside, behind) = text.split_at_checked(position)?;
                return Some((inside, behind.strip_prefix(']')?));
            }
            ']' if !quoted => brackets -= 1,
            _ => {}
        }
    }
    None
}

fn parse_predicate(text: &str) -> Result<Predicate, &'static str> {
    if let Ok(position) = text.parse::<usize>() {
        return if position == 0 {
            Err("positions begin with 1")
        } else {
            Ok(Predicate::Position(position))
        };
    }
    // The value is the quoted text at the end; a `=` inside quotes of an inner predicate stays.
    let Some(body) = text.strip_suffix('\'') else {
        return Ok(Predicate::Exists(parse_steps(text)?));
    };
    let (path, value) = body.rsplit_once("='").ok_or("a predicate has no `='…'`")?;
    Ok(Predicate::Equals(parse_steps(path)?, value.to_owned()))
}

fn parse_test(name: &str) -> Result<Test, &'static str> {
    if name == "*" {
        return Ok(Test::AnyElement);
    }
    if let Some(name) = name.strip_prefix('@') {
        let (namespace, local) = match name.split_once(':') {
            Some((prefix, local)) => (namespace_of(prefix).ok_or("unknown prefix")?, local),
            None => ("", name),
        };
        return plain(local).map(|local| Test::Attribute { namespace, local });
    }
    let (prefix, local) = name.split_once(':').ok_or("an element without prefix")?;
    let namespace = namespace_of(prefix).ok_or("unknown prefix")?;
    plain(local).map(|local| Test::Element { namespace, local })
}

fn plain(local: &str) -> Result<String, &'static str> {
    let legal = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if local.is_empty() || !local.chars().all(legal) {
        return Err("a name with characters that are none");
    }
    Ok(local.to_owned())
}
