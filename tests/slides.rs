//! The lecture to the letter: each test is named for its slide and holds its formula against the engine's
//! derivative and against differences.
use cinta::{Tape, Ties, Var};
use ndarray::{ArrayD, array};

/// A smooth function of points with some variety, so that no test passes by symmetry.
fn spread(shape: &[usize], seed: u32) -> ArrayD<f64> {
    let mut k = f64::from(seed);
    ArrayD::from_shape_simple_fn(shape, || {
        k += 1.0;
        (1.7 * k).sin() + 0.1
    })
}

/// ∂f/∂x by central differences, an element at a time.
fn differences(x: &ArrayD<f64>, f: impl Fn(&ArrayD<f64>) -> f64) -> ArrayD<f64> {
    let step = 1e-5;
    let mut moved = x.clone();
    let slopes = (0..x.len()).map(|i| {
        let at = |moved: &mut ArrayD<f64>, by: f64| {
            let element = moved.iter_mut().nth(i).expect("in range");
            let before = *element;
            *element += by;
            let value = f(moved);
            *moved.iter_mut().nth(i).expect("in range") = before;
            value
        };
        (at(&mut moved, step) - at(&mut moved, -step)) / (2.0 * step)
    });
    ArrayD::from_shape_vec(x.shape(), slopes.collect()).expect("one slope an element")
}

#[track_caller]
fn assert_close(what: &str, got: &ArrayD<f64>, expected: &ArrayD<f64>, tolerance: f64) {
    assert_eq!(got.shape(), expected.shape(), "{what}");
    let error = (got - expected).iter().fold(0.0_f64, |error, d| error.max(d.abs()));
    assert!(error <= tolerance, "{what}: {got} instead of {expected}, wrong by {error:e}");
}

/// A row of the slide's table: a module h of an input z and perhaps parameters W.
///
/// The loss is L = cᵀh, so that δ = ∇_h L = c is any vector; `formula` is the slide's gradient from (δ, h, arguments).
#[track_caller]
fn table_row<const N: usize>(
    arguments: [ArrayD<f64>; N],
    module: impl for<'t> Fn([Var<'t>; N]) -> Var<'t>,
    formula: impl for<'t> Fn(Var<'t>, Var<'t>, [Var<'t>; N]) -> [Var<'t>; N],
) {
    let tape = Tape::new();
    let vars = arguments.each_ref().map(|value| tape.var(value));
    let h = module(vars);
    let delta = tape.var(spread(&h.shape(), 100));
    let loss = (delta * h).sum();
    let (by_engine, by_slide) = (loss.grad(vars), formula(delta, h, vars));
    for i in 0..N {
        let engine = by_engine[i].to_array();
        assert_close(&format!("argument {i} by the slide"), &engine, &by_slide[i].to_array(), 1e-14);
        let differences = differences(&arguments[i], |moved| {
            vars[i].set(moved);
            let value = loss.item();
            vars[i].set(&arguments[i]);
            value
        });
        assert_close(&format!("argument {i} by differences"), &engine, &differences, 1e-8);
    }
}

#[test]
fn table_of_gradients_linear() {
    table_row(
        [spread(&[3, 4], 0), spread(&[4], 50)],
        |[w, z]| w.dot(z),
        |delta, _, [w, z]| [delta.outer(z), w.t().dot(delta)], // δ zᵀ and Wᵀδ
    );
}

#[test]
fn table_of_gradients_sigmoid() {
    table_row(
        [spread(&[5], 0)],
        |[z]| z.sigmoid(),
        |delta, _, [z]| [delta * z.sigmoid() * (1.0 - z.sigmoid())], // δ ⊙ σ(z) ⊙ (1 − σ(z))
    );
}

#[test]
fn table_of_gradients_pooling() {
    // ∇_W = δ/(2h) (z²)ᵀ and ∇_z = (Wᵀ(δ/h)) ⊙ z, of the operation and of the same module composed of others.
    fn formula<'t>(delta: Var<'t>, h: Var<'t>, [w, z]: [Var<'t>; 2]) -> [Var<'t>; 2] {
        [(delta / (2.0 * h)).outer(z.square()), w.t().dot(delta / h) * z]
    }
    let arguments = [spread(&[3, 4], 0).mapv(f64::abs), spread(&[4], 50)];
    table_row(arguments.clone(), |[w, z]| w.l2_pool(z), formula);
    table_row(arguments, |[w, z]| w.dot(z.square()).sqrt(), formula);
}

/// `1{z_j = h} δ`.
fn max_by_slide<'t>(delta: Var<'t>, h: Var<'t>, [z]: [Var<'t>; 1]) -> [Var<'t>; 1] {
    [z.eq(h).select(delta, 0.0)]
}

#[test]
fn table_of_gradients_max() {
    table_row([spread(&[6], 0)], |[z]| z.max(), max_by_slide);
    table_row([spread(&[6], 0)], |[z]| z.max_axes_with(0, Ties::Each), max_by_slide);
}

/// Where several `z_j` are largest, the slide gives each of them all of δ. The default shares δ among them,
/// which is a subgradient.
#[test]
fn table_of_gradients_max_with_ties() {
    let tape = Tape::new();
    let z = tape.var([1.0, 3.0, -2.0, 3.0]);
    let delta = tape.var(0.7);
    let [by_slide] = max_by_slide(delta, z.max(), [z]);
    assert_eq!(by_slide.value(), array![0.0, 0.7, 0.0, 0.7]);
    assert_eq!(z.max_axes_with(0, Ties::Each).vjp(delta, z).value(), by_slide.value());
    assert_eq!(z.max().vjp(delta, z).value(), array![0.0, 0.35, 0.0, 0.35]);
}

#[test]
fn logistic_function_derivative() {
    let tape = Tape::new();
    let z = tape.var(spread(&[7], 3));
    let f = z.sigmoid();
    let by_slide = f * (1.0 - f); // f'(z) = f(z) (1 − f(z))
    assert_close("f'", &f.sum().grad(z).to_array(), &by_slide.to_array(), 1e-15);
}

/// L(θ) = −Σ [y log f + (1 − y) log(1 − f)] with f = σ(θᵀx), one example a row.
fn likelihood<'t>(theta: Var<'t>, x: Var<'t>, y: Var<'t>) -> Var<'t> {
    let f = x.dot(theta).sigmoid();
    -(y * f.log() + (1.0 - y) * (1.0 - f).log()).sum()
}

/// The slide prints (y − f); descending needs Σ x (f − y), which is what L has.
#[test]
fn gradient_of_the_likelihood() {
    let (x0, theta0) = (spread(&[8, 3], 0), spread(&[3], 40));
    let tape = Tape::new();
    let (x, theta) = (tape.var(&x0), tape.var(&theta0));
    let y = tape.var([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    let loss = likelihood(theta, x, y);
    let engine = loss.grad(theta).to_array();
    let by_slide = x.t().dot(x.dot(theta).sigmoid() - y);
    assert_close("Σ x (f − y)", &engine, &by_slide.to_array(), 1e-14);
    let by_differences = differences(&theta0, |moved| {
        theta.set(moved);
        loss.item()
    });
    assert_close("differences", &engine, &by_differences, 1e-8);

    // The stable form of the same loss has the same gradient, also where f rounds to 1.
    theta.set(&theta0);
    let z = x.dot(theta);
    let stable = -(y * z.log_sigmoid() + (1.0 - y) * (-z).log_sigmoid()).sum();
    assert_close("stable form", &stable.grad(theta).to_array(), &engine, 1e-14);
    theta.set(&theta0 * 100.0);
    assert_close("stable form, far out", &stable.grad(theta).to_array(), &by_slide.to_array(), 1e-12);
}

#[test]
fn worked_example() {
    let tape = Tape::new();
    let (w, x, theta) = (tape.var(spread(&[4, 3], 0)), tape.var(spread(&[3], 20)), tape.var(spread(&[4], 30)));
    let h = w.dot(x).sigmoid();
    let f = theta.dot(h).sigmoid();
    let loss = (f - 1.0).square();
    let [df, dh, dw] = loss.grad([f, h, w]);
    let dh_by_slide = theta * (f * (1.0 - f) * df); // ∇_h L = θ [f (1 − f) ∇_f L]
    let dw_by_slide = (h * (1.0 - h) * dh).outer(x); // ∇_W L = [h ⊙ (1 − h) ⊙ ∇_h L] xᵀ
    assert_close("∇_h", &dh.to_array(), &dh_by_slide.to_array(), 1e-15);
    assert_close("∇_W", &dw.to_array(), &dw_by_slide.to_array(), 1e-15);
}

/// x → σ(W₁x) → h → σ(W₂h) → h' → σ(θᵀh') → f.
#[test]
fn network_of_three_layers() {
    let values = [spread(&[4, 3], 0), spread(&[5, 4], 20), spread(&[5], 60)];
    let x0 = spread(&[3], 80);
    let tape = Tape::new();
    let [w1, w2, theta] = values.each_ref().map(|value| tape.var(value));
    let x = tape.var(&x0);
    let f = theta.dot(w2.dot(w1.dot(x).sigmoid()).sigmoid()).sigmoid();
    let loss = -f.log();
    for (var, value) in [w1, w2, theta, x].into_iter().zip(values.iter().chain([&x0])) {
        let by_differences = differences(value, |moved| {
            var.set(moved);
            let loss = loss.item();
            var.set(value);
            loss
        });
        assert_close("a layer", &loss.grad(var).to_array(), &by_differences, 1e-9);
    }
}
