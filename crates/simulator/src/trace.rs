//! What happened, a line for each event: written only when asked for, because it is long.

/// Lines, or nothing.
#[derive(Debug, Default)]
pub struct Trace {
    lines: Option<Vec<String>>,
}

impl Trace {
    pub fn start(&mut self) {
        self.lines = Some(Vec::new());
    }

    /// Adds a line, which is made only if somebody wants it.
    pub fn line(&mut self, clock: u64, text: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{clock:>6} {}", text()));
        }
    }

    pub fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}
