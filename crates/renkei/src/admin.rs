//! Calls to the admin listener of a running community.

use std::path::Path;
use std::time::Duration;

use client::{ClientTransport, RawClient, Timeouts};
use config::Endpoints;

use crate::error::CommandError;
use crate::output;

/// Tells the command line from a page in a browser; its value does not matter.
pub(crate) const OPERATOR_HEADER: &str = "renkei-operator";

/// A community that was killed leaves its endpoints.json behind: nobody answers there for long.
const WAIT: Duration = Duration::from_secs(3);

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
