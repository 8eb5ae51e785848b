//! Parts that arrive encoded for mail.

use proptest::prelude::{any, prop_assert_eq, proptest};
use soap::mtom::{MtomError, MultipartLimits};

use crate::read_in_chunks;

fn decode_in_chunks(
    encoding: &str,
    content: &[u8],
    chunk_bytes: usize,
) -> Result<Vec<u8>, MtomError> {
    let head = format!("--b\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n");
    let message = [head.as_bytes(), content, b"\r\n--b--"].concat();
    let parts = read_in_chunks("b", &message, chunk_bytes, MultipartLimits::default())?;
    assert_eq!(parts.len(), 1);
    Ok(parts.into_iter().next().unwrap().1)
}

#[track_caller]
fn check(encoding: &str, content: &[u8], expected: Result<&[u8], MtomError>) {
    for chunk_bytes in [1, 2, 3, 5, usize::MAX] {
        let decoded = decode_in_chunks(encoding, content, chunk_bytes);
        assert_eq!(decoded.as_deref().map_err(|error| *error), expected);
    }
}

#[test]
fn bytes_are_taken_as_they_are() {
    for encoding in ["binary", "8bit", "7bit", "BINARY", " 8Bit "] {
        check(encoding, b"=3D \xFF\0\r\n", Ok(b"=3D \xFF\0\r\n"));
    }
}

#[test]
fn unknown_encodings_are_refused() {
    for encoding in ["gzip", "x-uuencode", "", "base64, binary"] {
        check(encoding, b"x", Err(MtomError::TransferEncoding));
    }
}

#[test]
fn base64_is_decoded() {
    check("base64", b"", Ok(b""));
    check("base64", b"\r\n", Ok(b""));
    check("base64", b"Zg==", Ok(b"f"));
    check("Base64", b"Zm8=", Ok(b"fo"));
    check("base64", b" Zm\r\n9v\r\nYm E=\r\n", Ok(b"fooba"));
    check("base64", b"+/+/", Ok(b"\xFB\xFF\xBF"));
}

#[test]
fn damaged_base64_is_refused() {
    let contents: [&[u8]; 10] =
        [b"Z", b"Zg", b"Zg=", b"Zm8", b"Zg===", b"=", b"Zg==Zg==", b"Zh==", b"Zm9=", b"Zm-_"];
    for content in contents {
        check("base64", content, Err(MtomError::TransferData));
    }
}

#[test]
fn quoted_printable_is_decoded() {
    check("quoted-printable", b"a=3Db=E3=81=82=0a", Ok("a=b\u{3042}\n".as_bytes()));
    check("quoted-printable", b"a=\r\nb= \t\r\nc=\nd", Ok(b"abcd"));
    check("quoted-printable", b"a \t\r\n b \t c  ", Ok(b"a\r\n b \t c"));
    check("quoted-printable", b"a=", Ok(b"a"));
    check("quoted-printable", b"", Ok(b""));
}

#[test]
fn damaged_quoted_printable_is_refused() {
    for content in [b"a=G0".as_slice(), b"a=4", b"a= b", b"a=\rb", b"\xE3\x81\x82", b"a\0", b"a=\r"]
    {
        check("quoted-printable", content, Err(MtomError::TransferData));
    }
    // White space that never ends must not fill the memory.
    check("quoted-printable", &[b' '; 2_000], Err(MtomError::TransferData));
}

/// Base64 by the table of RFC 4648, with a line end after every 76 characters.
fn encode_base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits: usize, byte| (bits << 8) | usize::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        let sextets = [bits >> 18, bits >> 12, bits >> 6, bits];
        let used = sextets.iter().take(group.len() + 1);
        text.extend(used.map(|sextet| *ALPHABET.get(sextet & 63).unwrap()));
        text.resize(text.len() + 3 - group.len(), b'=');
        if text.len() % 78 == 76 {
            text.extend(b"\r\n");
        }
    }
    text
}

fn encode_quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.chunks(20).map(|line| {
        line.iter().map(|byte| match byte {
            b'!'..=b'<' | b'>'..=b'~' => char::from(*byte).to_string(),
            _ => format!("={byte:02X}"),
        })
    });
    lines.map(|line| line.collect::<String>()).collect::<Vec<_>>().join("=\r\n").into_bytes()
}

proptest! {
    #[test]
    fn base64_round_trip(bytes in any::<Vec<u8>>(), chunk_bytes in 1..80_usize) {
        prop_assert_eq!(decode_in_chunks("base64", &encode_base64(&bytes), chunk_bytes), Ok(bytes));
    }

    #[test]
    fn quoted_printable_round_trip(bytes in any::<Vec<u8>>(), chunk_bytes in 1..80_usize) {
        let encoded = encode_quoted_printable(&bytes);
        prop_assert_eq!(decode_in_chunks("quoted-printable", &encoded, chunk_bytes), Ok(bytes));
    }

    #[test]
    fn any_content_ends(bytes in "[=A-F0-9 \\t\\r\\n]{0,40}", chunk_bytes in 1..10_usize) {
        for encoding in ["base64", "quoted-printable"] {
            let in_pieces = decode_in_chunks(encoding, bytes.as_bytes(), chunk_bytes);
            prop_assert_eq!(in_pieces, decode_in_chunks(encoding, bytes.as_bytes(), usize::MAX));
        }
    }
}
