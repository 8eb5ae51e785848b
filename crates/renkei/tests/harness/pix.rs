//! PIX queries in both versions of HL7, written by hand.

use std::io;

use super::community::Community;
use super::feed::exchange;
use super::http::{Connection, post};
use super::manager::{cx, listener};
use super::node::escape;
use super::reply::Reply;
use super::soap::{envelope, new_message_id, simple};

/// ITI-44 and ITI-45.
pub(crate) const PIX_V3: &str = "/pix/v3";

/// Identifiers as CX, or the code of the refusal.
pub(crate) type Answered = Result<Vec<String>, String>;

/// ITI-9: what else is known of an identifier in some domains.
#[track_caller]
pub(crate) fn ask(community: &Community, id: &str, domains: &[&str]) -> Answered {
    ask_on(&mut listener(community), id, domains).unwrap()
}

/// As [`ask`], of a manager that may be gone.
#[track_caller]
pub(crate) fn ask_on(manager: &mut Connection, id: &str, domains: &[&str]) -> io::Result<Answered> {
    let domains: Vec<String> = domains.iter().map(|oid| cx("", oid)).collect();
    let message = format!(
        "MSH|^~\\&|PORTAL|HOSPITAL|RENKEI|REGION|20260101120000||QBP^Q23^QBP_Q21|question|P|2.5||||||\
         UNICODE UTF-8\rQPD|IHE PIX Query|tag|{id}|{}\rRCP|I\r",
        domains.join("~")
    );
    let answer = String::from_utf8(exchange(manager, message.as_bytes())?).unwrap();
    let field = |segment: &str, place: usize| {
        let line = answer.split('\r').find(|line| line.split('|').next() == Some(segment));
        line.and_then(|line| line.split('|').nth(place)).unwrap_or_default().to_owned()
    };
    assert_eq!((field("MSA", 2).as_str(), field("QAK", 1).as_str()), ("question", "tag"));
    Ok(match (field("MSA", 1).as_str(), field("QAK", 2).as_str()) {
        ("AA", "OK") => Ok(field("PID", 3).split('~').map(without_namespace).collect()),
        ("AA", "NF") => Ok(Vec::new()),
        _ => Err(field("ERR", 3).split('^').next().unwrap().to_owned()),
    })
}

/// `id^^^ns&oid&ISO` without the namespace.
fn without_namespace(cx: &str) -> String {
    let (id, authority) = cx.split_once("^^^").unwrap();
    let (_, rest) = authority.split_once('&').unwrap();
    format!("{id}^^^&{rest}")
}

/// ITI-45, as [`ask`].
#[track_caller]
pub(crate) fn ask_v3(community: &Community, id: &str, domains: &[&str]) -> Answered {
    let reply = query_v3(community, id, domains);
    let code = reply.payload().the("acknowledgement").the("typeCode").attribute("code").unwrap();
    let answered = reply.payload().all("queryResponseCode");
    match (code, answered.first().unwrap().attribute("code").unwrap()) {
        ("AA", "OK") => {
            let patients = reply.payload().all("patient");
            let of_patient = patients.iter().flat_map(|patient| &patient.children);
            let others = reply.payload().all("asOtherIDs");
            let of_others = others.iter().flat_map(|other| &other.children);
            let ids = of_patient.chain(of_others).filter(|child| child.local == "id");
            let as_cx = |id: &super::node::Node| {
                Some(cx(id.attribute("extension")?, id.attribute("root")?))
            };
            Ok(ids.filter_map(as_cx).collect())
        }
        ("AA", "NF") => Ok(Vec::new()),
        _ => Err(reply.codes().first().unwrap().clone()),
    }
}

/// The whole answer of ITI-45.
pub(crate) fn query_v3(community: &Community, id: &str, domains: &[&str]) -> Reply {
    let (extension, authority) = id.split_once("^^^&").unwrap();
    let root = authority.strip_suffix("&ISO").unwrap();
    let source = |oid: &&str| {
        format!(
            "<dataSource><value root=\"{oid}\"/><semanticsText>DataSource.id</semanticsText></dataSource>"
        )
    };
    let sources: String = domains.iter().map(source).collect();
    let parameters = format!(
        "{sources}<patientIdentifier><value root=\"{root}\" extension=\"{}\"/>\
         <semanticsText>Patient.id</semanticsText></patientIdentifier>",
        escape(extension)
    );
    let header = "<statusCode code=\"new\"/><responsePriorityCode code=\"I\"/>";
    let body = question_v3("PRPA_IN201309UV02", header, &parameters);
    send_v3(community, PIX_V3, ("urn:hl7-org:v3:PRPA_IN201309UV02", &body))
}

/// A message of HL7 v3 to one of the manager's endpoints, with its action.
pub(crate) fn send_v3(community: &Community, path: &str, (action, body): (&str, &str)) -> Reply {
    let addresses = &community.endpoints.addresses;
    let mut urls = [&addresses.pix_v3, &addresses.pdq_v3].into_iter().flatten();
    let url = urls.find(|url| url.ends_with(path)).unwrap();
    let envelope = envelope(action, &new_message_id(), body);
    let request = post(path, &[("Content-Type", &simple(action))], envelope.as_bytes());
    Reply::read(community.connect(url).exchange(&request).unwrap())
}

/// A query of HL7 v3 with what stands before its parameters.
pub(crate) fn question_v3(name: &str, header: &str, parameters: &str) -> String {
    let trigger = name.replace("_IN", "_TE");
    let device = "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"1.2.392.99.9\"/></device>";
    format!(
        "<{name} xmlns=\"urn:hl7-org:v3\" ITSVersion=\"XML_1.0\">\
         <id root=\"1.2.392.99.9\" extension=\"question\"/><creationTime value=\"20260101120000\"/>\
         <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"{name}\"/><processingCode code=\"P\"/>\
         <processingModeCode code=\"T\"/><acceptAckCode code=\"AL\"/>\
         <receiver typeCode=\"RCV\">{device}</receiver><sender typeCode=\"SND\">{device}</sender>\
         <controlActProcess classCode=\"CACT\" moodCode=\"EVN\">\
         <code code=\"{trigger}\" codeSystem=\"2.16.840.1.113883.1.6\"/>\
         <queryByParameter><queryId root=\"1.2.392.99.9\" extension=\"query\"/>{header}\
         <parameterList>{parameters}</parameterList></queryByParameter></controlActProcess></{name}>"
    )
}
