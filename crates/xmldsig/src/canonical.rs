//! Exclusive XML Canonicalization 1.0, without comments.

use std::borrow::Cow;

use xml::{Attribute, Element};

use crate::document::{Item, Node};

/// The canonical form of `apex` without the element `omitted` inside it.
///
/// Goes through the items in their order, without recursion; what was declared on the way is a stack.
pub(crate) fn canonical(
    apex: Node<'_>,
    inclusive_prefixes: &[&str],
    omitted: Option<Node<'_>>,
) -> String {
    let mut writer = Canonical {
        output: String::new(),
        inclusive: inclusive_prefixes,
        rendered: Vec::new(),
        open: Vec::new(),
    };
    let omitted = omitted.map(|node| node.range()).unwrap_or_default();
    for (index, item) in apex.document().items(apex.range()) {
        if omitted.contains(&index) {
            continue;
        }
        writer.close_before(index);
        match item {
            Item::Element(tag) => {
                let around = (index == apex.range().start).then_some(apex);
                writer.open(&tag.element, tag.end, around);
            }
            Item::Text(text) => push_text(&mut writer.output, text),
        }
    }
    writer.close_before(usize::MAX);
    writer.output
}

struct Canonical<'d, 'p> {
    output: String,
    inclusive: &'p [&'p str],
    /// What the open elements have declared: prefix, name, depth.
    rendered: Vec<(&'d str, Cow<'d, str>, usize)>,
    open: Vec<(&'d Element<'d>, usize)>,
}

impl<'d> Canonical<'d, '_> {
    /// `apex` is the node itself if it is the outermost one.
    fn open(&mut self, element: &'d Element<'d>, end: usize, apex: Option<Node<'d>>) {
        self.open.push((element, end));
        let mut attributes: Vec<Attribute<'d>> = element.attributes().collect();
        let declarations = self.declarations(element, &attributes, apex);
        self.output.push('<');
        self.push_name(element.prefix(), element.local());
        for (prefix, namespace) in declarations {
            let separator = if prefix.is_empty() { "" } else { ":" };
            self.output.extend([" xmlns", separator, prefix, "=\""]);
            push_value(&mut self.output, &namespace);
            self.output.push('"');
            self.rendered.push((prefix, namespace, self.open.len()));
        }
        // Canonical XML 1.0, section 2.2: by namespace name, then by local name, both by code points.
        attributes.sort_by(|one, other| {
            (&*one.namespace, one.local).cmp(&(&*other.namespace, other.local))
        });
        for attribute in &attributes {
            self.output.push(' ');
            self.push_name(attribute.prefix, attribute.local);
            self.output.push_str("=\"");
            push_value(&mut self.output, &attribute.value);
            self.output.push('"');
        }
        self.output.push('>');
    }

    /// Exclusive XML Canonicalization 1.0, section 3: what the element itself uses, and what is treated as
    /// the inclusive form does, unless an element around has declared the same; by prefix.
    fn declarations(
        &self,
        element: &'d Element<'d>,
        attributes: &[Attribute<'d>],
        apex: Option<Node<'d>>,
    ) -> Vec<(&'d str, Cow<'d, str>)> {
        let own = (element.prefix(), Cow::Borrowed(element.namespace()));
        let prefixed = attributes.iter().filter(|attribute| !attribute.prefix.is_empty());
        let used = prefixed.map(|attribute| (attribute.prefix, attribute.namespace.clone()));
        let mut wanted: Vec<_> = std::iter::once(own).chain(used).collect();
        wanted.extend(element.declarations().filter(|(prefix, _)| self.inclusive.contains(prefix)));
        if let Some(apex) = apex {
            wanted.extend(
                apex.in_scope().into_iter().filter(|(prefix, _)| self.inclusive.contains(prefix)),
            );
        }
        wanted.sort();
        wanted.dedup();
        wanted.retain(|(prefix, namespace)| {
            *prefix != "xml" && self.rendered_as(prefix) != namespace
        });
        wanted
    }

    /// What the open elements have declared for the prefix; empty if nothing.
    fn rendered_as(&self, prefix: &str) -> &str {
        let mut innermost_first = self.rendered.iter().rev();
        let found = innermost_first.find(|(rendered, ..)| *rendered == prefix);
        found.map_or("", |(_, namespace, _)| namespace)
    }

    /// Closes the elements that end before the item `index`.
    fn close_before(&mut self, index: usize) {
        while let Some((element, _)) = self.open.pop_if(|(_, end)| *end <= index) {
            self.output.push_str("</");
            self.push_name(element.prefix(), element.local());
            self.output.push('>');
            let depth = self.open.len();
            while self.rendered.pop_if(|(.., declared_at)| *declared_at > depth).is_some() {}
        }
    }

    fn push_name(&mut self, prefix: &str, local: &str) {
        if !prefix.is_empty() {
            self.output.push_str(prefix);
            self.output.push(':');
        }
        self.output.push_str(local);
    }
}

/// Canonical XML 1.0, section 2.3: text nodes.
fn push_text(output: &mut String, text: &str) {
    push_escaped(output, text, |character| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        _ => None,
    });
}

/// The same section: attribute nodes, and namespace nodes, which are written like them.
fn push_value(output: &mut String, value: &str) {
    push_escaped(output, value, |character| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => None,
    });
}

fn push_escaped(output: &mut String, text: &str, escape: impl Fn(char) -> Option<&'static str>) {
    let mut rest = text;
    while let Some((at, character, escaped)) =
        rest.char_indices().find_map(|(at, character)| Some((at, character, escape(character)?)))
    {
        let (clean, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        output.push_str(clean);
        output.push_str(escaped);
        rest = from.get(character.len_utf8()..).unwrap_or_default();
    }
    output.push_str(rest);
}
