//! Unary functions and three derivatives against correctly rounded numbers, in units in the last place.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use cinta::{Tape, Var};
use serde_json::{Value as Json, json};

use crate::attributes::Attributes;
use crate::corpus::Row;
use crate::exceptions::ULPS;
use crate::program::Stop;
use crate::table::apply;

/// What was measured of each function, as a table; what is worse than it may be; what is not supported.
#[derive(Default)]
pub(crate) struct Golden {
    pub(crate) table: String,
    pub(crate) failures: Vec<String>,
    pub(crate) unsupported: BTreeSet<String>,
}

impl Golden {
    pub(crate) fn of(rows: &[Row]) -> Self {
        let mut functions: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            functions.entry(&row.function).or_default().push(row);
        }
        let mut golden = Self::default();
        for (name, rows) in functions {
            match errors(name, &rows) {
                Ok(errors) => golden.judge(name, errors),
                Err(Stop::Unsupported(op)) => _ = golden.unsupported.insert(op),
                Err(stop) => golden.failures.push(format!("{name}: {stop:?}")),
            }
        }
        golden
    }

    fn judge(&mut self, name: &str, errors: [Worst; 4]) {
        let Some((_, allowed)) = ULPS.iter().find(|(function, _)| *function == name) else {
            self.failures.push(format!("{name}: exceptions.rs states no limits"));
            return;
        };
        write!(self.table, "{name:<18}").expect("a string");
        for (order, (worst, allowed)) in errors.into_iter().zip(allowed).enumerate() {
            let Worst { ulps, x, got, want } = worst;
            write!(self.table, "{ulps:>8} of {allowed:<4}").expect("a string");
            if ulps > *allowed {
                let d = "′".repeat(order);
                let numbers = format!("got {got:e}, expected {want:e}: {ulps} ulp, {allowed} allowed");
                self.failures.push(format!("{name}: f{d}({x:e}): {numbers}"));
            }
        }
        self.table.push('\n');
    }
}

/// The largest error, and where.
#[derive(Clone, Copy, Default)]
struct Worst {
    ulps: f64,
    x: f64,
    got: f64,
    want: f64,
}

fn errors(name: &str, rows: &[&Row]) -> Result<[Worst; 4], Stop> {
    let tape = Tape::new();
    let x = tape.var(rows.iter().map(|row| row.x).collect::<Vec<f64>>());
    let mut f = function(&tape, name, x)?;
    let mut worst = [Worst::default(); 4];
    for (order, worst) in worst.iter_mut().enumerate() {
        for (row, got) in rows.iter().zip(f.try_value()?.to_f64s()) {
            // Where the function has no value, its derivatives are whatever their formulas give.
            let outside = order > 0 && row.f[0].is_some_and(f64::is_nan);
            let Some(want) = row.f[order].filter(|_| !outside) else { continue };
            let signed = order == 0 && row.x == 0.0;
            let ulps = ulps(got, want, signed);
            if ulps > worst.ulps {
                *worst = Worst { ulps, x: row.x, got, want };
            }
        }
        f = f.sum().try_grad_or_zeros(x)?;
    }
    Ok(worst)
}

/// A function of the table: its parameter stands in parentheses.
fn function<'t>(tape: &'t Tape, name: &str, x: Var<'t>) -> Result<Var<'t>, Stop> {
    let (op, parameter) = name.trim_end_matches(')').split_once('(').unwrap_or((name, ""));
    let number = || parameter.parse::<f64>().expect("a number");
    let attributes = match op {
        "pow" => return Ok(x.try_pow(number())?),
        "powi" => json!({"n": parameter.parse::<i64>().expect("an integer")}),
        "leaky_relu" => json!({"slope": number()}),
        "elu" => json!({"alpha": number()}),
        "gelu" => json!({"approximate": parameter == "tanh"}),
        _ => Json::Null,
    };
    apply(tape, op, &[x], Attributes(&attributes))
}

/// |got − want| in units in the last place of `want`; the sign of a zero counts if `signed`.
fn ulps(got: f64, want: f64, signed: bool) -> f64 {
    let same_zero = !signed || got.is_sign_negative() == want.is_sign_negative();
    if got.is_nan() && want.is_nan() || (got == want && (want != 0.0 || same_zero)) {
        return 0.0;
    }
    if !got.is_finite() || !want.is_finite() || got == want {
        return f64::INFINITY;
    }
    let ulp = want.abs().next_up() - want.abs();
    (got - want).abs() / if ulp.is_finite() { ulp } else { want.abs() - want.abs().next_down() }
}
