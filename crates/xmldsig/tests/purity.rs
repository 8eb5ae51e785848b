//! Of OpenSSL the crate uses functions of bytes only: no sockets, no files.

use std::fs;
use std::path::Path;

const ALLOWED: [&str; 10] =
    ["bn", "ecdsa", "error", "hash", "nid", "pkey", "sha", "sign", "x509", "ec"];

#[test]
fn nothing_of_openssl_but_functions_of_bytes_is_used() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut n_uses = 0;
    for entry in fs::read_dir(sources).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for after in text.split("openssl::").skip(1) {
            n_uses += 1;
            let module = after.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
            assert!(ALLOWED.contains(&module), "openssl::{module}");
        }
    }
    assert!(n_uses > 5, "{n_uses}");
}
