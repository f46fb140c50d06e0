//! Errors and nodes name the user's own line, never a line of the engine.
use cinta::ops::compare::Compare;
use cinta::{
    Axes, Conv, DType, Error, Grid, Side, Tape, Ties, Var, keepdims, meshgrid, try_concat, try_meshgrid, try_stack,
    try_vmap,
};
use ndarray::array;

#[track_caller]
fn assert_here(what: impl std::fmt::Display, file: Option<&str>) {
    assert_eq!(file, Some(file!()), "{what}");
}

fn all_refused_here(errors: Vec<Result<Var<'_>, Error>>) {
    for (i, result) in errors.into_iter().enumerate() {
        let error = result.expect_err(&format!("expression {i} should be refused"));
        assert_here(&error, error.place().map(|place| &*place.file));
        assert!(error.to_string().contains(file!()), "{error}");
    }
}

#[test]
fn type_errors_name_the_callers_line() {
    let tape = Tape::new();
    let (x, y) = (tape.var([1.0, 2.0, 3.0]), tape.var([1.0, 2.0]));
    let (m, n, truth) = (tape.var(array![[1.0, 2.0]]), tape.var([1_i64, 2]), tape.var([true, false, true]));
    let errors: Vec<Result<Var<'_>, Error>> = vec![
        x.try_add(y),
        x.try_mul(n),
        n.try_add(0.5),
        x.try_maximum(y),
        x.try_pow(y),
        x.try_compare(Compare::Gt, y),
        truth.try_select(x, y),
        x.try_matmul(y),
        m.try_matmul(m),
        x.try_outer(m),
        x.try_reshape([7]),
        x.try_broadcast_to([2]),
        x.try_sum_to([2]),
        x.try_transpose(&[3]),
        x.try_sum_axes(3),
        x.try_sum_axes([0, 0]),
        x.try_mean_axes(3),
        x.try_max_axes(3),
        x.try_max_axes_with(keepdims(3), Ties::Each),
        x.try_logsumexp(3),
        x.try_softmax(3),
        x.try_log_softmax(3),
        x.try_norm_axes(3),
        x.try_slice_axis(3, 0..1),
        x.try_index_axis(0, 3),
        x.try_flip(3),
        x.try_take(7, 0),
        x.try_take(0, 3),
        x.try_scatter_add(0, 1.0, 3),
        x.try_one_hot(3),
        n.try_one_hot(1),
        n.try_sigmoid(),
        truth.try_square(),
        m.try_softmax_cross_entropy(n),
        m.try_softmax_cross_entropy([2_i64]),
        m.try_l2_pool(x),
        x.try_windows(&[1], 2),
        x.try_windows(&[0], 4),
        x.try_overlap_add(&[0], &[4], 3),
        m.try_conv1d(m, Conv::new()),
        m.try_conv2d(m, Conv::new()),
        m.try_conv_transpose1d(m, Conv::new()),
        m.try_conv_transpose2d(m, Conv::new()),
        m.try_max_pool1d(3),
        m.try_max_pool2d(1),
        m.try_avg_pool1d(0),
        m.try_avg_pool2d(1),
        x.try_layer_norm(1, 0.0),
        n.try_rms_norm(0, 0.0),
        m.try_group_norm(3, 0.0),
        x.try_batch_norm(0.0).map(|norm| norm.output),
        m.try_batch_norm_with(x, x, 0.0),
        m.try_scale_shift(0, x, x),
        try_stack(&[x, y], 0),
        try_stack(&[x, x], 5),
        try_stack(&[], 0),
        try_concat(&[x, m], 0),
        try_vmap([(x, Some(2))], |[x]| [x]).map(|[x]| x),
        try_vmap([(x, Some(0)), (y, Some(0))], |[x, _]| [x]).map(|[x]| x),
        x.try_grad(y),
        x.sum().try_grad(y),
        x.try_hessian(y),
        n.try_jacobian(x),
        x.try_vjp(y, x),
        x.try_jvp(&[(x, y)]),
    ];
    all_refused_here(errors);
}

#[test]
fn so_do_those_of_parts_indices_and_curves() {
    let tape = Tape::new();
    let (x, y) = (tape.var([1.0, 2.0, 3.0]), tape.var([1.0, 2.0]));
    let (m, n, truth) = (tape.var(array![[1.0, 2.0]]), tape.var([1_i64, 2]), tape.var([true, false, true]));
    all_refused_here(vec![
        x.try_expand_dims(3),
        m.try_squeeze(1),
        x.try_swap_axes(0, 3),
        x.try_move_axis(3, 0),
        x.try_split(2, 0).map(|parts| parts[0]),
        x.try_split_at(&[2, 1], 0).map(|parts| parts[0]),
        x.try_roll(1, 3),
        x.try_tile(&[usize::MAX]),
        x.try_repeat(usize::MAX, 0),
        x.try_repeat_each(&[1, 1], 0),
        x.try_diagonal(0),
        m.try_diagonal_axes(0, 1, 1),
        x.try_matrix_trace(),
        m.try_diag(0),
        x.try_tril(0),
        x.try_triu(0),
        m.try_kron(n),
        try_meshgrid([x, m], Grid::Ij).map(|[x, _]| x),
        x.try_flatnonzero(),
        x.try_take_where([true]),
        x.try_scatter_max(7, 1.0, 0),
        x.try_scatter_min(0, 1.0, 3),
        x.try_index_update(7, 1.0, 0),
        x.try_index_update(0, y, 0),
        x.try_segment_sum([0_i64, 1, 7], 2, 0),
        x.try_segment_mean([0_i64, 1], 2, 0),
        x.try_segment_max([0.0, 1.0, 1.0], 2, 0),
        x.try_segment_min(n, 2, 3),
        truth.try_search_sorted(truth, Side::Left),
        x.try_trapezoid(y, 0),
        x.try_trapezoid_at(y, 0),
        x.try_polyval(1.0),
        x.try_interp(x, y),
    ]);
}

#[test]
fn nodes_name_the_callers_line() {
    let tape = Tape::new();
    let x = tape.var([0.5, 2.0]);
    let nodes = [
        x + 1.0,
        1.0 - x,
        2 * x,
        -x,
        x * array![1.0, 2.0],
        x.sum(),
        x.sum_axes(0),
        x.max_axes(Axes::all()),
        x.mean(),
        x.softmax(0),
        x.cast(DType::F32),
        x.dot(x),
        x.binary_cross_entropy(0.5),
        x.sum().grad(x),
        x.square().sum().hessian(x),
        x.square().jacobian(x),
        tape.constant(1.0),
        tape.input(x.array_type()),
    ];
    for node in nodes {
        assert_here(format_args!("{node:?}"), Some(&node.place().file));
    }
}

#[test]
fn a_sum_over_an_iterator_stands_where_its_terms_do() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    let terms = [
        x * 2.0,
        x.square(), //
        x.exp(),
    ];
    let sum = terms.iter().sum::<Var<'_>>();
    assert_here("sum", Some(&sum.place().file));
    assert_eq!(sum.place().line, terms[2].place().line);
    assert_eq!((x + 1.0).place().line, line!(), "and the next node stands at its own line");
}

/// Everything that records more than its caller wrote.
#[test]
fn no_node_stands_in_the_engine() {
    let tape = Tape::new();
    let (w, b) = (tape.var(array![[0.5, -1.0], [2.0, 0.25]]), tape.var([0.1, 0.2]));
    let labels = tape.var([0_i64, 1]);
    let [each] = cinta::vmap([(w, Some(1)), (b, None)], |[w, b]| [(w * b).norm() + w.std(0) + 2.0 * w.sum()]);
    let logits = w.matmul(b);
    let losses = [
        logits.binary_cross_entropy([0.0, 1.0]).sum(),
        w.softmax_cross_entropy(labels).mean(),
        w.softmax_cross_entropy(w.softmax(1)).sum(),
        each.sum(),
        w.max_axes(0).sum() + w.log_softmax(0).norm(),
        w.reshape([2, 2, 1]).conv1d(w.reshape([2, 1, 2]), Conv::new().groups(2).same()).max_pool1d(1).sum(),
        w.reshape([1, 2, 2]).conv_transpose1d(w.reshape([2, 2, 1]), Conv::new().padding((0, 1))).mean(),
        w.layer_norm(-1, 0.5).scale_shift(0, b, 1.0).sum() + w.batch_norm(0.5).output.group_norm(2, 0.5).sum(),
        w.rms_norm(0, 0.5).avg_pool1d(cinta::Window::new(2).same()).windows(&[0], 2).sum(),
        labels.one_hot(2).cast(DType::F64).matmul(b).sum(),
        (w.tril(0).kron(w.triu(0)) * b.diag(1).expand_dims(0).tile(&[1, 2, 2]).slice((.., 1..5, 1..5))).sum(),
        (w.diagonal(0) + w.roll(1, 0).repeat(2, 1).repeat_each(&[2, 0], 0).split(2, 1)[0].diagonal_axes(0, 1, 0)).sum(),
        (meshgrid([b, b], Grid::Xy)[0] * w.take_where(w.gt(0.0)).sum()).sum(),
        (w.index_update(labels, b, 1) + w.scatter_max(1, b, 0) - w.scatter_min(0, 0.0, 1)).matrix_trace(),
        (w.segment_mean(labels, 3, 1).index_axis(1, 0) + w.segment_sum(labels, 3, 1).index_axis(1, 2)).norm(),
        (w.segment_max(labels, 2, 0) + w.segment_min(labels, 2, 1)).sum(),
        (w.trapezoid(0.1, 0) + w.trapezoid_at(b, 1)).polyval(b).sum() + w.interp([0.0, 1.0], b).sum(),
    ];
    let loss = losses.iter().sum::<Var<'_>>();
    let smooth = cinta::custom_vjp("twice", [b], |[b]| b * 2.0, |[_], _, ct| [ct * 2.0]);
    let tangent = smooth.jvp(&[(b, b.ones_like())]);
    let (jacobian, hessian) = (logits.jacobian(b), loss.hessian(b));
    let directional = loss.directional(b, tangent, 2);
    assert_eq!((jacobian.rank(), hessian.rank(), directional.rank()), (2, 2, 0));
    let graph = tape.graph();
    let strangers: Vec<String> = graph
        .ids()
        .filter(|&id| graph.place(id).file != file!())
        .map(|id| format!("{} # {}", graph.line(id), graph.place(id)))
        .collect();
    assert!(strangers.is_empty(), "{}", strangers.join("\n"));
}
