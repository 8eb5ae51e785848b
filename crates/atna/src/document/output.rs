//! One growing text: tags with optional attributes, escaped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Writes elements; the caller opens and closes in step.
pub(super) struct Output {
    xml: String,
}

impl Output {
    pub(super) fn with_capacity(bytes: usize) -> Output {
        Output { xml: String::with_capacity(bytes) }
    }

    /// `<name`, to be followed by attributes, then by [`Output::content`] or [`Output::empty`].
    pub(super) fn open(&mut self, name: &'static str) -> &mut Output {
        self.xml.push('<');
        self.xml.push_str(name);
        self
    }

    pub(super) fn attribute(&mut self, name: &'static str, value: &str) -> &mut Output {
        self.attribute_start(name);
        self.xml.push_str(&xml::escape_attribute(value));
        self.xml.push('"');
        self
    }

    pub(super) fn optional(&mut self, name: &'static str, value: Option<&str>) -> &mut Output {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    pub(super) fn number(&mut self, name: &'static str, value: Option<u8>) -> &mut Output {
        match value {
            Some(value) => self.attribute(name, &value.to_string()),
            None => self,
        }
    }

    pub(super) fn base64_attribute(&mut self, name: &'static str, value: &[u8]) -> &mut Output {
        self.attribute_start(name);
        STANDARD.encode_string(value, &mut self.xml);
        self.xml.push('"');
        self
    }

    /// Ends a start tag that has content.
    pub(super) fn content(&mut self) -> &mut Output {
        self.xml.push('>');
        self
    }

    /// Ends a tag without content.
    pub(super) fn empty(&mut self) {
        self.xml.push_str("/>");
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Output {
        self.xml.push_str(&xml::escape_text(text));
        self
    }

    pub(super) fn base64_text(&mut self, bytes: &[u8]) -> &mut Output {
        STANDARD.encode_string(bytes, &mut self.xml);
        self
    }

    pub(super) fn close(&mut self, name: &'static str) {
        self.xml.push_str("</");
        self.xml.push_str(name);
        self.xml.push('>');
    }

    pub(super) fn finish(self) -> String {
        self.xml
    }

    fn attribute_start(&mut self, name: &'static str) {
        self.xml.push(' ');
        self.xml.push_str(name);
        self.xml.push_str("=\"");
    }
}
