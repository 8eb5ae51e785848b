//! The notation of values in stored-query slots (ITI TF-2: 3.18.4.1.2.3.5).
//!
//! One `Value` element holds one item or a list `(item, item)`; an item is a string
//! in single quotes, a quote inside it doubled, or a run without quotes. What an item
//! means is not known here. Nothing is repaired: a value whose end cannot be told for
//! sure is refused, since a wrong guess could ask for another patient.

use std::borrow::Cow;

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// Between the quotes, doubled quotes resolved.
    Quoted(Cow<'a, str>),
    /// Numbers and times; white space around it removed.
    Bare(&'a str),
}

/// Why a value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// The end of a sentence about the parameter.
    Notation(&'static str),
    TooManyItems,
}

const EMPTY: Malformed = Malformed::Notation("has a value or list without content");
const UNTERMINATED: Malformed = Malformed::Notation("has a string without its closing quote");
const TRAILING: Malformed = Malformed::Notation("has text after the end of the value");
const LIST: Malformed = Malformed::Notation("has a list that is not of the form ('a','b')");

enum Token<'a> {
    Open,
    Close,
    Comma,
    Item(Item<'a>),
}

/// Reads the text of one `Value` element, at most `limit` items.
pub(super) fn items(value: &str, limit: usize) -> Result<Vec<Item<'_>>, Malformed> {
    let mut rest = value;
    let items = match next_token(&mut rest)? {
        Some(Token::Item(item)) => vec![item],
        Some(Token::Open) => list(&mut rest, limit)?,
        Some(Token::Close | Token::Comma) => return Err(LIST),
        None => return Err(EMPTY),
    };
    if items.len() > limit {
        return Err(Malformed::TooManyItems);
    }
    match next_token(&mut rest)? {
        None => Ok(items),
        Some(_) => Err(TRAILING),
    }
}

/// The items after an opening parenthesis, up to the closing one.
fn list<'a>(rest: &mut &'a str, limit: usize) -> Result<Vec<Item<'a>>, Malformed> {
    let mut items = Vec::new();
    loop {
        match next_token(rest)? {
            Some(Token::Item(item)) => items.push(item),
            Some(Token::Close) if items.is_empty() => return Err(EMPTY),
            Some(Token::Open | Token::Close | Token::Comma) | None => return Err(LIST),
        }
        if items.len() > limit {
            return Err(Malformed::TooManyItems);
        }
        match next_token(rest)? {
            Some(Token::Comma) => {}
            Some(Token::Close) => return Ok(items),
            Some(Token::Open | Token::Item(_)) | None => return Err(LIST),
        }
    }
}

fn next_token<'a>(rest: &mut &'a str) -> Result<Option<Token<'a>>, Malformed> {
    let text = rest.trim_start();
    let mut following = text.chars();
    let token = match following.next() {
        None => return Ok(None),
        Some('(') => Token::Open,
        Some(')') => Token::Close,
        Some(',') => Token::Comma,
        Some('\'') => {
            let (string, after) = quoted(following.as_str())?;
            *rest = after;
            return Ok(Some(Token::Item(Item::Quoted(string))));
        }
        Some(_) => {
            let end = text.find(['(', ')', ',', '\'']).unwrap_or(text.len());
            let (bare, after) = text.split_at_checked(end).unwrap_or((text, ""));
            *rest = after;
            return Ok(Some(Token::Item(Item::Bare(bare.trim_end()))));
        }
    };
    *rest = following.as_str();
    Ok(Some(token))
}

/// The string that starts after an opening quote, and what follows its closing quote.
fn quoted(text: &str) -> Result<(Cow<'_, str>, &str), Malformed> {
    let mut unescaped = String::new();
    let mut rest = text;
    loop {
        let (run, after) = rest.split_once('\'').ok_or(UNTERMINATED)?;
        let Some(further) = after.strip_prefix('\'') else {
            // A doubled quote leaves at least the quote itself behind.
            if unescaped.is_empty() {
                return Ok((Cow::Borrowed(run), after));
            }
            unescaped.push_str(run);
            return Ok((Cow::Owned(unescaped), after));
        };
        unescaped.push_str(run);
        unescaped.push('\'');
        rest = further;
    }
}
