//! The codes of a submission: as given, else from the community's tables, else for demonstrations.

use clap::Args;
use config::codes::{CodeAttribute, CodeTables};
use datatypes::Code;

use crate::submission::Codes;

/// One option for each coded attribute that must be there.
#[derive(Debug, Args)]
pub(crate) struct CodeOptions {
    /// Kind of document, coarse (classCode).
    #[arg(long, value_name = "CODE^^SCHEME", value_parser = parse_code)]
    class: Option<GivenCode>,
    /// Kind of document, precise (typeCode).
    #[arg(long = "type", value_name = "CODE^^SCHEME", value_parser = parse_code)]
    type_code: Option<GivenCode>,
    /// Format of the content (formatCode).
    #[arg(long, value_name = "CODE^^SCHEME", value_parser = parse_code)]
    format: Option<GivenCode>,
    /// Kind of institution (healthcareFacilityTypeCode).
    #[arg(long, value_name = "CODE^^SCHEME", value_parser = parse_code)]
    facility: Option<GivenCode>,
    /// Clinical speciality (practiceSettingCode).
    #[arg(long, value_name = "CODE^^SCHEME", value_parser = parse_code)]
    practice: Option<GivenCode>,
    /// How confidential (confidentialityCode).
    #[arg(long, value_name = "CODE^^SCHEME", value_parser = parse_code)]
    confidentiality: Option<GivenCode>,
    /// Clinical activity behind the submission (contentTypeCode).
    #[arg(long, value_name = "CODE^^SCHEME", value_parser = parse_code)]
    content_type: Option<GivenCode>,
}

/// A code on the command line, `CODE^[DISPLAY]^SCHEME`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct GivenCode {
    code: String,
    display: Option<String>,
    scheme: String,
}

/// Code, display name and scheme.
type Demonstration = (&'static str, &'static str, &'static str);

const LOINC: &str = "2.16.840.1.113883.6.1";

/// What stands for an attribute without a table; the help of the command shows the same list.
const fn demonstration(attribute: Attribute) -> Demonstration {
    const SUMMARY: Demonstration = ("34133-9", "Summarization of episode note", LOINC);
    match attribute {
        Attribute::Class => ("SUMMARIES", "Summaries", "1.3.6.1.4.1.19376.1.2.6.1"),
        Attribute::Type | Attribute::ContentType => SUMMARY,
        Attribute::Format => (
            "urn:ihe:iti:xds:2017:mimeTypeSufficient",
            "mimeType Sufficient",
            "1.3.6.1.4.1.19376.1.2.3",
        ),
        Attribute::Facility => ("HOSP", "Hospital", "2.16.840.1.113883.5.111"),
        Attribute::Practice => ("394802001", "General medicine", "2.16.840.1.113883.6.96"),
        Attribute::Confidentiality => ("N", "normal", "2.16.840.1.113883.5.25"),
    }
}

/// The coded attributes that every submission has.
#[derive(Clone, Copy, Debug)]
enum Attribute {
    Class,
    Type,
    Format,
    Facility,
    Practice,
    Confidentiality,
    ContentType,
}

impl Attribute {
    const fn table(self) -> CodeAttribute {
        match self {
            Attribute::Class => CodeAttribute::ClassCode,
            Attribute::Type => CodeAttribute::TypeCode,
            Attribute::Format => CodeAttribute::FormatCode,
            Attribute::Facility => CodeAttribute::HealthcareFacilityTypeCode,
            Attribute::Practice => CodeAttribute::PracticeSettingCode,
            Attribute::Confidentiality => CodeAttribute::ConfidentialityCode,
            Attribute::ContentType => CodeAttribute::ContentTypeCode,
        }
    }
}

impl CodeOptions {
    /// A code for every attribute.
    pub(super) fn resolve(&self, tables: Option<&CodeTables>) -> Codes {
        let code = |given: &Option<GivenCode>, attribute| choose(given.as_ref(), attribute, tables);
        Codes {
            class: code(&self.class, Attribute::Class),
            type_code: code(&self.type_code, Attribute::Type),
            format: code(&self.format, Attribute::Format),
            facility: code(&self.facility, Attribute::Facility),
            practice: code(&self.practice, Attribute::Practice),
            confidentiality: code(&self.confidentiality, Attribute::Confidentiality),
            content_type: code(&self.content_type, Attribute::ContentType),
        }
    }
}

/// Whether a given code may be used at all is the registry's to say.
fn choose(given: Option<&GivenCode>, attribute: Attribute, tables: Option<&CodeTables>) -> Code {
    let list = tables.and_then(|tables| tables.list(attribute.table()));
    let Some(given) = given else {
        return match list.and_then(|list| list.iter().next()) {
            Some(first) => first.clone(),
            None => {
                let (code, display, scheme) = demonstration(attribute);
                Code {
                    code: code.to_owned(),
                    scheme: scheme.to_owned(),
                    display: display.to_owned(),
                }
            }
        };
    };
    let listed = list.and_then(|list| list.find(&given.code, &given.scheme));
    let display = given.display.clone().or_else(|| listed.map(|code| code.display.clone()));
    Code {
        code: given.code.clone(),
        scheme: given.scheme.clone(),
        // A display name must be there (ITI TF-3: 4.2.3.1.2); the code itself claims nothing.
        display: display.unwrap_or_else(|| given.code.clone()),
    }
}

fn parse_code(text: &str) -> Result<GivenCode, String> {
    let parts: Vec<&str> = text.split('^').collect();
    let wanted = || "a code is written CODE^^SCHEME or CODE^DISPLAY^SCHEME".to_owned();
    let [code, display, scheme] = parts.as_slice() else { return Err(wanted()) };
    let is_legal = |part: &str| part.trim() == part && !part.contains(char::is_control);
    let is_complete = !code.is_empty() && !scheme.is_empty();
    if !is_complete || ![*code, *display, *scheme].into_iter().all(is_legal) {
        return Err(wanted());
    }
    Ok(GivenCode {
        code: (*code).to_owned(),
        display: Some((*display).to_owned()).filter(|display| !display.is_empty()),
        scheme: (*scheme).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        codes: CodeOptions,
    }

    fn resolve(arguments: &[&str], tables: Option<&CodeTables>) -> Codes {
        let line = ["codes"].iter().chain(arguments);
        Line::try_parse_from(line).unwrap().codes.resolve(tables)
    }

    fn tables() -> CodeTables {
        let mut tables = CodeTables::default();
        for (code, display) in [("A", "Alpha"), ("B", "診療 B")] {
            let (code, scheme) = (code.to_owned(), "1.2".to_owned());
            let code = Code { code, scheme, display: display.to_owned() };
            tables.add(CodeAttribute::ClassCode, code);
        }
        tables
    }

    fn shown(code: &Code) -> String {
        format!("{}^{}^{}", code.code, code.display, code.scheme)
    }

    #[test]
    fn a_table_gives_its_first_code_and_display_names() {
        let tables = tables();
        assert_eq!(shown(&resolve(&[], Some(&tables)).class), "A^Alpha^1.2");
        let codes = resolve(&["--class", "B^^1.2"], Some(&tables));
        assert_eq!(shown(&codes.class), "B^診療 B^1.2");
        assert_eq!(codes.type_code.code, "34133-9");
    }

    #[test]
    fn a_code_of_ones_own_is_taken_as_it_is() {
        let tables = tables();
        let class = |code| shown(&resolve(&["--class", code], Some(&tables)).class);
        assert_eq!(class("B^Bravo^1.2"), "B^Bravo^1.2");
        assert_eq!(class("B^^1.3"), "B^B^1.3");
        assert_eq!(shown(&resolve(&["--type", "x^^y"], None).type_code), "x^x^y");
    }

    #[test]
    fn every_option_sets_its_own_attribute() {
        let codes = resolve(
            &[
                "--class",
                "a^^s",
                "--type",
                "b^^s",
                "--format",
                "c^^s",
                "--facility",
                "d^^s",
                "--practice",
                "e^^s",
                "--confidentiality",
                "f^^s",
                "--content-type",
                "g^^s",
            ],
            None,
        );
        let in_order = [
            codes.class,
            codes.type_code,
            codes.format,
            codes.facility,
            codes.practice,
            codes.confidentiality,
            codes.content_type,
        ];
        assert_eq!(in_order.map(|code| code.code), ["a", "b", "c", "d", "e", "f", "g"]);
    }

    #[test]
    fn half_a_code_is_refused() {
        for text in ["", "a", "a^b", "^^s", "a^^", "a^^s^", "a^^ s", "a^\n^s", "a^ ^s"] {
            assert!(parse_code(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_help_shows_the_demonstration_codes() {
        let help = super::super::tests::Line::command().render_long_help().to_string();
        let codes = resolve(&[], None);
        for code in [
            codes.class,
            codes.type_code,
            codes.format,
            codes.facility,
            codes.practice,
            codes.confidentiality,
            codes.content_type,
        ] {
            assert!(help.contains(&shown(&code)), "{code:?}\n{help}");
        }
    }
}
