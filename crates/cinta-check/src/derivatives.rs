//! Derivatives: pushforward and pullback against difference quotients and against each other, of the function
//! and, for higher orders, of its recorded derivatives.
//!
//! Differences move all inputs at once in one random direction and compare every entry of every output, so
//! the cost does not grow with the number of inputs. Only when a claim fails is each input entry moved alone,
//! to name the one that is wrong.
use cinta_graph::{Error, Tape, Value, Var};

use crate::arrays::{from_f64s, largest};
use crate::mismatch::entry;
use crate::quotient::{Estimate, derivative};
use crate::rounding::rounding_of_some;
use crate::subject::{Derivative, Recording, Seeds, Subject, numbers};
use crate::{Claim, Mismatch};

/// Derivatives are checked up to this order.
pub(crate) const ORDERS: usize = 3;
/// How far both modes may be apart, in rounding errors: 1e-12 for `f64`. Where terms cancelled, what those leave is added.
const ADJOINT: f64 = 4.5e3;
/// How far a recorded derivative may be off without being measured so, in rounding errors: 1e-10 for `f64`.
const RECORDED: f64 = 4.5e5;
/// What a measured error is multiplied by before it counts.
const TRUST: f64 = 10.0;
/// A measurement less exact than this, relative to the function, says nothing.
const VAGUE: f64 = 0.01;

#[derive(Clone, Copy, Debug)]
enum Mode {
    Pullback,
    Pushforward,
}

use Mode::{Pullback, Pushforward};

/// The derivatives whose first derivatives are checked for each order.
const CHAINS: [&[&[Mode]]; ORDERS] = [
    &[&[]],
    &[&[Pullback], &[Pushforward]],
    &[&[Pullback, Pullback], &[Pullback, Pushforward], &[Pushforward, Pullback]],
];

pub(crate) fn check(subject: &Subject<'_>, order: usize) -> Result<(), Mismatch> {
    let claim = [Claim::FirstDerivatives, Claim::SecondDerivatives, Claim::ThirdDerivatives][order - 1];
    if !subject.smooth && order > 1 {
        return Ok(());
    }
    for (seed, seeds) in [(1, Seeds::Constants), (2, Seeds::Variables)] {
        for chain in CHAINS[order - 1] {
            let check = Check { claim, name: &subject.name, chain, seeds, seed };
            check.run(subject).map_err(|mismatch| mismatch.seed(seed))?;
        }
    }
    Ok(())
}

/// The highest order, as far as it is checked, of which derivatives are offered.
pub(crate) fn offered(recording: &Recording<'_>) -> Result<usize, Error> {
    let mut recording = recording.clone();
    for order in 1..=ORDERS {
        if !recording.is_differentiable() {
            break;
        }
        match recording.offered(recording.pullback(Seeds::Constants, 1))? {
            Some(derivative) => recording = derivative.recording,
            None => return Ok(order - 1),
        }
    }
    Ok(ORDERS)
}

/// One derivative to be checked: what it is called in messages, and how it is seeded.
#[derive(Clone, Copy)]
struct Check<'a> {
    claim: Claim,
    name: &'a str,
    chain: &'a [Mode],
    seeds: Seeds,
    seed: u64,
}

impl Check<'_> {
    fn run(self, subject: &Subject<'_>) -> Result<(), Mismatch> {
        let tape = Tape::new();
        let mut recording = subject.record(&tape).map_err(self.failed("recording"))?;
        for (seed, mode) in (self.seed + 10..).zip(self.chain) {
            if !recording.is_differentiable() {
                return Ok(());
            }
            let derivative = match mode {
                Pullback => recording.pullback(self.seeds, seed),
                Pushforward => recording.pushforward(self.seeds, recording.tangents(seed)),
            };
            match recording.offered(derivative).map_err(self.failed("differentiating"))? {
                Some(derivative) => recording = derivative.recording,
                None => return Ok(()),
            }
        }
        if !recording.is_differentiable() {
            return Ok(());
        }
        let tangents = recording.tangents(self.seed);
        let push = recording.offered(recording.pushforward(self.seeds, tangents.clone()));
        let push = push.map_err(self.failed("pushforward"))?;
        let pull = recording.offered(recording.pullback(self.seeds, self.seed));
        let pull = pull.map_err(self.failed("pullback"))?;
        if push.is_none() && pull.is_none() && self.chain.is_empty() {
            return Err(Mismatch::new(self.claim, self.name, "neither pushforward nor pullback is offered"));
        }
        let failed = self.failed("evaluating a derivative");
        let push = push.map(|push| Recorded::new(push, &recording.outputs)).transpose().map_err(&failed)?;
        let pull = pull.map(|pull| Recorded::new(pull, &recording.inputs)).transpose().map_err(&failed)?;
        if subject.smooth && subject.quotients {
            self.against_differences(&recording, &tangents, push.as_ref(), pull.as_ref())?;
        }
        if let (Some(push), Some(pull)) = (&push, &pull) { self.adjoint(&recording, push, pull) } else { Ok(()) }
    }

    /// ⟨ct, J t⟩ = ⟨Jᵀ ct, t⟩, where both are finite.
    fn adjoint(self, recording: &Recording<'_>, push: &Recorded<'_>, pull: &Recorded<'_>) -> Result<(), Mismatch> {
        let (forward, forward_size) = dot(&pull.seeds, &push.results);
        let (reverse, reverse_size) = dot(&push.seeds, &pull.results);
        let tolerance = ADJOINT * recording.epsilon() * (forward_size + reverse_size);
        let finite = forward.is_finite() && reverse.is_finite();
        let apart = (forward - reverse).abs();
        if apart <= tolerance || !finite {
            return Ok(());
        }
        let (_, forward_moved) = dot(&pull.seeds, &push.rounding());
        let (_, reverse_moved) = dot(&push.seeds, &pull.rounding());
        if apart <= tolerance + forward_moved + reverse_moved {
            return Ok(());
        }
        let pair = [("⟨ct, J t⟩ is", forward), ("⟨Jᵀ ct, t⟩ is", reverse)];
        Err(Mismatch::numbers(self.claim, self.name, self.text("both modes should be adjoint"), pair))
    }

    fn against_differences(
        self,
        recording: &Recording<'_>,
        tangents: &[Option<Value>],
        push: Option<&Recorded<'_>>,
        pull: Option<&Recorded<'_>>,
    ) -> Result<(), Mismatch> {
        let measured = measure(recording, tangents).map_err(self.failed("evaluating"))?;
        let outputs = recording.numbers_at(&recording.point).map_err(self.failed("evaluating"))?;
        let judge = Judge { epsilon: recording.epsilon(), size: largest(&outputs) };
        if measured.len() != outputs.len() {
            let what = self.text("every step leaves the domain, nothing can be measured");
            return Err(Mismatch::new(self.claim, self.name, what));
        }
        if let Some(push) = push {
            let recorded = push.results.concat();
            let worst = judge.worst(&recorded, &measured, &[]);
            if let Some((index, verdict)) =
                worst.and_then(|_| judge.worst(&recorded, &measured, &push.rounding().concat()))
            {
                let found = self.find_pushforward(recording, judge).map_err(self.failed("pushforward"))?;
                let what = self.text(&format!("pushforward: {}", name_output(recording, index)));
                return Err(found.unwrap_or_else(|| self.mismatch(&what, recorded[index], measured[index], verdict)));
            }
        }
        if let Some(pull) = pull {
            let (recorded, _) = dot(tangents, &pull.results);
            let along_ct = project(&pull.seeds, &measured);
            let moved = || dot(tangents, &pull.rounding()).1;
            if let Err(verdict) =
                judge.verdict(recorded, along_ct, 0.0, 0.0).or_else(|_| judge.verdict(recorded, along_ct, 0.0, moved()))
            {
                let found = self.find_pullback(recording, pull, judge).map_err(self.failed("evaluating"))?;
                let what = self.text("pullback: ⟨Jᵀ ct, t⟩");
                return Err(found.unwrap_or_else(|| self.mismatch(&what, recorded, along_ct, verdict)));
            }
        }
        Ok(())
    }

    /// The input entry along which the pushforward is wrong.
    fn find_pushforward(self, recording: &Recording<'_>, judge: Judge) -> Result<Option<Mismatch>, Error> {
        for (i, index, direction) in unit_vectors(&recording.point) {
            let measured = measure(recording, &direction)?;
            recording.at(&recording.point)?;
            let push = recording.pushforward(self.seeds, direction)?;
            let push = Recorded::new(push, &recording.outputs)?;
            let recorded = push.results.concat();
            if let Some((at, verdict)) = judge.worst(&recorded, &measured, &push.rounding().concat()) {
                let along = entry(format!("input {i}"), &recording.point[i].array_type(), index);
                let what = self.text(&format!("pushforward: {} along {along}", name_output(recording, at)));
                return Ok(Some(self.mismatch(&what, recorded[at], measured[at], verdict)));
            }
        }
        Ok(None)
    }

    /// The input entry whose cotangent is wrong.
    fn find_pullback(
        self,
        recording: &Recording<'_>,
        pull: &Recorded<'_>,
        judge: Judge,
    ) -> Result<Option<Mismatch>, Error> {
        let moved = pull.rounding();
        for (i, index, direction) in unit_vectors(&recording.point) {
            let along_ct = project(&pull.seeds, &measure(recording, &direction)?);
            let recorded = pull.results[i][index];
            if let Err(verdict) = judge.verdict(recorded, along_ct, 0.0, moved[i][index]) {
                let of = entry(format!("input {i}"), &recording.point[i].array_type(), index);
                let what = self.text(&format!("pullback: cotangent of {of}"));
                return Ok(Some(self.mismatch(&what, recorded, along_ct, verdict)));
            }
        }
        Ok(None)
    }

    /// The claim as text, after the derivative of which it is made.
    fn text(self, what: &str) -> String {
        let modes = self.chain.iter().rev().map(|mode| match mode {
            Pullback => "of the pullback,",
            Pushforward => "of the pushforward,",
        });
        let seeds = if self.seeds == Seeds::Constants { "constant seeds" } else { "variable seeds" };
        let chain: Vec<&str> = modes.chain([seeds]).collect();
        format!("{}: {what}", chain.join(" "))
    }

    fn mismatch(self, what: &str, recorded: f64, measured: Estimate, verdict: Verdict) -> Mismatch {
        let mismatch = Mismatch::measured(self.claim, self.name, what, recorded, measured);
        if verdict == Verdict::Vague { mismatch.vague() } else { mismatch }
    }

    fn failed(self, doing: &'static str) -> impl Fn(Error) -> Mismatch {
        let (claim, name, text) = (self.claim, self.name.to_owned(), self.text(doing));
        move |error| Mismatch::error(claim, &name, &text, &error)
    }
}

/// The numbers of a derivative.
struct Recorded<'t> {
    seeds: Vec<Option<Value>>,
    vars: Vec<Option<Var<'t>>>,
    results: Vec<Vec<f64>>,
}

impl<'t> Recorded<'t> {
    /// `of` are the variables that it is a derivative of.
    fn new(derivative: Derivative<'t>, of: &[Var<'_>]) -> Result<Self, Error> {
        let results = derivative.results.iter().zip(of).map(|(result, var)| numbers(*result, &var.array_type()));
        let results = results.collect::<Result<_, _>>()?;
        Ok(Self { results, vars: derivative.results, seeds: derivative.seeds })
    }

    /// How far rounding may move each result; nowhere, if it cannot be computed again.
    fn rounding(&self) -> Vec<Vec<f64>> {
        let mut moved = rounding_of_some(&self.vars).unwrap_or_default();
        moved.resize(self.results.len(), Vec::new());
        moved.iter_mut().zip(&self.results).for_each(|(moved, result)| moved.resize(result.len(), 0.0));
        moved
    }
}

/// Why a recorded number does not stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Wrong,
    /// The differences are too uncertain to say anything.
    Vague,
}

/// Compares recorded with measured derivatives.
#[derive(Clone, Copy)]
struct Judge {
    epsilon: f64,
    /// The largest output of the function; steps are relative, so derivatives are of this order.
    size: f64,
}

impl Judge {
    /// `size` is that of the largest measured entry beside this one, `moved` what rounding makes of the recorded one.
    fn verdict(self, recorded: f64, measured: Estimate, size: f64, moved: f64) -> Result<(), Verdict> {
        let scale = recorded.abs().max(measured.value.abs()).max(size);
        let tolerance = TRUST * measured.error + RECORDED * self.epsilon * scale + moved;
        if measured.error.is_nan() || TRUST * measured.error > VAGUE * scale.max(self.size) {
            return Err(Verdict::Vague);
        }
        let stands = (recorded - measured.value).abs() <= tolerance;
        if stands { Ok(()) } else { Err(Verdict::Wrong) }
    }

    /// The entry that is furthest off, if one is off.
    fn worst(self, recorded: &[f64], measured: &[Estimate], moved: &[f64]) -> Option<(usize, Verdict)> {
        let size = measured.iter().map(|m| m.value.abs()).fold(0.0, f64::max);
        let moved = moved.iter().copied().chain(std::iter::repeat(0.0));
        let off = |((a, m), moved): ((&f64, &Estimate), f64)| self.verdict(*a, *m, size, moved).err();
        let verdicts = recorded.iter().zip(measured).zip(moved).map(off).enumerate();
        let distance = |i: usize| {
            let distance = (recorded[i] - measured[i].value).abs();
            if distance.is_nan() { f64::INFINITY } else { distance }
        };
        verdicts.filter_map(|(i, v)| v.map(|v| (i, v))).max_by(|a, b| distance(a.0).total_cmp(&distance(b.0)))
    }
}

/// J t from values alone, entry by entry of all outputs.
fn measure(recording: &Recording<'_>, tangents: &[Option<Value>]) -> Result<Vec<Estimate>, Error> {
    let moved = |h: f64| {
        let point: Vec<Value> = recording
            .point
            .iter()
            .zip(tangents)
            .map(|(x, t)| match t {
                Some(t) => {
                    let moved = x.to_f64s().into_iter().zip(t.to_f64s()).map(|(x, t)| x + h * t);
                    from_f64s(&x.array_type(), moved)
                }
                None => x.clone(),
            })
            .collect();
        recording.numbers_at(&point).ok()
    };
    let measured = derivative(moved, recording.epsilon());
    recording.at(&recording.point)?;
    Ok(measured)
}

/// Each input entry as a direction of its own, of the size of the entry: input, index, direction.
fn unit_vectors(point: &[Value]) -> impl Iterator<Item = (usize, usize, Vec<Option<Value>>)> {
    let floats = point.iter().enumerate().filter(|(_, value)| value.dtype().is_float());
    floats.flat_map(move |(i, value)| {
        let ty = value.array_type();
        (0..ty.shape.size()).map(move |index| {
            let unit = from_f64s(&ty, (0..ty.shape.size()).map(|j| f64::from(u8::from(j == index))));
            (i, index, (0..point.len()).map(|j| (j == i).then(|| unit.clone())).collect())
        })
    })
}

/// Σ seed · result over all arrays, and the sum of the terms' magnitudes.
fn dot(seeds: &[Option<Value>], results: &[Vec<f64>]) -> (f64, f64) {
    let mut sum = (0.0, 0.0);
    for (seed, result) in seeds.iter().zip(results) {
        let Some(seed) = seed else { continue };
        for (a, b) in seed.to_f64s().into_iter().zip(result) {
            sum = (sum.0 + a * b, sum.1 + (a * b).abs());
        }
    }
    sum
}

/// The measured derivative of ⟨ct, outputs⟩.
fn project(cts: &[Option<Value>], measured: &[Estimate]) -> Estimate {
    let cts = cts.iter().flatten().flat_map(Value::to_f64s);
    let mut sum = Estimate { value: 0.0, error: 0.0, step: f64::INFINITY };
    for (ct, m) in cts.zip(measured) {
        sum.value += ct * m.value;
        sum.error += ct.abs() * m.error;
        sum.step = sum.step.min(m.step);
    }
    sum
}

fn name_output(recording: &Recording<'_>, mut index: usize) -> String {
    for (i, output) in recording.outputs.iter().enumerate() {
        let ty = output.array_type();
        if index < ty.shape.size() {
            return entry(format!("output {i}"), &ty, index);
        }
        index -= ty.shape.size();
    }
    "an output".to_owned()
}
