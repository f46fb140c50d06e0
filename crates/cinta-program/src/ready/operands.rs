//! Where the operands of a loop stand.
use cinta_graph::DType;
use smallvec::SmallVec;

use super::bands::{Lists, read};
use super::native::{Unit, draft};
use super::registers::Shared;
use super::{Ready, ReadyFill, Work};
use crate::kernels::{Foundry, Kernel, KernelSet};
use crate::memory::Ground;
use crate::place::{Extent, Home, Pace, Place, Store, own};
use crate::run::Pasted;
use crate::steps::{Action, ArrayId, Fill, Instruction, Loop, Operand, Register};

/// Where the operands of a loop stand: what they are of the whole program, or of the lists of a thread.
pub(super) struct Operands<'l> {
    it: &'l Loop,
    homes: &'l [Home],
    /// The place of each register.
    places: Vec<Option<Place>>,
    /// Where registers of one number are read as such.
    numbers: Vec<Option<Place>>,
    lists: Option<&'l mut Lists>,
    /// How many elements a row has, if lists are counted in rows.
    width: usize,
}

impl<'l> Operands<'l> {
    /// At first, the registers have places that the loop keeps.
    pub(super) fn new(it: &'l Loop, homes: &'l [Home], lists: Option<&'l mut Lists>, width: usize) -> Self {
        let nothing = vec![None; it.registers.len()];
        let mut operands = Self { it, homes, places: nothing.clone(), numbers: nothing, lists, width };
        for &(register, array) in &it.stores {
            let place = operands.written(it.registers[register.index()], homes[array.index()], Pace::ELEMENTS);
            operands.places[register.index()] = Some(place);
        }
        operands
    }

    /// Which registers are kept.
    pub(super) fn is_kept(&self) -> Vec<bool> {
        self.places.iter().map(Option::is_some).collect()
    }

    /// Finds where registers of one number are read from.
    pub(super) fn numbers(&mut self, ground: &mut Ground) {
        for (register, fill) in &self.it.fills {
            let (home, offset) = match fill {
                Fill::Element(array, offset) => (self.homes[array.index()], *offset),
                Fill::Number(value) => (Home::Arena(ground.constant(value)), 0),
            };
            let place = self.read(self.it.registers[register.index()], home, offset, Extent::Number);
            self.numbers[register.index()] = Some(place);
        }
    }

    /// Gives the other registers their places, counted from the first.
    pub(super) fn registers(&mut self, shared: &Shared, stride: usize) {
        for ((place, &taken), &dtype) in self.places.iter_mut().zip(&shared.taken).zip(&self.it.registers) {
            if let Some(taken) = taken {
                let from = shared.start(taken, dtype, stride);
                *place = Some(Place { store: Store::Arena, from, extent: taken.extent });
            }
        }
    }

    fn read(&mut self, dtype: DType, home: Home, offset: usize, extent: Extent) -> Place {
        read(self.lists.as_deref_mut(), dtype, home, offset, extent)
    }

    /// Where an array is written from its first element on.
    pub(super) fn written(&mut self, dtype: DType, home: Home, pace: Pace) -> Place {
        match &mut self.lists {
            Some(lists) => lists.written(dtype, home, pace.of_rows(self.width)),
            None => home.place(0, Extent::Stream),
        }
    }

    pub(super) fn place(&mut self, operand: Operand, dtype: DType, takes_number: bool) -> Place {
        match operand {
            Operand::Register(register) => match self.numbers[register.index()] {
                Some(place) if takes_number => place,
                _ => self.register(register),
            },
            Operand::Stream(array, offset) => self.read(dtype, self.homes[array.index()], offset, Extent::Stream),
        }
    }

    fn register(&self, register: Register) -> Place {
        self.places[register.index()].expect("a register that is written has a place")
    }

    pub(super) fn fill(&self, register: Register) -> ReadyFill {
        let from = self.numbers[register.index()].expect("a register of one number");
        ReadyFill { from, to: self.register(register), dtype: self.it.registers[register.index()] }
    }

    pub(super) fn ready(&mut self, it: &Instruction, kernel: Option<Work>) -> Ready {
        let dtype = self.it.registers[it.output.index()];
        let work = kernel.unwrap_or_else(|| self.other_work(it, dtype));
        let inputs = it.inputs.iter().enumerate();
        let inputs = inputs.map(|(i, &(operand, dtype))| (self.place(operand, dtype, work.takes_number(i)), dtype));
        let inputs = inputs.collect();
        let outputs = it.outputs().map(|register| self.register(register)).collect();
        Ready { work, inputs, outputs, dtype, own: SmallVec::new(), sums: SmallVec::new() }
    }

    /// Native code of several instructions.
    pub(super) fn native(&mut self, unit: &Unit, dtype: DType, foundry: &mut Foundry, set: KernelSet) -> Ready {
        assert!(unit.inputs.iter().all(|&(_, input)| input == dtype), "native code is of one dtype");
        let is_number = |operand| match operand {
            Operand::Register(register) => self.numbers[register.index()].is_some(),
            Operand::Stream(..) => false,
        };
        let work = match dtype {
            DType::F32 => foundry.make(set, &draft::<f32>(self.it, unit, is_number)).map(Kernel::Native).map(Work::F32),
            _ => foundry.make(set, &draft::<f64>(self.it, unit, is_number)).map(Kernel::Native).map(Work::F64),
        };
        let inputs: SmallVec<[(Place, DType); 3]> =
            unit.inputs.iter().map(|&(operand, dtype)| (self.place(operand, dtype, true), dtype)).collect();
        let outputs: SmallVec<[Place; 2]> = unit.outputs.iter().map(|&register| self.register(register)).collect();
        let sum = |&i: &usize| self.place(self.it.reductions[i].input, dtype, false);
        let sums = unit.sums.iter().map(sum).collect();
        let places = inputs.iter().map(|(place, _)| place).chain(&outputs);
        let own = own(places);
        Ready { work: work.expect("a set with native code"), inputs, outputs, dtype, own, sums }
    }

    /// How an instruction without a kernel is computed.
    fn other_work(&mut self, it: &Instruction, dtype: DType) -> Work {
        let mut read = |array: ArrayId| self.read(dtype, self.homes[array.index()], 0, Extent::Whole);
        match &it.action {
            Action::Gather(array, view) => Work::Gather(read(*array), view.merged()),
            Action::Apply(op) => Work::Apply(op.clone()),
            Action::Assemble(pieces, shape, value) => {
                let pieces = pieces.iter().map(|(array, placed)| (read(*array), Pasted::new(placed, shape)));
                Work::Assemble(pieces.collect(), *value)
            }
            Action::Fused(_) | Action::Twin(_) => unreachable!("made of floats for kernels"),
        }
    }
}
