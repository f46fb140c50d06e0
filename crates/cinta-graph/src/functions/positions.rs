//! Positions along axes as constants, for functions that choose by position.
use crate::Shape;
use crate::pool::room_for;

/// The positions first, first + 1, … of an axis of size n; those beyond the largest `i64` stay there.
pub(super) fn positions_from(first: i64, n: usize) -> Result<Vec<i64>, String> {
    let mut positions = room_for(&n.into())?;
    positions.extend((0..).take(n).map(|i| first.saturating_add(i)));
    Ok(positions)
}

/// The shape of a vector that lies along one axis of an array: all other sizes are 1.
pub(super) fn along(axis: usize, size: usize, rank: usize) -> Shape {
    (0..rank).map(|i| if i == axis { size } else { 1 }).collect()
}
