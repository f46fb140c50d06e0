//! What a check costs.
use std::cell::Cell;

use cinta_check::{Check, Mode, Verdict};

const MILLION: usize = 1_000_000;

/// Σ sin(xᵢ) / n, and its gradient.
fn point() -> Vec<f64> {
    (0..MILLION).map(|i| (1.7 * i as f64).sin() + 0.1).collect()
}

#[test]
fn fast_mode_takes_a_dozen_values_of_a_million_parameters() {
    let (values, gradients) = (Cell::new(0), Cell::new(0));
    let f = |x: &Vec<f64>| {
        values.set(values.get() + 1);
        x.iter().map(|x| x.sin()).sum::<f64>() / MILLION as f64
    };
    let df = |x: &Vec<f64>| {
        gradients.set(gradients.get() + 1);
        x.iter().map(|x| x.cos() / MILLION as f64).collect()
    };
    let report = Check::new().mode(Mode::Fast).gradient(f, df, &point());
    assert!(report.passed() && report.digits() >= 6.0, "{report}");
    assert!(values.get() <= 12 && gradients.get() <= 4, "{} values, {} gradients", values.get(), gradients.get());
    assert!(report.miss_probability(1e-2) < 1e-3, "{report}");
}

#[test]
fn the_culprit_among_many_is_named() {
    const N: usize = 20_000;
    let f = |x: &Vec<f64>| x.iter().map(|x| x.sin()).sum::<f64>();
    let df = |x: &Vec<f64>| {
        let mut g: Vec<f64> = x.iter().map(|x| x.cos()).collect();
        g[12_345] *= 1.001;
        g
    };
    for mode in [Mode::Auto, Mode::Fast] {
        let report = Check::new().mode(mode).gradient(f, df, &point()[..N].to_vec());
        assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
        assert_eq!(report.rows()[0].entries[0].index, [12_345], "{report}");
        assert!(report.evaluations() < 800, "{report}");
    }
}

#[test]
fn several_culprits_are_all_named() {
    const N: usize = 20_000;
    let f = |x: &Vec<f64>| x.iter().map(|x| x.sin()).sum::<f64>();
    let wrong = [17, 4_000, 4_001, 12_345, 19_999];
    let df = |x: &Vec<f64>| {
        let mut g: Vec<f64> = x.iter().map(|x| x.cos()).collect();
        for i in wrong {
            g[i] *= 1.01;
        }
        g
    };
    for mode in [Mode::Auto, Mode::Fast] {
        let report = Check::new().mode(mode).gradient(f, df, &point()[..N].to_vec());
        let mut found: Vec<usize> = report.rows()[0].entries.iter().map(|entry| entry.index[0]).collect();
        found.sort_unstable();
        assert_eq!(found, wrong, "{report}");
        assert!(report.rows()[0].entries.iter().all(|entry| entry.verdict == Verdict::Wrong), "{report}");
        assert!(report.notes().iter().any(|note| note.contains("x[4001]")), "{report}");
        assert!(report.evaluations() < 2_500, "{report}");
    }
}

#[test]
fn errors_everywhere_are_not_hunted_down_one_by_one() {
    let f = |x: &Vec<f64>| x.iter().map(|x| x.sin()).sum::<f64>();
    let df = |x: &Vec<f64>| x.iter().map(|x| 2.0 * x.cos()).collect();
    let report = Check::new().gradient(f, df, &point()[..20_000].to_vec());
    assert_eq!(report.verdict(), Verdict::Wrong, "{report}");
    assert!(report.evaluations() < 1_500, "{report}");
    assert!(report.notes().iter().any(|note| note.contains("more entries are")), "{report}");
}
