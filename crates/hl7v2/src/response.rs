//! The answers of a PIX manager and a PDQ supplier in v2.5: `RSP^K23` (ITI-9), `RSP^K22` (ITI-21), `RSP^ZV2` (ITI-22),
//! written and, as a consumer does, read.

mod error;
mod frame;
mod patients;
mod pix;

use datatypes::Dtm;

use crate::adt::FeedError;
use crate::charset::Charset;
use crate::header::Header;
use crate::query::QueryEcho;

pub use error::ResponseError;
pub use frame::{QueryStatus, ReceivedError, ResponseFrame};
pub use patients::{DemographicsResponse, read_demographics_response, write_demographics_response};
pub use pix::{PixResponse, read_pix_response, write_pix_response};

/// What every answer needs beside its content.
#[derive(Clone, Copy)]
pub struct Reply<'a> {
    /// Of the question; sender and receiver change places.
    pub header: &'a Header,
    pub echo: &'a QueryEcho,
    /// The set in which the answer will be encoded, usually [`Header::charset`]; MSH-18 says so if the
    /// answer is not ASCII.
    pub charset: Charset,
    /// UTC.
    pub time: &'a Dtm,
    /// Ours and new.
    pub control_id: &'a str,
}
