//! The manager's pages on the admin listener, as a program meets them.

use serde_json::{Value, json};

use crate::harness::community::Community;
use crate::harness::http::post;

/// Posts to a page; status and JSON.
#[track_caller]
fn order(community: &Community, path: &str, body: &str) -> (u16, Value) {
    let admin = community.endpoints.addresses.admin.clone().unwrap();
    let headers = [("Content-Type", "application/json"), ("renkei-operator", "test")];
    let request = post(path, &headers, body.as_bytes());
    let answer = community.connect(&admin).exchange(&request).unwrap();
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

const PAGES: [&str; 7] = [
    "link",
    "unlink",
    "merge",
    "person",
    "announcements",
    "announcements/retry",
    "announcements/drop",
];

#[test]
fn pages_refuse_what_is_no_order_of_an_operator() {
    let community = Community::plain();
    let admin = community.endpoints.addresses.admin.clone().unwrap();
    let order_of = |about: Value| json!({ "operator": "a", "reason": "b", "about": about });
    for page in PAGES {
        let path = format!("/pix-manager/{page}");
        // A page in a browser on this machine must not start anything.
        let request = post(&path, &[("Content-Type", "application/json")], b"{}");
        assert_eq!(community.connect(&admin).exchange(&request).unwrap().status, 403, "{page}");
        for malformed in
            ["", "{}", "[1]", "{\"operator\":\"a\",\"reason\":\"b\",\"about\":{\"x\":1}}"]
        {
            let (status, said) = order(&community, &path, malformed);
            assert_eq!((status, &said["error"]), (400, &json!("malformed-order")), "{page}");
        }
        let about = match page {
            "link" | "unlink" => json!({ "one": "1^^^&1.2&ISO", "other": "2^^^&1.2&ISO" }),
            "merge" => json!({ "subsumed": "1^^^&1.2&ISO", "surviving": "2^^^&1.2&ISO" }),
            "person" => json!({ "id": "1^^^&1.2&ISO" }),
            "announcements" => json!({}),
            _ => json!({ "number": 1 }),
        };
        for unexplained in [json!(" "), json!("a\nb"), json!("x".repeat(501))] {
            let mut order_of = order_of(about.clone());
            order_of["reason"] = unexplained;
            let (status, said) = order(&community, &path, &order_of.to_string());
            assert_eq!((status, &said["error"]), (400, &json!("operator-or-reason-missing")));
        }
        let mut elsewhere = order_of(about.clone());
        elsewhere["community"] = json!("urn:oid:1.2.3.4");
        let (status, said) = order(&community, &path, &elsewhere.to_string());
        assert_eq!((status, &said["error"]), (421, &json!("other-community")), "{page}");
        let (status, said) = order(&community, &path, &order_of(about).to_string());
        match page {
            "announcements" => assert_eq!((status, said), (200, json!({ "destinations": [] }))),
            _ => assert_eq!(status, 404, "{page}: {said}"),
        }
    }
    let network = format!("R0000000018^^^&{}&ISO", community.affinity_domain());
    let network = order_of(json!({ "one": network, "other": "2^^^&1.2&ISO" })).to_string();
    assert_eq!(order(&community, "/pix-manager/link", &network).0, 422);
    let no_id = order_of(json!({ "id": "4711" })).to_string();
    assert_eq!(order(&community, "/pix-manager/person", &no_id).0, 400);
    // Logs have no identifiers, also of what is refused.
    assert!(!community.log().contains("&ISO"), "{}", community.log());
}
