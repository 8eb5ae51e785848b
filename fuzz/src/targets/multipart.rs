//! `soap::mtom::MultipartReader`: the same parts whatever pieces the bytes arrive in, and again when written.
//!
//! An input is the `Content-Type` of the package, a line end, and the package.

use soap::content_type::ContentType;
use soap::mtom::{
    MtomError, MultipartLimits, MultipartReader, MultipartRequest, MultipartWriter, PartEvent,
};

use super::reason;
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "multipart",
    run,
    seeds,
    samples: &[],
    tokens: &[&[
        "\r\n--MIMEBoundary_a\r\n",
        "\n--MIMEBoundary_a\n",
        "\r\n--MIMEBoundary_a--",
        "\r\n--MIMEBoundary_a--\r\n",
        "\r\n--MIMEBoundary_aa\r\n",
        "\r\n--MIMEBoundary_a \t\r\n",
        "--",
        "\r\n",
        "\r\n\r\n",
        "\n",
        "\r",
        "Content-ID: <0.MIMEBoundary_a@renkei>\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Transfer-Encoding: base64\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n",
        "Content-Transfer-Encoding: 8bit\r\n",
        "X: y\r\n z\r\n",
        ": ",
        "=",
        "=\r\n",
        "=3D",
        "QUJD",
        "QQ==",
        "boundary=",
        "boundary=\"\"",
        "\0",
    ]],
};

const LIMITS: MultipartLimits =
    MultipartLimits { parts: 20, header_bytes: 1_000, headers_per_part: 8 };

#[derive(Debug, Default, PartialEq, Eq)]
struct Part {
    content_id: Option<String>,
    content_type: Option<String>,
    data: Vec<u8>,
    is_whole: bool,
}

fn run(bytes: &[u8]) -> Verdict {
    let line_end = bytes.iter().position(|byte| *byte == b'\n').ok_or("no package")?;
    let (head, body) = bytes.split_at_checked(line_end.saturating_add(1)).unwrap_or_default();
    let head = std::str::from_utf8(head).map_err(reason)?;
    let content_type = ContentType::parse(head.trim()).map_err(reason)?;
    let request = MultipartRequest::from_content_type(&content_type).map_err(reason)?;
    let whole = read(&request.boundary, [body]);
    assert_eq!(read(&request.boundary, body.chunks(1)), whole, "byte by byte");
    assert_eq!(read(&request.boundary, body.chunks(7)), whole, "in pieces");
    let parts = whole.map_err(reason)?;
    assert!(parts.len() <= LIMITS.parts, "over the limit");
    let length: usize = parts.iter().map(|part| part.data.len()).sum();
    assert!(length <= body.len(), "content of nothing");
    assert!(parts.iter().all(|part| part.is_whole), "a part without end in a whole package");
    check_written(&parts);
    let mut indexed = parts.iter().enumerate();
    let has_root =
        indexed.any(|(index, part)| request.root.is_root(index, part.content_id.as_deref()));
    Ok(format!("{} parts, root {has_root}", parts.len().min(4)))
}

fn read<'b>(
    boundary: &str,
    chunks: impl IntoIterator<Item = &'b [u8]>,
) -> Result<Vec<Part>, MtomError> {
    let mut reader = MultipartReader::new(boundary, LIMITS)?;
    let mut parts: Vec<Part> = Vec::new();
    let mut is_finished = false;
    for chunk in chunks {
        reader.push(chunk, &mut |event| {
            assert!(!is_finished, "an event behind the end");
            match event {
                PartEvent::Begin(headers) => parts.push(Part {
                    content_id: headers.content_id,
                    content_type: headers.content_type,
                    ..Part::default()
                }),
                PartEvent::Data(data) => {
                    assert!(!data.is_empty(), "no data");
                    if let Some(part) = parts.last_mut() {
                        assert!(!part.is_whole, "data behind the end of their part");
                        part.data.extend_from_slice(data);
                    }
                }
                PartEvent::End => {
                    if let Some(part) = parts.last_mut() {
                        part.is_whole = true;
                    }
                }
                PartEvent::Finished => is_finished = true,
            }
            Ok::<(), MtomError>(())
        })?;
    }
    reader.finish()?;
    Ok(parts)
}

/// Contents come back from a package of ours, be they what they will.
fn check_written(parts: &[Part]) {
    // The boundary is unguessable in life; here the contents know the one of the seeds.
    let writer = MultipartWriter::new("another");
    let mut bytes = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let head = match index {
            0 => writer.root_head(),
            _ => writer.part_head(&writer.content_id(index), "text/plain"),
        };
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(&part.data);
        bytes.extend_from_slice(MultipartWriter::PART_TAIL.as_bytes());
    }
    bytes.extend_from_slice(writer.final_tail().as_bytes());
    let Ok(content_type) = ContentType::parse(&writer.content_type("urn:a")) else {
        unreachable!("our own content type");
    };
    let Ok(request) = MultipartRequest::from_content_type(&content_type) else {
        unreachable!("our own package");
    };
    let again = read(&request.boundary, [bytes.as_slice()])
        .map(|parts| parts.into_iter().map(|part| part.data).collect::<Vec<_>>());
    let contents: Vec<_> = parts.iter().map(|part| part.data.clone()).collect();
    assert_eq!(again, Ok(contents), "written and read again");
}

fn seeds() -> Vec<Vec<u8>> {
    let writer = MultipartWriter::new("a");
    let content_type = writer.content_type("urn:a");
    let tail = writer.final_tail();
    let root = format!("{}<a/>\r\n", writer.root_head());
    let part = |id: &str, encoding: &str, data: &str| {
        writer.part_head(id, "text/plain").replace("binary", encoding) + data + "\r\n"
    };
    let plain = part("1", "binary", "--MIMEBoundary\r\n\r\n-");
    let base64 = part("2", "base64", "QUJD\r\nREVG\r\n");
    let printable = part("3", "quoted-printable", "a=3Db=\r\nc \r\n");
    vec![
        format!("{content_type}\r\n{root}{tail}").into_bytes(),
        format!("{content_type}\r\nignored\r\n{root}{plain}{base64}{printable}{tail}end")
            .into_bytes(),
    ]
}
