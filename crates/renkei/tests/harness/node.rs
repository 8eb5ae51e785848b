//! A message as a tree, for looking into answers.

use xml::{Event, Limits, Reader};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// An element with everything in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) namespace: String,
    pub(crate) local: String,
    /// Namespace, name, value.
    pub(crate) attributes: Vec<(String, String, String)>,
    pub(crate) children: Vec<Node>,
    /// All text directly in the element.
    pub(crate) text: String,
}

impl Node {
    /// Reads a whole document.
    pub(crate) fn parse(text: &str) -> Result<Node, xml::XmlError> {
        let limits = Limits {
            bytes: text.len(),
            text_bytes: text.len(),
            elements: usize::MAX,
            ..Limits::default()
        };
        let mut reader = Reader::new(text, limits)?;
        let mut open: Vec<Node> = vec![Node::default()];
        loop {
            match reader.next()? {
                Event::Start(element) => open.push(Node {
                    namespace: element.namespace().to_owned(),
                    local: element.local().to_owned(),
                    attributes: element
                        .attributes()
                        .map(|a| (a.namespace.into_owned(), a.local.to_owned(), a.value.into()))
                        .collect(),
                    ..Node::default()
                }),
                Event::Text(text) => open.last_mut().unwrap().text.push_str(&text),
                Event::End => {
                    let ended = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(ended);
                }
                Event::Eof => return Ok(open.pop().unwrap().children.pop().unwrap()),
            }
        }
    }

    pub(crate) fn child(&self, local: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.local == local)
    }

    /// The child that a well-made message has.
    #[track_caller]
    pub(crate) fn the(&self, local: &str) -> &Node {
        let found = self.child(local);
        assert!(found.is_some(), "{} has no {local}", self.local);
        found.unwrap()
    }

    /// Every element of this name below, in the order of the document.
    pub(crate) fn all(&self, local: &str) -> Vec<&Node> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.local == local {
                found.push(child);
            }
            found.extend(child.all(local));
        }
        found
    }

    /// An attribute in no namespace.
    pub(crate) fn attribute(&self, local: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        all.find(|(namespace, name, _)| namespace.is_empty() && name == local)
            .map(|(_, _, value)| value.as_str())
    }

    /// The values of the slot of this name.
    pub(crate) fn slot(&self, name: &str) -> Vec<&str> {
        let mut slots = self.children.iter().filter(|child| child.local == "Slot");
        let slot = slots.find(|slot| slot.attribute("name") == Some(name));
        let values = slot.map(|slot| slot.all("Value")).unwrap_or_default();
        values.into_iter().map(|value| value.text.as_str()).collect()
    }

    /// The value of the external identifier whose scheme is `scheme`.
    pub(crate) fn identifier(&self, scheme: &str) -> Option<&str> {
        let mut identifiers = self.children.iter();
        identifiers
            .find(|child| child.attribute("identificationScheme") == Some(scheme))
            .and_then(|child| child.attribute("value"))
    }

    /// The element as a document of its own: each element says its namespace itself.
    pub(crate) fn to_xml(&self) -> String {
        let mut xml = format!("<{} xmlns=\"{}\"", self.local, escape(&self.namespace));
        for (place, (namespace, name, value)) in self.attributes.iter().enumerate() {
            let value = escape(value);
            match namespace.as_str() {
                "" => xml.push_str(&format!(" {name}=\"{value}\"")),
                XML => xml.push_str(&format!(" xml:{name}=\"{value}\"")),
                _ => xml.push_str(&format!(
                    " xmlns:n{place}=\"{}\" n{place}:{name}=\"{value}\"",
                    escape(namespace)
                )),
            }
        }
        xml.push('>');
        xml.push_str(&escape(&self.text));
        for child in &self.children {
            xml.push_str(&child.to_xml());
        }
        xml.push_str(&format!("</{}>", self.local));
        xml
    }
}

/// Text or an attribute's value as XML writes it.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push_str(&format!("&#{};", u32::from(character))),
            _ => escaped.push(character),
        }
    }
    escaped
}
