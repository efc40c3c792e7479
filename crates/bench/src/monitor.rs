//! Asks a server's metrics again and again while load is put on it, in a thread of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::load::Target;

/// How often.
const INTERVAL: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(2);

/// Under way until it is stopped.
#[derive(Debug)]
pub struct Monitor {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<Vec<Instant>>,
}

impl Monitor {
    /// Begins to look.
    pub fn start(target: &Target) -> Self {
        let (stop, stopped) = mpsc::channel();
        let target = target.clone();
        let thread = thread::spawn(move || {
            let mut seen = Vec::new();
            let mut last = None;
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                // A server that was killed counts from zero when it is back.
                let Some(checkpoints) = metric(&target, "anabranch_engine_checkpoints_total")
                else {
                    last = None;
                    continue;
                };
                if last.is_some_and(|last| checkpoints > last) {
                    seen.push(Instant::now());
                }
                last = Some(checkpoints);
            }
            seen
        });
        Self { stop, thread }
    }

    /// When checkpoints were finished, as nearly as one looked.
    pub fn stop(self) -> Vec<Instant> {
        drop(self.stop);
        self.thread.join().expect("this is a bug in Anabranch: the monitor panicked")
    }
}

/// A number of the server's metrics; `None` if it does not answer or has no such metric.
pub fn metric(target: &Target, name: &str) -> Option<f64> {
    let text = metrics(target).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.split(' ').next()?.parse().ok()
}

fn metrics(target: &Target) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(&target.address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let token = target.token.as_deref();
    let token = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    let host = &target.address;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\n{token}Connection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_metric_is_found_by_its_whole_name() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let read = stream.read(&mut request).unwrap();
            assert!(request[..read].starts_with(b"GET /metrics"));
            let metrics = "HTTP/1.1 200 OK\r\n\r\n# HELP x y\nx_total_more 9\nx_total 7\n# EOF\n";
            stream.write_all(metrics.as_bytes()).unwrap();
        });
        let target = Target { address: address.clone(), token: None };
        assert_eq!(metric(&target, "x_total"), Some(7.0));
        served.join().unwrap();
        assert_eq!(metric(&target, "x_total"), None, "nobody listens any more");
    }
}
