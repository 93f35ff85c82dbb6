//! `Counter`: how often an instruction still runs before the interpreter looks at it again.
use crate::ffi;

/// The counter in the first entry of an inline cache (pycore_backoff.h `_Py_BackoffCounter`).
///
/// It counts down, and at zero the instruction is specialised. When that fails the next wait is twice as long, up to
/// 4,096 runs. The high twelve bits are the count, the low four the exponent of the wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Counter(u16);

/// The bits of the exponent.
const BACKOFF_BITS: u32 = 4;

/// The largest count, and the largest exponent of a wait.
const VALUE_MAX: u16 = 0xFFF;
const BACKOFF_MAX: u16 = 12;

impl Counter {
    /// Of code that has not run: specialise at the second run (pycore_code.h `adaptive_counter_warmup`).
    pub const WARMUP: Self = Self::of(ffi::ADAPTIVE_WARMUP_VALUE, ffi::ADAPTIVE_WARMUP_BACKOFF);

    /// Of an instruction that has just been specialised: so many misses pass before the next attempt
    /// (pycore_code.h `adaptive_counter_cooldown`).
    pub const COOLDOWN: Self =
        Self::of(ffi::ADAPTIVE_COOLDOWN_VALUE, ffi::ADAPTIVE_COOLDOWN_BACKOFF);

    /// Of a jump backward in code that has not run (pycore_backoff.h `initial_jump_backoff_counter`).
    pub const JUMP_BACKWARD: Self = Self::of(
        ffi::JUMP_BACKWARD_INITIAL_VALUE,
        ffi::JUMP_BACKWARD_INITIAL_BACKOFF,
    );

    /// The one that never changes and never triggers.
    const UNREACHABLE: Self = Self(ffi::UNREACHABLE_BACKOFF as u16);

    /// A counter of two numbers from CPython's headers.
    const fn of(value: u32, backoff: u32) -> Self {
        Self::new(value as u16, backoff as u16)
    }

    const fn new(value: u16, backoff: u16) -> Self {
        debug_assert!(value <= VALUE_MAX && backoff < 1 << BACKOFF_BITS);
        Self(value << BACKOFF_BITS | backoff)
    }

    const fn value(self) -> u16 {
        self.0 >> BACKOFF_BITS
    }

    const fn backoff(self) -> u16 {
        self.0 & ((1 << BACKOFF_BITS) - 1)
    }

    /// Its bits, as they stand in a unit of bytecode.
    #[inline(always)]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// After a failure: a wait that is twice as long (pycore_backoff.h `restart_backoff_counter`).
    #[inline]
    pub const fn restarted(self) -> Self {
        debug_assert!(self.0 != Self::UNREACHABLE.0);
        let backoff = if self.backoff() < BACKOFF_MAX {
            self.backoff() + 1
        } else {
            BACKOFF_MAX
        };
        Self::waiting(backoff)
    }

    /// The largest exponent of a wait.
    pub const LONGEST: u16 = BACKOFF_MAX;

    /// Of an instruction that triggers after as many runs as 2 to this power, which is [`LONGEST`](Self::LONGEST) at most.
    pub const fn waiting(exponent: u16) -> Self {
        Self::new((1 << exponent) - 1, exponent)
    }

    /// After a run (pycore_backoff.h `advance_backoff_counter`).
    #[inline(always)]
    pub const fn advanced(self) -> Self {
        if self.0 == Self::UNREACHABLE.0 {
            self
        } else {
            Self::new(self.value().wrapping_sub(1) & VALUE_MAX, self.backoff())
        }
    }

    /// So that the next run does not trigger, where a run is counted that shall not count
    /// (pycore_backoff.h `pause_backoff_counter`).
    #[inline(always)]
    pub const fn paused(self) -> Self {
        Self::new(self.value() | 1, self.backoff())
    }

    /// Whether it is time (pycore_backoff.h `backoff_counter_triggers`).
    #[inline(always)]
    pub const fn triggers(self) -> bool {
        self.value() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_doubles_the_wait_up_to_a_limit() {
        let mut counter = Counter::WARMUP;
        let mut waits = Vec::new();
        for _ in 0..13 {
            counter = counter.restarted();
            waits.push(counter.value() + 1);
        }
        let expected: Vec<u16> = (2..=12).map(|exponent| 1 << exponent).collect();
        assert_eq!(waits[..11], expected);
        assert_eq!(waits[11..], [4096, 4096]);
    }

    #[test]
    fn it_counts_down_to_its_trigger() {
        let mut counter = Counter::COOLDOWN;
        let mut runs = 0;
        while !counter.triggers() {
            counter = counter.advanced();
            runs += 1;
        }
        assert_eq!(runs, 52);
        assert_eq!(counter.restarted(), Counter::WARMUP);
        assert!(!counter.paused().triggers());
    }

    #[test]
    fn the_exceptional_one_stays() {
        assert_eq!(Counter::UNREACHABLE.advanced(), Counter::UNREACHABLE);
        assert!(!Counter::UNREACHABLE.triggers());
    }

    #[test]
    fn the_bits_are_those_of_c() {
        // SAFETY: all three are plain numbers of two bytes.
        let c: ffi::_Py_BackoffCounter = unsafe { core::mem::transmute(Counter::new(0xABC, 5)) };
        // SAFETY: every member of the union is a number.
        let (value, backoff) = unsafe {
            let bits = c.__bindgen_anon_1.__bindgen_anon_1;
            (bits.value(), bits.backoff())
        };
        assert_eq!((value, backoff), (0xABC, 5));
    }
}
