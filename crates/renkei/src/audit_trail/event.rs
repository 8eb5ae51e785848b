//! An AuditEvent of FHIR, as far as it is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fhir::audit_event::{MESSAGE_BYTES, OWN_SYSTEM};
use jiff::Timestamp;
use serde_json::Value;

/// RoleIDCodes of the two ends, by the way the data goes (DICOM PS3.16, CID 402).
const SOURCE: &str = "110153";
const DESTINATION: &str = "110152";

/// EventID of data that leave (DICOM PS3.16, CID 400).
const EXPORT: &str = "110106";

/// A coded value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coded {
    pub(crate) code: String,
    pub(crate) display: String,
}

/// Somebody who took part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) is_requestor: bool,
    pub(crate) address: Option<String>,
    /// Source, destination, application.
    pub(crate) part: Option<Coded>,
    pub(crate) roles: Vec<Coded>,
}

/// Somebody or something that it was about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) id: String,
    /// `urn:oid:…` of a patient's authority.
    pub(crate) system: Option<String>,
    pub(crate) kind: Option<Coded>,
    pub(crate) role: Option<Coded>,
    pub(crate) name: Option<String>,
    pub(crate) query: Option<Vec<u8>>,
    pub(crate) details: Vec<(String, String)>,
}

/// One event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) sequence: String,
    pub(crate) time: Timestamp,
    pub(crate) kind: Coded,
    pub(crate) subtypes: Vec<Coded>,
    pub(crate) action: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) outcome_text: Option<String>,
    pub(crate) purposes: Vec<Coded>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) source: String,
    pub(crate) site: Option<String>,
    pub(crate) entities: Vec<Entity>,
    pub(crate) is_readable: bool,
    pub(crate) resource: Value,
}

impl Event {
    /// `None` if it is no AuditEvent.
    pub(crate) fn read(resource: Value) -> Option<Event> {
        if text(&resource, "/resourceType")? != "AuditEvent" {
            return None;
        }
        let tags = list(&resource, "/meta/tag");
        let is_unreadable = tags.iter().any(|tag| {
            text(tag, "/system").as_deref() == Some(OWN_SYSTEM)
                && text(tag, "/code").as_deref() == Some("unreadable")
        });
        Some(Event {
            sequence: text(&resource, "/id")?,
            time: text(&resource, "/recorded")?.parse().ok()?,
            kind: coded(resource.get("type")?),
            subtypes: list(&resource, "/subtype").iter().map(coded).collect(),
            action: text(&resource, "/action"),
            outcome: text(&resource, "/outcome"),
            outcome_text: text(&resource, "/outcomeDesc"),
            purposes: list(&resource, "/purposeOfEvent").iter().filter_map(concept).collect(),
            agents: list(&resource, "/agent").iter().map(agent).collect(),
            source: text(&resource, "/source/observer/identifier/value").unwrap_or_default(),
            site: text(&resource, "/source/site"),
            entities: list(&resource, "/entity").iter().map(entity).collect(),
            is_readable: !is_unreadable,
            resource,
        })
    }

    /// The one who wanted it: a person if one is named, else the system that asked.
    pub(crate) fn requester(&self) -> Option<&Agent> {
        let is_person = |agent: &&Agent| agent.is_requestor && agent.name.is_some();
        let part = |code: &str| {
            let is_part =
                |agent: &&Agent| agent.part.as_ref().is_some_and(|part| part.code == code);
            self.agents.iter().find(is_part)
        };
        // Source and destination follow the data, not the request.
        let asking = if self.kind.code == EXPORT { DESTINATION } else { SOURCE };
        let agents = || self.agents.iter();
        agents()
            .find(is_person)
            .or_else(|| agents().find(|agent| agent.is_requestor))
            .or_else(|| part(asking))
            .or_else(|| agents().next())
    }

    /// Who, for people.
    pub(crate) fn who(&self) -> String {
        let named = self.requester().map(Agent::shown);
        named.filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
    }

    /// From where: of the requester, else of the system that asked on behalf.
    pub(crate) fn address(&self) -> Option<&str> {
        let of_requester = self.requester().and_then(|agent| agent.address.as_deref());
        of_requester.or_else(|| self.agents.iter().find_map(|agent| agent.address.as_deref()))
    }

    /// Transaction and action.
    pub(crate) fn what(&self) -> String {
        let subtype = |it: &Coded| match it.code.contains('-') {
            true => format!("{} {}", it.code, it.display).trim_end().to_owned(),
            false => it.shown().to_owned(),
        };
        let names = match self.subtypes.is_empty() {
            true => self.kind.shown().to_owned(),
            false => self.subtypes.iter().map(subtype).collect::<Vec<_>>().join(", "),
        };
        match &self.action {
            Some(action) => format!("{names} ({})", super::action_word(action)),
            None => names,
        }
    }

    /// Patients, each once.
    pub(crate) fn patients(&self) -> Vec<&Entity> {
        let mut patients: Vec<&Entity> = Vec::new();
        for entity in self.entities.iter().filter(|entity| entity.is_patient()) {
            let is_known = |known: &&Entity| known.id == entity.id && known.system == entity.system;
            if !patients.iter().any(is_known) {
                patients.push(entity);
            }
        }
        patients
    }

    /// Documents, by their ids.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &str> {
        let is_report =
            |entity: &&Entity| entity.role.as_ref().is_some_and(|role| role.code == "3");
        self.entities.iter().filter(is_report).map(|entity| entity.id.as_str())
    }

    pub(crate) fn is_failure(&self) -> bool {
        matches!(self.outcome.as_deref(), Some("4" | "8" | "12"))
    }

    /// Security Alert.
    pub(crate) fn is_alert(&self) -> bool {
        self.kind.code == "110113"
    }

    /// Bytes of the message, if they were asked for.
    pub(crate) fn message(&self) -> Option<Vec<u8>> {
        let extensions = list(&self.resource, "/extension");
        let extension = extensions
            .iter()
            .find(|extension| text(extension, "/url").as_deref() == Some(MESSAGE_BYTES))?;
        STANDARD.decode(text(extension, "/valueBase64Binary")?).ok()
    }
}

impl Coded {
    /// The text, else the code.
    pub(crate) fn shown(&self) -> &str {
        if self.display.is_empty() { &self.code } else { &self.display }
    }
}

impl Agent {
    /// The name, else the id.
    pub(crate) fn shown(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.id.clone())
    }
}

impl Entity {
    pub(crate) fn is_patient(&self) -> bool {
        let is_one = |coded: &Option<Coded>| coded.as_ref().is_some_and(|it| it.code == "1");
        is_one(&self.kind) && is_one(&self.role)
    }

    /// As identifiers of patients are written: `id^^^&OID&ISO`.
    pub(crate) fn cx(&self) -> String {
        match self.system.as_deref().and_then(|system| system.strip_prefix("urn:oid:")) {
            Some(oid) => format!("{}^^^&{oid}&ISO", self.id),
            None => self.id.clone(),
        }
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

fn list(value: &Value, pointer: &str) -> Vec<Value> {
    value.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn coded(value: &Value) -> Coded {
    Coded {
        code: text(value, "/code").unwrap_or_default(),
        display: text(value, "/display").unwrap_or_default(),
    }
}

fn concept(value: &Value) -> Option<Coded> {
    value.pointer("/coding/0").map(coded)
}

fn agent(value: &Value) -> Agent {
    Agent {
        id: text(value, "/who/identifier/value").unwrap_or_default(),
        name: text(value, "/name"),
        is_requestor: value.get("requestor").and_then(Value::as_bool).unwrap_or(false),
        address: text(value, "/network/address"),
        part: value.get("type").and_then(concept),
        roles: list(value, "/role").iter().filter_map(concept).collect(),
    }
}

fn entity(value: &Value) -> Entity {
    let query = text(value, "/query").and_then(|query| STANDARD.decode(query).ok());
    let detail = |detail: &Value| {
        let content = text(detail, "/valueString")
            .or_else(|| text(detail, "/valueBase64Binary").map(|bytes| format!("base64 {bytes}")));
        Some((text(detail, "/type")?, content.unwrap_or_default()))
    };
    Entity {
        id: text(value, "/what/identifier/value").unwrap_or_default(),
        system: text(value, "/what/identifier/system"),
        kind: value.get("type").map(coded),
        role: value.get("role").map(coded),
        name: text(value, "/name").or_else(|| text(value, "/description")),
        query,
        details: list(value, "/detail").iter().filter_map(detail).collect(),
    }
}
