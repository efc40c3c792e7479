//! Work for which no request waits, in short pieces with pauses between them.
//!
//! A checkpoint wants a processor for a second or more. Where there are few, the threads that
//! requests wait for get theirs only when the scheduler takes it away again, which takes Linux up
//! to four milliseconds each time, whatever the priorities: a thread that wakes up does not
//! interrupt one that has just begun. So the threads in the background give it away themselves. Code
//! that may run long on one of them calls [`breathe`] between small steps.
//!
//! Who comes to need what they do says so with [`Haste`]; then there are no pauses.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a piece of work may be. A request that comes in the middle waits for it, at most.
const PIECE: Duration = Duration::from_micros(200);

/// How long the pause after it is; the system adds some 50 µs.
const PAUSE: Duration = Duration::from_micros(100);

/// So many steps are taken before the clock is asked for the time.
const STEPS: usize = 16;

/// How many wait for what is done in the background.
#[derive(Default)]
pub(crate) struct Haste(AtomicUsize);

impl Haste {
    /// Waits for something that is done in the background.
    pub(crate) fn while_waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::Relaxed);
        let result = wait();
        self.0.fetch_sub(1, Ordering::Relaxed);
        result
    }

    /// Somebody waits from now on.
    pub(crate) fn begin_for_good(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn is_called_for(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// What the current thread has done since its last pause.
struct Piece {
    haste: Arc<Haste>,
    begun: Instant,
    steps: usize,
}

thread_local! {
    static PIECE_OF_WORK: RefCell<Option<Piece>> = const { RefCell::new(None) };
}

/// Makes the current thread one of those in the background.
pub(crate) fn enter(haste: Arc<Haste>) {
    let piece = Piece { haste, begun: Instant::now(), steps: 0 };
    PIECE_OF_WORK.set(Some(piece));
}

/// To be called after each small step, of a microsecond or so: makes a pause if one is due, on a
/// thread in the background.
pub(crate) fn breathe() {
    breathe_after(1);
}

/// Like [`breathe`], after so many steps.
pub(crate) fn breathe_after(steps: usize) {
    PIECE_OF_WORK.with_borrow_mut(|piece| {
        let Some(piece) = piece else { return };
        piece.steps = piece.steps.saturating_add(steps);
        if piece.steps < STEPS {
            return;
        }
        piece.steps = 0;
        if piece.begun.elapsed() >= PIECE {
            if !piece.haste.is_called_for() {
                thread::sleep(PAUSE);
            }
            piece.begun = Instant::now();
        }
    });
}

/// Lets the threads that requests wait for have the larger part when all want the processor. The
/// current thread must not starve either: others wait for what it locks, and in the end for its
/// work. Where priorities are those of processes, nothing is done.
pub(crate) fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        /// About a tenth of what an ordinary thread gets.
        const NICENESS: i32 = 10;
        // A system that refuses is only slower.
        let _ = rustix::process::nice(NICENESS);
    }
}
