//! The allocator of everything but Python's own objects.
//!
//! Requests, writes and replies are made by one thread and dropped by another, for which the system's
//! allocator takes locks: with mimalloc a transfer over the binary protocol costs a fifth less. But
//! mimalloc keeps blocks of similar size together, in areas that grow with the size: of states
//! between 10 and 100 KB that come and go, the holes took four times the memory that the states did.
//! So large blocks, for which a lock is nothing, come from the system's allocator, which is told to
//! map the largest by themselves, and so to give their memory back.

use std::alloc::{GlobalAlloc, Layout, System};

use std::ffi::c_long;

use libmimalloc_sys::{mi_option_get, mi_option_set, mi_option_t};
use mimalloc::MiMalloc;

/// Blocks that are larger come from the system's allocator.
const SMALL_BYTES_MAX: usize = 8 << 10;

/// See the module.
pub(crate) struct BySize;

const fn is_small(bytes: usize) -> bool {
    bytes <= SMALL_BYTES_MAX
}

// SAFETY: each block goes back to the allocator that it came from, because both choose by the size
// in its layout, which callers repeat. `realloc` moves a block whose new size is of the other kind.
unsafe impl GlobalAlloc for BySize {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that both need.
        unsafe {
            if is_small(layout.size()) { MiMalloc.alloc(layout) } else { System.alloc(layout) }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        unsafe {
            if is_small(layout.size()) {
                MiMalloc.alloc_zeroed(layout)
            } else {
                System.alloc_zeroed(layout)
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`; the block came from the same allocator.
        unsafe {
            if is_small(layout.size()) {
                MiMalloc.dealloc(block, layout);
            } else {
                System.dealloc(block, layout);
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as in `dealloc`. The new layout is valid because the caller promises that
        // `new_size` goes with the alignment; both blocks have the bytes that are copied.
        unsafe {
            match (is_small(layout.size()), is_small(new_size)) {
                (true, true) => MiMalloc.realloc(block, layout, new_size),
                (false, false) => System.realloc(block, layout, new_size),
                _ => {
                    let new_layout = Layout::from_size_align_unchecked(new_size, layout.align());
                    let new_block = self.alloc(new_layout);
                    if !new_block.is_null() {
                        let kept = layout.size().min(new_size);
                        std::ptr::copy_nonoverlapping(block, new_block, kept);
                        self.dealloc(block, layout);
                    }
                    new_block
                }
            }
        }
    }
}

/// Lets mimalloc tidy up less often.
///
/// After each 10,000 times that it had to look for a page it goes through all pages of the thread that
/// have room, and through each list of blocks in them that other threads have freed. After a
/// checkpoint has let go of half a million states, that stops the executor for 20 ms. A page that is
/// needed is tidied in any case.
pub(crate) fn set_up_mimalloc() {
    // SAFETY: both may be called at any time.
    unsafe {
        if mi_option_get(GENERIC_COLLECT) == GENERIC_COLLECT_DEFAULT {
            mi_option_set(GENERIC_COLLECT, GENERIC_COLLECT_MAX);
        }
    }
}

/// `mi_option_generic_collect` of mimalloc 3, which the bindings do not name.
const GENERIC_COLLECT: mi_option_t = 34;
const GENERIC_COLLECT_DEFAULT: c_long = 10_000;
/// It takes no more.
const GENERIC_COLLECT_MAX: c_long = 1_000_000;

/// Sets the system's allocator up, Python's objects of more than 512 bytes included. Left alone it
/// keeps ever larger blocks in areas that it cannot give back while anything in them is used.
pub(crate) fn set_up_system_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// Larger blocks are mapped by themselves: that takes some microseconds, as filling them does.
        const MAPPED_BYTES_MIN: libc::c_int = 64 << 10;
        /// As many; the system allows 65,530 for a process. Further ones lie in the areas.
        const MAPPED_COUNT_MAX: libc::c_int = 30_000;
        /// So much may be free at the end of an area before it is given back.
        const TRIMMED_BYTES_MIN: libc::c_int = 1 << 20;
        /// Areas for all threads together.
        const AREAS_MAX: libc::c_int = 2;
        let settings = [
            (libc::M_MMAP_THRESHOLD, MAPPED_BYTES_MIN),
            (libc::M_MMAP_MAX, MAPPED_COUNT_MAX),
            (libc::M_TRIM_THRESHOLD, TRIMMED_BYTES_MIN),
            (libc::M_ARENA_MAX, AREAS_MAX),
        ];
        for (name, value) in settings {
            // SAFETY: it may be called at any time. What it refuses stays as it was.
            unsafe { libc::mallopt(name, value) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_is_the_one_that_it_is_taken_for() {
        // SAFETY: it may be called at any time.
        let value = || unsafe { mi_option_get(GENERIC_COLLECT) };
        assert_eq!(value(), GENERIC_COLLECT_DEFAULT);
        set_up_mimalloc();
        assert_eq!(value(), GENERIC_COLLECT_MAX);
    }
}
