//! The text of a contraction, read: `ij,jk->ik` as terms and output.

/// One thing in a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A letter that names an axis.
    Letter(char),
    /// `...`, the axes without a name.
    Ellipsis,
}

/// What names the axes of one array: items, each with its column in the text, counted from 1.
pub(super) type Term = Vec<(Item, usize)>;

/// A text, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) terms: Vec<Term>,
    /// What follows `->`, if that is there.
    pub(super) output: Option<Term>,
}

/// Reads a text, or says which column it cannot read and why. Spaces do not matter.
pub(super) fn parse(text: &str) -> Result<Spec, String> {
    let signs: Vec<(usize, char)> = (1..).zip(text.chars()).filter(|(_, sign)| !sign.is_whitespace()).collect();
    let mut spec = Spec { terms: vec![Term::new()], output: None };
    let mut rest = &signs[..];
    while let [(column, sign), after @ ..] = rest {
        let (column, sign) = (*column, *sign);
        let fail = |reason: &str| Err(format!("column {column} of \"{text}\": {reason}"));
        let in_output = spec.output.is_some();
        let term = spec.output.as_mut().or(spec.terms.last_mut()).expect("one term at least");
        rest = match (sign, after) {
            ('.', [(_, '.'), (_, '.'), after @ ..]) => {
                if term.iter().any(|(item, _)| *item == Item::Ellipsis) {
                    return fail("a second `...` in one term");
                }
                term.push((Item::Ellipsis, column));
                after
            }
            ('-', [(_, '>'), after @ ..]) if !in_output => {
                spec.output = Some(Term::new());
                after
            }
            (',', _) if !in_output => {
                spec.terms.push(Term::new());
                after
            }
            (letter, _) if letter.is_alphabetic() => {
                if in_output && term.iter().any(|(item, _)| *item == Item::Letter(letter)) {
                    return fail(&format!("the output names '{letter}' twice; a diagonal of zeros is `diag`"));
                }
                term.push((Item::Letter(letter), column));
                after
            }
            (',', _) => return fail("there is one output; no `,` after `->`"),
            ('-', [(_, '>'), ..]) => return fail("a second `->`"),
            (other, _) => return fail(&format!("expected a letter, `...`, `,` or `->`, not '{other}'")),
        };
    }
    Ok(spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(term: &Term) -> String {
        let sign = |(item, _): &(Item, usize)| match item {
            Item::Letter(letter) => *letter,
            Item::Ellipsis => '…',
        };
        term.iter().map(sign).collect()
    }

    #[test]
    fn terms_and_output() {
        let read = |text: &str| {
            let spec = parse(text).expect("a text that can be read");
            (spec.terms.iter().map(letters).collect::<Vec<_>>().join(","), spec.output.as_ref().map(letters))
        };
        assert_eq!(read("ij,jk->ik"), ("ij,jk".to_owned(), Some("ik".to_owned())));
        assert_eq!(read(" i J ... ,\tα - > ... "), ("iJ…,α".to_owned(), Some("…".to_owned())));
        assert_eq!(read(""), (String::new(), None));
        assert_eq!(read(",->"), (",".to_owned(), Some(String::new())));
        assert_eq!(parse("a, bc").expect("a text").terms[1], [(Item::Letter('b'), 4), (Item::Letter('c'), 5)]);
    }

    #[test]
    fn what_cannot_be_read() {
        let refusals = [
            ("ij,j?", "column 5 of \"ij,j?\": expected a letter"),
            ("i..j", "column 2 of \"i..j\": expected a letter"),
            ("i-j", "column 2"),
            ("i->j->", "column 5 of \"i->j->\": a second `->`"),
            ("i->i,", "column 5 of \"i->i,\": there is one output"),
            ("...i...", "column 5 of \"...i...\": a second `...`"),
            ("i->ii", "column 5 of \"i->ii\": the output names 'i' twice"),
            ("i1", "column 2"),
        ];
        for (text, expected) in refusals {
            let reason = parse(text).expect_err(text);
            assert!(reason.contains(expected), "{reason}");
        }
    }
}
