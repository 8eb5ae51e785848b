//! A document as a tree, in one piece of memory, with all that a canonical form needs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use xml::{Attribute, Element, Event, Limits, Reader, XmlError, XmlErrorKind};

/// Namespace and local name of an element.
pub type Name<'n> = (&'n str, &'n str);

/// Elements and texts that are kept. A header with an assertion has some 200; an item takes 150 bytes and may have
/// been written with four, so that without a limit of its own a large message would be a much larger tree.
const MAX_ITEMS: usize = 20_000;

/// A document that was read once; everything is decided on this tree.
///
/// Comments are not in it: no canonical form of this crate has them, and a text goes on behind one. Document
/// types and processing instructions are refused by the reader.
#[derive(Debug)]
pub struct Document<'a> {
    /// Elements and texts in the order of the document; an element's content follows it up to its `end`.
    items: Vec<Item<'a>>,
    /// The values of all attributes called id, in any case and namespace, of the whole document.
    ids: Vec<Cow<'a, str>>,
}

#[derive(Debug)]
pub(crate) enum Item<'a> {
    Element(Tag<'a>),
    Text(Cow<'a, str>),
}

#[derive(Debug)]
pub(crate) struct Tag<'a> {
    pub(crate) element: Element<'a>,
    /// The item behind the last one of the content.
    pub(crate) end: usize,
    parent: Option<usize>,
}

/// An element of a [`Document`].
#[derive(Debug, Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    tag: &'d Tag<'d>,
    index: usize,
}

impl<'a> Document<'a> {
    /// Reads a whole document.
    ///
    /// # Errors
    /// Whatever the reader of foreign XML refuses, and more elements and texts than any signed message needs.
    pub fn read(text: &'a str, limits: Limits) -> Result<Document<'a>, XmlError> {
        Document::read_without(text, limits, &[])
    }

    /// Reads a whole document and keeps nothing of what is inside the elements at `path`, whose first name is
    /// that of the root. What is left out is checked, and its ids count: the payload of a message may be large,
    /// and an id must be unique in all of it.
    ///
    /// # Errors
    /// As [`Document::read`].
    pub fn read_without(
        text: &'a str,
        limits: Limits,
        path: &[Name<'_>],
    ) -> Result<Document<'a>, XmlError> {
        let mut builder = Builder::new(path);
        let mut reader = Reader::new(text, limits)?;
        loop {
            if builder.document.items.len() > MAX_ITEMS {
                let (kind, offset) = (XmlErrorKind::TooManyElements, reader.position());
                return Err(XmlError { kind, offset });
            }
            match reader.next()? {
                Event::Start(element) => builder.start(element),
                Event::Text(text) => builder.text(text),
                Event::End => builder.end(),
                Event::Eof => return Ok(builder.document),
            }
        }
    }

    /// The root element.
    #[must_use]
    pub fn root(&self) -> Option<Node<'_>> {
        self.node(0)
    }

    pub(crate) fn items(&self, range: Range<usize>) -> impl Iterator<Item = (usize, &Item<'a>)> {
        let items = self.items.get(range.clone()).unwrap_or_default();
        range.zip(items)
    }

    /// How many attributes called id have this value, white space around it aside.
    pub(crate) fn n_ids(&self, id: &str) -> usize {
        self.ids.iter().filter(|other| trim(other) == id).count()
    }

    fn node(&self, index: usize) -> Option<Node<'_>> {
        match self.items.get(index)? {
            Item::Element(tag) => Some(Node { document: self, tag, index }),
            Item::Text(_) => None,
        }
    }
}

struct Builder<'a, 'p> {
    document: Document<'a>,
    /// The elements that were started and are kept.
    open: Vec<usize>,
    path: &'p [Name<'p>],
    /// How many of the open elements are where the path says.
    n_on_path: usize,
    /// Depth below an element whose content is not kept.
    hidden: usize,
}

impl<'a, 'p> Builder<'a, 'p> {
    fn new(path: &'p [Name<'p>]) -> Builder<'a, 'p> {
        let document = Document { items: Vec::new(), ids: Vec::new() };
        Builder { document, open: Vec::new(), path, n_on_path: 0, hidden: 0 }
    }

    fn start(&mut self, element: Element<'a>) {
        let ids = element.attributes().filter(|found| found.local.eq_ignore_ascii_case("id"));
        self.document.ids.extend(ids.map(|id| id.value));
        if self.hidden > 0 || self.is_left_out() {
            self.hidden = self.hidden.saturating_add(1);
            return;
        }
        let on_path = self.n_on_path == self.open.len()
            && self.path.get(self.n_on_path).is_some_and(|(ns, local)| element.is(ns, local));
        if on_path {
            self.n_on_path = self.n_on_path.saturating_add(1);
        }
        let index = self.document.items.len();
        let parent = self.open.last().copied();
        self.document.items.push(Item::Element(Tag { element, end: index, parent }));
        self.open.push(index);
    }

    /// Whether the innermost open element is the one at the path.
    fn is_left_out(&self) -> bool {
        !self.path.is_empty()
            && self.n_on_path == self.path.len()
            && self.open.len() == self.path.len()
    }

    fn text(&mut self, text: Cow<'a, str>) {
        if self.hidden == 0 && !self.is_left_out() {
            self.document.items.push(Item::Text(text));
        }
    }

    fn end(&mut self) {
        if self.hidden > 0 {
            self.hidden = self.hidden.saturating_sub(1);
            return;
        }
        let end = self.document.items.len();
        let closed = self.open.pop();
        self.n_on_path = self.n_on_path.min(self.open.len());
        if let Some(Item::Element(tag)) = closed.and_then(|at| self.document.items.get_mut(at)) {
            tag.end = end;
        }
    }
}

impl<'d> Node<'d> {
    /// The namespace name; empty when the element is in none.
    #[must_use]
    pub fn namespace(&self) -> &'d str {
        self.tag.element.namespace()
    }

    /// The name without prefix.
    #[must_use]
    pub fn local(&self) -> &'d str {
        self.tag.element.local()
    }

    /// Whether this is the element `local` of `namespace`.
    #[must_use]
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.tag.element.is(namespace, local)
    }

    /// The value of the attribute `local` that is in no namespace.
    #[must_use]
    pub fn attribute(&self, local: &str) -> Option<Cow<'d, str>> {
        self.tag.element.attribute(local)
    }

    /// The value of the attribute `local` of `namespace`.
    #[must_use]
    pub fn attribute_ns(&self, namespace: &str, local: &str) -> Option<Cow<'d, str>> {
        self.tag.element.attribute_ns(namespace, local)
    }

    /// All attributes without the namespace declarations.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'d>> + use<'d> {
        self.tag.element.attributes()
    }

    /// The child elements in the order of the document.
    pub fn children(&self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        let (document, end) = (self.document, self.tag.end);
        let mut next = self.index.saturating_add(1);
        std::iter::from_fn(move || {
            while next < end {
                let node = document.node(next);
                next = node.map_or(next.saturating_add(1), |node| node.tag.end);
                if node.is_some() {
                    return node;
                }
            }
            None
        })
    }

    /// The text between the child elements, all of it: a comment does not end it.
    #[must_use]
    pub fn text(&self) -> Cow<'d, str> {
        let mut text = Cow::Borrowed("");
        let mut next = self.index.saturating_add(1);
        while next < self.tag.end {
            match self.document.items.get(next) {
                Some(Item::Text(piece)) => text += piece.as_ref(),
                Some(Item::Element(tag)) => {
                    next = tag.end;
                    continue;
                }
                None => break,
            }
            next = next.saturating_add(1);
        }
        text
    }

    /// Offset in bytes of the tag's `<` in the text of the document.
    #[must_use]
    pub fn span_start(&self) -> usize {
        self.tag.element.span_start()
    }

    /// Exclusive canonical form without comments of this element as the apex; the prefixes are those that are
    /// treated as the inclusive form treats all, empty for the default namespace.
    #[must_use]
    pub fn canonical(&self, inclusive_prefixes: &[&str]) -> String {
        crate::canonical::canonical(*self, inclusive_prefixes, None)
    }

    /// The items from this element to its end.
    pub(crate) fn range(&self) -> Range<usize> {
        self.index..self.tag.end
    }

    pub(crate) fn document(&self) -> &'d Document<'d> {
        self.document
    }

    /// The namespaces in scope by prefix, empty for the default one.
    pub(crate) fn in_scope(&self) -> BTreeMap<&'d str, Cow<'d, str>> {
        let mut in_scope = BTreeMap::new();
        let mut at = Some(*self);
        while let Some(node) = at {
            for (prefix, namespace) in node.tag.element.declarations() {
                in_scope.entry(prefix).or_insert(namespace);
            }
            at = node.tag.parent.and_then(|parent| node.document.node(parent));
        }
        in_scope
    }
}

/// Removes XML white space.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}
