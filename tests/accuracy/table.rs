//! The table of errors, and what in it is worse than promised.
use std::fmt::Write as _;

use cinta::DType;

use crate::functions::{BINARY, UNARY};
use crate::golden::{Golden, Point};
use crate::measure::{Ulps, Worst, computed, errors, singles};

/// What the platform's library gives to 1 ULP we give to 1 ULP, the rest to 4.
const EXACT: f64 = 1.0;
pub(crate) const CLOSE: f64 = 4.0;

#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) text: String,
    /// The line that tells the platform's library from others.
    pub(crate) library: String,
    pub(crate) failures: Vec<String>,
}

/// What the platform's library gives, the value and the slope, where it has them.
type Platform = [Option<Vec<f64>>; 2];

impl Table {
    pub(crate) fn of(functions: &[Golden]) -> Self {
        let names: Vec<&str> = functions.iter().map(|golden| golden.name.as_str()).collect();
        let known = UNARY.iter().map(|f| f.0).chain(BINARY.iter().map(|f| f.0));
        assert!(known.clone().all(|name| names.contains(&name)), "functions without golden values");
        let (mut rows, mut table, mut bits) = (String::new(), Self::default(), Vec::new());
        for golden in functions {
            let platform = platform(golden);
            bits.extend(platform.iter().flatten().flatten().map(|x| x.to_bits()));
            table.add(golden, &platform, &mut rows);
        }
        table.library = format!("The platform's library here: `{:016x}`.", fingerprint(&bits));
        table.text = format!(
            "{}\n\n| function | points | value | ≤ | slope | ≤ | platform | beside zeros | subnormal | in `f32` |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n{rows}",
            table.library
        );
        table
    }

    fn add(&mut self, golden: &Golden, platform: &Platform, rows: &mut String) {
        let points: Vec<&Point> = golden.points.iter().collect();
        let single = singles(golden);
        let single: Vec<&Point> = single.iter().collect();
        let name = &golden.name;
        let measured = |points: &[&Point], dtype| errors(golden, points, &of_cinta(golden, points, dtype), dtype);
        let (worst, in_f32) = (measured(&points, DType::F64), measured(&single, DType::F32));
        let theirs = [0, 1].map(|k| {
            let numbers = platform[k].clone()?;
            Some(errors(golden, &points, &vec![numbers; k + 1], DType::F64)[k].ulps)
        });
        let promised = theirs.map(|theirs| if theirs.is_some_and(|ulps| ulps <= EXACT) { EXACT } else { CLOSE });
        for (k, (worst, in_f32)) in worst.iter().zip(&in_f32).enumerate() {
            let what = ["value", "slope", "slope for the second argument"][k];
            let promised = promised[k.min(1)];
            if worst.ulps > promised || in_f32.ulps > promised {
                let [here, in_f32] = [worst.ulps, in_f32.ulps].map(Ulps);
                self.failures
                    .push(format!("{name}, {what}: {here} ULP, in f32 {in_f32}, where {promised} is promised"));
            }
        }
        // A value that is subnormal is as exact as any other: what is apart there are slopes, whose factors are rounded.
        if golden.arguments == 1 && worst[0].subnormal.is_some_and(|ulps| ulps > promised[0]) {
            self.failures.push(format!("{name}: subnormal values are off by {:?}", worst[0].subnormal));
        }
        let slopes = |worst: &[Worst]| joined(worst[1..].iter().map(|worst| Ulps(worst.ulps).to_string()));
        let apart = |cell: fn(&Worst) -> Option<String>| {
            let cells: Vec<Option<String>> = worst.iter().map(cell).collect();
            if cells.iter().all(Option::is_none) {
                return String::new();
            }
            joined(cells.into_iter().map(|cell| cell.unwrap_or_else(|| "–".to_owned())))
        };
        let theirs = joined(theirs.map(|ulps| ulps.map_or_else(|| "–".to_owned(), |ulps| Ulps(ulps).to_string())));
        writeln!(
            rows,
            "| `{name}` | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            points.len(),
            Ulps(worst[0].ulps),
            promised[0],
            slopes(&worst),
            promised[1],
            if theirs == "–, –" { "" } else { &theirs },
            apart(|worst| worst.beside_zeros.map(beside_zeros)),
            apart(|worst| worst.subnormal.map(|ulps| Ulps(ulps).to_string())),
            joined(in_f32.iter().map(|worst| Ulps(worst.ulps).to_string())),
        )
        .expect("a string");
    }
}

fn joined(cells: impl IntoIterator<Item = String>) -> String {
    cells.into_iter().collect::<Vec<_>>().join(", ")
}

/// Units where they are few, otherwise the absolute error.
fn beside_zeros([ulps, absolute]: [f64; 2]) -> String {
    if ulps <= CLOSE { Ulps(ulps).to_string() } else { format!("±{absolute:.0e}") }
}

fn of_cinta(golden: &Golden, points: &[&Point], dtype: DType) -> Vec<Vec<f64>> {
    let name = &golden.name;
    let got = if let Some(f) = UNARY.iter().find(|f| f.0 == name) {
        computed(points, 1, dtype, |x| f.1(x[0]))
    } else {
        let f = BINARY.iter().find(|f| f.0 == name).unwrap_or_else(|| panic!("{name} is not in functions.rs"));
        computed(points, 2, dtype, |x| f.1(x[0], x[1]))
    };
    got.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn platform(golden: &Golden) -> Platform {
    let points = golden.points.iter();
    if let Some((.., value, slope)) = UNARY.iter().find(|f| f.0 == golden.name) {
        return [value, slope].map(|f| f.map(|f| points.clone().map(|point| f(point.x[0])).collect()));
    }
    let value = BINARY.iter().find(|f| f.0 == golden.name).and_then(|f| f.2);
    [value.map(|f| points.map(|point| f(point.x[0], point.x[1])).collect()), None]
}

/// Fowler, Noll and Vo's hash of numbers, with which two platforms are told apart.
fn fingerprint(bits: &[u64]) -> u64 {
    bits.iter()
        .flat_map(|bits| bits.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
