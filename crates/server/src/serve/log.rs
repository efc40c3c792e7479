//! The request log.

use std::io;

/// Sends the log to stderr, unless the process has a log already.
pub(super) fn install() {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_target(false)
        .with_ansi(false)
        .with_max_level(tracing::Level::INFO)
        .finish();
    // Refused where the process has a log already, which then takes ours as well.
    let _refused = tracing::subscriber::set_global_default(subscriber);
}
