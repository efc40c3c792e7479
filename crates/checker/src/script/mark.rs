//! What a cell remembers of a change.

/// What a change appends to the list of the cell that it changes: the request's number and the
/// place in its script. No two changes have the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Mark(pub i64);

/// How many marks a request has.
const PER_REQUEST: i64 = 1 << 10;

impl Mark {
    /// The mark of the change at `place` in the script of request `number`.
    ///
    /// # Panics
    /// If the script is too long.
    pub fn new(number: u64, place: u64) -> Self {
        let place = place.cast_signed();
        assert!(place < PER_REQUEST, "a script has at most {PER_REQUEST} changes");
        Self(number.cast_signed() * PER_REQUEST + place)
    }

    /// The number of the request.
    pub fn request(self) -> u64 {
        self.0.div_euclid(PER_REQUEST).cast_unsigned()
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.request(), self.0.rem_euclid(PER_REQUEST))
    }
}
