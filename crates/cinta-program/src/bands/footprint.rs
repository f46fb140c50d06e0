//! What a step reads and writes, seen by rows.
use cinta_graph::Strided;
use smallvec::SmallVec;

use crate::steps::{Action, ArrayId, Fill, Instruction, Lanes, Loop, Lowered, Onto, Operand, Product, Step, Sum};

/// How much of an array a step needs for a row, or what it makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// The same row, of so many elements.
    Rows(usize),
    /// Any of it; what is written is complete after the last row.
    Whole,
    /// Any of it, after the last row.
    Last,
}

/// What a step reads and writes.
#[derive(Debug, Default)]
pub(super) struct Footprint {
    pub(super) reads: Vec<(ArrayId, Access)>,
    pub(super) writes: Vec<(ArrayId, Access)>,
    /// The fewest rows for which a step is worth its overhead.
    pub(super) least: usize,
}

/// How many rows a step may be seen to have.
pub(super) fn rows(program: &Lowered, first: usize) -> SmallVec<[usize; 2]> {
    let leading = |array: ArrayId| program.arrays[array.index()].ty.shape.first().copied();
    match &program.steps[first] {
        Step::Product(it) if it.sizes[0] == 1 => SmallVec::from_slice(&[it.sizes[1], it.sizes[2]]),
        Step::Loop(_) | Step::Lanes(_) => {
            program.steps[first].writes().into_iter().filter_map(leading).take(1).collect()
        }
        Step::Product(_) | Step::Call(_) => SmallVec::new(),
    }
}

impl Footprint {
    /// That of a step, if it runs by so many rows.
    pub(super) fn of(program: &Lowered, step: &Step, rows: usize) -> Option<Self> {
        let by_rows = ByRows { program, rows };
        if rows < 2 {
            return None;
        }
        match step {
            Step::Loop(it) => by_rows.of_loop(it),
            Step::Product(it) => by_rows.of_product(it),
            Step::Lanes(it) => by_rows.of_lanes(it),
            Step::Call(_) => None,
        }
    }
}

/// An array that is seen by rows.
struct ByRows<'p> {
    program: &'p Lowered,
    rows: usize,
}

impl ByRows<'_> {
    fn size(&self, array: ArrayId) -> usize {
        self.program.array(array).1
    }

    /// The width of the rows of an array.
    fn width(&self, array: ArrayId) -> Option<usize> {
        let size = self.size(array);
        (size > 0 && size.is_multiple_of(self.rows)).then(|| size / self.rows)
    }

    fn of_loop(&self, it: &Loop) -> Option<Footprint> {
        let width = it.size / self.rows;
        let divides = |row: usize| row > 0 && width.is_multiple_of(row);
        if width == 0 || it.size != width * self.rows || !it.row.is_none_or(divides) {
            return None;
        }
        let mut footprint = Footprint::default();
        let mut read = |array, access| footprint.reads.push((array, access));
        let operand = |operand: Operand| match operand {
            Operand::Stream(array, 0) if self.size(array) == it.size => Some((array, Access::Rows(width))),
            Operand::Stream(array, _) => Some((array, Access::Whole)),
            Operand::Register(_) => None,
        };
        it.fills.iter().filter_map(|(_, fill)| fill.array()).for_each(|array| read(array, Access::Whole));
        for Instruction { action, inputs, .. } in &it.body {
            inputs.iter().filter_map(|(input, _)| operand(*input)).for_each(|(array, access)| read(array, access));
            match action {
                Action::Gather(array, view) => {
                    let merged = view.merged();
                    if merged.strides.first() == Some(&0) && !divides(merged.shape[1..].iter().product()) {
                        return None; // A row that repeats ends inside a band.
                    }
                    if merged.copied_together().is_some_and(|together| !width.is_multiple_of(together)) {
                        return None; // Rows that are copied together would be taken apart.
                    }
                    let rows = self.width(*array).filter(|&width| self.is_by_rows(view, width));
                    read(*array, rows.map_or(Access::Whole, Access::Rows));
                }
                Action::Assemble(pieces, ..) => pieces.iter().for_each(|(array, _)| read(*array, Access::Whole)),
                Action::Apply(_) | Action::Fused(_) | Action::Twin(_) => {}
            }
        }
        it.ends().filter_map(operand).for_each(|(array, access)| read(array, access));
        let mut write = |array, access| footprint.writes.push((array, access));
        it.stores.iter().for_each(|&(_, array)| write(array, Access::Rows(width)));
        for reduction in &it.reductions {
            match reduction.sum {
                Sum::Rows(n) if divides(n) => write(reduction.output, Access::Rows(width / n)),
                Sum::Columns(n) if divides(n) => write(reduction.output, Access::Whole),
                Sum::All => write(reduction.output, Access::Whole),
                Sum::Rows(_) | Sum::Columns(_) => return None,
            }
        }
        for rows in &it.interleaved {
            if !divides(rows.row) {
                return None;
            }
            write(rows.output, Access::Rows(width / rows.row * rows.width));
        }
        Some(footprint)
    }

    /// Whether a view of as many rows takes each from the same row of an array.
    fn is_by_rows(&self, view: &Strided, width: usize) -> bool {
        let mut axes = 0;
        let mut count = 1;
        while count < self.rows && axes < view.shape.rank() {
            count *= view.shape[axes];
            axes += 1;
        }
        if count != self.rows {
            return false;
        }
        let inner = &view.shape[axes..];
        let shape: Vec<usize> = std::iter::once(self.rows).chain(inner.iter().copied()).collect();
        let Some(view) = view.reshaped(&shape[..].into()) else { return false };
        let ends = |is_high: bool| {
            let reach = |(&n, &stride): (&usize, &isize)| {
                if (stride > 0) == is_high { stride * (n.saturating_sub(1)).cast_signed() } else { 0 }
            };
            view.offset.checked_add_signed(view.shape[1..].iter().zip(&view.strides[1..]).map(reach).sum())
        };
        view.strides[0] == width.cast_signed() && ends(false).is_some() && ends(true).is_some_and(|last| last < width)
    }

    /// How a matrix is read that has a row for each: its first element, how far apart rows and columns stand, how many columns.
    fn matrix(&self, array: ArrayId, first: usize, row: usize, [column, columns]: [usize; 2]) -> Access {
        let last = first + columns.saturating_sub(1) * column;
        match self.width(array) {
            Some(width) if row == width && last < width => Access::Rows(width),
            _ => Access::Whole,
        }
    }

    fn of_product(&self, it: &Product) -> Option<Footprint> {
        let [batch, m, k, n] = it.sizes;
        let ([(a, a_first, a_strides), (b, b_first, b_strides)], mut footprint) = ([it.a, it.b], Footprint::default());
        let ([_, a_row, a_column], [_, b_row, b_column]) =
            (a_strides.map(isize::cast_unsigned), b_strides.map(isize::cast_unsigned));
        // A band must be worth reading the other operand, or adding to the result, once more.
        let worth = |x: usize, y: usize| x.saturating_mul(y).saturating_mul(4) / x.saturating_add(y).max(1);
        if batch != 1 || m * n == 0 || k == 0 {
            None
        } else if m == self.rows {
            footprint.reads = vec![(a, self.matrix(a, a_first, a_row, [a_column, k])), (b, Access::Whole)];
            if let Some(onto) = &it.onto {
                if self.program.updates.contains(&(onto.array, it.output)) {
                    return None;
                }
                footprint.reads.push((onto.array, self.matrix(onto.array, onto.offset, onto.stride, [1, n])));
                footprint.reads.extend(onto.scale.as_ref().and_then(Fill::array).map(|array| (array, Access::Whole)));
            }
            footprint.writes = vec![(it.output, Access::Rows(n))];
            footprint.least = worth(k, n);
            Some(footprint)
        } else if k == self.rows {
            let a = (a, self.matrix(a, a_first, a_column, [a_row, m]));
            footprint.reads = vec![a, (b, self.matrix(b, b_first, b_row, [b_column, n]))];
            footprint.reads.extend(it.onto.iter().flat_map(Onto::arrays).map(|array| (array, Access::Last)));
            footprint.writes = vec![(it.output, Access::Whole)];
            footprint.least = worth(m, n);
            Some(footprint)
        } else {
            None
        }
    }

    fn of_lanes(&self, it: &Lanes) -> Option<Footprint> {
        let groups = self.size(it.output) / it.given(it.function).max(1);
        if groups == 0 || !groups.is_multiple_of(self.rows) {
            return None;
        }
        let (array, first) = it.input;
        let whole = first == 0 && self.size(array) == groups * it.taken();
        let each = groups / self.rows;
        let reads = vec![(array, if whole { Access::Rows(each * it.taken()) } else { Access::Whole })];
        let mut writes = vec![(it.output, Access::Rows(each * it.given(it.function)))];
        if let Some((function, beside, _)) = it.beside {
            writes.push((beside, Access::Rows(each * it.given(function))));
        }
        Some(Footprint { reads, writes, least: 1 })
    }
}
