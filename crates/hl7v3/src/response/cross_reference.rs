//! ITI-45, PRPA_IN201310UV02 (ITI TF-2: 3.45.4.2).

use identity::LocalId;
use xml::Writer;

use super::{Answering, QueryFault, Verdict};
use crate::registration::Registration;

/// The answer to a PIX query: other identifiers of the person, or why there are none.
///
/// Without identifiers it says `NF`. Nothing but identifiers is told of the person.
#[must_use]
pub fn write_cross_reference_response(
    answering: &Answering<'_>,
    found: Result<&[LocalId], &QueryFault>,
) -> String {
    let verdict = match found {
        Ok([]) => Verdict::nothing_found(),
        Ok(_) => Verdict::found(),
        Err(fault) => Verdict::of(fault),
    };
    let mut writer = answering.start("PRPA_IN201310UV02", "PRPA_TE201310UV02", &verdict);
    if let Ok(identifiers @ [_, ..]) = found {
        let custodian = answering.wrapper.receiver.as_ref();
        let registration = Registration { identifiers, custodian };
        registration.write(&mut writer, write_no_name, |_| {});
    }
    answering.finish(&verdict, None, writer)
}

/// The model demands a name, the profile wants none.
pub(crate) fn write_no_name(writer: &mut Writer) {
    writer.empty("name", &[("nullFlavor", "NA")]);
}
