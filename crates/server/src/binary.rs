//! The binary protocol over TCP, beside HTTP on the same port.
//!
//! A connection has two loops. The first reads frames, checks each request as HTTP does, and hands
//! it to the engine without waiting. Replies come in groups ([`crate::delivery`]); they are written
//! into the connection's `outbox`, and the second loop sends whatever has accumulated there. So
//! many requests and replies share one system call when there is much to do.
//!
//! Nothing grows without bound: a connection with too many requests under way, or with answers that
//! its client does not read, is not read from until that changes; a client that stays away is cut
//! off.

mod connection;
mod exchange;
mod natural;
mod outbox;
#[cfg(test)]
mod tests;

pub(crate) use connection::serve;
pub(crate) use exchange::Exchange;
