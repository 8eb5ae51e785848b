//! Changes of a message before it is sent: what is wrong with it on purpose, named by a path.
//!
//! A case that needs a submission with one fault takes the complete one and says what differs, so
//! that everything else stays right. The message is read, changed as a tree and written again;
//! an edit that finds nothing to change is an error, since the message would be faultless.

use crate::namespaces;
use crate::template::{Escape, Template, TemplateError, with_placeholders};
use crate::xml_path::{Path, PathError};
use crate::xml_tree::{self, Child, Element, XmlFault};
use serde::Deserialize;

/// One change. Paths lead to elements; all texts are templates.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// The elements at the path are taken away.
    Remove(String),
    /// The elements at the path lose an attribute.
    RemoveAttribute {
        /// A path.
        of: String,
        /// The attribute.
        name: String,
    },
    /// The elements at the path get an attribute, or another value for it.
    SetAttribute {
        /// A path.
        of: String,
        /// The attribute.
        name: String,
        /// The value.
        to: String,
    },
    /// The elements at the path get another text.
    SetText {
        /// A path.
        of: String,
        /// The text.
        to: String,
    },
    /// Markup is put in front of each element at the path.
    Before {
        /// A path.
        of: String,
        /// Elements, with the prefixes of paths.
        markup: String,
    },
    /// Markup is put behind what each element at the path holds.
    Append {
        /// A path.
        of: String,
        /// Elements, with the prefixes of paths.
        markup: String,
    },
}

/// Why a message cannot be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error("what is to be changed is not well-formed: {0}")]
    Xml(#[from] XmlFault),
    #[error("nothing is at `{0}`")]
    Nothing(String),
}

impl Edit {
    fn path(&self) -> &str {
        match self {
            Edit::Remove(of)
            | Edit::RemoveAttribute { of, .. }
            | Edit::SetAttribute { of, .. }
            | Edit::SetText { of, .. }
            | Edit::Before { of, .. }
            | Edit::Append { of, .. } => of,
        }
    }

    /// Refuses a path that could never be followed, when the case file is read.
    pub(crate) fn parse_paths(&self) -> Result<(), PathError> {
        Path::parse(&with_placeholders(self.path())).map(|_path| ())
    }

    fn apply(&self, root: &mut Element, template: &Template<'_>) -> Result<(), EditError> {
        let path = template.value(self.path())?;
        let mut places = Path::parse(&path)?.places(root);
        if places.is_empty() {
            return Err(EditError::Nothing(path));
        }
        // The last place first: what is done there moves none of those in front of it.
        places.sort();
        for place in places.iter().rev() {
            self.apply_at(root, place, template)?;
        }
        Ok(())
    }

    fn apply_at(
        &self,
        root: &mut Element,
        place: &[usize],
        template: &Template<'_>,
    ) -> Result<(), EditError> {
        let nothing = || EditError::Nothing(self.path().to_owned());
        match self {
            Edit::Remove(_) => {
                let (last, parent) = place.split_last().ok_or_else(nothing)?;
                root.descendant(parent).ok_or_else(nothing)?.children.remove(*last);
            }
            Edit::RemoveAttribute { name, .. } => {
                let element = root.descendant(place).ok_or_else(nothing)?;
                element.attributes.retain(|attribute| attribute.local != *name);
            }
            Edit::SetAttribute { name, to, .. } => {
                let value = template.value(to)?;
                root.descendant(place).ok_or_else(nothing)?.set_attribute(name, value);
            }
            Edit::SetText { to, .. } => {
                let text = template.value(to)?;
                let element = root.descendant(place).ok_or_else(nothing)?;
                element.children = vec![Child::Text(text)];
            }
            Edit::Before { markup, .. } => {
                let new = elements(markup, template)?;
                let (last, parent) = place.split_last().ok_or_else(nothing)?;
                let children = &mut root.descendant(parent).ok_or_else(nothing)?.children;
                children.splice(*last..*last, new);
            }
            Edit::Append { markup, .. } => {
                let new = elements(markup, template)?;
                root.descendant(place).ok_or_else(nothing)?.children.extend(new);
            }
        }
        Ok(())
    }
}

/// The message with all edits made.
pub(crate) fn edited(
    text: &str,
    edits: &[Edit],
    template: &Template<'_>,
) -> Result<String, EditError> {
    let mut root = xml_tree::parse(text.as_bytes())?;
    edits.iter().try_for_each(|edit| edit.apply(&mut root, template))?;
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    write(&root, &namespaces::declarations(), &mut out);
    Ok(out)
}

fn elements(markup: &str, template: &Template<'_>) -> Result<Vec<Child>, EditError> {
    let markup = template.text(markup, Escape::Xml)?;
    let wrapped = format!("<edit{}>{markup}</edit>", namespaces::declarations());
    Ok(xml_tree::parse(wrapped.as_bytes())?.children)
}

fn write(element: &Element, declarations: &str, out: &mut String) {
    let (name, own) = qualified(&element.namespace, &element.local, "e");
    out.push_str(&format!("<{name}{declarations}{own}"));
    for attribute in &element.attributes {
        let (name, own) = if attribute.namespace.is_empty() {
            (attribute.local.clone(), String::new())
        } else {
            qualified(&attribute.namespace, &attribute.local, "a")
        };
        out.push_str(&format!("{own} {name}=\"{}\"", xml::escape_attribute(&attribute.value)));
    }
    out.push('>');
    for child in &element.children {
        match child {
            Child::Element(element) => write(element, "", out),
            Child::Text(text) => out.push_str(&xml::escape_text(text)),
        }
    }
    out.push_str(&format!("</{name}>"));
}

/// A name with its prefix, and the declaration of a prefix that case files do not know.
fn qualified(namespace: &str, local: &str, spare: &str) -> (String, String) {
    match namespaces::prefix_of(namespace) {
        Some(prefix) => (format!("{prefix}:{local}"), String::new()),
        None if namespace.is_empty() => (local.to_owned(), String::new()),
        None => {
            let own = format!(" xmlns:{spare}=\"{}\"", xml::escape_attribute(namespace));
            (format!("{spare}:{local}"), own)
        }
    }
}
