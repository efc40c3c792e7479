//! Writes the seeds of all targets into `corpus`, from the files of the repository: the programs of
//! the language tests, of the pages on diagnostics and of the examples, what they compile to, and
//! values of each kind.

use std::fs;
use std::path::{Path, PathBuf};

use anabranch_fuzz::{MODULE_MARK, compiled};
use anabranch_ir::wire;
use anabranch_kernel::value::wire::encode;
use anabranch_kernel::value::{Date, ExceptionValue, Reference, Time, TimeDelta, Value, Zone};

fn main() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = fuzz.join("corpus");
    let mut sources = blocks(&fuzz.join("../tests/lang"));
    sources.extend(blocks(&fuzz.join("../docs/errors")));
    sources.extend(examples(&fuzz.join("../examples")));
    for (number, source) in sources.iter().enumerate() {
        write(&corpus, "compile", number, source.as_bytes());
        if let Some(program) = compiled(source).program {
            write(&corpus, "ir_text", number, program.to_string().as_bytes());
            write(&corpus, "ir_wire", number, &wire::encode(&program));
        }
    }
    for (number, value) in values().iter().enumerate() {
        write(&corpus, "value_wire", number, &encode(value));
    }
    write(&corpus, "value_wire", values().len(), &encode(&Value::List(values())));
}

fn write(corpus: &Path, target: &str, number: usize, bytes: &[u8]) {
    let folder = corpus.join(target);
    fs::create_dir_all(&folder).expect("the folder can be made");
    fs::write(folder.join(format!("seed-{number}")), bytes).expect("the file can be written");
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the entry can be read").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|own| own == extension)).collect();
    paths.sort();
    paths
}

/// The Python blocks of the documents in `folder`.
fn blocks(folder: &Path) -> Vec<String> {
    let mut blocks = Vec::new();
    for file in files(folder, "md") {
        let text = fs::read_to_string(file).expect("the file can be read");
        let parts = text.split("```python\n").skip(1);
        blocks.extend(parts.filter_map(|part| part.split("\n```").next()).map(str::to_owned));
    }
    blocks
}

/// Each module of each example as the main one, with the others behind it.
fn examples(folder: &Path) -> Vec<String> {
    let mut sources = Vec::new();
    for example in fs::read_dir(folder).expect("the folder is there") {
        let path = example.expect("the entry can be read").path();
        let modules: Vec<(String, String)> = files(&path, "py")
            .into_iter()
            .map(|file| {
                let name = file.file_stem().expect("it has a name").to_string_lossy().into_owned();
                (name, fs::read_to_string(file).expect("the file can be read"))
            })
            .collect();
        for (main, text) in &modules {
            let mut source = text.clone();
            for (name, text) in modules.iter().filter(|(name, _)| name != main) {
                source.push_str(&format!("\n{MODULE_MARK}{name}\n{text}"));
            }
            sources.push(source);
        }
    }
    sources
}

fn values() -> Vec<Value> {
    let text = |text: &str| Value::Str(text.to_owned());
    let date = Date { year: 2024, month: 2, day: 29 };
    let time =
        |zone| Time { hour: 23, minute: 59, second: 58, microsecond: 999_999, fold: true, zone };
    vec![
        Value::None,
        Value::Bool(true),
        Value::Int(-300),
        Value::BigInt((1_u128 << 100).into()),
        Value::Float(-0.5),
        text("grüße"),
        Value::SurrogateStr(b"\xed\xa0\x80".to_vec()),
        Value::Bytes(vec![0, 255]),
        Value::Tuple(vec![text("a"), Value::List(vec![Value::Int(1)])]),
        Value::Dict(vec![(text("k"), Value::Int(1))]),
        Value::Set(vec![Value::Int(1)]),
        Value::FrozenSet(vec![Value::Int(1)]),
        Value::Date(date),
        Value::Time(time(Zone::Naive)),
        Value::DateTime(date, time(Zone::Offset { microseconds: -3_600_000_000 })),
        Value::DateTime(date, time(Zone::Named("Europe/Berlin".to_owned()))),
        Value::TimeDelta(TimeDelta { days: -1, seconds: 86_399, microseconds: 999_999 }),
        Value::Decimal("1.10".to_owned()),
        Value::Uuid([7; 16]),
        Value::Enum { class: "shop:Color".to_owned(), member: "RED".to_owned() },
        Value::Record {
            class: "shop:Point".to_owned(),
            fields: vec![("x".to_owned(), Value::Int(1))],
        },
        Value::Reference(Reference { class: "Item".to_owned(), key: Box::new(text("pen")) }),
        Value::Exception(Box::new(ExceptionValue {
            class: "builtins:ValueError".to_owned(),
            args: vec![text("no")],
            attributes: vec![("code".to_owned(), Value::Int(7))],
        })),
        Value::Opaque(b"\x80\x05.".to_vec()),
    ]
}
