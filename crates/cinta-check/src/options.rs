//! How thorough a check is.
use std::io::{IsTerminal, Stderr, Write, stderr};
use std::time::{Duration, Instant};

/// After this long progress is shown, and then again and again.
const FIRST: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_millis(200);

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
        let shown = self.progress && stderr().is_terminal();
        let next = shown.then(|| Instant::now() + FIRST);
        Progress { terminal: stderr(), done: 0, total, what, values: 0, next, written: false }
    }
}

/// A line on the terminal for what takes more than a second, gone when it is done.
#[derive(Debug)]
pub(crate) struct Progress<W: Write = Stderr> {
    terminal: W,
    done: usize,
    total: usize,
    what: &'static str,
    /// How many values of the function that took so far.
    values: usize,
    /// When to write next.
    next: Option<Instant>,
    written: bool,
}

impl<W: Write> Progress<W> {
    /// Another one is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        self.show(Instant::now());
    }

    /// Some more values are known.
    pub(crate) fn evaluated(&mut self, values: usize) {
        self.values += values;
        self.show(Instant::now());
    }

    fn show(&mut self, now: Instant) {
        if self.next.is_some_and(|next| now >= next) {
            let Self { terminal, done, total, what, values, .. } = self;
            let values = if *values > 0 { format!(", {values} values") } else { String::new() };
            // A terminal that cannot be written to is no reason to stop.
            let _ = write!(terminal, "\rchecked {done} of {total} {what}{values}");
            self.next = Some(now + AGAIN);
            self.written = true;
        }
    }
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if self.written {
            let _ = write!(self.terminal, "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(next: Option<Instant>, run: impl FnOnce(&mut Progress<&mut Vec<u8>>)) -> String {
        let mut text = Vec::new();
        let terminal = &mut text;
        run(&mut Progress { terminal, done: 0, total: 3, what: "entries", values: 0, next, written: false });
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn what_takes_long_is_shown_and_gone_afterwards() {
        let now = Instant::now();
        let text = shown(Some(now), |progress| {
            progress.done = 1;
            progress.show(now);
            progress.values = 7;
            progress.show(now + AGAIN / 2); // too soon
            progress.done = 2;
            progress.show(now + AGAIN);
        });
        assert_eq!(text, "\rchecked 1 of 3 entries\rchecked 2 of 3 entries, 7 values\r\x1b[K");
    }

    #[test]
    fn what_is_quick_or_not_wanted_is_not_shown() {
        let soon = Instant::now() + Duration::from_secs(3600);
        assert_eq!(shown(Some(soon), |progress| progress.evaluated(7)), "");
        assert_eq!(shown(None, |progress| progress.evaluated(7)), "");
    }
}
