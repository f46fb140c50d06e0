//! The programs of a function, by the types of its arguments.
use cinta_graph::ArrayType;

use crate::program::Program;

/// So many programs are kept if nothing is said.
const MOST: usize = 16;

/// A bounded list of programs, the most recently used last.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    programs: Vec<(Vec<ArrayType>, Program)>,
    most: usize,
}

impl Default for Cache {
    fn default() -> Self {
        Self { programs: Vec::new(), most: MOST }
    }
}

impl Cache {
    /// Finds the program whose types fit, and makes it the newest.
    pub(super) fn position(&mut self, fits: impl Fn(&[ArrayType]) -> bool) -> Option<()> {
        let position = self.programs.iter().rposition(|(types, _)| fits(types))?;
        self.programs[position..].rotate_left(1);
        Some(())
    }

    /// Adds the newest; the oldest goes if there are too many.
    pub(super) fn insert(&mut self, types: Vec<ArrayType>, program: Program) {
        if self.programs.len() >= self.most {
            self.programs.drain(..=self.programs.len() - self.most);
        }
        self.programs.push((types, program));
    }

    /// The types of the newest, if there is one.
    pub(super) fn newest_types(&self) -> Option<&[ArrayType]> {
        self.programs.last().map(|(types, _)| &types[..])
    }

    pub(super) fn newest(&self) -> &Program {
        &self.programs.last().expect("one was found or added").1
    }

    pub(super) fn newest_mut(&mut self) -> &mut Program {
        &mut self.programs.last_mut().expect("one was found or added").1
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[ArrayType], &Program)> {
        self.programs.iter().map(|(types, program)| (&types[..], program))
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
