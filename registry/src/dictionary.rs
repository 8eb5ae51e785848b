//! The code dictionary: each distinct coded value once, with a number and its rendered Classification tail.
//!
//! Append-only. A number is for ever; the display name is part of the identity of an entry because answers
//! show it as it was submitted, while queries compare code and scheme only (ITI TF-3: 4.2.3.1.2).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use datatypes::Code;

/// The attributes that hold codes, with the `classificationScheme` that says so on the wire
/// (ITI TF-3: Tables 4.2.5.1-2, 4.2.5.2-2 and 4.2.5.3-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CodeAttribute {
    Class,
    Type,
    Format,
    HealthcareFacilityType,
    PracticeSetting,
    Confidentiality,
    EventCodeList,
    ContentType,
    FolderCodeList,
    AssociationDocumentation,
}

impl CodeAttribute {
    /// Every attribute; its place is its number in the column `attribute`.
    pub const ALL: [CodeAttribute; 10] = [
        CodeAttribute::Class,
        CodeAttribute::Type,
        CodeAttribute::Format,
        CodeAttribute::HealthcareFacilityType,
        CodeAttribute::PracticeSetting,
        CodeAttribute::Confidentiality,
        CodeAttribute::EventCodeList,
        CodeAttribute::ContentType,
        CodeAttribute::FolderCodeList,
        CodeAttribute::AssociationDocumentation,
    ];

    pub const fn number(self) -> i16 {
        match self {
            CodeAttribute::Class => 0,
            CodeAttribute::Type => 1,
            CodeAttribute::Format => 2,
            CodeAttribute::HealthcareFacilityType => 3,
            CodeAttribute::PracticeSetting => 4,
            CodeAttribute::Confidentiality => 5,
            CodeAttribute::EventCodeList => 6,
            CodeAttribute::ContentType => 7,
            CodeAttribute::FolderCodeList => 8,
            CodeAttribute::AssociationDocumentation => 9,
        }
    }

    pub fn from_number(number: i16) -> Option<CodeAttribute> {
        CodeAttribute::ALL.into_iter().find(|attribute| attribute.number() == number)
    }

    pub const fn classification_scheme(self) -> &'static str {
        match self {
            CodeAttribute::Class => "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
            CodeAttribute::Type => "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
            CodeAttribute::Format => "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
            CodeAttribute::HealthcareFacilityType => {
                "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"
            }
            CodeAttribute::PracticeSetting => "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
            CodeAttribute::Confidentiality => "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
            CodeAttribute::EventCodeList => "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
            CodeAttribute::ContentType => "urn:uuid:aa543740-bdda-424e-8c96-df4873be8500",
            CodeAttribute::FolderCodeList => "urn:uuid:1ba97051-7806-41a8-a48b-8fce7af683c5",
            CodeAttribute::AssociationDocumentation => {
                "urn:uuid:abd807a3-4432-4053-87b4-fd82c643d1f3"
            }
        }
    }
}

/// A coded value under its attribute: the key of the dictionary.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttributedCode {
    pub attribute: CodeAttribute,
    pub code: Code,
}

impl AttributedCode {
    /// Everything of the Classification after its own ids, rendered once.
    fn classification_tail(&self) -> String {
        let mut tail = String::with_capacity(400);
        // Writing to a String cannot fail.
        let _infallible = write!(
            tail,
            "\" classificationScheme=\"{}\" nodeRepresentation=\"{}\" \
             objectType=\"urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Classification\">\
             <Slot name=\"codingScheme\"><ValueList><Value>{}</Value></ValueList></Slot>\
             <Name><LocalizedString value=\"{}\"/></Name></Classification>",
            self.attribute.classification_scheme(),
            xml::escape_attribute(&self.code.code),
            xml::escape_text(&self.code.scheme),
            xml::escape_attribute(&self.code.display),
        );
        tail
    }
}

/// The numbers that the codes of one submission have.
#[derive(Clone, Debug, Default)]
pub struct CodeNumbers {
    numbers: HashMap<AttributedCode, u32>,
}

impl CodeNumbers {
    pub fn insert(&mut self, code: AttributedCode, number: u32) {
        self.numbers.insert(code, number);
    }

    /// The number of a code of the submission; [`UNKNOWN_CODE`] for one that was never interned.
    pub fn number(&self, attribute: CodeAttribute, code: &Code) -> u32 {
        let key = AttributedCode { attribute, code: code.clone() };
        self.numbers.get(&key).copied().unwrap_or(UNKNOWN_CODE)
    }
}

/// A number that no code has: a record that holds it cannot be rendered and fails its own check.
pub const UNKNOWN_CODE: u32 = u32::MAX;

/// A snapshot of the dictionary, shared by all queries that run at the moment.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    /// Rendered tails; a code's number is its place.
    tails: Vec<Option<Arc<str>>>,
    numbers: HashMap<AttributedCode, u32>,
    /// Numbers by what queries compare: attribute, code and scheme in normal form C.
    by_value: HashMap<(CodeAttribute, String, String), Vec<u32>>,
}

impl Dictionary {
    /// Adds codes with the numbers that the database gave them.
    pub fn extend(&mut self, codes: impl IntoIterator<Item = (u32, AttributedCode)>) {
        for (number, code) in codes {
            let Ok(place) = usize::try_from(number) else { continue };
            if self.numbers.contains_key(&code) {
                continue;
            }
            if self.tails.len() <= place {
                self.tails.resize(place.saturating_add(1), None);
            }
            if let Some(tail) = self.tails.get_mut(place) {
                *tail = Some(Arc::from(code.classification_tail()));
            }
            let [value, scheme] = [&code.code.code, &code.code.scheme]
                .map(|text| datatypes::normalized(text).into_owned());
            let value = (code.attribute, value, scheme);
            self.by_value.entry(value).or_default().push(number);
            self.numbers.insert(code, number);
        }
    }

    /// The rendered tail of a Classification, from the quote that ends `classifiedObject` on.
    pub fn tail(&self, number: u32) -> Option<&str> {
        self.tails.get(usize::try_from(number).ok()?)?.as_deref()
    }

    pub fn number(&self, code: &AttributedCode) -> Option<u32> {
        self.numbers.get(code).copied()
    }

    /// All numbers whose code and scheme are these (in normal form C), whatever their display names.
    pub fn matching(&self, attribute: CodeAttribute, code: &str, scheme: &str) -> &[u32] {
        let value = (attribute, code.to_owned(), scheme.to_owned());
        self.by_value.get(&value).map_or(&[], Vec::as_slice)
    }

    /// The lowest number that this snapshot does not know. What other processes added between two codes of
    /// our own leaves a gap, so it may be lower than the highest that is known.
    pub fn first_unknown(&self) -> usize {
        self.tails.iter().position(Option::is_none).unwrap_or(self.tails.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AttributedCode {
        let code = Code { code: text.to_owned(), scheme: "s".to_owned(), display: text.to_owned() };
        AttributedCode { attribute: CodeAttribute::Class, code }
    }

    #[test]
    fn a_gap_that_another_process_filled_is_looked_up_again() {
        let mut dictionary = Dictionary::default();
        assert_eq!(dictionary.first_unknown(), 0);
        dictionary.extend([(0, code("a")), (2, code("c"))]);
        assert_eq!(dictionary.first_unknown(), 1);
        assert!(dictionary.tail(1).is_none());
        dictionary.extend([(1, code("b"))]);
        assert_eq!(dictionary.first_unknown(), 3);
        assert_eq!(dictionary.matching(CodeAttribute::Class, "b", "s"), [1]);
    }
}
