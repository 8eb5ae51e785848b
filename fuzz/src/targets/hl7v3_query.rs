//! The queries of ITI-45 and ITI-47 and their continuation: questions, faults, and the answer to either.

use datatypes::{Dtm, Oid};
use hl7v2::ErrorCode;
use hl7v3::{
    AckDetail, ContentError, DemographicsRequest, HL7_V3, Interaction, QueryFailure, QueryFault,
    QueryMessage, read_cross_reference_query, read_demographics_query, read_query_cancellation,
    read_query_continuation, write_cross_reference_response, write_demographics_response,
};
use identity::{CrossReferenceQuery, MatchPage};
use xml::Reader;

use super::{XML_TOKENS, payload, reason};
use crate::{Target, Verdict};

pub(super) const TARGET: Target =
    Target { name: "hl7v3_query", run, seeds, samples: &["hl7v3"], tokens: &[TOKENS, XML_TOKENS] };

const TOKENS: &[&str] = &[
    "<value root=\"1.2.3\" extension=\"4711\"/>",
    "<value root=\"1.2.4\"/>",
    "<value nullFlavor=\"NI\"/>",
    "<value value=\"1960\"/>",
    "<value><low value=\"1960\"/><high value=\"1961\"/></value>",
    "<value use=\"SYL\"><family>レンケイ</family></value>",
    "<value use=\"SRCH\">A*</value>",
    "<value code=\"F\"/>",
    "<dataSource>",
    "<patientIdentifier>",
    "<livingSubjectId>",
    "<livingSubjectName>",
    "<mothersMaidenName>",
    "<patientTelecom>",
    "<patientStatusCode/>",
    "<otherIDsScopingOrganization>",
    "<initialQuantity value=\"2\"/>",
    "<statusCode code=\"aborted\"/>",
    "<continuationQuantity value=\"0\"/>",
    " nullFlavor=\"UNK\"",
    " inclusive=\"false\"",
    " xmlns:v=\"urn:hl7-org:v3\"",
    "<v:value/>",
    "QUQI_IN000003UV01_Cancel",
];

fn run(bytes: &[u8]) -> Verdict {
    let text = payload::decode(bytes)?;
    let (mut reader, element) = payload::open(&text)?;
    let reader = &mut reader;
    if !element.namespace().eq(HL7_V3) {
        return Err("another namespace".to_owned());
    }
    match element.local() {
        "PRPA_IN201309UV02" => {
            let message = read_cross_reference_query(reader).map_err(reason)?;
            check_cross_reference(&message);
            let query = message.query.map_err(reason)?;
            Ok(format!("cross-references in {} domains", query.domains.len().min(2)))
        }
        "PRPA_IN201305UV02" => {
            let message = read_demographics_query(reader).map_err(reason)?;
            check_demographics(&message);
            let request = message.query.map_err(reason)?;
            assert!(!request.query.criteria.is_empty(), "everybody is asked for");
            Ok(format!("demographics by {:?}", request.query.criteria.first()))
        }
        local => {
            let element = Interaction::ContinueQuery.element(local).ok_or("another payload")?;
            let is_cancelled = local == "QUQI_IN000003UV01_Cancel";
            let read = if is_cancelled { read_query_cancellation } else { read_query_continuation };
            let message = read(reader, element).map_err(reason)?;
            let continuation = message.query.map_err(reason)?;
            let has_end = is_cancelled || continuation.quantity != Some(0);
            assert!(has_end, "a page of nothing is asked for");
            Ok(format!("continuation, cancelled: {is_cancelled}"))
        }
    }
}

/// What is answered to a query that was understood, or not.
fn fault(fault: &ContentError) -> QueryFault {
    let detail = AckDetail {
        location: Some(fault.location()),
        code: ErrorCode::DataTypeError,
        text: fault.to_string(),
    };
    QueryFault { failure: QueryFailure::Invalid, details: vec![detail] }
}

fn check_cross_reference(message: &QueryMessage<CrossReferenceQuery>) {
    let read = |reader: &mut Reader<'_>| read_cross_reference_query(reader).ok();
    check_answer(message, ["PRPA_IN201310UV02", "PRPA_IN201309UV02"], read, |id, time| {
        let fault = message.query.as_ref().err().map(fault);
        let found = fault.as_ref().map_or(Ok(&[][..]), Err);
        write_cross_reference_response(&message.answering(id, time), found)
    });
}

fn check_demographics(message: &QueryMessage<DemographicsRequest>) {
    let nothing = MatchPage { matches: Vec::new(), n_total: 0, n_remaining: 0, pointer: None };
    let read = |reader: &mut Reader<'_>| read_demographics_query(reader).ok();
    check_answer(message, ["PRPA_IN201306UV02", "PRPA_IN201305UV02"], read, |id, time| {
        let fault = message.query.as_ref().err().map(fault);
        let found = fault.as_ref().map_or(Ok(&nothing), Err);
        write_demographics_response(&message.answering(id, time), &[], found)
    });
}

/// The answer is XML, names the message that it answers, and its copy asks the same: an answer with the name
/// of its question can be read as one.
fn check_answer<Q: PartialEq>(
    message: &QueryMessage<Q>,
    names: [&str; 2],
    read: impl Fn(&mut Reader<'_>) -> Option<QueryMessage<Q>>,
    write: impl Fn(&Oid, &Dtm) -> String,
) {
    let (Ok(id), Ok(time)) = (Oid::parse("1.2.3"), Dtm::parse("20260401093000")) else {
        unreachable!("legal values");
    };
    let [answer, question] = names;
    let text = write(&id, &time);
    let (mut reader, _) = payload::reopen(&text);
    let acknowledgement = hl7v3::read_acknowledgement(&mut reader);
    let target = acknowledgement.ok().and_then(|acknowledgement| acknowledgement.target);
    assert_eq!(target.as_ref(), Some(&message.wrapper.id), "the message that is answered");
    if message.query.is_err() {
        return;
    }
    // The start of the message and its interaction id; the end is the last of all.
    let renamed = text.replacen(answer, question, 2);
    let Some(body) = renamed.strip_suffix(&format!("{answer}>")) else {
        unreachable!("the end of the answer");
    };
    let renamed = format!("{body}{question}>");
    let (mut reader, _) = payload::reopen(&renamed);
    let copied = read(&mut reader).map(|copied| copied.query);
    assert!(copied.as_ref() == Some(&message.query), "the copy asks something else: {text}");
}

fn seeds() -> Vec<Vec<u8>> {
    let cross_reference = "<queryByParameter><queryId root=\"1.2.9\" extension=\"Q&amp;1\"/>\
        <statusCode code=\"new\"/><responsePriorityCode code=\"I\"/><parameterList>\
        <dataSource><value root=\"1.2.4\"/><semanticsText>DataSource.id</semanticsText></dataSource>\
        <patientIdentifier><value root=\"1.2.3\" extension=\"4711\"/><semanticsText>Patient.id\
        </semanticsText></patientIdentifier></parameterList></queryByParameter>";
    let demographics = "<queryByParameter><queryId root=\"1.2.9\"/><statusCode code=\"new\"/>\
        <responseModalityCode code=\"R\"/><responsePriorityCode code=\"I\"/><initialQuantity value=\"2\"/>\
        <matchCriterionList><minimumDegreeMatch><value xsi:type=\"INT\" value=\"75\"/></minimumDegreeMatch>\
        </matchCriterionList><parameterList>\
        <livingSubjectAdministrativeGender><value code=\"F\"/></livingSubjectAdministrativeGender>\
        <livingSubjectBirthTime><value><low value=\"1960\"/></value></livingSubjectBirthTime>\
        <livingSubjectId><value root=\"1.2.3\" extension=\"4711\"/></livingSubjectId>\
        <livingSubjectName><value use=\"IDE\"><family>連携</family></value>\
        <value use=\"SYL\"><family>レンケイ</family></value></livingSubjectName>\
        <otherIDsScopingOrganization><value root=\"1.2.4\"/></otherIDsScopingOrganization>\
        <patientAddress><value><city>静岡市</city>駿河区</value></patientAddress>\
        <patientTelecom><value value=\"tel:1\"/></patientTelecom></parameterList></queryByParameter>";
    let continuation = |status: &str| {
        format!(
            "<queryContinuation><queryId root=\"1.2.9\"/><startResultNumber value=\"3\"/>\
             <continuationQuantity value=\"2\"/><statusCode code=\"{status}\"/></queryContinuation>"
        )
    };
    [
        seed("PRPA_IN201309UV02", "PRPA_IN201309UV02", cross_reference),
        seed("PRPA_IN201305UV02", "PRPA_IN201305UV02", demographics),
        seed("QUQI_IN000003UV01", "QUQI_IN000003UV01", &continuation("waitContinuedQueryResponse")),
        seed("QUQI_IN000003UV01_Cancel", "QUQI_IN000003UV01", &continuation("aborted")),
    ]
    .map(String::into_bytes)
    .to_vec()
}

fn seed(element: &str, name: &str, content: &str) -> String {
    let device =
        "<device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"1.2.9.1\"/></device>";
    format!(
        "<{element} xmlns=\"{HL7_V3}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         ITSVersion=\"XML_1.0\"><id root=\"1.2.9\" extension=\"3 &lt;45\"/>\
         <creationTime value=\"20260401093000\"/>\
         <interactionId root=\"2.16.840.1.113883.1.6\" extension=\"{name}\"/>\
         <processingCode code=\"P\"/><processingModeCode code=\"T\"/><acceptAckCode code=\"AL\"/>\
         <receiver typeCode=\"RCV\">{device}</receiver><sender typeCode=\"SND\">{device}</sender>\
         <controlActProcess classCode=\"CACT\" moodCode=\"EVN\">{content}</controlActProcess></{element}>"
    )
}
