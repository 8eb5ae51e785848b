//! What is kept of a run: every request and every answer, as they went over the wire.
//!
//! `<folder>/<iti-nn>/<case>/<step>-request.http`, `…-answer.http`, `….hl7`. An HTTP file holds
//! the request line or status, the headers, an empty line, and the body byte for byte.

use crate::answer::Answer;
use crate::request::Request;
use std::io::Result;
use std::path::{Path, PathBuf};

/// The folder of one run.
#[derive(Debug)]
pub struct Evidence {
    folder: PathBuf,
}

impl Evidence {
    /// Evidence in a folder, which is created when the first message is kept.
    #[must_use]
    pub fn new(folder: PathBuf) -> Evidence {
        Evidence { folder }
    }

    /// Keeps a request; `number` counts the steps from 1.
    pub(crate) fn keep_request(
        &self,
        case: &str,
        number: usize,
        address: &str,
        request: &Request,
    ) -> Result<PathBuf> {
        if request.headers.is_empty() {
            return self.write(case, &format!("{number:02}-request.hl7"), &request.body);
        }
        let head = head(&format!("POST {address} HTTP/1.1"), &request.headers);
        let bytes = [head.as_bytes(), &request.body].concat();
        self.write(case, &format!("{number:02}-request.http"), &bytes)
    }

    /// Keeps an answer.
    pub(crate) fn keep_answer(
        &self,
        case: &str,
        number: usize,
        answer: &Answer,
    ) -> Result<PathBuf> {
        match answer {
            Answer::Hl7(hl7) => self.write(case, &format!("{number:02}-answer.hl7"), &hl7.bytes),
            Answer::Refused(reason) => {
                self.write(case, &format!("{number:02}-answer.txt"), reason.as_bytes())
            }
            Answer::Http(http) => {
                let head = head(&format!("HTTP/1.1 {}", http.status), &http.headers);
                let bytes = [head.as_bytes(), &http.body].concat();
                self.write(case, &format!("{number:02}-answer.http"), &bytes)
            }
        }
    }

    fn write(&self, case: &str, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let folder = self.folder.join(Path::new(case));
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(name);
        std::fs::write(&path, bytes)?;
        Ok(path)
    }
}

fn head(first: &str, headers: &[(String, String)]) -> String {
    let mut head = format!("{first}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head
}
