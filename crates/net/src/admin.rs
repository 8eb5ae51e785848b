//! The admin listener of a process: `/healthz`, `/readyz`, `/metrics`.
//!
//! Loopback only. An actor may add its own admin pages; their authorisation
//! is the actor's duty.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use actix_web::guard::{self, GuardContext};
use actix_web::http::StatusCode;
use actix_web::http::header::{HOST, ORIGIN};
use actix_web::{HttpResponse, web};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::http::{HttpConfig, HttpLimits, HttpServer};
use crate::peer::OnRefused;
use crate::transport::{Transport, TransportError};

/// Media type of the OpenMetrics text format, version 1.0.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Tells whether the process can do its work; the error text is shown to the operator.
pub type Readiness = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What the admin listener shows.
#[derive(Clone)]
pub struct AdminConfig {
    /// A loopback address; port 0 asks the system for a free one.
    pub address: SocketAddr,
    /// Asked on every `/readyz`; must answer at once, without waiting for IO.
    pub ready: Readiness,
    /// The process's counters.
    pub registry: Arc<Registry>,
}

/// The running admin listener.
#[derive(Debug)]
pub struct AdminServer {
    server: HttpServer,
}

impl AdminServer {
    /// Opens the listener; `routes` adds further admin pages. Needs a tokio runtime.
    ///
    /// # Errors
    /// [`TransportError`] when the address is taken or beyond loopback.
    pub fn start<F>(config: AdminConfig, routes: F) -> Result<AdminServer, TransportError>
    where
        F: Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
    {
        let http = HttpConfig {
            address: config.address,
            transport: Transport::Plain,
            workers: 1,
            limits: HttpLimits::default(),
            on_refused: OnRefused::default(),
            trusted_proxy: None,
        };
        let server = HttpServer::start(http, move |service| {
            let pages = web::scope("")
                .guard(guard::fn_guard(is_of_this_machine))
                .app_data(web::Data::from(Arc::clone(&config.registry)))
                .app_data(web::Data::new(Arc::clone(&config.ready)))
                .route("/healthz", web::get().to(healthz))
                .route("/readyz", web::get().to(readyz))
                .route("/metrics", web::get().to(metrics))
                .configure(routes.clone());
            service.service(pages);
        })?;
        Ok(AdminServer { server })
    }

    /// The address in use, with the real port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Stops the listener; stop it last, so that operators can watch the others stop.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Whether a request was written for this listener. A page in somebody's browser whose name has come to mean this
/// machine (DNS rebinding) still sends its own name; and no page at all has business here.
fn is_of_this_machine(context: &GuardContext<'_>) -> bool {
    let headers = &context.head().headers;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|it| it.is_ascii_digit()));
    let name = name.map_or(host, |(name, _port)| name);
    let is_here = matches!(name, "localhost" | "[::1]")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_here && !headers.contains_key(ORIGIN)
}

/// The process is alive: it answers.
async fn healthz() -> HttpResponse {
    text(StatusCode::OK, "ok\n".to_owned())
}

async fn readyz(ready: web::Data<Readiness>) -> HttpResponse {
    match ready() {
        Ok(()) => text(StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")),
    }
}

async fn metrics(registry: web::Data<Registry>) -> HttpResponse {
    let mut page = String::new();
    match encode(&mut page, &registry) {
        Ok(()) => HttpResponse::Ok().content_type(OPEN_METRICS).body(page),
        Err(error) => {
            tracing::error!(%error, "metrics could not be rendered");
            HttpResponse::InternalServerError().finish()
        }
    }
}

fn text(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(body)
}
