//! Arrays of the shapes and layouts in which the famous bugs sat, for tests of a function at all of them.
use std::collections::BTreeSet;

use cinta_graph::Shape;
use ndarray::{ArrayD, IxDyn};

use crate::layout::{Relay, relay};
use crate::random;

/// Inputs of a function in many shapes: not square, square, of size 1 and 0, broadcast, and in other layouts of memory.
///
/// A shape is written as its axes: a letter or word takes several sizes, the same wherever it stands; one with a question
/// mark is also 1 where the others are not, to be broadcast; a number is a size. Axes are separated by spaces. Entries
/// are in ±[½, 1).
///
/// ```
/// use cinta_check::{assert_gradient, shapes};
/// use ndarray::{ArrayD, Axis, Ix1, Ix2};
/// type Pair = (ArrayD<f64>, ArrayD<f64>);
/// // Σ tanh(W x), with a gradient that must be right for W of any shape.
/// let parts = |(w, x): &Pair| {
///     let w = w.clone().into_dimensionality::<Ix2>().expect("a matrix");
///     (w, x.clone().into_dimensionality::<Ix1>().expect("a vector"))
/// };
/// let f = |p: &Pair| {
///     let (w, x) = parts(p);
///     w.dot(&x).mapv(f64::tanh).sum()
/// };
/// let gradient = |p: &Pair| {
///     let (w, x) = parts(p);
///     let delta = w.dot(&x).mapv(|z| 1.0 - z.tanh().powi(2));
///     let outer = &delta.view().insert_axis(Axis(1)) * &x;
///     (outer.into_dyn(), w.t().dot(&delta).into_dyn())
/// };
/// for [w, x] in shapes(["n k", "k"]) {
///     assert_gradient(f, gradient, &(w, x));
/// }
/// ```
///
/// # Panics
/// If an axis is neither a size nor a word of letters, digits and underscores that begins with a letter, with at most
/// one question mark.
#[must_use]
#[track_caller]
pub fn shapes<const N: usize>(of: [&str; N]) -> Vec<[ArrayD<f64>; N]> {
    let axes = of.map(|shape| shape.split_whitespace().collect::<Vec<_>>());
    for axis in axes.iter().flatten() {
        assert!(is_axis(axis), "{axis:?} is no axis: write a size, or a name, with a question mark if it may be 1");
    }
    let is_named = |axis: &&&str| axis.parse::<usize>().is_err();
    let mut names: Vec<&str> = Vec::new();
    for axis in axes.iter().flatten().filter(is_named) {
        let name = axis.trim_end_matches('?');
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let different: Vec<usize> = (2..).take(names.len()).collect();
    // Positions that may be broadcast, as array and axis.
    let optional = axes.iter().enumerate().flat_map(|(i, axes)| {
        axes.iter().enumerate().filter(|(_, axis)| axis.ends_with('?')).map(move |(j, _)| (i, j))
    });
    let optional: Vec<(usize, usize)> = optional.collect();
    let mut found: Vec<[Shape; N]> = Vec::new();
    let mut add = |sizes: &[usize], ones: &[(usize, usize)]| {
        let size = |i: usize, j: usize, axis: &str| match axis.parse() {
            Ok(size) => size,
            Err(_) if ones.contains(&(i, j)) => 1,
            Err(_) => names.iter().position(|name| *name == axis.trim_end_matches('?')).map_or(1, |k| sizes[k]),
        };
        let of = |i: usize| axes[i].iter().enumerate().map(|(j, axis)| size(i, j, axis)).collect::<Shape>();
        found.push(std::array::from_fn(of));
    };
    add(&different, &[]);
    for one in &optional {
        add(&different, &[*one]);
    }
    add(&different, &optional);
    for size in [3, 1] {
        add(&vec![size; names.len()], &[]);
    }
    for (k, size) in (0..names.len()).flat_map(|k| [(k, 1), (k, 0)]) {
        let mut sizes = different.clone();
        sizes[k] = size;
        add(&sizes, &[]);
    }
    let first = found[0].clone();
    let mut seen = BTreeSet::new();
    found.retain(|shapes| seen.insert(shapes.iter().map(|shape| shape.to_vec()).collect::<Vec<_>>()));
    let plain = found.iter().map(arrays);
    let laid_out = [Relay::ColumnMajor, Relay::Strided];
    plain.chain(laid_out.map(|how| arrays(&first).map(|array| relay(&array.view(), how)))).collect()
}

/// `3`, `n`, `k?`.
fn is_axis(axis: &str) -> bool {
    let name = axis.strip_suffix('?').unwrap_or(axis);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    axis.parse::<usize>().is_ok() || name.starts_with(char::is_alphabetic) && name.chars().all(word)
}

fn arrays<const N: usize>(shapes: &[Shape; N]) -> [ArrayD<f64>; N] {
    std::array::from_fn(|i| {
        let mut position = 0;
        ArrayD::from_shape_simple_fn(IxDyn(&shapes[i]), || {
            position += 1;
            random::number(i as u64 + 1, position)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_shape_is_there() {
        let shapes: Vec<[Vec<usize>; 2]> =
            shapes(["n k? 2", "k"]).iter().map(|pair| pair.clone().map(|array| array.shape().to_vec())).collect();
        for expected in [
            [vec![2, 3, 2], vec![3]],
            [vec![2, 1, 2], vec![3]],
            [vec![3, 3, 2], vec![3]],
            [vec![1, 1, 2], vec![1]],
            [vec![0, 3, 2], vec![3]],
            [vec![2, 0, 2], vec![0]],
        ] {
            assert!(shapes.contains(&expected), "{expected:?} is not in {shapes:?}");
        }
    }

    #[test]
    fn what_is_no_axis_is_refused() {
        for shape in ["n,k", "-1", "?", "n??", "3k", "3?"] {
            std::panic::catch_unwind(|| shapes([shape])).expect_err(shape);
        }
        assert_eq!(shapes(["n_1 k2?"])[0][0].shape(), [2, 3]);
    }

    #[test]
    fn layouts_differ_and_numbers_do_not() {
        let all = shapes(["n k"]);
        let [.., [columns], [strided]] = &all[..] else { panic!("two layouts at the end") };
        assert!(all[0][0] == *columns && all[0][0] == *strided);
        assert!(!columns.is_standard_layout() && !strided.is_standard_layout());
    }
}
