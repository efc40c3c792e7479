//! Restate: its server, and a service in Rust that it calls.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::process::{Process, free_port, program};
use crate::baseline::BaselineError;
use crate::load::Target;

const SERVER: &str = "restate/node_modules/@restatedev/restate-server-linux-x64/bin/restate-server";
const SERVICE: &str = "restate-service/release/anabranch-peer-restate";

/// Of the server's settings as it prints them, what makes it durable: its log is that of the log
/// server, which syncs what it writes.
const DURABLE: [(&str, &str); 2] = [
    ("[bifrost]", "default-provider = \"replicated\""),
    ("[log-server]", "rocksdb-disable-wal-fsync = false"),
];

/// A server of one node and its service.
#[derive(Debug)]
pub(super) struct Restate {
    _server: Process,
    _service: Process,
    target: Target,
    version: String,
    settings: Settings,
    _folder: TempDir,
}

#[derive(Debug)]
struct Settings {
    server: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Settings {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.server);
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn printed(&self, argument: &str) -> Result<String, BaselineError> {
        let output = self.command(&[argument]).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Restate {
    pub(super) fn start(programs: &Path) -> Result<Self, BaselineError> {
        let (server, service) = (program(programs, SERVER)?, program(programs, SERVICE)?);
        let folder = tempfile::Builder::new().prefix("anabranch-bench-").tempdir()?;
        let [node, ingress, admin, handlers] = [(); 4].map(|()| free_port());
        let (node, ingress, admin, handlers) = (node?, ingress?, admin?, handlers?);
        let environment = vec![
            ("RESTATE_BIND_IP", "127.0.0.1".to_owned()),
            ("RESTATE_BIND_PORT", node.to_string()),
            ("RESTATE_INGRESS__BIND_PORT", ingress.to_string()),
            ("RESTATE_ADMIN__BIND_PORT", admin.to_string()),
            ("RESTATE_LISTEN_MODE", "tcp".to_owned()),
            ("RESTATE_NODE_NAME", "bench".to_owned()),
            ("RESTATE_BASE_DIR", folder.path().join("data").display().to_string()),
            ("RESTATE_DISABLE_TELEMETRY", "true".to_owned()),
            ("RESTATE_LOG_FILTER", "warn".to_owned()),
        ];
        let settings = Settings { server, environment };
        let version = settings.printed("--version")?.trim().to_owned();
        let mut served = Command::new(service);
        served.arg(format!("127.0.0.1:{handlers}"));
        let mut service = Process::start(served, folder.path(), "service.txt")?;
        service.wait_for_port(handlers)?;
        let mut server =
            Process::start(settings.command(&["--no-logo"]), folder.path(), "server.txt")?;
        server.wait_for(|| register(admin, handlers))?;
        server.wait_for_port(ingress)?;
        let target = Target { address: format!("127.0.0.1:{ingress}"), token: None };
        Ok(Self { _server: server, _service: service, target, version, settings, _folder: folder })
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    pub(super) fn check_durability(&mut self) -> Result<String, BaselineError> {
        let printed = self.settings.printed("--dump-config")?;
        for (section, setting) in DURABLE {
            if !has_setting(&printed, section, setting) {
                let text = format!("its settings do not have {setting} in {section}");
                return Err(BaselineError::Failed(text));
            }
        }
        let settings = DURABLE.map(|(section, setting)| format!("{section} {setting}"));
        Ok(format!(
            "{}, one node with its defaults, a service in Rust that calls two virtual objects one \
             after the other: {} (read back)",
            self.version,
            settings.join(", ")
        ))
    }
}

fn has_setting(printed: &str, section: &str, setting: &str) -> bool {
    let lines = printed.lines().skip_while(|line| *line != section).skip(1);
    lines.take_while(|line| !line.starts_with('[')).any(|line| line == setting)
}

/// Tells the server where the service is, once it listens.
fn register(admin: u16, handlers: u16) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", admin)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let body = format!("{{\"uri\":\"http://127.0.0.1:{handlers}\"}}");
    let length = body.len();
    write!(
        stream,
        "POST /deployments HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).ok()?;
    (&status == b"HTTP/1.1 201").then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_belongs_to_its_section() {
        let printed = "a = 1\n[log-server]\nb = 2\n[other]\nc = 3\n";
        assert!(has_setting(printed, "[log-server]", "b = 2"));
        assert!(!has_setting(printed, "[log-server]", "c = 3"));
        assert!(!has_setting(printed, "[missing]", "b = 2"));
    }
}
