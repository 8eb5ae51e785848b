//! Message templates: text with `${…}` in it.
//!
//! * `${name}`: a variable of the step or of the case, or a value of the run ([`crate::scope`]).
//! * `${name|default}`: the default where nothing of that name is set; it may hold `${…}` itself.
//! * `${include:path}`: another file below `messages/`, with the same variables.
//! * `${copies:3:path}`: the file three times, with `${copy}` for 1, 2 and 3.
//!
//! Values are escaped where they enter XML; the text of message files is not. The value of a
//! variable is a template too, so that it may name other values or include markup; its own text
//! is escaped like any value.

use crate::scope::{Scope, ScopeError};
use crate::suite::Suite;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Includes and variables inside each other; more than this is a circle.
const DEPTH: usize = 16;

/// How values enter a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// The text is XML: `&`, `<`, `>` and quotes of a value are escaped.
    Xml,
    /// The text is HL7 v2, a media type or a plain value: a CX keeps its delimiters.
    Nothing,
}

impl Escape {
    /// Decided by the name of the message file.
    pub(crate) fn of_file(path: &str) -> Escape {
        if path.ends_with(".xml") { Escape::Xml } else { Escape::Nothing }
    }
}

/// Why a template cannot be turned into a message.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A `${` without its `}`.
    #[error("a `${{` is never closed")]
    Unclosed,
    /// No variable, and no value of the run, has this name.
    #[error("nothing is called `{0}`")]
    Unknown(String),
    /// The included or named message file does not exist.
    #[error("there is no message file `{0}`")]
    NoSuchMessage(String),
    /// Variables or includes that lead back to themselves.
    #[error("variables or includes are nested more than {DEPTH} deep")]
    Circle,
    /// A value of the run cannot be given.
    #[error(transparent)]
    Value(#[from] ScopeError),
}

/// Whose text it is: decides whether literal text is escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Literal {
    /// Text of a message file: already in the language of the message.
    Verbatim,
    /// Text of a variable's value.
    Value,
}

/// Everything a template may refer to.
#[derive(Clone, Copy)]
pub(crate) struct Template<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) scope: &'a Scope<'a>,
    pub(crate) variables: &'a BTreeMap<String, String>,
}

impl Template<'_> {
    /// A message file with everything filled in.
    pub(crate) fn message(&self, path: &str) -> Result<String, TemplateError> {
        self.include(path, Escape::of_file(path), DEPTH)
    }

    /// A text of a case file that is itself a message.
    pub(crate) fn text(&self, text: &str, escape: Escape) -> Result<String, TemplateError> {
        self.render(text, (escape, Literal::Verbatim), DEPTH)
    }

    /// A value of a case file, for use outside messages: nothing is escaped.
    pub(crate) fn value(&self, text: &str) -> Result<String, TemplateError> {
        self.render(text, (Escape::Nothing, Literal::Value), DEPTH)
    }

    /// The variables of one of several copies.
    pub(crate) fn of_copy(&self, copy: usize) -> BTreeMap<String, String> {
        let mut variables = self.variables.clone();
        variables.insert("copy".to_owned(), copy.to_string());
        variables
    }

    fn include(&self, path: &str, escape: Escape, depth: usize) -> Result<String, TemplateError> {
        let text = self.suite.message(path);
        let text = text.ok_or_else(|| TemplateError::NoSuchMessage(path.to_owned()))?;
        self.render(text.trim_end_matches('\n'), (escape, Literal::Verbatim), depth)
    }

    fn render(
        &self,
        text: &str,
        (escape, literal): (Escape, Literal),
        depth: usize,
    ) -> Result<String, TemplateError> {
        let depth = depth.checked_sub(1).ok_or(TemplateError::Circle)?;
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (inside, behind) = split_at_closing_brace(after).ok_or(TemplateError::Unclosed)?;
            out.push_str(&literally(before, escape, literal));
            out.push_str(&self.expand(inside, (escape, literal), depth)?);
            rest = behind;
        }
        out.push_str(&literally(rest, escape, literal));
        Ok(out)
    }

    /// The text for what stands between `${` and `}`.
    fn expand(
        &self,
        inside: &str,
        (escape, literal): (Escape, Literal),
        depth: usize,
    ) -> Result<String, TemplateError> {
        let (name, default) = split_at_bar(inside);
        let name = self.render(name, (Escape::Nothing, Literal::Value), depth)?;
        if let Some(path) = name.strip_prefix("include:") {
            return self.include(path, escape, depth);
        }
        if let Some((n_copies, path)) = copies(&name) {
            let mut out = String::new();
            for copy in 1..=n_copies {
                let variables = self.of_copy(copy);
                let template = Template { variables: &variables, ..*self };
                out.push_str(&template.include(path, escape, depth)?);
            }
            return Ok(out);
        }
        if let Some(value) = self.variables.get(&name) {
            return self.render(value, (escape, Literal::Value), depth);
        }
        if let Some(value) = self.scope.value(&name)? {
            return Ok(escaped(&value, escape).into_owned());
        }
        let default = default.ok_or(TemplateError::Unknown(name))?;
        self.render(default, (escape, literal), depth)
    }
}

/// Number and path of `copies:3:path`.
fn copies(name: &str) -> Option<(usize, &str)> {
    let (n_copies, path) = name.strip_prefix("copies:")?.split_once(':')?;
    Some((n_copies.parse().ok()?, path))
}

fn literally(text: &str, escape: Escape, literal: Literal) -> Cow<'_, str> {
    match literal {
        Literal::Verbatim => Cow::Borrowed(text),
        Literal::Value => escaped(text, escape),
    }
}

/// Attribute escaping serves text as well: it escapes all that text needs, and the quotes.
fn escaped(text: &str, escape: Escape) -> Cow<'_, str> {
    match escape {
        Escape::Xml => xml::escape_attribute(text),
        Escape::Nothing => Cow::Borrowed(text),
    }
}

/// Splits what follows `${` at the `}` that closes it; `${…}` inside are skipped.
fn split_at_closing_brace(text: &str) -> Option<(&str, &str)> {
    let mut open = 0_usize;
    let mut previous = ' ';
    for (position, character) in text.char_indices() {
        match character {
            '{' if previous == '$' => open += 1,
            '}' if open == 0 => {
                let (inside, brace) = text.split_at_checked(position)?;
                return Some((inside, brace.strip_prefix('}')?));
            }
            '}' => open -= 1,
            _ => {}
        }
        previous = character;
    }
    None
}

/// Splits a name from its default at the first bar outside of inner `${…}`.
fn split_at_bar(inside: &str) -> (&str, Option<&str>) {
    let mut open = 0_usize;
    for (position, character) in inside.char_indices() {
        match character {
            '{' => open += 1,
            '}' => open = open.saturating_sub(1),
            '|' if open == 0 => {
                if let Some((name, bar)) = inside.split_at_checked(position) {
                    return (name, bar.strip_prefix('|'));
                }
            }
            _ => {}
        }
    }
    (inside, None)
}

/// Every `${…}` replaced by the letter `x`, to check the shape of a text that is not filled in yet.
pub(crate) fn with_placeholders(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((_, behind)) = split_at_closing_brace(after) else { break };
        out.push_str(before);
        out.push('x');
        rest = behind;
    }
    out.push_str(rest);
    out
}
