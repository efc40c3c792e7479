//! The simulator on toys whose mistakes are known, and on the kernel.

mod mechanics;
mod toy;
