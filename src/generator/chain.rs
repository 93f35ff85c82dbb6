//! Chains of generators that wait for one another, kept while the innermost pauses: those in between stay as they are while it
//! runs, so that who resumes the outermost passes by them. Touches the states and frames of its own objects.
//!
//! A generator of a chain is *outermost*, which somebody resumes; *waiting*, at its `yield from` or `await`; or *innermost*,
//! whose code runs. While a chain is kept, the outermost and the innermost are like any that have paused. The waiting ones in
//! between are linked, and count as executing in memory. Whoever looks at one sees that the outermost has paused, and settles
//! the chain ([`Generator::settle`]): then each is like any that has paused.
//!
//! Of the outermost, the chain has the link to the exceptions below it, which is NULL otherwise while a generator is paused:
//! it leads to the waiting one that is next to the innermost. What more is to be known lies where only asynchronous generators
//! keep something, and in the frame's offset of return.
use crate::eval::resume::SEND_TO_RESUME;
use crate::ffi;
use crate::field;
use crate::frame::{Frame, Owner};
use crate::generator::Generator;
use crate::generator::frame::State;
use crate::monitoring;
use crate::object::Borrowed;
use core::mem::offset_of;
use core::ptr::null_mut;

/// A chain that is kept, but for its outermost generator.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    /// The one that waits for the innermost.
    pub waiting: Generator<'a>,
    /// How many there are without the innermost.
    pub length: u16,
}

/// A number that changes whenever tools want something else; of a moment before a chain is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Moment(u32);

impl Moment {
    /// What fits where it is kept. This number stands for moments that are not told from one another.
    const LAST: u32 = 0xff_ffff;

    /// Now.
    #[inline(always)]
    pub fn now() -> Self {
        Self(monitoring::changes().min(Self::LAST))
    }

    /// Whether tools want the same now.
    #[inline(always)]
    fn is_now(self) -> bool {
        self.0 != Self::LAST && self == Self::now()
    }
}

const _: () = assert!(
    offset_of!(ffi::PyGenObject, gi_closed) == offset_of!(ffi::PyGenObject, gi_hooks_inited) + 1
        && offset_of!(ffi::PyGenObject, gi_running_async)
            == offset_of!(ffi::PyGenObject, gi_hooks_inited) + 2
);

impl<'a> Generator<'a> {
    /// What its frame is doing.
    #[inline(always)]
    pub fn state(self) -> State {
        let state = self.written_state();
        if state == State::EXECUTING {
            return self.state_unless_kept();
        }
        state
    }

    /// What it is doing that seems to run.
    #[inline(never)]
    fn state_unless_kept(self) -> State {
        if let Some(outermost) = self.paused_outermost() {
            outermost.settle();
        }
        self.written_state()
    }

    /// The outermost generator of the kept chain in which this one waits.
    fn paused_outermost(self) -> Option<Generator<'a>> {
        let mut frame = self.frame_place();
        loop {
            // SAFETY: the callers of a frame that runs are alive, and so are those that wait in a kept chain: each is kept by
            // the stack of the one that waits for it, and who ends that one settles the chain first.
            let below: Generator<'a> = unsafe {
                frame = (*frame).previous;
                if frame.is_null() || Owner::of(frame) != Owner::GENERATOR {
                    return None;
                }
                Frame::from_raw_unchecked(frame).holding_generator()
            };
            if below.written_state() != State::EXECUTING {
                return below.keeps_chain().then_some(below);
            }
        }
    }

    /// Whether it is the outermost of a chain that is kept. It is paused, or has not begun.
    #[inline(always)]
    pub fn keeps_chain(self) -> bool {
        !field!(self.gi_exc_state.previous_item).is_null()
    }

    /// The chain of which it is the outermost, if that is kept and tools want what they wanted then. It is paused.
    #[inline(always)]
    pub fn kept(self) -> Option<Kept<'a>> {
        if !self.keeps_chain() {
            return None;
        }
        let members = self.as_ptr();
        // SAFETY: the link leads into the waiting generator, which the chain keeps alive; the three bytes lie one behind the other.
        unsafe {
            let waiting = Self::of_exceptions((*members).gi_exc_state.previous_item);
            let [one, two, three] = *(&raw const (*members).gi_hooks_inited).cast::<[u8; 3]>();
            let moment = Moment(u32::from_le_bytes([one, two, three, 0]));
            let length = (*self.frame_place()).return_offset;
            moment.is_now().then_some(Kept { waiting, length })
        }
    }

    /// Keeps a chain of which it is the outermost. It is paused.
    ///
    /// # Safety
    /// The others are [waiting](self), linked, and as many; `moment` was before the innermost went on.
    #[inline(always)]
    pub unsafe fn keep(self, chain: Kept<'_>, moment: Moment) {
        let members = self.as_ptr();
        let [one, two, three, _] = moment.0.to_le_bytes();
        // SAFETY: the objects are alive, and the GIL guards their members.
        unsafe {
            (*members).gi_exc_state.previous_item = &raw mut (*chain.waiting.as_ptr()).gi_exc_state;
            *(&raw mut (*members).gi_hooks_inited).cast::<[u8; 3]>() = [one, two, three];
            (*self.frame_place()).return_offset = chain.length;
        }
    }

    /// Has all generators of the chain of which it is the outermost, if one is kept, be like any that have paused. It is paused, or
    /// has not begun, or has ended.
    #[inline(always)]
    pub fn settle(self) {
        if self.keeps_chain() {
            self.settle_chain();
        }
    }

    #[cold]
    fn settle_chain(self) {
        if self.written_state() != State::SUSPENDED_YIELD_FROM {
            return;
        }
        // SAFETY: the links lead from the waiting generator that is next to the innermost to this one.
        unsafe {
            let link = &raw mut (*self.as_ptr()).gi_exc_state.previous_item;
            let mut waiting = Self::of_exceptions(link.replace(null_mut()));
            while waiting.as_ptr() != self.as_ptr() {
                let frame = waiting.frame_place();
                let below = (*frame).previous;
                (*frame).previous = null_mut();
                (*frame).instr_ptr = (*frame).instr_ptr.add(SEND_TO_RESUME);
                (*waiting.as_ptr()).gi_exc_state.previous_item = null_mut();
                waiting.set_state(State::SUSPENDED_YIELD_FROM);
                waiting = Frame::from_raw_unchecked(below).holding_generator();
            }
        }
    }

    /// The generator that has an entry of a thread's stack of handled exceptions.
    ///
    /// # Safety
    /// It is the entry of a live one.
    #[inline(always)]
    unsafe fn of_exceptions(entry: *mut ffi::_PyErr_StackItem) -> Self {
        let distance = offset_of!(ffi::PyGenObject, gi_exc_state);
        // SAFETY: as the caller promises.
        unsafe { Borrowed::from_raw_unchecked(entry.byte_sub(distance).cast()) }
    }
}
