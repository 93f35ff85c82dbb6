//! Statuses: how the start of the runtime reports what happened while there is no thread state to hold an exception.
use crate::ffi;
use crate::object::IntoC;
use core::ffi::{CStr, c_int};

/// What a step of the start gives: done, or a reason to go no further.
pub type Status<T = ()> = Result<T, Failure>;

/// A reason to go no further: an error with a message, or a wish to leave with an exit code (`--version`, say).
#[must_use = "the runtime is not started: pass the failure on"]
pub struct Failure(ffi::PyStatus);

impl Failure {
    /// An error, with the name of the function that met it (initconfig.h `_PyStatus_ERR`).
    #[cold]
    pub const fn error(function: &'static CStr, message: &'static CStr) -> Self {
        Self(ffi::PyStatus {
            _type: ffi::_PyStatus_TYPE_ERROR,
            func: function.as_ptr(),
            err_msg: message.as_ptr(),
            exitcode: 0,
        })
    }

    /// Memory ran out (initconfig.h `_PyStatus_NO_MEMORY`).
    #[cold]
    pub const fn no_memory(function: &'static CStr) -> Self {
        Self::error(function, c"memory allocation failed")
    }

    /// The exit code, when this is a wish to leave and no error (initconfig.h `_PyStatus_IS_EXIT`).
    pub fn exit_code(&self) -> Option<c_int> {
        (self.0._type == ffi::_PyStatus_TYPE_EXIT).then_some(self.0.exitcode)
    }

    /// The message of an error.
    pub fn message(&self) -> Option<&CStr> {
        // SAFETY: a message is NULL or a C string that outlives the status; C code writes literals into it.
        (!self.0.err_msg.is_null()).then(|| unsafe { CStr::from_ptr(self.0.err_msg) })
    }

    /// Leaves the process: with the exit code, or with the error on stderr (pylifecycle.c `Py_ExitStatusException`).
    pub fn exit_process(self) -> ! {
        // SAFETY: any status may be passed, at any time.
        unsafe { ffi::Py_ExitStatusException(self.0) }
    }
}

impl core::fmt::Debug for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.exit_code() {
            Some(code) => write!(f, "exit {code}"),
            None => write!(f, "error: {:?}", self.message().unwrap_or_default()),
        }
    }
}

/// A status from C, so that `?` works on it.
#[inline]
pub fn check(status: ffi::PyStatus) -> Status {
    if status._type == ffi::_PyStatus_TYPE_OK {
        Ok(())
    } else {
        Err(Failure(status))
    }
}

impl IntoC<ffi::PyStatus> for Status {
    fn into_c(self) -> ffi::PyStatus {
        match self {
            Ok(()) => ffi::PyStatus {
                _type: ffi::_PyStatus_TYPE_OK,
                func: core::ptr::null(),
                err_msg: core::ptr::null(),
                exitcode: 0,
            },
            Err(failure) => failure.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_goes_through_c_and_back() {
        let error: Status = Err(Failure::no_memory(c"start"));
        let failure = check(error.into_c()).expect_err("an error stays one");
        assert_eq!(failure.message(), Some(c"memory allocation failed"));
        assert_eq!(failure.exit_code(), None);
        assert!(check(Status::Ok(()).into_c()).is_ok());
    }

    #[test]
    fn a_wish_to_leave_has_its_code() {
        let leave = ffi::PyStatus {
            _type: ffi::_PyStatus_TYPE_EXIT,
            func: core::ptr::null(),
            err_msg: core::ptr::null(),
            exitcode: 3,
        };
        assert_eq!(check(leave).expect_err("not done").exit_code(), Some(3));
    }
}
