//! Functions: what they are called with, what they refuse, how they compose, what they keep.
use cinta::{ArrayType, DType, Error, ErrorKind, Function, IndexMap, Stateful, Tape, Value, Var};
use ndarray::{Array1, Array2, array, s};

fn loss() -> Function {
    Function::new(["w", "x"], |[w, x]| (x.dot(w).tanh() - 0.5).square().sum())
}

#[test]
fn arguments_may_have_any_layout() {
    let mut f = loss();
    let (w, x) = (array![1.0, -2.0, 0.5], array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let expected = f.call((&w, &x)).unwrap();
    let columns = x.t().as_standard_layout().into_owned();
    let wide = Array2::from_shape_fn((4, 3), |(i, j)| if i % 2 == 0 { x[[i / 2, j]] } else { f64::NAN });
    let backwards = w.slice(s![..;-1]).to_owned();
    for got in [
        f.call((&w, &columns.t())),
        f.call((&w, &wide.slice(s![..;2, ..]))),
        f.call((&backwards.slice(s![..;-1]), &x)),
        f.call((&vec![1.0, -2.0, 0.5], &x)),
        f.call(&[Value::from(&w), Value::from(&x)][..]),
        f.call([&Value::from(&w), &Value::from(&x)]),
    ] {
        assert_eq!(got.unwrap(), expected);
    }
    assert_eq!(f.prepared().count(), 1, "all have the same types");
}

#[test]
fn wrong_arguments_are_errors_that_say_what_is_expected() {
    let mut f = loss();
    let w = array![1.0, 2.0];
    let error = f.call(&w).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(error.to_string().contains("takes 2 arguments (w, x), not 1: (f64[2])"), "{error}");
    assert!(f.call((&w, &w, 3.0)).unwrap_err().to_string().contains("not 3"));

    // The function's own operation refuses the shapes: an error at its line, not a panic.
    let error = f.call((&w, &array![[1.0, 2.0, 3.0]])).unwrap_err().to_string();
    assert!(error.starts_with("matmul: f64[1, 3] and f64[2]: inner sizes 3 and 2 differ"), "{error}");
    assert!(error.contains("tests/functions.rs:6:"), "{error}");

    let error = f.call(&IndexMap::from([("w", Value::from(&w)), ("z", 1.0.into())])).unwrap_err().to_string();
    assert!(error.contains("takes the arguments w, x; x is missing; z is none of them"), "{error}");
    let error = f.grad("v").unwrap_err().to_string();
    assert!(error.contains("has no input v; its inputs are w, x"), "{error}");
    let error = Function::new(["a", "b"], |[a, _]| a).grad("b").unwrap().call((1.0, 2.0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Derivative, "{error}");
    let error = Function::new(["a"], |[a]| a + a.item()).call(1.0).unwrap_err().to_string();
    assert!(error.contains("has no value"), "{error}");

    // Nothing is written if a place does not fit.
    let (mut dw, mut wrong) = (array![7.0, 7.0], Array1::<f32>::zeros(2));
    let mut g = f.grad(["w", "x"]).unwrap();
    let x = array![[1.0, 2.0]];
    let error = g.call_into((&w, &x), (&mut dw, &mut wrong)).unwrap_err().to_string();
    assert!(
        error.contains("its result 1 is f64[1, 2], and the array for it is f32[2] (recorded at tests/functions.rs:"),
        "{error}"
    );
    assert_eq!(dw, array![7.0, 7.0]);
    let mut dx = Array2::<f64>::zeros((2, 1));
    g.call_into((&w, &x), (&mut dw, &mut dx.view_mut().reversed_axes())).unwrap();
    assert!(dw[0] != 7.0 && dx[[1, 0]] != 0.0);
    let error = g.call_into((&w, &x), &mut dw).unwrap_err().to_string();
    assert!(error.contains("gives 2 results (f64[2], f64[1, 2]), and 1 arrays are there"), "{error}");
}

#[test]
fn arguments_that_a_transform_adds_are_refused_by_name_at_its_line() {
    let f = Function::new(["x"], |[x]| x.powi(3).sum());
    let (x, short) = (array![1.0, 2.0], array![1.0]);
    let line = line!() + 2;
    let errors = [
        f.jvp("x").unwrap().call((&x, &short)).unwrap_err(),
        f.hvp("x").unwrap().call((&x, &short)).unwrap_err(),
        f.vjp("x").unwrap().call((&x, &short)).unwrap_err(),
    ];
    for (i, (error, named)) in
        errors.iter().zip(["x_tangent should be f64[2]", "x_vector should be f64[2]", "ct should be f64[]"]).enumerate()
    {
        let expected =
            format!("its argument {named}, not f64[1] (recorded at tests/functions.rs:{}:", line as usize + i);
        assert!(error.to_string().contains(&expected), "{error}");
    }
    let error = f.grad(["x", "x"]).unwrap_err().to_string();
    assert!(error.contains("its input x is named twice"), "{error}");
    assert!(f.vmap([("x", 0), ("x", 1)]).unwrap_err().to_string().contains("named twice"));

    let (one, other) = (Tape::new(), Tape::new());
    let error = f.record(&one, &[other.var([1.0])]).unwrap_err().to_string();
    assert!(error.contains("its argument x is on another tape"), "{error}");
}

#[test]
#[should_panic(expected = "two inputs of the function are named x")]
fn two_inputs_of_one_name_are_refused() {
    let _ = Function::new(["x", "x"], |[a, b]| a + b);
}

#[test]
#[should_panic(expected = "two outputs of the function are named y")]
fn two_outputs_of_one_name_are_refused() {
    let _ = Function::named(&["x"], &["y", "y"], |v| vec![v["x"], v["x"] * 2.0]);
}

#[test]
fn what_is_refused_is_refused_at_the_users_line() {
    let line = |error: &Error| {
        let place = error.place().expect("a place");
        assert!(place.file.ends_with("tests/functions.rs"), "{error}");
        place.line
    };
    let (f, new) = (Function::new(["x", "y"], |[x, _]| x * 2.0), line!());
    let (grad, of_grad) = (f.grad("x").unwrap(), line!());
    assert_eq!(line(&grad.clone().call((&[1.0, 2.0], 0.0)).unwrap_err()), of_grad);
    // The line of the transform that refuses, whatever is made of it.
    assert_eq!(line(&grad.vmap(["y"]).unwrap().call((&[1.0, 2.0], &[0.0])).unwrap_err()), of_grad);
    let (mut vmap, of_vmap) = (f.vmap([("x", 3)]).unwrap(), line!());
    assert_eq!(line(&vmap.call((&[1.0, 2.0], 0.0)).unwrap_err()), of_vmap);
    let (mut jvp, of_jvp) = (f.jvp("x").unwrap().second(), line!());
    assert_eq!(line(&jvp.call((&[1.0, 2.0], 0.0, 1.0)).unwrap_err()), of_jvp);
    let error = f.grad("y").unwrap().call((1.0, 2.0)).unwrap_err().to_string();
    assert!(error.contains(&format!("tests/functions.rs:{new}:")), "{error}");

    let step = |x: Var<'_>| x.item();
    let (mut stateful, new) = (Stateful::new([("w", 0.0.into())], ["x"], move |[w], [x]| (w, [w + step(x)])), line!());
    let error = stateful.call(1.0).unwrap_err();
    assert_eq!(line(&error), new);
    assert!(error.to_string().contains("choose by values with select"), "{error}");
    let error = stateful.call((1.0, 2.0)).unwrap_err();
    assert_eq!(line(&error), new);
    assert!(error.to_string().contains("takes 1 arguments (x), not 2: (f64[], f64[])"), "{error}");
    let error = f.clone().call(&IndexMap::from([("a", 1.0.into()), ("b", Value::from(1.0))])).unwrap_err().to_string();
    assert!(error.contains("x, y are missing; a, b are none of them"), "{error}");
}

#[test]
fn a_function_is_an_expression_too() {
    let (tape, f) = (Tape::new(), loss());
    let (w, x) = (tape.var([1.0, 2.0]), tape.var(array![[0.1, 0.2]]));
    let recorded = f.record(&tape, &[w, x]).unwrap();
    assert_eq!(recorded.value(), f.clone().call((&[1.0, 2.0], &array![[0.1, 0.2]])).unwrap());
    assert!(f.record(&tape, &[w]).is_err());
}

#[test]
fn transforms_compose_in_any_order() {
    let f = Function::new(["w", "x"], |[w, x]| (w.dot(x)).sin() * x.square().sum());
    let (w, xs) = (array![0.3, -0.2], array![[1.0, 2.0], [-0.5, 0.25], [3.0, 1.0]]);
    let close = |a: &Value, b: &[f64]| {
        let a = a.to_f64s();
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13 * (1.0 + b.abs()))
    };
    // Each example by hand on a tape.
    let (mut grads, mut hessians, mut slopes) = (Vec::new(), Vec::new(), Vec::new());
    for x in xs.rows() {
        let tape = Tape::new();
        let (w, x) = (tape.var(&w), tape.var(x));
        let y = (w.dot(x)).sin() * x.square().sum();
        grads.extend(y.grad(w).value().to_f64s());
        hessians.extend(y.hessian(w).value().to_f64s());
        slopes.push(y.jvp(&[(w, tape.constant([1.0, 0.5]))]).item());
    }
    let per_example = f.grad("w").unwrap().vmap(["x"]).unwrap().call((&w, &xs)).unwrap();
    assert!(close(&per_example, &grads), "{per_example:?}");
    let batched = f.hessian("w").unwrap().vmap([("x", 1)]).unwrap().call((&w, &xs.t())).unwrap();
    assert!(close(&batched, &hessians), "{batched:?}");
    let pushed = f.vmap(["x"]).unwrap().jvp("w").unwrap().second().call((&w, &xs, &[1.0, 0.5])).unwrap();
    assert!(close(&pushed, &slopes), "{pushed:?}");
    let jacobian = f.vmap(["x"]).unwrap().jacobian("w").unwrap().call((&w, &xs)).unwrap();
    assert!(close(&jacobian, &grads), "{jacobian:?}");
    let nested = f.vmap(["w"]).unwrap().vmap(["x"]).unwrap();
    let table = nested.clone().call((&array![[0.3, -0.2], [1.0, 1.0]], &xs)).unwrap();
    assert_eq!(table.shape().as_slice(), [3, 2]);
}

#[test]
fn programs_are_kept_up_to_a_limit_and_can_be_made_ahead() {
    let mut f = Function::new(["x"], |[x]| x.sum());
    f.keep_at_most(2);
    let ty = |n: usize| ArrayType::new(DType::F64, [n]);
    let text = f.prepare(&[ty(3)]).unwrap().explain().to_string();
    assert!(text.contains("(f64[3]) -> (f64[])"), "{text}");
    let sizes = |f: &Function| f.prepared().map(|(types, _)| types[0].shape[0]).collect::<Vec<_>>();
    for n in [4, 3, 5] {
        assert_eq!(f.call((&vec![1.0; n],)).unwrap().item(), Some(n as f64));
    }
    assert_eq!(sizes(&f), [3, 5], "4 was not used for longest");
    assert!(f.prepare(&[ty(3), ty(3)]).is_err());
}

#[test]
fn a_training_step_owns_its_state_and_loses_nothing() {
    let start = array![0.5, -0.5];
    let step = |w: Value| {
        Stateful::new([("w", w), ("count", 0_i64.into())], ["x", "y"], |[w, count], [x, y]| {
            let loss = (x.matmul(w) - y).square().mean();
            (loss, [w - 0.1 * loss.grad(w), count + 1])
        })
    };
    let mut trained = step((&start).into());
    let (x, y) = (array![[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]], array![1.0, 2.0, 3.0]);
    // The same by hand, with a batch of another size between.
    let mut w = start.clone();
    for (rows, turn) in [(3, 1), (3, 2), (2, 3), (3, 4), (2, 5)] {
        let (x, y) = (x.slice(s![..rows, ..]), y.slice(s![..rows]));
        let tape = Tape::new();
        let v = tape.var(&w);
        let loss = (tape.constant(x).matmul(v) - tape.constant(y)).square().mean();
        let got = trained.call((&x, &y)).unwrap().item().unwrap();
        assert!((got - loss.item()).abs() < 1e-14, "{got} for {loss}");
        let dw: Array1<f64> = loss.grad(v).to_array().into_dimensionality().unwrap();
        w = &w - &(dw * 0.1);
        let now: Array1<f64> = trained.state("w").unwrap().to_array().into_dimensionality().unwrap();
        assert!((&now - &w).iter().all(|d| d.abs() < 1e-15), "{now} for {w}");
        assert_eq!(trained.state("count").unwrap().item(), Some(f64::from(turn)));
    }
    let before = trained.state("w").unwrap();
    assert!(trained.call((&x, &array![1.0, 2.0])).is_err(), "the batch sizes differ");
    assert_eq!(trained.state("w").unwrap(), before);
    trained.set_state("w", array![0.0, 0.0]).unwrap();
    assert_eq!(trained.states().map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), ["w", "count"]);
    assert!((trained.call((&x, &y)).unwrap().item().unwrap() - 14.0 / 3.0).abs() < 1e-14);
    assert!(trained.state("v").unwrap_err().to_string().contains("the states are w, count"));
    let mut wrong = Stateful::new([("w", 1.0.into())], ["x"], |[w], [x]| (x.sum(), [w * x]));
    let error = wrong.call((&[1.0, 2.0],)).unwrap_err().to_string();
    assert!(error.contains("this state is f64[], but its update is f64[2]"), "{error}");
}

#[test]
fn one_argument_and_one_result_stand_alone() {
    let mut f = Function::new(["x"], |[x]| 2.0 * x);
    let (list, array) = (vec![1.0, 2.0], array![1.0, 2.0]);
    let results = [
        f.call(&list),
        f.call(&list[..]),
        f.call(&array),
        f.call(&array.view()),
        f.call(&Value::from(&array)),
        f.call((&array,)),
    ];
    for result in results {
        assert_eq!(result.expect("a vector"), array![2.0, 4.0]);
    }
    assert_eq!(f.call(3.0_f32).expect("a number"), Value::scalar(6.0_f32));
    let (mut y, mut of_array, mut of_list) = (0.0, array.clone(), list.clone());
    f.call_into(1.5, &mut y).expect("a number");
    f.call_into(&list, &mut of_array).expect("a vector");
    f.call_into(&array, &mut of_list).expect("a vector");
    f.call_into((&[5.0, 6.0],), &mut of_list[..]).expect("a vector");
    assert_eq!((y, of_array, of_list), (3.0, array![2.0, 4.0], vec![10.0, 12.0]));
    let error = Function::new(["a", "b"], |[a, b]| a * b).call(&array).unwrap_err().to_string();
    assert!(error.contains("a, b"), "{error}");
}

#[test]
fn states_may_be_exchanged_kept_or_made_of_inputs() {
    let mut step = Stateful::new([("a", 1.0.into()), ("b", 2.0.into()), ("c", 0.0.into())], ["x"], |[a, b, _], [x]| {
        (a + b, [b, a, x])
    });
    for (turn, x) in [(1, 7.0), (2, 8.0), (3, 9.0)] {
        assert_eq!(step.call(x).unwrap().item(), Some(3.0));
        let now: Vec<f64> = step.states().map(|(_, value)| value.item().unwrap()).collect();
        let expected = if turn % 2 == 1 { [2.0, 1.0, x] } else { [1.0, 2.0, x] };
        assert_eq!(now, expected);
    }
}

#[test]
fn results_may_be_equal_or_arguments_themselves() {
    let mut f = Function::several(["x"], |[x]| [x.exp(), x.exp(), x, x + 0.0]);
    let x = array![0.0, 1.0];
    let [a, b, c, d] = f.call(&x).expect("a vector");
    assert!((a.to_f64s()[1] - 1.0_f64.exp()).abs() < 1e-15);
    assert!(b.same_bits(&a) && c == x && d == x);
}

#[test]
fn states_that_become_the_next_ones_where_they_stand_are_right_and_safe() {
    let (w, x) = (array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], array![[1.0, 0.0, -1.0], [0.5, 2.0, 1.0]]);
    let states = || [("w", w.clone().into())];
    let moved = &w - &(x.t().dot(&x.dot(&w)) * 0.1);
    // Read before only; read after; given as a result, as it was and as it becomes.
    let mut plain = Stateful::new(states(), ["x"], |[w], [x]| {
        let y = x.matmul(w);
        (y.sum(), [w - 0.1 * x.t().matmul(y)])
    });
    let mut later = Stateful::new(states(), ["x"], |[w], [x]| {
        let next = w - 0.1 * x.t().matmul(x.matmul(w));
        ((next * 2.0).square().sum() + (w * next).sum(), [next])
    });
    let mut given = Stateful::list(vec![("w", w.clone().into())], &["x"], |_, s, v| {
        let next = s[0] - 0.1 * v[0].t().matmul(v[0].matmul(s[0]));
        Ok((vec![s[0], next], vec![next]))
    });
    assert_eq!(plain.call(&x).unwrap().item(), Some(x.dot(&w).sum()));
    let expected = (&moved * &moved * 4.0).sum() + (&w * &moved).sum();
    assert!((later.call(&x).unwrap().item().unwrap() - expected).abs() < 1e-12);
    assert_eq!(given.call(&x).unwrap(), [Value::from(&w), Value::from(&moved)]);
    for state in [plain.state("w").unwrap(), later.state("w").unwrap(), given.state("w").unwrap()] {
        assert_eq!(state, moved);
    }
    // What can fail after it leaves the state as it was.
    let mut failing = Stateful::new(states(), ["x", "i"], |[w], [x, i]| {
        let next = w - 0.1 * x.t().matmul(x.matmul(w));
        (next.sum() + (x * 2.0).take(i, 0).sum(), [next])
    });
    assert!(failing.call((&x, &[7_i64])).is_err());
    assert_eq!(failing.state("w").unwrap(), w);
    failing.call((&x, &[1_i64])).unwrap();
    assert_eq!(failing.state("w").unwrap(), moved);
    // A profile changes nothing.
    plain.set_state("w", w.clone()).unwrap();
    plain.profile(&x).unwrap();
    assert_eq!(plain.state("w").unwrap(), w);
}
