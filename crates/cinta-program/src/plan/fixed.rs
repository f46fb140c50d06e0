//! What has a place of its own throughout: arguments, states and what takes their place, constants, outputs.
use cinta_graph::DType;

use super::{Role, Source, Spot, Uses};
use crate::memory::{Ground, slot};
use crate::place::Home;
use crate::steps::{ArrayId, Lowered, Onto, Origin, Step};

/// What stands where it does from the first step to the last.
pub(super) struct Fixed {
    pub(super) spots: Vec<Spot>,
    /// Where what is not in the arena is copied from.
    pub(super) sources: Vec<Option<Source>>,
    /// The cells of each dtype, with their sizes.
    pub(super) cells: [Vec<(Role, usize)>; 4],
    pub(super) direct: Vec<Option<DType>>,
    pub(super) numbers: Vec<(usize, DType, usize)>,
    pub(super) states: Vec<(DType, usize, usize)>,
}

impl Fixed {
    pub(super) fn new(program: &Lowered, uses: &Uses, ground: &mut Ground) -> Self {
        let count = program.arrays.len();
        let mut it = Self {
            spots: vec![Spot::Nowhere; count],
            sources: vec![None; count],
            cells: Default::default(),
            direct: Vec::with_capacity(program.outputs.len()),
            numbers: Vec::new(),
            states: Vec::new(),
        };
        let (mut own, mut reads) = (Numbering::default(), Numbering::default());
        for &(state, new) in &program.updates {
            let (dtype, size) = program.array(state);
            if moves_in_place(program, uses, state, new) {
                let cell = it.cell(dtype, Role::Update, size);
                let home = Home::Own(own.next(dtype));
                for array in [state, new] {
                    it.sources[array.index()] = Some(Source::Cell(cell));
                    it.spots[array.index()] = Spot::Fixed(home);
                }
                it.states.push((dtype, cell, cell));
                continue;
            }
            let cells = [(state, Role::State), (new, Role::Update)].map(|(array, role)| {
                let cell = it.cell(dtype, role, size);
                it.sources[array.index()] = Some(Source::Cell(cell));
                cell
            });
            it.spots[state.index()] = Spot::Fixed(Home::Read(reads.next(dtype)));
            it.spots[new.index()] = Spot::Fixed(Home::Own(own.next(dtype)));
            it.states.push((dtype, cells[0], cells[1]));
        }
        for (at, array) in program.arrays.iter().enumerate() {
            let dtype = array.ty.dtype;
            let home = match &array.origin {
                Origin::Argument(position) if array.ty.shape.size() == 1 => {
                    let place = ground.push(dtype, 1);
                    it.numbers.push((*position, dtype, place));
                    Home::Arena(place)
                }
                Origin::Argument(position) => {
                    let cell = it.cell(dtype, Role::Argument(*position), 0);
                    it.sources[at] = Some(Source::Argument(*position, cell));
                    Home::Read(reads.next(dtype))
                }
                Origin::Constant(value) => Home::Arena(ground.constant(value)),
                Origin::State | Origin::Step => continue,
            };
            it.spots[at] = Spot::Fixed(home);
        }
        for (position, array) in program.outputs.iter().enumerate() {
            let at = array.index();
            let ty = &program.arrays[at].ty;
            // Numbers are copied at the end: that costs less than to tell steps where they go.
            let is_direct = matches!(program.arrays[at].origin, Origin::Step)
                && !uses.is_update[at]
                && it.spots[at] == Spot::Nowhere
                && ty.shape.size() != 1;
            if is_direct {
                it.spots[at] = Spot::Fixed(Home::Own(own.next(ty.dtype)));
                it.sources[at] = Some(Source::Output(position));
            }
            it.direct.push(is_direct.then_some(ty.dtype));
        }
        it
    }

    fn cell(&mut self, dtype: DType, role: Role, size: usize) -> usize {
        let cells = &mut self.cells[slot(dtype)];
        cells.push((role, size));
        cells.len() - 1
    }
}

/// Whether a state may become the next one where it stands: a product is added onto it, nothing reads it after that, and
/// nothing can fail after that, for then it would have to be what it was.
fn moves_in_place(program: &Lowered, uses: &Uses, state: ArrayId, new: ArrayId) -> bool {
    let writes = |step: &Step| matches!(step, Step::Product(it) if it.output == new);
    let Some(position) = program.steps.iter().position(writes) else { return false };
    let Step::Product(it) = &program.steps[position] else { return false };
    let is_onto =
        |onto: &Onto| onto.array == state && (onto.offset, onto.stride, onto.minus) == (0, it.sizes[3], false);
    it.onto.as_ref().is_some_and(is_onto)
        && ![it.a.0, it.b.0].contains(&state)
        && uses.last[state.index()] == uses.end[position]
        && !program.outputs.contains(&state)
        && !program.steps[position..].iter().any(|step| matches!(step, Step::Call(_)))
}

/// Numbers the arrays of each dtype.
#[derive(Default)]
struct Numbering([usize; 4]);

impl Numbering {
    fn next(&mut self, dtype: DType) -> usize {
        self.0[slot(dtype)] += 1;
        self.0[slot(dtype)] - 1
    }
}
