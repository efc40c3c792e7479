//! The log on files, real and failing ones.

mod crashes;
mod damage;
mod golden;
mod on_disk;
mod workload;
