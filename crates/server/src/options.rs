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
    /// Most bytes of bodies that are kept at the same time, over all connections; requests that need
    /// more are refused.
    pub bodies_max: usize,
    /// How long a connection may be idle or take to send the head of a request.
    pub head_timeout: Duration,
    /// How long a client may take to read a response before its connection is closed.
    pub response_timeout: Duration,
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
            bodies_max: 64 * 1024 * 1024,
            head_timeout: Duration::from_secs(60),
            response_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(25),
        }
    }
}
