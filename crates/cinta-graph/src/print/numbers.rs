//! Numbers and small arrays as formulas show them.
use super::names::{Style, superscript};
use crate::ops::Level;
use crate::scalar::Scalar;
use crate::value::each_dtype;
use crate::{Element, Value};

/// A number: its sign apart, so that `a + −2` can read `a − 2`.
pub(super) struct Number {
    pub(super) negative: bool,
    /// The magnitude.
    pub(super) text: String,
    pub(super) level: Level,
}

/// A number, to so many significant digits if given. Whole numbers have no ".0"; tiny and huge ones are `1.5×10⁻⁷`.
pub(super) fn number(x: Scalar, style: Style, digits: Option<usize>) -> Number {
    let (text, negative) = match x {
        Scalar::F64(x) => (float(x, &format!("{:e}", x.abs()), style, digits), x.is_sign_negative()),
        Scalar::F32(x) => (float(x.into(), &format!("{:e}", x.abs()), style, digits), x.is_sign_negative()),
        Scalar::I64(x) => (x.unsigned_abs().to_string(), x < 0),
        Scalar::Bool(x) => match style {
            Style::Unicode => (x.to_string(), false),
            Style::Latex => (format!("\\text{{{x}}}"), false),
        },
    };
    let level =
        if text.contains("10^") || text.contains("10⁻") || text.contains('×') { Level::Prefix } else { Level::Atom };
    Number { negative: negative && text != "NaN", text, level }
}

/// |x|, given its shortest scientific form.
fn float(x: f64, scientific: &str, style: Style, digits: Option<usize>) -> String {
    if x.is_nan() {
        return "NaN".to_owned();
    }
    if x.is_infinite() {
        return if style == Style::Unicode { "∞" } else { "\\infty" }.to_owned();
    }
    let rounded = digits.map(|digits| format!("{:.*e}", digits.saturating_sub(1), x.abs()));
    let (mantissa, exponent) = rounded.as_deref().unwrap_or(scientific).split_once('e').unwrap_or((scientific, "0"));
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // "1.25" has two digits after the point.
    let whole = i32::try_from(mantissa.len()).is_ok_and(|length| length - 2 <= exponent);
    if mantissa == "0" {
        return "0".to_owned();
    }
    if (-4..7).contains(&exponent) || whole && (0..12).contains(&exponent) {
        return positional(mantissa, exponent);
    }
    match (style, mantissa) {
        (Style::Unicode, "1") => format!("10{}", superscript(exponent)),
        (Style::Unicode, _) => format!("{mantissa}×10{}", superscript(exponent)),
        (Style::Latex, "1") => format!("10^{{{exponent}}}"),
        (Style::Latex, _) => format!("{mantissa} \\times 10^{{{exponent}}}"),
    }
}

/// `1.25`, `3` is 1250.
fn positional(mantissa: &str, exponent: i32) -> String {
    let mut digits = mantissa.replace('.', "");
    match usize::try_from(exponent) {
        Err(_) => format!("0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
        Ok(exponent) if digits.len() <= exponent + 1 => {
            digits += &"0".repeat(exponent + 1 - digits.len());
            digits
        }
        Ok(exponent) => {
            digits.insert(exponent + 1, '.');
            digits
        }
    }
}

/// A number with its sign.
pub(super) fn signed(x: Scalar, style: Style, digits: Option<usize>) -> String {
    let number = number(x, style, digits);
    let minus = match style {
        _ if !number.negative => "",
        Style::Unicode => "−",
        Style::Latex => "-",
    };
    format!("{minus}{}", number.text)
}

/// A scalar, a vector `[1, 2]` or a matrix `[1 2; 3 4]` of at most so many elements; `None` for others.
pub(super) fn small_array(value: &Value, style: Style, digits: Option<usize>, limit: usize) -> Option<String> {
    let shape = value.shape();
    if shape.rank() > 2 || shape.size() > limit {
        return None;
    }
    let items: Vec<String> = each_dtype!(value.dtype(), T => {
        value.view::<T>().iter().map(|x| signed(x.pack(), style, digits)).collect()
    });
    Some(match shape[..] {
        [] => items.concat(),
        [_, columns] if columns > 0 => {
            let (between, below) = if style == Style::Unicode { (" ", "; ") } else { (" & ", " \\\\ ") };
            let rows: Vec<String> = items.chunks(columns).map(|row| row.join(between)).collect();
            match style {
                Style::Unicode => format!("[{}]", rows.join(below)),
                Style::Latex => format!("\\begin{{bmatrix}} {} \\end{{bmatrix}}", rows.join(below)),
            }
        }
        _ => format!("[{}]", items.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let show = |x: f64| signed(Scalar::F64(x), Style::Unicode, None);
        assert_eq!(
            [2.0, -0.5, 1234.5, 1e9, 1e-8, -1.5e-7, 2.5e300, 0.001, 0.0, 123_456.75].map(show),
            ["2", "−0.5", "1234.5", "1000000000", "10⁻⁸", "−1.5×10⁻⁷", "2.5×10³⁰⁰", "0.001", "0", "123456.75"]
        );
        let rounded = |x: f64| signed(Scalar::F64(x), Style::Latex, Some(5));
        assert_eq!(
            [std::f64::consts::PI, 2.0 / 3.0 * 1e-9, 99999.96, f64::NAN, f64::NEG_INFINITY].map(rounded),
            ["3.1416", "6.6667 \\times 10^{-10}", "100000", "NaN", "-\\infty"]
        );
        assert_eq!(signed(Scalar::F32(0.1), Style::Unicode, None), "0.1");
        assert_eq!(signed(Scalar::I64(i64::MIN), Style::Unicode, None), "−9223372036854775808");
    }
}
