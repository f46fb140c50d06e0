//! Who reads and writes the arrays of a program.
use crate::steps::Lowered;

/// Who reads and writes each array.
pub(super) struct Uses {
    /// How often it is read, or wanted at the end.
    pub(super) counts: Vec<usize>,
    /// The last step that reads it.
    pub(super) reader: Vec<Option<usize>>,
    pub(super) writer: Vec<Option<usize>>,
}

impl Uses {
    pub(super) fn of(program: &Lowered) -> Self {
        let count = program.arrays.len();
        let (mut counts, mut reader, mut writer) = (vec![0; count], vec![None; count], vec![None; count]);
        for (position, step) in program.steps.iter().enumerate() {
            for array in step.reads() {
                counts[array.index()] += 1;
                reader[array.index()] = Some(position);
            }
            for array in step.writes() {
                writer[array.index()] = Some(position);
            }
        }
        for array in program.outputs.iter().chain(program.updates.iter().map(|(_, new)| new)) {
            counts[array.index()] += 1;
        }
        Self { counts, reader, writer }
    }
}
