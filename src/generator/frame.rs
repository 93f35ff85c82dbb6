//! The frame inside a generator object, its states, and what a generator is delegating to. Reads that frame.
use crate::bytecode::{Opcode, original};
use crate::ffi;
use crate::field;
use crate::frame::{Frame, FrameObject};
use crate::generator::Generator;
use crate::object::{Borrowed, Owned, Raised};
use core::ffi::CStr;

/// What a generator's frame is doing (pycore_frame.h `PyFrameState`). The evaluator writes the number too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct State(i8);

impl State {
    /// Nothing of the body has run.
    pub const CREATED: Self = Self(ffi::FRAME_CREATED as i8);
    /// It stands at a `yield`.
    pub const SUSPENDED: Self = Self(ffi::FRAME_SUSPENDED as i8);
    /// It stands at a `yield from` or an `await`.
    pub const SUSPENDED_YIELD_FROM: Self = Self(ffi::FRAME_SUSPENDED_YIELD_FROM as i8);
    /// It runs, or what it delegates to does.
    pub const EXECUTING: Self = Self(ffi::FRAME_EXECUTING as i8);
    /// It will not run again, but the frame may still hold references.
    pub const COMPLETED: Self = Self(ffi::FRAME_COMPLETED as i8);
    /// It will not run again, and the frame holds nothing but its code.
    pub const CLEARED: Self = Self(ffi::FRAME_CLEARED as i8);

    /// Of a frame that stands at a `yield`, or, where it delegates, at a `yield from` or an `await`.
    #[inline(always)]
    pub const fn suspended(delegates: bool) -> Self {
        Self(Self::SUSPENDED.0 + delegates as i8)
    }

    /// Whether it has not begun or stands in the middle of its body, so that it can go on.
    #[inline(always)]
    pub const fn can_resume(self) -> bool {
        self.0 < Self::EXECUTING.0
    }

    /// Whether it stands in the middle of its body (`FRAME_STATE_SUSPENDED`).
    #[inline(always)]
    pub const fn is_suspended(self) -> bool {
        self.0 == Self::SUSPENDED.0 || self.0 == Self::SUSPENDED_YIELD_FROM.0
    }

    /// Whether it will not run again (`FRAME_STATE_FINISHED`).
    #[inline(always)]
    pub const fn is_finished(self) -> bool {
        self.0 >= Self::COMPLETED.0
    }
}

/// Which of the three types a generator object has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `generator`
    Generator,
    /// `coroutine`
    Coroutine,
    /// `async_generator`
    AsyncGenerator,
}

impl Kind {
    /// The message when the first value sent is not `None`.
    pub const fn just_started(self) -> &'static CStr {
        match self {
            Self::Generator => c"can't send non-None value to a just-started generator",
            Self::Coroutine => c"can't send non-None value to a just-started coroutine",
            Self::AsyncGenerator => c"can't send non-None value to a just-started async generator",
        }
    }

    /// The message when it is resumed while it runs.
    pub const fn already_executing(self) -> &'static CStr {
        match self {
            Self::Generator => c"generator already executing",
            Self::Coroutine => c"coroutine already executing",
            Self::AsyncGenerator => c"async generator already executing",
        }
    }

    /// The message when it yields although it is being closed.
    pub const fn ignored_exit(self) -> &'static CStr {
        match self {
            Self::Generator => c"generator ignored GeneratorExit",
            Self::Coroutine => c"coroutine ignored GeneratorExit",
            Self::AsyncGenerator => c"async generator ignored GeneratorExit",
        }
    }
}

impl<'a> Generator<'a> {
    /// The object as a generator of whichever kind but an asynchronous one: what `yield from` and `await` can look into.
    #[inline]
    pub fn of_delegate(object: Borrowed<'a>) -> Option<Self> {
        let is_one = object.is_exactly(&raw const ffi::PyGen_Type)
            || object.is_exactly(&raw const ffi::PyCoro_Type);
        // SAFETY: the types' instances have this layout.
        is_one.then(|| unsafe { Self::from_raw_unchecked(object.as_ptr().cast()) })
    }

    /// Its kind. What is of neither of the two other types counts as a generator.
    #[inline]
    pub fn kind(self) -> Kind {
        if self.is_exactly(&raw const ffi::PyCoro_Type) {
            Kind::Coroutine
        } else if self.is_exactly(&raw const ffi::PyAsyncGen_Type) {
            Kind::AsyncGenerator
        } else {
            Kind::Generator
        }
    }

    /// What its frame is doing, as far as memory says: in a [chain](crate::generator::chain) that is kept, one that waits counts as
    /// executing there.
    #[inline(always)]
    pub fn written_state(self) -> State {
        State(field!(self.gi_frame_state))
    }

    /// Says what its frame is doing from now on.
    #[inline(always)]
    pub fn set_state(self, state: State) {
        // SAFETY: the object is alive, and the GIL guards the member.
        unsafe { (*self.as_ptr()).gi_frame_state = state.0 }
    }

    /// Where the frame inside the object lies. In a new one there is only room for it.
    #[inline(always)]
    pub fn frame_place(self) -> *mut ffi::_PyInterpreterFrame {
        // SAFETY: only an address inside the object is taken. The member is the start of the frame, which goes on behind
        // the struct's end.
        unsafe { (&raw mut (*self.as_ptr()).gi_iframe).cast() }
    }

    /// The frame inside the object.
    #[inline(always)]
    pub fn frame(self) -> Frame<'a> {
        // SAFETY: a generator that anybody sees has its frame, which keeps its code as long as the object lives.
        unsafe { Frame::from_raw_unchecked(self.frame_place()) }
    }

    /// The code of its function, which its frame keeps as long as the object lives (genobject.c `_PyGen_GetCode`).
    #[inline(always)]
    pub fn code(self) -> Borrowed<'a, ffi::PyCodeObject> {
        self.frame().code()
    }

    /// Whether its code has one of the flags `CO_…`.
    #[inline]
    pub fn code_has(self, flag: u32) -> bool {
        self.code().has_flag(flag)
    }

    /// The iterator at which its `yield from` or `await` stands (genobject.c `_PyGen_yf`).
    #[inline]
    pub fn delegate(self) -> Option<Owned> {
        if self.state() != State::SUSPENDED_YIELD_FROM {
            return None;
        }
        // SAFETY: in this state, the iterator is on top of the frame's stack.
        let iterator = unsafe { self.frame().top() };
        Some(iterator.new_ref())
    }

    /// The frame object of its frame, made if need be.
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn frame_object(self) -> Result<FrameObject<'a>, Raised> {
        self.frame().object()
    }

    /// Whether the frame stands at a `yield` outside of every `try` and `with` of its source. An exception that is thrown
    /// there passes nothing but the block around the whole body, which the compiler adds to every generator for
    /// `StopIteration`.
    pub fn is_outside_try(self) -> bool {
        let index = self.frame().instruction_index() as usize;
        let instruction = original(self.code(), index);
        matches!(
            instruction.opcode,
            Opcode::RESUME | Opcode::RESUME_CHECK | Opcode::INSTRUMENTED_RESUME
        ) && u32::from(instruction.oparg) & ffi::RESUME_OPARG_DEPTH1_MASK != 0
    }
}

/// A generator that counts as running while what it delegates to is called. Dropped, it stands where it stood.
pub struct Delegating<'a> {
    generator: Generator<'a>,
    state: State,
}

impl<'a> Delegating<'a> {
    /// Marks the generator.
    pub fn enter(generator: Generator<'a>) -> Self {
        let state = generator.state();
        generator.settle();
        generator.set_state(State::EXECUTING);
        Self { generator, state }
    }
}

impl Drop for Delegating<'_> {
    fn drop(&mut self) {
        self.generator.set_state(self.state);
    }
}

const _: () = assert!(State::suspended(true).0 == State::SUSPENDED_YIELD_FROM.0);

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn states_are_suspended_or_finished_or_neither() {
        for (state, suspended, finished) in [
            (State::CREATED, false, false),
            (State::SUSPENDED, true, false),
            (State::SUSPENDED_YIELD_FROM, true, false),
            (State::EXECUTING, false, false),
            (State::COMPLETED, false, true),
            (State::CLEARED, false, true),
        ] {
            assert_eq!(state.is_suspended(), suspended, "{state:?}");
            let created = state == State::CREATED;
            assert_eq!(state.can_resume(), created || suspended, "{state:?}");
            assert_eq!(state.is_finished(), finished, "{state:?}");
        }
    }
}
