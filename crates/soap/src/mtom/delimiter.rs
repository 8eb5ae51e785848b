//! The search for `CRLF--boundary` in a stream of chunks.

use memchr::{memmem, memrchr};

use crate::mtom::MtomError;

/// RFC 2046 section 5.1.1.
const MAX_BOUNDARY_BYTES: usize = 70;

/// Finds the delimiter wherever the chunks are cut, without a buffer.
///
/// A boundary holds no CR, so CR stands in the delimiter only at its beginning. Therefore the
/// bytes held back at the end of a chunk are always a beginning of the delimiter (a count is
/// enough to know them), and a mismatch can never hide a second beginning inside the first.
#[derive(Debug)]
pub(crate) struct DelimiterSearch {
    finder: memmem::Finder<'static>,
    /// So many bytes of the delimiter were seen and held back.
    n_held: usize,
    /// So many of the bytes held back were never in the content, see [`DelimiterSearch::restart`].
    n_assumed: usize,
}

/// What a chunk held.
pub(crate) struct Step<'s, 'c> {
    /// Content held back from earlier chunks.
    pub(crate) held: &'s [u8],
    /// Content of this chunk, after `held`.
    pub(crate) content: &'c [u8],
    /// What follows the delimiter, if it was found.
    pub(crate) after: Option<&'c [u8]>,
}

impl DelimiterSearch {
    /// # Errors
    /// [`MtomError::Boundary`] unless 1 to 70 printable ASCII characters, the last no space.
    /// Characters beyond the set of RFC 2046 are taken, because stacks use them.
    pub(crate) fn new(boundary: &str) -> Result<DelimiterSearch, MtomError> {
        let is_valid = (1..=MAX_BOUNDARY_BYTES).contains(&boundary.len())
            && boundary.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && !boundary.ends_with(' ');
        if !is_valid {
            return Err(MtomError::Boundary);
        }
        let delimiter = format!("\r\n--{boundary}");
        let finder = memmem::Finder::new(delimiter.as_bytes()).into_owned();
        let mut search = DelimiterSearch { finder, n_held: 0, n_assumed: 0 };
        search.restart();
        Ok(search)
    }

    /// Begins a new content as if a line end stood before it.
    ///
    /// The first delimiter may stand at the very beginning of the message, and the delimiter
    /// after an empty content follows the blank line of the headers at once.
    pub(crate) fn restart(&mut self) {
        self.n_held = 2;
        self.n_assumed = 2;
    }

    pub(crate) fn search<'c>(&mut self, chunk: &'c [u8]) -> Step<'_, 'c> {
        if self.n_held > 0 {
            let missing = self.finder.needle().get(self.n_held..).unwrap_or_default();
            if let Some(after) = chunk.strip_prefix(missing) {
                self.n_held = 0;
                return Step { held: &[], content: &[], after: Some(after) };
            }
            if missing.starts_with(chunk) {
                self.n_held = self.n_held.saturating_add(chunk.len());
                return Step { held: &[], content: &[], after: None };
            }
        }
        let held_range = self.n_assumed..self.n_held;
        self.n_assumed = 0;
        self.n_held = 0;
        let (content, after) = match self.finder.find(chunk) {
            Some(at) => {
                let (content, from_delimiter) = chunk.split_at_checked(at).unwrap_or_default();
                (content, from_delimiter.get(self.finder.needle().len()..))
            }
            None => {
                let (content, tail) = split_tail(chunk, self.finder.needle());
                self.n_held = tail.len();
                (content, None)
            }
        };
        let held = self.finder.needle().get(held_range).unwrap_or_default();
        Step { held, content, after }
    }
}

/// Splits off the end of `chunk` if it may be the beginning of the delimiter.
fn split_tail<'c>(chunk: &'c [u8], delimiter: &[u8]) -> (&'c [u8], &'c [u8]) {
    let last_return = memrchr(b'\r', chunk).and_then(|at| chunk.split_at_checked(at));
    match last_return {
        Some((content, tail)) if delimiter.starts_with(tail) => (content, tail),
        _ => (chunk, &[]),
    }
}
