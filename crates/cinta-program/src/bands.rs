//! Steps over the same rows run band by band: a few rows go through all of them before the next few do.
//!
//! A step that reads what another wrote finds it in a cache then, however many rows there are, and what only such steps know
//! needs room for one band. A step runs by rows if what it makes of a row needs that row alone: a loop, an operation on rows, a
//! product that has a row for each. Sums over all rows are added up at the end: those of loops, and products over the rows.
mod footprint;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::memory::bytes_of;
use crate::options::Bands;
use crate::ready::MOST_PARTS;
use crate::steps::{ArrayId, BandGroup, Lowered, Origin, Step};
use footprint::{Access, Footprint};

/// Bytes that a band touches at most, one step after the other: of more, nothing is left in a cache.
const LARGEST: usize = 1 << 20;
/// Bands of more rows have a multiple of so many, as have the tiles of products and the lines of caches.
const UNIT: usize = 24;
/// How many steps on it is looked for others, and the part of all bytes that the first must touch: else to look would take longer
/// than the steps.
const REACH: usize = 256;
const SMALL: usize = 16;

/// Puts steps side by side that can run by bands, and says which do.
pub(crate) fn line_up(program: &mut Lowered, bands: Bands) {
    let mut readers = vec![0; program.arrays.len()];
    for array in program.steps.iter().flat_map(read_once) {
        readers[array.index()] += 1;
    }
    for array in program.outputs.iter().chain(program.updates.iter().map(|(_, new)| new)) {
        readers[array.index()] += 1;
    }
    let mut first = 0;
    while first < program.steps.len() {
        let found =
            footprint::rows(program, first).into_iter().find_map(|rows| Group::find(program, first, rows, bands));
        first = found.map_or(first + 1, |group| group.move_together(program, first, &readers));
    }
}

/// The arrays that a step reads, each once.
fn read_once(step: &Step) -> FxHashSet<ArrayId> {
    step.reads().into_iter().collect()
}

/// Steps that can run by bands.
struct Group {
    rows: usize,
    bands: Bands,
    members: Vec<usize>,
    /// Steps between them that run before and after.
    before: Vec<usize>,
    after: Vec<usize>,
    /// What they write row by row, with the width of rows.
    written: FxHashMap<ArrayId, usize>,
    /// The sums over rows that they write, which are there after the last row.
    sums: FxHashSet<ArrayId>,
    /// What is there only after them.
    late: FxHashSet<ArrayId>,
    touched: FxHashSet<ArrayId>,
    /// Bytes that they touch for each row.
    bytes: usize,
    /// The fewest rows that a band may have.
    least: usize,
}

impl Group {
    /// The steps that can run with the first one.
    fn find(program: &Lowered, first: usize, rows: usize, bands: Bands) -> Option<Self> {
        let mut group = Self {
            rows,
            bands,
            members: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            written: FxHashMap::default(),
            sums: FxHashSet::default(),
            late: FxHashSet::default(),
            touched: FxHashSet::default(),
            bytes: 0,
            least: 1,
        };
        for (position, step) in program.steps.iter().enumerate().skip(first).take(REACH) {
            let joins = Footprint::of(program, step, rows).is_some_and(|footprint| group.join(program, &footprint));
            if position == first && !(joins && group.bytes.saturating_mul(rows) >= bands.from / SMALL) {
                return None;
            }
            if joins {
                group.members.push(position);
            } else if step.reads().iter().any(|array| group.makes(*array) || group.late.contains(array)) {
                group.late.extend(step.writes());
                group.after.push(position);
            } else {
                group.before.push(position);
            }
        }
        let last = *group.members.last()?;
        group.before.retain(|&position| position < last);
        group.after.retain(|&position| position < last);
        (group.members.len() > 1 && group.bytes.saturating_mul(rows) >= bands.from && group.band() < rows)
            .then_some(group)
    }

    /// Whether one of them writes an array.
    fn makes(&self, array: ArrayId) -> bool {
        self.written.contains_key(&array) || self.sums.contains(&array)
    }

    /// Takes in a step, if it needs of what the others write no more than the same row.
    fn join(&mut self, program: &Lowered, footprint: &Footprint) -> bool {
        let fits = |(array, access): &(ArrayId, Access)| match access {
            Access::Last if self.sums.contains(array) => true,
            Access::Rows(width) if self.written.get(array) == Some(width) => true,
            _ => !self.makes(*array) && !self.late.contains(array),
        };
        if !footprint.reads.iter().all(fits) {
            return false;
        }
        let (mut bytes, mut touched) = (self.bytes, FxHashSet::default());
        for &(array, access) in footprint.reads.iter().chain(&footprint.writes) {
            if let Access::Rows(width) = access
                && !self.touched.contains(&array)
                && touched.insert(array)
            {
                bytes = width.saturating_mul(bytes_of(program.array(array).0)).saturating_add(bytes);
            }
        }
        let least = self.least.max(footprint.least);
        if least.saturating_mul(bytes) > LARGEST {
            return false;
        }
        (self.bytes, self.least) = (bytes, least);
        self.touched.extend(touched);
        for &(array, access) in &footprint.writes {
            match access {
                Access::Rows(width) => drop(self.written.insert(array, width)),
                Access::Whole | Access::Last => drop(self.sums.insert(array)),
            }
        }
        true
    }

    /// The rows of a band.
    fn band(&self) -> usize {
        let rows = (self.bands.bytes / self.bytes.max(1)).max(self.least).max(self.rows / MOST_PARTS);
        if rows > UNIT { rows.next_multiple_of(UNIT) } else { rows }
    }

    /// Makes neighbours of them; gives the first step after them.
    fn move_together(self, program: &mut Lowered, first: usize, readers: &[usize]) -> usize {
        let last = *self.members.last().expect("two at least");
        let mut steps: Vec<Option<Step>> = program.steps.drain(first..=last).map(Some).collect();
        let start = first + self.before.len();
        let range = start..start + self.members.len();
        let band = self.band();
        let members = self.members.iter().filter_map(|&member| steps[member - first].as_ref());
        let mut here: FxHashMap<ArrayId, usize> = FxHashMap::default();
        for array in members.flat_map(read_once) {
            *here.entry(array).or_default() += 1;
        }
        let is_inside = |array: ArrayId| {
            matches!(program.arrays[array.index()].origin, Origin::Step)
                && here.get(&array).copied().unwrap_or(0) == readers[array.index()]
        };
        let written = self.written.iter().map(|(&array, &width)| (array, width));
        let mut inside: Vec<(ArrayId, usize)> = written.filter(|(array, _)| is_inside(*array)).collect();
        inside.sort_unstable();
        let order = self.before.iter().chain(&self.members).chain(&self.after);
        let ordered: Vec<Step> = order.filter_map(|&position| steps[position - first].take()).collect();
        program.steps.splice(first..first, ordered);
        program.bands.push(BandGroup { steps: range.clone(), rows: self.rows, band, inside });
        range.end
    }
}
