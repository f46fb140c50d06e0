//! Formulas, traces and pictures.
use cinta::{Graph, Style, Tape, Var};
use insta::assert_snapshot;
use ndarray::array;

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
    let line = |line: &str| {
        let (node, place) = line.split_once("# tests").unwrap_or((line, ""));
        match place.split_once('(') {
            Some((_, role)) => format!("{node}# ({role}"),
            None => node.trim_end().to_owned(),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
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
    %8: f64[] = const 0.5                     # (pullback)
    %9: f64[] = mul %5 %8                     # (pullback)
    %10: f64[] = sech2 %9                     # (pullback)
    %11: f64[] = mul %7 %10                   # (pullback)
    %12: f64[] = const 0.25                   # (pullback)
    %13: f64[] = mul %11 %12                  # (pullback)
    %14: f64[3] = broadcast_to %13 shape=[3]  # (pullback)
    %15: f64[3] = mul %14 %4                  # (pullback)
    %16: f64[3] = broadcast_to %13 shape=[3]  # (pullback)
    %17: f64[3] = mul %16 %2                  # (pullback)
    %18: f64[3] = const 0.5                   # (pullback)
    %19: f64[3] = mul %3 %18                  # (pullback)
    %20: f64[3] = sech2 %19                   # (pullback)
    %21: f64[3] = mul %17 %20                 # (pullback)
    %22: f64[3] = const 0.25                  # (pullback)
    %23: f64[3] = mul %21 %22                 # (pullback)
    %24: f64[3, 2] = outer %23 %1             # (pullback)
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
      t₁ = W·x               = [−1.5, −2.5, 0]
      h  = σ(t₁)             = [0.18243, 0.075858, 0.5]
      t₂ = θᵀh               = 1.1066
      f  = σ(t₂)             = 0.75149
    Backward
      t₃ = f (1 − f)         = 0.18675
      t₄ = t₃ θ              = [0.18675, −0.18675, 0.37351]
      t₅ = t₄ ⊙ h ⊙ (1 − h)  = [0.027854, −0.013092, 0.093377]
      t₆ = t₅ xᵀ             = [0.013927 −0.027854; −0.0065461 0.013092; 0.046688 −0.093377]
    ");
}

#[test]
fn the_worked_example_as_a_picture() {
    let tape = Tape::new();
    let (_, [dw, _]) = worked_example(&tape);
    // Read back without places, so that it shows lines of the text and not of this file.
    let graph = Graph::parse(&without_places(&tape.graph().slice(&[dw.id()]).to_string())).unwrap();
    let picture = graph.to_dot(&[graph.ids().last().unwrap()]);
    let text: Vec<&str> = picture.lines().filter(|line| !line.contains("fontname")).collect();
    assert_snapshot!(text.join("\n"), @r##"
    digraph cinta {
      subgraph cluster_forward {
        label="forward"
        n0 [label=<<b>W</b><br/><font point-size="9" color="#5f6b7a">f64[3, 2]<br/>text:1</font>>, tooltip="text:1:1", shape=ellipse, fillcolor="#dcebfb"]
        n1 [label=<<b>x</b><br/><font point-size="9" color="#5f6b7a">f64[2]<br/>text:2</font>>, tooltip="text:2:1", shape=ellipse, fillcolor="#dcebfb"]
        n2 [label=<<b>θ</b><br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:3</font>>, tooltip="text:3:1", shape=ellipse, fillcolor="#dcebfb"]
        n3 [label=<<b>%3</b> = W·x<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:4</font>>, tooltip="text:4:1"]
        n4 [label=<<b>h</b> = σ(%3)<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:5</font>>, tooltip="text:5:1"]
        n5 [label=<<b>%5</b> = θᵀh<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:6</font>>, tooltip="text:6:1"]
      }
      subgraph cluster_backward {
        label="backward"
        n8 [label=<<b>%8</b> = 0.5 %5<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:9</font>>, tooltip="text:9:1"]
        n9 [label=<<b>%9</b> = sech²(%8)<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:10</font>>, tooltip="text:10:1"]
        n10 [label=<<b>%10</b> = mul 1 %9<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:11</font>>, tooltip="text:11:1"]
        n12 [label=<<b>%12</b> = 0.25 %10<br/><font point-size="9" color="#5f6b7a">f64[]<br/>text:13</font>>, tooltip="text:13:1"]
        n13 [label=<<b>%13</b> = broadcast_to %12<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:14</font>>, tooltip="text:14:1"]
        n14 [label=<<b>%14</b> = %13 ⊙ θ<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:15</font>>, tooltip="text:15:1"]
        n16 [label=<<b>%16</b> = 0.5 %3<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:17</font>>, tooltip="text:17:1"]
        n17 [label=<<b>%17</b> = sech²(%16)<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:18</font>>, tooltip="text:18:1"]
        n18 [label=<<b>%18</b> = %14 ⊙ %17<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:19</font>>, tooltip="text:19:1"]
        n20 [label=<<b>%20</b> = 0.25 %18<br/><font point-size="9" color="#5f6b7a">f64[3]<br/>text:21</font>>, tooltip="text:21:1"]
        n21 [label=<<b>%21</b> = %20 xᵀ<br/><font point-size="9" color="#5f6b7a">f64[3, 2]<br/>text:22</font>>, tooltip="text:22:1", penwidth=2.2, color="#33475b"]
      }
      n0 -> n3 [label=" [3, 2]"]
      n1 -> n3 [label=" [2]"]
      n3 -> n4 [label=" [3]"]
      n2 -> n5 [label=" [3]"]
      n4 -> n5 [label=" [3]"]
      n5 -> n8
      n8 -> n9
      n9 -> n10
      n10 -> n12
      n12 -> n13
      n13 -> n14 [label=" [3]"]
      n2 -> n14 [label=" [3]"]
      n3 -> n16 [label=" [3]"]
      n16 -> n17 [label=" [3]"]
      n14 -> n18 [label=" [3]"]
      n17 -> n18 [label=" [3]"]
      n18 -> n20 [label=" [3]"]
      n20 -> n21 [label=" [3]"]
      n1 -> n21 [label=" [2]"]
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

/// Expressions that need some parentheses and not others.
fn expressions(tape: &Tape) -> Vec<Var<'_>> {
    let name = |name| tape.var([1.0, 2.0]).named(name);
    let (a, b, c, m) = (name("a"), name("b"), name("c"), tape.var(array![[1.0, 2.0], [3.0, 4.0]]).named("M"));
    let s = tape.var(3.0).named("s");
    vec![
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
    ]
}

#[test]
fn formulas_have_few_parentheses() {
    let tape = Tape::new();
    let text: Vec<String> = expressions(&tape).into_iter().map(Var::formula).collect();
    assert_snapshot!(text.join("\n"), @r"
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
}

#[test]
fn latex_has_few_parentheses() {
    let tape = Tape::new();
    let text: Vec<String> = expressions(&tape).into_iter().map(Var::latex).collect();
    assert_snapshot!(text.join("\n"), @r"
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
fn derivatives_take_the_textbooks_form() {
    let tape = Tape::new();
    let (x, b) = (tape.var([1.0, 2.0]).named("x"), tape.var([0.5, -1.0]).named("b"));
    let shown = [
        x.tanh().sum().grad(x),
        (x.tanh() * b).sum().grad(x),
        (x * b).sigmoid().sum().grad(x),
        (x - b).square().sum().grad(x),
        x.relu().dot(b).grad(x),
        (-x.log() * b).sum().grad(x),
        x.softplus().sum().hessian(x),
    ];
    let text: String = shown.iter().map(|var| var.formula() + "\n\n").collect();
    assert_snapshot!(text, @r"
    1 − tanh(x)²

    b ⊙ (1 − tanh(x)²)

    t₁ = σ(x ⊙ b)
    t₁ ⊙ (1 − t₁) ⊙ b

    2 (x − b)

    1{x > 0} ⊙ b

    −b / x

    t₁ = σ(x)
    [1 0; 0 1] ⊙ t₁ ⊙ (1 − t₁)
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
    let text = tape.graph().to_string();
    assert_eq!(Graph::parse(&text).unwrap().to_string(), text);
}
