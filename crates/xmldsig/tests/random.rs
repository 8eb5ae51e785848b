//! Random documents that a seed repeats.

use std::fmt::Write;

/// Splitmix64.
pub(crate) struct Dice {
    state: u64,
}

/// A document twice: as we get it, and without the comments, as an oracle that keeps comments gets it.
#[derive(Default, Clone)]
pub(crate) struct Twice {
    pub(crate) ours: String,
    pub(crate) bare: String,
}

const PREFIXES: [&str; 5] = ["", "a", "b", "xs", "日本"];
/// Without `&`, which libxml2 leaves as it is in the names of namespaces, against Canonical XML 1.0, section 2.3.
const NAMESPACES: [&str; 5] =
    ["urn:a", "urn:b", "http://example.org/?x=1;y", "urn:%E3%81%82", "urn:A"];
const LOCALS: [&str; 6] = ["a", "Z", "x-1.y", "_", "名前", "ID2"];
const TEXTS: [&str; 16] = [
    "text",
    " ",
    "\n\t",
    "\r\n",
    "\r",
    "&#13;",
    "&#xA;&#9;",
    "&lt;&gt;&amp;&quot;&apos;",
    "山田 太郎",
    "𠮷野",
    "か\u{3099}",
    "&#x20BB7;",
    "\u{3000}",
    "\"'",
    "\u{85}\u{2028}",
    "]]&gt;",
];

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice { state: seed }
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(n).unwrap()).unwrap()
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *from.get(self.below(from.len())).unwrap()
    }

    pub(crate) fn document(&mut self) -> Twice {
        let mut text = Twice::default();
        self.comment(&mut text);
        self.element(&mut text, &[("", 0)], 0);
        self.comment(&mut text);
        text
    }

    /// `scope` holds prefixes with the number of their namespace, 0 for none, the innermost last.
    fn element(&mut self, text: &mut Twice, scope: &[(&'static str, usize)], depth: usize) {
        let mut scope = scope.to_vec();
        let mut declared: Vec<(&str, usize)> = Vec::new();
        for _ in 0..self.below(4) {
            let prefix = self.pick(&PREFIXES);
            let least = usize::from(!prefix.is_empty());
            let namespace = least + self.below(NAMESPACES.len() + 1 - least);
            if declared.iter().all(|(other, _)| *other != prefix) {
                declared.push((prefix, namespace));
                scope.push((prefix, namespace));
            }
        }
        let prefix = self.pick(&scope).0;
        let local = self.pick(&LOCALS);
        let name = if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") };
        text.push("<");
        text.push(&name);
        let mut attributes = self.attributes(&scope);
        attributes.extend(declared.iter().map(|(prefix, namespace)| {
            let separator = if prefix.is_empty() { "" } else { ":" };
            let namespace = namespace.checked_sub(1).map_or("", |at| *NAMESPACES.get(at).unwrap());
            (format!("xmlns{separator}{prefix}"), namespace.to_owned())
        }));
        while !attributes.is_empty() {
            let (name, value) = attributes.swap_remove(self.below(attributes.len()));
            let quote = if value.contains('"') { "'" } else { "\"" };
            text.push(self.pick(&[" ", "\n", "  "]));
            text.push(&[&name, "=", quote, &value, quote].concat());
        }
        text.push(">");
        for _ in 0..self.below(5) {
            match self.below(6) {
                0 | 1 if depth < 6 => self.element(text, &scope, depth + 1),
                2 => text.push(self.pick(&["<![CDATA[<&]]>", "<![CDATA[]]>", "<![CDATA[ \r\n]]>"])),
                3 => self.comment(text),
                _ => text.push(self.pick(&TEXTS)),
            }
        }
        text.push(&format!("</{name} >"));
    }

    fn attributes(&mut self, scope: &[(&'static str, usize)]) -> Vec<(String, String)> {
        let mut attributes: Vec<(String, String)> = Vec::new();
        let mut expanded: Vec<(usize, &str)> = Vec::new();
        for _ in 0..self.below(4) {
            let prefix = self.pick(scope).0;
            let innermost = scope.iter().rev().find(|(other, _)| *other == prefix).unwrap();
            let namespace = if prefix.is_empty() { 0 } else { innermost.1 };
            let local = self.pick(&LOCALS);
            if expanded.contains(&(namespace, local)) {
                continue;
            }
            expanded.push((namespace, local));
            let separator = if prefix.is_empty() { "" } else { ":" };
            let mut value = String::new();
            for _ in 0..self.below(3) {
                write!(value, "{}", self.pick(&TEXTS).replace(['"', '\''], ":")).unwrap();
            }
            attributes.push((format!("{prefix}{separator}{local}"), value));
        }
        if self.below(6) == 0 {
            attributes.push(("xml:lang".to_owned(), "ja".to_owned()));
        }
        attributes
    }

    fn comment(&mut self, text: &mut Twice) {
        // A line end may not be made of two by taking out what stands between them.
        if self.below(3) == 0 && !text.bare.ends_with('\r') {
            text.ours.push_str("<!-- <a> & -->");
        }
    }
}

impl Twice {
    fn push(&mut self, piece: &str) {
        self.ours.push_str(piece);
        self.bare.push_str(piece);
    }
}
