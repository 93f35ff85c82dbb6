//! Printing a traceback. Runs the Python code of the file that it prints to, and signal handlers between the entries.
use crate::bad_internal_call;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_bool, check_status, exception};
use crate::traceback::TextFile;
use crate::traceback::source::{NoLine, SourceLine};
use core::ffi::{CStr, c_int, c_long};
use core::ops::ControlFlow;
use core::ptr::null_mut;

/// The line above a traceback (pycore_traceback.h `EXCEPTION_TB_HEADER`).
pub const HEADER: &CStr = c"Traceback (most recent call last):\n";

/// How many entries are printed when `sys.tracebacklimit` does not say.
const DEFAULT_LIMIT: c_long = 1000;

/// How often the same place is printed before the rest is only counted; `traceback.py` has the same number.
const REPEATS_SHOWN: c_long = 3;

/// The number of blanks before a line of source.
const SOURCE_INDENT: c_int = 4;

/// The line of an entry whose code has none there.
const NO_LINE: c_int = -1;

/// Prints a traceback with a line above it, no more of its last entries than `sys.tracebacklimit` allows
/// (traceback.c `_PyTraceBack_Print`).
///
/// # Errors
/// `SystemError` when it is not a traceback; what writing to the file raises, and what a signal handler raises.
pub fn print(traceback: Borrowed<'_>, header: &CStr, file: TextFile<'_>) -> Result<(), Raised> {
    let first = traceback
        .downcast::<ffi::PyTracebackObject>()
        .ok_or_else(|| bad_internal_call!())?;
    let Some(limit) = limit()? else {
        return Ok(());
    };
    file.text(header)?;
    print_entries(first, file, limit)
}

/// How many entries may be printed; `None` when `sys.tracebacklimit` says that nothing is to be printed at all.
fn limit() -> Result<Option<c_long>, Raised> {
    let mut limit = null_mut();
    // SAFETY: the name is a C string; a new reference comes back through the pointer, or NULL.
    let limit = unsafe {
        let name = c"tracebacklimit".as_ptr();
        check_bool(ffi::_PySys_GetOptionalAttrString(name, &raw mut limit))?;
        Owned::from_c_optional(limit)
    };
    let is_int = |limit: &Owned| {
        let class = limit.borrow().type_of();
        class.has_feature(ffi::Py_TPFLAGS_LONG_SUBCLASS)
    };
    let Some(limit) = limit.filter(is_int) else {
        return Ok(Some(DEFAULT_LIMIT));
    };
    let mut overflow = 0;
    // SAFETY: the object is an int, so that only its size matters, and that is told through the pointer.
    let number = unsafe { ffi::PyLong_AsLongAndOverflow(limit.as_ptr(), &raw mut overflow) };
    Ok(match (overflow, number) {
        (1.., _) => Some(c_long::MAX),
        (_, 1..) => Some(number),
        _ => None,
    })
}

/// Prints the last entries of a traceback (traceback.c `tb_printinternal`).
fn print_entries(
    first: Borrowed<'_, ffi::PyTracebackObject>,
    file: TextFile<'_>,
    limit: c_long,
) -> Result<(), Raised> {
    let mut run = Run::default();
    // Printing runs code, which may change the chain: each entry is held while it is shown.
    let mut next = Some(last_entries(first, limit));
    while let Some(entry) = next {
        if let Some(place) = Place::of(entry.borrow()) {
            if !run.goes_on_with(&place) {
                run.print_rest(file)?;
                run = Run::default();
            }
            run.count += 1;
            if run.count <= REPEATS_SHOWN {
                place.print(file)?;
                // SAFETY: the thread is attached, and no exception is set.
                check_status(unsafe { ffi::PyErr_CheckSignals() })?;
            }
            run.place = Some(place);
        }
        next = entry.borrow().next().map(Borrowed::new_ref);
    }
    run.print_rest(file)
}

/// The first of the last `limit` entries.
fn last_entries(
    first: Borrowed<'_, ffi::PyTracebackObject>,
    limit: c_long,
) -> Owned<ffi::PyTracebackObject> {
    let mut count: c_long = 0;
    let _ = first.walk(|_| {
        count += 1;
        ControlFlow::<()>::Continue(())
    });
    let mut left_out = count - limit;
    let found = first.walk(|entry| match left_out {
        ..=0 => ControlFlow::Break(entry.new_ref()),
        _ => {
            left_out -= 1;
            ControlFlow::Continue(())
        }
    });
    found.break_value().unwrap_or_else(|| first.new_ref())
}

/// Where an entry stands.
struct Place {
    code: Owned<ffi::PyCodeObject>,
    line: c_int,
}

impl Place {
    /// The place of an entry; `None` when the collector has cleared it.
    fn of(entry: Borrowed<'_, ffi::PyTracebackObject>) -> Option<Self> {
        let frame = entry.frame()?;
        let code = frame.frame().code().new_ref();
        let line = entry.line().unwrap_or(NO_LINE);
        Some(Self { code, line })
    }

    /// The name of the file.
    fn filename(&self) -> Borrowed<'_> {
        // SAFETY: a code object has the name of its file, a str, and never another.
        unsafe { Borrowed::from_raw_unchecked((*self.code.as_ptr()).co_filename) }
    }

    /// The name of the function.
    fn name(&self) -> Borrowed<'_> {
        // SAFETY: a code object has a name, a str, and never another.
        unsafe { Borrowed::from_raw_unchecked((*self.code.as_ptr()).co_name) }
    }

    /// Whether both are the same line of the same function, as far as two names are the same objects. A place without a
    /// line is like no other.
    fn is_like(&self, other: &Self) -> bool {
        self.line != NO_LINE
            && self.line == other.line
            && self.filename().is(other.filename())
            && self.name().is(other.name())
    }

    /// Prints the place and its line of source (traceback.c `tb_displayline`).
    fn print(&self, file: TextFile<'_>) -> Result<(), Raised> {
        // SAFETY: the format takes a str, an int and a str; the result is a new reference, or NULL with an exception.
        let text = unsafe {
            Owned::from_c(ffi::PyUnicode_FromFormat(
                c"  File \"%U\", line %d, in %U\n".as_ptr(),
                self.filename().as_ptr(),
                self.line,
                self.name().as_ptr(),
            ))
        }?;
        file.object(text.borrow())?;
        drop(text);
        print_source(file, self.filename(), self.line)
    }
}

/// Prints a line of source if it can be had. Whatever goes wrong is nothing to report, except that the user interrupts.
fn print_source(file: TextFile<'_>, filename: Borrowed<'_>, line: c_int) -> Result<(), Raised> {
    let printed = SourceLine::find(filename, line)
        .and_then(|line| line.print(file, SOURCE_INDENT).map_err(NoLine::Raised));
    match printed {
        Err(NoLine::Raised(raised) | NoLine::NoDescriptor(raised)) => {
            if raised.matches(exception::KeyboardInterrupt) {
                return Err(raised);
            }
            raised.clear();
            Ok(())
        }
        Ok(()) | Err(NoLine::NoText | NoLine::NotFound) => Ok(()),
    }
}

/// Entries one after the other that stand at the same place, as in a recursion.
#[derive(Default)]
struct Run {
    place: Option<Place>,
    count: c_long,
}

impl Run {
    /// Whether an entry at this place belongs to the run.
    fn goes_on_with(&self, place: &Place) -> bool {
        self.place.as_ref().is_some_and(|last| last.is_like(place))
    }

    /// Says how many entries were not shown, if any (traceback.c `tb_print_line_repeated`).
    fn print_rest(&self, file: TextFile<'_>) -> Result<(), Raised> {
        let format = match self.count - REPEATS_SHOWN {
            ..=0 => return Ok(()),
            1 => c"  [Previous line repeated %ld more time]\n",
            _ => c"  [Previous line repeated %ld more times]\n",
        };
        // SAFETY: the format takes a long; the result is a new reference, or NULL with an exception set.
        let text = unsafe {
            let rest = self.count - REPEATS_SHOWN;
            Owned::from_c(ffi::PyUnicode_FromFormat(format.as_ptr(), rest))
        }?;
        file.object(text.borrow())
    }
}
