//! What stands around the lines: a function that takes all elements through them.
use super::encoding::{Encoder, General, Jump, Memory, RAX, RBP, RBX, RCX, RDX, RSI, RSP, Source, Table};
use super::lines::Draft;
use super::registers::{Code, LEFT_NARROW};
use super::work::Work;

/// The registers that say where operands begin; those from the sixth on are saved first.
const POINTERS: [General; 10] =
    [RSI, General(8), General(9), General(10), General(11), RBX, General(12), General(13), General(14), General(15)];
/// How many need not be saved.
const FREE: usize = 5;

/// The code of some lines, for elements from RSI to RDX of the operands that RDI points to.
pub(super) fn assemble(lines: &Draft, wide: bool) -> Vec<u8> {
    let lines = lines.without_unread();
    let mut code = Code::new(lines.clone(), wide);
    let streams = lines.all.iter().filter_map(|work| match *work {
        Work::Stream(operand, _) | Work::Store(_, operand, _) => Some(operand),
        _ => None,
    });
    streams.zip(POINTERS).for_each(|(operand, pointer)| code.pointers[operand] = Some(pointer));
    let to = &mut code.encoder;
    to.push(RBP);
    to.copy(RBP, RSP);
    let saved = &POINTERS[FREE..code.pointers.iter().flatten().count().max(FREE)];
    for &it in saved {
        to.push(it);
    }
    let stack = to.take_stack();
    to.copy(RAX, RSI);
    for (entry, pointer) in code.pointers.iter().enumerate() {
        if let Some(pointer) = pointer {
            to.load_entry(*pointer, entry);
        }
    }
    code.begin_sums();
    let (vectors, registers) = (code.vectors, code.pool.into());
    code.take_lines(lines.scheduled(vectors, registers));
    code.settle_numbers();
    let lanes = i8::try_from(code.encoder.lanes()).expect("16 at most");
    let single = if vectors > 1 { Some(1) } else { None };
    for taken in std::iter::once(vectors).chain(single) {
        if taken < vectors {
            code.take_lines(lines.scheduled(taken, registers));
        }
        let top = code.encoder.bytes.len();
        let distance = lanes * taken.cast_signed();
        code.encoder.address(RCX, RAX, distance);
        code.encoder.compare(RCX, RDX);
        let out = code.encoder.jump(Jump::Above);
        code.body(false);
        code.encoder.address(RAX, RAX, distance);
        code.encoder.jump_to(top);
        code.encoder.land(out);
    }
    code.encoder.compare(RAX, RDX);
    let to_end = code.encoder.jump(Jump::NotBelow);
    mask_rest(&mut code.encoder, lanes);
    code.body(true);
    code.encoder.land(to_end);
    code.end_sums();
    let to = &mut code.encoder;
    to.zero_upper();
    to.address(RSP, RBP, -8 * i8::try_from(saved.len()).expect("few registers"));
    for &it in saved.iter().rev() {
        to.pop(it);
    }
    to.pop(RBP);
    to.give_back();
    to.patch(stack, 64 * code.slots);
    code.encoder.finish()
}

/// Makes the mask of the elements that are left.
fn mask_rest(to: &mut Encoder, lanes: i8) {
    to.copy(RCX, RDX);
    to.subtract(RCX, RAX);
    if to.wide {
        to.ones(RDX);
        to.mask_from_rdx();
        return;
    }
    // As many ones as are left, from a row of ones before as many zeros.
    let size = if to.double { 8 } else { 4 };
    let mut ones = vec![0xff; 32];
    ones.resize(64, 0);
    assert!(to.lanes() * size == 32, "registers of 32 bytes");
    let constant = to.constant(&ones);
    to.negate(RCX);
    to.address(RCX, RCX, lanes);
    to.address_of_constant(RDX, constant);
    to.push(RAX);
    to.copy(RAX, RCX);
    to.vector(Table::Packed, 0x10, LEFT_NARROW, None, Source::Memory(Memory::Indexed(RDX, 0)));
    to.pop(RAX);
}
