//! Import of one set of tables into another.

use super::{CodeAttribute, CodeList, CodeTables};

/// What happens to a list that both sides have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// Codes that are not in yet are added; present ones keep their display names.
    Add,
    /// The imported list takes the place of the present one. Lists that the import does not
    /// have stay: losing one would silently switch its check off.
    Replace,
}

/// What an import did to one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListChange {
    pub attribute: CodeAttribute,
    pub n_added: usize,
    pub n_removed: usize,
    /// Codes that were in already under another display name; `Add` keeps the present name.
    pub n_display_names_differing: usize,
    pub n_now: usize,
}

impl CodeTables {
    /// Takes over the codes of `imported`; one entry per list that `imported` has.
    pub fn import(&mut self, imported: &CodeTables, mode: ImportMode) -> Vec<ListChange> {
        let mut changes = Vec::new();
        for (attribute, list) in imported.iter() {
            let before = self.lists.remove(&attribute).unwrap_or_default();
            let (now, n_display_names_differing) = match mode {
                ImportMode::Add => added(before.clone(), list),
                ImportMode::Replace => (list.clone(), n_renamed(&before, list)),
            };
            changes.push(ListChange {
                attribute,
                n_added: n_missing(&before, &now),
                n_removed: n_missing(&now, &before),
                n_display_names_differing,
                n_now: now.len(),
            });
            self.set(attribute, now);
        }
        changes
    }
}

fn added(mut list: CodeList, imported: &CodeList) -> (CodeList, usize) {
    let n_differing = n_renamed(&list, imported);
    for code in imported {
        list.add(code.clone());
    }
    (list, n_differing)
}

/// How many codes of `other` are not in `list`.
fn n_missing(list: &CodeList, other: &CodeList) -> usize {
    other.iter().filter(|code| !list.contains(&code.code, &code.scheme)).count()
}

/// How many codes both lists have under different display names.
fn n_renamed(list: &CodeList, other: &CodeList) -> usize {
    let is_renamed = |display: &str, code: &str, scheme: &str| {
        list.contains(code, scheme)
            && list.find(code, scheme).is_some_and(|listed| listed.display != display)
    };
    other.iter().filter(|code| is_renamed(&code.display, &code.code, &code.scheme)).count()
}
