//! Names near a mistyped one.
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::Op;

/// The three names of operations that are fewest edits away, nearest first.
pub(super) fn nearest(name: &str) -> Vec<String> {
    let names: IndexSet<String, FxBuildHasher> =
        Op::samples().iter().map(|sample| sample.op.name().to_owned()).collect();
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_by_cached_key(|known| (distance(name, known), known.clone()));
    names.truncate(3);
    names
}

/// How many characters to insert, delete or replace to make one word the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    // row[j] is the distance from the characters of `from` read so far to the first j of `to`.
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, c) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &d) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(c != d);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits() {
        assert_eq!([distance("sigmod", "sigmoid"), distance("", "log"), distance("kitten", "sitting")], [1, 3, 3]);
    }

    #[test]
    fn the_nearest_name_comes_first() {
        assert_eq!(nearest("sigmod")[0], "sigmoid");
        assert_eq!(nearest("broadcast")[0], "broadcast_to");
    }
}
