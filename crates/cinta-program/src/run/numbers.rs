//! Running straight-line code over numbers.
use cinta_graph::{DType, Real};

use super::{Run, read};
use crate::memory::Cell;
use crate::plan::Home;
use crate::ready::{Code, Line, Numbers};

impl Run<'_, '_, '_> {
    pub(super) fn run_numbers<T: Cell + Real>(&mut self, it: &Numbers<T>) {
        let mut registers = std::mem::take(&mut T::cells_mut(self.memory)[it.registers]);
        let r = &mut registers[..];
        for &(dtype, home, offset, register) in &it.loads {
            let copies = &self.plan.copies;
            r[register as usize] = if dtype == DType::Bool {
                truth(read::<bool>(self.memory, copies, self.arguments, self.targets, home)[offset])
            } else {
                read::<T>(self.memory, copies, self.arguments, self.targets, home)[offset]
            };
        }
        for line in &it.lines {
            r[line.out()] = value(line, r, it);
        }
        for &(register, dtype, home) in &it.stores {
            let x = r[register as usize];
            if dtype == DType::Bool {
                self.put(home, x != T::lit(0.0));
            } else {
                self.put(home, x);
            }
        }
        T::cells_mut(self.memory)[it.registers] = registers;
    }

    fn put<T: Cell>(&mut self, home: Home, x: T) {
        match home {
            Home::Cell(cell) => T::cells_mut(self.memory)[cell][0] = x,
            Home::Output(position) => T::target_mut(&mut self.targets[position])[0] = x,
            Home::Argument(_) => unreachable!("arguments are not written"),
        }
    }
}

fn truth<T: Real>(x: bool) -> T {
    if x { T::lit(1.0) } else { T::lit(0.0) }
}

#[inline]
fn value<T: Cell + Real>(line: &Line, r: &[T], it: &Numbers<T>) -> T {
    let a = r[line.a as usize];
    let b = || r[line.b as usize];
    let c = || r[line.c as usize];
    match line.code {
        Code::Add => a + b(),
        Code::Sub => a - b(),
        Code::Mul => a * b(),
        Code::Div => a / b(),
        Code::Neg => -a,
        Code::Square => a * a,
        Code::Reciprocal => T::lit(1.0) / a,
        Code::Sqrt => a.sqrt(),
        Code::Exp => a.exp(),
        Code::Log => a.ln(),
        Code::Sin => a.sin(),
        Code::Cos => a.cos(),
        Code::Tanh => a.tanh(),
        Code::MulAdd => a * b() + c(),
        Code::MulSub => a * b() - c(),
        Code::NegMulAdd => c() - a * b(),
        Code::MulMul => a * b() * c(),
        Code::AddAdd => a + b() + c(),
        Code::AddMul => (a + b()) * c(),
        Code::SubMul => (a - b()) * c(),
        Code::MulDiv => a * b() / c(),
        Code::Lt => truth(a < b()),
        Code::Le => truth(a <= b()),
        Code::Gt => truth(a > b()),
        Code::Ge => truth(a >= b()),
        Code::Eq => truth(a == b()),
        Code::Ne => truth(a != b()),
        Code::Select => {
            if a == T::lit(0.0) {
                c()
            } else {
                b()
            }
        }
        Code::Apply1 => apply(line, &[&[a]], it),
        Code::Apply2 => apply(line, &[&[a], &[b()]], it),
    }
}

/// An operation by its own function.
#[inline(never)]
fn apply<T: Cell + Real, const N: usize>(line: &Line, inputs: &[&[T]; N], it: &Numbers<T>) -> T {
    let mut out = [T::lit(0.0)];
    it.ops[line.c as usize].eval_elements(&inputs.map(|x| T::elements(x)), T::elements_mut(&mut out));
    out[0]
}
