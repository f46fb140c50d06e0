//! Operations that are evaluated as the interpreter does.
use cinta_graph::{ArrayType, Element, Error, ErrorKind, InElements, Output, RowMajor, Strided, Value};
use ndarray::{ArrayView, IxDyn, ShapeBuilder};
use smallvec::SmallVec;

use super::Run;
use crate::memory::{Cell, each_dtype};
use crate::place::Extent;
use crate::steps::{ArrayId, Call};

impl Run<'_, '_> {
    pub(super) fn call(&mut self, call: &Call) -> Result<(), Error> {
        let done = if call.op.writes_into() { self.write_call(call) } else { self.call_by_value(call) };
        done.map_err(|reason| {
            let dtype = |array: ArrayId| self.program.array(array).0;
            let types = call.inputs.iter().map(|(array, view)| ArrayType::new(dtype(*array), &view.shape));
            let types: Vec<ArrayType> = types.collect();
            let place = self.graph.place(call.node).clone();
            Error::new(ErrorKind::Value, call.op.name(), reason).with_types(&types).at(place)
        })
    }

    /// Lets the operation write where its result stands, without an allocation.
    fn write_call(&mut self, call: &Call) -> Result<(), String> {
        let (dtype, size) = self.program.array(call.output);
        let (program, homes, workspace) = (self.program, &self.plan.homes, &mut *self.workspace);
        let output = homes[call.output.index()].place(0, Extent::Whole);
        each_dtype!(dtype, T => {
            // Its inputs may be of any dtype, its own among them.
            let mut desk = std::mem::take(T::desk_mut(&mut self.desks));
            let done = desk.write(output.store, output.from..output.from + size, |out, others| {
                // As many as operations take that are differentiated along matrices.
                let mut inputs: SmallVec<[RowMajor<'_>; 9]> = SmallVec::new();
                for (array, view) in &call.inputs {
                    let ((dtype, _), home) = (program.array(*array), homes[array.index()]);
                    let range = view.offset..view.offset + view.shape.size();
                    let elements = if dtype == T::DTYPE {
                        T::elements(&others.array(home)[range])
                    } else {
                        each_dtype!(dtype, A => A::elements(&A::desk(&self.desks).all().array(home)[range]))
                    };
                    inputs.push(RowMajor { elements, shape: &view.shape });
                }
                call.op.eval_into(&inputs, T::elements_mut(out), workspace)
            });
            *T::desk_mut(&mut self.desks) = desk;
            done
        })
    }

    /// By way of arrays of its own.
    fn call_by_value(&mut self, call: &Call) -> Result<(), String> {
        let inputs: Vec<Value> = call.inputs.iter().map(|(array, view)| self.value(*array, view)).collect();
        let inputs: Vec<&Value> = inputs.iter().collect();
        let ty = self.graph.array_type(call.node);
        let value = call.op.eval(&inputs, &Output::new(ty))?;
        each_dtype!(ty.dtype, T => self.write::<T>(call.output, |target, _| {
            let view = value.view::<T>();
            match view.as_slice() {
                Some(slice) => target.copy_from_slice(slice),
                None => target.iter_mut().zip(view.iter()).for_each(|(target, &x)| *target = x),
            }
        }));
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
            view.gather(elements, 0, &mut copy);
            ndarray::ArrayD::from_shape_vec(IxDyn(&view.shape), copy).expect("as many elements").into()
        })
    }
}
