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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Constant, Head, Node, OpId, PlaceId, Role, Span};
    use crate::scalar::Scalar;
    use crate::{DType, Place, Tape, Value};

    /// x, a constant, their product and its sum: a graph to break.
    fn graph() -> Graph {
        let tape = Tape::new();
        let x = tape.var([1.0, 2.0]);
        let y = (x * tape.constant([3.0, 4.0])).sum();
        assert_eq!(y.id().index(), 3);
        tape.graph().clone()
    }

    fn ids<const N: usize>(indices: [usize; N]) -> [NodeId; N] {
        indices.map(NodeId::new)
    }

    fn push(graph: &mut Graph, head: Head, ty: &ArrayType) {
        let ty = graph.intern_type(ty.clone());
        graph.nodes.push(Node { ty, place: PlaceId(0), head });
    }

    fn op(graph: &Graph, index: usize) -> OpId {
        graph.op_id(NodeId::new(index)).expect("an operation")
    }

    #[track_caller]
    fn refuses(graph: &Graph, says: &str) {
        let error = graph.verify().expect_err("the graph is broken");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().starts_with(says), "{error}");
    }

    #[test]
    fn recorded_graphs_are_valid() {
        assert_eq!(graph().verify(), Ok(()));
        let tape = Tape::new();
        let x = tape.var([1.0, 2.0]).named("x");
        let _ = x.sigmoid().sum().hessian(x);
        assert_eq!(tape.graph().verify(), Ok(()));
    }

    #[test]
    fn inputs_come_before_what_reads_them() {
        for late in [4, 9] {
            let mut graph = graph();
            let mul = op(&graph, 2);
            push(&mut graph, Head::Two(mul, ids([0, late])), &ArrayType::new(DType::F64, [2]));
            refuses(&graph, &format!("%4 = mul: reads %{late}, which does not come before it"));
        }
    }

    #[test]
    fn operations_have_their_number_of_inputs() {
        let mut graph = graph();
        let mul = op(&graph, 2);
        push(&mut graph, Head::One(mul, NodeId::new(0)), &ArrayType::new(DType::F64, [2]));
        refuses(&graph, "%4 = mul: takes 2 inputs, not 1");
    }

    #[test]
    fn operations_have_inputs_that_fit() {
        let mut graph = graph();
        let mul = op(&graph, 2);
        push(&mut graph, Head::Two(mul, ids([0, 3])), &ArrayType::new(DType::F64, [2]));
        refuses(&graph, "%4 = mul: shapes [2] and [] differ");
    }

    #[test]
    fn the_stored_type_is_the_inferred_one() {
        let mut graph = graph();
        let mul = op(&graph, 2);
        push(&mut graph, Head::Two(mul, ids([0, 1])), &ArrayType::new(DType::F64, [3]));
        refuses(&graph, "%4 = mul: is stored as f64[3], but the operation gives f64[2]");
    }

    #[test]
    fn constants_have_the_type_of_their_value() {
        let ty = ArrayType::new(DType::F64, [3]);
        let constant = |repr| {
            let mut graph = graph();
            let (ty, place) = (graph.intern_type(ty.clone()), graph.place_id(NodeId::new(0)));
            graph.push_constant_node(Constant(repr), ty, place);
            graph
        };
        refuses(
            &constant(ConstantRepr::Array(Value::from([1.0, 2.0]))),
            "%4 = const: the node is f64[3], its value f64[2]",
        );
        refuses(
            &constant(ConstantRepr::Array(Value::from([1_i64, 2, 3]))),
            "%4 = const: the node is f64[3], its value i64",
        );
        refuses(&constant(ConstantRepr::Splat(Scalar::Bool(true))), "%4 = const: the node is f64[3], its value bool");
        assert_eq!(constant(ConstantRepr::Splat(Scalar::F64(0.0))).verify(), Ok(()));
    }

    #[test]
    fn names_and_roles_are_of_nodes_that_exist() {
        let mut named = graph();
        named.set_name(NodeId::new(7), "ghost");
        refuses(&named, "%7: is named but does not exist");
        let mut marked = graph();
        marked.spans.push(Span { role: Role::Pullback, start: 2, end: 9 });
        refuses(&marked, "nodes 2 to 9: have a role but do not all exist");
    }

    #[test]
    fn the_first_broken_node_is_named_with_its_place() {
        let mut graph = graph();
        let place = graph.intern_place(Place { file: "model.rs".into(), line: 3, column: 7 });
        let (mul, ty) = (op(&graph, 2), graph.type_id(NodeId::new(0)));
        graph.nodes.push(Node { ty, place, head: Head::One(mul, NodeId::new(0)) });
        graph.nodes.push(Node { ty, place, head: Head::One(mul, NodeId::new(9)) });
        refuses(&graph, "%4 = mul: takes 2 inputs, not 1 (recorded at model.rs:3:7)");
    }
}
