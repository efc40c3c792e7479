//! What a transaction driver and its transactions may use.

/// What a driver and its transactions may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The estimated bytes of entities that stay live between transactions. While a transaction
    /// runs, those that it touches come on top.
    pub live_bytes: usize,
    /// How many entities a transaction may touch.
    pub touched_entities: usize,
    /// The bytes of a transaction's effects: the states that it changed, whole, and its reply.
    pub effect_bytes: usize,
}

impl Default for Limits {
    /// Nothing is evicted; transactions may be as large as is still quick.
    fn default() -> Self {
        Self { live_bytes: usize::MAX, touched_entities: 100_000, effect_bytes: 64 << 20 }
    }
}
