//! Native code against the kernels, to the bit.
use std::cell::Cell;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::super::tests::close;
use super::super::turns::{Source, Target, room};
use super::super::{Binary, Comparison, Float, KernelSet, Ternary, Unary};
use super::{Draft, Foundry, Line, Native, Operands, SUMS};

/// Numbers of every kind, not in order.
fn numbers<T: Float>(count: usize, seed: usize) -> Vec<T> {
    let special =
        [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-310, 1e30, -1e-40];
    (0..count)
        .map(|i| (i + seed) * 7919 % 1009)
        .map(|i| T::lit(if i % 3 == 0 { special[i / 3 % special.len()] } else { (i as f64 - 500.0) / 37.0 }))
        .collect()
}

pub(super) fn made<T: Float>(set: KernelSet, lines: &Draft) -> Option<Native<T>> {
    let mut foundry = Foundry::default();
    let native = foundry.make(set, lines)?;
    assert!(foundry.finish(), "memory for code");
    Some(native)
}

pub(super) fn sets() -> impl Iterator<Item = KernelSet> {
    KernelSet::available().into_iter().filter(|&set| set != KernelSet::PORTABLE)
}

fn sources<'s, T: 's>(
    inputs: impl Iterator<Item = &'s [T]>,
    is_number: &[bool],
) -> impl Iterator<Item = Source<'s, T>> {
    let source = |(input, &is_number): (&'s [T], &bool)| {
        if is_number { Source::FixedNumber(&input[0]) } else { Source::Fixed(input) }
    };
    inputs.zip(is_number).map(source)
}

/// Runs code of some inputs and one output, and looks that nothing beyond is written.
fn run<T: Float>(native: &Native<T>, inputs: &[&[T]], is_number: &[bool], n: usize) -> Vec<T> {
    let marker = T::lit(123.25);
    let mut out = vec![marker; n + 20];
    let cells = Cell::from_mut(&mut out[..]).as_slice_of_cells();
    let mut operands = Operands::new();
    let call = operands.call(
        native,
        n,
        sources(inputs.iter().copied(), is_number),
        std::iter::once(Target::All(&cells[..n])),
        std::iter::empty(),
    );
    // In two pieces, as loops that take turns do.
    let half = n / 2;
    operands.run(&call, 0, half);
    operands.run(&call, half, n - half);
    assert!(out[n..].iter().all(|&x| x == marker), "written beyond the end");
    out.truncate(n);
    out
}

/// One function of some operands in every mix of numbers and arrays, beside a loop that does the same.
fn agrees<T: Float>(
    name: &str,
    count: usize,
    line: impl Fn(&mut Draft, &[Line]) -> Option<Line>,
    expected: impl Fn(KernelSet, &[&[T]], &[bool], &mut [T]),
) -> bool {
    for mix in 0..1 << count {
        let is_number: Vec<bool> = (0..count).map(|i| mix >> i & 1 == 1).collect();
        let mut lines = Draft::new::<T>();
        let reads: Vec<Line> = is_number.iter().map(|&is_number| lines.read(is_number)).collect();
        let Some(result) = line(&mut lines, &reads) else { return false };
        lines.write(result);
        for set in sets() {
            let native = made(set, &lines).expect("code");
            for n in (0..40).chain([128, 1013]) {
                let inputs: Vec<Vec<T>> = (0..count).map(|i| numbers(n.max(1), 13 * i + n)).collect();
                let inputs: Vec<&[T]> = inputs.iter().map(|input| &input[..]).collect();
                let found = run(&native, &inputs, &is_number, n);
                let mut other = vec![T::ZERO; n];
                expected(set, &inputs, &is_number, &mut other);
                for (i, (&x, &y)) in found.iter().zip(&other).enumerate() {
                    assert!(close(x, y, 0), "{} {name} {is_number:?} of {n}, at {i}: {x:?}, not {y:?}", set.name());
                }
            }
        }
    }
    true
}

fn every_function<T: Float>() {
    let mut count = 0;
    for &f in Unary::ALL {
        let name = format!("{f:?}");
        let line = |lines: &mut Draft, x: &[Line]| lines.unary(f, x[0]);
        let is_plain = agrees::<T>(&name, 1, line, |set, inputs, is_number, out| {
            let x: Vec<T> = (0..out.len()).map(|i| inputs[0][if is_number[0] { 0 } else { i }]).collect();
            set.unary(f)(&x, out);
        });
        assert_eq!(is_plain, f.is_plain(), "{name}");
        count += usize::from(is_plain);
    }
    for &f in Binary::ALL {
        let line = |lines: &mut Draft, x: &[Line]| lines.binary(f, x[0], x[1]);
        let is_plain = agrees::<T>(&format!("{f:?}"), 2, line, |set, inputs, one, out| {
            set.binary(f, [one[0], one[1]])(inputs[0], inputs[1], out);
        });
        assert_eq!(is_plain, f.is_plain(), "{f:?}");
        count += usize::from(is_plain);
    }
    for &f in Ternary::ALL {
        let line = |lines: &mut Draft, x: &[Line]| Some(lines.ternary(f, x[0], x[1], x[2]));
        count += usize::from(agrees::<T>(&format!("{f:?}"), 3, line, |set, inputs, one, out| {
            set.ternary(f, [one[0], one[1], one[2]])(inputs[0], inputs[1], inputs[2], out);
        }));
    }
    assert_eq!(count, 13 + 17 + 7 + 10, "so many functions are lines");
}

#[test]
fn every_short_function_has_the_bits_of_its_kernel() {
    every_function::<f64>();
    every_function::<f32>();
}

fn every_comparison<T: Float>() {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    for f in [Lt, Le, Gt, Ge, Eq, Ne] {
        let mask = |set: KernelSet, inputs: &[&[T]], one: &[bool], n| {
            let mut mask = vec![false; n];
            set.compare(f, [one[0], one[1]])(inputs[0], inputs[1], &mut mask);
            mask
        };
        let truth = |lines: &mut Draft, x: &[Line]| {
            let mask = lines.compare(f, x[0], x[1]);
            Some(lines.truth(mask))
        };
        agrees::<T>(&format!("cast {f:?}"), 2, truth, |set, inputs, one, out| {
            set.cast_mask()(&mask(set, inputs, one, out.len()), out);
        });
        // Once chosen by at once, once after another comparison, and twice.
        let chosen = |lines: &mut Draft, x: &[Line]| {
            let mask = lines.compare(f, x[0], x[1]);
            let other = lines.compare(Lt, x[2], x[0]);
            let inner = lines.choose(other, x[2], x[0]);
            let first = lines.choose(mask, inner, x[2]);
            Some(lines.choose(mask, x[1], first))
        };
        agrees::<T>(&format!("select by {f:?}"), 3, chosen, |_, inputs, one, out| {
            for (i, out) in out.iter_mut().enumerate() {
                let x = |j: usize| inputs[j][if one[j] { 0 } else { i }];
                let holds = match f {
                    Lt => x(0) < x(1),
                    Le => x(0) <= x(1),
                    Gt => x(0) > x(1),
                    Ge => x(0) >= x(1),
                    Eq => x(0) == x(1),
                    Ne => x(0) != x(1),
                };
                *out = if holds { x(1) } else { x(2) };
            }
        });
    }
}

#[test]
fn masks_choose_as_kernels_do() {
    every_comparison::<f64>();
    every_comparison::<f32>();
}

/// Random lines, of which many are needed later: more than there are registers.
fn many_values<T: Float>(rng: &mut StdRng, set: KernelSet) {
    const N: usize = 45;
    let (reads, length) = (rng.random_range(1..20), rng.random_range(1..150));
    let mut lines = Draft::new::<T>();
    let is_number: Vec<bool> = (0..reads).map(|_| rng.random_bool(0.4)).collect();
    let inputs: Vec<Vec<T>> =
        (0..reads).map(|i| (0..N).map(|j| T::lit(0.5 + ((i * 31 + j * 17) % 101) as f64 / 101.0)).collect()).collect();
    let mut values: Vec<(Line, Vec<T>)> = Vec::new();
    for (input, &is_number) in inputs.iter().zip(&is_number) {
        let value = if is_number { vec![input[0]; N] } else { input.clone() };
        values.push((lines.read(is_number), value));
    }
    let mut outputs = Vec::new();
    for _ in 0..length {
        let pick = |rng: &mut StdRng| rng.random_range(0..values.len());
        let [a, b, c] = [pick(rng), pick(rng), pick(rng)];
        let (x, y, z) = (&values[a], &values[b], &values[c]);
        let mut result = vec![T::ZERO; N];
        let line = match rng.random_range(0..4) {
            0 => {
                let f = [Unary::Neg, Unary::Abs, Unary::Floor, Unary::Relu, Unary::Square][rng.random_range(0..5)];
                set.unary(f)(&x.1, &mut result);
                lines.unary(f, x.0)
            }
            1 | 2 => {
                let f = [Binary::Add, Binary::Sub, Binary::Mul, Binary::Maximum, Binary::Gate][rng.random_range(0..5)];
                set.binary(f, [false, false])(&x.1, &y.1, &mut result);
                lines.binary(f, x.0, y.0)
            }
            _ => {
                let f = Ternary::ALL[rng.random_range(0..Ternary::ALL.len())];
                set.ternary(f, [false; 3])(&x.1, &y.1, &z.1, &mut result);
                Some(lines.ternary(f, x.0, y.0, z.0))
            }
        };
        let line = line.expect("a short function");
        if outputs.len() < 20 && rng.random_bool(0.2) {
            lines.write(line);
            outputs.push(result.clone());
        }
        values.push((line, result));
    }
    // All that was computed is needed at the end.
    let mut sum = (values[0].0, values[0].1.clone());
    for (line, value) in &values[1..] {
        let mut result = vec![T::ZERO; N];
        set.binary(Binary::Add, [false, false])(&sum.1, value, &mut result);
        sum = (lines.binary(Binary::Add, sum.0, *line).expect("a short function"), result);
    }
    lines.write(sum.0);
    outputs.push(sum.1);
    let native = made(set, &lines).expect("code");
    let mut found = vec![vec![T::ZERO; N]; outputs.len()];
    let mut operands = Operands::new();
    let writes = found.iter_mut().map(|found| Target::All(Cell::from_mut(&mut found[..]).as_slice_of_cells()));
    let call = operands.call(
        &native,
        N,
        sources(inputs.iter().map(|input| &input[..]), &is_number),
        writes,
        std::iter::empty(),
    );
    operands.run(&call, 0, N);
    for (i, (found, expected)) in found.iter().zip(&outputs).enumerate() {
        for (j, (&x, &y)) in found.iter().zip(expected).enumerate() {
            assert!(close(x, y, 0), "{}: output {i} at {j} is {x:?}, not {y:?}", set.name());
        }
    }
}

#[test]
fn more_values_than_registers_find_a_place() {
    let mut rng = StdRng::seed_from_u64(7);
    for _ in 0..300 {
        for set in sets() {
            many_values::<f64>(&mut rng, set);
            many_values::<f32>(&mut rng, set);
        }
    }
}

#[test]
fn what_is_read_may_be_overwritten() {
    for set in sets() {
        let mut lines = Draft::new::<f64>();
        let (x, y) = (lines.read(false), lines.read(false));
        let sum = lines.binary(Binary::Add, x, y).expect("a short function");
        lines.write(sum);
        let native = made::<f64>(set, &lines).expect("code");
        let (mut x, y): (Vec<f64>, Vec<f64>) = (0..101).map(|i| (f64::from(i), f64::from(i * i))).unzip();
        let cells = Cell::from_mut(&mut x[..]).as_slice_of_cells();
        let mut operands = Operands::new();
        let reads = [Source::Shared(cells), Source::Fixed(&y)];
        let call =
            operands.call(&native, 101, reads.into_iter(), std::iter::once(Target::All(cells)), std::iter::empty());
        operands.run(&call, 0, 101);
        assert!(x.iter().zip(0..).all(|(&x, i)| x == f64::from(i + i * i)), "{x:?}");
    }
}

/// x² + x by way of a register that has a piece at a time.
fn by_pieces<T: Float>() {
    for set in sets() {
        let mut lines = Draft::new::<T>();
        let x = lines.read(false);
        let square = lines.unary(Unary::Square, x).expect("a short function");
        lines.write(square);
        let first = made::<T>(set, &lines).expect("code");
        let mut lines = Draft::new::<T>();
        let (x, y) = (lines.read(false), lines.read(false));
        let sum = lines.binary(Binary::Add, x, y).expect("a short function");
        lines.write(sum);
        let second = made::<T>(set, &lines).expect("code");
        let room = room(size_of::<T>());
        let x: Vec<T> = (0..4 * room).map(|i| T::lit(i as f64)).collect();
        let (mut square, mut sum) = (vec![T::ZERO; room], vec![T::ZERO; x.len()]);
        let mut operands = Operands::new();
        let piece = Cell::from_mut(&mut square[..]).as_slice_of_cells();
        let out = Cell::from_mut(&mut sum[..]).as_slice_of_cells();
        let (reads, writes) = ([Source::Fixed(&x[..])], [Target::Piece(piece)]);
        let first = operands.call(&first, x.len(), reads.into_iter(), writes.into_iter(), std::iter::empty());
        let (reads, writes) = ([Source::Fixed(&x[..]), Source::Piece(piece)], [Target::All(out)]);
        let second = operands.call(&second, x.len(), reads.into_iter(), writes.into_iter(), std::iter::empty());
        for [from, to] in
            [[0, room], [room, room + 3], [room + 3, 2 * room], [2 * room, 3 * room], [3 * room, 4 * room]]
        {
            operands.run(&first, from, to - from);
            operands.run(&second, from, to - from);
        }
        assert!(x.iter().zip(&sum).all(|(&x, &sum)| sum == x * x + x), "{}: {sum:?}", set.name());
    }
}

#[test]
fn registers_have_a_piece_at_a_time() {
    by_pieces::<f64>();
    by_pieces::<f32>();
}

#[test]
#[should_panic(expected = "more than there is room for")]
fn no_piece_is_longer_than_its_register() {
    let Some(set) = sets().next() else { panic!("more than there is room for") };
    let mut lines = Draft::new::<f64>();
    let x = lines.read(false);
    lines.write(x);
    let (native, x, mut out) = (made::<f64>(set, &lines).expect("code"), [1.0; 500], [0.0; 128]);
    let out = Cell::from_mut(&mut out[..]).as_slice_of_cells();
    let (reads, writes) = (std::iter::once(Source::Fixed(&x[..])), std::iter::once(Target::Piece(out)));
    let mut operands = Operands::new();
    let call = operands.call(&native, 500, reads, writes, std::iter::empty());
    operands.run(&call, 0, 129);
}

/// Σ x and Σ x², in two pieces.
fn sums<T: Float>() {
    for set in sets() {
        for n in [0_u16, 1, 5, 8, 16, 17, 100, 131, 250] {
            let mut lines = Draft::new::<T>();
            let x = lines.read(false);
            let square = lines.unary(Unary::Square, x).expect("a short function");
            lines.sum(x);
            lines.sum(square);
            let native = made::<T>(set, &lines).expect("code");
            let x: Vec<T> = (0..n).map(|i| T::lit(f64::from(i))).collect();
            let mut all = [[T::ONE; SUMS + 1]; 2]; // What was there before does not count.
            let mut operands = Operands::new();
            let each = all.iter_mut().map(|sums| &Cell::from_mut(&mut sums[..]).as_slice_of_cells()[..SUMS]);
            let reads = std::iter::once(Source::Fixed(&x[..]));
            let call = operands.call(&native, x.len(), reads, std::iter::empty(), each);
            operands.run(&call, 0, x.len() / 3);
            operands.run(&call, x.len() / 3, x.len() - x.len() / 3);
            let squares: Vec<T> = x.iter().map(|&x| x * x).collect();
            for (sums, numbers) in all.iter().zip([&x, &squares]) {
                let left = set.sums_left::<T>();
                let sum = sums[..left].iter().fold(T::ZERO, |sum, &x| sum + x);
                let expected = numbers.iter().fold(T::ZERO, |sum, &x| sum + x);
                assert!(sum == expected, "{} {n}: {sum:?}, not {expected:?}", set.name());
                assert!(sums[left..].iter().all(|&x| x == T::ONE), "written beyond the sums");
            }
        }
    }
}

#[test]
fn sums_stay_in_registers() {
    sums::<f64>();
    sums::<f32>();
}

#[test]
#[should_panic(expected = "other operands than the code has")]
fn other_operands_are_refused() {
    let Some(set) = sets().next() else { panic!("other operands than the code has") };
    let mut lines = Draft::new::<f64>();
    let x = lines.read(true);
    lines.write(x);
    let (native, x, mut out) = (made::<f64>(set, &lines).expect("code"), [1.0; 8], [0.0; 8]);
    let out = Cell::from_mut(&mut out[..]).as_slice_of_cells();
    let (reads, writes) = (std::iter::once(Source::Fixed(&x[..])), std::iter::once(Target::All(out)));
    Operands::new().call(&native, 8, reads, writes, std::iter::empty());
}
