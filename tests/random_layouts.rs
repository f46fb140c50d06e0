//! Random views of an array, reduced along random axes: programs give what the interpreter gives, whichever way they read the elements.
use cinta::{DType, Function, Options, Several, Tape, Value, Var, Window, concat};
use ndarray::{ArrayD, Dimension, IxDyn, Slice};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// An operation and two numbers that it takes its axes and sizes from.
type Gene = (u8, u16, u16);

/// The most elements of an array, and axes.
const SIZE: usize = 5000;
const RANK: usize = 5;

/// An axis of an array, and two small numbers.
fn taken(x: Var<'_>, (_, a, b): Gene) -> (usize, usize, usize) {
    (usize::from(a) % x.rank(), 1 + usize::from(a) / 8 % 3, 1 + usize::from(b) / 8 % 3)
}

/// What moves elements; takes an axis and two numbers from 1 to 3.
type Moves = for<'t> fn(Var<'t>, usize, usize, usize) -> Var<'t>;

const VIEWS: &[Moves] = &[
    |x, axis, i, _| x.swap_axes(axis.cast_signed(), (i % x.rank()).cast_signed()),
    |x, axis, i, _| x.move_axis(axis.cast_signed(), (i % x.rank()).cast_signed()),
    |x, axis, _, _| x.flip(axis.cast_signed()),
    |x, axis, i, j| {
        let start = (j - 1).min(x.shape()[axis] - 1);
        x.slice_axis(axis.cast_signed(), Slice::new(start.cast_signed(), None, i.cast_signed()))
    },
    |x, axis, i, j| {
        if (i - 1) * j >= x.shape()[axis] {
            return x;
        }
        x.windows(&[axis.cast_signed()], Window::new(i).stride(j).dilation(j.min(2)))
    },
    |x, axis, _, _| {
        if axis + 1 == x.rank() {
            return x;
        }
        let mut shape = x.shape().to_vec();
        shape[axis] *= shape.remove(axis + 1);
        x.reshape(shape)
    },
    |x, axis, i, j| {
        let counts: Vec<(usize, usize)> =
            (0..x.rank()).map(|it| if it == axis { (i - 1, j) } else { (0, 0) }).collect();
        x.pad(&counts, 0.5)
    },
    |x, axis, i, _| x.repeat(i, axis.cast_signed()),
    |x, _, i, j| x.tile(&[i, j]),
    |x, axis, i, j| x.roll((i * j).cast_signed(), axis.cast_signed()),
    |x, axis, _, _| concat(&[x, x.flip(axis.cast_signed()) * 0.5], axis.cast_signed()),
    |x, _, i, j| {
        if x.rank() < 2 || x.shape()[x.rank() - 1] < i { x } else { x.max_pool1d(Window::new(i).stride(j)) }
    },
    |x, _, i, j| {
        if x.rank() < 2 || x.shape()[x.rank() - 1] < i { x } else { x.avg_pool1d(Window::new(i).stride(j)) }
    },
    |x, _, _, _| x.tanh() + x * 0.1,
];

/// What is done along some axes.
type AlongAxes = for<'t> fn(Var<'t>, Vec<isize>) -> Var<'t>;

const LANES: &[AlongAxes] = &[
    |x, axes| (x * 2.0).softmax(axes),
    |x, axes| x.log_softmax(axes),
    |x, axes| x.logsumexp(axes),
    |x, axes| x.max_axes(axes),
    |x, axes| x.min_axes(axes),
    |x, axes| x.sum_axes(axes),
    |x, axes| x.variance(axes),
    |x, axes| x.norm_axes(axes),
    |x, axes| x.layer_norm(axes, 0.1),
    |x, axes| x.cumsum(axes[0]),
    |x, axes| x.logsumexp(axes.clone()) * x.max_axes(axes),
    |x, axes| x.softmax(axes.clone()) * x.log_softmax(axes),
];

/// The axes that the bits of a number name.
fn axes(x: Var<'_>, bits: u16) -> Vec<isize> {
    let named: Vec<isize> = (0..x.rank()).filter(|axis| bits >> axis & 1 == 1).map(usize::cast_signed).collect();
    if named.is_empty() { vec![(usize::from(bits) % x.rank()).cast_signed()] } else { named }
}

/// A number that depends on all elements, and the result before.
fn reduced<'t>(x: Var<'t>, genes: &[Gene]) -> [Var<'t>; 2] {
    let mut y = x;
    for &gene in genes {
        let (axis, i, j) = taken(y, gene);
        let next = VIEWS[usize::from(gene.0) % VIEWS.len()](y, axis, i, j);
        if (1..=SIZE).contains(&next.size()) && (1..=RANK).contains(&next.rank()) {
            y = next;
        }
    }
    let &(kind, bits, _) = genes.last().expect("one at least");
    let y = LANES[usize::from(kind) / VIEWS.len() % LANES.len()](y, axes(y, bits / 5));
    let weights = ArrayD::from_shape_fn(IxDyn(y.shape().as_slice()), |at| {
        let place = at.slice().iter().fold(1, |place: usize, i| 7 * place + i);
        (place as f64 * 0.618).fract() - 0.4
    });
    [y, (y * y.tape().constant(weights).cast(y.dtype())).sum()]
}

fn numbers(shape: [usize; 3], dtype: DType) -> Value {
    let array = ArrayD::from_shape_fn(IxDyn(&shape), |at| {
        let place = (at[0] * shape[1] + at[1]) * shape[2] + at[2];
        ((place + 1) as f64 * 0.618_033_988_749_894_9).fract() * 3.0 - 1.4
    });
    match dtype {
        DType::F32 => array.mapv(<f32 as cinta::Real>::lit).into(),
        _ => array.into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn programs_give_what_the_interpreter_gives(
        genes in prop::collection::vec(any::<Gene>(), 1..6),
        shape in (1_usize..5, 1_usize..20, 1_usize..40),
    ) {
        let shape: [usize; 3] = shape.into();
        for (dtype, precision) in [(DType::F64, 1e-11), (DType::F32, 2e-4)] {
            let x = numbers(shape, dtype);
            let tape = Tape::new();
            let var = tape.var(x.clone());
            let [y, sum] = reduced(var, &genes);
            let expected = [y.value(), sum.grad(var).value()];
            let grown = genes.clone();
            let f: Function<Several<2>> = Function::several(["x"], move |[x]| {
                let [y, sum] = reduced(x, &grown);
                [y, sum.grad(x)]
            });
            for options in Options::each() {
                let mut f = f.clone().with_options(options);
                let came = f.call(&x).expect("a result");
                for (came, expected) in came.iter().zip(&expected) {
                    let (came, expected) = (came.to_f64s(), expected.to_f64s());
                    let size = expected.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
                    for (got, want) in came.iter().zip(&expected) {
                        let text = || f.prepared().next().expect("one program").1.explain().to_string();
                        prop_assert!((got - want).abs() <= precision * size, "{got} for {want}, {options:?}\n{}\n{}", tape.graph(), text());
                    }
                }
            }
        }
    }
}
