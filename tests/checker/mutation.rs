//! What is done to a right gradient.
use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::corpus::{integer, number, text};

/// Gradients by input, flat.
pub(crate) type Gradients = BTreeMap<String, Vec<f64>>;

/// Applies every kind but `program`, which is a gradient of its own. `s` = ⟨ct, ct₀⟩ / ⟨ct₀, ct₀⟩ is 1 here.
pub(crate) fn mutate(g: &mut Gradients, x: &Gradients, mutation: &Json) {
    let kind = text(&mutation["kind"]);
    if kind == "scale" {
        let factor = number(&mutation["factor"]);
        g.values_mut().flatten().for_each(|entry| *entry *= factor);
        return;
    }
    let name = text(&mutation["input"]);
    let index = |field: &str| usize::try_from(integer(&mutation[field])).expect("an index");
    let other = mutation.get("from").map(|from| g[&text(from)].clone());
    let (entries, x) = (g.get_mut(&name).expect("an input"), &x[&name]);
    match kind.as_str() {
        "sign" => entries.iter_mut().for_each(|entry| *entry = -*entry),
        "entry_scale" => entries[index("index")] *= 1.0 + number(&mutation["eps"]),
        "entry_add" => entries[index("index")] += number(&mutation["value"]),
        "entry_zero" => entries[index("index")] = 0.0,
        "input_zero" => entries.fill(0.0),
        "transpose" => {
            let n = entries.len().isqrt();
            *entries = (0..n * n).map(|k| entries[k % n * n + k / n]).collect();
        }
        "swap" => entries.swap(index("i"), index("j")),
        "roll" => entries.rotate_right(1),
        "other" => *entries = other.expect("a gradient to take"),
        "broadcast_mean" => {
            let size = number(&mutation["size"]);
            for entry in entries {
                *entry /= size;
            }
        }
        "forgotten" => {
            let coef = number(&mutation["coef"]);
            let f = match text(&mutation["fn"]).as_str() {
                "cos" => f64::cos,
                "sin" => f64::sin,
                "one" => |_| 1.0,
                "x" => |x| x,
                "square" => |x| x * x,
                "exp" => f64::exp,
                other => panic!("no function {other}"),
            };
            entries.iter_mut().zip(x).for_each(|(entry, x)| *entry -= coef * f(*x));
        }
        "region" => {
            let (bound, factor) = (number(&mutation["gt"]), number(&mutation["factor"]));
            entries.iter_mut().zip(x).filter(|(_, x)| **x > bound).for_each(|(entry, _)| *entry *= factor);
        }
        "vanish" => {
            // g·(1 + c·(x − at)), and x is at.
        }
        other => panic!("no mutation {other}"),
    }
}
