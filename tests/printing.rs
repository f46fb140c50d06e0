//! Graphs as text, formulas, traces and pictures.
use cinta::{Graph, Tape};

#[test]
fn a_printed_graph_reads_back() {
    let tape = Tape::new();
    let w = tape.var(ndarray::array![[1.0, 2.0], [3.0, 4.0]]).named("W");
    let x = tape.var([0.5, -1.0]).named("x");
    let y = (w.dot(x).sigmoid() * 2.0).sum();
    let _ = y.grad(w);
    let text = tape.graph().to_string();
    println!("{text}");
    assert_eq!(Graph::parse(&text).unwrap().to_string(), text);
}
