//! `hypot` and `atan2`: derivatives against numbers rounded from 60 digits, and what holds at the origin.
#![expect(clippy::unreadable_literal, reason = "numbers as mpmath prints them")]

use std::f64::consts::PI;

use cinta::{Tape, Var};

/// The largest relative error allowed.
const TOLERANCE: f64 = 1e-14;

#[track_caller]
fn assert_accurate(what: &str, got: f64, want: f64, tolerance: f64) {
    let fits = got == want || ((got - want) / want).abs() <= tolerance || (got.is_nan() && want.is_nan());
    assert!(fits, "{what}: got {got:e}, expected {want:e}");
}

/// Value, first and second derivatives, and the third for the first argument.
#[track_caller]
fn check_pair(f: for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>, references: &[(f64, f64, [f64; 7])]) {
    for &(a, b, want) in references {
        let tape = Tape::new();
        let (a, b) = (tape.var(a), tape.var(b));
        let y = f(a, b);
        let [da, db] = y.grad([a, b]);
        let got = [y, da, db, da.grad(a), da.grad(b), db.grad(b), da.grad(a).grad(a)].map(Var::item);
        for (i, (got, want)) in got.into_iter().zip(want).enumerate() {
            assert_accurate(&format!("number {i} at {}, {}", a.item(), b.item()), got, want, TOLERANCE);
        }
    }
}

#[test]
fn hypot_keeps_its_digits_far_from_the_diagonal() {
    let references = [
        (3.0, -4.0, [5.0, 0.6, -0.8, 0.128, 0.096, 0.072, -0.04608]),
        (1e-10, 1.0, [1.0, 1e-10, 1.0, 1.0, -1e-10, 1.0000000000000001e-20, -3e-10]),
        (1.0, 1e-10, [1.0, 1.0, 1e-10, 1.0000000000000001e-20, -1e-10, 1.0, -3e-20]),
        (20000000000.0, -1.0, [20000000000.0, 1.0, -5e-11, 1.25e-31, 2.5e-21, 5e-11, -1.875e-41]),
        (
            -3e100,
            1e95,
            [
                3.0000000000166664e100,
                -0.9999999999944444,
                3.333333333314815e-6,
                3.703703703641976e-112,
                1.1111111110925926e-106,
                3.333333333277778e-101,
                3.703703703600824e-212,
            ],
        ),
    ];
    check_pair(|a, b| a.hypot(b), &references);
}

#[test]
fn atan2_keeps_its_digits_beside_the_axes() {
    let references = [
        (3.0, -4.0, [2.498091544796509, -0.16, -0.12, 0.0384, -0.0112, -0.0384, -0.005632]),
        (1e-10, 1.0, [1e-10, 1.0, -1e-10, -2e-10, -1.0, 2e-10, -2.0]),
        (1.0, 1e-10, [1.5707963266948965, 1e-10, -1.0, -2e-10, 1.0, 2e-10, 6e-10]),
        (20000000000.0, -1.0, [1.5707963268448966, -2.5e-21, -5e-11, 2.5e-31, 2.5e-21, -2.5e-31, -3.75e-41]),
        (
            -3e100,
            1e95,
            [
                -1.5707929934615632,
                1.1111111110987655e-106,
                3.333333333296296e-101,
                7.4074074072428e-207,
                1.1111111110740742e-201,
                -7.4074074072428e-207,
                7.40740740713306e-307,
            ],
        ),
    ];
    check_pair(|y, x| y.atan2(x), &references);
}

#[test]
fn at_the_origin_hypot_has_no_slope_and_atan2_has_none_to_tell() {
    let tape = Tape::new();
    let (a, b) = (tape.var(0.0), tape.var(0.0));
    let [da, db] = a.hypot(b).grad([a, b]);
    assert_eq!([a.hypot(b), da, db, da.grad(a), da.grad(b)].map(Var::item), [0.0; 5]);
    let angle = a.atan2(b);
    assert_eq!(angle.item(), 0.0);
    assert!(angle.grad(a).item().is_nan() && angle.grad(b).item().is_nan());
    let huge = tape.var(f64::INFINITY);
    assert_eq!([huge.hypot(1.0), huge.hypot(1.0).grad(huge)].map(Var::item), [f64::INFINITY, 1.0]);
    assert_eq!(tape.var(-0.0).atan2(-1.0).item(), -PI);
}
