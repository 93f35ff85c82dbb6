//! Telling tools of events in what is not Python's bytecode: the C API by which extensions tell of their own code. Calls any
//! Python code.
use super::call::{EventArguments, call_tools};
use super::event::Event;
use super::interpreter::Interpreter;
use super::tool::ToolSet;
use crate::ffi;
use crate::module::IntoObject;
use crate::object::{Borrowed, Raised, exception, raise};
use crate::raise_format;
use crate::thread::ThreadState;
use core::cell::Cell;
use core::ffi::c_int;

/// Who watches one event in a scope of an extension's code (cpython/monitoring.h `PyMonitoringState`). The extension looks
/// whether anybody does before it tells of the event.
#[derive(Debug)]
#[repr(C)]
pub struct Watchers {
    active: Cell<ToolSet>,
    _reserved: u8,
}

const _: () = assert!(size_of::<Watchers>() == size_of::<ffi::PyMonitoringState>());

/// Brings who watches each event up to date when a scope is entered, if anything has changed since the version
/// (instrumentation.c `PyMonitoring_EnterScope`). A number that is no event's nobody watches; those of calls have a scope's
/// tools with them. (Upstream reads memory behind its table for all of these.)
pub fn enter_scope(watchers: &[Watchers], version: &Cell<u64>, events: &[u8]) {
    let interpreter = Interpreter::of(ThreadState::current());
    let current = interpreter.version().bits() as u64;
    if current == version.get() {
        return;
    }
    for (watchers, number) in watchers.iter().zip(events) {
        let event = Event::from_number(c_int::from(*number));
        let tools = event.map_or(ToolSet::EMPTY, |event| interpreter.tools(event.ungrouped()));
        watchers.active.set(tools);
    }
    version.set(current);
}

/// Where an event happens: an object that stands for the code, and an offset that means something to whoever made that.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    code: Borrowed<'a>,
    offset: i32,
}

impl<'a> Position<'a> {
    /// A place in the code.
    pub const fn new(code: Borrowed<'a>, offset: i32) -> Self {
        Self { code, offset }
    }

    /// Refuses an offset that is none.
    fn check(self) -> Result<(), Raised> {
        if self.offset < 0 {
            return Err(raise(exception::ValueError, c"offset must be non-negative"));
        }
        Ok(())
    }
}

impl Watchers {
    /// Tells all of them of an event with up to two arguments of its own (instrumentation.c `capi_call_instrumentation`).
    ///
    /// # Errors
    /// `ValueError` for a negative offset, what a callback raises, or `MemoryError`.
    pub fn tell(
        &self,
        event: Event,
        position: Position<'_>,
        arguments: &[Borrowed<'_>],
    ) -> Result<(), Raised> {
        position.check()?;
        let offset = position.offset.into_object()?;
        self.call(event, position, offset.borrow(), arguments)
    }

    /// Tells all of them that a line starts (instrumentation.c `_PyMonitoring_FireLineEvent`). They get its number in the
    /// place of the offset.
    ///
    /// # Errors
    /// As [`tell`](Self::tell).
    pub fn tell_line(&self, position: Position<'_>, line: c_int) -> Result<(), Raised> {
        position.check()?;
        let line = line.into_object()?;
        self.call(Event::Line, position, line.borrow(), &[])
    }

    /// Tells all of them of the exception that is set, which waits meanwhile. It is set again afterwards, unless another
    /// takes its place.
    ///
    /// # Errors
    /// As [`tell`](Self::tell), and `ValueError` when no exception is set.
    pub fn tell_exception(&self, event: Event, position: Position<'_>) -> Result<(), Raised> {
        let exception = Raised::take_pending().ok_or_else(|| nothing_raised(event))?;
        self.tell(event, position, &[exception.borrow()])?;
        let _ = Raised::restore(exception);
        Ok(())
    }

    /// Tells all of them of the end of an iteration, with or without a value, for which no exception was made. None is set afterwards,
    /// unless a callback raised one (instrumentation.c `_PyMonitoring_FireStopIterationEvent`).
    ///
    /// # Errors
    /// As [`tell`](Self::tell).
    pub fn tell_stop_iteration(
        &self,
        position: Position<'_>,
        value: Option<Borrowed<'_>>,
    ) -> Result<(), Raised> {
        let stop = Raised::with_value(exception::StopIteration, value).take();
        self.tell(Event::StopIteration, position, &[stop.borrow()])
    }

    /// Calls the callbacks. A tool that wants no more of the event is watching no longer in this scope.
    fn call(
        &self,
        event: Event,
        position: Position<'_>,
        place: Borrowed<'_>,
        arguments: &[Borrowed<'_>],
    ) -> Result<(), Raised> {
        let tools = self.active.get();
        let mut arguments = EventArguments::new(position.code, place, arguments);
        call_tools(
            ThreadState::current(),
            event,
            tools,
            &mut arguments,
            |tool| {
                self.active.set(self.active.get().minus(tool.alone()));
            },
        )
    }
}

#[cold]
fn nothing_raised(event: Event) -> Raised {
    // SAFETY: the format takes one number.
    unsafe {
        raise_format!(
            exception::ValueError,
            c"Firing event %d with no exception set",
            event.number() as c_int
        )
    }
}
