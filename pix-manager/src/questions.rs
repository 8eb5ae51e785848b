//! Questions on their way to the database: pages, and threads that may block.

use std::sync::Arc;

use identity::{CrossReferenceQuery, DemographicsQuery, LocalId, MatchPage};

use crate::Manager;
use crate::continuation::{Asked, Found, Page};
use crate::error::QueryFault;
use crate::transactions::{Origin, cross_reference, demographics};

/// ITI-9 and ITI-45.
///
/// # Errors
/// [`QueryFault`].
pub async fn cross_reference(
    manager: &Arc<Manager>,
    origin: &Origin,
    query: CrossReferenceQuery,
) -> Result<Vec<LocalId>, QueryFault> {
    let (manager, origin) = (Arc::clone(manager), origin.clone());
    block(move || cross_reference::cross_reference(&manager, &origin, &query)).await
}

/// ITI-21, ITI-22 and ITI-47: the first page.
///
/// # Errors
/// [`QueryFault`].
pub async fn demographics(
    manager: &Arc<Manager>,
    origin: &Origin,
    (asked, query): (Asked, DemographicsQuery),
    limit: Option<usize>,
) -> Result<MatchPage, QueryFault> {
    let (manager, origin) = (Arc::clone(manager), origin.clone());
    block(move || {
        let hits = demographics::find(&manager, &origin, &query)?;
        // Another question under the same name takes the place of the first.
        manager.continuations.cancel(&asked.owner);
        let domains = Arc::new(query.domains);
        let found = Found { hits: Arc::new(hits), copy: asked.copy, domains };
        let n_most = page_size(&manager, limit);
        let (page, pointer) = manager.continuations.open(&asked.owner, found, n_most);
        show(&manager, &origin, (&page, pointer))
    })
    .await
}

/// A further page of ITI-21 and ITI-22.
///
/// # Errors
/// [`QueryFault`].
pub async fn next_page(
    manager: &Arc<Manager>,
    origin: &Origin,
    (owner, pointer): (String, String),
    limit: Option<usize>,
) -> Result<MatchPage, QueryFault> {
    let (manager, origin) = (Arc::clone(manager), origin.clone());
    block(move || {
        let n_most = page_size(&manager, limit);
        let page = manager.continuations.at(&owner, &pointer, n_most);
        let (page, next) = page.ok_or(QueryFault::ContinuationUnknown)?;
        show(&manager, &origin, (&page, next))
    })
    .await
}

/// A further page of ITI-47, from `start` on or behind the last one.
///
/// # Errors
/// [`QueryFault`].
pub async fn page_of(
    manager: &Arc<Manager>,
    origin: &Origin,
    (owner, start): (String, Option<usize>),
    limit: Option<usize>,
) -> Result<(MatchPage, Found), QueryFault> {
    let (manager, origin) = (Arc::clone(manager), origin.clone());
    block(move || {
        let n_most = page_size(&manager, limit);
        let page = manager.continuations.of_owner(&owner, start, n_most);
        let page = page.ok_or(QueryFault::ContinuationUnknown)?;
        let shown = show(&manager, &origin, (&page, None))?;
        Ok((shown, page.found))
    })
    .await
}

fn show(
    manager: &Manager,
    origin: &Origin,
    (page, pointer): (&Page, Option<String>),
) -> Result<MatchPage, QueryFault> {
    let domains = &page.found.domains;
    let matches = demographics::show(manager, origin, (page.hits(), domains))?;
    let (n_total, n_remaining) = (page.n_total(), page.n_remaining());
    Ok(MatchPage { matches, n_total, n_remaining, pointer })
}

async fn block<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, QueryFault> + Send + 'static,
) -> Result<T, QueryFault> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(QueryFault::Interrupted))
}

/// The asker's limit, within ours.
fn page_size(manager: &Manager, limit: Option<usize>) -> usize {
    let most = manager.config.limits.matches_per_answer;
    limit.map_or(most, |limit| limit.min(most))
}
