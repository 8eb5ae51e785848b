//! Media types with parameters, as `Content-Type` carries them.

/// `type/subtype; name=value; …`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MediaType {
    /// `type/subtype` in lower case.
    pub(crate) essence: String,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Reads a header value; `None` when it is not one.
    pub(crate) fn parse(text: &str) -> Option<MediaType> {
        let (essence, mut rest) = text.split_once(';').unwrap_or((text, ""));
        let essence = essence.trim().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        if kind.is_empty() || subtype.is_empty() {
            return None;
        }
        let mut parameters = Vec::new();
        while !rest.trim().is_empty() {
            let (name, after) = rest.split_once('=')?;
            let (value, behind) = value(after.trim_start())?;
            parameters.push((name.trim().to_ascii_lowercase(), value));
            let behind = behind.trim_start();
            rest = match behind.strip_prefix(';') {
                Some(next) => next,
                None if behind.is_empty() => "",
                None => return None,
            };
        }
        Some(MediaType { essence, parameters })
    }

    /// The value of a parameter without its quotes.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A token or a quoted text with backslash escapes, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
        let (token, behind) = text.split_at_checked(end)?;
        return Some((token.to_owned(), behind));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            other => value.push(other),
        }
    }
}
