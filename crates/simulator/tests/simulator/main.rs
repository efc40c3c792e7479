//! The simulator on toys whose mistakes are known, and on the kernel.

mod flaws;
mod mechanics;
mod toy;
