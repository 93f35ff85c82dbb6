//! The process-wide table of signals, `_PyRuntime.signals`: what C code and debuggers read too, so upstream's layout.
//!
//! Reading and marking is async-signal-safe: each field is accessed atomically, and no reference is counted.
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use core::ffi::c_int;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

/// The table.
type Table = ffi::_signals_runtime_state;

/// What the table keeps for each signal.
type Entry = ffi::_signals_runtime_state__bindgen_ty_1;

/// What [`Wakeup::fd`] says when no file is to be written to.
pub(super) const NO_FD: c_int = ffi::INVALID_FD;

/// The address of the table. It lives as long as the process, and after the start only its fields are written.
#[inline(always)]
fn table() -> *mut Table {
    // SAFETY: only the address of a field of a static is taken.
    unsafe { &raw mut ffi::_PyRuntime.signals }
}

/// The number of a signal, from 1 to `NSIG - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(c_int);

impl Signal {
    /// The one beyond the last number.
    pub const END: c_int = ffi::Py_NSIG as c_int;
    /// The keyboard's interrupt.
    pub const INTERRUPT: Self = Self(libc::SIGINT);

    /// The signal of that number, if it is one.
    #[inline]
    pub const fn new(number: c_int) -> Option<Self> {
        if number < 1 || number >= Self::END {
            return None;
        }
        Some(Self(number))
    }

    /// The signal of a number that Python code gave. Errors: `ValueError` when there is none.
    pub fn from_python(number: c_int) -> Result<Self, Raised> {
        Self::new(number).ok_or_else(|| raise(exception::ValueError, c"signal number out of range"))
    }

    /// All signals, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..Self::END).map(Self)
    }

    /// The number.
    #[inline]
    pub const fn number(self) -> c_int {
        self.0
    }

    /// The signal's entry in the table.
    #[inline]
    fn entry(self) -> *mut Entry {
        // SAFETY: the number is below the length of the array.
        unsafe {
            (&raw mut (*table()).handlers)
                .cast::<Entry>()
                .add(self.0 as usize)
        }
    }

    /// Whether the signal has come and was not handled yet.
    #[inline]
    fn tripped(self) -> &'static AtomicI32 {
        // SAFETY: a static int to which everybody's access is atomic.
        unsafe { AtomicI32::from_ptr(&raw mut (*self.entry()).tripped) }
    }

    /// Python's handler, a counted reference of the table's, or NULL before the start and after the end.
    #[inline]
    fn function(self) -> &'static AtomicPtr<ffi::PyObject> {
        // SAFETY: a static pointer to which everybody's access is atomic.
        unsafe { AtomicPtr::from_ptr(&raw mut (*self.entry()).func) }
    }

    /// Says that the signal has come. Async-signal-safe.
    #[inline]
    pub(super) fn trip(self) {
        self.tripped().store(1, Ordering::SeqCst);
        // After the signal's own mark: who looks clears them in the opposite order.
        any_tripped().store(1, Ordering::SeqCst);
    }

    /// Forgets that the signal has come; gives whether it had.
    #[inline]
    pub(super) fn untrip(self) -> bool {
        // Two steps and not one, because nearly always there is nothing to write.
        let tripped = self.tripped();
        tripped.load(Ordering::Relaxed) != 0 && {
            tripped.store(0, Ordering::Relaxed);
            true
        }
    }

    /// Python's handler: a callable, one of the two numbers of [`Constant`], `None` for one that is not Python's, or
    /// nothing. The caller holds the GIL.
    #[inline]
    pub(super) fn handler(self) -> Option<Owned> {
        // SAFETY: the table's reference keeps the object alive, and the GIL keeps others from replacing it meanwhile.
        unsafe { Borrowed::from_c_optional(self.function().load(Ordering::SeqCst)) }
            .map(Borrowed::new_ref)
    }

    /// Python's handler by address: to compare, without the GIL. Async-signal-safe.
    #[inline]
    pub(super) fn handler_address(self) -> Option<NonNull<ffi::PyObject>> {
        NonNull::new(self.function().load(Ordering::SeqCst))
    }

    /// Sets Python's handler and gives the one before. The caller holds the GIL.
    #[inline]
    pub(super) fn replace_handler(self, handler: Option<Owned>) -> Option<Owned> {
        let new = handler.map_or(core::ptr::null_mut(), Owned::into_raw);
        // SAFETY: the table's reference to the old handler comes to us.
        unsafe { Owned::from_c_optional(self.function().swap(new, Ordering::SeqCst)) }
    }
}

/// Whether any signal has come since somebody last looked: to look cheaply.
#[inline]
fn any_tripped() -> &'static AtomicI32 {
    // SAFETY: a static int to which everybody's access is atomic.
    unsafe { AtomicI32::from_ptr(&raw mut (*table()).is_tripped) }
}

/// Says that somebody should look at all signals.
#[inline]
pub(super) fn set_any_tripped() {
    any_tripped().store(1, Ordering::SeqCst);
}

/// Forgets that there was something to look at; gives whether there was.
#[inline]
pub(super) fn clear_any_tripped() -> bool {
    let tripped = any_tripped();
    tripped.load(Ordering::SeqCst) != 0 && {
        tripped.store(0, Ordering::SeqCst);
        true
    }
}

/// The numbers by which Python says "the system's default" and "ignore": made at the start, the main interpreter's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    /// `SIG_DFL`
    Default,
    /// `SIG_IGN`
    Ignore,
}

impl Constant {
    /// The number that C uses for it.
    pub(super) const fn number(self) -> usize {
        match self {
            Self::Default => libc::SIG_DFL,
            Self::Ignore => libc::SIG_IGN,
        }
    }

    /// The table's field.
    #[inline]
    fn place(self) -> &'static AtomicPtr<ffi::PyObject> {
        // SAFETY: two static pointers, written at the start and at the end only.
        unsafe {
            AtomicPtr::from_ptr(match self {
                Self::Default => &raw mut (*table()).default_handler,
                Self::Ignore => &raw mut (*table()).ignore_handler,
            })
        }
    }

    /// The object, which is there while Python runs. The caller holds the GIL.
    pub(super) fn object(self) -> Option<Owned> {
        // SAFETY: the table's reference keeps it alive, and only the end takes it away.
        unsafe { Borrowed::from_c_optional(self.place().load(Ordering::Relaxed)) }
            .map(Borrowed::new_ref)
    }

    /// Sets the object and gives the one before.
    pub(super) fn replace(self, object: Option<Owned>) -> Option<Owned> {
        let new = object.map_or(core::ptr::null_mut(), Owned::into_raw);
        // SAFETY: the table's reference to the old object comes to us.
        unsafe { Owned::from_c_optional(self.place().swap(new, Ordering::Relaxed)) }
    }

    /// Whether a handler is this number: an `int` of this value, whichever object it is. Neither calls nor counts
    /// anything, so it is async-signal-safe.
    pub(super) fn is_handler(self, handler: Option<NonNull<ffi::PyObject>>) -> bool {
        let constant = NonNull::new(self.place().load(Ordering::Relaxed));
        match (handler, constant) {
            // SAFETY: both objects are alive: the table, or the caller, has a reference.
            (Some(handler), Some(constant)) => unsafe { same_int(handler, constant) },
            _ => false,
        }
    }

    /// [`is_handler`](Self::is_handler) for an object at hand.
    pub(super) fn is(self, handler: Borrowed<'_>) -> bool {
        self.is_handler(NonNull::new(handler.as_ptr()))
    }
}

/// Whether the object is exactly an `int` with the value of the other, which is an `int` of one digit.
///
/// # Safety
/// Both objects are alive, and `small` is exactly an `int`.
unsafe fn same_int(object: NonNull<ffi::PyObject>, small: NonNull<ffi::PyObject>) -> bool {
    // SAFETY: as the caller promises; an exact int has this layout, with at least one digit in its memory.
    unsafe {
        let value =
            |int: NonNull<ffi::PyObject>| (*int.as_ptr().cast::<ffi::PyLongObject>()).long_value;
        object == small
            || (ffi::PyLong_CheckExact(object.as_ptr())
                && value(object).lv_tag == value(small).lv_tag
                && value(object).ob_digit == value(small).ob_digit)
    }
}

/// The file that is written to when a signal comes. Both fields are `volatile` in C: single words that a handler in the
/// same thread may read.
pub(super) struct Wakeup;

impl Wakeup {
    #[inline]
    fn fields() -> (&'static AtomicI32, &'static AtomicI32) {
        // SAFETY: two static ints.
        unsafe {
            (
                AtomicI32::from_ptr(&raw mut (*table()).wakeup.fd),
                AtomicI32::from_ptr(&raw mut (*table()).wakeup.warn_on_full_buffer),
            )
        }
    }

    /// The file, or [`NO_FD`].
    #[inline]
    pub(super) fn fd() -> c_int {
        Self::fields().0.load(Ordering::Relaxed)
    }

    /// Whether a pipe that is full is worth a message.
    #[inline]
    pub(super) fn warns_on_full_buffer() -> bool {
        Self::fields().1.load(Ordering::Relaxed) != 0
    }

    /// Sets both and gives the file before.
    pub(super) fn replace(fd: c_int, warn_on_full_buffer: bool) -> c_int {
        let (file, warn) = Self::fields();
        let old = file.swap(fd, Ordering::Relaxed);
        warn.store(c_int::from(warn_on_full_buffer), Ordering::Relaxed);
        old
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_numbers_from_one_to_the_end() {
        assert_eq!(Signal::new(0), None);
        assert_eq!(Signal::new(-1), None);
        assert_eq!(Signal::new(Signal::END), None);
        assert_eq!(Signal::new(64).map(Signal::number), Some(64));
        assert_eq!(Signal::all().count(), 64);
    }
}
