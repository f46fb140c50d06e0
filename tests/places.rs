//! Errors and nodes name the line of the user's source, however deep the function that recorded them.
use cinta::{Error, Tape, Var, keepdims, stack, try_vmap};
use ndarray::array;

/// That a node was recorded on this line of this file.
#[track_caller]
fn recorded_at(var: Var<'_>, line: u32) {
    let place = var.place();
    assert_eq!((place.file.as_ref(), place.line), (file!(), line));
}

/// That an error names this file.
#[track_caller]
fn names_this_file<T>(result: Result<T, Error>) {
    let Err(error) = result else { panic!("nothing was refused") };
    assert!(error.to_string().contains(file!()), "{error}");
}

#[test]
fn of_nodes() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    recorded_at(2.0 * x, line!());
    recorded_at(1.0 / x, line!());
    recorded_at(x - 1.0, line!());
    recorded_at(x.take(0, 0), line!());
    recorded_at(x.slice((..1,)), line!());
    recorded_at(stack(&[x, x], 0), line!());
    recorded_at(x.scatter_add(0, 1.0, 0), line!());
    recorded_at(x.sum_axes(keepdims(0)), line!());
    let (y, line) = (stack(&[x, x], 0), line!());
    for id in tape.graph().inputs(y.id()) {
        assert_eq!(tape.graph().place(*id).line, line);
    }
}

#[test]
fn of_errors() {
    let tape = Tape::new();
    let (x, y) = (tape.var(array![[1.0, 2.0]]), tape.var([1.0, 2.0, 3.0]));
    let cube = tape.var(ndarray::Array3::<f64>::zeros((2, 3, 3)));
    let other = tape.var(ndarray::Array3::<f64>::zeros((4, 3, 3)));
    names_this_file(x.try_mul(y));
    names_this_file(x.try_matmul(y));
    names_this_file(cube.try_matmul(other));
    names_this_file(x.try_transpose(&[0, 2]));
    names_this_file(x.try_sum_axes(2));
    names_this_file(x.try_reshape([3]));
    names_this_file(x.try_broadcast_to([3]));
    names_this_file(x.gt(0.0).try_select(x, y));
    names_this_file(try_vmap([(x, Some(2))], |[x]| [x]));
    names_this_file(try_vmap([(x, Some(0)), (y, Some(0))], |[x, _]| [x]));
}
