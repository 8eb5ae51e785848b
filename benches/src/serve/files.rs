//! What a community's transfers are held against: files over plain HTTP, as durable as documents are there.
//!
//! `POST /NAME` streams the body into a temporary file in blocks, syncs it, moves it into folders of the same
//! fan-out as the document store's, syncs the folder, and waits for as many small synced writes as the
//! databases behind an ITI-41 make, one after the other, each shared with whoever else waits for one. `GET
//! /NAME` appends to a journal, waits for its sync, and streams the file with its length. Nothing is read,
//! hashed, parsed or looked up.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::error::ErrorInternalServerError as failed;
use actix_web::{HttpResponse, web};
use anyhow::Result;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use net::HttpServer;

use super::log::{Growth, Log};
use super::{Options, http_config, say, wait_for_end};

/// As the server's spool and answers have it.
const BLOCK_BYTES: usize = 256 * 1024;

/// What a group commit of the registry or the repository writes for one submission: see
/// `docs/performance.md`.
const COMMIT_BYTES: usize = 8 * 4096;

/// A line of the audit journal.
const JOURNAL_BYTES: usize = 600;

/// As often as a server empties its audit outbox.
const DRAIN_PAUSE: Duration = Duration::from_secs(1);

struct Files {
    root: PathBuf,
    spool: PathBuf,
    n_spooled: AtomicU64,
    n_commits: u8,
    /// The repository's database, the registry's, in the order in which ITI-41 needs them.
    databases: [Log; 2],
    journals: [Log; 2],
}

pub(super) async fn serve(options: &Options) -> Result<()> {
    let files = Arc::new(Files::open(&options.data.join("files"), options.commits)?);
    let shared = Arc::clone(&files);
    let server = HttpServer::start(http_config(options)?, move |service| {
        let shared = web::Data::from(Arc::clone(&shared));
        service
            .app_data(shared)
            .route("/{name}", web::post().to(upload))
            .route("/{name}", web::get().to(download));
    })?;
    say(&server.address().to_string())?;
    let drain = tokio::spawn(drain(files));
    wait_for_end().await?;
    drain.abort();
    server.stop().await;
    Ok(())
}

impl Files {
    fn open(folder: &Path, n_commits: u8) -> Result<Files> {
        fs::create_dir_all(folder.join("spool"))?;
        fs::create_dir_all(folder.join("documents"))?;
        let log = |name, growth, entry| Log::open(&folder.join(name), growth, entry);
        Ok(Files {
            root: folder.join("documents"),
            spool: folder.join("spool"),
            n_spooled: AtomicU64::new(0),
            n_commits,
            databases: [
                log("repository.log", Growth::Rotates, COMMIT_BYTES)?,
                log("registry.log", Growth::Rotates, COMMIT_BYTES)?,
            ],
            journals: [
                log("repository.journal", Growth::Appends, JOURNAL_BYTES)?,
                log("registry.journal", Growth::Appends, JOURNAL_BYTES)?,
            ],
        })
    }

    fn place(&self, name: &str) -> PathBuf {
        let digest = openssl::sha::sha256(name.as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let level = |start| hex.get(start..start + 2).unwrap_or_default();
        self.root.join(level(0)).join(level(2)).join(&hex)
    }

    /// Moves a synced file to its place; new folders are synced into those above them.
    fn keep(&self, file: &Path, name: &str) -> io::Result<()> {
        let place = self.place(name);
        let folder = place.parent().unwrap_or(&self.root);
        if !folder.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            File::open(folder.parent().unwrap_or(&self.root))?.sync_all()?;
            File::open(&self.root)?.sync_all()?;
        }
        fs::rename(file, &place)?;
        File::open(folder)?.sync_all()
    }
}

/// What is done between requests: audit records go from each database to its journal.
async fn drain(files: Arc<Files>) {
    loop {
        tokio::time::sleep(DRAIN_PAUSE).await;
        for (journal, database) in files.journals.iter().zip(&files.databases) {
            // A log that fails fails the requests as well, which is where it is told.
            let _told_elsewhere = journal.commit().await.and(database.commit().await);
        }
    }
}

async fn upload(
    files: web::Data<Files>,
    name: web::Path<String>,
    mut payload: web::Payload,
) -> Result<HttpResponse, actix_web::Error> {
    let number = files.n_spooled.fetch_add(1, Ordering::Relaxed);
    let path = files.spool.join(format!("{number}.part"));
    let (mut file, mut block, mut n_bytes) = (None, Vec::new(), 0);
    while let Some(chunk) = payload.next().await {
        block.extend_from_slice(&chunk?);
        if block.len() >= BLOCK_BYTES {
            n_bytes += block.len();
            let (path, full) = (path.clone(), block);
            let written = web::block(move || append(file, &path, full)).await?;
            let (opened, emptied) = written.map_err(failed)?;
            (file, block) = (Some(opened), emptied);
        }
    }
    n_bytes += block.len();
    let shared = files.clone().into_inner();
    let kept = web::block(move || {
        let (file, _) = append(file, &path, block)?;
        file.sync_all()?;
        shared.keep(&path, &name)
    });
    kept.await?.map_err(failed)?;
    let in_turn = files.databases.iter().cycle();
    for database in in_turn.take(usize::from(files.n_commits)) {
        database.commit().await.map_err(failed)?;
    }
    Ok(HttpResponse::Ok().body(format!("stored {n_bytes} bytes")))
}

/// Gives the block back, emptied.
fn append(file: Option<File>, path: &Path, mut block: Vec<u8>) -> io::Result<(File, Vec<u8>)> {
    let mut file = match file {
        Some(file) => file,
        None => OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?,
    };
    file.write_all(&block)?;
    block.clear();
    Ok((file, block))
}

async fn download(
    files: web::Data<Files>,
    name: web::Path<String>,
) -> Result<HttpResponse, actix_web::Error> {
    let place = files.place(&name);
    let opened = web::block(move || {
        let file = File::open(place)?;
        let rest = file.metadata()?.len();
        next_block(file, rest)
    });
    let (first, file, rest) = opened.await?.map_err(failed)?;
    let [journal, _] = &files.journals;
    journal.commit().await.map_err(failed)?;
    let n_bytes = rest.saturating_add(u64::try_from(first.len()).unwrap_or_default());
    let first = stream::once(async move { Ok(first) });
    let blocks = first.chain(blocks(file, rest));
    Ok(HttpResponse::Ok().body(SizedStream::new(n_bytes, blocks.boxed_local())))
}

fn blocks(file: File, rest: u64) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((file, rest), |(file, rest)| async move {
        if rest == 0 {
            return Ok(None);
        }
        let read = web::block(move || next_block(file, rest));
        let (block, file, rest) = read.await.map_err(io::Error::other).and_then(|read| read)?;
        Ok(Some((block, (file, rest))))
    })
}

/// A block, and what is left.
fn next_block(mut file: File, rest: u64) -> io::Result<(Bytes, File, u64)> {
    let wanted = BLOCK_BYTES.min(usize::try_from(rest).unwrap_or(usize::MAX));
    let mut block = vec![0; wanted];
    file.read_exact(&mut block)?;
    let n_read = u64::try_from(block.len()).unwrap_or(u64::MAX);
    Ok((block.into(), file, rest.saturating_sub(n_read)))
}
