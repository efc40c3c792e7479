//! Memory for Python's objects in huge pages.
//!
//! With many live entities nearly every look at one misses the processor's buffer of page
//! addresses, and finding the page takes as long as reading it, in a virtual machine longer. Linux
//! gives pages of 2 MB, of which a buffer covers much more, to those who ask. Python asks its
//! system for arenas of 1 MB; here they are cut from regions of many huge pages.

use std::ffi::c_void;
use std::ptr;
use std::sync::{Mutex, OnceLock, PoisonError};

use pyo3::ffi;
use pyo3::prelude::*;

const HUGE_PAGE: usize = 2 << 20;
/// What is taken from the system at once. What nobody writes to takes no memory.
const REGION: usize = 16 * HUGE_PAGE;

/// The allocator of Python's own, for what does not come from regions.
struct Original(ffi::PyObjectArenaAllocator);

// SAFETY: it is two functions and what they are given, to be called with the interpreter lock held.
unsafe impl Send for Original {}
// SAFETY: the same.
unsafe impl Sync for Original {}

static ORIGINAL: OnceLock<Original> = OnceLock::new();
static REGIONS: Mutex<Regions> =
    Mutex::new(Regions { arena_bytes: 0, starts: Vec::new(), free: Vec::new() });

/// Addresses of memory.
struct Regions {
    /// All arenas have this size.
    arena_bytes: usize,
    starts: Vec<usize>,
    /// Arenas that nobody uses.
    free: Vec<usize>,
}

/// Lets Python put its objects into huge pages from now on, for as long as the process lives. To be
/// called before there are many.
pub fn use_huge_pages() {
    Python::attach(|_| {
        ORIGINAL.get_or_init(|| {
            let mut allocator = ffi::PyObjectArenaAllocator {
                ctx: ptr::null_mut(),
                alloc: Some(allocate),
                free: Some(release),
            };
            let mut original = ffi::PyObjectArenaAllocator { ..allocator };
            // SAFETY: the interpreter lock is held. Arenas of before find their way back, because
            // `release` knows which are its own.
            unsafe {
                ffi::PyObject_GetArenaAllocator(&raw mut original);
                ffi::PyObject_SetArenaAllocator(&raw mut allocator);
            }
            Original(original)
        });
    });
}

extern "C" fn allocate(_: *mut c_void, bytes: usize) -> *mut c_void {
    let mut regions = REGIONS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(arena) = regions.allocate(bytes) {
        return ptr::with_exposed_provenance_mut(arena);
    }
    drop(regions);
    let original = ORIGINAL.get().map(|original| &original.0);
    let allocate = original.and_then(|original| Some((original.ctx, original.alloc?)));
    allocate.map_or(ptr::null_mut(), |(context, allocate)| allocate(context, bytes))
}

extern "C" fn release(_: *mut c_void, arena: *mut c_void, bytes: usize) {
    let mut regions = REGIONS.lock().unwrap_or_else(PoisonError::into_inner);
    if regions.release(arena) {
        return;
    }
    drop(regions);
    let original = ORIGINAL.get().map(|original| &original.0);
    if let Some((context, release)) = original.and_then(|it| Some((it.ctx, it.free?))) {
        release(context, arena, bytes);
    }
}

impl Regions {
    fn allocate(&mut self, bytes: usize) -> Option<usize> {
        if self.arena_bytes == 0 && bytes.is_power_of_two() && bytes <= HUGE_PAGE {
            self.arena_bytes = bytes;
        }
        if bytes != self.arena_bytes {
            return None;
        }
        if self.free.is_empty() {
            let start = new_region()?;
            self.starts.push(start);
            // The lowest address first.
            self.free.extend((start..start + REGION).step_by(bytes).rev());
        }
        self.free.pop()
    }

    /// `false` if the arena is none of these.
    fn release(&mut self, arena: *mut c_void) -> bool {
        let address = arena.addr();
        if !self.starts.iter().any(|start| (*start..start + REGION).contains(&address)) {
            return false;
        }
        // SAFETY: the arena lies in a region, and nobody uses it any more.
        unsafe { libc::madvise(arena, self.arena_bytes, libc::MADV_DONTNEED) };
        self.free.push(address);
        true
    }
}

/// The address of a new region; `None` if the system has none.
fn new_region() -> Option<usize> {
    let (protection, flags) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: the mapping is a new one, and what is given back of it, before and behind whole huge
    // pages, was never used.
    unsafe {
        let mapped = libc::mmap(ptr::null_mut(), REGION + HUGE_PAGE, protection, flags, -1, 0);
        if mapped == libc::MAP_FAILED {
            return None;
        }
        let before = mapped.addr().next_multiple_of(HUGE_PAGE) - mapped.addr();
        let region = mapped.byte_add(before);
        if before > 0 {
            libc::munmap(mapped, before);
        }
        if before < HUGE_PAGE {
            libc::munmap(region.byte_add(REGION), HUGE_PAGE - before);
        }
        // Where there are no huge pages, small ones do as well.
        #[cfg(target_os = "linux")]
        libc::madvise(region, REGION, libc::MADV_HUGEPAGE);
        Some(region.expose_provenance())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arenas_come_from_regions_and_go_back_there() {
        const ARENA: usize = 1 << 20;
        let mut regions = Regions { arena_bytes: 0, starts: Vec::new(), free: Vec::new() };
        let arenas: Vec<usize> =
            (0..2 * REGION / ARENA).map(|_| regions.allocate(ARENA).unwrap()).collect();
        assert_eq!(regions.starts.len(), 2);
        assert!(regions.starts.iter().all(|start| start.is_multiple_of(HUGE_PAGE)));
        for arena in &arenas {
            let arena: *mut u8 = ptr::with_exposed_provenance_mut(*arena);
            // SAFETY: the arena is so long.
            unsafe { arena.write_bytes(7, ARENA) };
        }
        for arena in &arenas {
            assert!(regions.release(ptr::with_exposed_provenance_mut(*arena)));
        }
        assert!((0..arenas.len()).all(|_| arenas.contains(&regions.allocate(ARENA).unwrap())));
        assert_eq!(regions.starts.len(), 2, "what went back is used again");
        let mut elsewhere = 0;
        assert!(!regions.release((&raw mut elsewhere).cast::<c_void>()));
        assert_eq!(regions.allocate(2 * ARENA), None, "another size is not for here");
    }
}
