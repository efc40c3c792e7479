//! A write-ahead log of opaque records, in a folder of its own.
//!
//! Records have sequence numbers without gaps and are appended in groups. A group is written as one
//! *frame* and is durable when [`Log::append`] returns; the next one is not written before. The
//! frames are in *segments*, files of a fixed size that were written from end to end before they
//! were used. What the user of the log has elsewhere is cut off by the segment ([`Log::cut`]), whose
//! files are used again.
//!
//! ```text
//! Log::create(files, after, options) ──────────────────────┐
//! Log::open(files, after, options) ─ Recovery ─ finish() ─ Log ─ append, cut
//! inspect(files, after): what is there, what is damaged, what could be kept
//! repair(files, after, options): ends a damaged log before the damage
//! ```
//!
//! # What is promised
//! - A recovery gives every record of every group that was acknowledged, in order; of the group that
//!   was being appended when the process or the power died, all records or none; nothing else.
//! - Where that cannot be, opening is refused with the file, the place and the record. Only
//!   [`repair()`] drops anything, says what, and keeps a copy.
//! - What a recovery gives is durable before [`Recovery::finish`] returns: the last frame is written
//!   and synced again, because a process may have died before its sync, and because Linux takes pages
//!   that it failed to write for written.
//! - After a failed write or sync nothing is taken until the log is opened again.
//!
//! # How the end is told from damage
//! After the sync of a frame a *mark* is written behind it, without a sync of its own; the next frame
//! overwrites it. So a frame that is not whole and has anything behind it, a frame, a mark or the
//! seal of the segment, was acknowledged once: it is damage. One with nothing behind it is a group
//! whose append did not return. This is right after a kill at any instant, after a power failure that
//! leaves any subset of the sectors that were not synced, and with any one damaged byte. What it
//! cannot tell: when one fault takes both the last frame's bytes and its mark, as the loss of the
//! sector that has both, or damage of the last frame where a power failure also took the mark. The log
//! then looks like one group shorter; if the user has a later record elsewhere (`after`), it is
//! refused.
//!
//! The last segment cannot be lost unseen, because the one before it ends with a seal that names it;
//! nor the first, because `after` tells what it has to start with.
//!
//! # Files
//! | name | |
//! | --- | --- |
//! | `000000000007.segment` | segment 7 |
//! | `000000000003.spare` | prepared to become a segment; of no meaning after a crash |
//! | `000000000003.draft` | being written; of no meaning after a crash |
//! | `000000000007.segment.1.cut` | segment 7 as it was before a repair; no part of the log |
//!
//! # Format, version 1
//! All numbers are little-endian, all checksums XXH3 with 64 bits. A segment starts with two copies
//! of its header, at 0 and at 512; frames begin at 1024. The second copy is used when the first is
//! damaged.
//!
//! | offset | bytes | header of a segment |
//! | --- | --- | --- |
//! | 0 | 8 | `ANABRLOG` |
//! | 8 | 4 | format version: 1 |
//! | 12 | 4 | zero |
//! | 16 | 8 | number of the segment, which its name repeats |
//! | 24 | 8 | salt: random, new for each segment |
//! | 32 | 8 | sequence number of the segment's first record |
//! | 40 | 8 | size of the file |
//! | 48 | 8 | identity of the log: random, the same in all its segments |
//! | 56 | 8 | checksum of the 56 bytes before, seed 0 |
//!
//! Frames follow each other at multiples of 8. Their checksums are seeded with the salt, and that of
//! the header covers the frame's place, so that neither what a recycled file held before, nor a frame
//! that a record quotes, nor a misplaced one is ever taken for a frame.
//!
//! | offset | bytes | frame |
//! | --- | --- | --- |
//! | 0 | 4 | `RECS`: a group of records; `MARK`: all before is durable; `SEAL`: the next segment goes on |
//! | 4 | 4 | number of records; 0 in a mark and a seal |
//! | 8 | 8 | bytes of the records with their lengths; 0 in a mark and a seal |
//! | 16 | 8 | sequence number of the first record, or of the one that comes next |
//! | 24 | 8 | checksum of the records with their lengths; in a seal the salt of the next segment |
//! | 32 | 8 | checksum of the 32 bytes before and the frame's offset in the file (8 bytes) |
//! | 40 | | the records, each with its length (4 bytes) before it |
//! | | 0 to 7 | zeros |
//!
//! A segment is begun in this order, each step durable before the next: its header, its name, the
//! seal of the segment before, its first frame. A segment without frames behind one without a seal is
//! therefore nothing but an interrupted beginning.
//!
//! # Why so
//! - **Written before use.** A sync then has data to write and nothing else; of a growing file the
//!   file system's own journal has to be written too. `docs/performance.md` has the figures.
//! - **Prepared by a thread.** Writing the next segment takes as long as hundreds of appends, so a
//!   thread does it while the second half of the segment before is filled, in steps of 1 MB with a
//!   sync each so that appends wait for little. In a log that is cut, files are used again, and the
//!   thread has nothing to write.
//! - **Growing segments.** The first has 1 MB, each further one twice that up to 64 MB: small
//!   applications have small folders.
//! - **XXH3.** The checksums guard against accidents, and against records that quote frames, by a salt
//!   that nobody outside knows. They are no signature. XXH3 is faster than memory.
//!
//! # Layout
//! - `log`: appends and cuts; `spares` prepares segments.
//! - `recovery`: gives the records back. `walk` goes along the frames and judges what it finds,
//!   `chain` along the segments, `segment_reader` within one.
//! - `inspection`, `repair`: damage, as data and mended.
//! - `header`, `frame`, `file_name`: the format.
//! - `files`: the file system; `testing`: one that fails.

pub mod error;
pub mod files;
pub mod inspection;
pub mod log;
pub mod options;
pub mod recovery;
pub mod repair;
pub mod testing;

mod chain;
mod file_name;
mod frame;
mod header;
mod segment_reader;
mod spares;
mod walk;

pub use error::{Damage, DamageKind, LogError};
pub use files::{Access, DiskFiles, File, Files};
pub use frame::{LARGEST_FRAME, LARGEST_RECORD};
pub use inspection::{Inspection, Lost, SegmentSummary, inspect};
pub use log::Log;
pub use options::{Options, Preparation};
pub use recovery::{Record, Recovery};
pub use repair::{Cut, Repair, repair};
