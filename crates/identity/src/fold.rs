//! Texts about persons as they are compared: width, case, kana and spacing do not distinguish them.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;

use crate::demographics::{NameRepresentation, PersonName};
use crate::kanji_variants::base_form;

/// Stands for every long-vowel mark, hyphen and dash.
const LONG_VOWEL: char = '\u{30FC}';
const VOICED: char = '\u{3099}';
const SEMI_VOICED: char = '\u{309A}';

/// What is left of a text when everything is taken away that entry systems write at will.
///
/// Compatibility forms are replaced (NFKC: half-width kana, full-width Latin, compatibility ideographs),
/// hiragana and small kana become large katakana, Latin letters upper case. Long-vowel marks, dashes,
/// hyphens, minus signs and wave dashes become one character whatever stands around them, so that the
/// fold of a beginning is the beginning of a fold. White space, controls, invisible characters,
/// variation selectors and voicing marks that nothing carries are dropped. Idempotent.
#[must_use]
pub fn fold(text: &str) -> String {
    let marks = text.chars().map(combining_voicing);
    let letters = marks.nfkd().filter(|character| !is_dropped(*character));
    let composed = letters.flat_map(char::to_uppercase).nfc();
    composed.filter(|character| !is_voicing(*character)).map(folded).collect()
}

/// [`fold`], and one form for variant kanji, historical kana and repetition marks; no points.
///
/// Only for candidates and search: two names equal in this alone are never linked.
#[must_use]
pub fn fold_variants(text: &str) -> String {
    base_forms(&fold(text))
}

/// The second step of [`fold_variants`], on a folded text. The base forms of a beginning are the beginning
/// of the base forms.
pub(crate) fn base_forms(folded: &str) -> String {
    let mut base = String::with_capacity(folded.len());
    let mut last = None;
    for character in folded.chars().filter(|character| !is_point(*character)) {
        let form = match (character, last) {
            ('々' | 'ヽ', Some(previous)) => previous,
            ('ヾ', Some(previous)) => compose(previous, VOICED).unwrap_or(previous),
            (single, _) => base_form(base_kana(single)),
        };
        let form = base_kana(form);
        base.push(form);
        last = Some(form);
    }
    base
}

/// The representation a name is in: as its sender says, else as its script tells.
#[must_use]
pub fn representation(name: &PersonName) -> NameRepresentation {
    let by_script = || script(&format!("{}{}", name.family, name.given));
    name.representation.or_else(by_script).unwrap_or(NameRepresentation::Ideographic)
}

/// All kana is phonetic, all Latin alphabetic, anything else ideographic; nothing without a letter.
pub(crate) fn script(text: &str) -> Option<NameRepresentation> {
    let (mut has_kana, mut has_latin, mut has_other) = (false, false, false);
    for character in fold(text).chars() {
        match character {
            LONG_VOWEL => {}
            '\u{30A1}'..='\u{30FA}' | '\u{30FD}'..='\u{30FF}' => has_kana = true,
            'A'..='Z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => has_latin = true,
            other => has_other = has_other || other.is_alphabetic(),
        }
    }
    match (has_kana, has_latin, has_other) {
        (false, false, false) => None,
        (true, false, false) => Some(NameRepresentation::Phonetic),
        (false, true, false) => Some(NameRepresentation::Alphabetic),
        (true, true, false) | (_, _, true) => Some(NameRepresentation::Ideographic),
    }
}

/// The marks that stand for themselves would become a space and a mark by NFKC.
fn combining_voicing(character: char) -> char {
    match character {
        '\u{309B}' => VOICED,
        '\u{309C}' => SEMI_VOICED,
        other => other,
    }
}

fn is_voicing(character: char) -> bool {
    matches!(character, VOICED | SEMI_VOICED)
}

fn is_dropped(character: char) -> bool {
    let is_invisible = matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{E0100}'..='\u{E01EF}'
    );
    is_invisible || character.is_whitespace() || character.is_control()
}

/// Points between and inside the parts of foreign names.
fn is_point(character: char) -> bool {
    matches!(character, '・' | '\u{30A0}' | '=' | '\'' | '\u{2019}' | ',' | '.')
}

fn folded(character: char) -> char {
    match character {
        '-' | '~' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2500}' | '\u{301C}' | '\u{3030}' => {
            LONG_VOWEL
        }
        other => large(katakana(other)),
    }
}

fn katakana(character: char) -> char {
    match character {
        '\u{3041}'..='\u{3096}' | '\u{309D}' | '\u{309E}' => {
            char::from_u32(u32::from(character).saturating_add(0x60)).unwrap_or(character)
        }
        other => other,
    }
}

/// Old half-width systems had no small kana: キャノン was written キヤノン.
fn large(character: char) -> char {
    match character {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        other => other,
    }
}

/// Kana that are written one or the other way for one sound.
fn base_kana(character: char) -> char {
    match character {
        'ヅ' => 'ズ',
        'ヂ' => 'ジ',
        'ヰ' => 'イ',
        'ヱ' => 'エ',
        'ヲ' => 'オ',
        'ヴ' => 'ブ',
        other => other,
    }
}
