//! MIME types and the endings of file names that go with them.

use std::ffi::OsStr;
use std::path::Path;

use datatypes::MimeType;

/// Ending and type. Of several endings for one type the first is written.
const ENDINGS: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("xml", "text/xml"),
    ("cda", "text/xml"),
    ("xml", "application/xml"),
    ("txt", "text/plain"),
    ("html", "text/html"),
    ("htm", "text/html"),
    ("csv", "text/csv"),
    ("md", "text/markdown"),
    ("rtf", "text/rtf"),
    ("json", "application/json"),
    ("fhir.json", "application/fhir+json"),
    ("fhir.xml", "application/fhir+xml"),
    ("dcm", "application/dicom"),
    ("zip", "application/zip"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("gif", "image/gif"),
    ("mp4", "video/mp4"),
];

/// What the ending of a file name tells, in any case; `None` if it tells nothing.
pub(crate) fn by_ending(file: &Path) -> Option<MimeType> {
    let name = file.file_name().and_then(OsStr::to_str)?.to_ascii_lowercase();
    let has_ending = |ending: &str| {
        name.strip_suffix(ending).is_some_and(|stem| stem.len() > 1 && stem.ends_with('.'))
    };
    // Of two endings that fit, the longer one says more.
    let fitting = ENDINGS.iter().filter(|(ending, _)| has_ending(ending));
    let (_, mime_type) =
        fitting.reduce(|best, next| if next.0.len() > best.0.len() { next } else { best })?;
    MimeType::parse(mime_type).ok()
}

/// The ending for a new file of this type; RFC 2045: 5.1 makes case irrelevant.
pub(crate) fn ending(mime_type: &MimeType) -> &'static str {
    let known = |(_, known): &&(&str, &str)| mime_type.as_str().eq_ignore_ascii_case(known);
    ENDINGS.iter().find(known).map_or("bin", |(ending, _)| ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, expected: Option<&str>) {
        let found = by_ending(Path::new(file)).map(|mime_type| mime_type.as_str().to_owned());
        assert_eq!(found.as_deref(), expected, "{file}");
    }

    #[test]
    fn the_ending_tells_the_type() {
        check("report.pdf", Some("application/pdf"));
        check("/a/b.c/退院時サマリー.XML", Some("text/xml"));
        check("image.v2.JPEG", Some("image/jpeg"));
        check("bundle.fhir.json", Some("application/fhir+json"));
        check("bundle.json", Some("application/json"));
    }

    #[test]
    fn a_name_without_known_ending_tells_nothing() {
        for file in ["report", "pdf", ".pdf", "report.exe", "xpdf", "report.pdf.", "", ".."] {
            check(file, None);
        }
    }

    #[test]
    fn every_type_has_an_ending_that_is_written() {
        for (_, mime_type) in ENDINGS {
            let mime_type = MimeType::parse(mime_type).unwrap();
            assert_ne!(ending(&mime_type), "bin");
        }
        assert_eq!(ending(&MimeType::parse("Image/JPEG").unwrap()), "jpg");
        assert_eq!(ending(&MimeType::parse("application/x-unknown").unwrap()), "bin");
    }
}
