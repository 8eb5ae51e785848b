//! Calls to the admin listener of a running community.

use std::path::Path;
use std::time::Duration;

use client::{ClientTransport, RawClient, Timeouts};
use config::Endpoints;
use pix_manager::admin::{OTHER_COMMUNITY, Refused};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::CommandError;
use crate::output;
use crate::wire::WireError;

/// Tells the command line from a page in a browser; its value does not matter.
pub(crate) const OPERATOR_HEADER: &str = "renkei-operator";

/// A community that was killed leaves its endpoints.json behind: nobody answers there for long.
const WAIT: Duration = Duration::from_secs(3);

/// A change waits for the registry to hear of it, for as long as is configured.
const ORDER: Duration = Duration::from_secs(30);

/// Lets a running community take the changed agreement over; says so if none runs.
pub(crate) fn reload_if_running(data: &Path) -> Result<(), CommandError> {
    let admin = Endpoints::read(data)?.and_then(|endpoints| endpoints.addresses.admin);
    let Some(admin) = admin else {
        output::line("no community runs here: the next start uses it");
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(CommandError::Runtime)?;
    match runtime.block_on(post(&format!("{admin}/reload"))) {
        Ok((200, said)) => output::line(said),
        Ok((_, said)) => return Err(CommandError::ReloadRefused { said }),
        Err(error) => output::warning(format_args!(
            "the community does not answer ({error}): the next start uses it"
        )),
    }
    Ok(())
}

async fn post(url: &str) -> Result<(u16, String), client::CallError> {
    let timeouts = Timeouts { connect: WAIT, response: WAIT, whole: WAIT, ..Timeouts::default() };
    let client = RawClient::new(&ClientTransport::Plain, timeouts)
        .map_err(|_no_tls| client::CallError::InvalidRequest("client"))?;
    let headers = vec![(OPERATOR_HEADER.to_owned(), "renkei".to_owned())];
    let answer = client.post_raw(url, headers, bytes::Bytes::new()).await?;
    Ok((answer.status, String::from_utf8_lossy(&answer.body).trim().to_owned()))
}

/// What keeps an operator's order from being carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrderError {
    #[error("the manager refuses ({status}): {text}")]
    Refused { status: u16, text: String },
    #[error("the manager's admin listener does not answer; does the community still run?")]
    NoAnswer(#[source] client::CallError),
    #[error("nothing that answers is the manager of this community")]
    NoManager,
    #[error("the manager says what this version does not understand")]
    Answer(#[source] serde_json::Error),
    #[error("who orders this? name yourself by --operator")]
    NoOperator,
}

/// Who orders something, and why; both stand in the audit trail.
#[derive(Clone, Debug)]
pub(crate) struct Orderer {
    pub(crate) operator: String,
    pub(crate) reason: String,
}

/// Gives the manager of a community an order and reads what it answers.
///
/// The admin listener is where `endpoints.json` says, or where `pix-manager.toml` says if the manager is a process
/// of its own.
pub(crate) fn order<T: Serialize, A: DeserializeOwned>(
    data: &Path,
    path: &str,
    orderer: &Orderer,
    about: &T,
) -> Result<A, CommandError> {
    let Orderer { operator, reason } = orderer.clone();
    let (admins, community) = candidates(data)?;
    let order = pix_manager::admin::Order { community: Some(community), operator, reason, about };
    let body = serde_json::to_vec(&order).map_err(OrderError::Answer)?;
    crate::wire::block_on(async move {
        let mut last = OrderError::NoManager;
        for admin in admins {
            match post_order(&format!("{admin}{path}"), body.clone()).await {
                Ok((200, said)) => {
                    return Ok(serde_json::from_slice(&said).map_err(OrderError::Answer)?);
                }
                Ok((status, said)) => match serde_json::from_slice(&said) {
                    Ok(Refused { error, text }) if error != OTHER_COMMUNITY => {
                        let text = output::plain(&text).into_owned();
                        return Err(OrderError::Refused { status, text }.into());
                    }
                    // Whoever listens there knows no such page, or is somebody else's manager.
                    Ok(_) | Err(_) => last = OrderError::NoManager,
                },
                Err(error) if error.is_certainly_not_received() => {
                    last = OrderError::NoAnswer(error);
                }
                Err(error) => return Err(OrderError::NoAnswer(error).into()),
            }
        }
        Err(last.into())
    })
}

/// Where the manager may listen, and the homeCommunityId of its community.
fn candidates(data: &Path) -> Result<(Vec<String>, String), CommandError> {
    let endpoints = Endpoints::read(data)?;
    let published = endpoints.as_ref().and_then(|endpoints| endpoints.addresses.admin.clone());
    let configured = config::Community::load(data);
    let home = match (&endpoints, &configured) {
        (Some(endpoints), _) => endpoints.home_community_id.clone(),
        (None, Ok(community)) => community.agreement.home_community_id.as_urn(),
        (None, Err(_)) => return Err(WireError::NotRunning { data: data.to_owned() }.into()),
    };
    // A folder that holds nothing but endpoints.json is enough for the first.
    let configured = configured.ok().and_then(|community| community.pix_manager);
    let configured = configured.map(|config| format!("http://{}", config.process.admin));
    Ok((published.into_iter().chain(configured).collect(), home))
}

async fn post_order(url: &str, body: Vec<u8>) -> Result<(u16, bytes::Bytes), client::CallError> {
    let timeouts = Timeouts { connect: WAIT, response: ORDER, whole: ORDER, ..Timeouts::default() };
    let client = RawClient::new(&ClientTransport::Plain, timeouts)
        .map_err(|_no_tls| client::CallError::InvalidRequest("client"))?;
    let headers = vec![
        (OPERATOR_HEADER.to_owned(), "renkei".to_owned()),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let answer = client.post_raw(url, headers, body.into()).await?;
    Ok((answer.status, answer.body))
}
