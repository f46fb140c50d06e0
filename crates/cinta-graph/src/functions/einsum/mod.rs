//! Einstein summation: products of arrays, and sums over what they share, said in letters.
mod contract;
mod labels;
mod order;
mod parse;

use std::panic::Location;

use contract::Array;
use labels::{Labelled, Labels};

use crate::error::{ErrorKind, or_panic};
use crate::ops::same_dtype;
use crate::{ArrayType, DType, Error, Place, Shape, Var};

/// Einstein summation, as NumPy's `einsum`: a letter names an axis, letters that arrays share are multiplied
/// together, and those that the output leaves out are summed.
///
/// | text | what |
/// |---|---|
/// | `"ij,jk->ik"` | the product of matrices, A B |
/// | `"ij,kj->ik"` | with the second transposed, A Bᵀ |
/// | `"ij,j->i"` | W z |
/// | `"i,i->"`, `"i,j->ij"` | θᵀx, δ zᵀ |
/// | `"i,ij,j->"` | the quadratic form xᵀ A y |
/// | `"ij,ij->ij"`, `"ij,ij->"` | elementwise, and the sum of that |
/// | `"bij,bjk->bik"` | each with its own of a batch |
/// | `"...ij,...jk->...ik"` | the same for any axes in front, which broadcast |
/// | `"ij->ji"`, `"ij->j"`, `"ij->"` | transpose, sums |
/// | `"ii->i"`, `"ii->"`, `"bii->b"` | a diagonal, the trace, that of each matrix |
/// | `"ab,bc,cd->ad"` | any number of arrays, in the order that costs least |
/// | `"ij,jk"`, `"ba"` | without `->`: letters that stand there once, in alphabetical order (A B, a transpose) |
///
/// `...` stands for the axes without a letter: of several arrays they broadcast, from the last; without `->` they
/// come first in the output, and an output without them sums them. An axis of size 1 broadcasts beside a larger one
/// of the same letter in another array. Any letters will do, upper and lower case apart; spaces do not matter.
///
/// Every letter of one array alone that the output leaves out is summed first. Then the arrays are contracted two by
/// two, each time in one product of (batches of) matrices where it is one: in the order of fewest multiplications of
/// up to eight arrays, in a greedy order of more. Integers are multiplied one by one.
///
/// ```
/// use cinta_graph::{Tape, einsum};
/// use ndarray::array;
/// let tape = Tape::new();
/// let a = tape.var(array![[1.0, 2.0], [3.0, 4.0]]);
/// let x = tape.var([1.0, -1.0]);
/// assert_eq!(einsum("ij,j->i", &[a, x]).value(), array![-1.0, -1.0]);
/// assert_eq!(einsum("i,ij,j->", &[x, a, x]).item(), 0.0);
/// assert_eq!(einsum("ii", &[a]).item(), 5.0);
/// assert_eq!(einsum("ij,j->ij", &[a, x]).value(), array![[1.0, -2.0], [3.0, -4.0]]);
/// ```
///
/// # Panics
/// If the text cannot be read, names other axes than the arrays have, or a letter two sizes; if there are no arrays,
/// or they are not numbers of one dtype. The message says which letter, and where in the text.
#[must_use]
#[track_caller]
pub fn einsum<'t>(text: &str, arrays: &[Var<'t>]) -> Var<'t> {
    or_panic(try_einsum(text, arrays))
}

/// [`einsum`], with the error returned.
///
/// ```
/// use cinta_graph::{Tape, try_einsum};
/// let tape = Tape::new();
/// let (x, y) = (tape.var([1.0, 2.0]), tape.var([1.0, 2.0, 3.0]));
/// let error = try_einsum("i,i->", &[x, y]).expect_err("two sizes");
/// assert!(error.to_string().contains("label 'i' has size 2 in operand 0 (column 1) and size 3 in operand 1"));
/// ```
///
/// # Errors
/// Where [`einsum`] panics.
#[track_caller]
pub fn try_einsum<'t>(text: &str, arrays: &[Var<'t>]) -> Result<Var<'t>, Error> {
    let Some(first) = arrays.first() else {
        let reason = "takes one array or more; nothing has no tape";
        return Err(Error::new(ErrorKind::Type, "einsum", reason).at(Place::from(Location::caller())));
    };
    let types: Vec<ArrayType> = arrays.iter().map(|var| var.array_type()).collect();
    let refs: Vec<&ArrayType> = types.iter().collect();
    let refuse = first.tape().refusing("einsum", &refs);
    if same_dtype(&refs).map_err(refuse)? == DType::Bool {
        return Err(refuse("needs numbers, not bool; use cast".to_owned()));
    }
    let shapes: Vec<&Shape> = types.iter().map(|ty| &ty.shape).collect();
    let Labelled { operands, output, sizes } = Labelled::new(text, &shapes).map_err(refuse)?;
    let mut live: Vec<Option<Array<'t>>> = Vec::with_capacity(2 * arrays.len());
    for (var, labels) in arrays.iter().zip(&operands) {
        live.push(Some(Array::new(*var, labels, &sizes)?));
    }
    for i in 0..live.len() {
        let needed = needed_beside(&live, i, &output);
        if let Some(array) = live[i].take() {
            live[i] = Some(array.summed_to(needed)?);
        }
    }
    let labels: Vec<Labels> = live.iter().flatten().map(Array::labels).collect();
    for (i, j) in order::order(&labels, Labels::of(&output), &sizes) {
        let (a, b) = (live[i].take().expect("contracted once"), live[j].take().expect("contracted once"));
        let last = live.iter().all(Option::is_none);
        let needed = needed_beside(&live, live.len(), &output);
        live.push(Some(a.times(&b, needed, last.then_some(&output[..]))?));
    }
    let result = live.pop().flatten().expect("one is left, the last");
    result.ordered(&output)
}

/// The labels of the output and of every array but one.
fn needed_beside(live: &[Option<Array<'_>>], one: usize, output: &[usize]) -> Labels {
    let others = live.iter().enumerate().filter(|(i, _)| *i != one).filter_map(|(_, array)| array.as_ref());
    others.fold(Labels::of(output), |labels, other| labels.or(other.labels()))
}
