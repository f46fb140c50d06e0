//! Axes, parts, diagonals, products of blocks and grids: values as NumPy's, every claim, and what is refused.
use cinta::check::check_function;
use cinta::{Axes, DType, Error, ErrorKind, Grid, Tape, Value, Var, meshgrid, try_meshgrid, vmap};
use ndarray::{Array1, ArrayD, array};

/// 1, 2, 3, … in a shape.
fn count(shape: &[usize]) -> ArrayD<f64> {
    let n: usize = shape.iter().product();
    ArrayD::from_shape_vec(shape, (1..=n).map(|i| i as f64).collect()).expect("as many as the shape holds")
}

/// That an error is a type error that says this, about this file.
#[track_caller]
fn refused<T>(result: Result<T, Error>, says: &str) {
    let Err(error) = result else { panic!("nothing was refused, but expected: {says}") };
    assert_eq!(error.kind(), ErrorKind::Type, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.to_string().contains("arrangement.rs:"), "{error}");
}

const FAR: [isize; 4] = [isize::MIN, isize::MAX, -9, 9];

#[test]
fn axes_come_go_and_change_places() {
    let tape = Tape::new();
    let x = tape.var(count(&[2, 1, 3]));
    for (axis, shape) in
        [(0, [1, 2, 1, 3]), (1, [2, 1, 1, 3]), (3, [2, 1, 3, 1]), (-1, [2, 1, 3, 1]), (-4, [1, 2, 1, 3])]
    {
        assert_eq!(x.expand_dims(axis).shape().as_slice(), shape, "{axis}");
    }
    assert_eq!(x.expand_dims([1, -1, 0]).shape().as_slice(), [1, 1, 2, 1, 3, 1]);
    assert_eq!(tape.var(2.0).expand_dims([0, 1]).value(), array![[2.0]]);
    assert_eq!(x.squeeze(1).value(), x.squeeze(-2).value());
    assert_eq!(x.squeeze(Axes::all()).shape().as_slice(), [2, 3]);
    assert_eq!(tape.var(array![[2.0]]).squeeze(Axes::all()).value(), Value::from(2.0));
    assert_eq!(x.swap_axes(0, 2).value(), x.transpose(&[2, 1, 0]).value());
    assert_eq!(x.swap_axes(-1, 2).id(), x.id());
    assert_eq!(x.move_axis(0, 2).value(), x.transpose(&[1, 2, 0]).value());
    assert_eq!(x.move_axis(-1, 0).value(), x.transpose(&[2, 0, 1]).value());
    assert_eq!(x.move_axis(1, -2).id(), x.id());
    refused(x.try_expand_dims(4), "expand_dims: f64[2, 1, 3]: axis 4 is out of range for 4 axes");
    refused(x.try_expand_dims([0, -5]), "axis 0 is named twice");
    refused(x.try_expand_dims(Axes::all()), "name the positions");
    refused(x.try_squeeze(0), "squeeze: f64[2, 1, 3]: axis 0 has size 2");
    refused(x.try_squeeze([1, -2]), "axis 1 is named twice");
    for far in FAR {
        refused(x.try_expand_dims(far), "is out of range for 4 axes");
        refused(x.try_squeeze(far), "is out of range for 3 axes");
        refused(x.try_swap_axes(0, far), "is out of range for 3 axes");
        refused(x.try_move_axis(far, 0), "is out of range for 3 axes");
    }
}

#[test]
fn splits() {
    let tape = Tape::new();
    let x = tape.var(count(&[2, 4]));
    let values = |parts: Vec<Var<'_>>| parts.into_iter().map(Var::value).collect::<Vec<_>>();
    let (left, right) = (array![[1.0, 2.0], [5.0, 6.0]], array![[3.0, 4.0], [7.0, 8.0]]);
    assert_eq!(values(x.split(2, 1)), [Value::from(left), right.into()]);
    assert_eq!(x.split(1, 0)[0].id(), x.id());
    assert_eq!(values(x.split_at(&[0, 1, -1, 3, 4], -1)).len(), 6);
    assert_eq!(x.split_at(&[1, -1], 1)[1].value(), array![[2.0, 3.0], [6.0, 7.0]]);
    assert_eq!(x.split_at(&[0], 1)[0].shape().as_slice(), [2, 0]);
    assert_eq!(x.split_at(&[], 1)[0].id(), x.id());
    let empty = tape.var(Array1::<f64>::zeros(0));
    assert_eq!(empty.split(3, 0).len(), 3);
    refused(x.try_split(3, 1), "split: f64[2, 4]: axis 1 of size 4 does not split into 3 equal parts");
    refused(x.try_split(0, 1), "0 equal parts");
    refused(empty.try_split(usize::MAX, 0), "there is no memory");
    refused(x.try_split_at(&[2, 1], 1), "positions [2, 1] do not rise");
    for far in FAR {
        refused(x.try_split_at(&[far], 1), "is out of range for axis 1 of size 4");
        refused(x.try_split(1, far), "is out of range for 2 axes");
    }
}

#[test]
fn rolls_and_repeats() {
    let tape = Tape::new();
    let x = tape.var(count(&[2, 3, 4]));
    let rolled = x.roll(-5, 1).index_axis(0, 1).value();
    assert_eq!(rolled, array![[21.0, 22.0, 23.0, 24.0], [13.0, 14.0, 15.0, 16.0], [17.0, 18.0, 19.0, 20.0]]);
    assert_eq!(x.roll(6, 1).id(), x.id());
    for far in [isize::MIN, isize::MAX, -1, 2] {
        let shift = far.rem_euclid(3);
        assert_eq!(x.roll(far, 1).value(), x.roll(shift, 1).value(), "{far}");
        refused(x.try_roll(1, if far == 2 { 3 } else { far.saturating_mul(9) }), "is out of range for 3 axes");
    }
    assert_eq!(tape.var(Array1::<f64>::zeros(0)).roll(1, 0).shape().as_slice(), [0]);

    let m = tape.var(array![[1.0, 2.0], [5.0, 6.0]]);
    let page = array![[1.0, 2.0, 1.0, 2.0], [5.0, 6.0, 5.0, 6.0]];
    assert_eq!(m.tile(&[1, 2]).value(), page);
    assert_eq!(m.tile(&[2]).value(), page);
    assert_eq!(m.tile(&[2, 1, 2]).value(), ndarray::stack![ndarray::Axis(0), page, page]);
    assert_eq!(m.tile(&[1, 1, 1]).shape().as_slice(), [1, 2, 2]);
    assert_eq!(m.tile(&[]).id(), m.id());
    assert_eq!(m.tile(&[0, 1]).shape().as_slice(), [0, 2]);
    assert_eq!(tape.var(3_i64).tile(&[2]).value(), array![3_i64, 3]);
    assert_eq!(m.repeat(2, 0).value(), array![[1.0, 2.0], [1.0, 2.0], [5.0, 6.0], [5.0, 6.0]]);
    assert_eq!(m.repeat(2, -1).value(), array![[1.0, 1.0, 2.0, 2.0], [5.0, 5.0, 6.0, 6.0]]);
    assert_eq!(m.repeat(1, 0).id(), m.id());
    assert_eq!(m.repeat(0, 0).shape().as_slice(), [0, 2]);
    assert_eq!(tape.var([true, false]).repeat_each(&[1, 2], 0).value(), array![true, false, false]);
    assert_eq!(m.repeat_each(&[0, 0], 1).shape().as_slice(), [2, 0]);
    refused(m.try_tile(&[usize::MAX, 2]), "tile: f64[2, 2]: an array of shape");
    refused(m.try_tile(&[usize::MAX, 0]), "too large for memory");
    refused(m.try_repeat(usize::MAX, 0), "repeat: f64[2, 2]: an array of shape");
    refused(m.try_repeat_each(&[1], 0), "1 counts are not one for each of 2 elements of axis 0");
    refused(m.try_repeat_each(&[usize::MAX, 1], 0), "there is no memory");
    refused(tape.var(1.0).try_repeat(2, 0), "axis 0 is out of range for 0 axes");
    // What a type allows and no memory holds is an error of the value.
    let large = m.try_tile(&[usize::MAX >> 20, 1]).expect("a type that may be written down");
    assert_eq!(large.try_value().unwrap_err().kind(), ErrorKind::Value);
}

#[test]
fn diagonals_of_any_shape_and_offset() {
    let tape = Tape::new();
    for (rows, columns) in [(3, 3), (2, 4), (4, 2), (1, 3), (3, 1), (0, 2), (2, 0), (0, 0)] {
        let x = tape.var(count(&[2, rows, columns]));
        let values = x.to_array::<f64>();
        for k in -5..=5_isize {
            let inside = |i: &usize| i.checked_add_signed(k).is_some_and(|j| j < columns);
            let chosen: Vec<usize> = (0..rows).filter(inside).collect();
            let expected = ArrayD::from_shape_fn(vec![2, chosen.len()], |at| {
                values[[at[0], chosen[at[1]], chosen[at[1]].wrapping_add_signed(k)]]
            });
            assert_eq!(x.diagonal(k).value(), expected, "{rows}×{columns}, {k}");
            assert_eq!(x.t().diagonal(-k).value(), expected, "{columns}×{rows}, {k}");
            let kept = |lower: bool| {
                ArrayD::from_shape_fn(vec![2, rows, columns], |at| {
                    let offset = at[2].cast_signed() - at[1].cast_signed();
                    if if lower { offset <= k } else { offset >= k } { values[&at] } else { 0.0 }
                })
            };
            assert_eq!(x.tril(k).value(), kept(true), "{rows}×{columns}, {k}");
            assert_eq!(x.triu(k).value(), kept(false), "{rows}×{columns}, {k}");
        }
    }
    for n in 0..4_usize {
        let v = tape.var(count(&[n]));
        for k in -3..=3_isize {
            let size = n + k.unsigned_abs();
            let d = v.diag(k);
            assert_eq!((d.shape().as_slice(), d.diagonal(k).value()), (&[size, size][..], v.value()));
            assert_eq!(d.sum().item(), v.sum().item(), "and nothing else");
        }
    }
    let x = tape.var(count(&[2, 3, 4]));
    assert_eq!(x.diagonal_axes(1, 0, 2).value(), array![[2.0, 15.0], [6.0, 19.0], [10.0, 23.0]]);
    assert_eq!(x.diagonal_axes(-1, -2, -1).value(), array![[5.0, 10.0], [17.0, 22.0]]);
    assert_eq!(x.diagonal_axes(-1, 2, 0).value(), x.diagonal_axes(1, 0, 2).value());
    assert_eq!(x.matrix_trace().value(), array![18.0, 54.0]);
    assert_eq!(tape.var([true]).diag(-1).value(), array![[false, false], [true, false]]);
    assert_eq!(tape.var(array![[true, true], [true, true]]).tril(0).value(), array![[true, false], [true, true]]);
    assert_eq!(tape.var(array![[1_i64, 2], [3, 4]]).matrix_trace().value(), Value::from(5));
}

#[test]
fn diagonals_far_away_are_empty_or_refused() {
    let tape = Tape::new();
    let (x, v) = (tape.var(count(&[2, 3])), tape.var([1.0]));
    let nothing = ArrayD::<f64>::zeros(vec![2, 3]);
    for k in [isize::MIN, isize::MIN + 1, isize::MAX] {
        assert_eq!(x.diagonal(k).value().shape().as_slice(), [0]);
        let all = if k > 0 { (x.tril(k), x.triu(k)) } else { (x.triu(k), x.tril(k)) };
        assert_eq!((all.0.value(), all.1.value()), (x.value(), Value::from(&nothing)), "{k}");
        refused(v.try_diag(k), "too large for memory");
        refused(x.try_diagonal_axes(0, 0, k), "is out of range for 2 axes");
    }
    refused(v.try_diagonal(0), "diagonal: f64[1]: needs a matrix, or a batch of them");
    refused(v.try_tril(0), "tril: f64[1]: needs a matrix");
    refused(tape.var(1.0).try_triu(0), "triu: f64[]: needs a matrix");
    refused(v.try_matrix_trace(), "matrix_trace: f64[1]: needs a matrix");
    refused(x.try_diag(0), "diag: f64[2, 3]: makes a matrix of a vector");
    refused(x.try_diagonal_axes(0, 1, -1), "axis 1 is named twice");
    let wide = tape.var(1.0).broadcast_to([usize::MAX >> 17, 1]);
    refused(wide.try_tril(0), "there is no memory");
}

#[test]
fn what_a_triangle_leaves_out_does_no_harm() {
    let tape = Tape::new();
    let x = tape.var(array![[1.0, 0.0], [4.0, 2.0]]);
    let y = x.log().tril(0);
    assert_eq!(y.value(), array![[0.0, 0.0], [4_f64.ln(), 2_f64.ln()]]);
    assert_eq!(y.sum().grad(x).value(), array![[1.0, 0.0], [0.25, 0.5]]);
    assert_eq!(x.log().diagonal(0).sum().grad(x).value(), array![[1.0, 0.0], [0.0, 0.5]]);
}

#[test]
fn kronecker_products() {
    let tape = Tape::new();
    let (a, b) = (tape.var(array![[1.0, 2.0], [3.0, 4.0]]), tape.var(array![[0.0, 5.0, 1.0], [6.0, 7.0, 2.0]]));
    let expected = array![
        [0.0, 5.0, 1.0, 0.0, 10.0, 2.0],
        [6.0, 7.0, 2.0, 12.0, 14.0, 4.0],
        [0.0, 15.0, 3.0, 0.0, 20.0, 4.0],
        [18.0, 21.0, 6.0, 24.0, 28.0, 8.0]
    ];
    assert_eq!(a.kron(b).value(), expected);
    let v = tape.var([1.0, 2.0]);
    assert_eq!(v.kron([3.0, 4.0, 5.0]).value(), array![3.0, 4.0, 5.0, 6.0, 8.0, 10.0]);
    assert_eq!(v.kron(a).value(), array![[1.0, 2.0, 2.0, 4.0], [3.0, 4.0, 6.0, 8.0]]);
    let batch = tape.var(count(&[2, 1, 2, 2])).kron(tape.var(count(&[3, 1, 2])));
    assert_eq!(batch.shape().as_slice(), [2, 3, 2, 4]);
    let example = tape.var(count(&[2, 1, 2, 2])).slice((1, 0)).kron(tape.var(count(&[3, 1, 2])).index_axis(0, 2));
    assert_eq!(batch.slice((1, 2)).value(), example.value());
    assert_eq!(a.kron(ArrayD::<f64>::zeros(vec![0, 2])).shape().as_slice(), [0, 4]);
    refused(a.try_kron(tape.var(1.0)), "kron: f64[2, 2] and f64[]: needs matrices or vectors");
    refused(a.try_kron(2.0), "needs matrices or vectors, not scalars; use *");
    refused(a.try_kron(array![[1_i64]]), "dtypes f64 and i64 differ");
    refused(tape.var(count(&[2, 1, 1])).try_kron(count(&[3, 1, 1])), "sizes 2 and 3 of axis -1 do not broadcast");
    refused(tape.var([true]).try_kron([true]), "bool");
    let wide = tape.var(1.0).broadcast_to([1, usize::MAX >> 17]);
    refused(wide.try_kron(wide), "kron: f64[1, ");
}

#[test]
fn grids() {
    let tape = Tape::new();
    let (x, y, z) = (tape.var([1.0, 2.0]), tape.var([3.0, 4.0, 5.0]), tape.var([6.0, 7.0]));
    for (order, shape) in [(Grid::Xy, [3, 2, 2]), (Grid::Ij, [2, 3, 2])] {
        let grid = meshgrid([x, y, z], order);
        assert!(grid.iter().all(|g| g.shape().as_slice() == shape), "{order:?}");
        let at = |i: usize, j: usize, k: usize| grid.map(|g| g.to_array::<f64>()[[i, j, k]]);
        let expected = if order == Grid::Xy { [1.0, 5.0, 7.0] } else { [2.0, 3.0, 7.0] };
        assert_eq!(if order == Grid::Xy { at(2, 0, 1) } else { at(1, 0, 1) }, expected);
    }
    let [alone] = meshgrid([x], Grid::Xy);
    assert_eq!(alone.id(), x.id());
    let mixed = meshgrid([x, tape.var([1_i64])], Grid::Ij);
    assert_eq!(mixed[1].dtype(), DType::I64);
    assert!(meshgrid([], Grid::Ij).is_empty());
    refused(try_meshgrid([x, tape.var(1.0)], Grid::Ij), "meshgrid: f64[2] and f64[]: the coordinates along an axis");
    let wide = tape.var(1.0).broadcast_to([usize::MAX >> 17]);
    refused(try_meshgrid([wide, wide], Grid::Xy), "too large for memory");
}

/// Values, both modes to third order, batches, layouts, `f32`: all that can be claimed of a function.
#[test]
fn every_claim_holds() {
    let x = || Value::from(count(&[2, 3]) * 0.3 - 1.0);
    let cube = || Value::from(count(&[2, 1, 3]) * 0.3 - 1.0);
    let check = |name: &str, inputs: &[Value], f: &cinta::check::Function<'_>| {
        check_function(f, inputs).unwrap_or_else(|mismatch| panic!("{name}: {mismatch}"));
    };
    check("expand_dims", &[x()], &|v| v[0].expand_dims([0, -1]).powi(3));
    check("squeeze", &[cube()], &|v| v[0].squeeze(1).powi(3));
    check("swap_axes", &[cube()], &|v| v[0].swap_axes(0, 2).powi(3));
    check("move_axis", &[cube()], &|v| v[0].move_axis(0, 2).powi(3));
    check("split", &[x()], &|v| v[0].split(3, 1)[1].powi(3) * v[0].split_at(&[1], -1)[0]);
    check("roll", &[x()], &|v| v[0].roll(1, 1).powi(2) * v[0]);
    check("tile", &[x()], &|v| v[0].tile(&[2, 2, 1]).powi(3));
    check("repeat", &[x()], &|v| v[0].repeat(2, 1).powi(3));
    check("repeat_each", &[x()], &|v| v[0].repeat_each(&[2, 0, 1], 1).powi(3));
    check("diagonal", &[x()], &|v| v[0].diagonal(1).powi(3));
    check("diagonal_axes", &[cube()], &|v| v[0].diagonal_axes(0, 0, 2).powi(3));
    check("matrix_trace", &[cube()], &|v| v[0].matrix_trace().powi(3));
    check("diag", &[[0.5, -1.5].into()], &|v| v[0].diag(-1).powi(3));
    check("tril", &[x()], &|v| v[0].tril(0).powi(3));
    check("triu", &[x()], &|v| v[0].triu(1).powi(3));
    check("kron", &[x(), array![[0.5, -2.0]].into()], &|v| v[0].kron(v[1]).powi(2));
    check("kron of vectors", &[[0.5, -2.0].into(), [1.5].into()], &|v| v[0].kron(v[1]).powi(2));
    check("meshgrid", &[[0.5, -2.0].into(), [1.5, 0.25].into()], &|v| {
        let [x, y] = meshgrid([v[0], v[1]], Grid::Xy);
        x.powi(2) * y
    });
}

#[test]
fn a_batch_of_vectors_becomes_a_batch_of_matrices() {
    let tape = Tape::new();
    let vectors = tape.var(count(&[2, 3]));
    let [matrices] = vmap([(vectors, Some(0))], |[v]| [v.diag(0)]);
    assert_eq!(matrices.shape().as_slice(), [2, 3, 3]);
    assert_eq!(matrices.diagonal(0).value(), vectors.value());
}
