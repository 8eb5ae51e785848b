//! QUQI_IN000003UV01: pages that follow, and pages that are not wanted.

use hl7v3::Interaction::{self, CancelQuery, ContinueQuery};
use hl7v3::{Acknowledgement, ContentError, Location, QueryContinuation, write_acknowledgement};

use crate::support::{QUERY_ID, QueryPieces, check_schema, read_continuation};

const CONTINUATION: &str = "controlActProcess/queryContinuation";

fn read(interaction: Interaction, header: &str) -> Result<QueryContinuation, ContentError> {
    let pieces = QueryPieces {
        header: header.to_owned(),
        ..QueryPieces::continuation(interaction, "QUQI_IN000003UV01")
    };
    read_continuation(&pieces.write(), interaction).query
}

#[track_caller]
fn check(
    interaction: Interaction,
    header: &str,
    expected: fn(Location) -> ContentError,
    element: &str,
) {
    let fault = read(interaction, &format!("{QUERY_ID}{header}")).unwrap_err();
    assert_eq!(fault, expected(fault.location()));
    assert_eq!(fault.location().to_string(), format!("{CONTINUATION}/{element}"));
}

#[test]
fn either_comes_in_an_element_of_any_of_the_names() {
    for interaction in [ContinueQuery, CancelQuery] {
        assert_eq!(interaction.elements().len(), 3);
        for element in interaction.elements() {
            let text = QueryPieces::continuation(interaction, element).write();
            let message = read_continuation(&text, interaction);
            assert_eq!(message.wrapper.element, *element);
            assert_eq!(message.copy, None);
            let continuation = message.query.unwrap();
            assert_eq!(continuation.query_id.to_string(), "18204@1.2.840.999");
            assert_eq!(continuation.start_result_number, Some(11));
            assert_eq!(continuation.quantity, Some(10));
            // The name of the element may stand in the wrapper as well; another one may not.
            let extended = text
                .replace("extension=\"QUQI_IN000003UV01\"", &format!("extension=\"{element}\""));
            assert!(read_continuation(&extended, interaction).query.is_ok());
        }
        let text = QueryPieces::continuation(interaction, "QUQI_IN000003UV01").write();
        let other = text.replace("extension=\"QUQI_IN000003UV01\"", "extension=\"?\"");
        let fault = read_continuation(&other, interaction).query;
        assert_eq!(fault, Err(ContentError::InteractionMismatch));
        for trigger in ["PRPA_TE000003UV01", "QUQI_TE000003UV01"] {
            let text = text.replace("QUQI_TE000003UV01", trigger);
            assert!(read_continuation(&text, interaction).query.is_ok());
        }
        check_schema("QUQI_IN000003UV01", &[text]);
    }
}

#[test]
fn only_the_id_of_the_query_is_demanded() {
    for interaction in [ContinueQuery, CancelQuery] {
        let continuation = read(interaction, QUERY_ID).unwrap();
        assert_eq!((continuation.start_result_number, continuation.quantity), (None, None));
        let fault = read(interaction, "").unwrap_err();
        assert_eq!(fault, ContentError::Missing { location: Location::continued_query_id() });
    }
    let nothing = "<continuationQuantity value='0'/><startResultNumber value='0'/>";
    assert!(read(CancelQuery, &format!("{QUERY_ID}{nothing}")).is_ok());
}

#[test]
fn a_status_that_contradicts_the_action_is_a_fault() {
    let unknown = |location| ContentError::UnknownCode { location };
    check(ContinueQuery, "<statusCode code='aborted'/>", unknown, "statusCode");
    check(CancelQuery, "<statusCode code='waitContinuedQueryResponse'/>", unknown, "statusCode");
    check(ContinueQuery, "<statusCode code='new'/>", unknown, "statusCode");
}

#[test]
fn numbers_are_numbers() {
    let invalid = |location| ContentError::Invalid { location };
    for element in ["startResultNumber", "continuationQuantity"] {
        for value in ["0", "-1", "+1", "1.0", "ten", "4294967296", " 1"] {
            let header = format!("<{element} value='{value}'/>");
            check(ContinueQuery, &header, invalid, element);
        }
        let missing = |location| ContentError::Missing { location };
        check(ContinueQuery, &format!("<{element}/>"), missing, &format!("{element}/@value"));
        let null = format!("{QUERY_ID}<{element} nullFlavor='NI'/>");
        assert!(read(ContinueQuery, &null).is_ok());
        let repeated = |location| ContentError::Repeated { location };
        check(ContinueQuery, &format!("<{element} value='1'/>").repeat(2), repeated, element);
    }
    let start = Location::start_result_number().to_string();
    assert_eq!(start, format!("{CONTINUATION}/startResultNumber"));
}

#[test]
fn a_cancellation_is_acknowledged() {
    let text = QueryPieces::continuation(CancelQuery, "QUQI_IN000003UV01_Cancel").write();
    let message = read_continuation(&text, CancelQuery);
    let id = datatypes::Oid::parse("1.2.3").unwrap();
    let time = datatypes::Dtm::parse("20260401093001").unwrap();
    let text = write_acknowledgement(&message.wrapper, &Acknowledgement::accept(), &id, &time);
    assert!(text.contains("<typeCode code=\"CA\"/>"), "{text}");
    check_schema("MCCI_IN000002UV01", &[text]);
    let xpath = Location::continued_query_id().xpath(message.wrapper.element);
    assert_eq!(xpath, "/QUQI_IN000003UV01_Cancel/controlActProcess/queryContinuation/queryId");
}
