//! Connectathon-style runs against any server, from outside, over the wire.
//!
//! A case is a file (`cases/<iti-nn>/<name>.toml`): what is demanded, by which paragraph, which
//! messages are sent in which order, and what must hold for each answer. The messages are
//! templates (`messages/<iti-nn>/<name>`), written for this project.
//!
//! The crate shares no reader with the servers: XML trees, MIME parts, HL7 acknowledgements and
//! media types are read by its own small and strict readers, so that a fault of the servers'
//! readers cannot hide itself. From the rest of the workspace it takes the transport (`client`),
//! the escaping of values (`xml`) and the shape of identifiers (`datatypes`).

pub mod case;
pub mod check;
pub mod coverage;
pub mod edit;
pub mod endpoints;
pub mod evidence;
pub mod presented;
pub mod report;
pub mod run;
pub mod suite;
pub mod tls;

mod answer;
mod certificates;
mod consumer;
mod hl7;
mod http_text;
mod media_type;
mod mime;
mod mllp;
mod namespaces;
mod provider;
mod request;
mod scope;
mod table;
mod template;
mod transport;
mod xml_path;
mod xml_tree;

#[cfg(test)]
mod tests;
