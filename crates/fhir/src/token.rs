//! Alternatives in one parameter (`a,b`) and tokens (`system|code`), with the escapes `\,` `\|` `\$` `\\`.

/// A value of a parameter of type token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// `None` if any will do; empty if there must be none.
    pub system: Option<String>,
    pub value: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("system", &self.system).finish_non_exhaustive()
    }
}

impl Token {
    /// Reads one alternative of [`alternatives`].
    #[must_use]
    pub fn of(text: &str) -> Token {
        match split(text, '|').as_slice() {
            [value] => Token { system: None, value: unescape(value) },
            [system, rest @ ..] => {
                Token { system: Some(unescape(system)), value: unescape(&rest.join("|")) }
            }
            [] => Token { system: None, value: String::new() },
        }
    }

    /// Whether a code of this system is meant.
    #[must_use]
    pub fn is(&self, system: Option<&str>, value: &str) -> bool {
        let is_system =
            self.system.as_deref().is_none_or(|wanted| wanted == system.unwrap_or_default());
        // `system|` is all codes of the system.
        let is_value = self.value == value || (self.value.is_empty() && self.system.is_some());
        is_system && is_value
    }
}

/// The alternatives of a value, still escaped.
#[must_use]
pub fn alternatives(value: &str) -> Vec<&str> {
    split(value, ',')
}

/// A text with its escapes undone.
#[must_use]
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            character => plain.push(character),
        }
    }
    plain
}

/// A text as a value in which nothing separates.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | ',' | '|' | '$') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn split(text: &str, separator: char) -> Vec<&str> {
    let mut is_escaped = false;
    text.split(|character| {
        let separates = character == separator && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        separates
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn alternatives_and_systems_are_told_apart() {
        assert_eq!(alternatives(r"a,b\,c,d"), ["a", r"b\,c", "d"]);
        let told = |text: &str| (Token::of(text).system, Token::of(text).value);
        assert_eq!(told("a"), (None, "a".to_owned()));
        assert_eq!(told("|a"), (Some(String::new()), "a".to_owned()));
        assert_eq!(told(r"s|a\|b"), (Some("s".to_owned()), "a|b".to_owned()));
    }

    #[test]
    fn a_code_is_compared_with_its_system_if_one_is_named() {
        assert!(Token::of("a").is(Some("s"), "a") && Token::of("a").is(None, "a"));
        assert!(Token::of("s|a").is(Some("s"), "a") && !Token::of("s|a").is(Some("t"), "a"));
        assert!(Token::of("|a").is(None, "a") && !Token::of("|a").is(Some("s"), "a"));
        assert!(Token::of("s|").is(Some("s"), "a") && !Token::of("").is(Some("s"), "a"));
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_one_value(text in ".{0,20}") {
            let escaped = escape(&text);
            prop_assert_eq!(alternatives(&escaped).len(), 1);
            prop_assert_eq!(Token::of(&escaped), Token { system: None, value: text });
        }
    }
}
