//! A running community as its clients reach it: addresses, certificate, connections.
//!
//! Everything comes from `endpoints.json` of the data folder. What is said over a connection
//! is in `transactions`.

mod error;
mod fault;
mod fhir_call;
mod patient;
mod registry_errors;
mod soap_call;

use std::path::{Path, PathBuf};

use client::{ClientTransport, TlsFiles};
use config::Endpoints;
use config::agreement::{self, Agreement};
use datatypes::{Oid, PatientId, RepositoryUniqueId};

pub(crate) use error::{AnswerError, WireError};
pub(crate) use fhir_call::FhirEndpoint;
pub(crate) use patient::{RegionalPatient, ResolveError, local_id, named};
pub(crate) use registry_errors::{RegistryErrors, error_line};
use soap_call::SecurityHeader;
pub(crate) use soap_call::{Packaging, SoapAnswered, SoapCall, SoapEndpoint, Transaction};

use crate::assertion::ActingOptions;
use crate::error::CommandError;

/// The community of a data folder, while it runs.
#[derive(Debug)]
pub(crate) struct RunningCommunity {
    data: PathBuf,
    endpoints: Endpoints,
    /// Shown with each SOAP request.
    security: SecurityHeader,
}

/// `HOST:PORT` with how to connect there.
pub(crate) struct MllpAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) transport: ClientTransport,
}

impl RunningCommunity {
    /// # Errors
    /// [`WireError::NotRunning`] without `endpoints.json`; a file that is not one is reported.
    pub(crate) fn open(data: &Path) -> Result<RunningCommunity, CommandError> {
        let endpoints = Endpoints::read(data)?;
        let not_running = WireError::NotRunning { data: data.to_owned() };
        Ok(RunningCommunity {
            data: data.to_owned(),
            endpoints: endpoints.ok_or(not_running)?,
            security: SecurityHeader::default(),
        })
    }

    /// As [`RunningCommunity::open`], to ask on behalf of a person.
    pub(crate) fn open_for(
        data: &Path,
        acting: &ActingOptions,
    ) -> Result<RunningCommunity, CommandError> {
        let community = RunningCommunity::open(data)?;
        let security = SecurityHeader(acting.security_header(data)?);
        Ok(RunningCommunity { security, ..community })
    }

    /// The agreement in the data folder; a folder that holds nothing but `endpoints.json` has none.
    pub(crate) fn agreement(&self) -> Result<Option<Agreement>, CommandError> {
        let file = self.data.join(agreement::FILE_NAME);
        if !file.exists() {
            return Ok(None);
        }
        match Agreement::read(&file) {
            Ok(agreement) => Ok(Some(agreement)),
            Err(faults) => Err(CommandError::Faults { data: self.data.clone(), faults }),
        }
    }

    /// The authority of the patient identifiers in XDS metadata.
    pub(crate) fn affinity_domain(&self) -> Result<Oid, WireError> {
        self.oid(&self.endpoints.affinity_domain, "affinity_domain")
    }

    /// The authority of the domain with this name.
    pub(crate) fn domain(&self, name: &str) -> Result<Oid, WireError> {
        let Some(oid) = self.endpoints.domains.get(name) else {
            let known: Vec<&str> = self.endpoints.domains.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(WireError::UnknownDomain { name: name.to_owned(), known });
        };
        self.oid(oid, "domains")
    }

    pub(crate) fn home_community_id(&self) -> Result<Oid, WireError> {
        let urn = &self.endpoints.home_community_id;
        self.oid(urn.strip_prefix("urn:oid:").unwrap_or(urn), "home_community_id")
    }

    pub(crate) fn repository_unique_id(&self) -> Result<RepositoryUniqueId, WireError> {
        let oid = self.oid(&self.endpoints.repository_unique_id, "repository_unique_id")?;
        Ok(RepositoryUniqueId::new(oid))
    }

    /// A patient of the affinity domain, unless `text` names another authority as
    /// `id^^^&oid&ISO`.
    pub(crate) fn patient_id(&self, text: &str) -> Result<PatientId, CommandError> {
        Ok(parse_patient_id(text, self.affinity_domain()?)?)
    }

    /// The endpoint of ITI-18.
    pub(crate) fn registry(&self) -> Result<SoapEndpoint, WireError> {
        let url = self.endpoints.addresses.registry.as_deref();
        self.soap_endpoint("registry", url)
    }

    /// The endpoint of ITI-41 and ITI-43.
    pub(crate) fn repository(&self) -> Result<SoapEndpoint, WireError> {
        let url = self.endpoints.addresses.repository.as_deref();
        self.soap_endpoint("repository", url)
    }

    /// Where the audit trail is read (ITI-81).
    pub(crate) fn audit_repository(&self) -> Result<FhirEndpoint, WireError> {
        let actor = "audit repository";
        let url = self.endpoints.addresses.audit_fhir.as_deref();
        let url = url.ok_or_else(|| self.absent(actor))?;
        Ok(FhirEndpoint { actor, url: url.to_owned(), transport: self.transport_of(url) })
    }

    /// Where the registry takes the Patient Identity Feed; over TLS wherever it can.
    pub(crate) fn registry_feed(&self) -> Result<MllpAddress, WireError> {
        let addresses = &self.endpoints.addresses;
        let (secure, plain) = (&addresses.registry_mllps, &addresses.registry_mllp);
        let what = "port for the registry's patient identity feed";
        self.mllp_address(secure.as_deref(), plain.as_deref(), what)
    }

    /// Where the Patient Identifier Cross-reference Manager takes the feed of the other domains, and questions.
    pub(crate) fn manager(&self) -> Result<MllpAddress, WireError> {
        let addresses = &self.endpoints.addresses;
        let what = "Patient Identifier Cross-reference Manager, which takes the feed of other \
                    domains than the affinity domain and knows whose numbers are one person's";
        self.mllp_address(addresses.mllps.as_deref(), addresses.mllp.as_deref(), what)
    }

    fn soap_endpoint(
        &self,
        actor: &'static str,
        url: Option<&str>,
    ) -> Result<SoapEndpoint, WireError> {
        let url = url.ok_or_else(|| self.absent(actor))?;
        let (transport, security) = (self.transport_of(url), self.security.clone());
        Ok(SoapEndpoint { actor, url: url.to_owned(), transport, security })
    }

    fn transport_of(&self, url: &str) -> ClientTransport {
        match url.starts_with("https:") {
            true => self.mutual_tls(),
            false => ClientTransport::Plain,
        }
    }

    fn mllp_address(
        &self,
        secure: Option<&str>,
        plain: Option<&str>,
        what: &'static str,
    ) -> Result<MllpAddress, WireError> {
        let (address, transport) = match (secure, plain) {
            (Some(address), _) => (address, self.mutual_tls()),
            (None, Some(address)) => (address, ClientTransport::Plain),
            (None, None) => return Err(self.absent(what)),
        };
        let (host, port) = host_and_port(address).ok_or_else(|| self.malformed("mllp"))?;
        Ok(MllpAddress { host, port, transport })
    }

    fn mutual_tls(&self) -> ClientTransport {
        let Endpoints { client_cert, client_key, ca, .. } = &self.endpoints;
        ClientTransport::from(TlsFiles::new(client_cert, client_key, ca))
    }

    fn oid(&self, text: &str, key: &'static str) -> Result<Oid, WireError> {
        Oid::parse(text).map_err(|_invalid| self.malformed(key))
    }

    fn absent(&self, what: &'static str) -> WireError {
        WireError::NoEndpoint { data: self.data.clone(), what }
    }

    fn malformed(&self, key: &'static str) -> WireError {
        WireError::MalformedEndpoints { data: self.data.clone(), key }
    }
}

/// Runs the wire part of a command on this thread.
pub(crate) fn block_on<T>(
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CommandError::Runtime)?;
    runtime.block_on(work)
}

/// `id`, or `id^^^&oid&ISO`.
pub(crate) fn parse_patient_id(
    text: &str,
    default_authority: Oid,
) -> Result<PatientId, datatypes::InvalidPatientId> {
    if text.contains('^') {
        PatientId::parse(text)
    } else {
        PatientId::new(text, default_authority)
    }
}

/// An IPv6 address stands in brackets.
fn host_and_port(address: &str) -> Option<(String, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() {
        return None;
    }
    Some((host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests;
