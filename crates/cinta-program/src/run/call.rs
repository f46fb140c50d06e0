//! Operations that are evaluated as the interpreter does.
use cinta_graph::{ArrayType, Error, ErrorKind, Output, Strided, Value};
use ndarray::{ArrayView, IxDyn, ShapeBuilder};

use super::Run;
use super::gather::gather;
use crate::memory::each_dtype;
use crate::steps::{ArrayId, Call};

impl Run<'_, '_> {
    pub(super) fn call(&mut self, call: &Call) -> Result<(), Error> {
        let inputs: Vec<Value> = call.inputs.iter().map(|(array, view)| self.value(*array, view)).collect();
        let inputs: Vec<&Value> = inputs.iter().collect();
        let ty = self.graph.array_type(call.node);
        let value = call.op.eval(&inputs, &Output::new(ty)).map_err(|reason| {
            let types: Vec<ArrayType> = inputs.iter().map(|value| value.array_type()).collect();
            let place = self.graph.place(call.node).clone();
            Error::new(ErrorKind::Value, call.op.name(), reason).with_types(&types).at(place)
        })?;
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
            gather(elements, view, 0, &mut copy);
            ndarray::ArrayD::from_shape_vec(IxDyn(&view.shape), copy).expect("as many elements").into()
        })
    }
}
