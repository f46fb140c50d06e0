//! A training step that is written to a file, loaded where the tracing code is not needed, and goes on there.
#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]

use cinta::{ArrayType, DType, Error, Program, Stateful, View};
use ndarray::{Array1, Array2, array};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Least squares by gradient descent: the parameters are states of the program.
    let mut step = Stateful::new([("w", array![0.0, 0.0].into())], ["x", "y"], |[w], [x, y]| {
        let loss = (x.matmul(w) - y).square().mean();
        (loss, [w - 0.3 * loss.grad(w)])
    });
    let x = Array2::from_shape_fn((50, 2), |(i, j)| ((i * 7 + j * 13) as f64 * 0.3).sin());
    let y: Array1<f64> = x.dot(&array![2.0, -1.0]);
    for _ in 0..5 {
        step.call((&x, &y))?;
    }

    // The program as it is now: graph, lines of the source, values of the states.
    let types = [ArrayType::new(DType::F64, [50, 2]), ArrayType::new(DType::F64, [50])];
    let file = std::env::temp_dir().join(format!("cinta-{}.program", std::process::id()));
    step.prepare(&types)?.save(&file)?;

    let program = Program::load(&file)?;
    std::fs::remove_file(&file)?;
    // A program is `Send`: it may run on any thread.
    let (program, first, last) = std::thread::spawn(move || serve(program, &x, &y)).join().expect("no panic")?;
    println!("loss {first:.2e} when it was loaded, {last:.2e} after 200 steps more");
    println!("{}", program.explain());
    assert!(last < 1e-6 * first);
    let w = program.state("w")?.to_f64s();
    assert!((w[0] - 2.0).abs() < 1e-3 && (w[1] + 1.0).abs() < 1e-3, "{w:?}");

    // A damaged file is refused.
    let text = program.to_string().replace("const [", "const [1");
    let error = text.parse::<Program>().expect_err("a changed number");
    assert!(error.to_string().contains("is damaged"), "{error}");
    Ok(())
}

/// Goes on with the training; the first and the last loss.
fn serve(mut program: Program, x: &Array2<f64>, y: &Array1<f64>) -> Result<(Program, f64, f64), Error> {
    let views = [View::from(x), View::from(y)];
    let mut losses = Vec::new();
    for _ in 0..200 {
        losses.push(program.run(&views)?[0].item().expect("a number"));
    }
    Ok((program, losses[0], losses[199]))
}
