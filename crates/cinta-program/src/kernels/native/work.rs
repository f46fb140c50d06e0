//! What a line computes.
use smallvec::SmallVec;

/// A line, by its place.
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
    Or = 0x56,
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
    /// The elements of an operand; of which vector of those that are worked on together.
    Stream(usize, u8),
    /// The one number of an operand.
    Number(usize),
    /// The bits of a number.
    Constant(u64),
    Two(Two, Line, Line),
    /// A product and a third number, rounded once; whether the product and the number change their signs first.
    Fused([bool; 2], [Line; 3]),
    Sqrt(Line),
    /// Bits as integers: their sum.
    AddBits(Line, Line),
    /// Bits moved up, or down if said so.
    Shift {
        down: bool,
        by: u8,
        of: Line,
    },
    /// To an integer: the nearest, ties to even; below; above.
    Round(u8, Line),
    /// All bits of an element where it holds, none where not.
    Compare(Relation, Line, Line),
    /// The third where a comparison of the first two holds, else the fourth.
    Choose(Relation, [Line; 4]),
    /// The elements of an operand become those of a line.
    Store(Line, usize, u8),
    /// A line is added to the sums of an operand, one for each element of a register.
    Sum(Line, usize, u8),
}

impl Work {
    /// The same of other lines.
    pub(super) fn renamed(self, new: impl Fn(Line) -> Line) -> Self {
        match self {
            Self::Stream(..) | Self::Number(_) | Self::Constant(_) => self,
            Self::Two(two, a, b) => Self::Two(two, new(a), new(b)),
            Self::Fused(signs, all) => Self::Fused(signs, all.map(new)),
            Self::Sqrt(a) => Self::Sqrt(new(a)),
            Self::AddBits(a, b) => Self::AddBits(new(a), new(b)),
            Self::Shift { down, by, of } => Self::Shift { down, by, of: new(of) },
            Self::Round(mode, a) => Self::Round(mode, new(a)),
            Self::Compare(relation, a, b) => Self::Compare(relation, new(a), new(b)),
            Self::Choose(relation, all) => Self::Choose(relation, all.map(new)),
            Self::Store(a, operand, vector) => Self::Store(new(a), operand, vector),
            Self::Sum(a, operand, vector) => Self::Sum(new(a), operand, vector),
        }
    }

    /// Whether it is there from the beginning: elements and numbers.
    pub(super) fn is_given(&self) -> bool {
        matches!(self, Self::Stream(..) | Self::Number(_) | Self::Constant(_))
    }

    /// The lines that it needs, each once.
    pub(super) fn reads_once(&self) -> SmallVec<[Line; 4]> {
        let mut all: SmallVec<[Line; 4]> = SmallVec::new();
        for line in self.reads().into_iter().flatten() {
            if !all.contains(&line) {
                all.push(line);
            }
        }
        all
    }

    /// The lines that it needs.
    pub(super) fn reads(self) -> [Option<Line>; 4] {
        match self {
            Self::Stream(..) | Self::Number(_) | Self::Constant(_) => [None; 4],
            Self::Two(_, a, b) | Self::Compare(_, a, b) | Self::AddBits(a, b) => [Some(a), Some(b), None, None],
            Self::Sqrt(a) | Self::Round(_, a) | Self::Store(a, ..) | Self::Sum(a, ..) | Self::Shift { of: a, .. } => {
                [Some(a), None, None, None]
            }
            Self::Fused(_, [a, b, c]) => [Some(a), Some(b), Some(c), None],
            Self::Choose(_, all) => all.map(Some),
        }
    }
}
