//! How a server is set up.

use std::time::Duration;

/// How a server is set up. Not printable, because of the token.
#[derive(Clone)]
pub struct Options {
    /// The address or host name to listen on.
    pub host: String,
    /// The port to listen on; 0 for any that is free.
    pub port: u16,
    /// What requests must bear as `Authorization: Bearer …`; `None` lets everybody in.
    pub token: Option<String>,
    /// Most bytes of a request's body.
    pub body_max: usize,
    /// Most requests that are worked on at the same time; more are refused.
    pub in_flight_max: u32,
    /// After this time a client gets an answer, if only that there is none.
    pub request_timeout: Duration,
    /// How long requests in flight may go on after a signal to end.
    pub drain_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".to_owned(),
            port: 8080,
            token: None,
            body_max: 1024 * 1024,
            in_flight_max: 1024,
            request_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(25),
        }
    }
}
