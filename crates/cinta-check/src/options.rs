//! How thorough a check is.
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Every entry of up to 128, directions for more.
    #[default]
    Auto,
    /// Every entry.
    Full,
    /// A few directions, whatever the size; entries only where one of those is off.
    Fast,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) seed: u64,
    pub(crate) progress: bool,
    pub(crate) order: usize,
    pub(crate) claims: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { mode: Mode::Auto, seed: 1, progress: true, order: 1, claims: false }
    }
}

impl Options {
    /// Of so many entries or directions.
    pub(crate) fn progress(&self, total: usize, what: &'static str) -> Progress {
        let shown = self.progress && std::io::stderr().is_terminal();
        let next = shown.then(|| Instant::now() + Duration::from_secs(1));
        Progress { done: 0, total, what, values: 0, next, written: false }
    }
}

/// A line on the terminal for what takes more than a second, gone when it is done.
#[derive(Debug)]
pub(crate) struct Progress {
    done: usize,
    total: usize,
    what: &'static str,
    /// How many values of the function that took so far.
    values: usize,
    next: Option<Instant>,
    written: bool,
}

impl Progress {
    /// Another one is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        self.show();
    }

    /// Some more values are known.
    pub(crate) fn evaluated(&mut self, values: usize) {
        self.values += values;
        self.show();
    }

    fn show(&mut self) {
        let now = Instant::now();
        if self.next.is_some_and(|next| now >= next) {
            let Self { done, total, what, values, .. } = self;
            let values = if *values > 0 { format!(", {values} values") } else { String::new() };
            // A terminal that cannot be written to is no reason to stop.
            let _ = write!(std::io::stderr(), "\rchecked {done} of {total} {what}{values}");
            self.next = Some(now + Duration::from_millis(200));
            self.written = true;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.written {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
