//! Windows, convolutions and pooling: numbers from `scipy.signal` and NumPy, conventions, batches, refusals.
use cinta::check::check_function;
use cinta::{Conv, Error, ErrorKind, Tape, Value, Var, Window, vmap};
use ndarray::{ArrayD, array};

/// Small integers without structure in a shape: −5 to 5.
fn integers(shape: &[usize], seed: usize) -> ArrayD<f64> {
    let n: usize = shape.iter().product();
    let numbers = (0..n).map(|i| ((i * 7 + seed * 3) % 11) as f64 - 5.0).collect();
    ArrayD::from_shape_vec(shape, numbers).expect("as many as the shape holds")
}

/// That a variable has a shape and, in row-major order, numbers, to rounding.
#[track_caller]
fn assert_is(y: Var<'_>, shape: &[usize], numbers: &[f64]) {
    assert_eq!(y.shape().as_slice(), shape);
    let got = y.value().to_f64s();
    let near = |(a, b): (&f64, &f64)| a == b || (a - b).abs() <= 1e-15 * b.abs();
    assert!(got.len() == numbers.len() && got.iter().zip(numbers).all(near), "got {got:?}, expected {numbers:?}");
}

#[track_caller]
fn refused<T>(result: Result<T, Error>, says: &str) {
    let Err(error) = result else { panic!("nothing was refused, but expected: {says}") };
    assert_eq!(error.kind(), ErrorKind::Type, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.to_string().contains(file!()), "{error}");
}

mod convolutions {
    use super::*;

    #[test]
    fn along_one_axis() {
        let tape = Tape::new();
        let (x, w) = (tape.var(integers(&[2, 2, 5], 1)), tape.var(integers(&[2, 2, 3], 2)));
        let y = x.conv1d(w, Conv::new().stride(2).padding((1, 2)));
        assert_is(y, &[2, 2, 3], &[14., -25., 5., 16., 6., -40., -30., 12., 14., 6., -38., 3.]);
        assert_is(x.conv1d(w, Conv::new().dilation(2)), &[2, 2, 1], &[-16., 15., -12., -62.]);
    }

    #[test]
    fn along_two_axes() {
        let tape = Tape::new();
        let (x, w) = (tape.var(integers(&[1, 2, 4, 5], 3)), tape.var(integers(&[2, 2, 3, 2], 1)));
        let conv = Conv::new().stride([2, 1]).dilation([1, 2]).padding([(1, 0), (2, 1)]);
        let numbers = [
            -23., 17., -9., -4., 1., 27., -24., -16., -30., 22., 19., -44., //
            53., -19., -48., 19., -24., -13., -26., 56., -40., -38., -3., 33.,
        ];
        assert_is(x.conv2d(w, conv.clone()), &[1, 2, 2, 6], &numbers);
        let one = x.index_axis(0, 0).conv2d(w, conv.unbatched());
        assert_is(one, &[2, 2, 6], &numbers);
        let (x, w) = (tape.var(integers(&[1, 1, 5, 6], 3)), tape.var(integers(&[1, 1, 2, 3], 1)));
        let same = x.conv2d(w, Conv::new().stride(2).same());
        assert_is(same, &[1, 1, 3, 3], &[-26., 11., 2., 9., -31., 8., 22., -21., -14.]);
        let by_hand = x.conv2d(w, Conv::new().stride(2).padding([(0, 1), (0, 1)]));
        assert_eq!(same.value(), by_hand.value(), "the smaller half goes in front");
    }

    #[test]
    fn in_groups() {
        let tape = Tape::new();
        let x = tape.var(integers(&[1, 4, 5], 1));
        let pairs = x.conv1d(integers(&[2, 2, 2], 4), Conv::new().groups(2));
        assert_is(pairs, &[1, 2, 4], &[43., -28., -11., 50., 28., -18., -9., 22.]);
        let each = x.conv1d(integers(&[8, 1, 3], 5), Conv::new().groups(4).same());
        let numbers = [
            20., -21., -16., 22., -17., -5., 30., -8., -13., 26., 0., -16., 24., -13., -17., 4., -15., 26., -10., -11.,
            8., -24., 18., -17., -11., 8., -7., -8., 35., 2., 0., 32., -12., -12., 12., -4., 32., -11., -10., 10.,
        ];
        assert_is(each, &[1, 8, 5], &numbers);
    }

    #[test]
    fn transposed() {
        let tape = Tape::new();
        let y = tape.var(integers(&[1, 2, 3], 2));
        let x = y.conv_transpose1d(integers(&[2, 1, 3], 1), Conv::new().stride(2).padding(1).output_padding(1));
        assert_is(x, &[1, 1, 6], &[5., 19., -31., -20., 32., 4.]);
        let y = tape.var(integers(&[1, 4, 2, 2], 2));
        let conv = Conv::new().stride([2, 1]).dilation([1, 2]).padding([(0, 1), (1, 0)]);
        let x = y.conv_transpose2d(integers(&[4, 1, 2, 3], 1), conv.output_padding([1, 0]).groups(2));
        let numbers = [
            -6., -7., -6., 5., -6., -6., -4., -6., 8., -6., 20., 17., -15., 5., 5., 25., 14., -10., 2., 10., //
            2., 5., -6., 9., -14., 0., 6., -8., -23., 28., -7., 5., 5., -15., 17., -4., 0., 8., -20., -24.,
        ];
        assert_is(x, &[1, 2, 4, 5], &numbers);
    }

    /// What the transpose makes of y is what y is pulled back to, for every size that is shortened to y's.
    #[test]
    fn transposes_are_pullbacks() {
        let tape = Tape::new();
        let w = tape.var(integers(&[4, 2, 3], 1));
        let convs = [
            Conv::new(),
            Conv::new().stride(3).padding((2, 1)),
            Conv::new().stride(2).dilation(3).groups(2),
            Conv::new().stride(4).same(),
            Conv::new().same().dilation(2),
        ];
        for conv in convs {
            for length in 9..15 {
                let grouped = conv.clone().groups(2) == conv;
                let x = tape.var(integers(&[2, if grouped { 4 } else { 2 }, length], 2));
                let y = x.conv1d(w, conv.clone());
                let ct = tape.var(integers(&y.shape(), 5));
                let back = y.vjp(ct, x);
                let fits = |more: &usize| {
                    let transpose = ct.try_conv_transpose1d(w, conv.clone().output_padding(*more));
                    transpose.is_ok_and(|x| x.shape() == back.shape() && x.value() == back.value())
                };
                assert_eq!((0..4).filter(fits).count(), 1, "{conv:?} of length {length}");
            }
        }
    }

    #[test]
    fn keep_every_claim() {
        let value = |shape: &[usize], seed| Value::from(integers(shape, seed) / 4.0);
        let convs = [
            Conv::new(),
            Conv::new().stride([2, 1]).dilation([1, 2]).padding([(0, 1), (2, 0)]),
            Conv::new().same().stride(2),
        ];
        for conv in convs {
            let both = [value(&[2, 2, 3, 4], 1), value(&[2, 2, 2, 2], 4)];
            check_function(&|v| v[0].conv2d(v[1], conv.clone()), &both).unwrap();
            let back = [value(&[1, 2, 2, 3], 1), value(&[2, 1, 2, 2], 4)];
            check_function(&|v| v[0].conv_transpose2d(v[1], conv.clone()), &back).unwrap();
        }
        let grouped = [value(&[2, 4, 4], 1), value(&[2, 2, 2], 4)];
        check_function(&|v| v[0].conv1d(v[1], Conv::new().groups(2).padding(1)), &grouped).unwrap();
        let back = [value(&[2, 2, 3], 1), value(&[2, 2, 2], 4)];
        check_function(&|v| v[0].conv_transpose1d(v[1], Conv::new().groups(2).stride(2)), &back).unwrap();
    }

    /// The products in a recorded graph, as printed.
    fn products(tape: &Tape) -> Vec<String> {
        let graph = tape.graph();
        graph.ids().map(|id| graph.line(id)).filter(|line| line.contains("= matmul")).collect()
    }

    #[test]
    fn a_batch_is_one_product() {
        for (batch_x, batch_w, shape) in
            [(true, false, "f64[2, 30]"), (false, true, "f64[10, 6]"), (true, true, "f64[5, 2, 6]")]
        {
            let tape = Tape::new();
            let side = |batched: bool, shape: &[usize]| {
                let axis = batched.then_some(0);
                let shape = if batched { [&[5], shape].concat() } else { shape.to_vec() };
                (tape.var(integers(&shape, 1)), axis)
            };
            let (x, w) = (side(batch_x, &[2, 3, 4]), side(batch_w, &[2, 3, 2]));
            let [y] = vmap([x, w], |[x, w]| [x.conv1d(w, Conv::new())]);
            assert_eq!(y.shape().as_slice(), [5, 2, 2, 3]);
            let lines = products(&tape);
            // The one example that was traced, and the batch.
            assert_eq!(lines.len(), 2, "{lines:?}");
            assert!(lines[1].contains(shape), "{lines:?}");
        }
    }

    #[test]
    fn one_example_inside_a_batch() {
        let tape = Tape::new();
        let (x, w) = (tape.var(integers(&[3, 2, 5], 1)), tape.var(integers(&[4, 2, 3], 2)));
        let [each] = vmap([(x, Some(0)), (w, None)], |[x, w]| [x.conv1d(w, Conv::new().unbatched())]);
        assert_eq!(each.value(), x.conv1d(w, Conv::new()).value());
    }

    #[test]
    fn of_nothing() {
        let tape = Tape::new();
        let w = tape.var(integers(&[2, 3, 2], 1));
        let none = tape.var(integers(&[0, 3, 5], 1));
        assert_eq!(none.conv1d(w, Conv::new()).shape().as_slice(), [0, 2, 4]);
        assert_eq!(none.conv_transpose1d(integers(&[3, 1, 2], 1), Conv::new()).shape().as_slice(), [0, 1, 6]);
        let dw = none.conv1d(w, Conv::new()).sum().grad(w);
        assert_eq!(dw.value(), ArrayD::<f64>::zeros(vec![2, 3, 2]));
        let empty = tape.var(integers(&[1, 3, 0], 1));
        assert_eq!(empty.conv1d(w, Conv::new().same()).shape().as_slice(), [1, 2, 0]);
        let deaf = tape.var(integers(&[1, 0, 5], 1)).conv1d(integers(&[2, 0, 2], 1), Conv::new());
        assert_eq!(deaf.value(), ArrayD::<f64>::zeros(vec![1, 2, 4]));
    }

    #[test]
    fn that_do_not_fit_are_refused() {
        let tape = Tape::new();
        let (x, w) = (tape.var(integers(&[1, 4, 5], 1)), tape.var(integers(&[2, 4, 3], 1)));
        let x2 = tape.var(integers(&[1, 1, 2, 2], 1));
        refused(
            x.try_conv2d(w, Conv::new()),
            "conv2d: f64[1, 4, 5] and f64[2, 4, 3]: takes an array with axes N C H W",
        );
        refused(x2.try_conv2d(w, Conv::new()), "takes kernels with axes O I H W, not with 3 axes");
        refused(x.try_conv1d(w, Conv::new().unbatched()), "takes an unbatched array with axes C L, not with 3 axes");
        refused(x.try_conv1d(integers(&[2, 3, 3], 1), Conv::new()), "the kernels take 3 channels, and 4 came");
        refused(x.try_conv1d(w, Conv::new().groups(2)), "take 4 channels in each of 2 groups, and 4 came");
        refused(x.try_conv1d(w, Conv::new().groups(3)), "3 groups do not divide 2 output channels");
        refused(x.try_conv1d(w, Conv::new().groups(0)), "0 groups do not divide");
        let large = integers(&[1, 1, 3, 3], 1);
        refused(x2.try_conv2d(&large, Conv::new()), "across 3 elements does not fit into axis 2 of size 2");
        let padded = Conv::new().dilation(2).padding([(0, 1), (1, 1)]);
        refused(
            x2.try_conv2d(&large, padded),
            "across 5 elements does not fit into axis 2 of size 2 with 0 before and 1 after",
        );
        refused(x.try_conv1d(w, Conv::new().stride(0)), "the stride along axis 2 is 0");
        refused(x.try_conv1d(w, Conv::new().stride([1, 2])), "the stride is given for 2 axes, not 1");
        refused(x.try_conv1d(w, Conv::new().padding(usize::MAX)), "axis 2 would be too large for memory");
        refused(x.try_conv1d(w, Conv::new().padding(usize::MAX >> 8)), "too large for memory");
        refused(x.try_conv1d(w, Conv::new().dilation(usize::MAX)), "too large for memory");
        refused(x.try_conv1d(w, Conv::new().output_padding(1)), "output padding is for transposed convolutions");
        refused(x.try_conv1d(integers(&[2, 4, 0], 1), Conv::new()), "the window along axis 2 is 0");
        refused(x.try_conv1d(w.cast(cinta::DType::F32), Conv::new()), "dtypes f64 and f32 differ");
        let n = tape.var(array![[[1_i64, 2]]]);
        refused(n.try_conv1d(n, Conv::new()), "needs f64 or f32, not i64");
        let y = tape.var(integers(&[1, 2, 2], 1));
        refused(x.try_conv_transpose1d(w, Conv::new()), "the kernels take 2 channels, and 4 came");
        refused(y.try_conv_transpose1d(w, Conv::new().output_padding(1)), "1 should be less than the stride 1");
        refused(y.try_conv_transpose1d(w, Conv::new().padding(3)), "a padding of 3 and 3 leaves nothing of 4 elements");
        refused(y.try_conv_transpose1d(w, Conv::new().stride(usize::MAX)), "axis 2 would be too large for memory");
        refused(y.slice_axis(2, 0..0).try_conv_transpose1d(w, Conv::new()), "axis 2 is empty");
        let none = tape.var(integers(&[1, 0, 2], 1));
        refused(
            none.try_conv_transpose1d(integers(&[0, 3, 2], 1), Conv::new().groups(usize::MAX)),
            "too large for memory",
        );
    }
}

mod pooling {
    use super::*;

    #[test]
    fn over_two_axes() {
        let tape = Tape::new();
        let x = tape.var(integers(&[1, 2, 4, 5], 4));
        let y = x.max_pool2d(Window::new([2, 3]).stride([2, 1]));
        assert_is(y, &[1, 2, 2, 3], &[5., 5., 4., 5., 5., 5., 4., 5., 5., 4., 4., 5.]);
        let y = x.avg_pool2d(Window::new(2).stride([2, 1]));
        let numbers = [0.5, 2., -2., -0.5, -1., 0.5, 2., -2., 0.25, -1., 0.5, 2., -1.25, 0.25, -1., 0.5];
        assert_is(y, &[1, 2, 2, 4], &numbers);
        let around = Window::new(3).stride(2).padding(1);
        let y = x.max_pool2d(around.clone());
        assert_is(y, &[1, 2, 2, 3], &[5., 5., 4., 5., 5., 4., 4., 5., 5., 4., 5., 5.]);
        let thirds = [0.5, 0., -0.5, -1. / 6., 5. / 9., -7. / 6., 0.25, 2. / 3., 2., -4. / 3., 0., 4. / 3.];
        assert_is(x.avg_pool2d(around.clone()), &[1, 2, 2, 3], &thirds);
        assert_eq!(
            x.index_axis(0, 0).max_pool2d(around.clone()).value(),
            x.max_pool2d(around).index_axis(0, 0).value()
        );
    }

    #[test]
    fn the_first_of_ties_gets_all() {
        let tape = Tape::new();
        let x = tape.var(array![[[1.0, 2.0, 2.0], [2.0, 2.0, 0.0]]]);
        let y = x.max_pool2d(2);
        assert_eq!(y.sum().grad(x).value(), array![[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]);
        let y = x.max_pool2d(Window::new(2).stride(1));
        assert_eq!((y * array![[[1.0, 10.0]]]).sum().grad(x).value(), array![[[0.0, 11.0, 0.0], [0.0, 0.0, 0.0]]]);
        let t = tape.var(array![[[0.0, 1.0, 5.0], [7.0, 9.0, 0.0]]]);
        assert_eq!(y.jvp(&[(x, t)]).value(), array![[[1.0, 1.0]]]);
    }

    #[test]
    fn at_nan_and_infinity_and_in_padding() {
        let tape = Tape::new();
        let x = tape.var(array![[f64::NAN, 1.0, f64::NEG_INFINITY, f64::NEG_INFINITY]]);
        let y = x.max_pool1d(2);
        assert!(y.value().to_f64s()[0].is_nan());
        assert_eq!(y.value().to_f64s()[1], f64::NEG_INFINITY);
        assert_eq!(y.sum().grad(x).value(), array![[0.0, 0.0, 1.0, 0.0]]);
        let lonely = x.max_pool1d(Window::new(2).padding((4, 0)));
        assert_eq!(lonely.value().to_f64s()[..2], [f64::NEG_INFINITY; 2]);
        assert_eq!(lonely.slice_axis(1, ..2).sum().grad(x).value(), array![[0.0, 0.0, 0.0, 0.0]]);
        let n = tape.var(array![[i64::MIN, -3, 7]]);
        assert_eq!(n.max_pool1d(Window::new(2).stride(1).same()).value(), array![[-3_i64, 7, 7]]);
    }

    #[test]
    fn keeps_every_claim() {
        let without_ties = ArrayD::from_shape_fn(vec![2, 4, 5], |at| (at[0] * 20 + at[1] * 5 + at[2]) as f64);
        let x = [Value::from(without_ties.mapv(|i| (i * 1.7).sin()))];
        let around = Window::new([3, 2]).stride([2, 1]).padding([1, 0]);
        for window in [Window::new(2), around, Window::new(2).same().dilation(2)] {
            check_function(&|v| v[0].avg_pool2d(window.clone()), &x).unwrap();
            check_function(&|v| v[0].max_pool2d(window.clone()), &x).unwrap();
        }
    }

    #[test]
    fn that_does_not_fit_is_refused() {
        let tape = Tape::new();
        let (m, x) = (tape.var(integers(&[4, 4], 1)), tape.var(integers(&[1, 1, 2, 2], 1)));
        refused(m.try_avg_pool2d(2), "avg_pool2d: f64[4, 4]: takes an array with axes C H W");
        refused(
            x.try_max_pool2d(3),
            "max_pool2d: f64[1, 1, 2, 2]: a window across 3 elements does not fit into axis 2",
        );
        refused(x.try_max_pool2d([1, 2, 2]), "the window is given for 3 axes, not 2");
        refused(x.try_max_pool2d(0), "the window along axis 2 is 0");
        refused(tape.var(array![[true, false]]).try_max_pool1d(1), "max_pool1d: bool[1, 2]: needs numbers");
        refused(tape.var(array![[1_i64]]).try_avg_pool1d(1), "avg_pool1d: i64[1, 1]: needs f64 or f32");
    }
}

mod windows {
    use super::*;

    #[test]
    fn go_along_the_axes_as_named() {
        let tape = Tape::new();
        let x = tape.var(integers(&[3, 4], 1));
        let (a, b) = (x.windows(&[0, 1], [2, 3]), x.windows(&[-1, 0], [3, 2]));
        assert_eq!(a.shape().as_slice(), [2, 2, 2, 3]);
        assert_eq!(b.value(), a.transpose(&[0, 1, 3, 2]).value());
        assert_eq!(x.windows(&[], 7).id(), x.id());
    }

    #[test]
    fn come_back_by_how_many_hold_an_element() {
        let tape = Tape::new();
        let x = tape.var(integers(&[3, 7], 1));
        let window = Window::new([2, 3]).stride([1, 2]).dilation([2, 1]).padding([(1, 1), (0, 2)]);
        let windows = x.windows(&[0, 1], window.clone());
        let back = windows.overlap_add(&[0, 1], &[3, 7], window.clone());
        let times = windows.ones_like().overlap_add(&[-2, -1], &[3, 7], window);
        assert_eq!(back.value(), (x * times).value());
        assert_eq!(windows.square().sum().grad(x).value(), (x * times * 2.0).value());
    }

    #[test]
    fn of_any_layout_are_the_same() {
        let tape = Tape::new();
        let x = tape.var(integers(&[4, 5, 3], 1));
        let plain = tape.var(x.value().to_array::<f64>());
        let slide = |x: Var<'_>| x.windows(&[0, 1], Window::new([2, 3]).stride([1, 2])).value();
        for (view, copy) in [
            (x.transpose(&[1, 2, 0]), x.value().to_array::<f64>().permuted_axes(vec![1, 2, 0])),
            (x.flip(1), x.value().to_array::<f64>().slice(ndarray::s![.., ..;-1, ..]).into_dyn().to_owned()),
            (
                x.slice((1.., .., 1..)),
                x.value().to_array::<f64>().slice(ndarray::s![1.., .., 1..]).into_dyn().to_owned(),
            ),
            (x.index_axis(0, 1).broadcast_to([4, 5, 3]), plain.index_axis(0, 1).broadcast_to([4, 5, 3]).to_array()),
        ] {
            let copy = tape.var(copy.as_standard_layout());
            assert_eq!(slide(view), slide(copy));
        }
    }

    #[test]
    fn that_do_not_fit_are_refused() {
        let tape = Tape::new();
        let x = tape.var(integers(&[3, 4], 1));
        refused(x.try_windows(&[2], 1), "windows: f64[3, 4]: axis 2 is out of range for 2 axes");
        refused(x.try_windows(&[0, -2], 1), "axis 0 is named twice");
        refused(x.try_windows(&[0], 4), "a window across 4 elements does not fit into axis 0 of size 3");
        refused(x.try_windows(&[0], [1, 1]), "the window is given for 2 axes, not 1");
        refused(x.try_overlap_add(&[0], &[4, 4], 1), "overlap_add: f64[3, 4]: the sizes are given for 2 axes, not 1");
        refused(x.try_overlap_add(&[0], &[5], 4), "an axis of size 5 has 2 windows, not 3 as axis 0");
        refused(
            x.try_overlap_add(&[0], &[usize::MAX], Window::new(4).padding(1)),
            "axis 0 would be too large for memory",
        );
        refused(x.try_overlap_add(&[0, 1, 2], &[1, 1, 1], 1), "as many axes at the end");
    }

    #[test]
    fn what_no_window_holds_does_no_harm() {
        let tape = Tape::new();
        let x = tape.var([2.0, 0.0, 4.0, 0.0]);
        // Between the windows, between the elements of a window, and past the last.
        for window in [Window::new(1).stride(2), Window::new(2).stride(4).dilation(2)] {
            let kept = x.log().windows(&[0], window);
            assert_eq!(kept.sum().grad(x).value(), array![0.5, 0.0, 0.25, 0.0]);
            assert_eq!(kept.sum().hessian(x).index_axis(0, 1).value(), array![0.0, 0.0, 0.0, 0.0]);
        }
        // A zero that was computed is a number like others.
        let (x, zero) = (tape.var([2.0, 0.0]), tape.var([1.0, 0.0]));
        let all = x.log().windows(&[0], Window::new(1)) * zero.reshape([2, 1]);
        assert!(all.sum().grad(x).value().to_f64s()[1].is_nan());
    }
}
