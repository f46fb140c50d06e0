//! Steps that run part by part of their rows, on one thread or several: a large loop, or several steps band by band.
use std::ops::Range;

use cinta_graph::DType;
use rustc_hash::FxHashMap;

use super::{Preparation, ReadyLoop, ReadyOnto, ReadyProduct};
use crate::kernels::Rows;
use crate::memory::slot;
use crate::place::{Extent, Home, Pace, Place, Store};
use crate::steps::{ArrayId, BandGroup, Lanes, Lowered, Product, Step};

/// Steps that run part by part, looked up.
#[derive(Clone, Debug)]
pub(crate) struct ReadyBands {
    pub(crate) divided: Divided,
    pub(crate) steps: Vec<Banded>,
}

/// How arrays are dealt to threads: each has its parts of what the steps write, and registers of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Divided {
    /// Stretches of rows, or of elements of the only loop. Sums are added up part by part at the end.
    pub(crate) parts: Vec<Range<usize>>,
    /// How many parts stay with one thread, and have one product over their rows.
    pub(crate) together: usize,
    /// What is dealt, by dtype.
    pub(crate) dealt: [Dealt; 4],
}

/// The arrays of one dtype that are dealt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dealt {
    /// What is read: the list of each thread; and the same in the order in which arrays stand.
    pub(crate) reads: Vec<Home>,
    pub(crate) reads_in_order: Vec<usize>,
    /// What is written.
    pub(crate) written: Vec<(Home, Pace)>,
    pub(crate) written_in_order: Vec<usize>,
}

/// A step that runs part by part, looked up.
#[derive(Clone, Debug)]
pub(crate) enum Banded {
    Loop(Box<ReadyLoop>),
    /// With a row for each.
    Rows(Box<ReadyProduct>),
    /// Over the rows: each part gives a product, to be added to those of the others.
    Over(Box<ReadyOver>),
    Lanes(ReadyLanes),
}

/// A product over rows, looked up.
#[derive(Clone, Debug)]
pub(crate) struct ReadyOver {
    /// That of a part.
    pub(crate) part: ReadyProduct,
    /// Where the products of parts that are together stand, and how many there are.
    pub(crate) partial: Home,
    pub(crate) count: usize,
    /// Where their sum goes, and onto what.
    pub(crate) output: Place,
    pub(crate) onto: Option<ReadyOnto>,
}

/// An operation on rows, looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadyLanes {
    pub(crate) dtype: DType,
    pub(crate) function: Rows,
    pub(crate) input: Place,
    /// How many elements a row has, and how many rows stand side by side.
    pub(crate) length: usize,
    pub(crate) columns: usize,
    /// How many times it takes so many, for each row of what it runs by.
    pub(crate) each: usize,
    pub(crate) output: Place,
    pub(crate) beside: Option<(Rows, Place)>,
}

/// Elements from which on operations on rows are worth several threads.
const LARGE: usize = 1 << 15;

impl ReadyLanes {
    /// Whether so many rows are divided among threads.
    pub(crate) fn is_large(&self, rows: usize) -> bool {
        rows * self.each * self.length * self.columns >= LARGE
    }
}

/// What a loop has in common with the steps that run with it.
pub(super) struct Together<'l> {
    pub(super) lists: &'l mut Lists,
    /// How many elements a row has.
    pub(super) width: usize,
    /// The elements of each part, if the loop has no say in it.
    pub(super) parts: Option<Vec<Range<usize>>>,
}

/// Where an array is read: in the lists of threads, if there are any.
pub(super) fn read(lists: Option<&mut Lists>, dtype: DType, home: Home, offset: usize, extent: Extent) -> Place {
    match lists {
        Some(lists) => lists.read(dtype, home, offset, extent),
        None => home.place(offset, extent),
    }
}

/// What threads read and write, while it is collected.
#[derive(Default)]
pub(super) struct Lists {
    dealt: [Dealt; 4],
    reads: FxHashMap<(DType, Home), usize>,
    /// The arrays that are written row by row.
    kept: FxHashMap<(DType, Home), usize>,
}

impl Lists {
    pub(super) fn read(&mut self, dtype: DType, home: Home, offset: usize, extent: Extent) -> Place {
        if let Home::Band(_) = home {
            return home.place(offset, extent);
        }
        // What is written in the place of an array is that array until then.
        if let Some(&i) = self.kept.get(&(dtype, home)) {
            return Place { store: Store::Own(i), from: offset, extent };
        }
        let list = &mut self.dealt[slot(dtype)].reads;
        let i = *self.reads.entry((dtype, home)).or_insert_with(|| {
            list.push(home);
            list.len() - 1
        });
        Place { store: Store::Read(i), from: offset, extent }
    }

    /// Where an array is written from its first element on.
    pub(super) fn written(&mut self, dtype: DType, home: Home, pace: Pace) -> Place {
        if let Home::Band(_) = home {
            return home.place(0, Extent::Stream);
        }
        let list = &mut self.dealt[slot(dtype)].written;
        list.push((home, pace));
        let i = list.len() - 1;
        if let Pace::Rows { .. } = pace {
            self.kept.insert((dtype, home), i);
        }
        Place { store: Store::Own(i), from: 0, extent: Extent::Stream }
    }

    /// With the parts of which a thread has some, so many together.
    pub(super) fn divided(mut self, parts: Vec<Range<usize>>, together: usize) -> Divided {
        for it in &mut self.dealt {
            it.reads_in_order = (0..it.reads.len()).collect();
            it.reads_in_order.sort_unstable_by_key(|&i| it.reads[i]);
            it.written_in_order = (0..it.written.len()).collect();
            it.written_in_order.sort_unstable_by_key(|&i| (it.written[i].0, it.written[i].1.numbers(1, 1)));
        }
        Divided { parts, together, dealt: self.dealt }
    }
}

/// The most products of bands over rows: more are added up as they are made.
const PRODUCTS: usize = 64;

impl Preparation<'_> {
    /// Looks up steps that run by bands.
    pub(super) fn ready_bands(&mut self, program: &Lowered, it: &BandGroup) -> ReadyBands {
        let count = it.rows.div_ceil(it.band);
        let parts: Vec<Range<usize>> = (0..count).map(|i| i * it.band..((i + 1) * it.band).min(it.rows)).collect();
        let together = count.div_ceil(PRODUCTS);
        let mut lists = Lists::default();
        let steps = program.steps[it.steps.clone()].iter().map(|step| match step {
            Step::Loop(step) => {
                let width = step.size / it.rows;
                let elements = parts.iter().map(|part| part.start * width..part.end * width).collect();
                let together = Together { lists: &mut lists, width, parts: Some(elements) };
                let body = self.body(step);
                Banded::Loop(Box::new(self.ready_loop(step, body, Some(together))))
            }
            Step::Product(step) => {
                let dtype = program.array(step.output).0;
                if step.sizes[1] == it.rows {
                    Banded::Rows(Box::new(self.ready_rows(step, dtype, &mut lists)))
                } else {
                    Banded::Over(Box::new(self.ready_over(step, dtype, &mut lists, [count, together])))
                }
            }
            Step::Lanes(step) => {
                let (dtype, size) = program.array(step.output);
                Banded::Lanes(self.ready_lanes(step, dtype, [it.rows, size], Some(&mut lists)))
            }
            Step::Call(_) => unreachable!("calls run alone"),
        });
        let steps = steps.collect();
        ReadyBands { divided: lists.divided(parts, together), steps }
    }

    /// A product with a row for each.
    fn ready_rows(&mut self, it: &Product, dtype: DType, lists: &mut Lists) -> ReadyProduct {
        let ready = self.ready_product(it, dtype, Some(lists));
        let pace = Pace::Rows { elements: 1, numbers: it.sizes[3] };
        ReadyProduct { output: lists.written(dtype, self.homes[it.output.index()], pace), ..ready }
    }

    /// A product over rows.
    fn ready_over(&mut self, it: &Product, dtype: DType, lists: &mut Lists, parts: [usize; 2]) -> ReadyOver {
        let [_, m, _, n] = it.sizes;
        let home = self.homes[it.output.index()];
        let onto = it.onto.as_ref().map(|onto| self.ready_onto(onto, home, dtype, None));
        let ([parts, together], numbers) = (parts, m * n);
        let count = parts.div_ceil(together);
        let partial = Home::Arena(self.ground.push(dtype, numbers.saturating_mul(count)));
        let part = self.ready_product(&Product { onto: None, ..it.clone() }, dtype, Some(lists));
        let output = lists.written(dtype, partial, Pace::Several { parts: together, numbers });
        let part = ReadyProduct { output, ..part };
        ReadyOver { part, partial, count, output: home.place(0, Extent::Whole), onto }
    }

    /// An operation on rows; where there are no lists, all of them.
    pub(super) fn ready_lanes(
        &mut self,
        it: &Lanes,
        dtype: DType,
        [rows, size]: [usize; 2],
        mut lists: Option<&mut Lists>,
    ) -> ReadyLanes {
        let (homes, (array, first)) = (self.homes, it.input);
        let input = read(lists.as_deref_mut(), dtype, homes[array.index()], first, Extent::Whole);
        let each = size / it.given(it.function) / rows.max(1);
        let mut written = |function: Rows, array: ArrayId| match lists.as_deref_mut() {
            Some(lists) => {
                let numbers = each * it.given(function);
                lists.written(dtype, homes[array.index()], Pace::Rows { elements: 1, numbers })
            }
            None => homes[array.index()].place(0, Extent::Whole),
        };
        let output = written(it.function, it.output);
        let beside = it.beside.map(|(function, array, _)| (function, written(function, array)));
        let &Lanes { function, length, columns, .. } = it;
        ReadyLanes { dtype, function, input, length, columns, each, output, beside }
    }
}
