//! The text form of graphs: what is printed reads back, and what is not a graph is refused.
use cinta::{ErrorKind, Graph, Op, Place, Role, Style, Tape, Var};
use insta::assert_snapshot;
use ndarray::array;
use proptest::prelude::*;

#[track_caller]
fn reads_back(graph: &Graph) {
    let text = graph.to_string();
    let read = Graph::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(read.to_string(), text);
    assert_eq!(read.verify(), Ok(()));
}

#[test]
fn large_constants_are_shortened_for_reading_only() {
    let tape = Tape::new();
    let x = tape.var(1.0) + tape.constant(ndarray::Array1::<f64>::ones(300));
    let short = format!("{x:#}");
    assert!(short.contains("const [1.0, 1.0, 1.0, 1.0, … 296 more]"), "{short}");
    let error = Graph::parse(&short).unwrap_err();
    assert!(error.reason().contains("shortened for reading"), "{error}");
    reads_back(&tape.graph());
}

#[test]
fn every_number_and_name_reads_back() {
    let tape = Tape::new();
    let x = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, f64::MAX, 0.1];
    let _ = tape.constant(x).named("quotes \" and \\ and \n and \u{7} and θ' # (pullback)");
    let _ = tape.constant([0.1_f32, f32::MIN_POSITIVE, f32::NAN, -0.0]);
    let _ = tape.constant([i64::MIN, i64::MAX]).named("");
    let _ = tape.constant([true, false]);
    let _ = tape.constant(ndarray::Array2::<f32>::zeros((3, 0)));
    for x in x {
        let _ = tape.constant(x);
        let _ = tape.var(array![[1.0_f32, 2.0]]) * x;
    }
    let graph = &mut tape.graph().clone();
    for file in ["", " a.rs ", "a\nb.rs", "\"a\".rs", "C:\\a b:1.rs", "x (pullback)"] {
        graph.push_input(tape.constant(1.0).array_type(), Place { file: file.to_owned().into(), line: 3, column: 14 });
    }
    reads_back(graph);
    let read = Graph::parse(&graph.to_string()).unwrap();
    assert!(graph.ids().all(|id| graph.name(id) == read.name(id) && graph.place(id) == read.place(id)));
}

#[test]
fn roles_read_back() {
    let tape = Tape::new();
    let x = tape.var([1.0, 2.0]);
    let v = tape.constant([1.0, 0.0]);
    let _ = x.sigmoid().sum().hvp(x, v) + 1.0;
    reads_back(&tape.graph());
    let (graph, read) = (tape.graph(), Graph::parse(&tape.graph().to_string()).unwrap());
    assert!(graph.ids().all(|id| graph.role(id) == read.role(id)));
    assert!([Role::Pullback, Role::Pushforward].iter().all(|role| read.ids().any(|id| read.role(id) == Some(*role))));
}

#[test]
fn every_operation_reads_back_and_has_a_formula() {
    for sample in Op::samples() {
        let tape = Tape::new();
        let inputs: Vec<Var<'_>> = sample.inputs.into_iter().map(|value| tape.var(value).named("a")).collect();
        let output = tape.apply(&sample.op, &inputs).unwrap();
        reads_back(&tape.graph());
        for text in [output.formula(), output.latex(), output.trace(), output.to_dot()] {
            assert!(!text.is_empty() && !text.contains("{0}") && !text.contains("{*}"), "{}: {text}", sample.op.name());
        }
    }
}

#[test]
fn spacing_comments_gaps_and_places_are_free() {
    let graph = Graph::parse(
        "# a comment\n\n  %7 :f64[ 2,1 ]=input\"x\"# somewhere\r\n%3: f64[2, 1] = neg   %7 # a:b.rs:3:4 (pullback)\n",
    )
    .unwrap();
    assert_snapshot!(graph, @r#"
    %0: f64[2, 1] = input "x"  # text:3:1
    %1: f64[2, 1] = neg %0     # a:b.rs:3:4 (pullback)
    "#);
    reads_back(&graph);
}

#[test]
fn errors_say_where_and_what() {
    let errors = [
        "%0 f64[2] = input",
        "x: f64[2] = input",
        "%0: f16[2] = input",
        "%0: f64[2, = input",
        "%0: f64[-2] = input",
        "%0: f64[18446744073709551616] = input",
        "%0: f64[4294967296, 4294967296, 0] = input",
        "%0: f64[2] =",
        "%0: f64[2] = input 3",
        "%0: f64[2] = input \"x",
        "%0: f64[2] = input \"\\q\"",
        "%0: f64[2] = input\n%0: f64[2] = input",
        "%0: f64[2] = neg %0",
        "%0: f64[2] = const [1.0, 2.0, 3.0]",
        "%0: f64[99999999999] = const [1.0]",
        "%0: f64[2] = const [1.0, 2.0",
        "%0: f64[] = const [1.0]",
        "%0: f64[] = const 1e999",
        "%0: i64[] = const 9223372036854775808",
        "%0: bool[] = const 1",
        "%0: f64[1] = const [1.0, … 3 more]",
        "%0: f64[2] = input\n%1: f64[2] = sigmod %0",
        "%0: f64[2] = input\n%1: f64[3] = sigmoid %0",
        "%0: f64[2] = input\n%1: f64[2] = sigmoid %0 %0",
        "%0: f64[2] = input\n%1: f64[2] = sigmoid %0 slope=2",
        "%0: f64[2] = input\n%1: f64[] = sum_to %0",
        "%0: f64[2] = input\n%1: f64[] = sum_to %0 shape=[] shape=[]",
        "%0: f64[2] = input\n%1: f64[] = sum_to %0 shape=[2, x]",
        "%0: f64[2] = input\n%1: f64[] = sum_to %0 shape=-",
        "%0: f64[2] = input\n%θ: f64[] = sum_to %0",
        "%0: f64[2] = input\n%1: f64[9223372036854775807, 2] = broadcast_to %0 shape=[9223372036854775807, 2]",
    ]
    .map(|text| {
        let error = Graph::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Parse);
        error.to_string()
    });
    assert_snapshot!(errors.join("\n"), @r#"
    line 1, column 4: expected : and the node's type, found "f64[2]"
    line 1, column 1: expected a node such as %0, found "x:"
    line 1, column 5: expected a type such as f64[2, 3] (f64, f32, i64 or bool), found "f16[2]"
    line 1, column 12: expected a size, found "="
    line 1, column 9: expected a size, found "-2]"
    line 1, column 9: expected a size, found "18446744073709551616]"
    line 1, column 5: an array of shape [4294967296, 4294967296, 0] is too large for memory
    line 1, column 13: expected input, const or an operation, found the end of the line
    line 1, column 20: expected the end of the line, a name in quotes, or # and a place, found "3"
    line 1, column 22: expected a closing quote, found the end of the line
    line 1, column 21: expected an escape such as \n or \u{3b8}, found "\\q\""
    line 2, column 1: %0 is defined twice
    line 1, column 18: %0 is not defined above
    line 1, column 20: f64[2] holds 2 numbers, found 3
    line 1, column 30: f64[99999999999] holds 99999999999 numbers, found 1
    line 1, column 29: expected , or ], found the end of the line
    line 1, column 19: a constant of type f64[] is one number, without brackets
    line 1, column 19: expected a number that f64 can hold, found "1e999"
    line 1, column 19: expected a number that i64 can hold, found "9223372036854775808"
    line 1, column 20: expected true or false, found "1"
    line 1, column 26: this constant was shortened for reading; print the whole with to_string()
    line 2, column 14: unknown operation "sigmod"; the nearest names are sigmoid, sign, argmax
    line 2, column 5: sigmoid gives f64[2] here, not f64[3]
    line 2, column 14: sigmoid of f64[2], f64[2]: takes 1 inputs, not 2
    line 2, column 14: sigmoid has no attribute slope
    line 2, column 13: sum_to: attribute shape is missing
    line 2, column 32: attribute shape is given twice
    line 2, column 33: expected an integer, found "x]"
    line 2, column 29: expected a number, a list of integers, true, false or a word, found "-"
    line 2, column 2: expected the number of a node, found "θ:"
    line 2, column 5: an array of shape [9223372036854775807, 2] is too large for memory
    "#);
}

/// A graph of random operations, names, constants and derivatives, driven by random bytes.
fn random_graph(choices: &[u8]) -> Graph {
    let tape = Tape::new();
    let x = tape.var(array![[0.5, -1.0], [2.0, 0.25]]);
    let mut nodes = vec![x];
    let pick = |nodes: &[Var<'_>], n: u8| nodes[usize::from(n) % nodes.len()].id();
    for pair in choices.chunks(2) {
        let (choice, n) = (pair[0], pair[pair.len() - 1]);
        let (a, b) = (tape.at(pick(&nodes, n)), tape.at(pick(&nodes, n / 7)));
        let new = match choice % 18 {
            0 => a + b,
            1 => a * b,
            2 => a - b,
            3 => -a,
            4 => a.sigmoid(),
            5 => a.matmul(b),
            6 => a.t(),
            7 => a.sum_to([2, 1]).broadcast_to([2, 2]),
            8 => a.reshape([4, 1]).reshape([2, 2]),
            9 => a.gt(b).select(a, b),
            10 => a * f64::from(n),
            11 => a / (b * b + 1.0),
            12 => a + array![[f64::from(n), -0.0], [f64::NAN, f64::INFINITY]],
            13 => tape.constant(array![[1.0, 2.0], [f64::from(n), 0.1]]),
            14 => a.named(&format!("n{choice}\"\\\n{n}")),
            15 => a * 1.0,
            16 => a.sum().grad_or_zeros(b),
            _ => a.dot(b).sum().broadcast_to([2, 2]),
        };
        nodes.push(new);
    }
    tape.graph().clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_graphs_read_back(choices in prop::collection::vec(any::<u8>(), 0..40)) {
        let graph = random_graph(&choices);
        reads_back(&graph);
        let outputs: Vec<_> = graph.ids().rev().take(3).collect();
        prop_assert!(!graph.formula(&outputs, Style::Unicode).is_empty());
        prop_assert!(!graph.formula(&outputs, Style::Latex).is_empty());
        prop_assert!(graph.to_dot(&outputs).starts_with("digraph"));
    }

    #[test]
    fn damaged_texts_never_panic(
        choices in prop::collection::vec(any::<u8>(), 0..16),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8, any::<prop::sample::Index>()), 1..4),
    ) {
        const SIGNS: &[char] =
            &['%', '0', '9', '[', ']', ',', '"', '\\', '#', '=', ':', '-', '.', 'e', 'f', ' ', '\n', 'θ', '…', '𝟏', '\0', '('];
        let mut text: Vec<char> = random_graph(&choices).to_string().chars().collect();
        for (at, how, with) in damage {
            let at = at.index(text.len().max(1)).min(text.len());
            match how {
                0 => text.truncate(at),
                1 if at < text.len() => _ = text.remove(at),
                2 => text.insert(at, SIGNS[with.index(SIGNS.len())]),
                3 => text.splice(at..at, "99999999999".chars()).for_each(drop),
                4 if at < text.len() => text[at] = SIGNS[with.index(SIGNS.len())],
                5 => text.rotate_left(at),
                6 if !text.is_empty() => {
                    let other = with.index(text.len());
                    text.swap(at.min(other), other);
                }
                _ => text.extend_from_within(at..),
            }
        }
        let text: String = text.into_iter().collect();
        match Graph::parse(&text) {
            Ok(graph) => reads_back(&graph),
            Err(error) => prop_assert!(error.to_string().starts_with("line ") && error.kind() == ErrorKind::Parse),
        }
    }

    #[test]
    fn any_text_never_panics(text in "[%:=#\\[\\], a-z0-9\"\\\\\n.-]{0,60}|\\PC{0,40}") {
        if let Ok(graph) = text.parse::<Graph>() {
            reads_back(&graph);
        }
    }
}
