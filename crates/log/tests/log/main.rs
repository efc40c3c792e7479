//! The log on files, real and failing ones.

mod on_disk;
