//! The first number of a run that is not finite.
use cinta_graph::{DType, Error, ErrorKind, Kind, NodeId, Output, Value};
use smallvec::SmallVec;

use crate::program::Program;
use crate::view::View;

impl Program {
    /// Evaluates the program node by node, as the interpreter does, and finds the first operation that makes NaN or an
    /// infinity of finite operands, in the forward or the backward pass. Slow, and changes nothing: ask when a result is not
    /// finite, or let [`Function::checking_finite`](crate::Function::checking_finite) ask at each call.
    ///
    /// ```
    /// use cinta_program::Function;
    /// let mut f = Function::new(["x"], |[x]| 1.0 / (x.exp() + 1.0)).checking_finite(true);
    /// assert_eq!(f.call(0.0)?.item(), Some(0.5));
    /// let error = f.call(1000.0).unwrap_err(); // The result is 0, but e¹⁰⁰⁰ is not finite.
    /// assert!(error.to_string().contains("exp: makes inf of x = 1000"), "{error}");
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    ///
    /// # Errors
    /// What was found: the operation, its line, the number, where it is, and the range of each operand. A number that is
    /// not finite in an argument or a state is an error too, and names it. Also what [`run`](Self::run) refuses.
    pub fn check_finite(&self, arguments: &[View<'_>]) -> Result<(), Error> {
        self.check_arguments(arguments)?;
        let graph = &self.graph;
        let mut values: Vec<Option<Value>> = vec![None; graph.len()];
        for (id, view) in self.ports.inputs.iter().zip(arguments) {
            values[id.index()] = Some(view.into());
        }
        for (position, id) in self.ports.states.iter().enumerate() {
            values[id.index()] = Some(self.state_at(position));
        }
        for &id in self.ports.inputs.iter().chain(&self.ports.states) {
            if let Some((number, index)) = values[id.index()].as_ref().and_then(not_finite) {
                let reason = format!("is {number} at {index:?}, before any operation");
                return Err(Error::new(ErrorKind::Value, graph.label(id), reason).at(graph.place(id).clone()));
            }
        }
        for id in graph.ids() {
            let value = match graph.kind(id) {
                Kind::Input => continue,
                Kind::Constant(_) => graph.constant_value(id).expect("a constant"),
                Kind::Apply { op, inputs } => {
                    let operands: SmallVec<[&Value; 4]> =
                        inputs.iter().map(|input| values[input.index()].as_ref().expect("inputs come first")).collect();
                    let at = |error: Error| error.at(graph.place(id).clone());
                    let value = op
                        .eval(&operands, &Output::new(graph.array_type(id)))
                        .map_err(|reason| at(Error::new(ErrorKind::Value, op.name(), reason)))?;
                    if let Some((number, index)) = not_finite(&value)
                        && operands.iter().all(|operand| not_finite(operand).is_none())
                    {
                        let at_index = if index.is_empty() { String::new() } else { format!(" at {index:?}") };
                        let ranges: Vec<String> =
                            inputs.iter().zip(&operands).map(|(input, operand)| self.range(*input, operand)).collect();
                        let reason = format!("makes {number}{at_index} of {}", ranges.join(", "));
                        return Err(at(Error::new(ErrorKind::Value, op.name(), reason)));
                    }
                    value
                }
            };
            values[id.index()] = Some(value);
        }
        Ok(())
    }

    /// What an operand holds, in words.
    fn range(&self, id: NodeId, value: &Value) -> String {
        let name = self.graph.label(id);
        let numbers = value.to_f64s();
        let (low, high) =
            numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
        match numbers.len() {
            0 => format!("{name}, which is empty"),
            1 => format!("{name} = {low}"),
            _ => format!("{name} in [{low}, {high}]"),
        }
    }
}

/// The first number that is not finite, and its index.
fn not_finite(value: &Value) -> Option<(f64, Vec<usize>)> {
    if !matches!(value.dtype(), DType::F64 | DType::F32) {
        return None;
    }
    let numbers = value.to_f64s();
    let mut at = numbers.iter().position(|x| !x.is_finite())?;
    let number = numbers[at];
    let mut index: Vec<usize> = value
        .shape()
        .iter()
        .rev()
        .map(|&n| {
            let i = at % n;
            at /= n;
            i
        })
        .collect();
    index.reverse();
    Some((number, index))
}
