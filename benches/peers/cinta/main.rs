//! Cinta on the workloads of `benches/peers`, one JSON line for each figure; every result is checked before it is timed.
//!
//! `cargo bench --bench workloads -- W3 W6` runs some, without names it runs all. `--data FOLDER` writes the numbers
//! that the other contestants read, and `--explain` prints where the time goes too.
mod adbench;
mod arrays;
mod data;
mod nets;
mod scalars;
mod timing;

use cinta::{Error, Profile};

/// A workload's name and what runs it.
type Workload = (&'static str, fn(&Programs) -> Result<(), Error>);

const WORKLOADS: [Workload; 14] = [
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
];

/// What is said of the programs that are timed, if it is asked for.
struct Programs {
    explain: bool,
}

impl Programs {
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
    let programs = Programs { explain: wanted.iter().any(|argument| argument == "--explain") };
    wanted.retain(|argument| argument != "--explain");
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
