//! The forms a value may have: how it is read, and the words that say what is wanted.

use std::net::SocketAddr;

use datatypes::Oid;
use toml::de::DeValue;

/// Longest name of a community, domain or member, in characters; it must fit a line of a log.
const MAX_NAME_CHARACTERS: usize = 128;

/// Reads one TOML value; `wanted` completes the sentence "wanted: …".
pub(crate) struct Form<T> {
    pub(crate) read: fn(&DeValue<'_>) -> Option<T>,
    pub(crate) wanted: &'static str,
}

/// Any text, over several lines if need be.
pub(crate) const TEXT: Form<String> =
    Form { read: |value| value.as_str().map(str::to_owned), wanted: "a text" };

/// A name for people: one line, not empty.
pub(crate) const NAME: Form<String> = Form {
    read: |value| value.as_str().filter(|text| is_name(text)).map(str::to_owned),
    wanted: "a name of 1 to 128 characters on one line",
};

pub(crate) const OID: Form<Oid> = Form {
    read: |value| Oid::parse(value.as_str()?).ok(),
    wanted: "an OID as text without urn:oid:, digits and dots, for example \"1.2.392.100495.20\"",
};

pub(crate) const SWITCH: Form<bool> =
    Form { read: |value| value.as_bool(), wanted: "true or false" };

/// Where to listen; the port 0 lets the system choose one.
pub(crate) const PORT_ADDRESS: Form<SocketAddr> = Form {
    read: |value| value.as_str()?.parse().ok(),
    wanted: "an address with a port, for example \"127.0.0.1:8082\" or \"[::1]:8082\"",
};

/// As [`PORT_ADDRESS`], for a listener that may be left out.
pub(crate) const LISTENER: Form<Option<SocketAddr>> = Form {
    read: |value| match value.as_str()? {
        "off" => Some(None),
        address => address.parse().ok().map(Some),
    },
    wanted: "an address with a port, for example \"127.0.0.1:2577\", or \"off\"",
};

/// A number that is not negative, in any of TOML's notations.
pub(super) fn whole_number(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

fn is_name(text: &str) -> bool {
    let fits = (1..=MAX_NAME_CHARACTERS).contains(&text.chars().count());
    fits && text.trim() == text && !text.contains(char::is_control)
}
