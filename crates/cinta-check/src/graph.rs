//! Graphs: types that are true, rules that are kept, also by the graphs of derivatives.
use cinta_graph::Tape;

use crate::subject::{Seeds, Subject};
use crate::{Claim, Mismatch};

pub(crate) fn check(subject: &Subject<'_>) -> Result<(), Mismatch> {
    let (claim, name) = (Claim::Graph, &subject.name);
    let failed = |doing| move |error| Mismatch::error(claim, name, doing, &error);
    let tape = Tape::new();
    let mut recording = subject.record(&tape).map_err(failed("recording"))?;
    recording.outputs[0].try_value().map_err(failed("evaluating"))?;
    for seeds in [Seeds::Constants, Seeds::Variables] {
        if !recording.is_differentiable() {
            break;
        }
        let push = recording.offered(recording.pushforward(seeds, recording.tangents(1)));
        let push = push.map_err(failed("pushforward"))?;
        let pull = recording.offered(recording.pullback(seeds, 1)).map_err(failed("pullback"))?;
        for derivative in push.iter().chain(&pull) {
            for var in &derivative.recording.outputs {
                var.try_value().map_err(failed("evaluating a derivative"))?;
            }
        }
        match pull {
            Some(pull) => recording = pull.recording,
            None => break,
        }
    }
    tape.graph().verify().map_err(failed("verifying"))?;
    let ids = tape.graph().ids();
    for id in ids.filter(|&id| tape.known_value(id).is_some()) {
        let var = tape.at(id);
        let evaluated = var.try_value().map_err(failed("evaluating"))?.array_type();
        if evaluated != var.array_type() {
            let line = tape.graph().line(id);
            return Err(Mismatch::new(claim, name, format!("{line}: its value is {evaluated}")));
        }
    }
    Ok(())
}
