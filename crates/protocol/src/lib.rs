//! The binary protocol: what goes over a TCP connection between a client and a server.
//!
//! One connection carries many requests at a time. Each is answered as it finishes, in any order;
//! a number that the client chooses tells which answer belongs to which request.
//!
//! # Format
//! The client first sends the byte [`PREFACE`], with which no HTTP request begins, so that both
//! protocols can share a port. From then on both sides send frames.
//!
//! A *frame* is the length of its content, four bytes, little-endian, and the content: one
//! MessagePack array. Everything is MessagePack, so that a client needs no more than a library
//! for it.
//!
//! | frame | content |
//! | --- | --- |
//! | first of the client | `["anabranch", version, token or nil]` |
//! | first of the server | `["anabranch", version]`, or a response with the id 0 and an error |
//! | request | `[id, "create", class, arguments, idempotency key or nil]` |
//! | | `[id, "call", class, key, method, arguments, idempotency key or nil]` |
//! | | `[id, "state", class, key]` |
//! | | `[id, "ping"]` |
//! | response | `[id, status, body]` |
//!
//! - The version is [`VERSION`]. A server that does not know the client's answers with its own and
//!   closes.
//! - `id` is an unsigned integer of up to 64 bits, not 0, and not that of a request under way.
//! - `arguments` are a map of arguments by name, `key` a string, an integer, a byte string or an
//!   array of them, in the forms of the HTTP interface's JSON.
//! - `status` is the status of the same request over HTTP. From 400 on the body is a map with
//!   the members of problem+json (RFC 9457), and `retry_after` in seconds where HTTP has that
//!   header.
//! - Otherwise the body is what was asked for: the result of a call, the key of what was created,
//!   the attributes as a map.
//! - Arguments, keys and results may instead be [value messages](Content::Message), the exact
//!   encoding of Python's values, as extension type [`MESSAGE_EXTENSION`]. A request whose
//!   arguments (or, for `state`, whose key) are a value message is answered with one.
//!
//! # Layout
//! [`frame`] cuts a stream into frames, [`hello`] is what both sides say first, [`request`] and
//! [`response`] are the rest; [`content`] is what they carry.
//!
//! Invariants:
//! - No I/O: bytes come in and go out as slices and buffers.
//! - No reader panics or allocates more than a small multiple of what it was given.

pub mod content;
pub mod frame;
pub mod hello;
pub mod request;
pub mod response;

mod reader;

pub use content::Content;
pub use hello::{ClientHello, ServerHello};
pub use reader::Malformed;
pub use request::{NumberedRequest, Request};
pub use response::Response;

/// The version of the protocol.
pub const VERSION: u64 = 1;

/// The first byte of a client.
pub const PREFACE: u8 = 0xAB;

/// The first element of the first frame of each side.
pub const NAME: &str = "anabranch";

/// The MessagePack extension type of value messages.
pub const MESSAGE_EXTENSION: i8 = 1;
