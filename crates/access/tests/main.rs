//! Who is let in, and who is not: the door of an actor with an agreement as `init` writes it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod scene;

use access::Cause;
use datatypes::PatientId;
use net::Peer;
use policy::{Access, OwnActor, Requester, Standing, Transaction};
use saml::Cause as SamlCause;

use crate::scene::{
    Scene, client, code, member_client, member_client_named, minutes, own, stranger,
};

#[track_caller]
fn check(refused: Result<Requester, access::Refused>, expected: Cause) {
    let refused = refused.unwrap_err();
    assert_eq!(*refused.cause(), expected);
    assert_eq!(refused.fault(), soap::Fault::failed_authentication());
}

fn assertion(cause: SamlCause) -> Cause {
    Cause::Assertion(cause)
}

#[test]
fn a_physician_is_let_in_with_what_the_assertion_says() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    let requester = scene.present(&client(), Some(&token)).unwrap();
    let person = requester.person().unwrap();
    assert_eq!(person.institution, "1319999999");
    assert_eq!(person.user_id, "drsato");
    assert_eq!(person.user_name, format!("drs<drsato@{}>", scene.issuer));
    assert!(person.may.contains(Transaction::Iti18) && !person.may.contains(Transaction::Iti51));
    // As it was sent, with the namespaces that were declared around it.
    let (_, signed) = token.split_once(" ID=").unwrap();
    assert!(person.assertion.ends_with(signed));
    assert_eq!(person.node.name, "client");
}

#[test]
fn the_same_header_is_not_verified_again() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    let persons = [(); 2].map(|()| {
        let requester = scene.present(&client(), Some(&token)).unwrap();
        std::sync::Arc::clone(requester.person().unwrap())
    });
    assert!(std::sync::Arc::ptr_eq(&persons[0], &persons[1]));
}

#[test]
fn what_was_verified_is_held_against_the_time_each_time() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    scene.present(&client(), Some(&token)).unwrap();
    check(
        scene.present_at(&client(), &token, minutes(-3)),
        assertion(SamlCause::IssuedInTheFuture),
    );
    scene.present_at(&client(), &token, minutes(59)).unwrap();
    check(scene.present_at(&client(), &token, minutes(61)), assertion(SamlCause::Expired));
}

#[test]
fn an_assertion_belongs_to_the_node_that_showed_it_first() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    scene.present(&client(), Some(&token)).unwrap();
    check(scene.present(&member_client(&scene, "1319999999"), Some(&token)), Cause::OtherNode);
    scene.present(&client(), Some(&token)).unwrap();
}

#[test]
fn an_own_actor_relays_whatever_a_node_showed_and_takes_nothing_away_from_it() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    let repository = own(&scene, "repository");
    for _ in 0..2 {
        let requester = scene.present(&repository, Some(&token)).unwrap();
        assert!(matches!(requester.node().standing, Standing::Own(_)));
    }
    // The repository asks for documents and registers; of the others nobody asks on behalf of a person.
    for (actor, transaction) in [
        ("registry", Transaction::Iti18),
        ("audit-repository", Transaction::Iti18),
        ("pix-manager", Transaction::Iti18),
        ("repository", Transaction::Iti43),
        ("repository", Transaction::Iti47),
    ] {
        let asked = scene.call(&own(&scene, actor), Some(&token), transaction, None);
        check(asked, Cause::NoRelay);
    }
    scene.present(&client(), Some(&token)).unwrap();
    scene.present(&own(&scene, "repository"), Some(&token)).unwrap();
    check(scene.present(&member_client(&scene, "1319999999"), Some(&token)), Cause::OtherNode);
}

#[test]
fn an_actor_of_another_community_is_none_of_ours() {
    let scene = Scene::new();
    let other = Scene::new();
    let token = scene.token(|_| {});
    check(scene.present(&own(&other, "repository"), Some(&token)), Cause::NodeUnknown);
}

#[test]
fn an_id_stands_for_one_assertion() {
    let scene = Scene::new();
    let first = scene.token(|it| it.id = "_same".to_owned());
    let second = scene.token(|it| {
        it.id = "_same".to_owned();
        it.subject.value = "drsuzuki".to_owned();
    });
    scene.present(&client(), Some(&first)).unwrap();
    check(scene.present(&client(), Some(&second)), Cause::SameId);
    check(scene.present(&own(&scene, "repository"), Some(&second)), Cause::SameId);
}

#[test]
fn an_assertion_for_one_use_is_used_once() {
    let scene = Scene::new();
    let token = scene.token(|it| it.conditions.one_time_use = true);
    scene.present(&client(), Some(&token)).unwrap();
    check(scene.present(&client(), Some(&token)), Cause::OneTimeUse);
    // Whom the actor serves has used it there.
    scene.present(&own(&scene, "repository"), Some(&token)).unwrap();

    let relayed = scene.token(|it| it.conditions.one_time_use = true);
    scene.present(&own(&scene, "repository"), Some(&relayed)).unwrap();
    check(scene.present(&client(), Some(&relayed)), Cause::OneTimeUse);
}

#[test]
fn without_an_assertion_a_node_may_call_what_the_agreement_gives_it() {
    let scene = Scene::new();
    let call = |peer: Peer, transaction| scene.call(&peer, None, transaction, Some("urn:uuid:1"));
    let requester = call(client(), Transaction::Iti47).unwrap();
    assert!(requester.person().is_none());
    check(call(client(), Transaction::Iti18), Cause::NoAssertion);
    check(call(stranger(), Transaction::Iti47), Cause::NoAssertion);
    check(call(scene::plain(), Transaction::Iti47), Cause::NoAssertion);
    check(call(member_client(&scene, "1319999999"), Transaction::Iti47), Cause::NoAssertion);
    call(own(&scene, "pix-manager"), Transaction::Iti64).unwrap();
    check(call(own(&scene, "pix-manager"), Transaction::Iti18), Cause::NoAssertion);
}

#[test]
fn a_person_comes_through_a_node_of_the_agreement() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    check(scene.present(&stranger(), Some(&token)), Cause::NodeUnknown);
    check(scene.present(&member_client(&scene, "7777777777"), Some(&token)), Cause::NodeUnknown);
    scene.present(&member_client(&scene, "1319999999"), Some(&token)).unwrap();
    let on_this_machine = scene.token(|_| {});
    scene.present(&scene::plain(), Some(&on_this_machine)).unwrap();
}

#[test]
fn a_person_comes_through_a_node_of_their_own_institution() {
    let scene = Scene::with(
        "\n[[members]]\nname = \"Other\"\ncode = \"1318888888\"\noids = [\"1.2.3.8\"]\n",
    );
    let token = scene.token(|_| {});
    check(
        scene.present(&member_client(&scene, "1318888888"), Some(&token)),
        Cause::OtherInstitution,
    );
    let theirs = scene.token(|it| it.attributes.organization_ids = vec!["urn:oid:1.2.3.8".into()]);
    scene.present(&member_client(&scene, "1318888888"), Some(&theirs)).unwrap();
}

#[test]
fn a_certificate_that_contradicts_the_agreement_is_nobodys() {
    let scene = Scene::with(
        "\n[[members]]\nname = \"Other\"\ncode = \"1318888888\"\noids = [\"1.2.3.8\"]\n\
         [[access.nodes]]\ncertificate = \"theirs\"\nmember = \"1318888888\"\n",
    );
    let token = scene.token(|_| {});
    let peer = member_client_named(&scene, "theirs", "1319999999");
    check(scene.present(&peer, Some(&token)), Cause::NodeUnknown);
}

#[test]
fn the_institution_is_one_member() {
    let scene = Scene::with(
        "\n[[members]]\nname = \"Other\"\ncode = \"1318888888\"\noids = [\"1.2.3.8\"]\n",
    );
    let with = |ids: &[&str]| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let token = scene.token(|it| it.attributes.organization_ids = ids);
        scene.present(&client(), Some(&token))
    };
    let ours = "urn:oid:1.2.392.100495.20.3.51.11319999999";
    assert!(with(&[ours]).is_ok());
    assert!(with(&[ours, ours]).is_ok());
    check(with(&["urn:oid:1.2.3.9"]), Cause::Institution);
    check(with(&[ours, "urn:oid:1.2.3.8"]), Cause::Institution);
    check(with(&[ours, "urn:oid:1.2.3.9"]), Cause::Institution);
}

#[test]
fn an_issuer_speaks_for_its_members_only() {
    let scene = Scene::with(
        "\n[[members]]\nname = \"Other\"\ncode = \"1318888888\"\noids = [\"1.2.3.8\"]\n",
    );
    scene.reload(|text| text.replace("#members = ", "members = "));
    let theirs = scene.token(|it| it.attributes.organization_ids = vec!["urn:oid:1.2.3.8".into()]);
    check(scene.present(&client(), Some(&theirs)), Cause::IssuerScope);
    let ours = scene.token(|_| {});
    scene.present(&client(), Some(&ours)).unwrap();
}

#[test]
fn a_role_counts_if_the_person_was_authenticated_surely_enough() {
    let scene = Scene::new();
    let by = |class: &str| {
        let class = Some(format!("urn:oasis:names:tc:SAML:2.0:ac:classes:{class}"));
        let token = scene.token(|it| it.authn_statements[0].class = class);
        scene.present(&client(), Some(&token))
    };
    check(by("PasswordProtectedTransport"), Cause::WeakAuthentication);
    assert!(by("SmartcardPKI").is_ok());
}

#[test]
fn an_occupation_that_is_not_known_grants_nothing() {
    let scene = Scene::new();
    let as_role = |role| {
        let token = scene.token(|it| it.attributes.roles = vec![role]);
        scene.present(&client(), Some(&token)).unwrap()
    };
    let hpki = "1.2.392.100495.1.6.1.1";
    for unknown in [code("Wizard", hpki), code("Medical Doctor", "1.2.3"), code("309343006", hpki)]
    {
        assert!(as_role(unknown).person().unwrap().may.is_empty());
    }
    for doctor in ["Medical Doctor", "medical  doctor", "MEDICAL DOCTOR"] {
        let requester = as_role(code(doctor, hpki));
        assert!(requester.may_call(Transaction::Iti18).is_ok(), "{doctor}");
    }
}

#[test]
fn what_changes_something_is_done_once() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    let call = |id| scene.call(&client(), Some(&token), Transaction::Iti41, id);
    call(Some("urn:uuid:1")).unwrap();
    call(Some("urn:uuid:2")).unwrap();
    check(call(Some("urn:uuid:1")), Cause::MessageIdRepeated);
    let refused = call(None).unwrap_err();
    assert_eq!(*refused.cause(), Cause::NoMessageId);
    assert!(refused.fault().reason.contains("wsa:MessageID"));
    // A question may be asked again.
    for _ in 0..2 {
        scene.call(&client(), Some(&token), Transaction::Iti18, Some("urn:uuid:1")).unwrap();
    }
}

#[test]
fn who_is_not_let_in_uses_up_no_message() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    let call = |peer: Peer| scene.call(&peer, Some(&token), Transaction::Iti41, Some("urn:uuid:1"));
    check(call(stranger()), Cause::NodeUnknown);
    call(client()).unwrap();
}

#[test]
fn another_agreement_is_in_force_at_once() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    scene.present(&client(), Some(&token)).unwrap();
    scene.reload(|text| text.replace(&scene.issuer, "urn:somebody-else"));
    check(scene.present(&client(), Some(&token)), assertion(SamlCause::UntrustedIssuer));
    scene.reload(str::to_owned);
    scene.present(&client(), Some(&token)).unwrap();
    scene.reload(|text| text.replace("certificate = \"client\"", "certificate = \"nobody\""));
    check(scene.present(&client(), Some(&token)), Cause::NodeUnknown);
}

#[test]
fn open_access_looks_at_no_assertion() {
    let scene = Scene::open();
    for token in [None, Some("<no-assertion/>"), Some("<x></y>")] {
        for peer in [client(), stranger(), scene::plain()] {
            let requester = scene.present(&peer, token).unwrap();
            assert!(requester.person().is_none());
        }
    }
    assert_eq!(scene.door.access(), Access::Open);
}

#[test]
fn a_message_that_is_read_in_two_ways_is_not_read() {
    let scene = Scene::new();
    let token = scene.token(|_| {});
    let double = format!("{token}{token}");
    check(scene.present(&client(), Some(&double)), assertion(SamlCause::SeveralAssertions));
    // An id of the assertion that stands once more in the body.
    let id = token.split("ID=\"").nth(1).unwrap().split('"').next().unwrap();
    let body = format!("<p xmlns=\"urn:p\" id=\"{id}\"/>");
    let twice = scene.present_with_body(&client(), &token, &body);
    check(twice, assertion(SamlCause::Signature(xmldsig::Cause::DuplicateId)));
    let none = scene.call(&client(), Some(""), Transaction::Iti18, None);
    check(none, Cause::NoAssertion);
}

#[test]
fn a_node_is_what_its_certificate_says() {
    let scene = Scene::new();
    let standing = |peer| scene.door.node(&peer).node().standing.clone();
    assert_eq!(standing(own(&scene, "registry")), Standing::Own(OwnActor::Registry));
    assert_eq!(standing(stranger()), Standing::Unknown);
    assert_eq!(standing(scene::plain()), Standing::Unknown);
    assert!(matches!(standing(client()), Standing::Listed { member: None, .. }));
}

#[test]
fn the_patient_of_an_assertion_is_in_its_permits() {
    let scene = Scene::new();
    let patient = PatientId::parse("P1^^^&1.2.3&ISO").unwrap();
    let token = scene.token(|it| it.attributes.resource_id = Some(patient.clone()));
    let requester = scene.present(&client(), Some(&token)).unwrap();
    let permit = policy::Policy::new(Access::Required).permit_retrieve(&requester).unwrap();
    assert_eq!(permit.only_patient(), Some(&patient));
}

#[test]
fn a_header_is_no_place_for_megabytes() {
    let scene = Scene::new();
    let token = scene.token(|it| it.subject.name_qualifier = Some("x".repeat(2_000)));
    scene.present(&client(), Some(&token)).unwrap();
    // Not signed, and nobody looks at it; it would be kept all the same.
    let padded =
        format!("{token}<w:Timestamp xmlns:w=\"urn:w\">{}</w:Timestamp>", "x".repeat(70_000));
    check(scene.present(&client(), Some(&padded)), Cause::TooLong);
}

#[test]
fn whoever_may_not_do_it_uses_up_no_message() {
    let scene = Scene::new();
    let clerk = scene.token(|it| it.attributes.roles = vec![code("Wizard", "1.2.3")]);
    let physician = scene.token(|_| {});
    let call =
        |token: &str| scene.call(&client(), Some(token), Transaction::Iti41, Some("urn:uuid:1"));
    assert!(call(&clerk).unwrap().may_call(Transaction::Iti41).is_err());
    call(&physician).unwrap();
    check(call(&physician), Cause::MessageIdRepeated);
}
