//! Functions as lines of vector instructions, each written once, before any register is known.
use rustc_hash::FxHashMap;

use super::super::{Binary, Comparison, Float, Ternary, Twin, Unary};
use super::work::{Line, Relation, Two, Work};
use super::{Kinds, MOST};

/// Lines for each element, of `f64` or `f32`.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(super) double: bool,
    pub(super) all: Vec<Work>,
    pub(super) kinds: Kinds,
    /// The line that computes something, which stands once.
    known: FxHashMap<Work, Line>,
    /// What the function takes that is being written.
    pub(super) argument: Option<Line>,
}

impl Draft {
    pub(super) fn empty() -> Self {
        Self { double: false, all: Vec::new(), kinds: Kinds::default(), known: FxHashMap::default(), argument: None }
    }

    pub(crate) fn new<T: Float>() -> Self {
        Self { double: size_of::<T>() == 8, ..Self::empty() }
    }

    pub(super) fn line(&mut self, work: Work) -> Line {
        if let Some(&line) = self.known.get(&work) {
            return line;
        }
        self.all.push(work);
        let line = Line(u32::try_from(self.all.len() - 1).expect("few lines"));
        self.known.insert(work, line);
        line
    }

    /// The next operand, which is read: one number, or an element after the other.
    pub(crate) fn read(&mut self, is_number: bool) -> Line {
        let operand = self.operand();
        self.kinds.numbers |= u64::from(is_number) << operand;
        self.line(if is_number { Work::Number(operand) } else { Work::Stream(operand, 0) })
    }

    /// The next operand, which a line is written to.
    pub(crate) fn write(&mut self, line: Line) {
        let operand = self.operand();
        self.kinds.written |= 1 << operand;
        self.line(Work::Store(line, operand, 0));
    }

    /// The next operand, whose first numbers, as many as a register holds, become sums of a line: together the sum of all its elements
    /// from the first on.
    pub(crate) fn sum(&mut self, line: Line) {
        let operand = self.operand();
        self.kinds.written |= 1 << operand;
        self.kinds.numbers |= 1 << operand;
        self.line(Work::Sum(line, operand, 0));
    }

    fn operand(&mut self) -> usize {
        assert!(self.kinds.count < MOST, "so many operands at most");
        self.kinds.count += 1;
        self.kinds.count - 1
    }

    pub(super) fn bits(&mut self, bits: u64) -> Line {
        self.line(Work::Constant(bits))
    }

    pub(super) fn number(&mut self, x: f64) -> Line {
        #[expect(clippy::cast_possible_truncation, reason = "it is a number of the width of the lines")]
        let bits = if self.double { x.to_bits() } else { u64::from((x as f32).to_bits()) };
        self.bits(bits)
    }

    pub(super) fn sign(&mut self) -> Line {
        self.bits(if self.double { 1 << 63 } else { 1 << 31 })
    }

    pub(super) fn two(&mut self, two: Two, a: Line, b: Line) -> Line {
        self.line(Work::Two(two, a, b))
    }

    pub(super) fn abs(&mut self, x: Line) -> Line {
        let sign = self.sign();
        self.two(Two::AndNot, sign, x)
    }

    /// The opposite; that of a size has the sign in any case.
    pub(super) fn neg(&mut self, x: Line) -> Line {
        let sign = self.sign();
        match self.all[x.index()] {
            Work::Two(Two::AndNot, bits, inner) if bits == sign && self.lasts(inner) => self.two(Two::Or, inner, sign),
            _ => self.two(Two::Xor, x, sign),
        }
    }

    /// Whether what a line stands for is still there: elements that are read may be overwritten once all have read them that are known
    /// to, and of those of the function that is being written that is known of its argument only.
    fn lasts(&self, line: Line) -> bool {
        self.argument == Some(line) || !matches!(self.all[line.index()], Work::Stream(..))
    }

    /// a b + c, rounded once.
    pub(super) fn fused(&mut self, a: Line, b: Line, c: Line) -> Line {
        let sign = self.sign();
        let (mut signs, mut all) = ([false; 2], [a, b, c]);
        for (i, line) in all.iter_mut().enumerate() {
            if let Work::Two(Two::Xor, inner, bits) = self.all[line.index()]
                && bits == sign
                && self.lasts(inner)
            {
                *line = inner;
                signs[i / 2] ^= true;
            }
        }
        self.line(Work::Fused(signs, all))
    }

    pub(super) fn compared(&mut self, relation: Relation, a: Line, b: Line) -> Line {
        self.line(Work::Compare(relation, a, b))
    }

    /// 1 where a mask holds, 0 where not.
    pub(crate) fn truth(&mut self, mask: Line) -> Line {
        let one = self.number(1.0);
        self.two(Two::And, mask, one)
    }

    /// `yes` where a mask holds, `no` where not.
    pub(crate) fn choose(&mut self, mask: Line, yes: Line, no: Line) -> Line {
        match self.all[mask.index()] {
            Work::Compare(Relation::Less, a, b) if (yes, no) == (a, b) => self.two(Two::Min, a, b),
            Work::Compare(Relation::Less, a, b) if (yes, no) == (b, a) => self.two(Two::Max, b, a),
            Work::Compare(relation, a, b) if [a, b].iter().all(|it| [yes, no].contains(it) || self.lasts(*it)) => {
                self.line(Work::Choose(relation, [a, b, yes, no]))
            }
            // By what was found when it was compared: all bits of a mask are a NaN.
            Work::Compare(..) => self.line(Work::Choose(Relation::Unordered, [mask, mask, yes, no])),
            _ => unreachable!("masks are comparisons"),
        }
    }

    /// The lines that something comes of, in order.
    pub(super) fn without_unread(&self) -> Self {
        let mut is_read: Vec<bool> =
            self.all.iter().map(|work| matches!(work, Work::Store(..) | Work::Sum(..))).collect();
        for (i, work) in self.all.iter().enumerate().rev() {
            if is_read[i] {
                work.reads().into_iter().flatten().for_each(|line| is_read[line.index()] = true);
            }
        }
        let order: Vec<Line> = (0..).map(Line).take(self.all.len()).filter(|line| is_read[line.index()]).collect();
        self.in_order(&order)
    }

    /// Some of the lines in another order, each after those that it needs.
    pub(super) fn in_order(&self, order: &[Line]) -> Self {
        let mut new = vec![Line(0); self.all.len()];
        (0..).zip(order).for_each(|(i, line)| new[line.index()] = Line(i));
        let all = order.iter().map(|line| self.all[line.index()].renamed(|line| new[line.index()])).collect();
        Self { all, known: FxHashMap::default(), ..*self }
    }

    /// The lines for several vectors, one after the other.
    pub(super) fn repeated(&self, vectors: u8) -> Self {
        let mut all = Self { all: Vec::new(), known: FxHashMap::default(), ..*self };
        for vector in 0..vectors {
            let mut new: Vec<Line> = Vec::with_capacity(self.all.len());
            for work in &self.all {
                let work = match work.renamed(|line| new[line.index()]) {
                    Work::Stream(operand, _) => Work::Stream(operand, vector),
                    Work::Store(line, operand, _) => Work::Store(line, operand, vector),
                    Work::Sum(line, operand, _) => Work::Sum(line, operand, vector),
                    work => work,
                };
                new.push(all.line(work));
            }
        }
        all
    }

    /// A mask of where a comparison holds.
    pub(crate) fn compare(&mut self, comparison: Comparison, a: Line, b: Line) -> Line {
        let relation = match comparison {
            Comparison::Lt => Relation::Less,
            Comparison::Le => Relation::LessOrEqual,
            Comparison::Gt => Relation::Greater,
            Comparison::Ge => Relation::GreaterOrEqual,
            Comparison::Eq => Relation::Equal,
            Comparison::Ne => Relation::NotEqual,
        };
        self.compared(relation, a, b)
    }

    /// A function of one number: the bits of its kernel. `None` if it has a kernel only.
    pub(crate) fn unary(&mut self, f: Unary, x: Line) -> Option<Line> {
        Some(match f {
            // A line of its own: what x is read from may be overwritten before the copy is read.
            Unary::Copy => self.two(Two::Or, x, x),
            Unary::Neg => self.neg(x),
            Unary::Abs => self.abs(x),
            Unary::Square => self.two(Two::Mul, x, x),
            Unary::Sqrt => self.line(Work::Sqrt(x)),
            Unary::Reciprocal => {
                let one = self.number(1.0);
                self.two(Two::Div, one, x)
            }
            Unary::Rsqrt => {
                let (one, root) = (self.number(1.0), self.line(Work::Sqrt(x)));
                self.two(Two::Div, one, root)
            }
            Unary::Relu => {
                let zero = self.number(0.0);
                let falls = self.compared(Relation::LessOrEqual, x, zero);
                self.two(Two::AndNot, falls, x)
            }
            // Without the exception that says that a result is inexact.
            Unary::Round => self.line(Work::Round(0x8, x)),
            Unary::Floor => self.line(Work::Round(0x9, x)),
            Unary::Ceil => self.line(Work::Round(0xa, x)),
            Unary::OneMinusSquare => {
                let one = self.number(1.0);
                let (less, more) = (self.two(Two::Sub, one, x), self.two(Two::Add, one, x));
                self.two(Two::Mul, less, more)
            }
            Unary::Not => {
                let zero = self.number(0.0);
                let is_zero = self.compared(Relation::Equal, x, zero);
                self.truth(is_zero)
            }
            _ => return self.formula(f, x),
        })
    }

    /// A short function of two numbers, as [`unary`](Self::unary).
    pub(crate) fn binary(&mut self, f: Binary, a: Line, b: Line) -> Option<Line> {
        Some(match f {
            Binary::Add => self.two(Two::Add, a, b),
            Binary::Sub => self.two(Two::Sub, a, b),
            Binary::Mul => self.two(Two::Mul, a, b),
            Binary::Div => self.two(Two::Div, a, b),
            Binary::Maximum | Binary::Minimum => {
                let more = self.two(if f == Binary::Maximum { Two::Max } else { Two::Min }, a, b);
                let is_nan = self.compared(Relation::Unordered, a, a);
                self.choose(is_nan, a, more)
            }
            Binary::Gate => {
                let (zero, product) = (self.number(0.0), self.two(Two::Mul, a, b));
                let is_zero = self.compared(Relation::Equal, a, zero);
                self.choose(is_zero, a, product)
            }
            _ => return None,
        })
    }

    /// A function of three numbers.
    pub(crate) fn ternary(&mut self, f: Ternary, a: Line, b: Line, c: Line) -> Line {
        let (first, second) = match f {
            Ternary::MulAdd | Ternary::RootOfMulAdd => (Two::Mul, Two::Add),
            Ternary::MulSub => (Two::Mul, Two::Sub),
            Ternary::NegMulAdd => {
                let product = self.two(Two::Mul, a, b);
                return self.two(Two::Sub, c, product);
            }
            Ternary::MulMul => (Two::Mul, Two::Mul),
            Ternary::AddAdd => (Two::Add, Two::Add),
            Ternary::AddMul => (Two::Add, Two::Mul),
            Ternary::SubMul => (Two::Sub, Two::Mul),
            Ternary::MulDiv => (Two::Mul, Two::Div),
            Ternary::Select => {
                let zero = self.number(0.0);
                let is_zero = self.compared(Relation::Equal, a, zero);
                return self.choose(is_zero, c, b);
            }
        };
        let inner = self.two(first, a, b);
        let outer = self.two(second, inner, c);
        if f == Ternary::RootOfMulAdd { self.line(Work::Sqrt(outer)) } else { outer }
    }
}

impl Unary {
    /// Whether native code can have it among its lines.
    pub(crate) fn is_plain(self) -> bool {
        matches!(
            self,
            Self::Copy
                | Self::Neg
                | Self::Abs
                | Self::Square
                | Self::Sqrt
                | Self::Reciprocal
                | Self::Rsqrt
                | Self::Relu
                | Self::Floor
                | Self::Ceil
                | Self::Round
                | Self::OneMinusSquare
                | Self::Not
                | Self::Exp
                | Self::Expm1
                | Self::Exp2
                | Self::Log
                | Self::Sinh
                | Self::Cosh
                | Self::Tanh
                | Self::Sech2
                | Self::Sech2OfHalf
                | Self::Sigmoid
                | Self::SigmoidOfNeg
                | Self::SigmoidSlope
                | Self::Softplus
                | Self::LogSigmoid
                | Self::Log1p
                | Self::Silu
                | Self::SiluSlope
        )
    }
}

impl Twin {
    /// Whether native code can have both among its lines.
    pub(crate) fn is_plain(self) -> bool {
        self.functions().into_iter().all(Unary::is_plain)
    }
}

impl Binary {
    /// Whether native code can have it among its lines.
    pub(crate) fn is_plain(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Maximum | Self::Minimum | Self::Gate)
    }
}
