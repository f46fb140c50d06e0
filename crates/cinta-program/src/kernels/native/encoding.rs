//! Instructions of x86-64 as bytes: the few that native code is made of.
//!
//! Vector instructions have the prefix VEX with registers of 256 bits, or EVEX with 512 (Intel, *Software Developer's Manual*,
//! volume 2, sections 2.3 and 2.7).

/// A general register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct General(pub(super) u8);

pub(super) const RAX: General = General(0);
pub(super) const RCX: General = General(1);
pub(super) const RDX: General = General(2);
pub(super) const RBX: General = General(3);
pub(super) const RSP: General = General(4);
pub(super) const RBP: General = General(5);
pub(super) const RSI: General = General(6);
pub(super) const RDI: General = General(7);

/// A vector register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vector(pub(super) u8);

/// Where a vector stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// As many elements on as RAX says, and so many vectors.
    Indexed(General, u8),
    /// Where a register points.
    At(General),
    /// Bytes above the stack's end.
    Stack(i32),
    /// A constant of the code.
    Constant(usize),
    /// A number of the code, for every element.
    Spread(usize),
}

/// What an instruction reads last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Register(Vector),
    Memory(Memory),
}

/// What leads from one instruction to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jump {
    Always,
    /// If the number tested before is not 0.
    NotZero,
    /// If the first of the numbers compared before is larger, without sign.
    Above,
    /// If it is not smaller.
    NotBelow,
}

/// The table of opcodes that an instruction is in, and the prefix that chooses there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// 0F, of packed numbers of either width.
    Packed,
    /// 66 0F 38.
    Second,
    /// F3 0F 38.
    Moves,
    /// 66 0F 3A.
    Third,
    /// 66 0F 38, of numbers of either width.
    Fused,
    /// 66 0F, of integers of either width.
    Integers,
}

/// A mask register that decides which elements are written, and whether the others become 0 instead of staying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Masked(pub(super) u8, pub(super) bool);

const UNMASKED: Masked = Masked(0, false);

/// Code on its way.
#[derive(Debug)]
pub(super) struct Encoder {
    pub(super) bytes: Vec<u8>,
    /// Whether registers have 512 bits.
    pub(super) wide: bool,
    /// Whether elements are `f64`.
    pub(super) double: bool,
    /// The constants: where each is read, and at which byte the reading instruction ends.
    constants: Vec<Vec<u8>>,
    reads: Vec<(usize, usize, usize)>,
}

/// Constants begin at multiples of so many bytes.
const ALIGNED: usize = 64;

impl Encoder {
    pub(super) fn new(wide: bool, double: bool) -> Self {
        Self { bytes: Vec::new(), wide, double, constants: Vec::new(), reads: Vec::new() }
    }

    /// Elements in a register.
    pub(super) fn lanes(&self) -> u8 {
        (if self.wide { 64 } else { 32 }) / if self.double { 8 } else { 4 }
    }

    /// A constant, which stands once.
    pub(super) fn constant(&mut self, bytes: &[u8]) -> usize {
        let found = self.constants.iter().position(|constant| constant == bytes);
        found.unwrap_or_else(|| {
            self.constants.push(bytes.to_vec());
            self.constants.len() - 1
        })
    }

    /// A number of as many bytes as an element has, to be read by [`Memory::Spread`].
    pub(super) fn spread(&mut self, bits: u64) -> Memory {
        let bytes = bits.to_le_bytes();
        let number = if self.double { &bytes[..] } else { &bytes[..4] };
        let times = if self.wide { 1 } else { self.lanes().into() };
        Memory::Spread(self.constant(&number.repeat(times)))
    }

    /// The code, with its constants behind it.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let mut begins = Vec::with_capacity(self.constants.len());
        for constant in &self.constants {
            let unit = constant.len().next_power_of_two().min(ALIGNED);
            self.bytes.resize(self.bytes.len().next_multiple_of(unit), 0);
            begins.push(self.bytes.len());
            self.bytes.extend(constant);
        }
        for &(at, end, constant) in &self.reads {
            put(&mut self.bytes, at, begins[constant] - end);
        }
        self.bytes
    }

    /// A vector instruction: `register` is written (or stored), `first` is the operand in the prefix.
    pub(super) fn vector(&mut self, table: Table, opcode: u8, register: Vector, first: Option<Vector>, source: Source) {
        self.encode(table, opcode, register, first, source, UNMASKED, None);
    }

    /// The same with a mask.
    pub(super) fn masked(
        &mut self,
        table: Table,
        opcode: u8,
        register: Vector,
        first: Option<Vector>,
        source: Source,
        mask: Masked,
    ) {
        self.encode(table, opcode, register, first, source, mask, None);
    }

    /// The same with a byte that says more.
    pub(super) fn with_byte(
        &mut self,
        table: Table,
        opcode: u8,
        register: Vector,
        first: Option<Vector>,
        source: Source,
        byte: u8,
    ) {
        self.encode(table, opcode, register, first, source, UNMASKED, Some(byte));
    }

    #[expect(clippy::too_many_arguments, reason = "as many parts as an instruction has")]
    fn encode(
        &mut self,
        table: Table,
        opcode: u8,
        register: Vector,
        first: Option<Vector>,
        source: Source,
        Masked(mask, zeroes): Masked,
        byte: Option<u8>,
    ) {
        let (map, prefix) = match table {
            Table::Packed => (1, u8::from(self.double)),
            Table::Second | Table::Fused => (2, 1),
            Table::Moves => (2, 2),
            Table::Third => (3, 1),
            Table::Integers => (1, 1),
        };
        let first = first.map_or(0, |it| it.0);
        let (low, high) = match source {
            Source::Register(it) => (it.0 >> 3 & 1, it.0 >> 4 & 1),
            Source::Memory(Memory::Indexed(base, _) | Memory::At(base)) => (base.0 >> 3, 0),
            Source::Memory(_) => (0, 0),
        };
        // The bits above the third of each register, complements.
        let extended = (!register.0 >> 3 & 1) << 7 | (high ^ 1) << 6 | (low ^ 1) << 5;
        let w = u8::from((self.wide || table == Table::Fused) && self.double) << 7;
        if self.wide {
            let spread = u8::from(matches!(source, Source::Memory(Memory::Spread(_))));
            let rest = 2 << 5 | spread << 4 | (!first >> 4 & 1) << 3 | mask | u8::from(zeroes) << 7;
            let p0 = extended | (!register.0 >> 4 & 1) << 4 | map;
            self.bytes.extend([0x62, p0, w | (!first & 15) << 3 | 4 | prefix, rest]);
        } else {
            self.bytes.extend([0xc4, extended | map, w | (!first & 15) << 3 | 4 | prefix]);
        }
        self.bytes.push(opcode);
        self.operand(register.0 & 7, source, byte.is_some().into());
        self.bytes.extend(byte);
    }

    /// What says which registers or memory; so many bytes of the instruction follow it.
    fn operand(&mut self, register: u8, source: Source, follow: usize) {
        let register = register << 3;
        match source {
            Source::Register(it) => self.bytes.push(0xc0 | register | it.0 & 7),
            Source::Memory(Memory::Indexed(base, vector)) => {
                let scale = if self.double { 3 } else { 2 };
                let sib = scale << 6 | RAX.0 << 3 | base.0 & 7;
                // A byte counts whole vectors with EVEX; RBP and R13 as a base ask for a distance.
                match (base.0 & 7, vector) {
                    (0..=4 | 6.., 0) => self.bytes.extend([0x04 | register, sib]),
                    _ if self.wide => self.bytes.extend([0x44 | register, sib, vector]),
                    _ => self.bytes.extend([0x44 | register, sib, 32 * vector]),
                }
            }
            Source::Memory(Memory::At(base)) => match base.0 & 7 {
                4 => self.bytes.extend([0x04 | register, 0x24]),
                5 => self.bytes.extend([0x45 | register, 0]),
                low => self.bytes.push(register | low),
            },
            Source::Memory(Memory::Stack(distance)) => {
                self.bytes.extend([0x84 | register, 0x24]);
                self.bytes.extend(distance.to_le_bytes());
            }
            Source::Memory(Memory::Constant(constant) | Memory::Spread(constant)) => {
                self.bytes.push(0x05 | register);
                self.reads.push((self.bytes.len(), self.bytes.len() + 4 + follow, constant));
                self.bytes.extend([0; 4]);
            }
        }
    }

    /// `vblendvps` or `vblendvpd`: of `yes` where the mask holds, else of `no`. Of registers of 256 bits.
    pub(super) fn blend(&mut self, to: Vector, no: Vector, yes: Vector, mask: Vector) {
        let opcode = if self.double { 0x4b } else { 0x4a };
        self.with_byte(Table::Third, opcode, to, Some(no), Source::Register(yes), mask.0 << 4);
    }

    /// `vbroadcastss` or `vbroadcastsd`.
    pub(super) fn broadcast(&mut self, to: Vector, from: Memory) {
        let opcode = if self.double { 0x19 } else { 0x18 };
        self.vector(Table::Second, opcode, to, None, Source::Memory(from));
    }

    /// The upper parts of registers become 0, for code that knows only the lower ones.
    pub(super) fn zero_upper(&mut self) {
        self.bytes.extend([0xc5, 0xf8, 0x77]);
    }

    /// The mask register 2 becomes EDX.
    pub(super) fn mask_from_rdx(&mut self) {
        self.bytes.extend([0xc5, 0xf8, 0x92, 0xd2]); // kmovw k2, edx
    }

    fn rex(register: General, base: General) -> u8 {
        0x48 | (register.0 >> 3) << 2 | base.0 >> 3
    }

    /// Loads an entry of what `RDI` points to.
    pub(super) fn load_entry(&mut self, to: General, entry: usize) {
        self.bytes.extend([Self::rex(to, RDI), 0x8b, 0x87 | (to.0 & 7) << 3]);
        self.bytes.extend(distance(8 * entry).to_le_bytes());
    }

    /// `to = from`.
    pub(super) fn copy(&mut self, to: General, from: General) {
        self.bytes.extend([Self::rex(from, to), 0x89, 0xc0 | (from.0 & 7) << 3 | to.0 & 7]);
    }

    /// `to -= from`.
    pub(super) fn subtract(&mut self, to: General, from: General) {
        self.bytes.extend([Self::rex(from, to), 0x29, 0xc0 | (from.0 & 7) << 3 | to.0 & 7]);
    }

    /// `to = base + distance`.
    pub(super) fn address(&mut self, to: General, base: General, distance: i8) {
        assert!(base.0 & 7 != 4, "RSP and R12 are encoded otherwise");
        self.bytes.extend([Self::rex(to, base), 0x8d, 0x40 | (to.0 & 7) << 3 | base.0 & 7, distance.to_le_bytes()[0]]);
    }

    /// `to =` where a constant stands.
    pub(super) fn address_of_constant(&mut self, to: General, constant: usize) {
        self.bytes.extend([Self::rex(to, General(0)), 0x8d]);
        self.operand(to.0 & 7, Source::Memory(Memory::Constant(constant)), 0);
    }

    /// Compares, for a jump.
    pub(super) fn compare(&mut self, a: General, b: General) {
        self.bytes.extend([Self::rex(b, a), 0x39, 0xc0 | (b.0 & 7) << 3 | a.0 & 7]);
    }

    /// Tests a number, for a jump.
    pub(super) fn test(&mut self, it: General) {
        self.bytes.extend([Self::rex(it, it), 0x85, 0xc0 | (it.0 & 7) << 3 | it.0 & 7]);
    }

    /// `to = 2^RCX − 1`, in 32 bits.
    pub(super) fn ones(&mut self, to: General) {
        self.bytes.extend([0xb8 | to.0, 1, 0, 0, 0]); // mov to, 1
        self.bytes.extend([0xd3, 0xe0 | to.0]); // shl to, cl
        self.bytes.extend([0xff, 0xc8 | to.0]); // dec to
    }

    pub(super) fn negate(&mut self, it: General) {
        self.bytes.extend([Self::rex(General(0), it), 0xf7, 0xd8 | it.0 & 7]);
    }

    pub(super) fn push(&mut self, it: General) {
        self.bytes.extend([0x40 | it.0 >> 3, 0x50 | it.0 & 7]);
    }

    pub(super) fn pop(&mut self, it: General) {
        self.bytes.extend([0x40 | it.0 >> 3, 0x58 | it.0 & 7]);
    }

    /// Takes bytes of the stack, how many is said later, from a multiple of 64 on.
    pub(super) fn take_stack(&mut self) -> usize {
        self.bytes.extend([0x48, 0x81, 0xec, 0, 0, 0, 0]); // sub rsp, …
        let at = self.bytes.len() - 4;
        self.bytes.extend([0x48, 0x83, 0xe4, 0xc0]); // and rsp, −64
        at
    }

    pub(super) fn patch(&mut self, at: usize, number: usize) {
        put(&mut self.bytes, at, number);
    }

    pub(super) fn give_back(&mut self) {
        self.bytes.push(0xc3);
    }

    /// A jump to what comes later; gives what [`land`](Self::land) takes.
    pub(super) fn jump(&mut self, jump: Jump) -> usize {
        match jump {
            Jump::Always => self.bytes.push(0xe9),
            Jump::NotZero => self.bytes.extend([0x0f, 0x85]),
            Jump::Above => self.bytes.extend([0x0f, 0x87]),
            Jump::NotBelow => self.bytes.extend([0x0f, 0x83]),
        }
        self.bytes.extend([0; 4]);
        self.bytes.len()
    }

    /// A jump leads here.
    pub(super) fn land(&mut self, jump: usize) {
        let distance = self.bytes.len() - jump;
        put(&mut self.bytes, jump - 4, distance);
    }

    /// A jump back.
    pub(super) fn jump_to(&mut self, target: usize) {
        self.bytes.push(0xe9);
        let back = -distance(self.bytes.len() + 4 - target);
        self.bytes.extend(back.to_le_bytes());
    }
}

/// How far, as instructions say it.
fn distance(bytes: usize) -> i32 {
    i32::try_from(bytes).expect("code that is shorter than 2 GiB")
}

fn put(bytes: &mut [u8], at: usize, number: usize) {
    bytes[at..at + 4].copy_from_slice(&distance(number).to_le_bytes());
}
