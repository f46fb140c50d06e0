//! Every kernel of every set against the interpreter's function, on grids and edge values, `f64` and `f32`.
use super::meanings::{meaning, meaning2, meaning3};
use super::{Binary, Float, KernelSet, Ternary, Unary};

/// How far the interpreter's result (itself off by up to 1 ULP, or 2) may be from the kernel's.
fn ulps(f: Unary) -> i64 {
    match f {
        Unary::Exp
        | Unary::Expm1
        | Unary::Exp2
        | Unary::Log
        | Unary::Log1p
        | Unary::Log2
        | Unary::Sin
        | Unary::Cos
        | Unary::Tan
        | Unary::Asin
        | Unary::Acos
        | Unary::Atan
        | Unary::Cube
        | Unary::Fourth
        | Unary::Fifth
        | Unary::Sixth
        | Unary::InverseSquare
        | Unary::InverseCube
        | Unary::InverseFourth => 1,
        Unary::Erf
        | Unary::Cbrt
        | Unary::Softplus
        | Unary::LogSigmoid
        | Unary::Asinh
        | Unary::Acosh
        | Unary::Atanh
        | Unary::Gaussian
        | Unary::HalfGaussian => 2,
        Unary::Log10
        | Unary::Sinh
        | Unary::Cosh
        | Unary::Tanh
        | Unary::Sigmoid
        | Unary::SigmoidOfNeg
        | Unary::Erfc
        | Unary::Erfinv
        | Unary::Silu
        | Unary::Mish
        | Unary::GeluTanh => 4,
        Unary::Sech2
        | Unary::Sech2OfHalf
        | Unary::SigmoidSlope
        | Unary::ErfinvSlope
        | Unary::SiluSlope
        | Unary::MishSlope
        | Unary::GeluTanhSlope
        | Unary::Lgamma
        | Unary::Digamma
        | Unary::Trigamma
        | Unary::Tetragamma
        | Unary::NormalCdf
        | Unary::LogNormalCdf
        | Unary::Mills
        | Unary::MillsSlope
        | Unary::Gelu
        | Unary::GeluSlope => 6,
        _ => 0,
    }
}

/// Whether a function vanishes nearby as the sum of two terms, of which the larger has the error.
fn is_beside_zero<T: Float>(f: Unary, x: T) -> bool {
    let slopes = [Unary::SiluSlope, Unary::MishSlope, Unary::GeluSlope, Unary::GeluTanhSlope];
    slopes.contains(&f) && x > T::lit(-2.0) && x < T::lit(-0.3)
}

/// The place of a number in the order of all numbers of its type; both zeros are told apart by `same`.
fn place<T: Float>(x: T) -> i64 {
    let bits = if size_of::<T>() == 8 {
        x.to_f64().to_bits().cast_signed()
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "it was an f32")]
        i64::from((x.to_f64() as f32).to_bits().cast_signed())
    };
    let top = if size_of::<T>() == 8 { i64::MIN } else { i64::from(i32::MIN) };
    if bits < 0 { top.wrapping_sub(bits) } else { bits }
}

/// Within some ULPs, with the same kind of special value and the same sign of zero.
pub(super) fn close<T: Float>(x: T, y: T, ulps: i64) -> bool {
    if x.is_nan() || y.is_nan() {
        return x.is_nan() && y.is_nan();
    }
    if x == T::ZERO && y == T::ZERO {
        return x.is_sign_negative() == y.is_sign_negative();
    }
    place(x).saturating_sub(place(y)).abs() <= ulps
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn edges<T: Float>() -> Vec<T> {
    let mut edges = vec![T::ZERO, T::INFINITY, T::NAN, T::max_value(), T::min_positive_value(), T::EPSILON];
    edges.push(T::min_positive_value() * T::EPSILON); // the smallest
    edges.push(T::min_positive_value() * T::lit(0.3));
    let values = [
        0.5,
        1.0,
        1.5,
        2.0,
        2.5,
        3.0,
        0.625,
        0.25,
        0.693,
        0.347,
        0.7072,
        1.4143,
        std::f64::consts::FRAC_1_SQRT_2,
        std::f64::consts::SQRT_2,
        17.0,
        18.7,
        22.0,
        37.0,
        38.0,
        40.0,
        87.3,
        88.72,
        88.73,
        89.0,
        103.0,
        104.0,
        105.0,
        126.0,
        127.0,
        128.0,
        149.0,
        150.0,
        151.0,
        700.0,
        708.4,
        709.0,
        709.78,
        709.79,
        710.0,
        710.4,
        711.0,
        744.0,
        745.1,
        745.14,
        746.0,
        800.0,
        1022.0,
        1023.0,
        1024.0,
        1074.0,
        1075.0,
        1076.0,
        1e4,
        1e5,
        1e6,
        1e8,
        1e10,
        1e15,
        4.5e15,
        9e15,
        1e16,
        1e20,
        1e-3,
        1e-5,
        1e-8,
        1e-10,
        1e-16,
        1e-17,
        1e-20,
    ];
    edges.extend(values.map(T::lit));
    let quarters = (1..40).map(|n| T::lit(f64::from(n) * std::f64::consts::FRAC_PI_4));
    edges.extend(quarters);
    let beside: Vec<T> = edges.iter().flat_map(|&x| [x * (T::ONE - T::EPSILON), x * (T::ONE + T::EPSILON)]).collect();
    edges.extend(beside);
    let negative: Vec<T> = edges.iter().map(|&x| -x).collect();
    edges.extend(negative);
    edges
}

/// Numbers of all magnitudes and, more densely, of the common ones.
pub(super) fn grid<T: Float>(n: usize) -> Vec<T> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let range = if size_of::<T>() == 8 { 320.0 } else { 46.0 };
    let mut numbers = edges::<T>();
    for i in 0..n {
        let sign = if next() < 0.5 { -1.0 } else { 1.0 };
        let scale = [1.0, 3.0, 10.0, 100.0, 1000.0][i % 5];
        numbers.push(T::lit(sign * scale * next()));
        numbers.push(T::lit(sign * 10.0_f64.powf((2.0 * next() - 1.0) * range)));
        numbers.push(T::lit(1.0 + sign * 0.5_f64.powf(next() * 30.0)));
    }
    numbers
}

fn unary_is_what_the_interpreter_gives<T: Float>() {
    let x = grid::<T>(20_000);
    for set in KernelSet::available() {
        let (mut y, mut bad) = (vec![T::ZERO; x.len()], Vec::new());
        for &f in Unary::ALL {
            set.unary::<T>(f)(&x, &mut y);
            let before = bad.len();
            for (&x, &y) in x.iter().zip(&y) {
                let expected = meaning(f, x);
                let near = is_beside_zero(f, x) && (y - expected).abs() <= T::EPSILON;
                if !close(y, expected, ulps(f)) && !near && bad.len() < before + 5 {
                    bad.push(format!("{f:?}({x:?}) = {y:?}, not {expected:?}"));
                }
            }
        }
        assert!(bad.is_empty(), "{} on {}:\n{}", std::any::type_name::<T>(), set.name(), bad.join("\n"));
    }
}

#[test]
fn unary_f64() {
    unary_is_what_the_interpreter_gives::<f64>();
}

#[test]
fn unary_f32() {
    unary_is_what_the_interpreter_gives::<f32>();
}

fn binary_is_what_the_interpreter_gives<T: Float>() {
    let edges: Vec<T> = edges::<T>().into_iter().step_by(3).chain(grid::<T>(20)).collect();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for &x in &edges {
        for &y in &edges {
            a.push(x);
            b.push(y);
        }
    }
    let x = grid::<T>(5000);
    a.extend(x.iter().map(|x| x.abs()));
    b.extend(x.iter().rev());
    let one = [T::lit(1.25)];
    let mut y = vec![T::ZERO; a.len()];
    for set in KernelSet::available() {
        for &f in Binary::ALL {
            let ulps = match f {
                Binary::Pow | Binary::Hypot | Binary::Atan2 => 2,
                Binary::PowSlope | Binary::Direction => 3,
                _ => 0,
            };
            let mut check = |p: &[T], q: &[T], ones: [bool; 2]| {
                set.binary::<T>(f, ones)(p, q, &mut y);
                for (i, &y) in y.iter().enumerate() {
                    let (a, b) = (p[if ones[0] { 0 } else { i }], q[if ones[1] { 0 } else { i }]);
                    let expected = meaning2(f, a, b);
                    assert!(close(y, expected, ulps), "{} {f:?}({a:?}, {b:?}) = {y:?}, not {expected:?}", set.name());
                }
            };
            check(&a, &b, [false, false]);
            check(&a, &one, [false, true]);
            check(&one, &b, [true, false]);
            check(&one, &one, [true, true]);
        }
    }
}

#[test]
fn binary_f64() {
    binary_is_what_the_interpreter_gives::<f64>();
}

#[test]
fn binary_f32() {
    binary_is_what_the_interpreter_gives::<f32>();
}

fn ternary_rounds_each_operation<T: Float>() {
    let a = grid::<T>(2000);
    let (b, c): (Vec<T>, Vec<T>) =
        (a.iter().rev().copied().collect(), a.iter().cycle().skip(777).take(a.len()).copied().collect());
    let mut y = vec![T::ZERO; a.len()];
    for set in KernelSet::available() {
        for &f in Ternary::ALL {
            for bits in 0..8 {
                let one = [bits & 1 != 0, bits & 2 != 0, bits & 4 != 0];
                let at = |i: usize, which: usize| if one[which] { 0 } else { i };
                let (a, b, c) = (
                    &a[if one[0] { 300 } else { 0 }..],
                    &b[if one[1] { 300 } else { 0 }..],
                    &c[if one[2] { 1000 } else { 0 }..],
                );
                set.ternary::<T>(f, one)(a, b, c, &mut y);
                for (i, &y) in y.iter().enumerate() {
                    let (a, b, c) = (a[at(i, 0)], b[at(i, 1)], c[at(i, 2)]);
                    let expected = meaning3(f, a, b, c);
                    assert!(
                        close(y, expected, 0),
                        "{} {f:?}({a:?}, {b:?}, {c:?}) = {y:?}, not {expected:?}",
                        set.name()
                    );
                }
            }
        }
    }
}

#[test]
fn ternary_f64() {
    ternary_rounds_each_operation::<f64>();
}

#[test]
fn ternary_f32() {
    ternary_rounds_each_operation::<f32>();
}

/// Lengths of few elements, and about those that go through steps together.
pub(super) fn lengths() -> impl Iterator<Item = usize> {
    (0..70).chain([100, 127, 128, 131, 191, 200, 256, 300, 389])
}

fn lengths_and_positions_change_no_bit<T: Float>() {
    let x = grid::<T>(400);
    for set in KernelSet::available() {
        for &f in Unary::ALL {
            let mut whole = vec![T::ZERO; x.len()];
            set.unary::<T>(f)(&x, &mut whole);
            for n in lengths() {
                let mut part = vec![T::ZERO; n];
                set.unary::<T>(f)(&x[3..3 + n], &mut part);
                assert!(part.iter().zip(&whole[3..]).all(|(&a, &b)| close(a, b, 0)), "{f:?} of {n}");
            }
        }
    }
}

#[test]
fn lengths_and_positions_f64() {
    lengths_and_positions_change_no_bit::<f64>();
}

#[test]
fn lengths_and_positions_f32() {
    lengths_and_positions_change_no_bit::<f32>();
}
