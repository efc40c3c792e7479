//! Where something was measured, and what.

use std::fs;
use std::process::Command;

/// What a report says of the place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Environment {
    /// In UTC.
    pub date: String,
    pub machine: String,
    pub system: String,
    /// The version of Anabranch and, in a repository, the commit.
    pub version: String,
    /// What was typed.
    pub command: String,
    pub file_system: String,
}

impl Environment {
    /// Here and now; `command` is what was typed.
    pub fn here(command: String) -> Self {
        Self {
            date: printed("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_default(),
            machine: machine(),
            system: printed("uname", &["-sr"]).unwrap_or_default(),
            version: version(),
            command,
            file_system: crate::server::file_system().0,
        }
    }

    /// Names and values.
    pub fn rows(&self) -> Vec<(String, String)> {
        let rows = [
            ("command", &self.command),
            ("date", &self.date),
            ("Anabranch", &self.version),
            ("machine", &self.machine),
            ("system", &self.system),
            ("data folders in", &self.file_system),
        ];
        rows.map(|(name, value)| (name.to_owned(), value.clone())).into()
    }
}

fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = memory_bytes().map(|it| format!(", {:.0} GiB of memory", it as f64 / GIBIBYTE));
    let memory = memory.unwrap_or_default();
    format!("{processors} processors ({model}){memory}; the load generator shares them")
}

const GIBIBYTE: f64 = (1_u64 << 30) as f64;

/// The machine's memory, where Linux tells it.
pub(crate) fn memory_bytes() -> Option<u64> {
    kilobytes("/proc/meminfo", "MemTotal")
}

/// The resident memory of a process, where Linux tells it.
pub(crate) fn resident_bytes(process: u32) -> Option<u64> {
    kilobytes(&format!("/proc/{process}/status"), "VmRSS")
}

/// A field of `file` that is in kilobytes, in bytes.
fn kilobytes(file: &str, name: &str) -> Option<u64> {
    let value = field(file, name)?;
    let kilobytes: u64 = value.split(' ').next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let folder = env!("CARGO_MANIFEST_DIR");
    let commit = printed("git", &["-C", folder, "rev-parse", "--short=12", "HEAD"]);
    let changes = printed("git", &["-C", folder, "status", "--porcelain", "--untracked-files=no"]);
    match (commit, changes) {
        (Some(commit), Some(changes)) if changes.is_empty() => {
            format!("{version}, commit {commit}")
        }
        (Some(commit), _) => format!("{version}, commit {commit} with changes"),
        (None, _) => version.to_owned(),
    }
}

fn printed(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
