//! Cinta on the workloads of `benches/peers`, one JSON line for each figure; every result is checked before it is timed.
//!
//! `cargo bench --bench workloads -- W3 W6` runs some, without names it runs all. `--data FOLDER` writes the numbers
//! that the other contestants read, and `--explain` prints where the time goes too. `--only WORD` takes those functions whose names
//! contain a word.
mod adbench;
mod arrays;
mod data;
mod functions;
mod nets;
mod scalars;
mod timing;

use cinta::{Error, Profile};

/// A workload's name and what runs it.
type Workload = (&'static str, fn(&Programs) -> Result<(), Error>);

const WORKLOADS: [Workload; 15] = [
    ("W1", scalars::w1),
    ("W1v", scalars::w1v),
    ("W2", nets::w2),
    ("W3", nets::w3),
    ("W4", nets::w4),
    ("W5", nets::w5),
    ("W6", arrays::w6),
    ("W6f", arrays::w6f),
    ("W7g", adbench::w7g),
    ("W7b", adbench::w7b),
    ("W9", scalars::w9),
    ("W10", arrays::w10),
    ("W11", arrays::w11),
    ("E", nets::e),
    ("functions", functions::functions),
];

/// What is said of the programs that are timed, if it is asked for.
struct Programs {
    explain: bool,
    only: Option<String>,
}

impl Programs {
    /// Whether a function of this name is asked for.
    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|word| name.contains(word))
    }

    /// Where the time of a program goes.
    #[expect(clippy::print_stderr, reason = "beside the lines of the result")]
    fn profile(&self, name: &str, profile: impl FnOnce() -> Result<Profile, Error>) -> Result<(), Error> {
        if self.explain {
            eprintln!("{name}:\n{}", profile()?);
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut wanted: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [option, folder] = &wanted[..]
        && option == "--data"
    {
        return Ok(data::write(folder.as_ref())?);
    }
    let explain = wanted.iter().any(|argument| argument == "--explain");
    wanted.retain(|argument| argument != "--explain");
    let only = match wanted.iter().position(|argument| argument == "--only") {
        Some(at) if at + 1 < wanted.len() => wanted.drain(at..at + 2).next_back(),
        Some(_) => return Err("--only needs a word".into()),
        None => None,
    };
    let programs = Programs { explain, only };
    if let Some(unknown) = wanted.iter().find(|name| WORKLOADS.iter().all(|(known, _)| known != name)) {
        let known = WORKLOADS.map(|(name, _)| name).join(", ");
        return Err(format!("{unknown} is no workload; they are {known}").into());
    }
    for (name, run) in WORKLOADS {
        if wanted.is_empty() || wanted.iter().any(|it| it == name) {
            run(&programs)?;
        }
    }
    Ok(())
}
