//! Bounded, DTD-refusing, namespace-aware pull reading of XML 1.0, and an escaping writer.
//!
//! Every XML byte that comes from outside passes [`decode`] and then [`Reader`]; the reader is
//! the only place in the workspace that constructs a tokeniser, so that limits, the refusal of
//! document type declarations and the namespace rules cannot be forgotten on one port.
//!
//! What this crate does not do: no tree, no validation against a schema, no entity other than
//! the five predefined ones, no encoding other than UTF-8 and UTF-16.

mod character;
mod decode;
mod element;
mod error;
mod escape;
mod limits;
mod namespaces;
mod reader;
mod tag;
mod writer;

pub use decode::decode;
pub use element::{Attribute, Attributes, Element};
pub use error::{XmlError, XmlErrorKind};
pub use escape::{escape_attribute, escape_text};
pub use limits::Limits;
pub use reader::{Event, Reader};
pub use writer::Writer;
