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
/// hyphens, minus signs and wave dashes become one character whatever stands around them, so that a
/// part of a text folds as it does within the whole. White space, controls, invisible characters,
/// variation selectors, noncharacters and voicing marks that nothing carries are dropped. Idempotent.
#[must_use]
pub fn fold(text: &str) -> String {
    // Twice: a space would keep marks apart that belong together, and some marks decompose to a space.
    let written = text.chars().filter(|character| !is_dropped(*character)).map(combining_voicing);
    let letters = written.nfkd().filter(|character| !is_dropped(*character));
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
    name.representation.or_else(|| name_script(name)).unwrap_or(NameRepresentation::Ideographic)
}

/// The representation that the script of a name tells.
pub(crate) fn name_script(name: &PersonName) -> Option<NameRepresentation> {
    script(&[name.family.as_str(), &name.given].concat())
}

/// All kana is phonetic, all Latin alphabetic, anything else ideographic; nothing without a letter.
pub(crate) fn script(text: &str) -> Option<NameRepresentation> {
    let (mut has_kana, mut has_latin, mut has_other) = (false, false, false);
    for character in fold(text).chars() {
        match character {
            LONG_VOWEL | '×' | '÷' => {}
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
    // The last characters of each plane, which are none, stand for the end of a range of keys.
    let is_noncharacter = u32::from(character) & 0xFFFE == 0xFFFE;
    is_invisible || is_noncharacter || character.is_whitespace() || character.is_control()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn same(texts: &[&str]) {
        for pair in texts.windows(2) {
            assert_eq!(fold(pair[0]), fold(pair[1]), "{pair:?}");
        }
    }

    #[track_caller]
    fn only_variants(one: &str, other: &str) {
        assert_ne!(fold(one), fold(other), "{one} {other}");
        assert_eq!(fold_variants(one), fold_variants(other), "{one} {other}");
    }

    #[track_caller]
    fn different(one: &str, other: &str) {
        assert_ne!(fold_variants(one), fold_variants(other), "{one} {other}");
    }

    #[test]
    fn width_script_of_kana_and_spacing_do_not_matter() {
        same(&["れんけい　たろう", "レンケイ タロウ", "ﾚﾝｹｲﾀﾛｳ", " レン\tケイ\u{200B}タロウ\n"]);
        same(&[
            "ガッパ",
            "がっぱ",
            "ｶﾞｯﾊﾟ",
            "カ\u{3099}ッハ\u{309A}",
            "カ゛ッハ゜",
            "か\u{3099}ツパ",
        ]);
        same(&["ヴ", "ゔ", "ｳﾞ", "う゛"]);
        same(&["ＹＡＭＡＤＡ", "yamada", "Ya Ma Da"]);
        same(&["straße", "STRASSE"]);
        same(&["é", "e\u{301}", "É"]);
    }

    #[test]
    fn small_kana_are_large() {
        same(&["キャノン", "キヤノン", "ｷｬﾉﾝ", "きゃのん"]);
        same(&["ァィゥェォヵヶッャュョヮ", "アイウエオカケツヤユヨワ"]);
        same(&["ゕゖ", "カケ"]);
    }

    #[test]
    fn all_long_vowel_marks_are_one() {
        let marks = "ー―－‐‑–—ｰ\u{2212}\u{FF0D}\u{301C}\u{FF5E}-~\u{2500}";
        for mark in marks.chars() {
            assert_eq!(fold(&format!("プ{mark}ル")), "プール", "{mark:?}");
            assert_eq!(fold(&format!("1{mark}2")), fold("1-2"), "{mark:?}");
        }
    }

    #[test]
    fn compatibility_forms_and_glyph_selectors_are_plain() {
        same(&["\u{FA19}", "神"]);
        same(&["\u{FA1B}\u{FA4F}\u{FA26}\u{F9DC}", "福祐都隆"]);
        same(&["辻\u{E0100}", "辻", "辻\u{FE00}"]);
    }

    #[test]
    fn a_voicing_mark_that_nothing_carries_is_dropped() {
        same(&["ア゛", "ア", "ｱﾞ", "゛ア"]);
    }

    #[test]
    fn fold_keeps_names_apart() {
        for (one, other) in [
            ("髙", "高"),
            ("ヅ", "ズ"),
            ("ヂ", "ジ"),
            ("ハ", "バ"),
            ("オオノ", "オノ"),
            ("ノ", "之"),
            ("カ", "力"),
            ("ー", "一"),
            ("佐々木", "佐佐木"),
            ("É", "E"),
            ("ヲ", "オ"),
        ] {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
    }

    #[test]
    fn variants_of_kanji_are_searched_as_one() {
        for group in [
            "髙高",
            "\u{FA11}崎",
            "邊辺",
            "邉辺",
            "齋斎",
            "齊斎",
            "斉斎",
            "濵浜",
            "濱浜",
            "廣広",
            "澤沢",
            "櫻桜",
            "國国",
            "嶋島",
            "嶌島",
            "眞真",
            "惠恵",
            "學学",
            "黑黒",
            "德徳",
            "瀨瀬",
            "藏蔵",
            "壽寿",
            "龍竜",
            "圓円",
            "榮栄",
            "會会",
            "條条",
            "增増",
            "冨富",
            "\u{20BB7}吉",
            "桒桑",
            "舘館",
            "峯峰",
            "曾曽",
            "藪薮",
            "籠篭",
            "彌弥",
            "禮礼",
            "靜静",
            "淸清",
            "曻昇",
            "槇槙",
            "栁柳",
        ] {
            let (one, other) = group.split_at(group.chars().next().map_or(0, char::len_utf8));
            only_variants(one, other);
        }
        only_variants("渡邊", "渡辺");
        only_variants("佐々木", "佐佐木");
        only_variants("野々村", "野野村");
    }

    #[test]
    fn kana_written_in_two_ways_are_searched_as_one() {
        only_variants("シヅカ", "シズカ");
        only_variants("ヂ", "ジ");
        only_variants("カヲル", "カオル");
        only_variants("ヰ", "イ");
        only_variants("いすゞ", "イスズ");
        only_variants("みすゝ", "ミスス");
        only_variants("ジョン・スミス", "ジョンスミス");
        only_variants("O'Neill", "ONEILL");
    }

    #[test]
    fn different_names_are_not_variants() {
        for (one, other) in [
            ("裕", "祐"),
            ("坂", "阪"),
            ("埼", "崎"),
            ("ヤマザキ", "ヤマサキ"),
            ("オオノ", "オノ"),
            ("太", "大"),
            ("中", "仲"),
            ("原", "源"),
        ] {
            different(one, other);
        }
    }

    #[track_caller]
    fn check_representation(family: &str, given: &str, expected: NameRepresentation) {
        let name = PersonName::legal(family, given, None);
        assert_eq!(representation(&name), expected, "{family} {given}");
        let stated = PersonName::legal(family, given, Some(NameRepresentation::Phonetic));
        assert_eq!(representation(&stated), NameRepresentation::Phonetic);
    }

    #[test]
    fn the_script_tells_the_representation() {
        use NameRepresentation::{Alphabetic, Ideographic, Phonetic};
        check_representation("連携", "太郎", Ideographic);
        check_representation("レンケイ", "たろう", Phonetic);
        check_representation("ﾚﾝｹｲ", "", Phonetic);
        check_representation("プ-ル", "", Phonetic);
        check_representation("ジョン・スミス", "", Phonetic);
        check_representation("Renkei", "Ｔａｒｏ", Alphabetic);
        check_representation("O'Neill-Müller", "", Alphabetic);
        check_representation("連携", "さくら", Ideographic);
        check_representation("レンケイ", "Taro", Ideographic);
        check_representation("々", "", Ideographic);
        check_representation("김", "", Ideographic);
        check_representation("Иван", "", Ideographic);
        check_representation("12", "-", Ideographic);
    }

    /// Text in which marks, spaces and kana meet in ways nobody would write.
    fn rough_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            "[\u{3041}-\u{30FF}\u{FF61}-\u{FF9F}]",
            "[\u{3099}-\u{309E}\u{A8}\u{B4}\u{AF}\u{301}\u{338}\u{345}\u{FE00}\u{200B}  　]",
            "[a-zßŉĳﬁ々ヽヾ・'ー～\u{2010}-\u{2015}\u{2212}]",
            "[髙高齊斉佐木\u{FA10}-\u{FA29}\u{FFFE}\u{FFFF}\u{10FFFF}]",
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in rough_text()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            prop_assert!(!once.contains(char::is_whitespace));
            prop_assert!(!once.contains(char::is_control));
            let noncharacters = ['\u{FFFE}', '\u{FFFF}', '\u{10FFFF}'];
            prop_assert!(!once.contains(noncharacters));
        }

        #[test]
        fn what_folds_alike_has_like_base_forms(text in rough_text()) {
            let folded = fold(&text);
            prop_assert_eq!(fold_variants(&text), fold_variants(&folded));
            prop_assert_eq!(base_forms(&base_forms(&folded)), base_forms(&folded));
        }

        #[test]
        fn the_base_forms_of_a_beginning_begin_the_base_forms(text in rough_text(), n in 0usize..12) {
            let folded = fold(&text);
            let beginning: String = folded.chars().take(n).collect();
            prop_assert!(base_forms(&folded).starts_with(&base_forms(&beginning)));
        }

        #[test]
        fn spaces_do_not_matter_wherever_they_are(text in rough_text(), at in 0usize..12) {
            let mut spaced: Vec<char> = text.chars().collect();
            spaced.insert(at.min(spaced.len()), '\u{3000}');
            prop_assert_eq!(fold(&String::from_iter(spaced)), fold(&text));
        }
    }
}
