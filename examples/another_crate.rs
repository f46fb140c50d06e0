//! A function of another numerical crate as an operation: the error function of `libm`.
//!
//! The value comes from `libm`; the derivative, 2/√π e^(−x²), is written in variables, so that every order
//! and both modes follow.
#![expect(clippy::print_stdout, reason = "an example speaks to its reader")]

use std::f64::consts::FRAC_2_SQRT_PI;
use std::sync::Arc;

use cinta::{ArrayType, CustomOp, Error, Tape, Value, Var, check, custom};

#[derive(Debug)]
struct Erf;

impl CustomOp for Erf {
    fn name(&self) -> &'static str {
        "erf"
    }

    fn infer(&self, inputs: &[&ArrayType]) -> Result<ArrayType, String> {
        match inputs {
            [x] if x.dtype == cinta::DType::F64 => Ok((*x).clone()),
            _ => Err("takes one f64 array".to_owned()),
        }
    }

    fn eval(&self, inputs: &[&Value]) -> Result<Value, String> {
        Ok(inputs[0].view::<f64>().mapv(libm::erf).into())
    }

    fn vjp(&self, _: usize, inputs: &[&Value], _: &Value, ct: &Value) -> Result<Value, String> {
        let slope = inputs[0].view::<f64>().mapv(|x| FRAC_2_SQRT_PI * (-x * x).exp());
        Ok((slope * ct.view::<f64>()).into())
    }

    fn has_vjp_in_vars(&self) -> bool {
        true
    }

    fn vjp_in_vars<'t>(&self, _: usize, x: &[Var<'t>], _: Var<'t>, ct: Var<'t>) -> Option<Result<Var<'t>, Error>> {
        Some(Ok(ct * (-x[0].square()).exp() * FRAC_2_SQRT_PI))
    }
}

/// The error function, elementwise.
fn erf(x: Var<'_>) -> Var<'_> {
    custom(Arc::new(Erf), &[x])
}

fn main() {
    let tape = Tape::new();
    let x = tape.var(0.5).named("x");
    let y = erf(x);
    let slope = y.grad(x);
    let curvature = slope.grad(x);
    println!("erf(x)   = {y}\nerf'(x)  = {slope}\nerf''(x) = {curvature}\n\nThe graph of erf':\n{slope:#}");
    assert!((y.item() - 0.520_499_877_813_046_5).abs() < 1e-15);
    assert!((slope.item() - 0.878_782_578_935_444_8).abs() < 1e-15);
    assert!((curvature.item() + 0.878_782_578_935_444_8).abs() < 1e-15); // −2x erf'(x)

    // The generic claims hold for it as for any function: values, both modes, higher orders, batches.
    let points = [Value::from([-1.5, -0.2, 0.0, 0.7])];
    check::check_function(&|x| erf(x[0]), &points).expect("the rule is right");
}
