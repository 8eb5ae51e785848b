//! A push writer over a `String`.

use crate::escape::{escape_attribute, escape_text};

/// Writes a document or a fragment from the outside in.
///
/// Names are literals of ours and are written as they are, declarations of namespaces are
/// attributes like any other; text and values are escaped. The result is well-formed by
/// construction, unless [`Writer::raw`] is given something that is not.
#[derive(Debug, Default)]
pub struct Writer {
    output: String,
    open: Vec<&'static str>,
}

impl Writer {
    /// An empty writer.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// An empty writer with room for `bytes` bytes.
    pub fn with_capacity(bytes: usize) -> Writer {
        Writer { output: String::with_capacity(bytes), open: Vec::new() }
    }

    /// Opens an element; attributes are `(name, value)`.
    pub fn start(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
    ) -> &mut Writer {
        self.tag(name, attributes);
        self.output.push('>');
        self.open.push(name);
        self
    }

    /// Writes an element without content.
    pub fn empty(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
    ) -> &mut Writer {
        self.tag(name, attributes);
        self.output.push_str("/>");
        self
    }

    /// Writes text, escaped.
    pub fn text(&mut self, text: &str) -> &mut Writer {
        self.output.push_str(&escape_text(text));
        self
    }

    /// Writes XML that is well-formed and escaped already.
    pub fn raw(&mut self, xml: &str) -> &mut Writer {
        self.output.push_str(xml);
        self
    }

    /// Closes the element opened last; without one it does nothing.
    pub fn end(&mut self) -> &mut Writer {
        if let Some(name) = self.open.pop() {
            self.output.push_str("</");
            self.output.push_str(name);
            self.output.push('>');
        }
        self
    }

    /// Closes all open elements and returns what was written.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.end();
        }
        self.output
    }

    fn tag(&mut self, name: &str, attributes: &[(&'static str, &str)]) {
        self.output.push('<');
        self.output.push_str(name);
        for (attribute, value) in attributes {
            self.output.push(' ');
            self.output.push_str(attribute);
            self.output.push_str("=\"");
            self.output.push_str(&escape_attribute(value));
            self.output.push('"');
        }
    }
}
