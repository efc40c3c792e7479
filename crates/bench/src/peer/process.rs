//! A program in a process of its own, on a port that was free a moment ago.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::baseline::BaselineError;

/// How long a program may take until it listens.
const PATIENCE: Duration = Duration::from_secs(120);
const INTERVAL: Duration = Duration::from_millis(20);

/// Killed when dropped, with the processes that it started.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; what it prints goes into a file `name` in `folder`.
    pub(super) fn start(
        mut command: Command,
        folder: &Path,
        name: &str,
    ) -> Result<Self, BaselineError> {
        use std::os::unix::process::CommandExt;
        let log = folder.join(name);
        let output = File::create(&log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .current_dir(folder)
            .process_group(0)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// Calls `attempt` until it gives something.
    pub(super) fn wait_for<T>(
        &mut self,
        mut attempt: impl FnMut() -> Option<T>,
    ) -> Result<T, BaselineError> {
        let start = Instant::now();
        loop {
            if let Some(found) = attempt() {
                return Ok(found);
            }
            let ended = self.child.try_wait()?;
            if ended.is_some() || start.elapsed() > PATIENCE {
                let text = fs::read_to_string(&self.log).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                let end = lines[lines.len().saturating_sub(10)..].join("\n");
                return Err(BaselineError::Failed(format!("it does not listen:\n{end}")));
            }
            thread::sleep(INTERVAL);
        }
    }

    pub(super) fn wait_for_port(&mut self, port: u16) -> Result<(), BaselineError> {
        self.wait_for(|| TcpStream::connect(("127.0.0.1", port)).ok().map(drop))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group is the process and its children: servers with several processes have no other
        // way to end them all at once. What is gone already is no matter.
        let group = format!("-{}", self.child.id());
        let _gone =
            Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// A port that nobody listens on.
pub(super) fn free_port() -> Result<u16, BaselineError> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A program of the folder that `make bench-peers` fills.
pub(super) fn program(programs: &Path, path: &str) -> Result<PathBuf, BaselineError> {
    let program = std::path::absolute(programs.join(path))?;
    match program.is_file() {
        true => Ok(program),
        false => {
            let missing = format!("{} is not there: make bench-peers", program.display());
            Err(BaselineError::Missing(missing))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_said_is_told_if_it_ends_before_it_listens() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such database >&2"]);
        let mut process = Process::start(command, folder.path(), "log.txt").unwrap();
        let error = process.wait_for(|| None::<()>).unwrap_err();
        assert!(error.to_string().contains("no such database"), "{error}");
    }

    #[test]
    fn children_of_a_process_end_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("child");
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo $! > new; mv new child; wait"]);
        let mut process = Process::start(command, folder.path(), "log.txt").unwrap();
        let child = process.wait_for(|| fs::read_to_string(&file).ok()).unwrap();
        drop(process);
        let status = format!("/proc/{}/status", child.trim());
        let is_running = || {
            let status = fs::read_to_string(&status).unwrap_or_default();
            !(status.is_empty() || status.contains("State:\tZ"))
        };
        let start = Instant::now();
        while is_running() && start.elapsed() < PATIENCE {
            thread::yield_now();
        }
        assert!(!is_running());
    }

    #[test]
    fn a_program_that_is_not_installed_is_named() {
        let error = program(Path::new("/nonexistent"), "venv/bin/python").unwrap_err();
        assert!(matches!(error, BaselineError::Missing(_)));
        assert!(error.to_string().contains("make bench-peers"), "{error}");
    }
}
