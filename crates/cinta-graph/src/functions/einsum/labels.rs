//! Every axis with its label, and every label with its size.
use super::parse::{Item, Spec, Term, parse};
use crate::Shape;

/// A set of labels, each by its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels(u128);

impl Labels {
    const MOST: usize = u128::BITS as usize;

    pub(super) fn of(labels: &[usize]) -> Self {
        Self(labels.iter().fold(0, |set, &label| set | 1 << label))
    }

    pub(super) fn has(self, label: usize) -> bool {
        self.0 >> label & 1 == 1
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Number of elements of an array with these axes; the largest number where that is too small for it.
    pub(super) fn size(self, sizes: &[usize]) -> u128 {
        let own = sizes.iter().enumerate().filter(|(label, _)| self.has(*label));
        own.fold(1, |size, (_, &n)| u128::saturating_mul(size, n as u128))
    }
}

/// What a label stands for in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Letter(char),
    /// One of the axes of `...`, counted from the last, as broadcasting does.
    Unnamed(usize),
}

/// A label: its name, its size, and the operand and column that say so.
#[derive(Clone, Copy, Debug)]
struct Known {
    name: Name,
    size: usize,
    operand: usize,
    column: usize,
}

/// A text beside the shapes that it is about: the labels are numbers, from 0.
#[derive(Clone, Debug)]
pub(super) struct Labelled {
    /// The label of each axis of each operand.
    pub(super) operands: Vec<Vec<usize>>,
    /// The label of each axis of the output.
    pub(super) output: Vec<usize>,
    /// The size of each label. An axis of size 1 may bear a label of another size.
    pub(super) sizes: Vec<usize>,
}

impl Labelled {
    /// The labels of operands of these shapes, or what does not fit.
    pub(super) fn new(text: &str, shapes: &[&Shape]) -> Result<Self, String> {
        let spec = parse(text)?;
        if spec.terms.len() != shapes.len() {
            let [terms, arrays] = [("term", spec.terms.len()), ("array", shapes.len())]
                .map(|(what, n)| format!("{n} {what}{}", if n == 1 { "" } else { "s" }));
            return Err(format!("\"{text}\" has {terms} for {arrays}"));
        }
        let mut known: Vec<Known> = Vec::new();
        let mut operands = Vec::with_capacity(shapes.len());
        for (operand, (term, shape)) in spec.terms.iter().zip(shapes).enumerate() {
            let named = axes(term, shape.rank()).map_err(|reason| format!("operand {operand}: {reason}"))?;
            let mut labels = Vec::with_capacity(named.len());
            for ((name, column), &size) in named.into_iter().zip(shape.iter()) {
                let label = label(&mut known, Known { name, size, operand, column })?;
                if let Some(before) = labels.iter().position(|other| *other == label)
                    && shape[before] != size
                {
                    return Err(format!(
                        "{} has sizes {} and {size} in operand {operand} (column {column}); a diagonal needs equal ones",
                        described(name),
                        shape[before],
                    ));
                }
                labels.push(label);
            }
            operands.push(labels);
        }
        let output = output(&spec, &known, text)?;
        if known.len() > Labels::MOST {
            return Err(format!("{} labels are more than {}", known.len(), Labels::MOST));
        }
        Ok(Self { operands, output, sizes: known.iter().map(|label| label.size).collect() })
    }
}

/// The name of each axis of an array, and the column that gives it.
fn axes(term: &Term, rank: usize) -> Result<Vec<(Name, usize)>, String> {
    let letters = term.iter().filter(|(item, _)| *item != Item::Ellipsis).count();
    let open = letters < term.len();
    if letters > rank || letters < rank && !open {
        let at_least = if open { "at least " } else { "" };
        let advice = if letters < rank { "; `...` names the others" } else { "" };
        return Err(format!("its term names {at_least}{letters} axes, and it has {rank}{advice}"));
    }
    let mut axes = Vec::with_capacity(rank);
    for &(item, column) in term {
        match item {
            Item::Letter(letter) => axes.push((Name::Letter(letter), column)),
            Item::Ellipsis => axes.extend((0..rank - letters).rev().map(|i| (Name::Unnamed(i), column))),
        }
    }
    Ok(axes)
}

/// The number of a label that an axis bears; its size is that of all axes that do not have size 1.
fn label(known: &mut Vec<Known>, new: Known) -> Result<usize, String> {
    let Some(label) = known.iter().position(|label| label.name == new.name) else {
        known.push(new);
        return Ok(known.len() - 1);
    };
    let old = known[label];
    match (old.size, new.size) {
        (a, b) if a == b => {}
        (1, _) => known[label] = new,
        (_, 1) => {}
        (a, b) => {
            return Err(format!(
                "{} has size {a} in operand {} (column {}) and size {b} in operand {} (column {})",
                described(new.name),
                old.operand,
                old.column,
                new.operand,
                new.column
            ));
        }
    }
    Ok(label)
}

fn described(name: Name) -> String {
    match name {
        Name::Letter(letter) => format!("label '{letter}'"),
        Name::Unnamed(i) => format!("axis -{} of `...`", i + 1),
    }
}

/// The labels of the output. Where the text does not say them: those of `...`, then every letter that stands
/// there once, in alphabetical order.
fn output(spec: &Spec, known: &[Known], text: &str) -> Result<Vec<usize>, String> {
    let find = |name: Name| known.iter().position(|label| label.name == name);
    // From the outermost to the last.
    let mut unnamed: Vec<usize> = (0..).map_while(|i| find(Name::Unnamed(i))).collect();
    unnamed.reverse();
    let Some(term) = &spec.output else {
        let items: Vec<Item> = spec.terms.iter().flatten().map(|(item, _)| *item).collect();
        let once = |letter: char| items.iter().filter(|item| **item == Item::Letter(letter)).count() == 1;
        let mut letters: Vec<(char, usize)> = (known.iter().enumerate())
            .filter_map(|(i, label)| if let Name::Letter(letter) = label.name { Some((letter, i)) } else { None })
            .filter(|(letter, _)| once(*letter))
            .collect();
        letters.sort_unstable();
        return Ok(unnamed.into_iter().chain(letters.into_iter().map(|(_, label)| label)).collect());
    };
    let mut labels = Vec::new();
    for &(item, column) in term {
        match item {
            Item::Ellipsis => labels.extend(&unnamed),
            Item::Letter(letter) => labels.push(find(Name::Letter(letter)).ok_or_else(|| {
                format!("column {column} of \"{text}\": the output names '{letter}', and no operand does")
            })?),
        }
    }
    Ok(labels)
}
