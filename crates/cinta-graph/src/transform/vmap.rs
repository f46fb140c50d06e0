//! Batching: a function of one example becomes a function of many, operation by operation.
use smallvec::SmallVec;

use super::pushforward::needed;
use super::walk::{Walk, Window};
use crate::error::{ErrorKind, or_panic};
use crate::ops::Batched;
use crate::{Error, NodeId, Tape, Var};

/// Maps a function of one example over an axis of its inputs; the batch is the first axis of the results.
///
/// Each input comes with the axis that holds the examples, or `None` if all examples share it. The function
/// is called once; what it records for one example is recorded again for all, operation by operation, so a
/// product of a matrix with each example becomes one product of matrices. It must not ask for values: there
/// is no single example.
///
/// ```
/// use cinta_graph::{Tape, vmap};
/// use ndarray::array;
/// let tape = Tape::new();
/// let w = tape.var([1.0, 2.0]);
/// let xs = tape.var(array![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
/// // The gradient of each example's loss.
/// let [grads] = vmap([(w, None), (xs, Some(0))], |[w, x]| [(w.dot(x) - 1.0).square().grad(w)]);
/// assert_eq!(grads.value(), array![[0.0, 0.0], [0.0, 2.0], [4.0, 4.0]]);
/// ```
///
/// # Panics
/// If an axis does not exist, or the batch sizes differ.
#[track_caller]
pub fn vmap<'t, const N: usize, const M: usize>(
    inputs: [(Var<'t>, Option<isize>); N],
    f: impl FnOnce([Var<'t>; N]) -> [Var<'t>; M],
) -> [Var<'t>; M] {
    or_panic(try_vmap(inputs, f))
}

/// [`vmap`], with the error returned.
#[track_caller]
pub fn try_vmap<'t, const N: usize, const M: usize>(
    inputs: [(Var<'t>, Option<isize>); N],
    f: impl FnOnce([Var<'t>; N]) -> [Var<'t>; M],
) -> Result<[Var<'t>; M], Error> {
    let outputs = try_vmap_list(&inputs, |vars| Ok(f(vars.try_into().expect("as many as given")).to_vec()))?;
    Ok(outputs.try_into().expect("as many as the function gave"))
}

/// [`try_vmap`] for lists of any length, and functions that can fail.
#[track_caller]
pub fn try_vmap_list<'t>(
    inputs: &[(Var<'t>, Option<isize>)],
    f: impl FnOnce(&[Var<'t>]) -> Result<Vec<Var<'t>>, Error>,
) -> Result<Vec<Var<'t>>, Error> {
    let mut size = None;
    let mut fronts: Vec<Option<Var<'t>>> = Vec::with_capacity(inputs.len());
    for &(var, axis) in inputs {
        let Some(axis) = axis else {
            fronts.push(None);
            continue;
        };
        let ty = var.array_type();
        let types = [&ty];
        let refuse = var.tape().refusing("vmap", &types);
        let axis = ty.shape.axis(axis).map_err(refuse)?;
        match size {
            Some(size) if size != ty.shape[axis] => {
                return Err(refuse(format!("batch sizes {size} and {} differ", ty.shape[axis])));
            }
            _ => size = Some(ty.shape[axis]),
        }
        fronts.push(Some(axis_to_front(var, axis)?));
    }
    let vars: Vec<Var<'t>> = inputs.iter().map(|(var, _)| *var).collect();
    let (Some(size), Some(first)) = (size, vars.first()) else { return f(&vars) };
    // Loops and not closures, which would hide the caller's line.
    let mut examples = vars.clone();
    for (example, front) in examples.iter_mut().zip(&fronts) {
        if let Some(front) = front {
            let ty = front.array_type();
            *example = front.tape().input(ty.with_shape(&ty.shape[1..]));
        }
    }
    let outputs = f(&examples)?;
    for var in vars.iter().chain(&outputs) {
        first.check_tape("vmap", *var)?;
    }
    let mapped: Vec<(NodeId, Var<'t>)> =
        examples.iter().zip(fronts).filter_map(|(example, front)| front.map(|front| (example.id(), front))).collect();
    let ids: Vec<NodeId> = outputs.iter().map(|output| output.id()).collect();
    let batched = batch(first.tape(), &mapped, size, &ids)?;
    let spread = |(output, batched): (Var<'t>, Option<Var<'t>>)| {
        batched.unwrap_or_else(|| Batched { var: output, batched: false }.spread(size))
    };
    Ok(outputs.into_iter().zip(batched).map(spread).collect())
}

/// One axis moved to the front.
#[track_caller]
fn axis_to_front(var: Var<'_>, axis: usize) -> Result<Var<'_>, Error> {
    if axis == 0 {
        return Ok(var);
    }
    let others = (0..var.rank()).filter(|&i| i != axis);
    let perm: Vec<isize> = std::iter::once(axis).chain(others).map(usize::cast_signed).collect();
    var.try_transpose(&perm)
}

/// Records the nodes between placeholders and outputs again, for `size` examples at once.
/// `None` for outputs that do not depend on a placeholder.
pub(super) fn batch<'t>(
    tape: &'t Tape,
    mapped: &[(NodeId, Var<'t>)],
    size: usize,
    outputs: &[NodeId],
) -> Result<Vec<Option<Var<'t>>>, Error> {
    let (Some(&first), Some(&last)) = (mapped.iter().map(|(id, _)| id).min(), outputs.iter().max()) else {
        return Ok(vec![None; outputs.len()]);
    };
    let needed = needed(&tape.graph(), outputs, first, last);
    let mut known: Window<Option<Var<'t>>> = Window::new(first, last, None);
    for &(id, var) in mapped {
        known.set(id, Some(var));
    }
    let mut walk = Walk::new(tape);
    for id in needed.ids().filter(|&id| needed.has(id)) {
        let Some((op, inputs)) = walk.enter(id) else {
            continue;
        };
        let inputs: SmallVec<[Batched<'t>; 4]> = inputs
            .iter()
            .map(|&input| match known.item(input.id()) {
                Some(var) => Batched { var, batched: true },
                None => Batched { var: input, batched: false },
            })
            .collect();
        if inputs.iter().any(|input| input.batched) {
            let var = op.batch(&inputs, size)?;
            let expected = tape.graph().array_type(id).batch_of(size);
            if var.array_type() != expected {
                let reason = format!("its batching rule gave {}, not {expected}", var.array_type());
                return Err(Error::new(ErrorKind::Invalid, op.name(), reason).at(tape.graph().place(id).clone()));
            }
            known.set(id, Some(var));
        }
    }
    Ok(outputs.iter().map(|&id| known.item(id)).collect())
}
