//! A graph recorded once more: in another dtype, or cut at variables that become inputs.
use cinta_graph::{DType, Error, Graph, Kind, NodeId, Tape, Value};

use crate::arrays::from_f64s;

/// The same numbers in another dtype, if they are floats.
pub(crate) fn cast(value: &Value, dtype: DType) -> Value {
    let ty = value.array_type();
    if ty.dtype.is_float() && ty.dtype != dtype {
        from_f64s(&ty.with_dtype(dtype), value.to_f64s())
    } else {
        value.clone()
    }
}

/// A tape with the nodes of another up to one of them, under the same ids and places, with floats of one dtype. Those
/// in `cut` become inputs. Inputs keep their values.
///
/// # Errors
/// If an operation insists on its dtype, or an input has no value.
pub(crate) fn copy(tape: &Tape, last: NodeId, float: Option<DType>, cut: &[NodeId]) -> Result<Tape, Error> {
    let graph = tape.graph();
    let mut copy = Graph::new();
    let mut inputs = Vec::new();
    for id in graph.ids().take(last.index() + 1) {
        let value = || {
            let value = tape.at(id).try_value()?;
            Ok::<_, Error>(float.map_or_else(|| value.clone(), |dtype| cast(&value, dtype)))
        };
        let place = graph.place(id).clone();
        match graph.kind(id) {
            Kind::Apply { op, inputs } if !cut.contains(&id) => copy.push(op, inputs, place)?,
            Kind::Constant(_) if !cut.contains(&id) => copy.push_constant(value()?, place),
            _ => {
                let value = value()?;
                let ty = value.array_type();
                inputs.push((id, value));
                copy.push_input(ty, place)
            }
        };
        if let Some(name) = graph.name(id) {
            copy.set_name(id, name);
        }
    }
    let copy = Tape::from_graph(copy);
    inputs.into_iter().try_for_each(|(id, value)| copy.at(id).try_set(value))?;
    Ok(copy)
}
