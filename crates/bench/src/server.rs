//! A server for one run: a process of its own on a free port, with a data folder that goes with it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;
use thiserror::Error;

use crate::environment;
use crate::load::Target;
use crate::workload::Application;

/// How the server's process is started: a Python, and first arguments, to which `serve …` is added.
pub type CommandLine = Vec<OsString>;

/// A server that could not be started.
#[derive(Debug, Error)]
pub enum ServerError {
    #[error("cannot start a server: {0}")]
    NotStarted(#[from] io::Error),
    #[error("the server ended before it listened:\n{0}")]
    Ended(String),
}

const PLAIN_SERVER: &str = include_str!("../../../workloads/plain_server.py");

/// What keeps the state of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// Durable: each group of requests is synced before its replies.
    Embedded,
    /// Compiled, in memory; nothing is durable.
    Local,
    /// Ordinary Python objects, in memory, behind a server in Python that knows the binary protocol
    /// only.
    Plain,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Embedded => "embedded",
            Engine::Local => "local",
            Engine::Plain => "plain",
        }
    }
}

/// A server under way; killed when dropped.
#[derive(Debug)]
pub struct Server {
    command: CommandLine,
    engine: Engine,
    file: PathBuf,
    process: Process,
    target: Target,
    folder: TempDir,
}

#[derive(Debug)]
struct Process {
    child: Child,
    address: String,
    /// Kept open, or the server could not write to it.
    _output: BufReader<ChildStdout>,
}

/// When a server went and came back.
#[derive(Clone, Copy, Debug)]
pub struct Restart {
    pub killed: Instant,
    pub listening: Instant,
}

impl Server {
    /// Starts one that serves an application.
    ///
    /// # Errors
    /// It does not start, or ends before it listens.
    pub fn start(
        command: &CommandLine,
        engine: Engine,
        application: Application,
    ) -> Result<Self, ServerError> {
        let folder = tempfile::Builder::new().prefix("anabranch-bench-").tempdir()?;
        let main = folder.path().join("application");
        fs::create_dir(&main)?;
        for (name, source) in application.files {
            fs::write(main.join(name), source)?;
        }
        let file = main.join(application.files[0].0);
        let process = Process::start(command, engine, &file, folder.path(), "0")?;
        let target = Target { address: process.address.clone(), token: None };
        Ok(Self { command: command.clone(), engine, file, process, target, folder })
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.process.child.id()
    }

    /// Its resident memory.
    ///
    /// # Errors
    /// It is gone, or this is no Linux.
    pub fn resident_bytes(&self) -> io::Result<u64> {
        let bytes = environment::resident_bytes(self.process());
        bytes.ok_or_else(|| io::Error::other("its memory is not known"))
    }

    /// What its data folder takes on disk.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn disk_bytes(&self) -> io::Result<u64> {
        used_bytes(&self.folder.path().join("data"))
    }

    /// Kills it with no chance to do anything (`kill -9`), and starts it again with the same data on
    /// the same port.
    ///
    /// # Errors
    /// It does not start again.
    pub fn kill_and_start(&mut self) -> Result<Restart, ServerError> {
        let killed = Instant::now();
        self.process.child.kill()?;
        self.process.child.wait()?;
        let port = self.target.address.rsplit(':').next().unwrap_or_default().to_owned();
        let (command, engine) = (&self.command, self.engine);
        self.process = Process::start(command, engine, &self.file, self.folder.path(), &port)?;
        Ok(Restart { killed, listening: Instant::now() })
    }
}

/// All of the machine's memory: what fits is measured in memory.
fn memory_bytes() -> io::Result<u64> {
    environment::memory_bytes()
        .ok_or_else(|| io::Error::other("how much memory there is is not known"))
}

fn used_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            // What was there a moment ago was brought into the store since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        bytes += match metadata.is_dir() {
            true => used_bytes(&entry.path())?,
            false => metadata.blocks() * 512,
        };
    }
    Ok(bytes)
}

impl Process {
    fn start(
        command: &CommandLine,
        engine: Engine,
        file: &Path,
        folder: &Path,
        port: &str,
    ) -> Result<Self, ServerError> {
        let log = folder.join("log.txt");
        let mut started = Command::new(&command[0]);
        if engine == Engine::Plain {
            let script = folder.join("plain_server.py");
            fs::write(&script, PLAIN_SERVER)?;
            started.arg(script).arg(file).arg(port);
        } else {
            started.args(&command[1..]).arg("serve").arg(file).args(["--port", port]);
        }
        match engine {
            Engine::Embedded => started
                .arg("--data")
                .arg(folder.join("data"))
                .args(["--memory", &memory_bytes()?.to_string()]),
            Engine::Local => started.args(["--engine", "local"]),
            Engine::Plain => &mut started,
        };
        let mut child = started
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let output = child.stdout.take().expect("it is a pipe");
        let mut output = BufReader::new(output);
        match announced(&mut output) {
            Some(address) => Ok(Self { child, address, _output: output }),
            None => {
                child.kill()?;
                child.wait()?;
                Err(ServerError::Ended(end_of(&log)))
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It is gone already, or will be: there is nothing else to do.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn announced(output: &mut impl BufRead) -> Option<String> {
    output.lines().map_while(Result::ok).find_map(|line| {
        let address = line.strip_prefix("listening on http://")?;
        Some(address.trim().to_owned())
    })
}

/// The last lines of a log.
fn end_of(log: &Path) -> String {
    let mut text = String::new();
    let read = File::open(log).and_then(|mut file| file.read_to_string(&mut text));
    if let Err(error) = read {
        return error.to_string();
    }
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// The kind of file system of temporary folders, and whether what is synced there is durable.
pub fn file_system() -> (String, Durability) {
    let folder = std::env::temp_dir();
    let folder = folder.canonicalize().unwrap_or(folder);
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let kind = kind_of(&folder, &mounts);
    let durability = match kind.as_str() {
        "tmpfs" | "ramfs" => Durability::None,
        _ => Durability::Disk,
    };
    (format!("{} ({kind})", folder.display()), durability)
}

/// Whether a sync means anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    Disk,
    None,
}

fn kind_of(folder: &Path, mounts: &str) -> String {
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        let (_, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
        folder.starts_with(place).then(|| (PathBuf::from(place).components().count(), kind))
    });
    // Of two mounts at one place the later one counts.
    let nearest = mounts.max_by_key(|(depth, _)| *depth);
    nearest.map_or("unknown", |(_, kind)| kind).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_is_that_of_the_nearest_mount() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/vdb /tmp/disk xfs rw";
        assert_eq!(kind_of(Path::new("/var/tmp"), mounts), "ext4");
        assert_eq!(kind_of(Path::new("/tmp/x"), mounts), "tmpfs");
        assert_eq!(kind_of(Path::new("/tmp/disk/x"), mounts), "xfs");
        assert_eq!(kind_of(Path::new("/tmp"), ""), "unknown");
    }

    #[test]
    fn the_address_is_found_behind_other_lines() {
        let output = "hello\nlistening on http://127.0.0.1:8123\n";
        assert_eq!(announced(&mut output.as_bytes()), Some("127.0.0.1:8123".to_owned()));
        assert_eq!(announced(&mut "error\n".as_bytes()), None);
    }

    #[test]
    fn a_server_that_does_not_start_says_why() {
        let command = ["sh", "-c", "echo no such thing >&2; exit 3"].map(OsString::from);
        let error = Server::start(
            &command.to_vec(),
            Engine::Embedded,
            crate::workload::transfer::APPLICATION,
        )
        .unwrap_err();
        assert!(error.to_string().ends_with("no such thing"), "{error}");
    }
}
