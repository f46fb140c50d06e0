//! The operations of the corpus, said in methods of `Var`.
use cinta::ops::slice::Slice;
use cinta::{Axes, Conv, Error, Shape, Tape, Var, try_concat, try_einsum, try_stack};

use crate::attributes::Attributes;
use crate::program::Stop;

type Recorded<'t> = Result<Var<'t>, Stop>;
type Unary = for<'t> fn(Var<'t>) -> Result<Var<'t>, Error>;
type Binary = for<'t> fn(Var<'t>, Var<'t>) -> Result<Var<'t>, Error>;
type Reduction = for<'t> fn(Var<'t>, Axes) -> Result<Var<'t>, Error>;
type Along = for<'t> fn(Var<'t>, isize) -> Result<Var<'t>, Error>;

fn unary(op: &str) -> Option<Unary> {
    Some(match op {
        "neg" => |x| x.try_neg(),
        "exp" => |x| x.try_exp(),
        "expm1" => |x| x.try_expm1(),
        "log" => |x| x.try_log(),
        "log1p" => |x| x.try_log1p(),
        "sin" => |x| x.try_sin(),
        "cos" => |x| x.try_cos(),
        "tan" => |x| x.try_tan(),
        "tanh" => |x| x.try_tanh(),
        "sqrt" => |x| x.try_sqrt(),
        "reciprocal" => |x| x.try_reciprocal(),
        "square" => |x| x.try_square(),
        "abs" => |x| x.try_abs(),
        "sign" => |x| x.try_sign(),
        "sigmoid" => |x| x.try_sigmoid(),
        "softplus" => |x| x.try_softplus(),
        "log_sigmoid" => |x| x.try_log_sigmoid(),
        "relu" => |x| x.try_relu(),
        "silu" => |x| x.try_silu(),
        "stop_gradient" => |x| x.try_stop_gradient(),
        "exp2" => |x| x.try_exp2(),
        "log2" => |x| x.try_log2(),
        "log10" => |x| x.try_log10(),
        "asin" => |x| x.try_asin(),
        "acos" => |x| x.try_acos(),
        "atan" => |x| x.try_atan(),
        "sinh" => |x| x.try_sinh(),
        "cosh" => |x| x.try_cosh(),
        "asinh" => |x| x.try_asinh(),
        "acosh" => |x| x.try_acosh(),
        "atanh" => |x| x.try_atanh(),
        "rsqrt" => |x| x.try_rsqrt(),
        "cbrt" => |x| x.try_cbrt(),
        "floor" => |x| x.try_floor(),
        "ceil" => |x| x.try_ceil(),
        "erf" => |x| x.try_erf(),
        "erfc" => |x| x.try_erfc(),
        "lgamma" => |x| x.try_lgamma(),
        "digamma" => |x| x.try_digamma(),
        "logical_not" => |x| x.try_logical_not(),
        "trace" => |x| x.try_matrix_trace(),
        "diag_vector" => |x| x.try_diagonal(0),
        "diag_matrix" => |x| x.try_diag(0),
        "cholesky" => |x| x.try_cholesky(),
        "inv" => |x| x.try_inv(),
        "det" => |x| x.try_det(),
        _ => return None,
    })
}

fn binary(op: &str) -> Option<Binary> {
    use cinta::ops::compare::Compare;
    use cinta::ops::logical::Logical;
    Some(match op {
        "add" => |a, b| a.try_add(b),
        "sub" => |a, b| a.try_sub(b),
        "mul" => |a, b| a.try_mul(b),
        "div" => |a, b| a.try_div(b),
        "pow" => |a, b| a.try_pow(b),
        "atan2" => |a, b| a.try_atan2(b),
        "maximum" => |a, b| a.try_maximum(b),
        "minimum" => |a, b| a.try_minimum(b),
        "lt" => |a, b| a.try_compare(Compare::Lt, b),
        "le" => |a, b| a.try_compare(Compare::Le, b),
        "gt" => |a, b| a.try_compare(Compare::Gt, b),
        "ge" => |a, b| a.try_compare(Compare::Ge, b),
        "eq" => |a, b| a.try_compare(Compare::Eq, b),
        "ne" => |a, b| a.try_compare(Compare::Ne, b),
        "logical_and" => |a, b| a.try_logical(Logical::And, b),
        "logical_or" => |a, b| a.try_logical(Logical::Or, b),
        "dot" => |a, b| a.try_dot(b),
        "matmul" => |a, b| a.try_matmul(b),
        "outer" => |a, b| a.try_outer(b),
        "kron" => |a, b| a.try_kron(b),
        "solve" => |a, b| a.try_solve(b),
        _ => return None,
    })
}

fn reduction(op: &str) -> Option<Reduction> {
    Some(match op {
        "sum" => |x, axes| x.try_sum_axes(axes),
        "mean" => |x, axes| x.try_mean_axes(axes),
        "prod" => |x, axes| x.try_prod_axes(axes),
        "max_reduce" => |x, axes| x.try_max_axes(axes),
        "min_reduce" => |x, axes| x.try_min_axes(axes),
        "logsumexp" => |x, axes| x.try_logsumexp(axes),
        _ => return None,
    })
}

fn along(op: &str) -> Option<Along> {
    Some(match op {
        "softmax" => |x, axis| x.try_softmax(axis),
        "log_softmax" => |x, axis| x.try_log_softmax(axis),
        "expand_dims" => |x, axis| x.try_expand_dims(axis),
        "squeeze" => |x, axis| x.try_squeeze(axis),
        "cumsum" => |x, axis| x.try_cumsum(axis),
        "cumprod" => |x, axis| x.try_cumprod(axis),
        "sort" => |x, axis| x.try_sort(axis),
        "argsort" => |x, axis| x.try_argsort(axis),
        "argmax" => |x, axis| x.try_argmax(axis),
        "argmin" => |x, axis| x.try_argmin(axis),
        _ => return None,
    })
}

/// Records one operation.
pub(crate) fn apply<'t>(tape: &'t Tape, op: &str, inputs: &[Var<'t>], attributes: Attributes<'_>) -> Recorded<'t> {
    if let Some(f) = unary(op) {
        let [x] = args(inputs)?;
        return Ok(f(x)?);
    }
    if let Some(f) = binary(op) {
        let [a, b] = args(inputs)?;
        return Ok(f(a, b)?);
    }
    if let Some(f) = reduction(op) {
        let [x] = args(inputs)?;
        return Ok(f(x, attributes.axes())?);
    }
    if let Some(f) = along(op) {
        let [x] = args(inputs)?;
        return Ok(f(x, attributes.int("axis"))?);
    }
    match op {
        "concat" => Ok(try_concat(inputs, attributes.int("axis"))?),
        "stack" => Ok(try_stack(inputs, attributes.int("axis"))?),
        "einsum" => Ok(try_einsum(attributes.get("spec").as_str().expect("a text"), inputs)?),
        "where" => {
            let [condition, a, b] = args(inputs)?;
            Ok(condition.try_select(a, b)?)
        }
        "take" => {
            let [x, idx] = args(inputs)?;
            Ok(x.try_take(idx, attributes.int("axis"))?)
        }
        "take_along_axis" => {
            let [x, idx] = args(inputs)?;
            Ok(x.try_take_along_axis(idx, attributes.int("axis"))?)
        }
        "scatter_add" => {
            let [base, idx, updates] = args(inputs)?;
            Ok(base.try_scatter_add(idx, updates, attributes.int("axis"))?)
        }
        "index_update" => {
            let [base, idx, updates] = args(inputs)?;
            Ok(base.try_index_update(idx, updates, attributes.int("axis"))?)
        }
        "layer_norm" => {
            let [x, gain, offset] = args(inputs)?;
            Ok(x.try_layer_norm(-1, attributes.number("eps"))?.try_scale_shift(-1, gain, offset)?)
        }
        "conv1d" => {
            let [x, w] = args(inputs)?;
            Ok(x.try_conv1d(w, attributes.conv(Conv::new().stride(attributes.size("stride")?)))?)
        }
        "conv2d" => {
            let [x, w] = args(inputs)?;
            Ok(x.try_conv2d(w, attributes.conv(Conv::new().stride(&attributes.sizes::<Vec<_>>("strides")?[..])))?)
        }
        _ => with_attributes(tape, op, inputs, attributes),
    }
}

/// Records an operation of one argument with attributes of its own.
fn with_attributes<'t>(tape: &'t Tape, op: &str, inputs: &[Var<'t>], attributes: Attributes<'_>) -> Recorded<'t> {
    let x = || args(inputs).map(|[x]| x);
    Ok(match op {
        "powi" => x()?.try_powi(attributes.int("n").try_into().expect("a small exponent"))?,
        "gelu" if attributes.get("approximate").as_bool().unwrap_or(false) => x()?.try_gelu_tanh()?,
        "gelu" => x()?.try_gelu()?,
        "elu" => x()?.try_elu(attributes.number("alpha"))?,
        "leaky_relu" => x()?.try_leaky_relu(attributes.number("slope"))?,
        "clip" => {
            let mut y = x()?;
            if !attributes.get("lo").is_null() {
                y = y.try_maximum(attributes.number("lo"))?;
            }
            if !attributes.get("hi").is_null() {
                y = y.try_minimum(attributes.number("hi"))?;
            }
            y
        }
        "var" => x()?.try_variance_with(attributes.axes(), attributes.size("ddof")?)?,
        "std" => x()?.try_std_with(attributes.axes(), attributes.size("ddof")?)?,
        "norm" => x()?.try_p_norm(attributes.number("ord"), attributes.axes())?,
        "reshape" => x()?.try_reshape(attributes.sizes::<Shape>("shape")?)?,
        "broadcast_to" => x()?.try_broadcast_to(attributes.sizes::<Shape>("shape")?)?,
        "transpose" => x()?.try_transpose(&attributes.ints("perm"))?,
        // The operation behind `Var::slice`, whose ranges may count from the end where these may not.
        "slice" => {
            let [start, stop, step] = ["start", "stop", "step"];
            let slice =
                Slice { start: attributes.sizes(start)?, stop: attributes.sizes(stop)?, step: attributes.sizes(step)? };
            tape.record(slice, &[x()?])?
        }
        "slogdet" => {
            let (sign, log_abs) = x()?.try_slogdet()?;
            if attributes.get("part") == "sign" { sign } else { log_abs }
        }
        "flip" => x()?.try_flip(attributes.ints("axes"))?,
        "pad" => x()?.try_pad(&attributes.pairs("widths")?, attributes.number("value"))?,
        "tril" => x()?.try_tril(attributes.int("k"))?,
        "triu" => x()?.try_triu(attributes.int("k"))?,
        "avg_pool2d" => x()?.try_avg_pool2d(attributes.window()?)?,
        "max_pool2d" => x()?.try_max_pool2d(attributes.window()?)?,
        _ => return Err(Stop::Unsupported(op.to_owned())),
    })
}

/// As many arguments as a method takes.
fn args<'t, const N: usize>(inputs: &[Var<'t>]) -> Result<[Var<'t>; N], Stop> {
    inputs.try_into().map_err(|_| Stop::FrontEnd(format!("{} arguments for {N}", inputs.len())))
}
