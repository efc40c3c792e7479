//! How a log is laid out on disk.

/// Sizes and threads of a log. They may change from one opening to the next.
#[derive(Clone, Debug)]
pub struct Options {
    /// The size of a new log's first segment. Each segment that fills up is followed by one twice
    /// its size, so that folders of small applications stay small.
    pub first_segment_bytes: u64,
    /// The size beyond which segments do not grow. A frame that is larger gets a segment of its
    /// own size.
    pub largest_segment_bytes: u64,
    /// How many segments that are not needed any more are kept to be used again.
    pub spare_segments: usize,
    pub preparation: Preparation,
}

/// Who makes the next segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// A thread of the log, while appends go on.
    Background,
    /// The append that needs it: slower, but everything happens in one order.
    WhenNeeded,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            first_segment_bytes: 1 << 20,
            largest_segment_bytes: 64 << 20,
            spare_segments: 4,
            preparation: Preparation::Background,
        }
    }
}
