//! Which two arrays to contract first: the order of fewest multiplications, found by search.
use super::labels::Labels;

/// Up to so many arrays every order is looked at: 3ⁿ pairs of parts.
const EXACT: usize = 8;

/// Multiplications, and the numbers kept in between, which break ties.
type Cost = (u128, u128);

/// What to contract with what: positions in the list of arrays, at whose end each result comes to stand.
pub(super) type Pairs = Vec<(usize, usize)>;

/// A good order for arrays with these labels: the best one for up to eight; beyond, the better of two greedy ones,
/// cheapest pair first or the one that leaves the least. The same problem has the same order always.
///
/// No label may be one array's alone, unless the output has it.
pub(super) fn order(arrays: &[Labels], output: Labels, sizes: &[usize]) -> Pairs {
    if arrays.len() <= EXACT {
        return best(arrays, output, sizes);
    }
    let cheapest = greedy(arrays, output, sizes, |cost, [_, _, kept]| (cost, kept));
    let least = greedy(arrays, output, sizes, |cost, [a, b, kept]| (kept.saturating_sub(a).saturating_sub(b), cost));
    if least.0 < cheapest.0 { least.1 } else { cheapest.1 }
}

/// Cost of contracting two arrays: one multiplication for each combination of their labels.
fn cost(a: Labels, b: Labels, kept: Labels, sizes: &[usize]) -> Cost {
    (a.or(b).size(sizes), kept.size(sizes))
}

fn plus(a: Cost, b: Cost) -> Cost {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
}

/// The best way to contract every part of the arrays, from small parts to large ones.
fn best(arrays: &[Labels], output: Labels, sizes: &[usize]) -> Pairs {
    let n = arrays.len();
    let all = (1_usize << n) - 1;
    let union =
        |part: usize| (0..n).filter(|i| part >> i & 1 == 1).fold(Labels::default(), |labels, i| labels.or(arrays[i]));
    // What is left of a part: labels that the output or the rest still need.
    let left: Vec<Labels> = (0..=all).map(|part| union(part).and(output.or(union(all & !part)))).collect();
    // For each part, by its bits, the cost and one of the two that it is made of.
    let mut found: Vec<(Cost, usize)> = vec![((0, 0), 0); all + 1];
    for part in (1..=all).filter(|part| !part.is_power_of_two()) {
        let lowest = part & part.wrapping_neg();
        let mut cheapest: Option<(Cost, usize)> = None;
        // Every part of it that holds its first array, but not all of it.
        let mut one = (part - 1) & part;
        while one > 0 {
            if one & lowest != 0 {
                let other = part & !one;
                let pair = cost(left[one], left[other], left[part], sizes);
                let total = plus(pair, plus(found[one].0, found[other].0));
                if cheapest.is_none_or(|(best, _)| total < best) {
                    cheapest = Some((total, one));
                }
            }
            one = (one - 1) & part;
        }
        found[part] = cheapest.expect("two arrays at least can be parted");
    }
    let mut pairs = Pairs::new();
    contract(all, &found, n, &mut pairs);
    pairs
}

/// Lists the pairs that make a part, and says where it stands then. As deep as there are arrays, which are few.
fn contract(part: usize, found: &[(Cost, usize)], n: usize, pairs: &mut Pairs) -> usize {
    if part.is_power_of_two() {
        return part.trailing_zeros() as usize;
    }
    let one = found[part].1;
    let pair = (contract(one, found, n, pairs), contract(part & !one, found, n, pairs));
    pairs.push(pair);
    n + pairs.len() - 1
}

/// Contracts the best pair again and again, as `rate` sees it: multiplications, sizes of both and of the result.
fn greedy<R: Ord>(
    arrays: &[Labels],
    output: Labels,
    sizes: &[usize],
    rate: impl Fn(u128, [i128; 3]) -> R,
) -> (Cost, Pairs) {
    let mut live: Vec<(usize, Labels)> = arrays.iter().copied().enumerate().collect();
    let (mut total, mut pairs) = ((0, 0), Pairs::new());
    while live.len() > 1 {
        let (mut once, mut twice, mut more) = (Labels::default(), Labels::default(), Labels::default());
        for (_, labels) in &live {
            more = more.or(twice.and(*labels));
            twice = twice.or(once.and(*labels));
            once = once.or(*labels);
        }
        // A label of just these two is summed.
        let keeps = |a: Labels, b: Labels| a.or(b).and(output.or(more).or(twice.without(a.and(b))));
        let mut chosen: Option<(R, usize, usize, Labels)> = None;
        for (i, (_, a)) in live.iter().enumerate() {
            for (j, (_, b)) in live.iter().enumerate().skip(i + 1) {
                let kept = keeps(*a, *b);
                let size = |labels: Labels| i128::try_from(labels.size(sizes)).unwrap_or(i128::MAX);
                let rating = rate(cost(*a, *b, kept, sizes).0, [size(*a), size(*b), size(kept)]);
                if chosen.as_ref().is_none_or(|(best, ..)| rating < *best) {
                    chosen = Some((rating, i, j, kept));
                }
            }
        }
        let (_, i, j, kept) = chosen.expect("two are left at least");
        let ((second, b), (first, a)) = (live.remove(j), live.remove(i));
        total = plus(total, cost(a, b, kept, sizes));
        live.push((arrays.len() + pairs.len(), kept));
        pairs.push((first, second));
    }
    (total, pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arrays of a chain of products A B C …, each with its row and column label.
    fn chain(n: usize) -> (Vec<Labels>, Labels) {
        ((0..n).map(|i| Labels::of(&[i, i + 1])).collect(), Labels::of(&[0, n]))
    }

    fn total(pairs: &Pairs, arrays: &[Labels], output: Labels, sizes: &[usize]) -> u128 {
        let mut live: Vec<Option<Labels>> = arrays.iter().copied().map(Some).collect();
        let mut sum = 0;
        for &(a, b) in pairs {
            let (a, b) = (live[a].take().expect("once"), live[b].take().expect("once"));
            let rest = live.iter().flatten().fold(output, |labels, other| labels.or(*other));
            sum += a.or(b).size(sizes);
            live.push(Some(a.or(b).and(rest)));
        }
        assert_eq!(live.iter().flatten().count(), 1);
        sum
    }

    #[test]
    fn the_textbook_chain_of_matrices() {
        // Cormen, Leiserson, Rivest, Stein, "Introduction to Algorithms", matrix-chain multiplication: 15,125.
        let (arrays, output) = chain(6);
        let sizes = [30, 35, 15, 5, 10, 20, 25];
        let pairs = order(&arrays, output, &sizes);
        assert_eq!(total(&pairs, &arrays, output, &sizes), 15_125);
        assert_eq!(pairs, order(&arrays, output, &sizes));
    }

    #[test]
    fn greedy_orders_are_complete_and_good() {
        let (arrays, output) = chain(12);
        // A row times matrices: from the left, always.
        let sizes: Vec<usize> = std::iter::once(1).chain(std::iter::repeat_n(20, 12)).collect();
        let pairs = order(&arrays, output, &sizes);
        assert_eq!(total(&pairs, &arrays, output, &sizes), 11 * 400);
        let huge = vec![usize::MAX; 13];
        assert_eq!(order(&arrays, output, &huge).len(), 11);
        assert_eq!(order(&arrays, output, &[0; 13]).len(), 11);
    }

    #[test]
    fn one_array_needs_no_order() {
        assert!(order(&[Labels::of(&[0])], Labels::default(), &[3]).is_empty());
    }
}
