//! Runs one case: its steps in order, the checks of each, evidence of everything.

use crate::answer::{Answer, Hl7Answer};
use crate::case::{Case, Document, Notification, Sending, Step};
use crate::check::Exchange;
use crate::consumer::{Consumer, Wanted};
use crate::endpoints::{Address, Endpoints};
use crate::evidence::Evidence;
use crate::provider::{ISSUER_KEY, Provider};
use crate::report::{CaseReport, CheckReport, Outcome, StepReport};
use crate::request::{self, Request};
use crate::scope::Scope;
use crate::suite::Suite;
use crate::template::Template;
use crate::transport::Transport;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;
use tokio::sync::OnceCell;

pub use crate::provider::ProviderError;
pub use crate::transport::Certificates;

/// Everything that the cases of a run share.
pub struct Runner<'a> {
    suite: &'a Suite,
    endpoints: &'a Endpoints,
    transport: Transport,
    /// Whoever issues assertions for the requests, if the server requires them.
    provider: Option<Provider>,
    evidence: &'a Evidence,
    /// Listens from the first case on, so that nothing piles up at the manager.
    consumer: OnceCell<Result<Consumer, String>>,
}

/// The key that says where the runner listens as a PIX consumer.
const CONSUMER: &str = "consumer_mllp";

impl<'a> Runner<'a> {
    /// A runner against the server of the endpoints file.
    ///
    /// # Errors
    /// [`ProviderError`] if the issuer of assertions that the file names cannot be used.
    pub fn new(
        suite: &'a Suite,
        endpoints: &'a Endpoints,
        certificates: &Certificates,
        evidence: &'a Evidence,
    ) -> Result<Runner<'a>, ProviderError> {
        let transport = Transport::new(endpoints, certificates);
        let provider = Provider::of(endpoints)?;
        Ok(Runner { suite, endpoints, transport, provider, evidence, consumer: OnceCell::new() })
    }

    /// Runs a case; it ends at the first step of which a check does not hold, because the steps
    /// behind it build on that one.
    pub async fn run(&self, case: &Case) -> CaseReport {
        match self.consumer().await {
            Some(Ok(consumer)) => consumer.while_listening(self.run_case(case)).await,
            Some(Err(_)) | None => self.run_case(case).await,
        }
    }

    /// The consumer, if the endpoints file says where to listen.
    async fn consumer(&self) -> Option<&Result<Consumer, String>> {
        let address = self.endpoints.text(CONSUMER)?;
        let listen = async {
            let listening = Consumer::listen(address).await;
            listening.map_err(|fault| format!("nobody can listen at `{CONSUMER}`: {fault}"))
        };
        Some(self.consumer.get_or_init(|| listen).await)
    }

    async fn run_case(&self, case: &Case) -> CaseReport {
        let mut steps = Vec::new();
        self.transport.begin_case();
        let outcome = match self.lacking(case) {
            Some(reason) => Outcome::Skipped(reason),
            None => match self.run_steps(case, &mut steps).await {
                Ok(()) => Outcome::Pass,
                Err(reason) => Outcome::Fail(reason),
            },
        };
        CaseReport::new(case, outcome, steps)
    }

    /// What keeps the case from being run against this server.
    fn lacking(&self, case: &Case) -> Option<String> {
        if let Some(absent) = case.needs.iter().find(|key| !self.endpoints.meets(key)) {
            return Some(match absent.as_str() {
                ISSUER_KEY => "no issuer of assertions is given, so access is open".to_owned(),
                absent => format!("the endpoints file has no `{absent}`"),
            });
        }
        let over_tls = |step: &&Step| match self.address(step) {
            Ok(Some(Address::Http(url))) => url.starts_with("https:"),
            Ok(Some(Address::Mllp(_))) => false,
            Ok(Some(Address::MllpOverTls(_)) | None) | Err(_) => true,
        };
        let plain =
            case.steps.iter().filter(|step| step.tls.is_some()).find(|step| !over_tls(step));
        plain.map(|step| format!("`{}` is not over TLS", step.endpoint))
    }

    async fn run_steps(&self, case: &Case, reports: &mut Vec<StepReport>) -> Result<(), String> {
        let seed = uuid::Uuid::new_v4().to_string();
        let now = jiff::Timestamp::now().strftime("%Y%m%d%H%M%S").to_string();
        let mut scope = Scope::new(self.endpoints, seed, now);
        self.fill_documents(case, &mut scope)?;
        let mut mark = 0;
        for (index, step) in case.steps.iter().enumerate() {
            let number = index + 1;
            let failed = |reason: String| format!("step {number} ({}): {reason}", step.name);
            scope.next_message();
            reports.push(StepReport {
                name: step.name.clone(),
                transaction: step.transaction.clone(),
                checks: Vec::new(),
                request: None,
                answer: None,
            });
            let Some(report) = reports.last_mut() else { continue };
            let variables = self.variables(case, step).map_err(failed)?;
            let template = Template { suite: self.suite, scope: &scope, variables: &variables };
            if let Sending::Notified(notification) = &step.sending {
                let answer = self.heard(notification, &template, mark).await.map_err(failed)?;
                let kept = self.evidence.keep_answer(&case.id, number, &answer);
                report.answer = Some(kept.map_err(|fault| failed(fault.to_string()))?);
                evaluate(step, &Exchange { answer: &answer, scope: &scope, template }, report)
                    .map_err(failed)?;
                scope.insert_answer(answer);
                continue;
            }
            if let Some(Ok(consumer)) = self.consumer.get() {
                mark = consumer.mark();
            }
            let request = request::build(step, &template, self.provider.as_ref());
            let request = request.map_err(|e| failed(e.to_string()))?;
            let place = (case.id.as_str(), number);
            let answer = self.exchange(step, &request, place, report).await.map_err(failed)?;
            evaluate(step, &Exchange { answer: &answer, scope: &scope, template }, report)
                .map_err(failed)?;
            scope.insert_answer(answer);
        }
        Ok(())
    }

    /// The notification that is waited for.
    async fn heard(
        &self,
        notification: &Notification,
        template: &Template<'_>,
        mark: usize,
    ) -> Result<Answer, String> {
        let consumer = self.consumer.get().ok_or("the runner does not listen")?;
        let consumer = consumer.as_ref().map_err(Clone::clone)?;
        let fill = |texts: &[String]| {
            let filled = texts.iter().map(|text| template.value(text));
            filled.collect::<Result<Vec<String>, _>>().map_err(|fault| fault.to_string())
        };
        let (holds, lacks) = (fill(&notification.holds)?, fill(&notification.lacks)?);
        let patience = Duration::from_millis(notification.wait_ms);
        let wanted = Wanted { holds: &holds, lacks: &lacks, patience };
        Ok(Answer::Hl7(Hl7Answer::new(consumer.await_message(mark, &wanted).await)))
    }

    fn fill_documents(&self, case: &Case, scope: &mut Scope<'_>) -> Result<(), String> {
        for (name, document) in &case.documents {
            let template = Template { suite: self.suite, scope, variables: &case.variables };
            let fault = |fault: String| format!("document {name}: {fault}");
            for (name, bytes) in document_bytes(name, document, &template).map_err(fault)? {
                scope.insert_document(&name, bytes);
            }
        }
        Ok(())
    }

    /// Variables of the case, of the step, and what the step says by other keys.
    fn variables(&self, case: &Case, step: &Step) -> Result<BTreeMap<String, String>, String> {
        let mut variables = case.variables.clone();
        variables.extend(step.variables.clone());
        if let Some(Address::Http(url)) = self.address(step)? {
            variables.entry("to".to_owned()).or_insert(url);
        }
        let action = match &step.sending {
            Sending::Soap { action } => Some(action),
            Sending::Mtom(mtom) => Some(&mtom.action),
            Sending::Mllp(_) | Sending::Http | Sending::Notified(_) => None,
        };
        if let Some(action) = action {
            variables.entry("action".to_owned()).or_insert_with(|| action.clone());
        }
        Ok(variables)
    }

    fn address(&self, step: &Step) -> Result<Option<Address>, String> {
        self.endpoints.address(&step.endpoint).map_err(|fault| fault.to_string())
    }

    async fn exchange(
        &self,
        step: &Step,
        request: &Request,
        (case, number): (&str, usize),
        report: &mut StepReport,
    ) -> Result<Answer, String> {
        let address = self.address(step)?.ok_or("the endpoint is absent")?;
        let name = match &address {
            Address::Http(name) | Address::Mllp(name) | Address::MllpOverTls(name) => name.as_str(),
        };
        let not_kept = |error: std::io::Error| format!("evidence cannot be kept: {error}");
        let path = self.evidence.keep_request(case, number, name, request).map_err(not_kept)?;
        report.request = Some(path);
        let answer = match (&step.sending, &step.tls) {
            (Sending::Notified(_), _) => return Err("a notification is not sent".to_owned()),
            (_, Some(tls)) => self.transport.converse(&address, request, tls).await,
            (Sending::Mllp(wire), None) => {
                self.transport.send_mllp(&address, request, wire.delivery).await
            }
            (Sending::Soap { .. } | Sending::Mtom(_) | Sending::Http, None) => {
                self.transport.post(name, request).await
            }
        };
        let answer = answer.map_err(|fault| with_sources(&fault))?;
        report.answer = Some(self.evidence.keep_answer(case, number, &answer).map_err(not_kept)?);
        Ok(answer)
    }
}

/// The names and bytes that a document of the case stands for.
pub(crate) fn document_bytes(
    name: &str,
    document: &Document,
    template: &Template<'_>,
) -> Result<Vec<(String, Vec<u8>)>, String> {
    let bytes = match document {
        Document::Bytes(length) => pseudo_random(*length),
        Document::Base64(text) => {
            STANDARD.decode(text).map_err(|_wrong| "it is not base64".to_owned())?
        }
        Document::Text(text) => {
            template.value(text).map_err(|fault| fault.to_string())?.into_bytes()
        }
        Document::Copies { n, text } => {
            let one = |copy: usize| {
                let variables = template.of_copy(copy);
                let text = Template { variables: &variables, ..*template }.value(text);
                let text = text.map_err(|fault| fault.to_string())?;
                Ok((format!("{name} {copy}"), text.into_bytes()))
            };
            return (1..=*n).map(one).collect();
        }
    };
    Ok(vec![(name.to_owned(), bytes)])
}

/// Evaluates every check, so that the report shows all findings; the first one is the reason.
fn evaluate(step: &Step, exchange: &Exchange<'_>, report: &mut StepReport) -> Result<(), String> {
    let mut reason = None;
    for check in &step.checks {
        let finding = check.held(exchange).err().map(|finding| finding.0);
        reason = reason.or_else(|| finding.clone());
        let check = serde_json::to_value(check).unwrap_or(serde_json::Value::Null);
        report.checks.push(CheckReport { check, finding });
    }
    reason.map_or(Ok(()), Err)
}

/// An error with its causes, since there is no log to look into.
fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Bytes without any pattern but the same ones in every run; every byte value and the beginnings
/// of MIME boundaries are among them.
fn pseudo_random(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut bytes = b"\r\n--MIMEBoundary\r\n--\r\n\r\n\0".to_vec();
    while bytes.len() < length {
        // xorshift64*: good enough to be incompressible, and the same on every machine.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
