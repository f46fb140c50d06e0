//! `einsum` beside NumPy: values, derivatives, batches, the products it records, what it refuses.
use cinta::check::check_function;
use cinta::{DType, ErrorKind, Tape, Value, Var, einsum, try_einsum};
use ndarray::{ArrayD, array};

/// Half-integers from −5/2 to 5/2, other ones for each operand.
fn operand(k: usize, shape: &[usize]) -> ArrayD<f64> {
    let n: usize = shape.iter().product();
    let numbers = (0..n).map(|i| ((7 * i + 5 * k + 3) % 11) as f64 / 2.0 - 2.5).collect();
    ArrayD::from_shape_vec(shape, numbers).expect("as many as the shape holds")
}

fn operands(shapes: &[&[usize]]) -> Vec<ArrayD<f64>> {
    shapes.iter().enumerate().map(|(k, shape)| operand(k, shape)).collect()
}

/// A text, the shapes of its operands, and shape and elements of what `numpy.einsum` gives for them.
type Case = (&'static str, &'static [&'static [usize]], &'static [usize], &'static [f64]);

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("ij,jk->ik", &[&[2, 3], &[3, 2]], &[2, 2], &[-8.25, 4.25, -7.25, 2.75]),
    ("ij,jk", &[&[2, 3], &[3, 2]], &[2, 2], &[-8.25, 4.25, -7.25, 2.75]),
    ("ij,jk->ki", &[&[2, 3], &[3, 2]], &[2, 2], &[-8.25, -7.25, 4.25, 2.75]),
    ("ij,kj->ik", &[&[2, 3], &[2, 3]], &[2, 2], &[-4.0, -2.25, -3.25, -3.5]),
    ("ji,jk->ik", &[&[3, 2], &[3, 2]], &[2, 2], &[-4.75, 6.0, 7.5, -2.75]),
    ("ij,j->i", &[&[2, 3], &[3]], &[2], &[-4.0, -3.25]),
    ("j,jk->k", &[&[2], &[2, 3]], &[3], &[1.0, -2.0, 8.75]),
    ("jk,j", &[&[2, 3], &[2]], &[3], &[-0.75, 2.75, 0.75]),
    ("i,i->", &[&[4], &[4]], &[], &[-5.5]),
    ("i,i", &[&[4], &[4]], &[], &[-5.5]),
    ("i,j->ij", &[&[2], &[3]], &[2, 3], &[-1.5, 0.5, 2.5, 3.75, -1.25, -6.25]),
    ("i,j->ji", &[&[2], &[3]], &[3, 2], &[-1.5, 3.75, 0.5, -1.25, 2.5, -6.25]),
    ("i,j->", &[&[2], &[3]], &[], &[-2.25]),
    ("ij,ij->", &[&[2, 3], &[2, 3]], &[], &[-7.5]),
    ("ij,ji->", &[&[2, 3], &[3, 2]], &[], &[-5.5]),
    ("ij,ij->ij", &[&[2, 3], &[2, 3]], &[2, 3], &[-1.5, -1.25, -1.25, -1.5, -2.0, 0.0]),
    ("ij,ji->ij", &[&[2, 3], &[3, 2]], &[2, 3], &[-1.5, -6.25, -0.5, 0.75, 2.0, 0.0]),
    ("ij,j->ij", &[&[2, 3], &[3]], &[2, 3], &[-1.5, -1.25, -1.25, -2.25, -1.0, 0.0]),
    ("ij,i->j", &[&[2, 3], &[2]], &[3], &[-0.75, 2.75, 0.75]),
    ("i,ij,j->", &[&[2], &[2, 3], &[3]], &[], &[-5.5]),
    ("bij,bjk->bik", &[&[2, 2, 3], &[2, 3, 1]], &[2, 2, 1], &[-4.0, -3.25, -4.75, -6.0]),
    ("ibk,bkj->ibj", &[&[2, 2, 3], &[2, 3, 2]], &[2, 2, 2], &[-8.25, 4.25, 3.25, 2.25, -6.25, 1.25, 2.75, 2.25]),
    ("bi,bi->b", &[&[2, 3], &[2, 3]], &[2], &[-4.0, -3.5]),
    ("bi,bij->bj", &[&[2, 2], &[2, 2, 2]], &[2, 2], &[-7.75, 3.0, -1.25, 3.5]),
    ("bij,jk->bik", &[&[2, 1, 3], &[3, 2]], &[2, 1, 2], &[-8.25, 4.25, -7.25, 2.75]),
    ("bi,bj->bij", &[&[2, 2], &[2, 3]], &[2, 2, 3], &[-1.5, 0.5, 2.5, 3.75, -1.25, -6.25, 0.5, -0.5, 1.25, -1.5, 1.5, -3.75]),
    ("ijk,jkl->il", &[&[2, 2, 2], &[2, 2, 3]], &[2, 3], &[1.25, 0.25, 7.5, 2.0, -1.0, -6.75]),
    ("ijk,kjl->li", &[&[2, 2, 2], &[2, 2, 3]], &[3, 2], &[0.25, 1.0, -0.75, -2.0, 6.5, -7.75]),
    ("ij->ji", &[&[2, 3]], &[3, 2], &[-1.0, -1.5, 2.5, 2.0, 0.5, 0.0]),
    ("ba", &[&[2, 3]], &[3, 2], &[-1.0, -1.5, 2.5, 2.0, 0.5, 0.0]),
    ("ab", &[&[2, 3]], &[2, 3], &[-1.0, 2.5, 0.5, -1.5, 2.0, 0.0]),
    ("ij->j", &[&[2, 3]], &[3], &[-2.5, 4.5, 0.5]),
    ("ij->", &[&[2, 3]], &[], &[2.5]),
    ("ij->ij", &[&[2, 2]], &[2, 2], &[-1.0, 2.5, 0.5, -1.5]),
    ("ii->i", &[&[3, 3]], &[3], &[-1.0, 2.0, -0.5]),
    ("ii", &[&[3, 3]], &[], &[0.5]),
    ("ii->", &[&[3, 3]], &[], &[0.5]),
    ("iii->i", &[&[2, 2, 2]], &[2], &[-1.0, 1.5]),
    ("iji->j", &[&[2, 3, 2]], &[3], &[0.5, -2.0, 1.0]),
    ("iijj->ij", &[&[2, 2, 2, 2]], &[2, 2], &[-1.0, -1.5, 2.5, 2.0]),
    ("ijij->ji", &[&[2, 3, 2, 3]], &[3, 2], &[-1.0, 1.0, 1.5, -2.0, -1.5, 0.5]),
    ("bii->b", &[&[2, 2, 2]], &[2], &[-2.5, 3.5]),
    ("ii,ij->j", &[&[2, 2], &[2, 3]], &[3], &[-3.0, 2.0, -1.25]),
    ("ii,jj->ij", &[&[2, 2], &[3, 3]], &[2, 3], &[-1.5, 1.0, -2.0, -2.25, 1.5, -3.0]),
    ("...ij,...jk->...ik", &[&[2, 2, 3], &[3, 2]], &[2, 2, 2], &[-8.25, 4.25, -7.25, 2.75, -6.25, 1.25, -5.25, -0.25]),
    ("...ij,...jk->...ik", &[&[2, 1, 2, 2], &[3, 2, 1]], &[2, 3, 2, 1], &[-2.75, 1.5, 5.0, -2.75, 7.25, -4.25, 3.0, -3.75, -5.0, 6.5, -2.0, 5.75]),
    ("...,...", &[&[2, 3], &[3]], &[2, 3], &[-1.5, -1.25, -1.25, -2.25, -1.0, 0.0]),
    ("...i,...i->...", &[&[2, 1, 3], &[2, 3]], &[2, 2], &[-4.0, -2.25, -3.25, -3.5]),
    ("i...->...i", &[&[2, 3]], &[3, 2], &[-1.0, -1.5, 2.5, 2.0, 0.5, 0.0]),
    ("i...,i...->...", &[&[2, 3], &[2, 3]], &[3], &[-3.0, -3.25, -1.25]),
    ("i...i->...", &[&[2, 3, 2]], &[3], &[0.5, -2.0, 1.0]),
    ("...i->i...", &[&[2, 3]], &[3, 2], &[-1.0, -1.5, 2.5, 2.0, 0.5, 0.0]),
    ("...i", &[&[2, 3]], &[2, 3], &[-1.0, 2.5, 0.5, -1.5, 2.0, 0.0]),
    ("b...a", &[&[2, 1, 3]], &[1, 3, 2], &[-1.0, -1.5, 2.5, 2.0, 0.5, 0.0]),
    ("...", &[&[2, 2]], &[2, 2], &[-1.0, 2.5, 0.5, -1.5]),
    ("...->...", &[&[]], &[], &[-1.0]),
    ("ij->...ij", &[&[1, 2]], &[1, 2], &[-1.0, 2.5]),
    ("...,i->...i", &[&[], &[3]], &[3], &[-1.5, 0.5, 2.5]),
    ("ab,bc,cd->ad", &[&[2, 3], &[3, 2], &[2, 2]], &[2, 2], &[12.375, -25.0, 10.875, -20.0]),
    ("ab,bc,cd,de,ef->af", &[&[2, 1], &[1, 3], &[3, 2], &[2, 2], &[2, 1]], &[2, 1], &[1.3125, -3.281_25]),
    ("i,i,i->i", &[&[3], &[3], &[3]], &[3], &[2.25, -2.5, 0.0]),
    ("i,i,i->", &[&[3], &[3], &[3]], &[], &[-0.25]),
    ("ij,jk,ki->", &[&[2, 3], &[3, 2], &[2, 2]], &[], &[-7.625]),
    ("i,j,k->kji", &[&[2], &[2], &[2]], &[2, 2, 2], &[2.25, -5.625, -0.75, 1.875, -3.0, 7.5, 1.0, -2.5]),
    ("ab,ac,ad->bcd", &[&[2, 2], &[2, 1], &[2, 2]], &[2, 1, 2], &[2.25, -2.5, -5.625, 6.0]),
    ("a,ab,abc->c", &[&[2], &[2, 2], &[2, 2, 2]], &[2], &[-13.375, 1.625]),
    ("i,i->i", &[&[1], &[3]], &[3], &[-1.5, 0.5, 2.5]),
    ("ij,i->j", &[&[1, 2], &[3]], &[2], &[1.5, -3.75]),
    ("ij,jk->ik", &[&[2, 1], &[3, 2]], &[2, 2], &[2.0, -3.0, -5.0, 7.5]),
    ("ij,ij->ij", &[&[2, 1], &[1, 3]], &[2, 3], &[-1.5, 0.5, 2.5, 3.75, -1.25, -6.25]),
    ("ij,ij->i", &[&[2, 1], &[1, 3]], &[2], &[1.5, -3.75]),
    ("Aa,aB->AB", &[&[2, 2], &[2, 2]], &[2, 2], &[-7.75, 3.0, 4.5, -1.75]),
    ("Aa", &[&[2, 3]], &[2, 3], &[-1.0, 2.5, 0.5, -1.5, 2.0, 0.0]),
    ("aA", &[&[2, 3]], &[3, 2], &[-1.0, -1.5, 2.5, 2.0, 0.5, 0.0]),
    (" i j , j k -> i k ", &[&[2, 2], &[2, 2]], &[2, 2], &[-7.75, 3.0, 4.5, -1.75]),
    ("", &[&[]], &[], &[-1.0]),
    (",", &[&[], &[]], &[], &[-1.5]),
    (",ij->ij", &[&[], &[2, 2]], &[2, 2], &[-1.5, 0.5, 2.5, -1.0]),
    ("i,->i", &[&[2], &[]], &[2], &[-1.5, 3.75]),
    ("ij,jk->", &[&[2, 3], &[3, 2]], &[], &[-8.5]),
    ("ij,jk->k", &[&[2, 3], &[3, 2]], &[2], &[-15.5, 7.0]),
    ("ij,kl->il", &[&[2, 3], &[3, 2]], &[2, 2], &[-4.0, 6.0, -1.0, 1.5]),
    ("ij,kl->", &[&[2, 2], &[2, 2]], &[], &[-0.25]),
    ("ij,jk->ik", &[&[2, 0], &[0, 2]], &[2, 2], &[0.0, 0.0, 0.0, 0.0]),
    ("ij->i", &[&[2, 0]], &[2], &[0.0, 0.0]),
    ("ij,jk->ik", &[&[0, 2], &[2, 2]], &[0, 2], &[]),
    ("ij,kj,lj,mj->iklm", &[&[1, 2], &[2, 2], &[1, 2], &[2, 2]], &[1, 2, 1, 2], &[4.75, 4.375, -8.75, -6.875]),
    ("a,b,c,d,e,f,g,h,i,abcdefghi->", &[&[2], &[2], &[2], &[1], &[1], &[1], &[1], &[1], &[1], &[2, 2, 2, 1, 1, 1, 1, 1, 1]], &[], &[0.0]),
    ("ab,bc,cd,de,ef,fg,gh,hi,ij->aj", &[&[2, 2], &[2, 2], &[2, 2], &[2, 2], &[2, 2], &[2, 2], &[2, 2], &[2, 2], &[2, 2]], &[2, 2], &[-1_280.695_312_5, -159.269_531_25, 744.5625, 93.281_25]),
];

#[test]
fn values_are_those_of_numpy() {
    for &(text, shapes, shape, expected) in CASES {
        let tape = Tape::new();
        let vars: Vec<Var<'_>> = operands(shapes).iter().map(|array| tape.var(array)).collect();
        let result = einsum(text, &vars).value();
        assert_eq!(result.shape().as_slice(), shape, "{text} of {shapes:?}");
        assert_eq!(result.to_f64s(), expected, "{text} of {shapes:?}");
    }
}

#[test]
fn integers_and_single_precision_too() {
    for &(text, shapes, shape, expected) in CASES {
        let tape = Tape::new();
        let (mut integers, mut singles) = (Vec::new(), Vec::new());
        for array in operands(shapes) {
            integers.push(tape.var(array.mapv(|x| 2.0 * x)).cast(DType::I64));
            singles.push(tape.var(&array).cast(DType::F32));
        }
        let scale = f64::from(1 << shapes.len());
        let result = einsum(text, &integers).value();
        assert_eq!(result.shape().as_slice(), shape, "{text}");
        assert_eq!(result.to_f64s(), expected.iter().map(|x| scale * x).collect::<Vec<_>>(), "{text} of {shapes:?}");
        assert_eq!(einsum(text, &singles).value().to_f64s(), expected, "{text} of {shapes:?}");
    }
}

#[test]
fn derivatives_to_third_order_and_batches_are_right() {
    let mut checked = 0;
    for &(text, shapes, ..) in CASES.iter().filter(|(_, shapes, ..)| shapes.len() <= 3) {
        let inputs: Vec<Value> = operands(shapes).into_iter().map(|array| Value::from(array * 0.5 + 0.1)).collect();
        if let Err(mismatch) = check_function(&|x| einsum(text, x), &inputs) {
            panic!("{text}: {mismatch}");
        }
        checked += 1;
    }
    assert!(checked > 70, "{checked}");
}

#[test]
fn axes_of_an_ellipsis_that_the_output_leaves_out_are_summed() {
    let tape = Tape::new();
    let x = tape.var(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    assert_eq!(einsum("...i->i", &[x]).value(), array![5.0, 7.0, 9.0]);
    assert_eq!(einsum("i...->", &[x]).item(), 21.0);
}

#[test]
fn integers_wrap() {
    let tape = Tape::new();
    let x = tape.var([i64::MAX, 1]);
    assert_eq!(einsum("i->", &[x]).value(), Value::from(i64::MIN));
    assert_eq!(einsum("i,i->i", &[x, x]).value(), array![1_i64, 1]);
}

#[test]
fn nothing_is_recorded_where_nothing_changes() {
    let tape = Tape::new();
    let x = tape.var(array![[1.0, 2.0]]);
    assert_eq!(einsum("ij->ij", &[x]).id(), x.id());
    assert_eq!(einsum("...", &[x]).id(), x.id());
}

mod order {
    use super::*;

    /// The operations recorded after the operands, by name, with their shapes.
    fn recorded(text: &str, shapes: &[&[usize]]) -> Vec<String> {
        let tape = Tape::new();
        let vars: Vec<Var<'_>> = operands(shapes).iter().map(|array| tape.var(array)).collect();
        _ = einsum(text, &vars);
        let graph = tape.graph();
        graph.ids().filter_map(|id| Some(format!("{} {}", graph.op(id)?.name(), graph.array_type(id).shape))).collect()
    }

    #[test]
    fn the_cheaper_product_comes_first() {
        let shapes = |n: usize| [[2, 9], [9, n], [n, 9]];
        let left = shapes(9);
        let left: Vec<&[usize]> = left.iter().map(|shape| &shape[..]).collect();
        assert_eq!(recorded("ab,bc,cd->ad", &left), ["matmul [2, 9]", "matmul [2, 9]"]);
        assert_eq!(
            recorded("ab,bc,c->a", &[&[9, 9], &[9, 9], &[9]]),
            ["matmul [9]", "matmul [9]"],
            "a vector first, whatever the order of the text"
        );
    }

    #[test]
    fn what_one_array_has_alone_is_summed_first() {
        assert_eq!(recorded("ij,jk->k", &[&[4, 3], &[3, 5]]), ["sum_to [1, 3]", "reshape [3]", "matmul [5]"]);
        assert_eq!(recorded("i,j->", &[&[4], &[3]]), ["sum_to []", "sum_to []", "mul []"]);
    }

    #[test]
    fn a_product_is_one_product_and_little_else() {
        assert_eq!(recorded("ij,jk->ik", &[&[2, 3], &[3, 4]]), ["matmul [2, 4]"]);
        assert_eq!(recorded("ij,kj->ik", &[&[2, 3], &[4, 3]]), ["transpose [3, 4]", "matmul [2, 4]"]);
        assert_eq!(recorded("jk,j->k", &[&[2, 3], &[2]]), ["matmul [3]"]);
        assert_eq!(recorded("ij,jk->ki", &[&[2, 3], &[3, 4]]), ["matmul [2, 4]", "transpose [4, 2]"]);
        assert_eq!(recorded("i,j->ij", &[&[2], &[3]]), ["outer [2, 3]"]);
        assert_eq!(recorded("bij,bjk->bik", &[&[5, 2, 3], &[5, 3, 4]]), ["matmul [5, 2, 4]"]);
        assert_eq!(recorded("ij,ij->ij", &[&[2, 3], &[2, 3]]), ["mul [2, 3]"]);
        assert_eq!(
            recorded("bij,jk->bik", &[&[5, 2, 3], &[3, 4]]),
            ["reshape [10, 3]", "matmul [10, 4]", "reshape [5, 2, 4]"]
        );
        assert_eq!(
            recorded("bqhd,bkhd->bhqk", &[&[2, 3, 4, 5], &[2, 6, 4, 5]]),
            ["transpose [2, 4, 3, 5]", "transpose [2, 4, 5, 6]", "matmul [2, 4, 3, 6]"],
            "attention"
        );
    }
}

mod refusals {
    use super::*;

    #[track_caller]
    fn refused(text: &str, shapes: &[&[usize]], expected: &str) {
        let tape = Tape::new();
        let vars: Vec<Var<'_>> = operands(shapes).iter().map(|array| tape.var(array)).collect();
        let error = try_einsum(text, &vars).expect_err(text);
        let message = error.to_string();
        assert!(message.starts_with("einsum: "), "{message}");
        assert!(message.contains(expected), "{message}");
        assert!(message.contains(file!()), "{message}");
        assert_eq!(error.kind(), ErrorKind::Type);
    }

    #[test]
    fn texts_that_cannot_be_read() {
        refused(
            "ij,j?->i",
            &[&[2, 2], &[2, 2]],
            "column 5 of \"ij,j?->i\": expected a letter, `...`, `,` or `->`, not '?'",
        );
        refused("ij.->i", &[&[2, 2]], "column 3");
        refused("i->i->i", &[&[2]], "a second `->`");
        refused("i->i,i", &[&[2]], "no `,` after `->`");
        refused("...i...", &[&[2]], "a second `...` in one term");
    }

    #[test]
    fn outputs_that_do_not_follow() {
        refused(
            "ij,jk->iz",
            &[&[2, 2], &[2, 2]],
            "column 9 of \"ij,jk->iz\": the output names 'z', and no operand does",
        );
        refused("i->ii", &[&[2]], "column 5 of \"i->ii\": the output names 'i' twice");
    }

    #[test]
    fn arrays_that_do_not_fit() {
        refused("ij,jk->ik", &[&[2, 2]], "\"ij,jk->ik\" has 2 terms for 1 array");
        refused("i", &[&[2], &[2]], "has 1 term for 2 arrays");
        refused("ij", &[&[2]], "operand 0: its term names 2 axes, and it has 1");
        refused("i", &[&[2, 3]], "operand 0: its term names 1 axes, and it has 2; `...` names the others");
        refused("i,jk...", &[&[2], &[2]], "operand 1: its term names at least 2 axes, and it has 1");
        refused(
            "ij,jk->ik",
            &[&[2, 3], &[4, 2]],
            "label 'j' has size 3 in operand 0 (column 2) and size 4 in operand 1 (column 4)",
        );
        refused("i,i,i", &[&[1], &[3], &[2]], "label 'i' has size 3 in operand 1 (column 3) and size 2 in operand 2");
        refused(
            "ii->i",
            &[&[1, 3]],
            "label 'i' has sizes 1 and 3 in operand 0 (column 2); a diagonal needs equal ones",
        );
        refused("...,...", &[&[2, 3], &[2, 2]], "axis -1 of `...` has size 3 in operand 0 (column 1) and size 2");
    }

    #[test]
    fn arrays_of_other_kinds() {
        let tape = Tape::new();
        let (x, n, truth) = (tape.var([1.0]), tape.var([1_i64]), tape.var([true]));
        let reason = |vars: &[Var<'_>]| try_einsum("i,i->i", vars).expect_err("refused").to_string();
        assert!(reason(&[x, n]).contains("dtypes f64 and i64 differ"));
        assert!(reason(&[truth, truth]).contains("needs numbers, not bool"));
        let none = try_einsum("", &[]).expect_err("no arrays");
        assert!(none.to_string().contains("takes one array or more"), "{none}");
        assert_eq!(none.place().map(|place| &*place.file), Some(file!()));
        let other = Tape::new();
        assert_eq!(try_einsum("i,i", &[x, other.var([1.0])]).expect_err("two tapes").kind(), ErrorKind::Tape);
    }

    #[test]
    fn results_too_large_for_memory() {
        let tape = Tape::new();
        let x = tape.var(ArrayD::<f64>::zeros(vec![1])).broadcast_to([1 << 17]);
        assert!(try_einsum("i,j,k->ijk", &[x, x, x]).is_err());
        assert!(try_einsum("i,j,k,l->ijkl", &[x, x, x, x]).is_err());
        assert_eq!(einsum("i,j,k,l->", &[x, x, x, x]).item(), 0.0);
    }

    #[test]
    fn more_labels_than_an_array_can_have_axes() {
        let tape = Tape::new();
        let x = tape.var(1.0).reshape(vec![1; 200]);
        let error = try_einsum("...->...", &[x]).expect_err("200 labels");
        assert!(error.to_string().contains("200 labels are more than 128"), "{error}");
        assert!(einsum("...", &[tape.var(1.0).reshape(vec![1; 128])]).value().to_f64s() == [1.0]);
    }
}
