//! Coded values (DICOM PS3.15 A.5.1, `csd-code`), and those the framework fixes.

use std::borrow::Cow;

/// A coded value: `csd-code`, `codeSystemName`, `originalText`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub code: Cow<'static, str>,
    pub system: Cow<'static, str>,
    pub text: Cow<'static, str>,
}

impl Code {
    /// Any code that is known when this is compiled.
    #[must_use]
    pub const fn new(code: &'static str, system: &'static str, text: &'static str) -> Code {
        Code { code: Cow::Borrowed(code), system: Cow::Borrowed(system), text: Cow::Borrowed(text) }
    }

    /// A code of DICOM, `codeSystemName="DCM"`.
    #[must_use]
    pub const fn dcm(code: &'static str, text: &'static str) -> Code {
        Code::new(code, "DCM", text)
    }

    /// The number of a transaction as EventTypeCode.
    #[must_use]
    pub const fn transaction(number: &'static str, name: &'static str) -> Code {
        Code::new(number, "IHE Transactions", name)
    }

    /// Whether code and code system are the same; the text is for people.
    #[must_use]
    pub fn is(&self, other: &Code) -> bool {
        self.code == other.code && self.system == other.system
    }
}
