//! Elementwise operations broadcast as NumPy does, in every combination of shapes, in both places.
use cinta::{Shape, Tape, Value, Var};
use ndarray::{ArrayD, IxDyn};

const SHAPES: &[&[usize]] = &[&[], &[1], &[3], &[2, 1], &[2, 3], &[1, 3], &[0, 3]];

type Record = for<'t> fn(Var<'t>, Var<'t>) -> Var<'t>;

/// Name, operation, its value on numbers, its partial derivatives.
type Elementwise = (&'static str, Record, fn(f64, f64) -> f64, fn(f64, f64) -> [f64; 2]);

/// A comparison and what it says of numbers.
type Comparison = (Record, fn(&f64, &f64) -> bool);

const OPERATIONS: &[Elementwise] = &[
    ("add", |a, b| a + b, |a, b| a + b, |_, _| [1.0, 1.0]),
    ("sub", |a, b| a - b, |a, b| a - b, |_, _| [1.0, -1.0]),
    ("mul", |a, b| a * b, |a, b| a * b, |a, b| [b, a]),
    ("div", |a, b| a / b, |a, b| a / b, |a, b| [1.0 / b, -a / (b * b)]),
    ("pow", |a, b| a.pow(b), f64::powf, |a, b| [b * a.powf(b - 1.0), a.powf(b) * a.ln()]),
    ("maximum", |a, b| a.maximum(b), f64::max, |a, b| if a > b { [1.0, 0.0] } else { [0.0, 1.0] }),
    ("minimum", |a, b| a.minimum(b), f64::min, |a, b| if a < b { [1.0, 0.0] } else { [0.0, 1.0] }),
    (
        "select",
        |a, b| a.lt(b).select(a, b * 2.0),
        |a, b| if a < b { a } else { b * 2.0 },
        |a, b| {
            if a < b { [1.0, 0.0] } else { [0.0, 2.0] }
        },
    ),
];

/// Positive numbers, all different, so that no two inputs tie.
fn numbers(shape: &[usize], offset: usize) -> ArrayD<f64> {
    let n: usize = shape.iter().product();
    let number = |i: usize| 0.25 + ((i + offset) as f64 * 0.618_033_988_749_894_9).fract();
    ArrayD::from_shape_vec(IxDyn(shape), (0..n).map(number).collect()).expect("as many as the shape holds")
}

/// NumPy's rule: shapes aligned at the right, a size of 1 stretches.
fn broadcast_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    (0..rank)
        .map(|axis| match (size(a, axis), size(b, axis)) {
            (m, n) if m == n || n == 1 => Some(m),
            (1, n) => Some(n),
            _ => None,
        })
        .collect()
}

/// Every position of a shape, in row-major order.
fn positions(shape: &[usize]) -> Vec<Vec<usize>> {
    shape.iter().fold(vec![Vec::new()], |positions, &size| {
        positions.iter().flat_map(|p| (0..size).map(move |i| [p.as_slice(), &[i]].concat())).collect()
    })
}

/// Where an array of a shape is read for a position of the broadcast shape.
fn source(shape: &[usize], position: &[usize]) -> Vec<usize> {
    let aligned = &position[position.len() - shape.len()..];
    shape.iter().zip(aligned).map(|(&size, &i)| if size == 1 { 0 } else { i }).collect()
}

#[track_caller]
fn near(value: &Value, expected: &ArrayD<f64>, what: &str) {
    assert_eq!(value.shape().as_slice(), expected.shape(), "{what}");
    for (index, (got, expected)) in value.to_f64s().iter().zip(expected).enumerate() {
        assert!(
            (got - expected).abs() <= 1e-14 * expected.abs().max(1.0),
            "{what}: entry {index}: {got}, not {expected}"
        );
    }
}

#[test]
fn values_and_gradients_are_those_of_the_loops() {
    for &(name, record, f, partials) in OPERATIONS {
        for a_shape in SHAPES {
            for b_shape in SHAPES {
                let what = format!("{name} of {a_shape:?} and {b_shape:?}");
                let Some(shape) = broadcast_shape(a_shape, b_shape) else { continue };
                let (x, y) = (numbers(a_shape, 1), numbers(b_shape, 50));
                let ct = numbers(&shape, 100);
                let mut expected = ArrayD::zeros(IxDyn(&shape));
                let (mut dx, mut dy) = (ArrayD::zeros(IxDyn(a_shape)), ArrayD::zeros(IxDyn(b_shape)));
                for position in positions(&shape) {
                    let (i, j) = (source(a_shape, &position), source(b_shape, &position));
                    let (x, y) = (x[i.as_slice()], y[j.as_slice()]);
                    let [px, py] = partials(x, y);
                    expected[position.as_slice()] = f(x, y);
                    dx[i.as_slice()] += px * ct[position.as_slice()];
                    dy[j.as_slice()] += py * ct[position.as_slice()];
                }

                let tape = Tape::new();
                let (a, b) = (tape.var(&x), tape.var(&y));
                let value = record(a, b);
                near(&value.value(), &expected, &what);
                let [da, db] = value.vjp(tape.constant(&ct), [a, b]);
                near(&da.value(), &dx, &format!("{what}: cotangent of the first"));
                near(&db.value(), &dy, &format!("{what}: cotangent of the second"));
                tape.graph().verify().expect("a valid graph");
            }
        }
    }
}

#[test]
fn comparisons_broadcast_alike() {
    let comparisons: &[Comparison] = &[
        (|a, b| a.lt(b), f64::lt),
        (|a, b| a.le(b), f64::le),
        (|a, b| a.gt(b), f64::gt),
        (|a, b| a.ge(b), f64::ge),
        (|a, b| a.eq(b), f64::eq),
        (|a, b| a.ne(b), f64::ne),
    ];
    for (record, holds) in comparisons {
        for (a_shape, b_shape) in SHAPES.iter().flat_map(|a| SHAPES.iter().map(move |b| (a, b))) {
            let Some(shape) = broadcast_shape(a_shape, b_shape) else { continue };
            let (x, y) = (numbers(a_shape, 1), numbers(b_shape, 2));
            let expected: Vec<f64> = positions(&shape)
                .iter()
                .map(|p| f64::from(u8::from(holds(&x[&source(a_shape, p)[..]], &y[&source(b_shape, p)[..]]))))
                .collect();
            let tape = Tape::new();
            let value = record(tape.var(&x), tape.var(&y)).value();
            assert_eq!(value.shape(), Shape::from(shape), "{a_shape:?} and {b_shape:?}");
            assert_eq!(value.to_f64s(), expected, "{a_shape:?} and {b_shape:?}");
        }
    }
}

#[test]
fn shapes_are_refused_exactly_where_numpy_refuses_them() {
    for a_shape in SHAPES.iter().chain(&[&[2][..], &[3, 3]]) {
        for b_shape in SHAPES {
            let tape = Tape::new();
            let (a, b) = (tape.var(numbers(a_shape, 0)), tape.var(numbers(b_shape, 0)));
            match (a.try_mul(b), broadcast_shape(a_shape, b_shape)) {
                (Ok(y), Some(shape)) => assert_eq!(y.shape().as_slice(), shape),
                (Err(error), None) => assert!(error.to_string().contains("do not broadcast"), "{error}"),
                (result, expected) => panic!("{a_shape:?} and {b_shape:?}: {result:?}, not {expected:?}"),
            }
        }
    }
    let tape = Tape::new();
    let error = tape.var(numbers(&[0, 3], 0)).try_mul(tape.var(numbers(&[2, 3], 0))).expect_err("0 and 2 differ");
    assert!(error.to_string().contains("sizes 0 and 2 of axis -2 do not broadcast"), "{error}");
}
