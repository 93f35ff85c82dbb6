//! Calls, and resumptions of generators, that were counted but not told yet: most code runs too seldom to be compiled, and to look up
//! its record each time would cost as much as a short function. A small table by the address of the `RESUME`; only those that hold the
//! main interpreter's GIL put something there.
use super::options::{self, Mode, mode};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// One count is told of after so many at most, as a part of those after which code is hot.
const PART: u32 = 64;

/// How many places are counted at once, two in a row that a hash of their address finds, as a power of two rows. The low bits of
/// addresses are nearly always the same. Where a third comes to a row, one of the others goes.
const ROWS: u32 = 9;

/// What addresses are multiplied with for that: 2 to the 64th, divided by the golden ratio (Fibonacci hashing).
const FACTOR: usize = 0x9e37_79b9_7f4a_7c15;

/// What is left where no place is counted: more than where one is.
const IDLE: u32 = u32::MAX;

/// What was counted at a place.
struct Slot {
    /// The address of the instruction.
    place: AtomicUsize,
    /// How often it can still run before that is told.
    left: AtomicU32,
}

/// The table.
struct Tally([[Slot; 2]; 1 << ROWS]);

static TALLY: Tally = Tally(
    [const {
        [const {
            Slot {
                place: AtomicUsize::new(0),
                left: AtomicU32::new(IDLE),
            }
        }; 2]
    }; 1 << ROWS],
);

/// Where a place is counted.
#[inline(always)]
fn row(place: usize) -> &'static [Slot; 2] {
    &TALLY.0[place.wrapping_mul(FACTOR) >> (usize::BITS - ROWS)]
}

/// Its slot, if it has one.
#[inline(always)]
fn slot(place: usize) -> Option<&'static Slot> {
    row(place)
        .iter()
        .find(|slot| slot.place.load(Ordering::Relaxed) == place)
}

/// Counts the instruction at an address; false if it is to be told, with what was counted before: always where nothing has been told
/// of it yet, as where the compiler is off, or in another interpreter than the main one.
#[inline(always)]
pub(super) fn count(place: usize) -> bool {
    let Some(slot) = slot(place) else {
        return false;
    };
    let left = slot.left.load(Ordering::Relaxed);
    if left == 0 {
        return false;
    }
    slot.left.store(left - 1, Ordering::Relaxed);
    true
}

/// After how many counts one is told of.
fn most() -> u32 {
    match mode() {
        Mode::Eager => 0,
        Mode::Off | Mode::On => (options::after().quick / PART).min(PART),
    }
}

/// How often the instruction at an address ran since that was told.
pub(super) fn untold(place: usize) -> u32 {
    slot(place).map_or(0, |slot| {
        most().saturating_sub(slot.left.load(Ordering::Relaxed))
    })
}

/// The same, which is told with that, and counted anew: in the place of the one that has run less of late, if it has none.
pub(super) fn take(place: usize) -> u32 {
    let untold = untold(place);
    let [first, second] = row(place);
    let idler = if second.left.load(Ordering::Relaxed) > first.left.load(Ordering::Relaxed) {
        second
    } else {
        first
    };
    let slot = slot(place).unwrap_or(idler);
    slot.place.store(place, Ordering::Relaxed);
    slot.left.store(most(), Ordering::Relaxed);
    untold
}

/// Has the instruction at an address be told of when it runs next: it may be another one then, or nothing is known of it any more.
pub(super) fn forget(place: usize) {
    if let Some(slot) = slot(place) {
        slot.place.store(0, Ordering::Relaxed);
        slot.left.store(IDLE, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places of one row, which are no others' in these tests.
    fn of_one_row(salt: usize) -> Vec<usize> {
        let first = salt << 32;
        let is_there = |place: &usize| core::ptr::eq(row(*place), row(first));
        (first..).step_by(16).filter(is_there).take(3).collect()
    }

    #[test]
    fn what_nobody_has_been_told_of_is_told() {
        assert!(!count(0x10));
        assert_eq!(untold(0x10), 0);
    }

    #[test]
    fn it_is_told_again_after_so_many_and_of_so_many() {
        let [place, ..] = of_one_row(1)[..] else {
            unreachable!("three are taken");
        };
        assert_eq!(take(place), 0);
        for number in 1..=most() {
            assert!(count(place));
            assert_eq!(untold(place), number);
        }
        assert!(!count(place));
        assert_eq!(take(place), most());
        assert!(count(place));
        forget(place);
        assert!(!count(place));
    }

    #[test]
    fn two_are_counted_side_by_side_and_the_idler_goes_for_a_third() {
        let places = of_one_row(2);
        for &place in &places[..2] {
            take(place);
        }
        for _ in 0..3 {
            assert!(count(places[0]));
        }
        assert!(count(places[1]));
        assert_eq!([untold(places[0]), untold(places[1])], [3, 1]);
        assert_eq!(take(places[2]), 0);
        assert_eq!(untold(places[0]), 3);
        assert!(!count(places[1]));
        assert!(count(places[2]));
    }
}
