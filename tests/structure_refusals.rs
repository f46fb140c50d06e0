//! Operations that move elements about: indices, ranges, types and sizes that they must refuse, without a panic.
use cinta::{ArrayType, DType, Error, ErrorKind, Tape, concat, try_concat, try_stack, try_vmap};
use ndarray::{Array1, ArrayD, Slice, array};

/// 1, 2, 3, … in a shape.
fn count(shape: &[usize]) -> ArrayD<f64> {
    let n: usize = shape.iter().product();
    let numbers = (1..=n).map(|i| i as f64).collect();
    ArrayD::from_shape_vec(shape, numbers).expect("as many as the shape holds")
}

/// Every so many elements of a range.
fn by(range: impl Into<Slice>, step: isize) -> Slice {
    Slice { step, ..range.into() }
}

/// That an error is of this kind and says this, about this file.
fn refused<T>(result: Result<T, Error>, kind: ErrorKind, says: &str) {
    let Err(error) = result else { panic!("nothing was refused, but expected: {says}") };
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.to_string().contains("structure_refusals.rs:"), "{error}");
}

const BAD: [i64; 5] = [-1, i64::MIN, i64::MAX, 3, -3];

#[test]
fn indices_known_when_recorded_are_refused_at_that_line() {
    let tape = Tape::new();
    let (x, table) = (tape.var([1.0, 2.0, 3.0]), tape.var(count(&[3, 3])));
    for bad in BAD {
        let says = format!("index {bad} at [1] is out of range for an axis of size 3");
        refused(x.try_take([0, bad], 0), ErrorKind::Value, &says);
        refused(table.try_take(tape.var([0, bad]), 1), ErrorKind::Value, &says);
        refused(x.try_scatter_add([0, bad], 1.0, 0), ErrorKind::Value, &says);
        refused(tape.var([0, bad]).try_one_hot(3), ErrorKind::Value, &says);
        refused(x.try_take(bad, 0), ErrorKind::Value, &format!("index {bad} is out of range"));
    }
    let (error, line) = (x.try_take([-1_i64], 0).unwrap_err(), line!());
    assert_eq!(error.place().expect("a place").line, line);
    let text = error.to_string();
    assert!(
        text.starts_with("take: f64[3] and i64[1]: index -1 at [0] is out of range for an axis of size 3"),
        "{text}"
    );
    assert!(text.contains("negative indices do not count from the end"), "{text}");
}

#[test]
fn indices_that_change_later_are_refused_when_computed() {
    let tape = Tape::new();
    let (x, idx) = (tape.var([1.0, 2.0, 3.0]), tape.var([0_i64, 1]));
    let results = [x.take(idx, 0), x.scatter_add(idx, 1.0, 0), idx.one_hot(3)];
    let grad = results[0].square().sum().grad(x);
    for bad in BAD {
        idx.set([0, bad]);
        for y in results.into_iter().chain([grad]) {
            refused(y.try_value(), ErrorKind::Value, &format!("index {bad} at [1] is out of range"));
        }
        idx.set([2_i64, 2]);
        assert_eq!(results[0].value(), array![3.0, 3.0]);
        assert_eq!(grad.value(), array![0.0, 0.0, 12.0]);
    }
}

#[test]
fn empty_indices_and_empty_axes() {
    let tape = Tape::new();
    let none = tape.var(Array1::<i64>::zeros(0));
    let (x, empty) = (tape.var(count(&[2, 3])), tape.var(ArrayD::<f64>::zeros(vec![0, 3])));
    assert_eq!(x.take(none, 1).value().shape().as_slice(), [2, 0]);
    assert_eq!(empty.take(none, 0).value().shape().as_slice(), [0, 3]);
    assert_eq!(empty.take([1_i64, 1], 1).value().shape().as_slice(), [0, 2]);
    assert_eq!(x.take(none, 0).sum().grad(x).value(), ArrayD::<f64>::zeros(vec![2, 3]));
    assert_eq!(x.scatter_add(none, 1.0, 0).value(), x.value());
    assert_eq!(empty.scatter_add(none, 1.0, 0).value().shape().as_slice(), [0, 3]);
    refused(empty.try_take(0, 0), ErrorKind::Value, "index 0 is out of range for an axis of size 0");
    refused(empty.try_take([7_i64], 1), ErrorKind::Value, "index 7 at [0] is out of range");
    refused(empty.try_scatter_add(0, 1.0, 0), ErrorKind::Value, "index 0 is out of range");
    refused(tape.var([0_i64]).try_one_hot(0), ErrorKind::Value, "index 0 at [0] is out of range");
    assert_eq!(empty.flip(0).value().shape().as_slice(), [0, 3]);
    assert_eq!(empty.slice((by(.., -1), 1..)).value().shape().as_slice(), [0, 2]);
    assert_eq!(concat(&[empty, x, empty], 0).value(), x.value());
}

#[test]
fn types_and_axes_are_refused_at_the_line() {
    let tape = Tape::new();
    let (x, n, scalar) = (tape.var(count(&[2, 3])), tape.var([0_i64, 1]), tape.var(1.0));
    refused(try_concat(&[], 0), ErrorKind::Type, "concat: takes one array or more");
    refused(try_stack(&[], 0), ErrorKind::Type, "stack: takes one array or more");
    refused(try_concat(&[x, x], 2), ErrorKind::Type, "concat: f64[2, 3] and f64[2, 3]: axis 2 is out of range");
    refused(try_concat(&[scalar, scalar], 0), ErrorKind::Type, "axis 0 is out of range for 0 axes");
    refused(try_concat(&[x, x.t()], 0), ErrorKind::Type, "shapes [2, 3] and [3, 2] differ beyond axis 0");
    refused(try_stack(&[x, x.t()], 0), ErrorKind::Type, "stack: f64[2, 3] and f64[3, 2]: types differ");
    refused(try_stack(&[scalar, scalar], 1), ErrorKind::Type, "axis 1 is out of range for 1 axes");
    refused(x.try_take([0.0], 0), ErrorKind::Type, "the indices should be i64, not f64");
    refused(x.try_take(0.5, 0), ErrorKind::Type, "take");
    refused(x.try_take(n, isize::MIN), ErrorKind::Type, "is out of range for 2 axes");
    refused(scalar.try_take(0, 0), ErrorKind::Type, "axis 0 is out of range for 0 axes");
    refused(
        x.try_scatter_add(n, count(&[2, 2]), 0),
        ErrorKind::Type,
        "the updates should have shape [2, 3], not [2, 2]",
    );
    refused(x.try_scatter_add(n, array![[1_i64, 1, 1], [1, 1, 1]], 0), ErrorKind::Type, "dtypes f64 and i64 differ");
    refused(n.try_scatter_add(n, 0.5, 0), ErrorKind::Type, "scatter_add: i64[]: the f64 number 0.5 does not fit");
    refused(x.try_one_hot(3), ErrorKind::Type, "the labels should be i64, not f64");
    refused(n.try_one_hot(usize::MAX), ErrorKind::Type, "too large for memory");
    refused(x.try_flip(2), ErrorKind::Type, "axis 2 is out of range for 2 axes");
    refused(x.try_flip([0, -2]), ErrorKind::Type, "axis 0 is named twice");
    refused(x.try_pad(&[(1, 1)], 0.0), ErrorKind::Type, "for each of 2 axes");
    refused(n.try_pad(&[(1, 1)], f64::NAN), ErrorKind::Type, "the value NaN is no i64");
    let other = Tape::new();
    refused(try_concat(&[x, other.var(count(&[2, 3]))], 0), ErrorKind::Tape, "different tapes");
}

#[test]
fn ranges_are_refused_and_never_clamped() {
    let tape = Tape::new();
    let x = tape.var(count(&[2, 3]));
    refused(x.try_slice((.., 1..4)), ErrorKind::Type, "range 1..4 is out of range for axis 1 of size 3");
    refused(x.try_slice((-3..,)), ErrorKind::Type, "range -3.. is out of range for axis 0 of size 2");
    refused(
        x.try_slice((.., Slice::new(2, Some(1), 1))),
        ErrorKind::Type,
        "range 2..1 of axis 1 ends before it starts",
    );
    refused(x.try_slice((.., .., 0)), ErrorKind::Type, "3 ranges are too many for 2 axes");
    refused(x.try_slice_axis(2, ..), ErrorKind::Type, "axis 2 is out of range for 2 axes");
    refused(x.try_index_axis(1, 3), ErrorKind::Type, "position 3 is out of range for axis 1 of size 3");
    let zero = Slice { start: 0, end: None, step: 0 };
    refused(x.try_slice_axis(0, zero), ErrorKind::Type, "the step of axis 0 is 0");
    for far in [isize::MIN, isize::MAX, -4, 4] {
        refused(x.try_index_axis(1, far), ErrorKind::Type, "is out of range");
        refused(x.try_slice_axis(1, Slice::new(far, None, 1)), ErrorKind::Type, "is out of range");
        refused(x.try_slice_axis(1, Slice::new(0, Some(far), -1)), ErrorKind::Type, "is out of range");
    }
}

#[test]
fn sizes_beyond_memory_are_errors() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    refused(x.try_pad(&[(usize::MAX, usize::MAX)], 0.0), ErrorKind::Type, "too large for memory");
    refused(x.try_pad(&[(usize::MAX / 2, 0)], 0.0), ErrorKind::Type, "too large for memory");
    let large = x.try_pad(&[(usize::MAX >> 17, 0)], 0.0).expect("a type that may be written down");
    refused(large.try_value(), ErrorKind::Value, "there is no memory for an array of shape");
    refused(tape.var([0_i64]).one_hot(usize::MAX >> 17).try_value(), ErrorKind::Value, "there is no memory");
    let wide = tape.var(1.0).broadcast_to([usize::MAX >> 17]);
    let wider = try_concat(&[wide, wide, wide], 0);
    refused(wider, ErrorKind::Type, "too large for memory");
    refused(x.try_reshape([usize::MAX, 2]), ErrorKind::Type, "2 elements do not fill the shape");
    refused(x.try_broadcast_to([usize::MAX, usize::MAX, 2]), ErrorKind::Type, "too large for memory");
}

#[test]
fn checks_do_not_need_a_value() {
    let tape = Tape::new();
    let idx = tape.input(ArrayType::new(DType::I64, [2]));
    let y = tape.var([1.0, 2.0]).take(idx, 0);
    idx.set([1_i64, 0]);
    assert_eq!(y.value(), array![2.0, 1.0]);
    let [y] = try_vmap([(idx, Some(0))], |[idx]| [tape.constant([5.0, 6.0]).take(idx, 0)]).expect("no value needed");
    assert_eq!(y.value(), array![6.0, 5.0]);
}
