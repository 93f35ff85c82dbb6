//! `set_wakeup_fd`: the file that is written to when a signal comes, for programs that wait in `select`.
use crate::ffi;
use crate::module::{Argument, Label, Module, Parameter};
use crate::object::{Borrowed, Raised, check_bool, check_status, exception, raise};
use crate::raise_format;
use crate::signal::module::State;
use crate::signal::state::{NO_FD, Wakeup};
use crate::thread::ThreadState;
use core::ffi::c_int;
use core::mem::MaybeUninit;

/// `_signal.set_wakeup_fd(fd, *, warn_on_full_buffer=True)`: sets the file; gives the one before, or -1. Errors:
/// `ValueError` in another thread or interpreter than the main ones and for a file that could block, `OSError` for one
/// that is not open.
pub(super) fn set_wakeup_fd<'a>(
    _: Module<'a, State>,
    file: Borrowed<'a>,
    warn_on_full_buffer: Option<bool>,
) -> Result<c_int, Raised> {
    // Converted only now: an object that is no number matters less than a wrong flag, which is converted before.
    let fd = c_int::from_value(
        file,
        Parameter {
            function: c"set_wakeup_fd",
            label: Label::Position(1),
        },
    )?;
    if !ThreadState::current().can_handle_signals() {
        return Err(raise(
            exception::ValueError,
            c"set_wakeup_fd only works in main thread of the main interpreter",
        ));
    }
    if fd != NO_FD {
        require_non_blocking(fd)?;
    }
    Ok(Wakeup::replace(fd, warn_on_full_buffer.unwrap_or(true)))
}

/// Errors: `OSError` for a file that is not open, `ValueError` for one whose writes may block.
fn require_non_blocking(fd: c_int) -> Result<(), Raised> {
    let mut status = MaybeUninit::<ffi::stat>::uninit();
    // SAFETY: a result of ours, which nobody reads; only whether there is one matters.
    check_status(unsafe { ffi::_Py_fstat(fd, status.as_mut_ptr()) })?;
    // SAFETY: the function has no precondition.
    if check_bool(unsafe { ffi::_Py_get_blocking(fd) })? {
        // SAFETY: the format takes one int.
        return Err(unsafe {
            raise_format!(
                exception::ValueError,
                c"the fd %i must be in non-blocking mode",
                fd,
            )
        });
    }
    Ok(())
}

/// Sets the file without looking at it and with warnings on; a negative one means none. Gives the one before, or -1
/// (signalmodule.c `PySignal_SetWakeupFd`).
pub fn set_wakeup_fd_unchecked(fd: c_int) -> c_int {
    Wakeup::replace(fd.max(NO_FD), true)
}
