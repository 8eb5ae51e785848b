//! Media types as stacks write them.

use proptest::prelude::{any, prop_assert_eq, proptest};
use soap::content_type::{ContentType, InvalidContentType, simple_soap};

#[track_caller]
fn check(field: &str, essence: &str, params: &[(&str, &str)]) {
    let parsed = ContentType::parse(field).unwrap();
    assert_eq!(parsed.essence, essence);
    let expected: Vec<_> = params.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    assert_eq!(parsed.params, expected);
}

#[test]
fn parameters_come_in_any_form() {
    check("application/soap+xml", "application/soap+xml", &[]);
    check(
        "Application/SOAP+XML ; CharSet = utf-8 ;",
        "application/soap+xml",
        &[("charset", "utf-8")],
    );
    check("a/b;x=1;;y=\"\";z=", "a/b", &[("x", "1"), ("y", ""), ("z", "")]);
    check(
        "a/b; x=\"a;b=c, \\\"d\\\" \\\\ e\"; y=f",
        "a/b",
        &[("x", "a;b=c, \"d\" \\ e"), ("y", "f")],
    );
    check(
        "a/b; start=<id+x=@y/z>; type=application/xop+xml",
        "a/b",
        &[("start", "<id+x=@y/z>"), ("type", "application/xop+xml")],
    );
}

#[test]
fn fields_may_be_folded() {
    check("a/b;\r\n\tx=1;\r\n y=\"2\r\n 3\"\r\n", "a/b", &[("x", "1"), ("y", "2 3")]);
}

#[test]
fn parameters_are_found_by_name() {
    let parsed = ContentType::parse("a/b; Boundary=x").unwrap();
    assert_eq!(parsed.param("boundary"), Some("x"));
    assert_eq!(parsed.param("start"), None);
}

#[test]
fn what_is_not_a_media_type_is_refused() {
    for field in ["", "a", "/", "a/", "/b", "a/b/c", "a b/c", "a/b c; x=1", ";x=1", "\u{3042}/b"] {
        assert_eq!(ContentType::parse(field), Err(InvalidContentType::MediaType), "{field}");
    }
    for field in ["a/b; x", "a/b; =1", "a/b; x=\"1", "a/b; x=\"1\\", "a/b; x=\"1\"y", "a/b; x y=1"]
    {
        assert_eq!(ContentType::parse(field), Err(InvalidContentType::Parameter), "{field}");
    }
    let repeated = "multipart/related; boundary=a; BOUNDARY=b";
    assert_eq!(ContentType::parse(repeated), Err(InvalidContentType::Repeated));
}

proptest! {
    #[test]
    fn any_field_ends(field in any::<String>()) {
        let _either = ContentType::parse(&field);
        let _either = ContentType::parse(&format!("a/b;{field}"));
    }

    #[test]
    fn a_written_action_is_read_back(action in "[ -~]{0,60}") {
        let field = simple_soap(&action);
        let parsed = ContentType::parse(&field).unwrap();
        prop_assert_eq!(parsed.param("action"), Some(action.as_str()));
        prop_assert_eq!(parsed.param("charset"), Some("UTF-8"));
    }

    /// Nothing that comes in can add a line to the header of an answer.
    #[test]
    fn a_written_field_is_one_line(action in any::<String>()) {
        let field = simple_soap(&action);
        prop_assert_eq!(field.chars().find(|character| !(' '..='~').contains(character)), None);
    }
}
