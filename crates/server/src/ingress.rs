//! What all handlers share, and how they hand requests to the engine.

use std::sync::Arc;
use std::time::Duration;

use anabranch_ir::Program;
use anabranch_kernel::{Engine, IdempotencyKey, Operation, Request};
use axum::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use crate::auth::Token;
use crate::delivery::{self, Deliveries, Held, Recipient};
use crate::maintenance::Maintenance;
use crate::metrics::Metrics;
use crate::openapi;
use crate::options::Options;
use crate::problem::{Kind, Problem, from_failure};

/// How many requests of operators are worked on at a time; further ones wait.
const OPERATOR_PLACES: usize = 4;

/// The server without its sockets.
pub(crate) struct Ingress {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) maintenance: Arc<dyn Maintenance>,
    pub(crate) token: Option<Token>,
    pub(crate) body_max: usize,
    pub(crate) metrics: Metrics,
    /// The OpenAPI document.
    pub(crate) openapi: Bytes,
    in_flight_max: u32,
    request_timeout: Duration,
    places: Arc<Semaphore>,
    /// Of those who operate the server; their requests take long.
    operator_places: Arc<Semaphore>,
    /// One permit for each byte of bodies that may be kept.
    room: Arc<Semaphore>,
    deliveries: Deliveries,
}

/// A request's place among those in flight. It is kept until the engine has replied, also when the
/// client has gone away.
pub(crate) struct Place {
    permit: OwnedSemaphorePermit,
    room: Arc<Semaphore>,
    /// What the request's body has of the room.
    taken: Option<OwnedSemaphorePermit>,
    /// Until when the client gets an answer.
    pub(crate) deadline: Instant,
}

impl Place {
    /// Takes room for `bytes` more of the request's body.
    ///
    /// # Errors
    /// There is not so much left.
    pub(crate) fn make_room(&mut self, bytes: usize) -> Result<(), Problem> {
        let bytes = u32::try_from(bytes).map_err(|_| overloaded())?;
        let room = Arc::clone(&self.room).try_acquire_many_owned(bytes);
        let room = room.map_err(|_| overloaded())?;
        match &mut self.taken {
            Some(taken) => taken.merge(room),
            None => self.taken = Some(room),
        }
        Ok(())
    }
}

fn overloaded() -> Problem {
    Problem::new(Kind::Overloaded, "nothing was applied; try again later")
}

impl Ingress {
    /// The server for `engine`, in a runtime.
    pub(crate) fn new(
        engine: Arc<dyn Engine>,
        maintenance: Arc<dyn Maintenance>,
        options: &Options,
    ) -> Self {
        let openapi = openapi::document(engine.program(), options.token.is_some());
        Self {
            engine,
            metrics: Metrics::new(Arc::clone(&maintenance)),
            maintenance,
            token: options.token.as_deref().map(Token::new),
            body_max: options.body_max,
            openapi: Bytes::from(openapi.to_string()),
            in_flight_max: options.in_flight_max,
            request_timeout: options.request_timeout,
            places: Arc::new(Semaphore::new(options.in_flight_max as usize)),
            operator_places: Arc::new(Semaphore::new(OPERATOR_PLACES)),
            room: Arc::new(Semaphore::new(options.bodies_max.min(Semaphore::MAX_PERMITS))),
            deliveries: delivery::start(),
        }
    }

    pub(crate) fn program(&self) -> &Program {
        self.engine.program()
    }

    /// Takes a place among the requests in flight.
    ///
    /// # Errors
    /// There is none left.
    pub(crate) fn take_place(&self) -> Result<Place, Problem> {
        let permit = Arc::clone(&self.places).try_acquire_owned();
        let permit = permit.map_err(|_| overloaded())?;
        let deadline = Instant::now() + self.request_timeout;
        Ok(Place { permit, room: Arc::clone(&self.room), taken: None, deadline })
    }

    /// Takes a place among the requests of operators, waiting for one.
    ///
    /// # Errors
    /// There is none in time.
    pub(crate) async fn take_operator_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = Arc::clone(&self.operator_places).acquire_owned();
        match timeout(self.request_timeout, place).await {
            // The semaphore is never closed.
            Ok(place) => place.map_err(|_| overloaded()),
            Err(_) => Err(overloaded()),
        }
    }

    /// Waits until no request is in flight.
    pub(crate) async fn wait_until_idle(&self) {
        // The semaphore is never closed.
        let _all = self.places.acquire_many(self.in_flight_max).await;
    }

    /// Hands `operation` to the engine without waiting.
    pub(crate) fn submit(
        &self,
        operation: Operation,
        idempotency_key: Option<IdempotencyKey>,
        place: Place,
        recipient: Recipient,
    ) {
        let held = Held { _place: place.permit, _room: place.taken };
        let deliveries = self.deliveries.clone();
        let on_reply = Box::new(move |reply| deliveries.send(recipient, reply, held));
        self.engine.submit(Request { operation, idempotency_key }, on_reply);
    }

    /// Hands `operation` to the engine and waits for the wire message of its result. A client that
    /// goes away meanwhile cancels nothing.
    ///
    /// # Errors
    /// The engine's failure, or no reply until the deadline.
    pub(crate) async fn execute(
        &self,
        operation: Operation,
        idempotency_key: Option<IdempotencyKey>,
        place: Place,
    ) -> Result<Vec<u8>, Problem> {
        let deadline = place.deadline;
        let (sender, receiver) = oneshot::channel();
        self.submit(operation, idempotency_key, place, Recipient::Handler(sender));
        match timeout_at(deadline, receiver).await {
            Ok(Ok(Ok(message))) => Ok(message),
            Ok(Ok(Err(failure))) => Err(from_failure(self.program(), failure)),
            Ok(Err(_)) => Err(Problem::bug("the engine dropped a request without a reply")),
            Err(_) => Err(Problem::new(
                Kind::Timeout,
                "the request goes on and may yet be applied; \
                 repeat it with the same Idempotency-Key to learn its outcome",
            )),
        }
    }
}
