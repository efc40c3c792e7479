//! Whether the engine still acknowledges requests.

use std::sync::OnceLock;

use anabranch_kernel::Failure;

/// Shared by all threads of an engine. Once failed, an engine stays failed until it is opened again.
#[derive(Default)]
pub(crate) struct Health {
    failure: OnceLock<String>,
}

impl Health {
    /// Notes that the engine cannot go on. The first reason counts.
    pub(crate) fn fail(&self, problem: &str) {
        self.failure.get_or_init(|| {
            format!(
                "the engine stopped because {problem}; nothing was acknowledged after that; mend \
                 the cause and restart"
            )
        });
    }

    /// Why the engine acknowledges nothing, if it does not.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure.get().map(|message| Failure::Unavailable(message.clone()))
    }
}
