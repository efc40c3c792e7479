//! One request and its answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use anabranch_ir::{FunctionId, OperatorId, Program, Signature};
use anabranch_kernel::value::wire;
use anabranch_kernel::{EntityId, IdempotencyKey, Operation, Reply, Value};
use anabranch_protocol::{Content, NumberedRequest, Request, Response};

use super::natural;
use super::outbox::Outbox;
use crate::arguments;
use crate::delivery::Recipient;
use crate::ingress::Ingress;
use crate::metrics::InFlight;
use crate::problem::{Kind, Problem, from_arguments, from_failure, no_json_form};
use crate::{idempotency, observation, paths};
use anabranch_json::mistakes::Mistakes;
use anabranch_json::{keys, read, write};

/// A request under way. It is answered exactly once: with a problem if it is dropped before.
pub(crate) struct Exchange {
    ingress: Arc<Ingress>,
    outbox: Arc<Outbox>,
    id: u64,
    subject: Subject,
    exact: bool,
    started: Instant,
    answered: bool,
    _in_flight: InFlight,
}

/// What a request is about, for the log.
#[derive(Clone, Copy)]
struct Subject {
    operation: &'static str,
    operator: Option<OperatorId>,
    method: Option<FunctionId>,
}

/// What the engine is asked.
struct Asked {
    operation: Operation,
    idempotency_key: Option<IdempotencyKey>,
}

/// Checks the request in `content`, hands it to the engine and sees to its answer.
pub(super) fn run(ingress: &Arc<Ingress>, outbox: &Arc<Outbox>, content: &[u8]) {
    let mut exchange = Exchange {
        ingress: Arc::clone(ingress),
        outbox: Arc::clone(outbox),
        id: 0,
        subject: Subject { operation: "unreadable", operator: None, method: None },
        exact: false,
        started: Instant::now(),
        answered: false,
        _in_flight: ingress.metrics.begin_binary(),
    };
    outbox.begin();
    let numbered = match NumberedRequest::read(content) {
        Ok(numbered) => numbered,
        Err(unreadable) => {
            exchange.id = unreadable.id.unwrap_or(0);
            let detail = unreadable.malformed.to_string();
            return exchange.fail(&Problem::new(Kind::NotARequest, detail));
        }
    };
    exchange.id = numbered.id;
    if numbered.request == Request::Ping {
        exchange.subject.operation = "ping";
        return exchange.answer(200, Content::Natural(rmpv::Value::Nil));
    }
    // After a panic nothing is used that it could have left half done.
    let checked = catch_unwind(AssertUnwindSafe(|| exchange.check(numbered)));
    let checked = checked.unwrap_or_else(|panic| {
        Err(Problem::bug(format!("a handler panicked: {}", observation::panic_message(&*panic))))
    });
    let placed = checked.and_then(|asked| {
        let mut place = exchange.ingress.take_place()?;
        place.make_room(content.len())?;
        Ok((asked, place))
    });
    match placed {
        Err(problem) => exchange.fail(&problem),
        Ok((Asked { operation, idempotency_key }, place)) => {
            let ingress = Arc::clone(ingress);
            ingress.submit(operation, idempotency_key, place, Recipient::Exchange(exchange));
        }
    }
}

impl Exchange {
    fn check(&mut self, numbered: NumberedRequest<'_>) -> Result<Asked, Problem> {
        let NumberedRequest { request, asked, .. } = numbered;
        let ingress = Arc::clone(&self.ingress);
        let program = ingress.program();
        match request {
            Request::Create { class, arguments, idempotency_key } => {
                self.subject.operation = "create";
                let operator = self.class(class)?;
                let signature = &program.operator(operator).constructor;
                let arguments = self.arguments(signature, arguments)?;
                let key = idempotency_key_of("create", idempotency_key, asked)?;
                let operation = Operation::Create { operator, arguments };
                Ok(Asked { operation, idempotency_key: key })
            }
            Request::Call { class, key, method, arguments, idempotency_key } => {
                self.subject.operation = "call";
                let operator = self.class(class)?;
                let target = entity(program, operator, key)?;
                let (method, function) = paths::method_named(program, operator, method)?;
                self.subject.method = Some(method);
                let arguments = self.arguments(&function.signature, arguments)?;
                let key = idempotency_key_of("call", idempotency_key, asked)?;
                let operation = Operation::Call { target, method, arguments };
                Ok(Asked { operation, idempotency_key: key })
            }
            Request::State { class, key } => {
                self.subject.operation = "state";
                let operator = self.class(class)?;
                self.exact = matches!(key, Content::Message(_));
                let target = entity(program, operator, key)?;
                Ok(Asked { operation: Operation::GetState { target }, idempotency_key: None })
            }
            Request::Ping => unreachable!("this is a bug in Anabranch: a ping asks for nothing"),
        }
    }

    fn class(&mut self, name: &str) -> Result<OperatorId, Problem> {
        let operator = paths::class_named(self.ingress.program(), name)?;
        self.subject.operator = Some(operator);
        Ok(operator)
    }

    fn arguments(
        &mut self,
        signature: &Signature,
        content: Content<'_>,
    ) -> Result<Vec<u8>, Problem> {
        let program = self.ingress.program();
        match content {
            Content::Message(message) => {
                self.exact = true;
                let checked = arguments::check_message(program, signature, message);
                checked.map(|()| message.to_vec()).map_err(from_arguments)
            }
            Content::Natural(value) => {
                let json = natural::to_json(value);
                let json = json.map_err(|what| Problem::new(Kind::NotAValue, what))?;
                arguments::from_json(program, signature, &json).map_err(from_arguments)
            }
        }
    }

    /// Answers with what the engine replied.
    pub(crate) fn reply(self, reply: Reply) {
        let message = match reply {
            Ok(message) => message,
            Err(failure) => {
                let problem = from_failure(self.ingress.program(), failure);
                return self.fail(&problem);
            }
        };
        let status = if self.subject.operation == "create" { 201 } else { 200 };
        if self.exact {
            return self.answer(status, Content::Message(&message));
        }
        match self.natural(&message) {
            Ok(value) => self.answer(status, Content::Natural(value)),
            Err(problem) => self.fail(&problem),
        }
    }

    fn natural(&self, message: &[u8]) -> Result<rmpv::Value, Problem> {
        let program = self.ingress.program();
        let result = wire::decode(message).map_err(no_json_form)?;
        let json = match result {
            Value::Reference(reference) if self.subject.operation == "create" => {
                write::natural(program, &reference.key)
            }
            result => write::natural(program, &result),
        };
        Ok(natural::from_json(json))
    }

    fn fail(self, problem: &Problem) {
        let program = self.ingress.program();
        let Subject { operation, operator, method } = self.subject;
        let class = operator.map_or("", |operator| &program.operator(operator).name);
        let method = method.map_or("", |method| &program.function(method).name);
        observation::log(operation, &format!("{class}.{method}"), problem);
        let body = natural::from_json(problem.members());
        self.answer(problem.status.as_u16(), Content::Natural(body));
    }

    fn answer(mut self, status: u16, body: Content<'_>) {
        self.answered = true;
        self.ingress.metrics.record_binary(self.subject.operation, status, self.started.elapsed());
        let response = Response { id: self.id, status, body };
        self.outbox.answer(|stream| response.write(stream));
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        let problem = Problem::bug("the engine dropped a request without a reply");
        let body = natural::from_json(problem.members());
        let status = problem.status.as_u16();
        let response = Response { id: self.id, status, body: Content::Natural(body) };
        self.outbox.answer(|stream| response.write(stream));
    }
}

/// The entity of `operator` with this key.
fn entity(program: &Program, operator: OperatorId, key: Content<'_>) -> Result<EntityId, Problem> {
    let hint = &program.operator(operator).key;
    let key = match key {
        Content::Message(message) => {
            let key = wire::decode(message);
            key.map_err(|error| Problem::new(Kind::NotAValue, format!("the key: {error}")))?
        }
        Content::Natural(value) => {
            let json = natural::to_json(value);
            let json = json.map_err(|what| Problem::new(Kind::NotAValue, what))?;
            let mut mistakes = Mistakes::under("key");
            match read::value(program, hint, &json, &mut mistakes) {
                Some(key) => key,
                None => return Err(Problem::of_mistakes(mistakes.into_texts())),
            }
        }
    };
    if !arguments::is_key(&key) {
        let detail = "a key is a str, an int, bytes, a UUID or a tuple of them";
        return Err(Problem::new(Kind::EntityNotFound, detail));
    }
    Ok(keys::entity_id(operator, &key))
}

fn idempotency_key_of(
    operation: &str,
    key: Option<&str>,
    asked: &[u8],
) -> Result<Option<IdempotencyKey>, Problem> {
    let key = key.map(|key| {
        idempotency::checked(key.as_bytes(), [b"BINARY", operation.as_bytes(), b"", asked])
    });
    key.transpose()
}

/// What a server that is full or ending says to a new client.
pub(super) fn refusal(problem: &Problem) -> Vec<u8> {
    let mut stream = Vec::new();
    let body = Content::Natural(natural::from_json(problem.members()));
    Response { id: 0, status: problem.status.as_u16(), body }.write(&mut stream);
    stream
}
