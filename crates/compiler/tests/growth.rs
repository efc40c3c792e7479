//! The work of the compiler grows no faster than the program, whatever shape that has.
//!
//! Work is counted in memory requests and in bytes of them, not in time: the same on every machine.
//! `benches/compile` measures the time of the same programs.

#[path = "../benches/compile/shapes.rs"]
mod shapes;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread;

use anabranch_compiler::{SourceText, Sources, compile};

/// The sizes are these parts of those that are measured: without optimization all takes longer.
const PARTS: [usize; 2] = [8, 4];

/// By how much the work may grow when the size doubles.
const GROWTH_MAX: f64 = 2.3;

/// Those whose results are larger than they are. Accesses go round in a circle of classes until there
/// are too many to list; each method of a class calls all others, which its effects name.
const GROWTH_MAX_OF: [(&str, f64); 2] = [("classes", 4.6), ("methods of a class", 3.1)];

thread_local! {
    static REQUESTS: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        REQUESTS.set(REQUESTS.get() + 1);
        BYTES.set(BYTES.get() + layout.size() as u64);
        // SAFETY: the caller keeps to the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps to the contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Memory requests and their bytes.
fn work(source: String) -> [f64; 2] {
    let mut bytes = Some(source.into_bytes());
    let before = (REQUESTS.get(), BYTES.get());
    let mut read = |name: &str| {
        let bytes = if name == "main" { bytes.take()? } else { return None };
        Some(SourceText { path: "main.py".to_owned(), bytes })
    };
    let compilation = compile("main", &mut Sources { read: &mut read, is_reserved: &|_| false });
    assert!(compilation.program.is_some(), "{:#?}", compilation.diagnostics);
    [(REQUESTS.get() - before.0) as f64, (BYTES.get() - before.1) as f64]
}

/// Without optimization deep nesting needs more stack than a test has.
const STACK_BYTES: usize = 256 << 20;

#[test]
fn work_grows_no_faster_than_the_program() {
    let compiling = thread::Builder::new().stack_size(STACK_BYTES).spawn(check_growth);
    compiling.expect("a thread can be started").join().expect("the check passes");
}

fn check_growth() {
    let mut problems = Vec::new();
    for shape in shapes::SHAPES {
        let [half, whole] = PARTS.map(|part| work((shape.make)(shape.size / part)));
        for (what, half, whole) in [("requests", half[0], whole[0]), ("bytes", half[1], whole[1])] {
            let growth = whole / half;
            let own = GROWTH_MAX_OF.iter().find(|(name, _)| *name == shape.name);
            let growth_max = own.map_or(GROWTH_MAX, |(_, growth_max)| *growth_max);
            if growth > growth_max {
                problems.push(format!("{}: {growth:.2} times as many {what}", shape.name));
            }
        }
    }
    assert!(problems.is_empty(), "twice the size takes\n  {}", problems.join("\n  "));
}
