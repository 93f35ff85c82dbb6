//! The events of PEP 669, and sets of them. Plain values.
use crate::ffi;
use core::ffi::{CStr, c_int};

/// How many events there are.
pub(super) const EVENTS: usize = ffi::_PY_MONITORING_EVENTS as usize;

/// How many of them, from the first, tools are registered for by themselves. The others come with [`Event::Call`].
pub(super) const UNGROUPED_EVENTS: usize = ffi::_PY_MONITORING_UNGROUPED_EVENTS as usize;

/// How many of them, from the first, are local: a code object can have tools of its own for them, and instructions are
/// overwritten so that they fire.
pub(super) const LOCAL_EVENTS: usize = ffi::_PY_MONITORING_LOCAL_EVENTS as usize;

macro_rules! events {
    ($($(#[$doc:meta])* $event:ident $constant:ident $name:literal)*) => {
        /// An event that tools can be told of (cpython/monitoring.h `PY_MONITORING_EVENT_…`).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Event {
            $($(#[$doc])* $event = ffi::$constant as u8,)*
        }

        impl Event {
            /// All of them, each at the place of its number.
            pub const ALL: [Self; EVENTS] = [$(Self::$event),*];

            /// Its name in `sys.monitoring.events`.
            pub const fn name(self) -> &'static CStr {
                match self {
                    $(Self::$event => $name,)*
                }
            }
        }
    };
}

events! {
    /// A Python function starts.
    PyStart PY_MONITORING_EVENT_PY_START c"PY_START"
    /// A generator or coroutine goes on, but not by `throw()`.
    PyResume PY_MONITORING_EVENT_PY_RESUME c"PY_RESUME"
    /// A Python function returns.
    PyReturn PY_MONITORING_EVENT_PY_RETURN c"PY_RETURN"
    /// A generator or coroutine stops at a `yield`.
    PyYield PY_MONITORING_EVENT_PY_YIELD c"PY_YIELD"
    /// Python code is about to call something.
    Call PY_MONITORING_EVENT_CALL c"CALL"
    /// The first instruction of a line is about to run.
    Line PY_MONITORING_EVENT_LINE c"LINE"
    /// An instruction is about to run.
    Instruction PY_MONITORING_EVENT_INSTRUCTION c"INSTRUCTION"
    /// A jump that no condition decides about.
    Jump PY_MONITORING_EVENT_JUMP c"JUMP"
    /// A condition has decided whether to jump.
    Branch PY_MONITORING_EVENT_BRANCH c"BRANCH"
    /// A `StopIteration` that nobody makes, because the end of an iteration needs none.
    StopIteration PY_MONITORING_EVENT_STOP_ITERATION c"STOP_ITERATION"
    /// An exception is raised.
    Raise PY_MONITORING_EVENT_RAISE c"RAISE"
    /// An `except` has caught an exception.
    ExceptionHandled PY_MONITORING_EVENT_EXCEPTION_HANDLED c"EXCEPTION_HANDLED"
    /// A Python function ends by an exception.
    PyUnwind PY_MONITORING_EVENT_PY_UNWIND c"PY_UNWIND"
    /// A generator or coroutine goes on by `throw()`.
    PyThrow PY_MONITORING_EVENT_PY_THROW c"PY_THROW"
    /// An exception is raised once more, as at the end of a `finally`.
    Reraise PY_MONITORING_EVENT_RERAISE c"RERAISE"
    /// What was called, and is no Python function, has returned.
    CReturn PY_MONITORING_EVENT_C_RETURN c"C_RETURN"
    /// What was called, and is no Python function, has raised.
    CRaise PY_MONITORING_EVENT_C_RAISE c"C_RAISE"
}

impl Event {
    /// The event of a number from C, if it is one.
    #[inline(always)]
    pub fn from_number(number: c_int) -> Option<Self> {
        let index = usize::try_from(number).ok()?;
        Self::ALL.get(index).copied()
    }

    /// Its number.
    #[inline(always)]
    pub const fn number(self) -> usize {
        self as usize
    }

    /// Whether code objects are instrumented for it (cpython/monitoring.h `PY_MONITORING_IS_INSTRUMENTED_EVENT`).
    #[inline(always)]
    pub const fn is_local(self) -> bool {
        self.number() < LOCAL_EVENTS
    }

    /// The event for which tools are registered that want this one: itself, or the call with whose tools it comes.
    #[inline(always)]
    pub const fn ungrouped(self) -> Self {
        match self {
            Self::CReturn | Self::CRaise => Self::Call,
            other => other,
        }
    }
}

/// A set of events (pycore_instruments.h `_PyMonitoringEventSet`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct EventSet(u32);

const _: () = assert!(size_of::<EventSet>() == size_of::<ffi::_PyMonitoringEventSet>());

impl EventSet {
    /// No events.
    pub const EMPTY: Self = Self(0);

    /// The set of these.
    pub const fn of(events: &[Event]) -> Self {
        let mut set = Self::EMPTY;
        let mut index = 0;
        while index < events.len() {
            set = set.with(events[index]);
            index += 1;
        }
        set
    }

    /// The set that a number means in Python: a bit for each event, at the place of the event's number. Bits that mean no
    /// event stay.
    pub const fn from_number(number: c_int) -> Self {
        Self(number.cast_unsigned())
    }

    /// The number that means the set in Python.
    pub const fn number(self) -> c_int {
        self.0.cast_signed()
    }

    /// Whether there is nothing in it but events, and of these the first `count` only.
    pub const fn is_among_first(self, count: usize) -> bool {
        self.0 >> count == 0
    }

    /// Whether the event is in it.
    #[inline(always)]
    pub const fn has(self, event: Event) -> bool {
        self.0 >> event.number() & 1 != 0
    }

    /// The set and this event.
    #[must_use]
    pub const fn with(self, event: Event) -> Self {
        Self(self.0 | 1 << event.number())
    }

    /// The set but for this event.
    #[must_use]
    pub const fn without(self, event: Event) -> Self {
        Self(self.0 & !(1 << event.number()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_stands_at_its_number() {
        for (index, event) in Event::ALL.into_iter().enumerate() {
            assert_eq!(event.number(), index);
        }
        assert_eq!(Event::from_number(-1), None);
        assert_eq!(Event::from_number(4), Some(Event::Call));
        assert_eq!(Event::from_number(17), None);
    }

    #[test]
    fn the_ancillary_events_are_those_after_the_ungrouped() {
        for event in Event::ALL {
            let grouped = event.ungrouped() != event;
            assert_eq!(grouped, event.number() >= UNGROUPED_EVENTS, "{event:?}");
        }
    }

    #[test]
    fn a_set_is_its_bits() {
        let set = EventSet::of(&[Event::PyStart, Event::Line]);
        assert_eq!(set.number(), 0b10_0001);
        assert!(set.has(Event::Line) && !set.has(Event::Call));
        assert_eq!(set.without(Event::Line).with(Event::PyStart).number(), 0b1);
        assert_eq!(EventSet::from_number(0b10_0001), set);
        assert!(set.is_among_first(6) && !set.is_among_first(5));
        assert!(!EventSet::from_number(-1).is_among_first(EVENTS));
    }
}
