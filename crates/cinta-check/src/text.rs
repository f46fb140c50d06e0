//! Text: a printed graph reads back as the same graph, with the same values.
use cinta_graph::{Graph, Op, Tape};

use crate::subject::{Seeds, Subject, is_opaque};
use crate::{Claim, Mismatch};

pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let (claim, name) = (Claim::Text, &subject.name);
    let failed = |doing| move |error| Mismatch::error(claim, name, doing, &error);
    let tape = Tape::new();
    let mut recording = subject.record(&tape).map_err(failed("recording"))?;
    let has_rule = |id| matches!(tape.graph().op(id), Some(Op::WithRule(_)));
    if is_opaque(&tape) || tape.graph().ids().any(has_rule) {
        return Ok(()); // a text does not hold code
    }
    if subject.smooth && recording.is_differentiable() {
        recording = recording.pullback(Seeds::Constants, 1).map_err(failed("pullback"))?.recording;
    }
    let text = tape.graph().to_string();
    let graph = Graph::parse(&text).map_err(failed("reading back"))?;
    let again = graph.to_string();
    if let Some((printed, read)) = text.lines().zip(again.lines()).find(|(a, b)| a != b) {
        return Err(Mismatch::new(claim, name, format!("`{printed}` reads back as `{read}`")));
    }
    let copy = Tape::from_graph(graph);
    for (input, value) in recording.inputs.iter().zip(&recording.point) {
        copy.at(input.id()).try_set(value).map_err(failed("setting an input of the graph read"))?;
    }
    for id in tape.graph().ids() {
        let value = tape.at(id).try_value().map_err(failed("evaluating"))?;
        let read = copy.at(id).try_value().map_err(failed("evaluating the graph read"))?;
        if !value.same_bits(&read) {
            let line = tape.graph().line(id);
            return Err(Mismatch::new(claim, name, format!("{line}: is {value}, and after reading back {read}")));
        }
    }
    Ok(())
}
