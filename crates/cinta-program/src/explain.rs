//! What a program does, for people: its steps with their sizes, instructions, traffic and lines of the source.
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use cinta_graph::{ArrayType, Graph, NodeId, Op};

use crate::kernels::Twin;
use crate::memory::bytes_of;
use crate::program::{Program, list};
use crate::steps::{Action, ArrayId, Instruction, Loop, Step, Sum};

/// The account that [`Program::explain`] gives; printing it is its use.
#[derive(Clone, Debug)]
pub struct Explanation<'p> {
    program: &'p Program,
}

impl Program {
    /// Prints the program: its loops, products and calls, each with its instructions (in brackets those that run as machine code made
    /// for them), the bytes that it reads and writes, its arithmetic, and the lines of the source that wrote it.
    ///
    /// ```
    /// use cinta_graph::Tape;
    /// use cinta_program::Program;
    /// let tape = Tape::new();
    /// let x = tape.var([1.0, 2.0, 3.0]);
    /// let y = (x.tanh() * 2.0).sum();
    /// let program = Program::compile(&tape.graph(), &[x.id()], &[y.id()])?;
    /// let text = program.explain().to_string();
    /// assert!(text.contains("loop over 3: tanh, mul, sum"), "{text}");
    /// # Ok::<(), cinta_graph::Error>(())
    /// ```
    #[must_use]
    pub fn explain(&self) -> Explanation<'_> {
        Explanation { program: self }
    }
}

impl Explanation<'_> {
    fn bytes(&self, arrays: &BTreeSet<ArrayId>) -> usize {
        let types = arrays.iter().map(|array| &self.program.lowered.arrays[array.index()].ty);
        types.map(|ty: &ArrayType| ty.shape.size() * bytes_of(ty.dtype)).sum()
    }
}

/// The arithmetic of a node.
fn flops(graph: &Graph, node: NodeId) -> u64 {
    let types: Vec<&ArrayType> = graph.inputs(node).iter().map(|&input| graph.array_type(input)).collect();
    graph.op(node).map_or(0, |op: &Op| op.flops(&types, graph.array_type(node)))
}

fn nodes(step: &Step) -> Vec<NodeId> {
    match step {
        Step::Loop(it) => {
            let body = it.body.iter().filter(|i| !matches!(i.action, Action::Gather(..))).map(|i| i.node);
            let ends =
                it.reductions.iter().map(|reduction| reduction.node).chain(it.interleaved.iter().map(|it| it.node));
            body.chain(ends).collect()
        }
        Step::Product(it) => std::iter::once(it.node).chain(it.onto.as_ref().map(|onto| onto.node)).collect(),
        Step::Lanes(it) => std::iter::once(it.node).chain(it.beside.map(|(_, _, node)| node)).collect(),
        Step::Call(it) => vec![it.node],
    }
}

/// The names of two functions computed together.
fn both(twin: Twin) -> &'static str {
    match twin {
        Twin::Tanh => "tanh&sech2",
        Twin::Sigmoid => "sigmoid&slope",
        Twin::SigmoidSech2 => "sigmoid&sech2",
        Twin::Softplus => "softplus&sigmoid",
        Twin::LogSigmoid => "log_sigmoid&sigmoid",
        Twin::SinCos => "sin&cos",
        Twin::SinhCosh => "sinh&cosh",
        Twin::Expm1 => "expm1&exp",
        Twin::Erf => "erf&gaussian",
        Twin::Erfc => "erfc&gaussian",
        Twin::Erfinv => "erfinv&slope",
        Twin::Lgamma => "lgamma&digamma",
        Twin::NormalCdf => "normal_cdf&gaussian",
        Twin::Gelu => "gelu&slope",
        Twin::GeluTanh => "gelu_tanh&slope",
        Twin::Silu => "silu&slope",
        Twin::Mish => "mish&slope",
    }
}

/// The name of an instruction.
fn name(it: &Instruction) -> &str {
    match &it.action {
        Action::Apply(op) => op.name(),
        Action::Fused(ternary) => ternary.name(),
        Action::Twin(twin) => both(*twin),
        Action::Gather(..) => "gather",
        Action::Assemble(..) => "assemble",
    }
}

/// The instructions of a loop, equal neighbours counted, and in brackets those that are native code together.
fn instructions(it: &Loop, joined: &[Range<usize>]) -> String {
    let mut texts = Vec::new();
    let mut first = 0;
    for range in joined {
        texts.extend(counted(it.body[first..range.start].iter().map(name)));
        texts.push(format!("[{}]", counted(it.body[range.clone()].iter().map(name)).join(", ")));
        first = range.end;
    }
    let sums = it.reductions.iter().map(|reduction| match reduction.sum {
        Sum::All => "sum",
        Sum::Rows(_) => "sum of rows",
        Sum::Columns(_) => "sum of columns",
    });
    let rest = it.body[first..].iter().map(name).chain(sums).chain(it.interleaved.iter().map(|_| "interleave"));
    texts.extend(counted(rest));
    texts.join(", ")
}

/// Names, equal neighbours counted.
fn counted<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut runs: Vec<(&str, usize)> = Vec::new();
    for name in names {
        match runs.last_mut() {
            Some((last, count)) if *last == name => *count += 1,
            _ => runs.push((name, 1)),
        }
    }
    runs.iter().map(|(name, n)| if *n == 1 { (*name).to_owned() } else { format!("{n} {name}") }).collect()
}

impl Explanation<'_> {
    /// Each step: what it is and which lines wrote it, the bytes that it moves, and its arithmetic.
    pub(crate) fn steps(&self) -> Vec<(String, usize, u64)> {
        let Program { graph, lowered, .. } = self.program;
        let step = |(position, step): (usize, &Step)| {
            let (reads, writes) = (step.reads().into_iter().collect(), step.writes().into_iter().collect());
            let (reads, writes) = (self.bytes(&reads), self.bytes(&writes));
            let flops = nodes(step).iter().map(|&node| flops(graph, node)).sum();
            let places: BTreeSet<String> = nodes(step).iter().map(|&node| graph.place(node).to_string()).collect();
            let places = places.into_iter().collect::<Vec<_>>().join(" ");
            let mut text = self.describe(position, step);
            if let Some(bands) = lowered.bands.iter().find(|bands| bands.steps.contains(&position)) {
                text = format!("{text}; bands of {} of {} rows", bands.band, bands.rows);
            }
            (format!("{text}; reads {reads} bytes, writes {writes}, {flops} flop; {places}"), reads + writes, flops)
        };
        lowered.steps.iter().enumerate().map(step).collect()
    }

    fn describe(&self, position: usize, step: &Step) -> String {
        match step {
            Step::Loop(it) => {
                let ready = self.program.plan.ready_loop(position);
                let text = format!("loop over {}: {}", it.size, instructions(it, ready.map_or(&[], |it| &it.joined)));
                match ready {
                    Some(ready) => format!("{text}; blocks of {}", ready.block),
                    None => text,
                }
            }
            Step::Product(it) => {
                let [batch, m, k, n] = it.sizes;
                let times = if batch == 1 { String::new() } else { format!("{batch} times ") };
                let onto = it.onto.as_ref().map_or(String::new(), |onto| {
                    let scaled = if onto.scale.is_some() { ", scaled" } else { "" };
                    let meets = match (onto.minus, onto.negative) {
                        (false, false) => "added to",
                        (false, true) => "subtracted from",
                        (true, _) => "less",
                    };
                    format!("{scaled}, {meets} a {}", if onto.stride == 0 { "row" } else { "matrix" })
                });
                format!("product {times}[{m}, {k}] by [{k}, {n}]{onto}")
            }
            Step::Lanes(it) => {
                let beside = it.beside.map_or(String::new(), |(function, ..)| format!("&{function:?}"));
                let what = if it.columns == 1 { "rows".to_owned() } else { format!("{} columns", it.columns) };
                format!("{:?}{beside} of {what} of {}", it.function, it.length)
            }
            Step::Call(it) => format!("call {} -> {}", it.op.name(), self.program.graph.array_type(it.node)),
        }
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (list(self.program.inputs()), list(self.program.outputs()));
        let steps = self.steps();
        writeln!(f, "{from} -> {to}: {} steps, {} bytes held", steps.len(), self.program.bytes())?;
        for (position, (step, ..)) in steps.iter().enumerate() {
            writeln!(f, "{position:3} {step}")?;
        }
        Ok(())
    }
}
