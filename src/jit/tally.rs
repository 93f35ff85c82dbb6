//! Calls, and resumptions of generators, that were counted but not told yet: most code runs too seldom to be compiled, and to look up
//! its record each time would cost as much as a short function. A small table by the address of the `RESUME`; the main
//! interpreter's GIL guards it.
use super::options::{self, Mode, mode};
use core::cell::Cell;

/// One count is told of after so many at most, as a part of those after which code is hot.
const PART: u32 = 64;

/// How many places are counted at once, as a power of two, by a hash of their address, whose low bits are nearly always the same.
/// Of two that meet, each makes the other be told of.
const PLACES: u32 = 10;

/// What addresses are multiplied with for that: 2 to the 64th, divided by the golden ratio (Fibonacci hashing).
const FACTOR: usize = 0x9e37_79b9_7f4a_7c15;

/// What was counted at a place.
struct Slot {
    /// The address of the instruction.
    place: Cell<usize>,
    /// How often it ran since that was told.
    count: Cell<u32>,
}

/// The table.
struct Tally([Slot; 1 << PLACES]);

// SAFETY: only threads that hold the main interpreter's GIL get at it, one at a time.
unsafe impl Sync for Tally {}

static TALLY: Tally = Tally(
    [const {
        Slot {
            place: Cell::new(0),
            count: Cell::new(0),
        }
    }; 1 << PLACES],
);

/// Where a place is counted.
#[inline(always)]
fn slot(place: usize) -> &'static Slot {
    &TALLY.0[place.wrapping_mul(FACTOR) >> (usize::BITS - PLACES)]
}

/// Counts the instruction at an address; false if it is to be told, with what was counted before. The thread holds the main
/// interpreter's GIL.
#[inline(always)]
pub(super) fn count(place: usize) -> bool {
    let slot = slot(place);
    let count = slot.count.get();
    if slot.place.get() != place || count >= most() {
        return false;
    }
    slot.count.set(count + 1);
    true
}

/// After how many counts one is told of.
#[inline(always)]
fn most() -> u32 {
    match mode() {
        Mode::Eager => 0,
        Mode::Off | Mode::On => (options::after().quick / PART).min(PART),
    }
}

/// How often the instruction at an address ran since that was told.
pub(super) fn untold(place: usize) -> u32 {
    let slot = slot(place);
    if slot.place.get() == place {
        slot.count.get()
    } else {
        0
    }
}

/// The same, which is told with that, and counted anew.
pub(super) fn take(place: usize) -> u32 {
    let untold = untold(place);
    let slot = slot(place);
    slot.place.set(place);
    slot.count.set(0);
    untold
}

/// Has the instruction at an address be told of when it runs next: it may be another one then, or nothing is known of it any more.
pub(super) fn forget(place: usize) {
    let slot = slot(place);
    if slot.place.get() == place {
        slot.place.set(0);
    }
}
