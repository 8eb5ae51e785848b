//! The canonical form.

use xml::Limits;
use xmldsig::Document;

#[track_caller]
fn check(text: &str, prefixes: &[&str], expected: &str) {
    let document = Document::read(text, Limits::default()).unwrap();
    assert_eq!(document.root().unwrap().canonical(prefixes), expected);
}

/// The same of the first child element of the root.
#[track_caller]
fn check_child(text: &str, prefixes: &[&str], expected: &str) {
    let document = Document::read(text, Limits::default()).unwrap();
    let child = document.root().unwrap().children().next().unwrap();
    assert_eq!(child.canonical(prefixes), expected);
}

#[test]
fn attributes_and_declarations_are_sorted() {
    // Canonical XML 1.0, section 3.3, without the defaults of a document type.
    check(
        "<e5 a:attr='out' b:attr='sorted' attr2='all' attr='I&apos;m'\n xmlns:b='http://www.ietf.org' \
         xmlns:a='http://www.w3.org' xmlns='http://example.org'/>",
        &[],
        "<e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" xmlns:b=\"http://www.ietf.org\" \
         attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>",
    );
    check(
        "<a xml:lang='ja' xmlns:z='urn:a' z:x='' b='1' B='2'/>",
        &[],
        "<a xmlns:z=\"urn:a\" B=\"2\" b=\"1\" xml:lang=\"ja\" z:x=\"\"></a>",
    );
}

#[test]
fn characters_are_escaped_as_little_as_needed() {
    check(
        "<a b='&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;\u{85}'>&lt;&gt;&amp;\"'\t\r\n&#13;<![CDATA[<&>]]></a>",
        &[],
        "<a b=\"&lt;>&amp;&quot;'&#x9;&#xA;&#xD;\u{85}\">&lt;&gt;&amp;\"'\t\n&#xD;&lt;&amp;&gt;</a>",
    );
    check("<!-- x --><a>b<!-- c -->d<![CDATA[]]></a> <!-- y -->", &[], "<a>bd</a>");
}

#[test]
fn only_what_is_used_is_declared_and_where_it_is_used() {
    // Exclusive XML Canonicalization 1.0, section 2.2: the same element in two places.
    let one = "<n0:local xmlns:n0='foo:bar' xmlns:n3='ftp://example.org'><n1:elem2 xmlns:n1='http://example.net' \
               xml:lang='en'><n3:stuff xmlns:n3='ftp://example.org'/></n1:elem2></n0:local>";
    let other = "<n2:pdu xmlns:n1='http://example.com' xmlns:n2='http://foo.example' xml:lang='fr'><n1:elem2 \
                 xmlns:n1='http://example.net' xml:lang='en'><n3:stuff xmlns:n3='ftp://example.org'/></n1:elem2></n2:pdu>";
    let expected = "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\">\
                    <n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>";
    check_child(one, &[], expected);
    check_child(other, &[], expected);
    // Declared by siblings, redeclared inside, and used by an attribute only.
    check(
        "<a xmlns:p='1' xmlns:q='2'><p:b/><p:c p:d=''><p:e xmlns:p='3'><p:f xmlns:p='1'/></p:e></p:c></a>",
        &[],
        "<a><p:b xmlns:p=\"1\"></p:b><p:c xmlns:p=\"1\" p:d=\"\"><p:e xmlns:p=\"3\"><p:f xmlns:p=\"1\"></p:f>\
         </p:e></p:c></a>",
    );
}

#[test]
fn a_default_namespace_is_taken_back_only_where_one_was_written() {
    check(
        "<a xmlns=''><b xmlns='u'><c xmlns=''/></b></a>",
        &[],
        "<a><b xmlns=\"u\"><c xmlns=\"\"></c></b></a>",
    );
    check(
        "<p:a xmlns:p='p' xmlns='u'><b xmlns=''/></p:a>",
        &[],
        "<p:a xmlns:p=\"p\"><b></b></p:a>",
    );
    check_child("<a xmlns='u'><b xmlns=''/></a>", &[], "<b></b>");
}

#[test]
fn listed_prefixes_are_written_where_they_are_declared() {
    let text =
        "<a xmlns='d' xmlns:p='1' xmlns:q='2'><p:b x='q:y'><c xmlns:q='3' xmlns='e'/></p:b></a>";
    check_child(
        text,
        &["q"],
        "<p:b xmlns:p=\"1\" xmlns:q=\"2\" x=\"q:y\"><c xmlns=\"e\" xmlns:q=\"3\"></c></p:b>",
    );
    check_child(
        text,
        &["", "q", "p", "r", "xml"],
        "<p:b xmlns=\"d\" xmlns:p=\"1\" xmlns:q=\"2\" x=\"q:y\"><c xmlns=\"e\" xmlns:q=\"3\"></c></p:b>",
    );
    check_child(
        "<a xmlns='d'><p:b xmlns:p='1'><p:c xmlns=''/></p:b></a>",
        &[""],
        "<p:b xmlns=\"d\" xmlns:p=\"1\"><p:c xmlns=\"\"></p:c></p:b>",
    );
}

#[test]
fn what_is_left_out_has_no_content_but_its_ids_count() {
    let text = "<e><h><a ID='1'/></h><b xml:id='2'><c id='1'>x</c>y</b><b>z</b></e>";
    let path = [("", "e"), ("", "b")];
    let document = Document::read_without(text, Limits::default(), &path).unwrap();
    let root = document.root().unwrap();
    assert_eq!(root.canonical(&[]), "<e><h><a ID=\"1\"></a></h><b xml:id=\"2\"></b><b></b></e>");
    let assertion = root.children().next().unwrap().children().next().unwrap();
    let refused = xmldsig::verify(assertion, &[]).unwrap_err();
    assert_eq!(refused.cause(), xmldsig::Cause::Unsigned);
    for path in [&[("", "e"), ("u", "b")][..], &[("", "b")], &[("", "e"), ("", "a")]] {
        let document = Document::read_without(text, Limits::default(), path).unwrap();
        assert!(document.root().unwrap().canonical(&[]).contains("<c id=\"1\">x</c>y"));
    }
}
