//! The largest errors of a function, by where they are.
use std::fmt::{self, Display};

use cinta::{DType, Error, Tape, Value, Var};

use crate::golden::{Golden, Point, Want};

/// The largest errors of a value or of a derivative.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Worst {
    /// In units in the last place, but for what follows.
    pub(crate) ulps: f64,
    /// Beside a zero of the function, in units in the last place, and in absolute terms; `None` if no point is there.
    pub(crate) beside_zeros: Option<[f64; 2]>,
    /// Where the number wanted is subnormal, or what it is made of, in units in the last place; `None` if that is nowhere.
    pub(crate) subnormal: Option<f64>,
}

/// The worst of the value, then of the derivative for each argument.
pub(crate) fn errors(golden: &Golden, points: &[&Point], got: &[Vec<f64>], dtype: DType) -> Vec<Worst> {
    let mut worst = vec![Worst::default(); got.len()];
    for (k, (worst, got)) in worst.iter_mut().zip(got).enumerate() {
        assert_eq!(got.len(), points.len(), "{}: one number for each point", golden.name);
        for (point, &got) in points.iter().zip(got) {
            // A slope may be made of the value, or of a length of the arguments.
            let subnormal = (k > 0 && point.want[0].number.is_subnormal())
                || (golden.arguments > 1 && point.x.iter().any(|x| x.is_subnormal()));
            worst.meet(point.want[k], got, dtype, subnormal);
        }
    }
    worst
}

impl Worst {
    fn meet(&mut self, want: Want, got: f64, dtype: DType, subnormal: bool) {
        if want.number.is_nan() {
            return;
        }
        let ulps = ulps(got, want.number, dtype);
        if want.beside_zero {
            let [most, absolute] = self.beside_zeros.get_or_insert([0.0; 2]);
            *most = most.max(ulps);
            *absolute = absolute.max((got - want.number).abs());
        } else if subnormal || want.number.is_subnormal() {
            let most = self.subnormal.get_or_insert(0.0);
            *most = most.max(ulps);
        } else {
            self.ulps = self.ulps.max(ulps);
        }
    }
}

/// |got − want| in units in the last place of `want`, which is correctly rounded, so that these are mostly whole numbers.
fn ulps(got: f64, want: f64, dtype: DType) -> f64 {
    if got == want {
        return 0.0;
    }
    if !got.is_finite() || !want.is_finite() {
        return f64::INFINITY;
    }
    let ulp = if dtype == DType::F32 {
        f64::from(single(want).abs().next_up()) - f64::from(single(want).abs())
    } else {
        let above = want.abs().next_up();
        if above.is_finite() { above - want.abs() } else { want.abs() - want.abs().next_down() }
    };
    (got - want).abs() / ulp
}

/// Value and derivatives of a recorded function at points, as it computes them in a dtype.
pub(crate) fn computed(
    points: &[&Point],
    arguments: usize,
    dtype: DType,
    f: impl for<'t> Fn(&[Var<'t>]) -> Var<'t>,
) -> Result<Vec<Vec<f64>>, Error> {
    let tape = Tape::new();
    let x: Vec<Var<'_>> = (0..arguments).map(|i| tape.var(array(points, i, dtype))).collect();
    let y = f(&x);
    let mut got = vec![y.try_value()?.to_f64s()];
    for &x in &x {
        got.push(y.sum().try_grad_or_zeros(x)?.try_value()?.to_f64s());
    }
    Ok(got)
}

/// The arguments at a place.
pub(crate) fn array(points: &[&Point], place: usize, dtype: DType) -> Value {
    let numbers = points.iter().map(|point| point.x[place]);
    if dtype == DType::F32 {
        Value::from(numbers.map(single).collect::<Vec<f32>>())
    } else {
        Value::from(numbers.collect::<Vec<f64>>())
    }
}

/// The points that `f32` can hold, with results in its normal range, which are to be rounded to it.
pub(crate) fn singles(golden: &Golden) -> Vec<Point> {
    let holds = |x: f64| x == 0.0 || f64::from(single(x)) == x;
    let normal = |x: f64| x == 0.0 || single(x).is_normal();
    let fits = |point: &&Point| {
        point.x.iter().all(|&x| holds(x)) && point.want.iter().all(|want| normal(want.number) || want.number.is_nan())
    };
    let rounded = |want: &Want| Want { number: f64::from(single(want.number)), ..*want };
    let round = |point: &Point| Point { x: point.x.clone(), want: point.want.iter().map(rounded).collect() };
    golden.points.iter().filter(fits).map(round).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is asked for")]
fn single(x: f64) -> f32 {
    x as f32
}

/// A number of units in the last place: whole where it is, and never less than it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ulps(pub(crate) f64);

impl Display for Ulps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ulps if ulps.is_infinite() => f.write_str("∞"),
            ulps if ulps >= 1e4 => write!(f, "{ulps:.0e}"),
            ulps => write!(f, "{}", ulps.ceil()),
        }
    }
}
