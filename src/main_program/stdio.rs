//! The C library's streams: its parser and its readline read from them, and its stderr is what works before and after
//! Python's. Touches no object but a path.
use crate::ffi;
use crate::object::{Borrowed, Raised};
use crate::thread::errno;
use core::ffi::{CStr, c_int};
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;

/// Standard input, as C has it now: `freopen` and `PyRun_…` share its buffer.
pub(super) fn standard_input() -> *mut ffi::FILE {
    // SAFETY: the variable is set before the program starts; reading a pointer is all that is done.
    unsafe { ffi::stdin }.cast()
}

/// Whether standard input is a terminal.
pub(super) fn is_input_terminal() -> bool {
    // SAFETY: the stream is open for as long as the process lives; a wrong descriptor is no terminal.
    unsafe { libc::isatty(libc::fileno(standard_input().cast())) != 0 }
}

/// Writes text to C's stderr, beside Python's buffers.
pub(super) fn write_error(text: &CStr) {
    // SAFETY: the stream is open for as long as the process lives, and the text is a C string.
    unsafe { libc::fputs(text.as_ptr(), ffi::stderr) };
}

/// For [`Result::inspect_err`]: a line before the exception, through C's stderr.
pub(super) fn complains(line: &'static CStr) -> impl Fn(&Raised) {
    // SAFETY: as in `write_error`; the format takes one C string.
    move |_| unsafe {
        libc::fprintf(ffi::stderr, c"%s\n".as_ptr(), line.as_ptr());
    }
}

/// `Python 3.13.5 (…) on linux`, on C's stderr.
pub(super) fn write_version() {
    // SAFETY: the format takes two C strings, and both functions give one that lives as long as the process.
    unsafe {
        libc::fprintf(
            ffi::stderr,
            c"Python %s on %s\n".as_ptr(),
            ffi::Py_GetVersion(),
            ffi::Py_GetPlatform(),
        );
    }
}

/// A file that C opened; dropping it closes it.
pub(super) struct File(NonNull<ffi::FILE>);

/// Why a file is not open.
pub(super) struct NotOpen {
    /// The exception.
    pub(super) raised: Raised,
    /// C's number for the reason.
    pub(super) errno: c_int,
}

impl File {
    /// Opens the file of this path (fileutils.c `_Py_fopen_obj`), with the audit event and without inheritance.
    ///
    /// # Errors
    /// `OSError` and its number, or what an audit hook or a signal handler raises.
    pub(super) fn open(path: Borrowed<'_>, mode: &CStr) -> Result<Self, NotOpen> {
        // SAFETY: the path is alive and the mode a C string.
        let file = unsafe { ffi::_Py_fopen_obj(path.as_ptr(), mode.as_ptr()) };
        NonNull::new(file).map(Self).ok_or_else(|| NotOpen {
            errno: errno(),
            raised: Raised::on_c_word(),
        })
    }

    /// The stream, for C functions that read it and leave it open.
    pub(super) fn as_ptr(&self) -> *mut ffi::FILE {
        self.0.as_ptr()
    }

    /// The stream, for C functions that read it and close it.
    pub(super) fn into_raw(self) -> *mut ffi::FILE {
        ManuallyDrop::new(self).0.as_ptr()
    }

    /// Reads up to the end of the first line. The newline stays, so that line numbers do too.
    pub(super) fn skip_first_line(&mut self) {
        let file = self.as_ptr().cast();
        // SAFETY: the stream is open, and ours alone.
        unsafe {
            loop {
                match libc::fgetc(file) {
                    libc::EOF => return,
                    character if character == c_int::from(b'\n') => {
                        libc::ungetc(character, file);
                        return;
                    }
                    _ => {}
                }
            }
        }
    }

    /// Whether it is a folder, which opens for reading and then does not read.
    pub(super) fn is_folder(&self) -> bool {
        let mut status = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: the stream is open; the status is written when the result is 0, and looked at only then.
        unsafe {
            libc::fstat(libc::fileno(self.as_ptr().cast()), status.as_mut_ptr()) == 0
                && status.assume_init_ref().st_mode & libc::S_IFMT == libc::S_IFDIR
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: the stream is open and ours, and closed once. What is read only has nothing to lose at its end.
        unsafe { libc::fclose(self.as_ptr().cast()) };
    }
}
