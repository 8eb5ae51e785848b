//! What a stored query found, as the envelope of its answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use xds::query::ReturnType;
use xds::{RegistryError, ResponseStatus};

use crate::dictionary::Dictionary;
use crate::leaf_class::{self, RenderContext, StoredObject};
use crate::record::DamagedRecord;
use crate::transactions::Found;
use crate::transactions::QueryTransaction;

/// Bytes of one rendered object, to size the buffer before rendering: a DocumentEntry has 5 to 8 KB.
const LEAF_CLASS_BYTES: usize = 8 * 1024;
const OBJECT_REF_BYTES: usize = 80;

/// Objects that are rendered into one piece of a long answer: about 256 KB, above which one contiguous
/// body no longer pays for its memory.
pub const OBJECTS_PER_PIECE: usize = 32;

/// An answer that is rendered piece by piece while it is sent.
#[derive(Debug)]
pub struct Answer {
    found: Found,
    /// Patient ids by number, XML-escaped.
    patients: BTreeMap<i64, String>,
    dictionary: Arc<Dictionary>,
    head: String,
    next: usize,
    is_complete: bool,
}

/// The pieces of a long answer. After an error the connection must be broken off: what was sent is not
/// an answer.
impl Iterator for Answer {
    type Item = Result<String, DamagedRecord>;

    fn next(&mut self) -> Option<Result<String, DamagedRecord>> {
        if self.is_complete {
            return None;
        }
        let piece = self.next_piece();
        self.is_complete |= piece.is_err();
        Some(piece)
    }
}

impl Answer {
    /// An answer of Success to the request with this MessageID.
    pub fn new(found: Found, dictionary: Arc<Dictionary>, relates_to: Option<&str>) -> Answer {
        let escape =
            |(number, cx): (&i64, &String)| (*number, xml::escape_attribute(cx).into_owned());
        let patients = found.patients.iter().map(escape).collect();
        let mut head = soap::envelope_prefix(found.transaction.response_action(), relates_to);
        head.push_str(&ebxml::adhoc_query_response::response_head(ResponseStatus::Success, &[]));
        Answer { found, patients, dictionary, head, next: 0, is_complete: false }
    }

    pub fn transaction(&self) -> QueryTransaction {
        self.found.transaction
    }

    pub fn n_objects(&self) -> usize {
        self.found.objects.len()
    }

    /// Whether the whole answer fits into one piece.
    pub fn is_short(&self) -> bool {
        self.found.return_type == ReturnType::ObjectRef || self.n_objects() <= OBJECTS_PER_PIECE
    }

    /// The whole answer.
    ///
    /// # Errors
    /// [`DamagedRecord`].
    pub fn whole(mut self) -> Result<String, DamagedRecord> {
        let bytes_per_object = match self.found.return_type {
            ReturnType::LeafClass => LEAF_CLASS_BYTES,
            ReturnType::ObjectRef => OBJECT_REF_BYTES,
        };
        let mut out = std::mem::take(&mut self.head);
        out.reserve(self.n_objects().saturating_mul(bytes_per_object).saturating_add(256));
        for object in &self.found.objects {
            self.render(&mut out, object)?;
        }
        self.push_tail(&mut out);
        Ok(out)
    }

    fn next_piece(&mut self) -> Result<String, DamagedRecord> {
        let end = self.next.saturating_add(OBJECTS_PER_PIECE);
        let mut out = std::mem::take(&mut self.head);
        out.reserve(OBJECTS_PER_PIECE.saturating_mul(LEAF_CLASS_BYTES));
        let last = end.min(self.n_objects());
        for object in self.found.objects.get(self.next..last).unwrap_or_default() {
            self.render(&mut out, object)?;
        }
        self.next = end;
        if end >= self.n_objects() {
            self.push_tail(&mut out);
            self.is_complete = true;
        }
        Ok(out)
    }

    fn render(&self, out: &mut String, object: &StoredObject) -> Result<(), DamagedRecord> {
        match self.found.return_type {
            ReturnType::ObjectRef => leaf_class::render_object_ref(out, object),
            ReturnType::LeafClass => {
                let patient_id = self.patients.get(&object.owner_no).ok_or(DamagedRecord)?;
                leaf_class::render(
                    out,
                    object,
                    RenderContext { dictionary: &self.dictionary, patient_id },
                )
            }
        }
    }

    fn push_tail(&self, out: &mut String) {
        out.push_str(ebxml::adhoc_query_response::RESPONSE_TAIL);
        out.push_str(soap::ENVELOPE_SUFFIX);
    }
}

/// The envelope of a query that was not answered.
pub fn failure(
    transaction: QueryTransaction,
    errors: &[RegistryError],
    relates_to: Option<&str>,
) -> String {
    let body = ebxml::adhoc_query_response::write_failure(errors);
    soap::write_envelope(transaction.response_action(), relates_to, &body)
}
