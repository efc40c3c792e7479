//! How fast the compiler is: `cargo bench -p anabranch-compiler`.
//!
//! `program` takes sources to a verified program, `wire` a program to its wire form; both in lines of
//! source a second. `shapes` are programs that only a machine would write. Time is that of one
//! processor.

mod processor_time;
mod services;
mod shapes;

use anabranch_compiler::{Compilation, SourceText, Sources, compile};
use anabranch_ir::wire;
use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use mimalloc::MiMalloc;
use processor_time::ProcessorTime;
use services::{Application, in_modules, in_one_module, line_count};

/// That of the product: without it a fifth of the time would go to an allocator that nobody compiles
/// with.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn compiled(application: &Application) -> Compilation {
    let mut read = |name: &str| {
        let bytes = application.get(name)?.clone().into_bytes();
        Some(SourceText { path: format!("{name}.py"), bytes })
    };
    let compilation = compile("main", &mut Sources { read: &mut read, is_reserved: &|_| false });
    assert!(compilation.program.is_some(), "{:#?}", compilation.diagnostics);
    compilation
}

fn program(criterion: &mut Criterion<ProcessorTime>) {
    let mut group = criterion.benchmark_group("program");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    for size in SIZES {
        let variants = [("modules", in_modules(size)), ("one module", in_one_module(size))];
        for (name, application) in variants {
            let lines = line_count(&application);
            group.throughput(Throughput::Elements(lines as u64));
            group.bench_with_input(
                BenchmarkId::new(name, lines),
                &application,
                |bencher, input| {
                    bencher.iter(|| compiled(input));
                },
            );
        }
    }
    group.finish();
}

fn encoded(criterion: &mut Criterion<ProcessorTime>) {
    let mut group = criterion.benchmark_group("wire");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    for size in SIZES {
        let application = in_modules(size);
        let lines = line_count(&application);
        let program = compiled(&application).program.expect("checked");
        group.throughput(Throughput::Elements(lines as u64));
        group.bench_with_input(BenchmarkId::new("encode", lines), &program, |bencher, program| {
            bencher.iter(|| wire::encode(program));
        });
    }
    group.finish();
}

/// How long each takes, at half the size and at the whole.
fn shaped(criterion: &mut Criterion<ProcessorTime>) {
    let mut group = criterion.benchmark_group("shapes");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    for shape in shapes::SHAPES {
        for size in [shape.size / 2, shape.size] {
            let application = Application::from([("main".to_owned(), (shape.make)(size))]);
            group.throughput(Throughput::Elements(size as u64));
            group.bench_with_input(
                BenchmarkId::new(shape.name, size),
                &application,
                |bencher, it| {
                    bencher.iter(|| compiled(it));
                },
            );
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ProcessorTime);
    targets = program, encoded, shaped
}
criterion_main!(benches);
