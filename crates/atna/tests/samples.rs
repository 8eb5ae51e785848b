//! Published messages of others, read from `../shared` beside the project.

use atna::{AuditMessage, Code, ParticipantObject};

use crate::support::{read, shared};

fn sample(name: &str) -> Option<AuditMessage> {
    let path = shared("samples/atna")?.join(name);
    Some(read(&std::fs::read_to_string(path).unwrap()).unwrap())
}

/// An object as `role type id`, with its query's beginning and its details.
fn shown(object: &ParticipantObject) -> String {
    let mut text = format!("{} {} {}", object.role.unwrap(), object.id_type.code, object.id);
    if let Some(query) = &object.query {
        let query = String::from_utf8(query.clone()).unwrap();
        text += &format!(" ? {}", query.chars().take(12).collect::<String>());
    }
    for (detail_type, value) in &object.details {
        text += &format!(" {detail_type}={}", String::from_utf8(value.clone()).unwrap());
    }
    text
}

/// `event` is `EventID action outcome EventTypeCode time`; participants by UserID, and objects.
#[track_caller]
fn check(name: &str, event: &str, users: [&str; 2], objects: &[&str]) {
    let Some(message) = sample(name) else { return };
    let types: Vec<&str> = message.event.types.iter().map(|code| code.code.as_ref()).collect();
    let found = format!(
        "{} {} {} {} {}",
        message.event.id.code,
        message.event.action.unwrap().code(),
        message.event.outcome.indicator(),
        types.join(","),
        message.event.time
    );
    assert_eq!(found, event);
    let found: Vec<&str> = message.participants.iter().map(|one| one.user_id.as_str()).collect();
    assert_eq!(found, users);
    assert_eq!(message.objects.iter().map(shown).collect::<Vec<_>>(), objects);
    assert!(!message.source.id.is_empty() && message.source.types.len() == 1);
    // Nothing of the message is lost on the way out and in.
    assert!(read(&message.to_xml()).unwrap() == message);
}

#[test]
fn pdq() {
    check(
        "pdq.xml",
        "110112 E 0 ITI-21 2020-03-19T12:16:37.32Z",
        ["MESA_DEPARTMENT|MESA_PD_CONSUMER", "PIM|MESA_PD_SUPPLIER"],
        &[
            "24 ITI-21 324406609 ? MSH|^~\\&|MES MSH-10=324406609",
            "1 2 24^^^MPI&2.16.840.1.113883.3.37.4.1.1.2.1.1&ISO^PI",
            "1 2 78246^^^PKLN&2.16.840.1.113883.3.37.4.1.1.2.511.1&ISO^PI",
            "1 2 27^^^MPI&2.16.840.1.113883.3.37.4.1.1.2.1.1&ISO^PI",
            "1 2 78106^^^PKLN&2.16.840.1.113883.3.37.4.1.1.2.511.1&ISO^PI",
        ],
    );
}

#[test]
fn pdqm() {
    check(
        "pdqm.xml",
        "110112 E 0 ITI-78 2020-03-19T14:25:02.926Z",
        ["/app-gateway/fhir/Patient", "http://localhost:8087/app-gateway/fhir/Patient"],
        &["24 ITI-78 MobilePatientDemographicsQuery ? http://wdf-l"],
    );
}

#[test]
fn pdqv3() {
    check(
        "pdqv3.xml",
        "110112 E 0 ITI-47 2020-03-19T14:17:28.705Z",
        ["unknown", "https://localhost:8444/mpi/ws/iti47Service"],
        &[
            "24 ITI-47 35423@1.2.840.114350.1.13.0.1.7.1.1 ? <queryByPara",
            "1 2 IHERED-2340^^^IHERED&1.3.6.1.4.1.21367.13.20.1000&ISO",
            "1 2 IHEGREEN-2340^^^IHEGREEN&1.3.6.1.4.1.21367.13.20.2000&ISO",
            "1 2 IHEBLUE-2340^^^IHEBLUE&1.3.6.1.4.1.21367.13.20.3000&ISO",
            "1 2 IHEBLUE-2342^^^IHEBLUE&1.3.6.1.4.1.21367.13.20.3000&ISO",
            "1 2 IHEFACILITY-2340^^^IHEFACILITY&1.3.6.1.4.1.21367.3000.1.6&ISO",
            "1 2 IHEFACILITY-2342^^^IHEFACILITY&1.3.6.1.4.1.21367.3000.1.6&ISO",
        ],
    );
}

#[test]
fn pixfeed() {
    check(
        "pixfeed.xml",
        "110110 C 0 ITI-8 2020-03-19T12:24:34.434Z",
        ["PKL|SAP-ISH", "root|dest"],
        &["1 2 7627199^^^HZLN&2.16.840.1.113883.3.37.4.1.1.2.411.1&ISO MSH-10=123456"],
    );
}

#[test]
fn pixfeedmerge() {
    check(
        "pixfeedmerge.xml",
        "110110 D 0 ITI-8 2019-03-19T13:48:59.399Z",
        ["NIST|NIST_SENDER", "NIST|NIST_RECEIVER"],
        &["1 2 MW-10001^^^NIST2010&2.16.840.1.113883.3.72.5.9.1&ISO MSH-10=NIST-101101161122806"],
    );
}

#[test]
fn pixfeedmergesource() {
    check(
        "pixfeedmergesource.xml",
        "110110 U 0 ITI-8 2020-03-19T14:12:24.933Z",
        ["BLA|IHE_SYS_IHERED", "BLUB"],
        &[
            "1 2 IHERED-2340^^^IHERED&1.3.6.1.4.1.21367.13.20.1000&ISO^PI~IHEBLUE-2342^^^IHEBLUE&1.3.6.1.4.1.21367.13.20.3000&ISO^PI~IHEFACILITY-2342^^^IHEFACILITY&1.3.6.1.4.1.21367.3000.1.6&ISO^PI~IHEFACILITY-2340^^^IHEFACILITY&1.3.6.1.4.1.21367.3000.1.6&ISO^PI~IHEGREEN-2340^^^IHEGREEN&1.3.6.1.4.1.21367.13.20.2000&ISO^PI~IHEBLUE-2340^^^IHEBLUE&1.3.6.1.4.1.21367.13.20.3000&ISO^PI MSH-10=_mpi_c8a93b03-28ca-41e0-87f9-8203949dcafd",
        ],
    );
}

#[test]
fn pixfeedsource() {
    check(
        "pixfeedsource.xml",
        "110110 U 0 ITI-8 2020-03-19T13:59:32.253Z",
        ["BLA|IHE_SYS_IHERED", "BLUB"],
        &[
            "1 2 IHERED-2342^^^IHERED&1.3.6.1.4.1.21367.13.20.1000&ISO^PI~IHEBLUE-2342^^^IHEBLUE&1.3.6.1.4.1.21367.13.20.3000&ISO^PI~IHEFACILITY-2342^^^IHEFACILITY&1.3.6.1.4.1.21367.3000.1.6&ISO^PI MSH-10=NIST-101101161122806",
        ],
    );
}

#[test]
fn pixm() {
    check(
        "pixm.xml",
        "110112 E 0 ITI-83 2020-03-19T14:33:48.493Z",
        [
            "/app-gateway/fhir/Patient/$ihe-pix",
            "http://localhost:8087/app-gateway/fhir/Patient/$ihe-pix",
        ],
        &[
            "1 2 urn:oid:1.3.6.1.4.1.21367.13.20.3000|IHEBLUE-2340",
            "24 ITI-83 PIXmQuery ? http://wdf-l",
        ],
    );
}

#[test]
fn pixquery() {
    check(
        "pixquery.xml",
        "110112 E 0 ITI-9 2020-03-19T12:34:06.367Z",
        ["MESA_DEPARTMENT|MESA_PIX_CLIENT", "XYZ_HOSPITAL|MESA_XREF"],
        &[
            "24 ITI-9 10501108 ? MSH|^~\\&|MES MSH-10=10501108",
            "1 2 27^^^MPI&2.16.840.1.113883.3.37.4.1.1.2.1.1&ISO^PI",
            "1 2 78106^^^PKLN&2.16.840.1.113883.3.37.4.1.1.2.511.1&ISO",
        ],
    );
}

#[test]
fn pixupdatesource() {
    check(
        "pixupdatesource.xml",
        "110110 R 0 ITI-10 2020-03-19T13:59:32.521Z",
        ["BLA|IHE_SYS_IHERED", "BLUB"],
        &[
            "1 2 IHERED-2342^^^IHERED&1.3.6.1.4.1.21367.13.20.1000&ISO^PI MSH-10=NIST-101101161122806",
            "1 2 IHEBLUE-2342^^^IHEBLUE&1.3.6.1.4.1.21367.13.20.3000&ISO^PI MSH-10=NIST-101101161122806",
            "1 2 IHEFACILITY-2342^^^IHEFACILITY&1.3.6.1.4.1.21367.3000.1.6&ISO^PI MSH-10=NIST-101101161122806",
        ],
    );
}

#[test]
fn pixv3feed() {
    check(
        "pixv3feed.xml",
        "110110 C 0 ITI-44 2020-03-19T13:40:14.259Z",
        ["unknown", "https://localhost:8444/mpi/ws/iti44Service"],
        &[
            "1 2 JW-824-v3^^^NIST2010&2.16.840.1.113883.3.72.5.9.1&ISO II=21acf7be-007c-41e6-b176-d0969794983b",
        ],
    );
}

#[test]
fn start() {
    check("start.xml", "110100 E 0 110120 2020-03-09T10:17:39.575Z", ["", "WDF-LAP-1237$"], &[]);
}

#[test]
fn stop() {
    check("stop.xml", "110100 E 0 110121 2020-03-09T10:35:15.937Z", ["", "WDF-LAP-1237$"], &[]);
}

#[test]
fn xcpd() {
    check(
        "xcpd.xml",
        "110112 E 0 ITI-55 2020-03-19T14:38:04.293Z",
        ["unknown", "https://localhost:8444/mpi/ws/iti55Service"],
        &[
            "1 2 IHERED-1040^^^IHERED&1.3.6.1.4.1.21367.13.20.1000&ISO",
            "24 ITI-55 1523963781490@1.3.6.1.4.1.21367.2011.2.6.181 ? <queryByPara ihe:homeCommunityID=1.3.6.1.4.1.21367.2011.2.6.181",
        ],
    );
}

#[test]
fn xpidsource() {
    check(
        "xpidsource.xml",
        "110110 U 0 ITI-64 2020-03-19T13:59:32.298Z",
        ["BLA|IHE_SYS_IHERED", "BLUB"],
        &[
            "1 2 IHEGREEN-2340^^^IHEGREEN&1.3.6.1.4.1.21367.13.20.2000&ISO^PI MSH-10=204901 urn:ihe:iti:xpid:2017:patientIdentifierType=localPatientId",
            "1 2 IHEGREEN-2342^^^IHEGREEN&1.3.6.1.4.1.21367.13.20.2000&ISO^PI MSH-10=204901 urn:ihe:iti:xpid:2017:patientIdentifierType=subsumedPatientId",
            "1 2 IHERED-2340^^^IHERED&1.3.6.1.4.1.21367.13.20.1000&ISO^PI MSH-10=204901 urn:ihe:iti:xpid:2017:patientIdentifierType=newPatientId",
            "1 2 IHERED-2342^^^IHERED&1.3.6.1.4.1.21367.13.20.1000&ISO^PI MSH-10=204901 urn:ihe:iti:xpid:2017:patientIdentifierType=previousPatientId",
        ],
    );
}

/// The syntax of before 2016, which the schema of 2017 refuses: `code`, `displayName`, no time zone.
#[test]
fn dicom_instances_transferred_in_the_old_syntax() {
    let Some(message) = sample("dicom-instances-transferred-old-syntax.xml") else { return };
    let event = &message.event;
    assert_eq!(event.id, Code::dcm("110104", "DICOM Instances Transferred"));
    assert_eq!(event.time.to_string(), "2001-12-17T09:30:47Z");
    assert!(event.types.is_empty());
    let users: Vec<&str> = message.participants.iter().map(|one| one.user_id.as_str()).collect();
    assert_eq!(users, ["123", "67562", "smitty@readingroom.hospital.org"]);
    let person = message.participants.last().unwrap();
    assert_eq!(person.user_name.as_deref(), Some("Dr. Smith"));
    assert!(person.is_requestor && person.roles.first().unwrap().is(&Code::dcm("110153", "")));
    assert_eq!(message.source.enterprise_site_id.as_deref(), Some("Hospital"));
    assert_eq!(message.source.types, [Code::new("1", "", "")]);
    assert_eq!(message.objects.len(), 2);
    let (study, patient) = (message.objects.first().unwrap(), message.objects.last().unwrap());
    assert!(study.id_type.is(&Code::dcm("110180", "")));
    assert_eq!((study.role, study.life_cycle), (Some(3), Some(1)));
    assert_eq!((patient.id.as_str(), patient.name.as_deref()), ("ptid12345", Some("John Doe")));
}

#[test]
fn application_start_has_its_launcher() {
    let Some(message) = sample("start.xml") else { return };
    let launcher = message.participants.last().unwrap();
    assert!(launcher.roles.first().unwrap().is(&Code::dcm("110151", "")));
    assert!(launcher.is_requestor && launcher.network_access_point.is_none());
}

#[test]
fn every_sample_is_read() {
    let Some(folder) = shared("samples/atna") else { return };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "xml"));
    let texts = files.map(|path| std::fs::read_to_string(path).unwrap());
    let n_read = texts.filter(|text| read(text).is_ok()).count();
    assert_eq!(n_read, 16);
}
