//! What compiled programs ask of operations, beside evaluation: stretches of elements, and views without a copy.
use cinta::{Elements, ElementsMut, Op, Output, Strided, Value};
use ndarray::{ArrayD, IxDyn};

/// The elements of a value in row-major order, by dtype.
enum Owned {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I64(Vec<i64>),
    Bool(Vec<bool>),
}

impl Owned {
    fn of(value: &Value) -> Self {
        match value.dtype() {
            cinta::DType::F64 => Self::F64(value.to_array().into_raw_vec_and_offset().0),
            cinta::DType::F32 => Self::F32(value.to_array().into_raw_vec_and_offset().0),
            cinta::DType::I64 => Self::I64(value.to_array().into_raw_vec_and_offset().0),
            cinta::DType::Bool => Self::Bool(value.to_array().into_raw_vec_and_offset().0),
        }
    }

    fn elements(&self) -> Elements<'_> {
        match self {
            Self::F64(x) => Elements::F64(x),
            Self::F32(x) => Elements::F32(x),
            Self::I64(x) => Elements::I64(x),
            Self::Bool(x) => Elements::Bool(x),
        }
    }

    fn elements_mut(&mut self) -> ElementsMut<'_> {
        match self {
            Self::F64(x) => ElementsMut::F64(x),
            Self::F32(x) => ElementsMut::F32(x),
            Self::I64(x) => ElementsMut::I64(x),
            Self::Bool(x) => ElementsMut::Bool(x),
        }
    }

    fn shaped(self, shape: &[usize]) -> Value {
        match self {
            Self::F64(x) => ArrayD::from_shape_vec(IxDyn(shape), x).expect("as many").into(),
            Self::F32(x) => ArrayD::from_shape_vec(IxDyn(shape), x).expect("as many").into(),
            Self::I64(x) => ArrayD::from_shape_vec(IxDyn(shape), x).expect("as many").into(),
            Self::Bool(x) => ArrayD::from_shape_vec(IxDyn(shape), x).expect("as many").into(),
        }
    }
}

#[test]
fn elements_of_a_stretch_are_those_of_the_whole() {
    let mut tried = 0;
    for sample in Op::samples().iter().filter(|sample| sample.op.is_elementwise()) {
        let types: Vec<_> = sample.inputs.iter().map(Value::array_type).collect();
        let ty = sample.op.infer(&types.iter().collect::<Vec<_>>()).expect("a sample");
        let inputs: Vec<&Value> = sample.inputs.iter().collect();
        let whole = sample.op.eval(&inputs, &Output::new(&ty)).expect("a sample");
        let owned: Vec<Owned> = sample.inputs.iter().map(Owned::of).collect();
        let mut output = Owned::of(&whole);
        match output.elements_mut() {
            ElementsMut::F64(y) => y.fill(77.0),
            ElementsMut::F32(y) => y.fill(77.0),
            ElementsMut::I64(y) => y.fill(77),
            ElementsMut::Bool(y) => y.iter_mut().for_each(|y| *y = !*y),
        }
        let elements: Vec<Elements<'_>> = owned.iter().map(Owned::elements).collect();
        sample.op.eval_elements(&elements, output.elements_mut());
        let got = output.shaped(&ty.shape);
        assert!(got.same_bits(&whole), "{:?}: {got:?}, not {whole:?}", sample.op);
        tried += 1;
    }
    assert!(tried > 300, "only {tried} samples are elementwise");
}

#[test]
fn views_show_the_elements_that_evaluation_copies() {
    let mut names = std::collections::BTreeSet::new();
    for sample in Op::samples() {
        let Some(first) = sample.inputs.first() else { continue };
        let Some(view) = sample.op.view(&Strided::row_major(&first.shape())) else { continue };
        let types: Vec<_> = sample.inputs.iter().map(Value::array_type).collect();
        let ty = sample.op.infer(&types.iter().collect::<Vec<_>>()).expect("a sample");
        let inputs: Vec<&Value> = sample.inputs.iter().collect();
        let whole = sample.op.eval(&inputs, &Output::new(&ty)).expect("a sample").to_f64s();
        let base = first.to_f64s();
        assert_eq!(view.shape, ty.shape, "{:?}", sample.op);
        let positions = ndarray::indices(view.shape.to_vec());
        let seen: Vec<f64> = positions
            .into_iter()
            .map(|at| {
                let steps = view.strides.iter().enumerate().map(|(axis, stride)| at[axis].cast_signed() * stride);
                base[view.offset.checked_add_signed(steps.sum::<isize>()).expect("inside")]
            })
            .collect();
        assert_eq!(seen, whole, "{:?}", sample.op);
        names.insert(sample.op.name().to_owned());
    }
    for name in ["broadcast_to", "flip", "reshape", "slice", "stop_gradient", "transpose"] {
        assert!(names.contains(name), "{name} is no view");
    }
}

#[test]
fn a_view_of_a_view_follows_both() {
    // Rows 1 and 3, backwards.
    let base = Strided::row_major(&[4, 5].into());
    let tape = cinta::Tape::new();
    let x = tape.var(ArrayD::<f64>::zeros(IxDyn(&[4, 5])));
    let _ = x.slice_axis(0, ndarray::Slice::new(1, None, 2)).flip(0);
    let mut view = base;
    let graph = tape.graph();
    for id in graph.ids() {
        if let Some(op) = graph.op(id) {
            view = op.view(&view).expect("a view");
        }
    }
    assert_eq!((view.offset, view.shape.as_slice(), view.strides.as_slice()), (15, &[2, 5][..], &[-10, 1][..]));
}
