//! The code lists of the synthetic domain, and which of their codes the filtered questions name.

use datatypes::Code;

use super::random::Random;

/// A list of codes of one attribute.
#[derive(Clone, Copy, Debug)]
pub struct CodeSet {
    prefix: &'static str,
    scheme: &'static str,
    display: &'static str,
    n_codes: usize,
}

pub const CLASS: CodeSet = set("CL", "2.999.392.200119.4.1.1", "診療情報提供書類の区分", 24);
pub const TYPE: CodeSet = set("TY", "2.999.392.200119.4.1.2", "文書種別 退院時要約 検査報告", 75);
pub const FORMAT: CodeSet =
    set("urn:example:format:", "2.999.392.200119.4.1.3", "構造化文書の形式", 30);
pub const FACILITY: CodeSet = set("FA", "2.999.392.200119.4.1.4", "地域医療支援病院", 12);
pub const PRACTICE: CodeSet = set("PR", "2.999.392.200119.4.1.5", "循環器内科", 20);
pub const CONFIDENTIALITY: CodeSet = set("CO", "2.999.392.200119.4.1.6", "通常の取扱い", 3);
pub const EVENT: CodeSet = set("EV", "2.999.392.200119.4.1.7", "造影胸部検査の実施", 200);
pub const CONTENT_TYPE: CodeSet = set("CT", "2.999.392.200119.4.1.8", "紹介と逆紹介", 10);

const fn set(
    prefix: &'static str,
    scheme: &'static str,
    display: &'static str,
    n_codes: usize,
) -> CodeSet {
    CodeSet { prefix, scheme, display, n_codes }
}

impl CodeSet {
    /// The code at a place of the list.
    #[must_use]
    pub fn code(self, place: usize) -> Code {
        Code {
            code: format!("{}{place:03}", self.prefix),
            scheme: self.scheme.to_owned(),
            display: format!("{} {place}", self.display),
        }
    }

    pub(super) fn any(self, random: &mut Random) -> Code {
        self.code(random.below(self.n_codes))
    }

    /// The first `n_codes` of the list as stored queries write them (ITI TF-2: 3.18.4.1.2.3.5).
    pub(super) fn filter(self, n_codes: usize) -> impl Iterator<Item = String> {
        (0..n_codes).map(move |place| {
            let Code { code, scheme, .. } = self.code(place);
            format!("'{code}^^{scheme}'")
        })
    }
}
