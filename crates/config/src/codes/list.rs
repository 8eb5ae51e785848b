//! One list of codes: in the order of the file, with a fast answer to "is it in?".

use std::collections::{HashMap, HashSet};

use datatypes::Code;

/// Codes without repetition, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct CodeList {
    codes: Vec<Code>,
    /// Codes by scheme, so that a look-up borrows both texts.
    by_scheme: HashMap<String, HashSet<String>>,
}

impl CodeList {
    /// Adds the code unless its code and scheme are in already; says whether it was added.
    pub(crate) fn add(&mut self, code: Code) -> bool {
        let scheme = self.by_scheme.entry(code.scheme.clone()).or_default();
        let is_new = scheme.insert(code.code.clone());
        if is_new {
            self.codes.push(code);
        }
        is_new
    }

    #[must_use]
    pub fn contains(&self, code: &str, scheme: &str) -> bool {
        self.by_scheme.get(scheme).is_some_and(|codes| codes.contains(code))
    }

    /// The code with its display name.
    #[must_use]
    pub fn find(&self, code: &str, scheme: &str) -> Option<&Code> {
        self.codes.iter().find(|listed| listed.code == code && listed.scheme == scheme)
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Code> {
        self.codes.iter()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }
}

/// Equal codes in equal order; the index follows from them.
impl PartialEq for CodeList {
    fn eq(&self, other: &CodeList) -> bool {
        self.codes == other.codes
    }
}

impl Eq for CodeList {}

impl<'a> IntoIterator for &'a CodeList {
    type Item = &'a Code;
    type IntoIter = std::slice::Iter<'a, Code>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
