//! Graphs as text, formulas, traces and pictures.
use cinta::{ErrorKind, Graph, Op, Place, Role, Style, Tape, Var};
use insta::assert_snapshot;
use ndarray::array;
use proptest::prelude::*;

/// The lecture's worked example, f = σ(θᵀσ(W x)), and its gradients by W and θ.
fn worked_example(tape: &Tape) -> (Var<'_>, [Var<'_>; 2]) {
    let w = tape.var(array![[1.0, 2.0], [3.0, 4.0], [0.5, 0.25]]).named("W");
    let x = tape.var([0.5, -1.0]).named("x");
    let theta = tape.var([1.0, -1.0, 2.0]).named("θ");
    let h = w.dot(x).sigmoid().named("h");
    let f = theta.dot(h).sigmoid().named("f");
    (f, f.grad([w, theta]))
}

/// A text without the places, which move when this file is edited.
fn without_places(text: &str) -> String {
    let line = |line: &str| match line.split_once("# tests") {
        Some((node, place)) if place.contains('(') => format!("{node}# {}\n", &place[place.find('(').unwrap()..]),
        Some((node, _)) => format!("{}\n", node.trim_end()),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[track_caller]
fn reads_back(graph: &Graph) {
    let text = graph.to_string();
    let read = Graph::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(read.to_string(), text);
    assert_eq!(read.verify(), Ok(()));
}

#[test]
fn the_worked_example_as_text() {
    let tape = Tape::new();
    let _ = worked_example(&tape);
    assert_snapshot!(without_places(&tape.graph().to_string()), @r#"
    %0: f64[3, 2] = input "W"
    %1: f64[2] = input "x"
    %2: f64[3] = input "θ"
    %3: f64[3] = matmul %0 %1
    %4: f64[3] = sigmoid %3 "h"
    %5: f64[] = matmul %2 %4
    %6: f64[] = sigmoid %5 "f"
    %7: f64[] = const 1.0
    %8: f64[] = mul %7 %6                     # (pullback)
    %9: f64[] = neg %5                        # (pullback)
    %10: f64[] = sigmoid %9                   # (pullback)
    %11: f64[] = mul %8 %10                   # (pullback)
    %12: f64[3] = broadcast_to %11 shape=[3]  # (pullback)
    %13: f64[3] = mul %12 %4                  # (pullback)
    %14: f64[3] = broadcast_to %11 shape=[3]  # (pullback)
    %15: f64[3] = mul %14 %2                  # (pullback)
    %16: f64[3] = mul %15 %4                  # (pullback)
    %17: f64[3] = neg %3                      # (pullback)
    %18: f64[3] = sigmoid %17                 # (pullback)
    %19: f64[3] = mul %16 %18                 # (pullback)
    %20: f64[3, 2] = outer %19 %1             # (pullback)
    "#);
}

#[test]
fn the_worked_example_as_a_formula() {
    let tape = Tape::new();
    let (f, [dw, dtheta]) = worked_example(&tape);
    assert_snapshot!(f.formula(), @r"
    h = σ(W·x)
    f = σ(θᵀh)
    ");
    assert_snapshot!(dw.formula(), @r"
    h = σ(W·x)
    f = σ(θᵀh)
    (f (1 − f) θ ⊙ h ⊙ (1 − h)) xᵀ
    ");
    assert_snapshot!(tape.graph().formula(&[dw.id(), dtheta.id()], Style::Unicode), @r"
    h = σ(W·x)
    f = σ(θᵀh)
    t₁ = f (1 − f)
    y₂ = t₁ h
    y₁ = (t₁ θ ⊙ h ⊙ (1 − h)) xᵀ
    ");
}

#[test]
fn the_worked_example_in_latex() {
    let tape = Tape::new();
    let (_, [dw, _]) = worked_example(&tape);
    assert_snapshot!(dw.latex(), @r"
    \begin{aligned}
    h &= \sigma(W x) \\
    f &= \sigma(\theta^{\top} h) \\
    &(f (1 - f) \theta \odot h \odot (1 - h)) x^{\top}
    \end{aligned}
    ");
}

#[test]
fn the_worked_example_as_a_trace() {
    let tape = Tape::new();
    let (_, [dw, _]) = worked_example(&tape);
    assert_snapshot!(dw.trace(), @r"
    Forward
      W  = [1 2; 3 4; 0.5 0.25]
      x  = [0.5, −1]
      θ  = [1, −1, 2]
      t₁ = W·x      = [−1.5, −2.5, 0]
      h  = σ(t₁)    = [0.18243, 0.075858, 0.5]
      t₂ = θᵀh      = 1.1066
      f  = σ(t₂)    = 0.75149
    Backward
      t₃ = 1 − f    = 0.24851
      t₄ = f t₃     = 0.18675
      t₅ = t₄ θ     = [0.18675, −0.18675, 0.37351]
      t₆ = t₅ ⊙ h   = [0.034069, −0.014167, 0.18675]
      t₇ = 1 − h    = [0.81757, 0.92414, 0.5]
      t₈ = t₆ ⊙ t₇  = [0.027854, −0.013092, 0.093377]
      t₉ = t₈ xᵀ    = [0.013927 −0.027854; −0.0065461 0.013092; 0.046688 −0.093377]
    ");
}

#[test]
fn the_worked_example_as_a_picture() {
    let tape = Tape::new();
    let (_, [dw, _]) = worked_example(&tape);
    // Read back without places, so that it shows lines of the text and not of this file.
    let graph = Graph::parse(&without_places(&tape.graph().slice(&[dw.id()]).to_string())).unwrap();
    let picture = graph.to_dot(&[graph.ids().last().unwrap()]);
    let text: String =
        picture.lines().filter(|line| !line.contains("fontname")).map(|line| format!("{line}\n")).collect();
    assert_snapshot!(text, @r##"
    digraph cinta {
      subgraph cluster_forward {
        label="forward"
        n0 [label=<<b>W</b><br/><font point-size="9" color="#5f6b7a">f64[3, 2]<br/>text:1</font>>, tooltip="text:1:1", shape=ellipse, fillcolor="#dcebfb"]
        n1 [label=<<b>x</b><br/><font point-size="9" color="#5f6b7a">f64[2]<br/>text:2</font>>, tooltip="text:2:1", shape=ellipse, fillcolor="#dcebfb"]
        n2 [label=<<b>θ</b><br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:3</font>>, tooltip="text:3:1", shape=ellipse, fillcolor="#dcebfb"]
        n3 [label=<<b>%3</b> = W·x<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:4</font>>, tooltip="text:4:1"]
        n4 [label=<<b>h</b> = σ(%3)<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:5</font>>, tooltip="text:5:1"]
        n5 [label=<<b>%5</b> = θᵀh<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:6</font>>, tooltip="text:6:1"]
        n6 [label=<<b>f</b> = σ(%5)<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:7</font>>, tooltip="text:7:1"]
      }
      subgraph cluster_backward {
        label="backward"
        n8 [label=<<b>%8</b> = mul 1 f<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:9</font>>, tooltip="text:9:1"]
        n9 [label=<<b>%9</b> = −%5<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:10</font>>, tooltip="text:10:1"]
        n10 [label=<<b>%10</b> = σ(%9)<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:11</font>>, tooltip="text:11:1"]
        n11 [label=<<b>%11</b> = %8 %10<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:12</font>>, tooltip="text:12:1"]
        n12 [label=<<b>%12</b> = broadcast_to %11<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:13</font>>, tooltip="text:13:1"]
        n13 [label=<<b>%13</b> = %12 ⊙ θ<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:14</font>>, tooltip="text:14:1"]
        n14 [label=<<b>%14</b> = %13 ⊙ h<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:15</font>>, tooltip="text:15:1"]
        n15 [label=<<b>%15</b> = −%3<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:16</font>>, tooltip="text:16:1"]
        n16 [label=<<b>%16</b> = σ(%15)<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:17</font>>, tooltip="text:17:1"]
        n17 [label=<<b>%17</b> = %14 ⊙ %16<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:18</font>>, tooltip="text:18:1"]
        n18 [label=<<b>%18</b> = %17 xᵀ<br/><font point-size="9" color="#5f6b7a">f64[3, 2]<br/>text:19</font>>, tooltip="text:19:1", penwidth=2.2, color="#33475b"]
      }
      n0 -> n3 [label=" [3, 2]"]
      n1 -> n3 [label=" [2]"]
      n3 -> n4 [label=" [3]"]
      n2 -> n5 [label=" [3]"]
      n4 -> n5 [label=" [3]"]
      n5 -> n6
      n6 -> n8
      n5 -> n9
      n9 -> n10
      n8 -> n11
      n10 -> n11
      n11 -> n12
      n12 -> n13 [label=" [3]"]
      n2 -> n13 [label=" [3]"]
      n13 -> n14 [label=" [3]"]
      n4 -> n14 [label=" [3]"]
      n3 -> n15 [label=" [3]"]
      n15 -> n16 [label=" [3]"]
      n14 -> n17 [label=" [3]"]
      n16 -> n17 [label=" [3]"]
      n17 -> n18 [label=" [3]"]
      n1 -> n18 [label=" [2]"]
    }
    "##);
}

#[test]
fn an_unnamed_example_is_one_line() {
    let tape = Tape::new();
    let (w, x, theta) =
        (tape.var(array![[1.0, 2.0]]).named("W"), tape.var([0.5, -1.0]).named("x"), tape.var([1.0]).named("θ"));
    assert_snapshot!(theta.dot(w.dot(x).sigmoid()).sigmoid().formula(), @"σ(θᵀσ(W·x))");
    assert_snapshot!(theta.dot(w.dot(x).sigmoid()).sigmoid().latex(), @r"\sigma(\theta^{\top} \sigma(W x))");
}

#[test]
fn formulas_have_few_parentheses() {
    let tape = Tape::new();
    let name = |name| tape.var([1.0, 2.0]).named(name);
    let (a, b, c, m) = (name("a"), name("b"), name("c"), tape.var(array![[1.0, 2.0], [3.0, 4.0]]).named("M"));
    let s = tape.var(3.0).named("s");
    let shown = [
        a + (b - c),
        a - (b + c),
        a - (b - c),
        a * (b * c),
        a * (b + c),
        a / (b * c),
        a / b * c,
        a * b / c,
        -(a + b),
        -a * b,
        a * -b,
        a + -b,
        a - -b,
        -(-a),
        a + (-2.0),
        a * 2.0 * 3.0,
        a * s,
        a * 1.0,
        m.dot(a * b),
        m.dot(a) * b,
        m.dot(m.dot(a)),
        m.t().dot(a),
        m.t().t().dot(a),
        a.dot(b) * c,
        (a * b).sum() * c,
        c + (a / b).sum(),
        -(a * b).sum(),
        m.sum_axes(0) + m.sum_axes(1),
        (a + b) * (a + b),
        (a * b).sigmoid() / (1.0 + a),
        a.gt(b).select(a, 0.0),
        a.gt(b).select(a, c),
        a * 1e-9 + [1.0, 2.0],
    ];
    let text: String = shown.iter().map(|var| var.formula() + "\n").collect();
    assert_snapshot!(text, @r"
    a + b − c
    a − (b + c)
    a − (b − c)
    a ⊙ b ⊙ c
    a ⊙ (b + c)
    a / (b ⊙ c)
    (a / b) ⊙ c
    a ⊙ b / c
    −(a + b)
    −a ⊙ b
    −a ⊙ b
    a − b
    a + b
    a
    a − 2
    3 · 2 a
    a s
    a
    M·(a ⊙ b)
    M·a ⊙ b
    M·M·a
    Mᵀa
    M·a
    aᵀb c
    (Σ a ⊙ b) c
    c + Σ (a / b)
    −Σ a ⊙ b
    Σᵢ M + Σⱼ M
    (a + b)²
    σ(a ⊙ b) / (1 + a)
    1{a > b} ⊙ a
    (a if a > b, else c)
    10⁻⁹ a + [1, 2]
    ");
    let text: String = shown.iter().map(|var| var.latex() + "\n").collect();
    assert_snapshot!(text, @r"
    a + b - c
    a - (b + c)
    a - (b - c)
    a \odot b \odot c
    a \odot (b + c)
    \frac{a}{b \odot c}
    \frac{a}{b} \odot c
    \frac{a \odot b}{c}
    -(a + b)
    -a \odot b
    -a \odot b
    a - b
    a + b
    a
    a - 2
    3 \cdot 2 a
    a s
    a
    M (a \odot b)
    M a \odot b
    M M a
    M^{\top} a
    M a
    a^{\top} b c
    \left(\sum a \odot b\right) c
    c + \sum \frac{a}{b}
    -\sum a \odot b
    \sum_{i} M + \sum_{j} M
    (a + b)^{2}
    \frac{\sigma(a \odot b)}{1 + a}
    1\{a > b\} \odot a
    \begin{cases} a & a > b \\ c & \text{else} \end{cases}
    10^{-9} a + [1, 2]
    ");
}

#[test]
fn names_are_the_users_and_never_met_twice() {
    let tape = Tape::new();
    let (a, b, c) = (tape.var(1.0).named("w"), tape.var(2.0).named("w"), tape.var(3.0));
    let t = tape.constant(ndarray::Array1::<f64>::zeros(20)).named("t₁");
    let shared = (a + b).sigmoid();
    assert_snapshot!((shared * shared + c * shared + t).formula(), @r"
    t₁: f64[20]
    t₂ = σ(w + w₂)
    t₂² + x₀ t₂ + t₁
    ");
}

#[test]
fn a_long_chain_is_broken_into_lines_without_recursion() {
    let tape = Tape::new();
    let x = tape.var(1.0).named("x");
    let y = (0..50_000).fold(x, |y, _| (y + x).sigmoid());
    for text in [y.formula(), y.latex()] {
        assert!(text.lines().count() > 500);
    }
    assert!(y.formula().lines().all(|line| line.chars().count() < 100));
    assert!(y.try_trace().is_ok());
    reads_back(&tape.graph());
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
    let errors: String = [
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
    .iter()
    .map(|text| {
        let error = Graph::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Parse);
        format!("{error}\n")
    })
    .collect();
    assert_snapshot!(errors, @r#"
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
    line 2, column 14: unknown operation "sigmod"; the nearest names are sigmoid, sign, sin
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
        let (choice, n) = (pair[0], *pair.last().unwrap());
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
            14 => a.named(&format!("n{}\"\\\n{n}", choice)),
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
