//! Programs that must be refused: by an error of Cinta, or by the types of Rust.
use std::collections::BTreeSet;

use cinta::Tape;

use crate::corpus::Refused;
use crate::derivatives::without_panic;
use crate::program::Stop;

/// Who refused how many, and what was not refused as it should be.
#[derive(Default)]
pub(crate) struct Refusals {
    pub(crate) by_cinta: usize,
    pub(crate) by_types: usize,
    pub(crate) failures: Vec<String>,
    pub(crate) unsupported: BTreeSet<String>,
}

impl Refusals {
    pub(crate) fn of(programs: &[Refused]) -> Self {
        let mut refusals = Self::default();
        for program in programs {
            match without_panic(|| outcome(program)) {
                Ok(Ok(())) => refusals.by_cinta += 1,
                Ok(Err(Stop::FrontEnd(_))) => refusals.by_types += 1,
                Ok(Err(Stop::Unsupported(op))) => _ = refusals.unsupported.insert(op),
                Ok(Err(Stop::Engine(error))) => refusals.fail(program, &format!("only refused late: {error}")),
                Err(reason) => refusals.fail(program, &reason),
            }
        }
        refusals
    }

    fn fail(&mut self, program: &Refused, what: &str) {
        self.failures.push(format!("{} ({}: {}): {what}", program.id, program.kind, program.why));
    }
}

/// `Ok` where Cinta refuses the program in time: while recording, but for an index out of range, which is a number.
fn outcome(refused: &Refused) -> Result<(), Stop> {
    let tape = Tape::new();
    let recorded = match refused.program.record(&tape) {
        Err(Stop::Engine(_)) => return Ok(()),
        other => other?,
    };
    match recorded.output.try_value() {
        Err(_) if refused.kind == "index out of range" => Ok(()),
        Err(error) => Err(Stop::Engine(error)),
        Ok(value) => panic!("accepted, and gives {value:?}"),
    }
}
