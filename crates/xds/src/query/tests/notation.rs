//! The notation of values: quotes, lists, white space, numbers.

use proptest::prelude::*;

use crate::query::value::{Item, Malformed, items};

#[track_caller]
fn check(value: &str, expected: &[&str]) {
    assert_eq!(texts(value), Ok(expected.iter().map(|text| (*text).to_owned()).collect()));
}

#[track_caller]
fn refuse(value: &str) {
    assert!(matches!(texts(value), Err(Malformed::Notation(_))), "{value}");
}

fn texts(value: &str) -> Result<Vec<String>, Malformed> {
    let items = items(value, 100)?;
    Ok(items
        .into_iter()
        .map(|item| match item {
            Item::Quoted(text) => text.into_owned(),
            Item::Bare(text) => text.to_owned(),
        })
        .collect())
}

#[test]
fn a_quote_is_doubled() {
    check("'Children''s Hospital'", &["Children's Hospital"]);
    check("''''", &["'"]);
    check("''", &[""]);
    check("'''a'", &["'a"]);
    check("'a'''", &["a'"]);
    check("('a''','''b')", &["a'", "'b"]);
}

#[test]
fn a_list_stands_in_parentheses() {
    check("('a')", &["a"]);
    check("('a','b','c')", &["a", "b", "c"]);
    check("('a,b','(c)')", &["a,b", "(c)"]);
}

#[test]
fn white_space_stands_anywhere_but_inside_the_quotes() {
    check("  'a'\n", &["a"]);
    check("\t( 'a' ,\r\n 'b'\n)\n", &["a", "b"]);
    check("(' a ')", &[" a "]);
    check("' \n '", &[" \n "]);
}

#[test]
fn numbers_stand_without_quotes() {
    check("20041225", &["20041225"]);
    check(" 20041225 ", &["20041225"]);
    check("(2004, 2005 )", &["2004", "2005"]);
    check("(2004,'2005')", &["2004", "2005"]);
    check("p1^^^&1.2.3&ISO", &["p1^^^&1.2.3&ISO"]);
}

#[test]
fn a_single_item_borrows_the_request() {
    assert_eq!(items("'ab'", 1), Ok(vec![Item::Quoted("ab".into())]));
    assert!(matches!(
        items("'ab'", 1).as_deref(),
        Ok([Item::Quoted(std::borrow::Cow::Borrowed(_))])
    ));
}

#[test]
fn what_has_no_certain_end_is_refused() {
    refuse("'a");
    refuse("'");
    refuse("'''");
    refuse("('a'");
    refuse("('a',");
    refuse("('a");
    refuse("(");
    refuse("'a' AND 'b'");
    refuse("'a'b");
    refuse("'a'--");
    refuse("'a''--");
    refuse("'a' 'b'");
    refuse("'a','b'");
    refuse("('a')('b')");
    refuse("('a') OR 1=1");
    refuse("O'Neill");
    refuse("a(b)");
}

#[test]
fn what_is_no_list_is_refused() {
    refuse("");
    refuse(" \n");
    refuse("()");
    refuse("( )");
    refuse("(,)");
    refuse("('a',)");
    refuse("(,'a')");
    refuse("('a',,'b')");
    refuse("('a' 'b')");
    refuse("(('a'))");
    refuse("('a',('b'))");
    refuse(")");
    refuse(",");
    refuse("'a')");
}

#[test]
fn items_are_counted_while_they_are_read() {
    assert!(items("('a','b')", 2).is_ok());
    assert_eq!(items("('a','b')", 1), Err(Malformed::TooManyItems));
    assert_eq!(items("'a'", 0), Err(Malformed::TooManyItems));
    assert_eq!(
        items("('a','b', and much that is never looked at", 1),
        Err(Malformed::TooManyItems)
    );
}

proptest! {
    #[test]
    fn writing_and_reading_a_list_are_inverse(
        values in proptest::collection::vec(".{0,12}|[',()\n ]{0,6}", 1..8),
        space in "[ \t\r\n]{0,3}",
    ) {
        let list: Vec<String> =
            values.iter().map(|value| format!("{space}'{}'{space}", value.replace('\'', "''"))).collect();
        let written = format!("{space}({}){space}", list.join(","));
        prop_assert_eq!(texts(&written), Ok(values));
    }

    #[test]
    fn writing_and_reading_one_string_are_inverse(value in ".{0,20}|[',()\n ]{0,9}") {
        let written = format!("'{}'", value.replace('\'', "''"));
        prop_assert_eq!(texts(&written), Ok(vec![value]));
    }

    #[test]
    fn no_text_makes_it_panic(value in "[',()a ]{0,30}|(?s:.{0,30})") {
        if let Ok(texts) = texts(&value) {
            prop_assert!(!texts.is_empty());
        }
    }

    /// Cutting a value short never gives another value.
    #[test]
    fn a_cut_list_is_refused(values in proptest::collection::vec("[a',( )]{0,5}", 1..5), cut in 1usize..20) {
        let list: Vec<String> =
            values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
        let written = format!("({})", list.join(","));
        let kept = written.len().saturating_sub(cut);
        prop_assert!(texts(written.get(..kept).unwrap()).is_err());
    }
}
