//! Arrays larger than any memory: an error where one would have to be written out, none where it need not be. Nothing large is
//! touched here.
use cinta::{ArrayType, DType, Error, Function, Graph, NodeId, Op, Program, Tape, Var, try_concat};
use ndarray::Array1;

/// So many pairs of `f64`, two of each of two kinds, need more addresses than a processor has.
const MANY: usize = 1 << 45;

#[track_caller]
fn has_no_room(result: Result<impl Sized, Error>) {
    let error = result.err().expect("too large").to_string();
    assert!(error.contains("there is no memory for") || error.contains("more than there are"), "{error}");
}

/// Two large arrays of one shape, each of two numbers, which are repeated along other axes.
fn large(tape: &Tape) -> [Var<'_>; 2] {
    [[2, 1, 1], [1, 1, 2]].map(|shape| tape.var([0.5, 0.25]).reshape(shape).broadcast_to([2, MANY, 2]))
}

#[test]
fn what_repeats_one_number_needs_no_room() {
    let tape = Tape::new();
    let wide = tape.var(0.5).broadcast_to([MANY, 4]);
    let y = (wide.exp() * 2.0 + wide).slice_axis(0, ..3).slice_axis(1, ..2);
    assert_eq!(y.value(), ndarray::Array2::from_elem((3, 2), 0.5_f64.exp() * 2.0 + 0.5));
    let constant = tape.full(&ArrayType::new(DType::F64, [MANY, 4]), 3.0);
    assert_eq!((constant.sqrt() + constant).index_axis(0, 7).value(), Array1::from_elem(4, 3.0_f64.sqrt() + 3.0));
    let [x, y] = large(&tape);
    assert_eq!(x.exp().index_axis(1, MANY.cast_signed() - 1).sum().item(), 2.0 * (0.5_f64.exp() + 0.25_f64.exp()));
    assert_eq!(y.gt(0.3).index_axis(1, 3).value(), ndarray::array![[true, false], [true, false]]);
    let none = tape.full(&ArrayType::new(DType::F64, [0, MANY, 4]), 1.0);
    assert_eq!(none.sum_axes(0).index_axis(0, 5).value(), Array1::from_elem(4, 0.0));
}

#[test]
fn what_the_interpreter_cannot_hold_is_an_error() {
    let tape = Tape::new();
    let [x, y] = large(&tape);
    has_no_room((x + y).try_value());
    has_no_room((x + y).sum().try_value());
    has_no_room(x.sum().try_value());
    has_no_room(x.gt(y).select(x, y).try_value());
    has_no_room(x.softmax(1).try_value());
    has_no_room(x.logsumexp(2).try_value());
    has_no_room(x.cumsum(1).try_value());
    has_no_room(x.matmul(y.transpose(&[0, 2, 1]).slice_axis(2, ..2)).try_value());
    let [front, back] = [x, y].map(|it| it.slice_axis(0, ..1));
    has_no_room(try_concat(&[front, back], 0).expect("of a type").try_value());
    let [a, b] = [1 << 22, 1 << 23].map(|n| tape.var(1.5).broadcast_to([n]));
    has_no_room(a.outer(b).try_value());
}

#[test]
fn what_a_derivative_cannot_hold_is_an_error() {
    let tape = Tape::new();
    let n = 1 << 23;
    let x = tape.input(ArrayType::new(DType::F64, [n]));
    has_no_room(x.sin().try_jacobian(x));
    let a = tape.input(ArrayType::new(DType::F64, [n, n]));
    has_no_room(a.cholesky().sum().try_grad(a));
    has_no_room(a.eigh().1.sum().try_grad(a));
    has_no_room(a.try_qr());
    let constant = tape.full(&ArrayType::new(DType::F64, [MANY, 4]), 3.0);
    let z = tape.var(2.0);
    let slope = (z * constant).sum().grad(z);
    has_no_room(slope.try_value());
}

#[test]
fn programs_that_cannot_hold_their_arrays_are_refused() {
    let tape = Tape::new();
    let x = tape.input(ArrayType::new(DType::F64, ()));
    let wide = x.broadcast_to([MANY, 4]);
    let constant = tape.full(&wide.array_type(), 3.0);
    let compile = |y: Var<'_>| Program::compile(&tape.graph(), &[x.id()], &[y.id()]);
    // What is added up as it is computed has no room to need.
    let sum = compile((wide.exp() * constant).sum()).expect("a number");
    assert!(sum.bytes() < 1 << 16, "{}", sum.bytes());
    assert!(compile(constant.sum() + x).expect("a number").bytes() < 1 << 16, "the constant is one number");
    has_no_room(compile(wide.exp()));
    has_no_room(compile(constant + x));
    has_no_room(compile(constant.cumsum(0).index_axis(0, 0)));
    let mut f = Function::new(["x"], |[x]| x.broadcast_to([MANY, 4]).sin());
    has_no_room(f.call(1.0));
    has_no_room(f.prepare(&[ArrayType::new(DType::F64, ())]));
    let text = format!("%0: f64[] = input \"x\"\n%1: f64[{MANY}, 4] = broadcast_to %0 shape=[{MANY}, 4]\n");
    let graph = Graph::parse(&text).expect("a graph");
    let ids: Vec<NodeId> = graph.ids().collect();
    has_no_room(Program::compile(&graph, &ids[..1], &ids[1..]));
}

/// Records an operation of a sample on inputs whose axes are as large as said, its derivatives, and a program of all.
fn record(op: &Op, types: &[ArrayType], size: impl Fn(usize, usize) -> usize) -> Result<usize, Error> {
    let tape = Tape::new();
    let resized = |ty: &ArrayType| {
        let shape: Vec<usize> = ty.shape.iter().enumerate().map(|(axis, &n)| size(axis, n)).collect();
        ty.with_shape(shape)
    };
    let inputs: Vec<Var<'_>> = types.iter().map(|ty| tape.input(resized(ty))).collect();
    let y = tape.apply(op, &inputs)?;
    let floats: Vec<Var<'_>> = inputs.iter().copied().filter(|input| input.dtype().is_float()).collect();
    let mut outputs = vec![y];
    if y.dtype().is_float() {
        outputs.extend(y.try_square()?.try_sum()?.try_grad_or_zeros(&floats[..])?);
    }
    let ids = |vars: &[Var<'_>]| vars.iter().map(|var| var.id()).collect::<Vec<NodeId>>();
    Program::compile(&tape.graph(), &ids(&inputs), &ids(&outputs)).map(|program| program.bytes())
}

#[test]
fn no_operation_panics_at_large_sizes() {
    let mut recorded = 0;
    for sample in Op::samples() {
        let types: Vec<ArrayType> = sample.inputs.iter().map(cinta::Value::array_type).collect();
        // Smaller ones may find the room that they ask for.
        for large in [1 << 44, (1 << 47) - 1, usize::MAX >> 1, usize::MAX] {
            for axis in 0..3 {
                recorded +=
                    usize::from(record(&sample.op, &types, |at, n| if at == axis { large } else { n }).is_err());
            }
            recorded += usize::from(record(&sample.op, &types, |_, _| large).is_err());
            recorded += usize::from(record(&sample.op, &types, |_, n| n.saturating_mul(large)).is_err());
        }
    }
    assert!(recorded > 1000, "{recorded} refusals");
}
