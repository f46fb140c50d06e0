//! Functions as lines of vector instructions, each written once, before any register is known.
use rustc_hash::FxHashMap;

use super::super::{Binary, Comparison, Float, Ternary, Unary};
use super::{Kinds, MOST};

/// What a line computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Line(pub(super) u32);

impl Line {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// An instruction of two operands, by its opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Two {
    Add = 0x58,
    Mul = 0x59,
    Sub = 0x5c,
    /// The second unless the first is smaller.
    Min = 0x5d,
    Div = 0x5e,
    /// The second unless the first is larger.
    Max = 0x5f,
    And = 0x54,
    /// The second without the bits of the first.
    AndNot = 0x55,
    Xor = 0x57,
}

/// Which comparison; false of NaN, but for the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Relation {
    Equal = 0x00,
    Less = 0x11,
    LessOrEqual = 0x12,
    Greater = 0x1e,
    GreaterOrEqual = 0x1d,
    NotEqual = 0x04,
    /// One is NaN.
    Unordered = 0x03,
}

/// A line: what is computed of which lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Work {
    /// The elements of an operand.
    Stream(usize),
    /// The one number of an operand.
    Number(usize),
    /// The bits of a number.
    Constant(u64),
    Two(Two, Line, Line),
    Sqrt(Line),
    /// To an integer: the nearest, ties to even; below; above.
    Round(u8, Line),
    /// All bits of an element where it holds, none where not.
    Compare(Relation, Line, Line),
    /// The second where all bits of the first are set, else the third.
    Choose(Line, Line, Line),
    /// The elements of an operand become those of a line.
    Store(Line, usize),
    /// A line is added to the sums of an operand, one for each element of a register.
    Sum(Line, usize),
}

impl Work {
    /// The lines that it needs.
    pub(super) fn reads(self) -> [Option<Line>; 3] {
        match self {
            Self::Stream(_) | Self::Number(_) | Self::Constant(_) => [None; 3],
            Self::Two(_, a, b) | Self::Compare(_, a, b) => [Some(a), Some(b), None],
            Self::Sqrt(a) | Self::Round(_, a) | Self::Store(a, _) | Self::Sum(a, _) => [Some(a), None, None],
            Self::Choose(a, b, c) => [Some(a), Some(b), Some(c)],
        }
    }
}

/// Lines for each element, of `f64` or `f32`.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(super) double: bool,
    pub(super) all: Vec<Work>,
    pub(super) kinds: Kinds,
    constants: FxHashMap<u64, Line>,
}

impl Draft {
    pub(crate) fn new<T: Float>() -> Self {
        let double = size_of::<T>() == 8;
        Self { double, all: Vec::new(), kinds: Kinds::default(), constants: FxHashMap::default() }
    }

    fn line(&mut self, work: Work) -> Line {
        self.all.push(work);
        Line(u32::try_from(self.all.len() - 1).expect("few lines"))
    }

    /// The next operand, which is read: one number, or an element after the other.
    pub(crate) fn read(&mut self, is_number: bool) -> Line {
        let operand = self.operand();
        self.kinds.numbers |= u64::from(is_number) << operand;
        self.line(if is_number { Work::Number(operand) } else { Work::Stream(operand) })
    }

    /// The next operand, which a line is written to.
    pub(crate) fn write(&mut self, line: Line) {
        let operand = self.operand();
        self.kinds.written |= 1 << operand;
        self.line(Work::Store(line, operand));
    }

    /// The next operand, whose first numbers, as many as a register holds, become sums of a line: together the sum of all its elements
    /// from the first on.
    pub(crate) fn sum(&mut self, line: Line) {
        let operand = self.operand();
        self.kinds.written |= 1 << operand;
        self.kinds.numbers |= 1 << operand;
        self.line(Work::Sum(line, operand));
    }

    fn operand(&mut self) -> usize {
        assert!(self.kinds.count < MOST, "so many operands at most");
        self.kinds.count += 1;
        self.kinds.count - 1
    }

    fn bits(&mut self, bits: u64) -> Line {
        if let Some(&line) = self.constants.get(&bits) {
            return line;
        }
        let line = self.line(Work::Constant(bits));
        self.constants.insert(bits, line);
        line
    }

    fn number(&mut self, x: f64) -> Line {
        #[expect(clippy::cast_possible_truncation, reason = "0, 1 and such")]
        let bits = if self.double { x.to_bits() } else { u64::from((x as f32).to_bits()) };
        self.bits(bits)
    }

    fn sign(&mut self) -> Line {
        self.bits(if self.double { 1 << 63 } else { 1 << 31 })
    }

    fn two(&mut self, two: Two, a: Line, b: Line) -> Line {
        self.line(Work::Two(two, a, b))
    }

    fn compared(&mut self, relation: Relation, a: Line, b: Line) -> Line {
        self.line(Work::Compare(relation, a, b))
    }

    /// 1 where a mask holds, 0 where not.
    pub(crate) fn truth(&mut self, mask: Line) -> Line {
        let one = self.number(1.0);
        self.two(Two::And, mask, one)
    }

    /// `yes` where a mask holds, `no` where not.
    pub(crate) fn choose(&mut self, mask: Line, yes: Line, no: Line) -> Line {
        self.line(Work::Choose(mask, yes, no))
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

    /// A short function of one number: the bits of its kernel. `None` if it is long.
    pub(crate) fn unary(&mut self, f: Unary, x: Line) -> Option<Line> {
        Some(match f {
            Unary::Copy => x,
            Unary::Neg => {
                let sign = self.sign();
                self.two(Two::Xor, x, sign)
            }
            Unary::Abs => {
                let sign = self.sign();
                self.two(Two::AndNot, sign, x)
            }
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
            _ => return None,
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
        )
    }
}

impl Binary {
    /// Whether native code can have it among its lines.
    pub(crate) fn is_plain(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Maximum | Self::Minimum | Self::Gate)
    }
}
