//! What must hold of every recorded function, beside its gradient: said in the report of that.
use cinta_graph::{Error, Op, Tape, Value};

use crate::report::{Report, Verdict};
use crate::subject::{Subject, is_opaque};
use crate::{Check, Claim, Function, Mismatch, derivatives, precision};

impl Check {
    /// Tries every claim, and says in the report which hold, which do not, and which were left out.
    ///
    /// Differences say nothing of derivatives that are not there, at a kink, nor of those that a user holds to be others
    /// (`held`): there both modes are compared with each other only.
    pub(super) fn hold_to_claims(
        &self,
        f: &Function<'_>,
        x: &[Value],
        report: &mut Report,
        held: bool,
    ) -> Result<(), Error> {
        let kink = report.verdict() == Verdict::Kink;
        let mut subject = Subject::of_function(f, x);
        subject.quotients = !kink && !held;
        let (mut left_out, mut broken) = (Vec::new(), Vec::new());
        if kink || held {
            let why = if kink { "at a kink" } else { "where derivatives are stopped" };
            left_out.push(format!("differences for orders 1 to 3, which say nothing {why}"));
        }
        for claim in Claim::ALL {
            let Err(mismatch) = claim.check(&subject) else { continue };
            if mismatch.is_vague() {
                left_out.push(format!("differences for {claim}, which show too little"));
            } else if self.is_kink(f, x, claim)? {
                left_out.push(format!("differences for {claim}, which say nothing at a kink"));
            } else {
                broken.push(mismatch);
            }
        }
        let tape = Tape::new();
        let recording = subject.record(&tape)?;
        let offered = derivatives::offered(&recording)?;
        let mut tried = vec!["values", "layouts", "batches"];
        let orders = format!("orders 1 to {offered}");
        match offered {
            0 => {}
            1 => tried.push("order 1"),
            _ => tried.push(&orders),
        }
        if offered < derivatives::ORDERS {
            left_out.push(format!("orders above {offered}, which an operation of yours does not offer"));
        }
        tried.push("programs");
        let has_code = |id| matches!(tape.graph().op(id), Some(Op::WithRule(_)));
        if is_opaque(&tape) || tape.graph().ids().any(has_code) {
            left_out.push("text, which does not hold code of yours".to_owned());
        } else {
            tried.push("text");
        }
        match precision::left_out(&subject)? {
            None => tried.push("f32"),
            Some(why) => left_out.push(why.to_owned()),
        }
        if broken.is_empty() {
            report.notes.push(format!("the claims hold: {}", tried.join(", ")));
        } else {
            report.verdict = Verdict::Wrong;
        }
        report.notes.extend(broken.iter().map(Mismatch::to_string));
        if !left_out.is_empty() {
            report.notes.push(format!("not tried: {}", left_out.join("; ")));
        }
        Ok(())
    }

    /// Whether a claim is about a derivative that is not there: one of the first of its order has a kink.
    fn is_kink(&self, f: &Function<'_>, x: &[Value], claim: Claim) -> Result<bool, Error> {
        let order = match claim {
            Claim::SecondDerivatives => 2,
            Claim::ThirdDerivatives => 3,
            _ => return Ok(false),
        };
        let mut check = self.clone().order(order);
        check.options.claims = false;
        let report = check.function(f, x)?;
        Ok(matches!(report.verdict(), Verdict::Kink | Verdict::Jump))
    }
}
