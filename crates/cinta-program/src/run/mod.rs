//! Running the steps of a program.
mod gather;
mod loops;
mod product;
mod sums;

use cinta_graph::{ArrayType, Error, ErrorKind, Graph, Output, Strided, Value};
use ndarray::{ArrayView, IxDyn, ShapeBuilder};

use crate::kernels::KernelSet;
use crate::memory::{Cell, Memory, each_dtype};
use crate::plan::{Home, Plan};
use crate::ready::Source;
use crate::steps::{ArrayId, Call, Lowered, Step};
use crate::view::View;

/// What a run works on.
pub(crate) struct Run<'r, 'a> {
    pub(crate) program: &'r Lowered,
    pub(crate) graph: &'r Graph,
    pub(crate) plan: &'r Plan,
    pub(crate) memory: &'r mut Memory,
    pub(crate) set: KernelSet,
    pub(crate) arguments: &'r [View<'a>],
}

impl Run<'_, '_> {
    /// Runs all steps.
    pub(crate) fn run(&mut self) -> Result<(), Error> {
        self.copy_arguments();
        let program = self.program;
        for (position, step) in program.steps.iter().enumerate() {
            match step {
                Step::Loop(_) => self.run_loop(self.plan.loops[position].as_ref().expect("a loop")),
                Step::Product(it) => self.run_product(it),
                Step::Call(it) => self.call(it)?,
            }
        }
        Ok(())
    }

    /// Arguments that do not stand in row-major order are copied to cells.
    fn copy_arguments(&mut self) {
        for (view, &cell) in self.arguments.iter().zip(&self.plan.copies) {
            match view {
                View::F64(array) => copy(array, self.memory, cell),
                View::F32(array) => copy(array, self.memory, cell),
                View::I64(array) => copy(array, self.memory, cell),
                View::Bool(array) => copy(array, self.memory, cell),
                View::Number(value) => each_dtype!(value.dtype(), T => {
                    let cell = &mut T::cells_mut(self.memory)[cell];
                    cell.clear();
                    cell.extend(value.as_splat::<T>());
                }),
            }
        }
    }

    fn call(&mut self, call: &Call) -> Result<(), Error> {
        let inputs: Vec<Value> = call.inputs.iter().map(|(array, view)| self.value(*array, view)).collect();
        let inputs: Vec<&Value> = inputs.iter().collect();
        let ty = self.graph.array_type(call.node);
        let value = call.op.eval(&inputs, &Output::new(ty)).map_err(|reason| {
            let types: Vec<ArrayType> = inputs.iter().map(|value| value.array_type()).collect();
            let place = self.graph.place(call.node).clone();
            Error::new(ErrorKind::Value, call.op.name(), reason).with_types(&types).at(place)
        })?;
        let Home::Cell(cell) = self.plan.homes[call.output.index()] else { unreachable!("steps write to cells") };
        each_dtype!(ty.dtype, T => {
            let target = &mut T::cells_mut(self.memory)[cell];
            let view = value.view::<T>();
            match view.as_slice() {
                Some(slice) => target[..slice.len()].copy_from_slice(slice),
                None => target.iter_mut().zip(view.iter()).for_each(|(target, &x)| *target = x),
            }
        });
        Ok(())
    }

    /// A view of an array as a value.
    fn value(&self, array: ArrayId, view: &Strided) -> Value {
        let ty = &self.program.arrays[array.index()].ty;
        each_dtype!(ty.dtype, T => {
            let elements = self.array::<T>(array);
            let positive = view.strides.iter().all(|&stride| stride > 0);
            if positive && view.shape.size() > 0 {
                let strides: Vec<usize> = view.strides.iter().map(|stride| stride.cast_unsigned()).collect();
                let shape = IxDyn(&view.shape).strides(IxDyn(&strides));
                if let Ok(array) = ArrayView::from_shape(shape, &elements[view.offset..]) {
                    return array.into();
                }
            }
            let mut copy = vec![T::default(); view.shape.size()];
            gather::gather(elements, view, 0, &mut copy);
            ndarray::ArrayD::from_shape_vec(IxDyn(&view.shape), copy).expect("as many elements").into()
        })
    }

    /// The elements of an array.
    pub(crate) fn array<T: Cell>(&self, array: ArrayId) -> &[T] {
        read(self.memory, &self.plan.copies, self.arguments, self.plan.homes[array.index()])
    }

    /// `length` elements that an operand stands for when its loop is at `start`.
    fn stretch<T: Cell>(&self, source: Source, start: usize, length: usize) -> &[T] {
        let elements = read::<T>(self.memory, &self.plan.copies, self.arguments, source.home);
        let first = source.offset + if source.streams { start } else { 0 };
        &elements[first..first + length]
    }
}

/// The elements at a home.
pub(crate) fn read<'r, T: Cell>(
    memory: &'r Memory,
    copies: &[usize],
    arguments: &'r [View<'_>],
    home: Home,
) -> &'r [T] {
    match home {
        Home::Cell(cell) => &T::cells(memory)[cell],
        Home::Argument(position) => match T::argument(&arguments[position]) {
            Some(slice) => slice,
            None => &T::cells(memory)[copies[position]],
        },
    }
}

fn copy<T: Cell>(array: &ndarray::ArrayViewD<'_, T>, memory: &mut Memory, cell: usize) {
    if array.as_slice().is_none() {
        let cell = &mut T::cells_mut(memory)[cell];
        cell.clear();
        cell.extend(array.iter().copied());
    }
}
