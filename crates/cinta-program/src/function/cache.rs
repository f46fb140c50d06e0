//! The programs of a function, by the types of its arguments.
use cinta_graph::ArrayType;

use crate::program::Program;

/// So many programs are kept if nothing is said.
const MOST: usize = 16;

/// A bounded list of programs, the most recently used last.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    programs: Vec<Program>,
    most: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Self { programs: Vec::new(), most: MOST }
    }
}

impl Cache {
    /// Makes the program whose arguments have fitting types the newest; whether there is one. Allocates nothing.
    pub(super) fn select(&mut self, fits: impl Fn(&[ArrayType]) -> bool) -> bool {
        let Some(position) = self.programs.iter().rposition(|program| fits(program.inputs())) else {
            return false;
        };
        self.programs[position..].rotate_left(1);
        true
    }

    /// Adds the newest; the oldest goes if there are too many.
    pub(super) fn insert(&mut self, program: Program) {
        if self.programs.len() >= self.most {
            self.programs.drain(..=self.programs.len() - self.most);
        }
        self.programs.push(program);
    }

    pub(super) fn newest(&self) -> &Program {
        self.programs.last().expect("one was found or added")
    }

    pub(super) fn newest_mut(&mut self) -> &mut Program {
        self.programs.last_mut().expect("one was found or added")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Program> {
        self.programs.iter()
    }

    pub(super) fn resize(&mut self, most: usize) {
        self.most = most.max(1);
        let extra = self.programs.len().saturating_sub(self.most);
        self.programs.drain(..extra);
    }

    pub(super) fn clear(&mut self) {
        self.programs.clear();
    }
}
