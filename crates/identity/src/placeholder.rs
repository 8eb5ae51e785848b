//! Names that stand for a name nobody knows or has given yet.

/// Folded. A newborn or an unconscious person is registered under such a name; it tells nobody apart.
const PLACEHOLDERS: &[&str] = &[
    "ANONYMOUS",
    "BABY",
    "BABYBOY",
    "BABYGIRL",
    "DUMMY",
    "INFANT",
    "NEWBORN",
    "NONAME",
    "TEST",
    "UNKNOWN",
    "UNNAMED",
    "シメイフシヨウ",
    "シメイフメイ",
    "シンセイジ",
    "ダミー",
    "ダンジ",
    "テスト",
    "テストカンジヤ",
    "トクメイ",
    "ナナシ",
    "ナナシノゴンベエ",
    "ニユウジ",
    "フシヨウ",
    "フメイ",
    "ベイビー",
    "ベビー",
    "ミテイ",
    "ミメイメイ",
    "ミモトフメイ",
    "ジヨジ",
    "不明",
    "不詳",
    "乳児",
    "匿名",
    "名無",
    "名無シ",
    "名無シノ権兵衛",
    "女児",
    "新生児",
    "未命名",
    "未定",
    "氏名不詳",
    "氏名不明",
    "男児",
    "身元不明",
    "テスト患者",
];

/// What follows the mother's name where the child has none yet.
const CHILD_SUFFIXES: &[&str] = &["BABY", "ベビー", "ベイビー", "ノ子", "新生児"];

/// Whether a folded name, or a part of one, is a placeholder; a number behind it does not matter.
pub(crate) fn is_placeholder(folded: &str) -> bool {
    let bare = folded.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_numbered_nobody = bare.is_empty() && !folded.is_empty();
    is_numbered_nobody
        || PLACEHOLDERS.contains(&bare)
        || CHILD_SUFFIXES.iter().any(|suffix| bare.ends_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::fold;

    #[test]
    fn all_are_written_folded() {
        for text in PLACEHOLDERS.iter().chain(CHILD_SUFFIXES) {
            assert_eq!(fold(text), *text);
            assert!(is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn a_number_behind_does_not_make_a_name() {
        for text in ["ベビー１", "ヤマダハナコ ベビー 2", "山田花子の子", "テスト001", "99"]
        {
            assert!(is_placeholder(&fold(text)), "{text}");
        }
    }

    #[test]
    fn names_are_names() {
        for text in
            ["", "ヤマダ", "ハナコ", "花子", "Tester", "ミク", "テストリ", "孔子", "ジョン2世"]
        {
            assert!(!is_placeholder(&fold(text)), "{text}");
        }
    }
}
