//! Which threads of an engine are at work.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// What a thread of an engine does. In the order in which they end when an engine closes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Role {
    Executor,
    Committer,
    Applier,
    Maintainer,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Executor => "executor",
            Self::Committer => "committer",
            Self::Applier => "applier",
            Self::Maintainer => "maintainer",
        }
    }

    /// Whether no request waits for it, as a rule.
    pub(crate) fn is_in_background(self) -> bool {
        matches!(self, Self::Applier | Self::Maintainer)
    }
}

/// The roles whose threads have not ended.
#[derive(Default)]
pub(crate) struct RolesAtWork(Mutex<BTreeSet<Role>>);

impl RolesAtWork {
    pub(crate) fn begin(&self, role: Role) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(role);
    }

    pub(crate) fn end(&self, role: Role) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&role);
    }

    /// The one that the others wait for when an engine closes.
    pub(crate) fn first(&self) -> Option<Role> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).first().copied()
    }
}
