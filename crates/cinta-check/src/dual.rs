//! Dual numbers: the slope of a recorded function along a direction, carried from operation to operation without asking
//! any of them for its rule.
//!
//! Linear operations and products act on tangents as on values; the slopes of common functions are written out here once
//! more; any other operation is measured at its operands, where a difference quotient of it alone is hardly ever in
//! trouble. So the slope has the accuracy of its parts, however steep, noisy or badly scaled the whole is.
use cinta_graph::{DType, Error, Kind, Op, Tape, Value, Var};

use crate::arrays::from_f64s;
use crate::quotient::derivative;

/// Operations that are linear in all floats they take.
const LINEAR: &[&str] = &[
    "add",
    "broadcast_to",
    "cast",
    "concat",
    "cumsum",
    "flip",
    "neg",
    "overlap_add",
    "reshape",
    "scatter_add",
    "select",
    "slice",
    "stop_gradient",
    "sub",
    "sum_to",
    "take",
    "transpose",
    "windows",
];
/// Operations that are linear in each of their two operands.
const PRODUCTS: &[&str] = &["matmul", "mul", "outer"];

/// The derivative of an output with respect to inputs, times tangents in `f64`; zeros where there is none.
///
/// # Errors
/// If a value is missing.
pub(crate) fn pushed(output: Var<'_>, inputs: &[(Var<'_>, Value)]) -> Result<Vec<f64>, Error> {
    let tape = output.tape();
    let graph = tape.graph();
    let mut tangents: Vec<Option<Value>> = Vec::with_capacity(output.id().index() + 1);
    for id in graph.ids().take(output.id().index() + 1) {
        let given = inputs.iter().find(|(input, _)| input.id() == id).map(|(_, tangent)| tangent.clone());
        let tangent = match (given, graph.kind(id)) {
            (Some(tangent), _) => Some(tangent),
            (None, Kind::Apply { op, inputs }) => {
                let operands: Vec<(Value, Option<&Value>)> = inputs
                    .iter()
                    .map(|input| Ok((tape.at(*input).try_value()?, tangents[input.index()].as_ref())))
                    .collect::<Result<_, Error>>()?;
                let moves = operands.iter().any(|(_, tangent)| tangent.is_some());
                if moves && graph.array_type(id).dtype.is_float() {
                    Some(push(op, &operands, &tape.at(id).try_value()?)?)
                } else {
                    None
                }
            }
            (None, Kind::Input | Kind::Constant(_)) => None,
        };
        tangents.push(tangent);
    }
    let pushed = tangents.pop().flatten();
    Ok(pushed.map_or_else(|| vec![0.0; output.size()], |tangent| tangent.to_f64s()))
}

/// The tangent of what an operation gives.
fn push(op: &Op, operands: &[(Value, Option<&Value>)], result: &Value) -> Result<Value, Error> {
    let name = op.name();
    let ty = result.array_type();
    if name == "with_rule" {
        // Its value is that of its first operand; the others are what the rule is written in.
        return Ok(operands[0].1.cloned().unwrap_or_else(|| zeros(result)));
    }
    if LINEAR.contains(&name) {
        let tangent = |(value, tangent): &(Value, Option<&Value>)| match tangent {
            Some(tangent) => (*tangent).clone(),
            None if value.dtype().is_float() => zeros(value),
            None => value.clone(),
        };
        return apply(op, operands.iter().map(tangent));
    }
    let one_by_one = PRODUCTS.contains(&name);
    let blocked = |i: usize| op.blocks(i).is_some();
    let mut sum = vec![0.0; ty.shape.size()];
    let mut add = |terms: &[f64]| sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
    if !one_by_one && !op.is_elementwise() {
        let moving: Vec<usize> = (0..operands.len()).filter(|i| operands[*i].1.is_some() && !blocked(*i)).collect();
        add(&measured(op, operands, &moving, &ty.shape)?);
        return Ok(from_f64s(&ty, sum));
    }
    for (i, (value, tangent)) in operands.iter().enumerate() {
        let Some(tangent) = tangent.filter(|_| !blocked(i)) else { continue };
        if one_by_one {
            let others = operands
                .iter()
                .enumerate()
                .map(|(j, (value, _))| if i == j { (*tangent).clone() } else { value.clone() });
            add(&apply(op, others)?.to_f64s());
            continue;
        }
        let (x, y, t) = (value.to_f64s(), result.to_f64s(), tangent.to_f64s());
        let known = if operands.len() == 1 { slope(name) } else { None };
        let slopes = match known {
            Some(slope) => x.iter().zip(&y).map(|(x, y)| slope(*x, *y)).collect(),
            None => partial(op, operands, i)?,
        };
        // What does not move adds nothing, though it stand at a pole.
        add(&slopes.iter().zip(&t).map(|(s, t)| if *t == 0.0 { 0.0 } else { s * t }).collect::<Vec<f64>>());
    }
    Ok(from_f64s(&ty, sum))
}

/// The slopes of common functions, from x and f(x).
fn slope(name: &str) -> Option<fn(f64, f64) -> f64> {
    let slope: fn(f64, f64) -> f64 = match name {
        "abs" => |x, _| x.signum(),
        "acos" => |x, _| -((1.0 - x) * (1.0 + x)).sqrt().recip(),
        "acosh" => |x, _| ((x - 1.0) * (x + 1.0)).sqrt().recip(),
        "asin" => |x, _| ((1.0 - x) * (1.0 + x)).sqrt().recip(),
        "asinh" => |x, _| x.hypot(1.0).recip(),
        "atan" => |x, _| (1.0 + x * x).recip(),
        "atanh" => |x, _| ((1.0 - x) * (1.0 + x)).recip(),
        "cbrt" => |x, y| y / (3.0 * x),
        "cos" => |x, _| -x.sin(),
        "cosh" => |x, _| x.sinh(),
        "erf" => |x, _| std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp(),
        "erfc" => |x, _| -std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp(),
        "exp" => |_, y| y,
        "exp2" => |_, y| std::f64::consts::LN_2 * y,
        "expm1" => |x, _| x.exp(),
        "log" => |x, _| x.recip(),
        "log10" => |x, _| (std::f64::consts::LN_10 * x).recip(),
        "log1p" => |x, _| (1.0 + x).recip(),
        "log2" => |x, _| (std::f64::consts::LN_2 * x).recip(),
        "log_sigmoid" => |x, _| (1.0 + x.exp()).recip(),
        "reciprocal" => |_, y| -y * y,
        "relu" => |x, _| if x > 0.0 { 1.0 } else { 0.0 },
        "rsqrt" => |x, y| -0.5 * y / x,
        "sigmoid" => |x, _| (-x.abs()).exp() / (1.0 + (-x.abs()).exp()).powi(2),
        "sin" => |x, _| x.cos(),
        "sinh" => |x, _| x.cosh(),
        "softplus" => |x, _| (1.0 + (-x).exp()).recip(),
        "sqrt" => |_, y| 0.5 / y,
        "square" => |x, _| 2.0 * x,
        "tan" => |_, y| 1.0 + y * y,
        "tanh" => |x, _| x.cosh().powi(2).recip(),
        _ => return None,
    };
    Some(slope)
}

/// The partial derivatives of an elementwise operation by an operand, each measured at the scale of its own entry.
fn partial(op: &Op, operands: &[(Value, Option<&Value>)], i: usize) -> Result<Vec<f64>, Error> {
    let x = operands[i].0.to_f64s();
    let scale: Vec<f64> = x.iter().map(|x| if *x == 0.0 || !x.is_finite() { 1.0 } else { x.abs() }).collect();
    let direction: Vec<Option<Vec<f64>>> = (0..operands.len()).map(|j| (i == j).then(|| scale.clone())).collect();
    let slopes = along(op, operands, &direction)?;
    Ok(slopes.iter().zip(&scale).map(|(slope, scale)| slope / scale).collect())
}

/// The tangent of an operation along those of its operands, measured: at a scale on which no entry moves by more than
/// its own size.
fn measured(
    op: &Op,
    operands: &[(Value, Option<&Value>)],
    moving: &[usize],
    shape: &[usize],
) -> Result<Vec<f64>, Error> {
    let tangents = |i: &usize| operands[*i].1.map(Value::to_f64s).unwrap_or_default();
    let mut share = 0.0_f64;
    for i in moving {
        let size = crate::arrays::largest(&operands[*i].0.to_f64s());
        let size = if size == 0.0 { 1.0 } else { size };
        share = tangents(i).iter().fold(share, |share, t| share.max(t.abs() / size));
    }
    if share == 0.0 || !share.is_finite() {
        return Ok(vec![share * 0.0; shape.iter().product()]);
    }
    let scaled = |i: usize| moving.contains(&i).then(|| tangents(&i).iter().map(|t| t / share).collect());
    let direction: Vec<Option<Vec<f64>>> = (0..operands.len()).map(scaled).collect();
    Ok(along(op, operands, &direction)?.iter().map(|slope| slope * share).collect())
}

/// The slopes of every entry of an operation's result along a direction in its operands.
fn along(op: &Op, operands: &[(Value, Option<&Value>)], direction: &[Option<Vec<f64>>]) -> Result<Vec<f64>, Error> {
    let at = |h: f64| {
        let moved = operands.iter().zip(direction).map(|((value, _), direction)| match direction {
            Some(direction) => {
                let numbers = value.to_f64s().into_iter().zip(direction).map(|(x, d)| x + h * d);
                from_f64s(&value.array_type(), numbers)
            }
            None => value.clone(),
        });
        apply(op, moved).map(|value| value.to_f64s())
    };
    let count = at(0.0)?.len();
    let slopes: Vec<f64> = derivative(|h| at(h).ok(), f64::EPSILON).iter().map(|estimate| estimate.value).collect();
    Ok(if slopes.len() == count { slopes } else { vec![f64::NAN; count] })
}

fn apply(op: &Op, operands: impl Iterator<Item = Value>) -> Result<Value, Error> {
    let tape = Tape::new();
    let vars: Vec<Var<'_>> = operands.map(|value| tape.var(value)).collect();
    tape.apply(op, &vars)?.try_value()
}

fn zeros(like: &Value) -> Value {
    let ty = like.array_type().with_dtype(DType::F64);
    from_f64s(&ty, std::iter::repeat_n(0.0, ty.shape.size()))
}
