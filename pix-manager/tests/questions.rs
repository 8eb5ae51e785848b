//! ITI-9 and ITI-21 over the listener: pages, whose they are, what is not shown, and in which characters.

use std::collections::BTreeSet;
use std::time::Duration;

use config::SenderPattern;
use config::actor::{PartnerCharset, PartnerConfig};
use config::agreement::PatientIds;
use hl7v2::{Charset, decode, decode_as, encode};

use crate::messages::{ANYBODY, acknowledged, cancel, feed, field, pdq, pix_query, segments};
use crate::open_manager::{Node, Place, Setup, await_that, oid, on_each_backend};
use crate::scene::Scene;

/// The text of the answer to a question; MSA-2 must be that of the question.
fn ask(node: &Node, question: &str) -> String {
    let text = decode(&node.send(question), Charset::Utf8).unwrap();
    assert_eq!(field(segments(&text, "MSA")[0], 2), question.split('|').nth(9).unwrap());
    text
}

/// The identifiers in order, and the pointer to the next page.
fn page(answer: &str) -> (Vec<String>, Option<String>) {
    let id = |pid: &&str| field(pid, 3).split('^').next().unwrap().to_owned();
    let ids = segments(answer, "PID").iter().map(id).collect();
    (ids, segments(answer, "DSC").first().map(|dsc| field(dsc, 1).to_owned()))
}

/// MSA-1, QAK-2, and code and place of each ERR.
fn errors(answer: &str) -> String {
    let mut words = vec![field(segments(answer, "MSA")[0], 1).to_owned()];
    words.extend(segments(answer, "QAK").iter().map(|qak| field(qak, 2).to_owned()));
    for error in segments(answer, "ERR") {
        words.push(field(error, 3).split('^').next().unwrap().to_owned());
        words.push(field(error, 2).to_owned());
    }
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn untold(setup: &mut Setup) {
    setup.agreement.patient_ids = PatientIds::Feed;
}

fn of_many(place: &Place, change: impl FnOnce(&mut Setup)) -> Node {
    let node = place.start_with(|setup| {
        untold(setup);
        change(setup);
    });
    let scene = Scene::new(&node, 1);
    for number in 10..33 {
        scene.tell_all(&format!("A{number}=many"));
    }
    node
}

fn further(tag: &str, limit: &str, pointer: Option<&str>) -> String {
    let question = pdq(ANYBODY, (tag, "@PID.5.1^many"), limit);
    match pointer {
        Some(pointer) => format!("{question}DSC|{pointer}|I\r"),
        None => question,
    }
}

#[test]
fn pages_are_disjoint_complete_and_repeatable() {
    on_each_backend(|place| {
        let node = of_many(place, |_| {});
        let (mut ids, mut pointer) = (Vec::new(), None::<String>);
        let mut answers = BTreeSet::new();
        for n_ids in [10, 10, 3] {
            let question = further("T", "10^RD", pointer.as_deref());
            let answer = ask(&node, &question);
            assert_eq!(errors(&answer), "AA OK");
            assert_eq!(field(segments(&answer, "QAK")[0], 1), "T");
            answers.insert(field(answer.split('\r').next().unwrap(), 9).to_owned());
            let (found, next) = page(&answer);
            if let Some(pointer) = &pointer {
                let again = ask(&node, &further("T", "10^RD", Some(pointer)));
                assert_eq!(page(&again), (found.clone(), next.clone()), "the same page once more");
            }
            assert_eq!(found.len(), n_ids);
            ids.extend(found);
            pointer = next;
        }
        assert_eq!(pointer, None);
        assert_eq!(answers.len(), 3, "each answer has an MSH-10 of its own");
        assert_eq!(ids.len(), 23);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 23);
        // Who is registered or merged meanwhile moves nobody from page to page.
        let (first, pointer) = page(&ask(&node, &further("T", "10^RD", None)));
        let scene = Scene::new(&node, 1);
        scene.tell_all("A33=many A10>A11");
        let (second, _) = page(&ask(&node, &further("T", "10^RD", pointer.as_deref())));
        assert_eq!(
            (first[..].concat(), second[..].concat()),
            (ids[..10].concat(), ids[10..20].concat())
        );
        place.stop(node);
    });
}

#[test]
fn a_pointer_belongs_to_one_question_of_one_asker() {
    let place = Place::sqlite();
    let node = of_many(&place, |_| {});
    let (_, pointer) = page(&ask(&node, &further("T", "10^RD", None)));
    let pointer = pointer.unwrap();
    let unknown = "AE AE 204 DSC^1^1";
    let asked = |question: String| errors(&ask(&node, &question));
    assert_eq!(asked(further("U", "10^RD", Some(&pointer))), unknown, "another tag");
    let other = further("T", "10^RD", Some(&pointer)).replace(ANYBODY, "OTHER|CENTRE");
    assert_eq!(asked(other), unknown, "another asker");
    for wrong in ["x", "1.2", &format!("{pointer}0000"), &pointer.replace('.', ".-")] {
        let answer = asked(further("T", "10^RD", Some(wrong)));
        assert_eq!(answer, unknown, "{wrong}");
    }
    assert_eq!(asked(further("T", "10^RD", Some(&pointer))), "AA OK");
    // Cancelled by somebody else it stays, by the asker it goes.
    let foreign = cancel(ANYBODY, "T").replace(ANYBODY, "OTHER|CENTRE");
    assert_eq!(acknowledged(&foreign, &node.send(&foreign)), "AA");
    assert_eq!(asked(further("T", "10^RD", Some(&pointer))), "AA OK");
    let own = cancel(ANYBODY, "T");
    assert_eq!(acknowledged(&own, &node.send(&own)), "AA");
    assert_eq!(asked(further("T", "10^RD", Some(&pointer))), unknown);
    assert_eq!(acknowledged(&own, &node.send(&own)), "AA", "there is nothing left to cancel");
    place.stop(node);
}

#[test]
fn continuations_and_answers_have_limits() {
    let place = Place::sqlite();
    let node = of_many(&place, |setup| {
        setup.config.limits.continuations = 2;
        setup.config.limits.continuation_timeout = Duration::from_millis(600);
        setup.config.limits.matches_per_answer = 7;
        setup.config.limits.scanned_per_query = 23;
    });
    let open = |tag: &str| page(&ask(&node, &further(tag, "", None)));
    let is_open = |tag: &str, pointer: &Option<String>| {
        errors(&ask(&node, &further(tag, "1000^RD", pointer.as_deref()))) == "AA OK"
    };
    let (ids, first) = open("T1");
    assert_eq!(ids.len(), 7, "no more than the manager's own limit");
    let (_, second) = open("T2");
    let (_, third) = open("T3");
    assert!(!is_open("T1", &first), "one too many ends the oldest");
    assert!(is_open("T2", &second) && is_open("T3", &third));
    // What is asked for stays open, what is not asked for ends.
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(200));
        assert!(is_open("T2", &second));
    }
    assert!(!is_open("T3", &third));
    await_that("it ends", || {
        std::thread::sleep(Duration::from_millis(900));
        !is_open("T2", &second)
    });
    Scene::new(&node, 1).tell_all("A50=many");
    let answer = errors(&ask(&node, &further("T", "1^RD", None)));
    assert!(answer.starts_with("AE AE 207"), "more than may be looked at: {answer}");
    for nobodys in ["9.9.9", oid('Z'), oid('S')] {
        let question = format!("@PID.3.1^1*~@PID.3.4.2^{nobodys}~@PID.3.4.3^ISO");
        let answer = ask(&node, &pdq(ANYBODY, ("T", &question), ""));
        assert_eq!(errors(&answer), "AA NF", "nobody is looked at for {nobodys}");
    }
    place.stop(node);
}

#[test]
fn each_case_of_a_pix_query_has_its_answer() {
    on_each_backend(|place| {
        let node = place.start();
        let scene = Scene::new(&node, 1);
        scene.tell_all("A1=taro B1=taro A2=jiro");
        let domain = |letter: char| format!("^^^&{}&ISO", oid(letter));
        let asked = |id: &str, domains: &str| errors(&ask(&node, &pix_query(ANYBODY, id, domains)));
        let known = scene.cx("A1");
        let (b, c) = (domain('B'), domain('C'));
        assert_eq!(asked(&known, ""), "AA OK");
        assert_eq!(asked(&known, &b), "AA OK");
        assert_eq!(asked(&known, &c), "AA NF");
        assert_eq!(asked(&scene.cx("A2"), ""), "AA NF");
        assert_eq!(asked(&scene.cx("A9"), ""), "AE AE 204 QPD^1^3^1^1");
        assert_eq!(asked(&scene.cx("C9"), ""), "AE AE 204 QPD^1^3^1^1", "a domain nobody fed");
        assert_eq!(asked("1^^^&9.9&ISO", ""), "AE AE 204 QPD^1^3^1^4");
        assert_eq!(asked("1^^^&9.9&ISO", "^^^&9.8&ISO"), "AE AE 204 QPD^1^3^1^4", "4 before 5");
        assert_eq!(asked(&scene.cx("A9"), "^^^&9.8&ISO"), "AE AE 204 QPD^1^3^1^1", "3 before 5");
        let two = format!("{b}~^^^&9.8&ISO~^^^&9.7&ISO");
        assert_eq!(asked(&known, &two), "AE AE 204 QPD^1^4^2 204 QPD^1^4^3");
        let answer = ask(&node, &pix_query(ANYBODY, &known, ""));
        assert_eq!(field(segments(&answer, "PID")[0], 5), "~^^^^^^S");
        assert!(answer.contains(&format!("B1^^^SITE-B&{}&ISO", oid('B'))), "{answer}");
        place.stop(node);
    });
}

#[test]
fn a_sensitive_domain_is_neither_shown_nor_asked() {
    on_each_backend(|place| {
        let node = place.start();
        let scene = Scene::new(&node, 1);
        let secret = feed(
            ANYBODY,
            "A04",
            &scene.cx("Z1"),
            &format!("{}|||secret lane^^Nowhere", scene.demographics("taro")),
        );
        assert_eq!(acknowledged(&secret, &node.send(&secret)), "AA");
        scene.tell_all("Z2=jiro");
        let found = |question: &str| ask(&node, &pdq(ANYBODY, ("T", question), ""));
        assert_eq!(errors(&found("@PID.5.1^jiro")), "AA NF", "somebody known nowhere else");
        assert_eq!(errors(&found("@PID.5.1^taro")), "AA NF");
        scene.tell_all("A1=taro B1=taro");
        assert_eq!(scene.classes(), "A1+B1+Z1 Z2");
        assert_eq!(scene.others("A1"), "B1");
        assert_eq!(scene.others("Z1"), "QPD^1^3^1^4");
        let answer =
            ask(&node, &pix_query(ANYBODY, &scene.cx("A1"), &format!("^^^&{}&ISO", oid('Z'))));
        assert_eq!(errors(&answer), "AE AE 204 QPD^1^4^1");
        let answer = found("@PID.5.1^taro");
        assert_eq!(errors(&answer), "AA OK");
        assert!(!answer.contains(oid('Z')) && !answer.contains("secret"), "{answer}");
        let answer = found(&format!("@PID.5.1^taro|||||^^^&{}&ISO", oid('Z')));
        assert_eq!(errors(&answer), "AE AE 204 QPD^1^8^1");
        let by_id = format!("@PID.3.1^k1kZ1~@PID.3.4.2^{}~@PID.3.4.3^ISO", oid('Z'));
        let answer = found(&by_id);
        assert_eq!(segments(&answer, "PID").len(), 0, "{answer}");
        place.stop(node);
    });
}

#[test]
fn partners_are_answered_in_their_own_characters() {
    let place = Place::sqlite();
    let sets = [
        ("SJIS", PartnerCharset::ShiftJis, Charset::ShiftJis),
        ("EUC", PartnerCharset::EucJp, Charset::EucJp),
        ("JIS", PartnerCharset::Iso2022Jp, Charset::Iso2022Jp),
    ];
    let node = place.start_with(|setup| {
        untold(setup);
        for (name, charset, _) in sets {
            for (application, accepts_utf8) in
                [(name.to_owned(), false), (format!("{name}8"), true)]
            {
                setup.config.partners.push(PartnerConfig {
                    sender: SenderPattern { application: Some(application), facility: None },
                    charset: Some(charset),
                    accepts_utf8,
                });
            }
        }
    });
    let send = |text: &str, charset| node.send_bytes(&encode(text, charset).bytes);
    for (name, _, charset) in sets {
        let sender = format!("{name}|CENTRE");
        // Its second bytes in Shift_JIS are delimiters of HL7: 表 ends in a backslash, ポ in a vertical line.
        let who = format!("表{name}^能^^^^^L^I~ポン^タロウ^^^^^L^P||19600203|M");
        let id = format!("{name}1^^^&{}&ISO", oid('A'));
        let message = feed(&sender, "A04", &id, &who);
        let ack = decode_as(&send(&message, charset), charset).unwrap();
        assert_eq!(field(segments(&ack, "MSA")[0], 1), "AA", "{ack}");
        let question = pdq(&sender, ("T", &format!("@PID.5.1^表{name}")), "");
        let answer = decode_as(&send(&question, charset), charset).unwrap();
        assert!(
            answer.contains(&format!("表{name}^能")) && answer.contains("ポン^タロウ"),
            "{answer}"
        );
        // 𠮷 is in none of the sets.
        let rare = feed(
            ANYBODY,
            "A04",
            &format!("{name}2^^^&{}&ISO", oid('A')),
            &format!("珍{name}^𠮷||19600203|M"),
        );
        assert_eq!(acknowledged(&rare, &node.send(&rare)), "AA");
        let question = pdq(&sender, ("T", &format!("@PID.5.1^珍{name}")), "");
        let answer = decode_as(&send(&question, charset), charset).unwrap();
        assert!(answer.contains(&format!("珍{name}^〓")), "{answer}");
        let question = question.replace(&sender, &format!("{name}8|CENTRE"));
        let answer = decode(&send(&question, charset), Charset::Utf8).unwrap();
        assert!(
            answer.contains(&format!("珍{name}^𠮷")) && answer.contains("UNICODE UTF-8"),
            "{answer}"
        );
    }
    // Without an agreement MSH-18 is believed, and what is no character of the set is refused.
    let question = pdq(ANYBODY, ("T", "@PID.5.1^表JIS"), "");
    let declared = question.replacen("|P|2.5\r", "|P|2.5||||||~ISO IR87||ISO 2022-1994\r", 1);
    let answer = decode(&send(&declared, Charset::Iso2022Jp), Charset::Utf8).unwrap();
    assert!(answer.contains("表JIS^能"), "{answer}");
    let message = feed(ANYBODY, "A04", &format!("9^^^&{}&ISO", oid('A')), "表^能||19600203|M");
    let answer = decode(&send(&message, Charset::ShiftJis), Charset::Utf8).unwrap();
    assert!(field(segments(&answer, "MSA")[0], 1) != "AA", "{answer}");
    place.stop(node);
}
