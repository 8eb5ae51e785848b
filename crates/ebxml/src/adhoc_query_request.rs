//! `query:AdhocQueryRequest`: the question of ITI-18, ITI-38 and ITI-51, ITI TF-2: 3.18.4.1.2.
//!
//! Only the shape is read here: parameters stay text, which `xds::query` gives its meaning.

use xds::query::{AdhocQueryRequest, RawParameter};
use xml::{Element, Reader, Writer};

use crate::ReadError;
use crate::limits::{self, room_for_one_more};
use crate::namespace::{QUERY, RIM, RS};
use crate::rim::attribute;
use crate::slots::{self, read_values, slot_name};

const REQUEST: &str = "AdhocQueryRequest";

/// What an absent `returnType` means by the schema; no profile of IHE asks for it.
const DEFAULT_RETURN_TYPE: &str = "RegistryObject";

/// Reads the request after its start. Paging and federation attributes are ignored.
///
/// # Errors
/// [`ReadError`] if the message has not the shape of a query.
pub fn read_adhoc_query_request(reader: &mut Reader<'_>) -> Result<AdhocQueryRequest, ReadError> {
    let mut return_type = None;
    let mut query = None;
    while let Some(child) = reader.next_child()? {
        if child.is(QUERY, "ResponseOption") && return_type.is_none() {
            let value = attribute(&child, "returnType");
            return_type =
                Some(value.map_or_else(|| DEFAULT_RETURN_TYPE.to_owned(), |v| v.into_owned()));
            reader.skip()?;
        } else if child.is(RIM, "AdhocQuery") && query.is_none() {
            query = Some(read_query(reader, &child)?);
        } else if child.is(RS, "RequestSlotList") {
            reader.skip()?;
        } else {
            return Err(ReadError::Unexpected { inside: REQUEST });
        }
    }
    let missing = |what| ReadError::Missing { inside: REQUEST, what };
    let query = query.ok_or(missing("AdhocQuery"))?;
    let return_type = return_type.ok_or(missing("ResponseOption"))?;
    Ok(AdhocQueryRequest { return_type, ..query })
}

/// The AdhocQuery without its return type, which stands beside it.
fn read_query(
    reader: &mut Reader<'_>,
    element: &Element<'_>,
) -> Result<AdhocQueryRequest, ReadError> {
    let missing_id = ReadError::Missing { inside: "AdhocQuery", what: "id" };
    let mut query = AdhocQueryRequest {
        query_id: attribute(element, "id").ok_or(missing_id)?.into_owned(),
        home: attribute(element, "home").map(|home| home.into_owned()),
        return_type: String::new(),
        parameters: Vec::new(),
    };
    while let Some(child) = reader.next_child()? {
        if child.is(RIM, "Slot") {
            room_for_one_more(query.parameters.len(), limits::SLOTS_PER_OBJECT, "parameters")?;
            let name = slot_name(&child)?.into_owned();
            let values = read_values(reader)?.into_iter().map(|v| v.into_owned()).collect();
            query.parameters.push(RawParameter { name, values });
        } else {
            // A Name or a QueryExpression has no say in a stored query.
            reader.skip()?;
        }
    }
    Ok(query)
}

/// Writes the request so that the ebRS schema accepts it.
pub fn write_adhoc_query_request(request: &AdhocQueryRequest) -> String {
    let mut writer = Writer::new();
    writer.start("query:AdhocQueryRequest", &[("xmlns:query", QUERY), ("xmlns:rim", RIM)]);
    let option = [("returnType", request.return_type.as_str()), ("returnComposedObjects", "true")];
    writer.empty("query:ResponseOption", &option);
    let mut attributes = vec![("id", request.query_id.as_str())];
    attributes.extend(request.home.as_deref().map(|home| ("home", home)));
    writer.start("rim:AdhocQuery", &attributes);
    for RawParameter { name, values } in &request.parameters {
        slots::write_even_if_empty(&mut writer, name, values);
    }
    writer.finish()
}
