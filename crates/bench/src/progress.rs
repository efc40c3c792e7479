//! How far something is: nothing is printed here, an observer is told.

use std::time::Duration;

/// What goes on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Progress<'a> {
    /// Something begins, or was found.
    Note(&'a str),
    /// Of `total` requests so many were answered.
    Requests { what: &'a str, done: u64, total: u64 },
    /// Of `total` so much time has passed; so many requests were answered.
    Time { done: Duration, total: Duration, answered: u64 },
}

/// Who is told.
pub type Observer<'a> = &'a dyn Fn(Progress<'_>);
