//! `hl7v3::read_acknowledgement`: what a consumer answers to an update notification (ITI-46).

use hl7v3::{AckTypeCode, read_acknowledgement};

use super::{XML_TOKENS, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target = Target {
    name: "hl7v3_acknowledgement",
    run,
    seeds,
    samples: &["hl7v3"],
    tokens: &[TOKENS, XML_TOKENS],
};

const TOKENS: &[&str] = &[
    "<acknowledgement>",
    "</acknowledgement>",
    "<typeCode code=\"AA\"/>",
    "<typeCode code=\"CR\"/>",
    "<targetMessage>",
    "<id root=\"1.2.3\"/>",
    "<acknowledgementDetail>",
    "<code code=\"204\"/>",
    " nullFlavor=\"NI\"",
];

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let (mut reader, _) = payload::open(&text)?;
    let read = read_acknowledgement(&mut reader).map_err(reason)?;
    if let Some(code) = &read.error_code {
        assert!(code.len() <= 16 && code.is_ascii(), "a code that is none: {code}");
    }
    Ok(format!("{:?}, named: {}", read.type_code, read.target.is_some()))
}

fn seeds() -> Vec<Vec<u8>> {
    [(AckTypeCode::CA, ""), (AckTypeCode::CE, DETAIL), (AckTypeCode::CR, DETAIL)]
        .map(|(code, detail)| {
            format!(
                "<MCCI_IN000002UV01 xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.9\"/><acknowledgement>\
                 <typeCode code=\"{code:?}\"/><targetMessage><id root=\"1.2.3\"/></targetMessage>{detail}\
                 </acknowledgement></MCCI_IN000002UV01>"
            )
            .into_bytes()
        })
        .to_vec()
}

const DETAIL: &str = "<acknowledgementDetail typeCode=\"E\"><code code=\"204\"/><text>unknown</text>\
    </acknowledgementDetail>";
