//! The admin pages of an all-in-one process: `POST /reload` puts the data folder's agreement in force, and
//! those of the repository's maintenance and of the PIX manager.
//!
//! On loopback; operator certificates and roles come with node authentication.

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use audit_repository::AuditRepository;
use config::agreement::{self, Agreement};
use pix_manager::Manager;
use policy::Access;
use registry::Registry;
use repository::Repository;
use repository::maintenance::Maintenance;

use crate::admin::OPERATOR_HEADER;

/// What the pages act on.
#[derive(Clone)]
pub(super) struct AdminPages {
    pub(super) data: PathBuf,
    pub(super) registry: Arc<Registry>,
    pub(super) repository: Arc<Repository>,
    pub(super) maintenance: Arc<Maintenance>,
    pub(super) audit_repository: Option<Arc<AuditRepository>>,
    pub(super) pix_manager: Option<Arc<Manager>>,
    pub(super) access: Access,
}

impl AdminPages {
    pub(super) fn configure(self, service: &mut web::ServiceConfig) {
        repository::admin::configure(service, Arc::clone(&self.maintenance));
        if let Some(manager) = &self.pix_manager {
            pix_manager::admin::configure(service, Arc::clone(manager));
        }
        service.app_data(web::Data::new(self)).route("/reload", web::post().to(reload));
    }
}

/// Reads the agreement and its code tables again. With any fault, what is in force stays.
async fn reload(pages: web::Data<AdminPages>, request: HttpRequest) -> HttpResponse {
    // A page in somebody's browser can post to loopback, but not with a header of its own choosing.
    if !request.headers().contains_key(OPERATOR_HEADER) {
        return HttpResponse::Forbidden()
            .body(format!("the header {OPERATOR_HEADER} is missing\n"));
    }
    let file = pages.data.join(agreement::FILE_NAME);
    let read = web::block(move || Agreement::read(&file)).await;
    let agreement = match read {
        Ok(Ok(agreement)) => Arc::new(agreement),
        Ok(Err(faults)) => return HttpResponse::UnprocessableEntity().body(format!("{faults}\n")),
        Err(_interrupted) => return HttpResponse::ServiceUnavailable().body("stopping\n"),
    };
    if let Err(error) = pages.registry.reload(Arc::clone(&agreement), pages.access).await {
        return HttpResponse::Conflict().body(format!("{error}\n"));
    }
    if let Err(error) = pages.repository.reload(Arc::clone(&agreement)).await {
        tracing::error!(%error, "the repository did not take the agreement over");
        return HttpResponse::InternalServerError().body(format!("{error}\n"));
    }
    if let Some(Err(error)) =
        pages.pix_manager.as_ref().map(|manager| manager.reload(Arc::clone(&agreement)))
    {
        tracing::error!(%error, "the PIX manager did not take the agreement over");
        return HttpResponse::InternalServerError().body(format!("{error}\n"));
    }
    if let Some(audit_repository) = &pages.audit_repository {
        audit_repository.reload(Arc::clone(&agreement));
    }
    let version = agreement.version_in_force();
    tracing::info!(version, "another version of the agreement is in force");
    HttpResponse::Ok().body(format!("agreement {version} is in force\n"))
}
