//! How surely the user was authenticated (SAML 2.0 Authentication Context, section 3.4).

use std::fmt;

/// Classes of authentication, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Nothing said, or a class that is not known here.
    Unspecified,
    /// Something the user knows.
    Password,
    /// Something the user has: a card, a certificate, a token.
    Possession,
    /// Two of them, such as a card with its PIN.
    TwoFactors,
}

const CLASSES: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:";
/// REFEDS MFA, which providers outside SAML's own list use.
const REFEDS_MFA: &str = "https://refeds.org/profile/mfa";

impl Strength {
    /// The strength of an `AuthnContextClassRef`.
    #[must_use]
    pub fn of(class: &str) -> Strength {
        if class == REFEDS_MFA {
            return Strength::TwoFactors;
        }
        match class.strip_prefix(CLASSES).unwrap_or_default() {
            "Password"
            | "PasswordProtectedTransport"
            | "InternetProtocolPassword"
            | "Kerberos"
            | "SecureRemotePassword"
            | "NomadTelephony" => Strength::Password,
            "X509"
            | "PGP"
            | "SPKI"
            | "XMLDSig"
            | "Smartcard"
            | "SoftwarePKI"
            | "TLSClient"
            | "TimeSyncToken"
            | "MobileOneFactorContract"
            | "MobileOneFactorUnregistered" => Strength::Possession,
            "SmartcardPKI" | "MobileTwoFactorContract" | "MobileTwoFactorUnregistered" => {
                Strength::TwoFactors
            }
            _ => Strength::Unspecified,
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Strength::Unspecified => "unspecified",
            Strength::Password => "password",
            Strength::Possession => "possession",
            Strength::TwoFactors => "two factors",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Strength;

    #[test]
    fn a_class_that_is_not_known_is_the_weakest() {
        let of =
            |class: &str| Strength::of(&format!("urn:oasis:names:tc:SAML:2.0:ac:classes:{class}"));
        assert_eq!(of("unspecified"), Strength::Unspecified);
        assert_eq!(of("smartcardpki"), Strength::Unspecified);
        assert_eq!(Strength::of("SmartcardPKI"), Strength::Unspecified);
        assert_eq!(of("PasswordProtectedTransport"), Strength::Password);
        assert_eq!(of("X509"), Strength::Possession);
        assert_eq!(of("SmartcardPKI"), Strength::TwoFactors);
        assert!(of("X509") > of("Password") && of("Password") > of("PreviousSession"));
    }
}
