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
    pub(crate) fn progress(&self, total: usize) -> Progress {
        let shown = self.progress && std::io::stderr().is_terminal();
        Progress { done: 0, total, next: shown.then(|| Instant::now() + Duration::from_secs(1)) }
    }
}

/// A line on the terminal for what takes more than a second.
pub(crate) struct Progress {
    done: usize,
    total: usize,
    next: Option<Instant>,
}

impl Progress {
    pub(crate) fn step(&mut self) {
        self.done += 1;
        let now = Instant::now();
        if self.next.is_some_and(|next| now >= next) {
            // A terminal that cannot be written to is no reason to stop.
            let _ = write!(std::io::stderr(), "\rchecked {} of {} entries", self.done, self.total);
            self.next = Some(now + Duration::from_millis(500));
        }
    }
}
