//! A deterministic simulation of an engine that hosts the kernel's step: everything follows from a
//! seed, in one thread.
//!
//! # Layout
//! - [`random`], [`options`]: chance, and what a seed makes of it.
//! - [`host`]: what is hosted.
//! - [`network`], [`interleaving`]: messages under way, and which comes next.
//! - [`cluster`], [`journal`]: partitions, snapshots, crashes, replays, and when replies leave.
//! - [`clients`]: who sends requests, twice or again.
//! - [`simulation`]: one seed from the first request to the end.
//! - [`campaign`]: many seeds.
//! - [`engine`]: the cluster as an engine, for whole applications.
//! - [`scripts`]: the kernel's step on scripts, with all checkers.
//! - [`in_order`]: an engine without disturbance, to count and to measure.
//! - [`watch`], [`statistics`], [`finding`], [`digest`], [`trace`]: what is told of it.

pub mod campaign;
pub mod clients;
pub mod cluster;
pub mod digest;
pub mod engine;
pub mod finding;
pub mod host;
pub mod in_order;
pub mod interleaving;
pub mod journal;
pub mod network;
pub mod options;
pub mod random;
pub mod scripts;
pub mod simulation;
pub mod statistics;
pub mod trace;
pub mod watch;
