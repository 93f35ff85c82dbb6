//! What an interpreter keeps for monitoring: who watches what, the callbacks, the tools' names, and the version by which
//! code objects learn that something changed. Reads and writes those members of the interpreter's state.
use super::event::Event;
use super::monitors::GlobalMonitors;
use super::tool::{Tool, ToolSet};
use crate::ffi;
use crate::object::{Borrowed, Owned};
use crate::thread::ThreadState;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// How often it was changed in any interpreter what is watched, of all code or of single ones. It does not wrap around.
static CHANGES: AtomicU32 = AtomicU32::new(0);

/// A number that changes whenever tools want to be told of something else, in all code or in single ones, until it has come to
/// [`u32::MAX`].
#[inline(always)]
pub fn changes() -> u32 {
    CHANGES.load(Ordering::Relaxed)
}

/// Counts that tools want something else.
pub(super) fn count_change() {
    // It never fails: every value is replaced.
    let _ = CHANGES.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |changes| {
        Some(changes.saturating_add(1))
    });
}

/// A version of what is watched in an interpreter. It lies in the upper bits of a word whose lower bits ask the evaluator
/// to stop, so that a change of it stops the evaluator too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Version(u32);

impl Version {
    /// The version after this one; `None` when there are no more.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1 << ffi::_PY_EVAL_EVENTS_BITS) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }

    /// As C keeps it.
    #[inline(always)]
    pub const fn bits(self) -> usize {
        self.0 as usize
    }

    /// Writes the version into such a word, whose other bits stay (instrumentation.c `set_version_raw`).
    fn store(self, word: &AtomicUsize) {
        let requests = ffi::_PY_EVAL_EVENTS_MASK as usize;
        let replaced = |old| Some(old & requests | self.bits());
        // It never fails: every value is replaced.
        let _ = word.fetch_update(Ordering::SeqCst, Ordering::Relaxed, replaced);
    }
}

/// An interpreter whose monitoring the running thread reads and changes, under its GIL.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter(*mut ffi::PyInterpreterState);

impl Interpreter {
    /// The interpreter of a thread.
    #[inline(always)]
    pub fn of(thread: ThreadState) -> Self {
        Self(thread.interpreter())
    }

    /// The address, for C.
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut ffi::PyInterpreterState {
        self.0
    }

    /// Who watches what in all code.
    #[inline]
    pub fn monitors(self) -> GlobalMonitors {
        // SAFETY: the interpreter is alive; the two types have the same bytes, which is asserted where ours is declared.
        unsafe {
            (&raw const (*self.0).monitors)
                .cast::<GlobalMonitors>()
                .read()
        }
    }

    /// Who watches one event in all code. Nobody watches those that come with calls by themselves.
    #[inline(always)]
    pub fn tools(self, event: Event) -> ToolSet {
        // SAFETY: the interpreter is alive, and the member is read by value.
        let tools = unsafe { (*self.0).monitors.tools };
        let bits = tools.get(event.number()).copied();
        bits.map_or(ToolSet::EMPTY, ToolSet::from_bits)
    }

    /// Says who watches what in all code.
    pub(super) fn set_monitors(self, monitors: GlobalMonitors) {
        // SAFETY: as in `monitors`.
        unsafe {
            (&raw mut (*self.0).monitors)
                .cast::<GlobalMonitors>()
                .write(monitors);
        }
    }

    /// What a tool has registered for an event.
    #[inline(always)]
    pub fn callback(self, tool: Tool, event: Event) -> Option<Owned> {
        // SAFETY: the member is NULL or a reference that the interpreter owns.
        unsafe { Borrowed::from_c_optional(*self.callback_place(tool, event)) }
            .map(Borrowed::new_ref)
    }

    /// Registers a callback for a tool and an event, or removes it, and gives the one before
    /// (instrumentation.c `_PyMonitoring_RegisterCallback`).
    pub fn replace_callback(
        self,
        tool: Tool,
        event: Event,
        callback: Option<Owned>,
    ) -> Option<Owned> {
        // SAFETY: as in `callback`.
        unsafe { Owned::exchange(self.callback_place(tool, event), callback) }
    }

    #[inline(always)]
    fn callback_place(self, tool: Tool, event: Event) -> *mut *mut ffi::PyObject {
        // SAFETY: the interpreter is alive, and the table has a row for each tool with a place for each event.
        unsafe { &raw mut (*self.0).monitoring_callables[tool.number()][event.number()] }
    }

    /// The name under which a tool is in use, if it is.
    pub fn tool_name(self, tool: Tool) -> Option<Owned> {
        // SAFETY: the member is NULL or a reference that the interpreter owns.
        unsafe { Borrowed::from_c_optional((*self.0).monitoring_tool_names[tool.number()]) }
            .map(Borrowed::new_ref)
    }

    /// Takes a tool into use, or out of it, and gives the name before.
    pub(super) fn replace_tool_name(self, tool: Tool, name: Option<Owned>) -> Option<Owned> {
        // SAFETY: as in `tool_name`.
        unsafe {
            let place = &raw mut (*self.0).monitoring_tool_names[tool.number()];
            Owned::exchange(place, name)
        }
    }

    /// The version of what is watched (instrumentation.c `global_version`).
    #[inline(always)]
    pub fn version(self) -> Version {
        Version(self.version_word().load(Ordering::Relaxed) as u32)
    }

    /// Sets the version, for the running thread too; others take it over when they attach
    /// (instrumentation.c `set_global_version`).
    pub(super) fn set_version(thread: ThreadState, version: Version) {
        count_change();
        version.store(Self::of(thread).version_word());
        // SAFETY: the state is alive, and every access to this word is atomic.
        version.store(unsafe { AtomicUsize::from_ptr(&raw mut (*thread.as_ptr()).eval_breaker) });
    }

    #[inline(always)]
    fn version_word(&self) -> &AtomicUsize {
        // SAFETY: the interpreter is alive, and every access to this word is atomic.
        unsafe { AtomicUsize::from_ptr(&raw mut (*self.0).ceval.instrumentation_version) }
    }

    /// Whether code of this version was instrumented before `sys.monitoring.restart_events()` was last called.
    pub(super) fn was_restarted_since(self, version: usize) -> bool {
        // SAFETY: the interpreter is alive.
        unsafe { (*self.0).last_restart_version > version }
    }

    /// Has everything that was disabled happen again in code of versions before this one.
    pub(super) fn set_restart_version(self, version: Version) {
        // SAFETY: the interpreter is alive.
        unsafe { (*self.0).last_restart_version = version.bits() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_leaves_the_requests_alone() {
        let word = AtomicUsize::new(0x1203);
        let first = Version(0);
        let second = first
            .next()
            .and_then(Version::next)
            .expect("far from the last");
        assert!(first < second);
        second.store(&word);
        assert_eq!(word.into_inner(), 0x203);
    }

    #[test]
    fn versions_end() {
        assert_eq!(Version(0xFFFF_FF00).next(), None);
    }
}
