//! Batching: the function of a batch is the functions of its examples, whichever inputs are batched and along which
//! axis, in batches of batches too; so are the derivatives inside of `vmap`, and those of `vmap` itself.
use std::fmt;

use cinta_graph::{Error, ErrorKind, Tape, Value, Var, jvp, try_vmap_list, vjp};

use crate::arrays::{epsilon, from_f64s, largest};
use crate::mismatch::entry;
use crate::random;
use crate::rounding::{first_unexplained, rounding};
use crate::subject::{Recording, Subject, is_opaque};
use crate::{Claim, Mismatch};

/// How many examples there are at each level of a batch of batches, outermost first.
const SIZES: [usize; 2] = [3, 2];
/// How far a batch may be from the loop, in rounding errors: sums may run in another order. Where terms
/// cancelled, what those leave is added.
const TOLERANCE: f64 = 4.5e3;

/// Which inputs are batched, at each level.
type Levels = Vec<Vec<bool>>;

pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let subsets = subsets(subject.inputs.len());
    let pairs = subsets
        .iter()
        .flat_map(|outer| inner_subsets(outer, &subsets).into_iter().map(|inner| vec![outer.clone(), inner]));
    let ranks = subject.inputs.iter().map(|input| input.shape().rank());
    let arrangements = ranks.max().unwrap_or(0) + 1;
    for levels in subsets.iter().map(|subset| vec![subset.clone()]).chain(pairs) {
        let points: Vec<Vec<Value>> = combinations(levels.len()).iter().map(|at| point(subject, &levels, at)).collect();
        let each = |point: &Vec<Value>| one(subject, point, |var| Ok(var.try_value()?.to_f64s()));
        let Ok(looped) = points.iter().map(each).collect::<Result<Vec<_>, _>>() else {
            continue; // these examples are outside of the domain, which is no fault of the batch
        };
        // Every axis of every input has its turn.
        for arrangement in 0..if levels.len() == 1 { arrangements } else { 1 } {
            let batch = Batch { subject, levels: &levels, points: &points, arrangement };
            batch.compare(&looped, "inside of vmap", Batch::derivatives_inside)?;
            if levels.len() == 1 {
                batch.compare(&looped, "of vmap", Batch::derivatives_outside)?;
            }
        }
    }
    Ok(())
}

/// Every way to batch some of n inputs; of many inputs, each alone and all together.
fn subsets(n: usize) -> Vec<Vec<bool>> {
    if n <= 4 {
        return (1..1_usize << n).map(|bits| (0..n).map(|i| bits >> i & 1 == 1).collect()).collect();
    }
    let mut subsets: Vec<Vec<bool>> = (0..n).map(|i| (0..n).map(|j| i == j).collect()).collect();
    subsets.push(vec![true; n]);
    subsets
}

/// What to batch inside of a batch: any subset, where these are few; else all inputs, and those that the outer
/// batch shares.
fn inner_subsets(outer: &[bool], subsets: &[Vec<bool>]) -> Vec<Vec<bool>> {
    if outer.len() <= 2 {
        return subsets.to_vec();
    }
    let others: Vec<bool> = outer.iter().map(|batched| !batched).collect();
    [vec![true; outer.len()], others].into_iter().filter(|inner| inner.contains(&true)).collect()
}

/// The positions of all examples, in row-major order.
fn combinations(levels: usize) -> Vec<Vec<usize>> {
    SIZES[..levels].iter().fold(vec![vec![]], |before, &size| {
        before.iter().flat_map(|at| (0..size).map(move |k| [&at[..], &[k]].concat())).collect()
    })
}

/// The inputs of one example.
fn point(subject: &Subject<'_>, levels: &Levels, at: &[usize]) -> Vec<Value> {
    let input = |(i, value): (usize, &Value)| varied(value, variation(levels, i, at));
    subject.inputs.iter().enumerate().map(input).collect()
}

/// Which variation of an input an example has: the same for all examples where no level batches it.
fn variation(levels: &Levels, input: usize, at: &[usize]) -> usize {
    let level =
        |sum, ((batched, size), k): ((&Vec<bool>, usize), &usize)| sum * size + if batched[input] { *k } else { 0 };
    levels.iter().zip(SIZES).zip(at).fold(0, level)
}

/// A variation of a value: floats are scaled, which keeps signs, order and symmetry; others are turned around,
/// which keeps their numbers.
fn varied(value: &Value, variation: usize) -> Value {
    let ty = value.array_type();
    let mut numbers = value.to_f64s();
    if ty.dtype.is_float() {
        for x in &mut numbers {
            *x *= 1.0 - 0.125 * variation as f64;
        }
    } else if variation % 2 == 1 {
        numbers.reverse();
    }
    from_f64s(&ty, numbers)
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Value,
    /// Of an input.
    Cotangent(usize),
    Tangent,
    /// The tangent of an input's cotangent: a product with the Hessian.
    Second(usize),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value => f.write_str("the value"),
            Self::Cotangent(input) => write!(f, "cotangent {input}"),
            Self::Tangent => f.write_str("the tangent"),
            Self::Second(input) => write!(f, "the tangent of cotangent {input}"),
        }
    }
}

/// The output and its derivatives, at a cotangent and tangents of the inputs.
fn parts<'t>(
    subject: &Subject<'_>,
    output: Var<'t>,
    inputs: &[Var<'t>],
    seeds: impl Fn(Seed) -> Result<Var<'t>, Error>,
) -> Result<Vec<(Part, Var<'t>)>, Error> {
    let mut parts = vec![(Part::Value, output)];
    if !subject.smooth || !output.dtype().is_float() {
        return Ok(parts);
    }
    let cts = vjp(&[(output, seeds(Seed::Cotangent)?)], inputs)?;
    parts.extend(cts.iter().enumerate().filter_map(|(i, ct)| Some((Part::Cotangent(i), (*ct)?))));
    let mut tangents = Vec::new();
    for (i, input) in inputs.iter().enumerate().filter(|(_, input)| input.dtype().is_float()) {
        tangents.push((*input, seeds(Seed::Tangent(i))?));
    }
    let outputs: Vec<Var<'t>> = parts.iter().map(|(_, var)| *var).collect();
    let pushed = match jvp(&outputs, &tangents) {
        // Code of a user's may have no such derivative.
        Err(error) if error.kind() == ErrorKind::Derivative && is_opaque(output.tape()) => return Ok(parts),
        pushed => pushed?,
    };
    for ((part, _), pushed) in parts.clone().into_iter().zip(pushed) {
        let part = if let Part::Cotangent(input) = part { Part::Second(input) } else { Part::Tangent };
        parts.extend(pushed.map(|var| (part, var)));
    }
    Ok(parts)
}

/// A direction that derivatives are taken along.
#[derive(Clone, Copy, Debug)]
enum Seed {
    Cotangent,
    Tangent(usize),
}

/// The value of a seed, the same for all examples.
fn seed(subject: &Subject<'_>, output: Var<'_>, which: Seed) -> Value {
    match which {
        Seed::Cotangent => random::cotangent(&output.array_type(), 1),
        Seed::Tangent(input) => random::tangent(&subject.inputs[input], 2 + input as u64),
    }
}

/// Numbers of all parts of an example.
type Numbers = Vec<(Part, Vec<f64>)>;

/// What is read of all parts of one example.
fn one(
    subject: &Subject<'_>,
    point: &[Value],
    read: impl Fn(Var<'_>) -> Result<Vec<f64>, Error>,
) -> Result<Numbers, Error> {
    let tape = Tape::new();
    let Recording { inputs, outputs, .. } = subject.record_at(&tape, point)?;
    let parts = parts(subject, outputs[0], &inputs, |which| Ok(tape.constant(seed(subject, outputs[0], which))))?;
    parts.into_iter().map(|(part, var)| Ok((part, read(var)?))).collect()
}

/// The numbers of a part of each example, if all have it.
fn of_each(examples: &[Numbers], part: Part) -> Option<Vec<Vec<f64>>> {
    let of = |parts: &Numbers| parts.iter().find(|(other, _)| *other == part).map(|(_, numbers)| numbers.clone());
    examples.iter().map(of).collect()
}

/// All examples at once.
#[derive(Clone, Copy)]
struct Batch<'a, 'f> {
    subject: &'a Subject<'f>,
    levels: &'a Levels,
    points: &'a [Vec<Value>],
    arrangement: usize,
}

impl Batch<'_, '_> {
    /// Compares the parts of all examples, one after another, with those of the loop; parts that the batch sums
    /// over its examples with the sum.
    fn compare(
        &self,
        looped: &[Numbers],
        doing: &'static str,
        together: impl Fn(&Self) -> Result<Vec<(Part, Value, bool)>, Error>,
    ) -> Result<(), Mismatch> {
        let (claim, name) = (Claim::Batch, &self.subject.name);
        let which: Vec<Vec<usize>> =
            self.levels.iter().map(|batched| (0..batched.len()).filter(|&i| batched[i]).collect()).collect();
        let which = format!(
            "{doing}, inputs {} batched",
            which.iter().map(|inputs| format!("{inputs:?}")).collect::<Vec<_>>().join(" and in it ")
        );
        let together = together(self).map_err(|error| Mismatch::error(claim, name, &which, &error))?;
        for (part, _) in &looped[0] {
            // What only some examples have has no batch.
            let Some(examples) = of_each(looped, *part) else { continue };
            let Some((_, whole, summed)) = together.iter().find(|(other, ..)| other == part) else {
                if examples.concat().iter().all(|x| *x == 0.0) {
                    continue;
                }
                return Err(Mismatch::new(claim, name, format!("{which}: {part} is missing")));
            };
            let numbers = whole.to_f64s();
            let together = |examples: &[Vec<f64>]| {
                if !*summed {
                    return examples.concat();
                }
                let zeros = vec![0.0; numbers.len()];
                examples.iter().fold(zeros, |sum, example| sum.iter().zip(example).map(|(a, b)| a + b).collect())
            };
            let expected = together(&examples);
            let tolerance = TOLERANCE * epsilon(whole.dtype()) * largest(&examples.concat());
            let moved = || Ok(together(&of_each(&self.rounding()?, *part).unwrap_or_default()));
            if let Some(index) = first_unexplained(&numbers, &expected, tolerance, moved) {
                let what = format!("{which}: {}", entry(part.to_string(), &whole.array_type(), index));
                let pair = [("the batch gives", numbers[index]), ("the loop gives", expected[index])];
                return Err(Mismatch::numbers(claim, name, what, pair));
            }
        }
        Ok(())
    }

    /// How far rounding may move the parts of each example.
    fn rounding(&self) -> Result<Vec<Numbers>, Error> {
        self.points.iter().map(|point| one(self.subject, point, |var| Ok(rounding(&[var])?.concat()))).collect()
    }

    /// The batch of the derivatives of each example.
    fn derivatives_inside(&self) -> Result<Vec<(Part, Value, bool)>, Error> {
        let tape = Tape::new();
        let (inputs, axes) = self.inputs(&tape)?;
        let kinds = std::cell::RefCell::new(Vec::new());
        let outputs = mapped(&axes, &inputs, &|vars| {
            let output = self.subject.apply(&tape, vars)?;
            let parts =
                parts(self.subject, output, vars, |which| Ok(tape.constant(seed(self.subject, output, which))))?;
            kinds.replace(parts.iter().map(|(part, _)| *part).collect());
            Ok(parts.into_iter().map(|(_, var)| var).collect())
        })?;
        kinds.take().into_iter().zip(outputs).map(|(part, var)| Ok((part, var.try_value()?, false))).collect()
    }

    /// The derivatives of the batch, for one level.
    fn derivatives_outside(&self) -> Result<Vec<(Part, Value, bool)>, Error> {
        let tape = Tape::new();
        let (inputs, axes) = self.inputs(&tape)?;
        let examples = std::cell::Cell::new(None);
        let outputs = mapped(&axes, &inputs, &|vars| {
            let output = self.subject.apply(&tape, vars)?;
            examples.set(Some(output));
            Ok(vec![output])
        })?;
        let example = examples.take().expect("called once");
        let seeds = |which| {
            let value = seed(self.subject, example, which);
            match which {
                Seed::Tangent(input) if axes[0][input].is_none() => Ok(tape.constant(value)),
                Seed::Tangent(input) => batched(&tape, &value).try_move_axis(0, axes[0][input].unwrap_or(0)),
                Seed::Cotangent => Ok(batched(&tape, &value)),
            }
        };
        let parts = parts(self.subject, outputs[0], &inputs, seeds)?;
        let finish = |(part, var): (Part, Var<'_>)| match part {
            Part::Value | Part::Tangent => Ok((part, var.try_value()?, false)),
            Part::Cotangent(input) | Part::Second(input) => match axes[0][input] {
                Some(axis) => Ok((part, var.try_move_axis(axis, 0)?.try_value()?, false)),
                None => Ok((part, var.try_value()?, true)),
            },
        };
        parts.into_iter().map(finish).collect()
    }

    /// The batched inputs, and the axis of each at each level.
    #[expect(clippy::type_complexity, reason = "two lists, used twice, just above")]
    fn inputs<'t>(&self, tape: &'t Tape) -> Result<(Vec<Var<'t>>, Vec<Vec<Option<isize>>>), Error> {
        let mut inputs = Vec::new();
        let mut axes = vec![vec![None; self.subject.inputs.len()]; self.levels.len()];
        for (i, value) in self.subject.inputs.iter().enumerate() {
            let own: Vec<usize> = (0..self.levels.len()).filter(|&level| self.levels[level][i]).collect();
            let numbers = combinations(self.levels.len())
                .into_iter()
                .filter(|at| at.iter().enumerate().all(|(level, k)| *k == 0 || own.contains(&level)))
                .flat_map(|at| varied(value, variation(self.levels, i, &at)).to_f64s());
            let ty = own.iter().rev().fold(value.array_type(), |ty, &level| ty.batch_of(SIZES[level]));
            let mut var = tape.var(from_f64s(&ty, numbers));
            let rank = value.shape().rank();
            for (outside, &level) in own.iter().enumerate().rev() {
                // The axes that remain when this one is mapped.
                let others = rank + own.len() - 1 - outside;
                let axis = (self.arrangement + i + outside) % (others + 1);
                var = var.try_move_axis(outside.cast_signed(), (outside + axis).cast_signed())?;
                let from_end = self.arrangement % 2 == 1;
                let axis = axis.cast_signed() - if from_end { (others + 1).cast_signed() } else { 0 };
                axes[level][i] = Some(axis);
            }
            inputs.push(var);
        }
        Ok((inputs, axes))
    }
}

/// A constant that is the same value for each example, along its first axis.
fn batched<'t>(tape: &'t Tape, value: &Value) -> Var<'t> {
    let copies = (0..SIZES[0]).flat_map(|_| value.to_f64s());
    tape.constant(from_f64s(&value.array_type().batch_of(SIZES[0]), copies))
}

/// What a function of one example records, and gives.
type Record<'f, 't> = &'f dyn Fn(&[Var<'t>]) -> Result<Vec<Var<'t>>, Error>;

/// A function mapped at every level, outermost first.
fn mapped<'t>(axes: &[Vec<Option<isize>>], inputs: &[Var<'t>], f: Record<'_, 't>) -> Result<Vec<Var<'t>>, Error> {
    let Some((outer, inner)) = axes.split_first() else { return f(inputs) };
    let inputs: Vec<(Var<'t>, Option<isize>)> = inputs.iter().copied().zip(outer.iter().copied()).collect();
    try_vmap_list(&inputs, |vars| mapped(inner, vars, f))
}
