//! Long functions in native code: in any order, for several vectors together.
use std::cell::Cell;

use super::super::tests::close;
use super::super::turns::{Source, Target};
use super::super::{Binary, Comparison, Float, KernelSet, Unary};
use super::tests::{made, sets};
use super::{Draft, Operands, SUMS};

/// A function of x, line by line and by the kernels, and its sum.
fn long_lines<T: Float>(set: KernelSet, steps: &[Unary], n: usize) {
    let mut lines = Draft::new::<T>();
    let (mut line, one) = (lines.read(false), lines.read(true));
    let mut expected: Vec<T> = (0..n).map(|i| T::lit((i * 31 % 67) as f64 / 20.0 - 1.6)).collect();
    let x = expected.clone();
    for &f in steps {
        let mut result = vec![T::ZERO; n];
        set.unary(f)(&expected, &mut result);
        line = lines.unary(f, line).expect("a function that is lines");
        line = lines.binary(Binary::Sub, line, one).expect("a short function");
        expected = result.into_iter().map(|y| y - T::HALF).collect();
    }
    lines.write(line);
    lines.sum(line);
    let native = made::<T>(set, &lines).expect("code");
    let (mut found, mut sums, half) = (vec![T::ZERO; n], [T::ZERO; SUMS], [T::HALF]);
    let (cells, of_sums) = (Cell::from_mut(&mut found[..]), Cell::from_mut(&mut sums[..]));
    let mut operands = Operands::new();
    let call = operands.call(
        &native,
        n,
        [Source::Fixed(&x[..]), Source::FixedNumber(&half[0])].into_iter(),
        std::iter::once(Target::All(cells.as_slice_of_cells())),
        std::iter::once(of_sums.as_slice_of_cells()),
    );
    operands.run(&call, 0, n);
    assert!(found.iter().zip(&expected).all(|(&x, &y)| close(x, y, 0)), "{} {steps:?} of {n}", set.name());
    let sum = sums[..set.sums_left::<T>()].iter().fold(0.0, |sum, &x| sum + x.to_f64());
    let total = expected.iter().fold(0.0, |sum, &x| sum + x.to_f64());
    let size = expected.iter().fold(1.0, |sum, &x| sum + x.to_f64().abs());
    assert!(sum.is_nan() == total.is_nan(), "{sum} {total}");
    assert!(sum.is_nan() || (sum - total).abs() <= 1e-5 * size, "{} {steps:?} of {n}: {sum}, not {total}", set.name());
}

#[test]
fn long_functions_are_taken_for_several_vectors_together() {
    // One, two and more functions in a chain: for four vectors, two or one; of more, not all fit the registers.
    let chain = [Unary::Tanh, Unary::Softplus, Unary::Exp, Unary::LogSigmoid, Unary::Sinh, Unary::Sigmoid, Unary::Log];
    for set in sets() {
        for count in 1..=chain.len() {
            for n in (0..=70).chain([200, 1013]) {
                long_lines::<f64>(set, &chain[..count], n);
                long_lines::<f32>(set, &chain[..count], n);
            }
        }
    }
}

#[test]
fn a_function_and_its_slope_share_their_lines() {
    let lines_of = |functions: &[Unary]| {
        let mut lines = Draft::new::<f64>();
        let x = lines.read(false);
        for &f in functions {
            let y = lines.unary(f, x).expect("a function that is lines");
            lines.write(y);
        }
        lines.all.len()
    };
    let [tanh, slope] = [Unary::Tanh, Unary::Sech2].map(|f| lines_of(&[f]));
    let both = lines_of(&[Unary::Tanh, Unary::Sech2]);
    assert!(both < tanh + 12 && slope > 30, "{tanh} and {slope} are {both}");
}

/// The squares of x stand where y did, which is read late.
#[test]
fn nothing_is_overwritten_before_it_is_read() {
    for set in sets() {
        for n in [3, 8, 31, 64, 259] {
            let mut lines = Draft::new::<f64>();
            let (x, y) = (lines.read(false), lines.read(false));
            let tanh = lines.unary(Unary::Tanh, x).expect("a function that is lines");
            let late = lines.unary(Unary::Exp, tanh).expect("a function that is lines");
            let difference = lines.binary(Binary::Sub, late, y).expect("a short function");
            lines.write(difference);
            // There long before.
            let square = lines.unary(Unary::Square, x).expect("a short function");
            lines.write(square);
            let native = made::<f64>(set, &lines).expect("code");
            let x: Vec<f64> = (0..n).map(|i| f64::from(i) / 100.0).collect();
            let (mut y, mut difference) = (vec![0.5; x.len()], vec![0.0; x.len()]);
            let cells = Cell::from_mut(&mut y[..]).as_slice_of_cells();
            let others = Cell::from_mut(&mut difference[..]).as_slice_of_cells();
            let mut operands = Operands::new();
            let reads = [Source::Fixed(&x[..]), Source::Shared(cells)].into_iter();
            let writes = [Target::All(others), Target::All(cells)].into_iter();
            let call = operands.call(&native, x.len(), reads, writes, std::iter::empty());
            operands.run(&call, 0, x.len());
            let (mut tanh, mut late) = (x.clone(), x.clone());
            set.unary(Unary::Tanh)(&x, &mut tanh);
            set.unary(Unary::Exp)(&tanh, &mut late);
            for (i, x) in x.iter().enumerate() {
                assert_eq!([y[i], difference[i]], [x * x, late[i] - 0.5], "{} at {i} of {n}", set.name());
            }
        }
    }
}

/// A copy and the opposite of x are read after x is overwritten.
#[test]
fn copies_have_what_was_there() {
    for set in sets() {
        for f in [Unary::Copy, Unary::Neg] {
            let mut lines = Draft::new::<f64>();
            let (x, y) = (lines.read(false), lines.read(false));
            let copy = lines.unary(f, x).expect("a short function");
            let double = lines.binary(Binary::Add, y, y).expect("a short function");
            lines.write(double);
            let exponential = lines.unary(Unary::Sigmoid, double).expect("a function that is lines");
            let product = lines.binary(Binary::Mul, copy, exponential).expect("a short function");
            lines.write(product);
            let native = made::<f64>(set, &lines).expect("code");
            let y: Vec<f64> = (0..99).map(|i| f64::from(i) / 30.0).collect();
            let (mut x, mut out) = (vec![if f == Unary::Copy { 0.5 } else { -0.5 }; 99], vec![0.0; 99]);
            let cells = Cell::from_mut(&mut x[..]).as_slice_of_cells();
            let others = Cell::from_mut(&mut out[..]).as_slice_of_cells();
            let mut operands = Operands::new();
            let reads = [Source::Shared(cells), Source::Fixed(&y[..])].into_iter();
            let writes = [Target::All(cells), Target::All(others)].into_iter();
            let call = operands.call(&native, 99, reads, writes, std::iter::empty());
            operands.run(&call, 0, 99);
            let double: Vec<f64> = y.iter().map(|y| 2.0 * y).collect();
            let mut expected = double.clone();
            set.unary(Unary::Sigmoid)(&double, &mut expected);
            for i in 0..99 {
                assert_eq!([x[i], out[i]], [double[i], 0.5 * expected[i]], "{} {f:?} at {i}", set.name());
            }
        }
    }
}

/// x is compared before it is overwritten, and what was found chooses after.
#[test]
fn masks_have_what_was_compared() {
    for set in sets() {
        let mut lines = Draft::new::<f64>();
        let (x, y, zero) = (lines.read(false), lines.read(false), lines.read(true));
        let mask = lines.compare(Comparison::Lt, x, zero);
        let double = lines.binary(Binary::Add, y, y).expect("a short function");
        lines.write(double);
        let chosen = lines.choose(mask, double, y);
        lines.write(chosen);
        let native = made::<f64>(set, &lines).expect("code");
        let y: Vec<f64> = (1..100).map(f64::from).collect();
        let mut x: Vec<f64> = (0..99).map(|i| if i % 3 == 0 { -1.0 } else { 1.0 }).collect();
        let mut out = vec![0.0; 99];
        let cells = Cell::from_mut(&mut x[..]).as_slice_of_cells();
        let others = Cell::from_mut(&mut out[..]).as_slice_of_cells();
        let mut operands = Operands::new();
        let reads = [Source::Shared(cells), Source::Fixed(&y[..]), Source::FixedNumber(&0.0)].into_iter();
        let writes = [Target::All(cells), Target::All(others)].into_iter();
        let call = operands.call(&native, 99, reads, writes, std::iter::empty());
        operands.run(&call, 0, 99);
        for i in 0..99 {
            let expected = if i % 3 == 0 { 2.0 * y[i] } else { y[i] };
            assert_eq!([x[i], out[i]], [2.0 * y[i], expected], "{} at {i}", set.name());
        }
    }
}
