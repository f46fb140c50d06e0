//! The verifier: what every graph obeys, checked on any graph, whoever made it.
//!
//! For each node: its inputs have smaller ids; its operation accepts their number and types; the type that
//! the operation infers from them is the type stored; a constant has the type of its value. Names and
//! spans refer to nodes that exist.
use smallvec::SmallVec;

use super::{ConstantRepr, Graph, Kind, NodeId};
use crate::error::ErrorKind;
use crate::{ArrayType, Error};

impl Graph {
    /// Checks the whole graph.
    ///
    /// # Errors
    /// The first broken node, by id, with what is wrong. Cost: one type inference a node.
    pub fn verify(&self) -> Result<(), Error> {
        for id in self.ids() {
            if let Err(reason) = self.verify_node(id) {
                let what = match self.kind(id) {
                    Kind::Input => "input",
                    Kind::Constant(_) => "const",
                    Kind::Apply { op, .. } => op.name(),
                };
                return Err(Error::new(ErrorKind::Invalid, format!("{id} = {what}"), reason).at(self.place(id).clone()));
            }
        }
        if let Some(span) = self.spans.iter().find(|span| span.start >= span.end || span.end > self.len()) {
            let subject = format!("nodes {} to {}", span.start, span.end);
            return Err(Error::new(ErrorKind::Invalid, subject, "have a role but do not all exist"));
        }
        match self.names.keys().find(|id| id.index() >= self.len()) {
            Some(id) => Err(Error::new(ErrorKind::Invalid, id.to_string(), "is named but does not exist")),
            None => Ok(()),
        }
    }

    fn verify_node(&self, id: NodeId) -> Result<(), String> {
        let stored = self.array_type(id);
        match self.kind(id) {
            Kind::Input => Ok(()),
            Kind::Constant(constant) => {
                let dtype = match &constant.0 {
                    ConstantRepr::Splat(x) => x.dtype(),
                    ConstantRepr::Array(value) if value.shape() != stored.shape => {
                        return Err(format!("the node is {stored}, its value {}", value.array_type()));
                    }
                    ConstantRepr::Array(value) => value.dtype(),
                };
                if dtype == stored.dtype { Ok(()) } else { Err(format!("the node is {stored}, its value {dtype}")) }
            }
            Kind::Apply { op, inputs } => {
                if let Some(late) = inputs.iter().find(|input| **input >= id) {
                    return Err(format!("reads {late}, which does not come before it"));
                }
                let types: SmallVec<[&ArrayType; 4]> = inputs.iter().map(|&input| self.array_type(input)).collect();
                let inferred = op.infer(&types)?;
                if &inferred == stored {
                    Ok(())
                } else {
                    Err(format!("is stored as {stored}, but the operation gives {inferred}"))
                }
            }
        }
    }
}
