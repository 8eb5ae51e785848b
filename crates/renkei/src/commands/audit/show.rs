//! `renkei audit show`: one event, everything it says.

use clap::Args;

use crate::audit_trail::{Agent, Coded, Entity, Event, action_word, local_time, outcome_word};
use crate::cli::DataFolder;
use crate::error::CommandError;
use crate::output::{self, plain};
use crate::transactions::retrieve_atna_audit_event::audit_event;
use crate::wire::{RunningCommunity, block_on};

/// Show one event of the audit trail.
///
/// The sequence number is the first column of `renkei audit find`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  renkei audit show 4711
  renkei audit show 4711 --raw | xmllint --format -
  renkei audit show 4711 --json")]
pub(crate) struct AuditShow {
    #[arg(value_name = "SEQUENCE")]
    sequence: u64,
    /// Print the XML of the message as it was received.
    #[arg(long, conflicts_with = "json")]
    raw: bool,
    /// Print JSON: the AuditEvent.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folder: DataFolder,
}

impl AuditShow {
    pub(crate) fn run(self) -> Result<(), CommandError> {
        let community = RunningCommunity::open(&self.folder.data)?;
        let repository = community.audit_repository()?;
        let event = block_on(audit_event(&repository, self.sequence))?;
        if self.json {
            output::line(format_args!("{:#}", event.resource));
        } else if self.raw {
            let bytes = event.message().unwrap_or_default();
            let xml = atna::syslog::parse(&bytes).map_or(bytes.as_slice(), |syslog| syslog.message);
            output::line(String::from_utf8_lossy(xml));
        } else {
            lines(&event).iter().for_each(|line| output::line(plain(line)));
        }
        Ok(())
    }
}

fn lines(event: &Event) -> Vec<String> {
    let mut lines = vec![
        format!("sequence     {}", event.sequence),
        format!("time         {}", local_time(event.time)),
        format!("event        {}", with_code(&event.kind)),
    ];
    lines.extend(event.subtypes.iter().map(|it| format!("type         {}", with_code(it))));
    lines.extend(event.action.iter().map(|it| format!("action       {}", action_word(it))));
    let text = event.outcome_text.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
    lines.push(format!("outcome      {}{text}", outcome_word(event.outcome.as_deref())));
    lines.extend(event.purposes.iter().map(|it| format!("purpose      {}", with_code(it))));
    if !event.is_readable {
        lines.push("note         this is no audit message that can be read".to_owned());
    }
    let site = event.site.as_deref().map(|site| format!(", {site}")).unwrap_or_default();
    lines.push(format!("recorded by  {}{site}", event.source));
    event.agents.iter().for_each(|agent| agent_lines(&mut lines, agent));
    event.entities.iter().for_each(|entity| entity_lines(&mut lines, entity));
    lines
}

fn agent_lines(lines: &mut Vec<String>, agent: &Agent) {
    lines.push(String::new());
    lines.push(format!("participant  {}", agent.id));
    lines.extend(agent.name.iter().map(|name| format!("  name       {name}")));
    lines.extend(agent.part.iter().map(|part| format!("  part       {}", with_code(part))));
    lines.extend(agent.roles.iter().map(|role| format!("  role       {}", with_code(role))));
    lines.extend(agent.address.iter().map(|address| format!("  address    {address}")));
    let requestor = if agent.is_requestor { "yes" } else { "no" };
    lines.push(format!("  requestor  {requestor}"));
}

fn entity_lines(lines: &mut Vec<String>, entity: &Entity) {
    lines.push(String::new());
    let role = entity.role.as_ref().or(entity.kind.as_ref()).map_or("object", Coded::shown);
    lines.push(format!(
        "object       {}",
        if entity.id.is_empty() { "-".to_owned() } else { entity.cx() }
    ));
    lines.push(format!("  is a       {role}"));
    lines.extend(entity.name.iter().map(|name| format!("  name       {name}")));
    if let Some(query) = &entity.query {
        lines.push("  query".to_owned());
        let text = String::from_utf8_lossy(query).into_owned();
        lines.extend(text.lines().map(|line| format!("    {line}")));
    }
    lines.extend(entity.details.iter().map(|(kind, value)| format!("  {kind}: {value}")));
}

fn with_code(coded: &Coded) -> String {
    match coded.display.is_empty() {
        true => coded.code.clone(),
        false => format!("{} ({})", coded.display, coded.code),
    }
}
