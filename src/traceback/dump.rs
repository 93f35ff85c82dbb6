//! Where every thread stands, written while the process crashes or hangs. Signal-safe: reads frames and thread states as
//! they are, writes with [`SignalSafeWriter`], and takes no lock, no memory and no reference.
//!
//! What is read here may be half-written or freed; a fault in reading it ends the process in the handler for that fault.
//! So this works on plain pointers, member by member, and every walk has an end even if a list has none.
use crate::ffi;
use crate::frame::{Owner, as_they_lie};
use crate::object::code_points::CodePoints;
use crate::traceback::SignalSafeWriter;
use core::ffi::CStr;

/// The most frames that are written of one thread.
const FRAME_LIMIT: usize = 100;

/// The most threads that are written.
const THREAD_LIMIT: usize = 100;

/// What stands for a name or a line that cannot be told.
const UNKNOWN: &[u8] = b"???";

/// Writes the stack of one thread with a line above it (traceback.c `_Py_DumpTraceback`).
///
/// # Safety
/// `thread` is NULL, an address that freed memory is filled with, or a thread state; its thread is stopped, or is this
/// one, or its stack may be wrong.
pub unsafe fn thread(writer: SignalSafeWriter, thread: *mut ffi::PyThreadState) {
    writer.text(b"Stack (most recent call first):\n");
    // SAFETY: as the caller promises.
    unsafe { stack(writer, thread) }
}

/// Writes the stacks of all threads of an interpreter, or says why it cannot
/// (traceback.c `_Py_DumpTracebackThreads`).
///
/// Without a current thread it is the one that runs this, with the GIL or without; without an interpreter it is that of
/// the current thread, or else the main one.
///
/// # Safety
/// As [`thread`]; `interpreter` is NULL, an address that freed memory is filled with, or an interpreter.
pub unsafe fn threads(
    writer: SignalSafeWriter,
    interpreter: *mut ffi::PyInterpreterState,
    current: *mut ffi::PyThreadState,
) -> Result<(), &'static CStr> {
    // SAFETY: the functions read variables and lists of the runtime without a lock; what they give is checked.
    unsafe {
        let current = if current.is_null() {
            // A synchronous signal is delivered to the thread that caused it, which may have released the GIL: its own
            // thread-specific variable knows its state, and the one of the thread that holds the GIL is no help.
            ffi::PyGILState_GetThisThreadState()
        } else {
            current
        };
        if !current.is_null() && is_freed(current) {
            return Err(c"tstate is freed");
        }
        let interpreter = match (interpreter.is_null(), current.is_null()) {
            (false, _) => interpreter,
            (true, false) => (*current).interp,
            (true, true) => ffi::_PyGILState_GetInterpreterStateUnsafe(),
        };
        if interpreter.is_null() {
            return Err(c"unable to get the interpreter state");
        }
        if ffi::_PyMem_IsPtrFreed(interpreter) {
            return Err(c"interp is freed");
        }
        let first = ffi::PyInterpreterState_ThreadHead(interpreter);
        if first.is_null() {
            return Err(c"unable to get the thread head state");
        }
        each_thread(writer, first, current);
    }
    Ok(())
}

/// Writes the threads of a list with an empty line between them.
///
/// # Safety
/// `first` is the head of an interpreter's list of thread states.
unsafe fn each_thread(
    writer: SignalSafeWriter,
    first: *mut ffi::PyThreadState,
    current: *mut ffi::PyThreadState,
) {
    let mut next = Some(first);
    let mut index = 0;
    while let Some(thread) = next {
        if index > 0 {
            writer.text(b"\n");
        }
        if index >= THREAD_LIMIT {
            writer.text(b"...\n");
            break;
        }
        let is_current = thread == current;
        // The list is not locked: the next thread is looked up as late as possible, for it may just be ending.
        // SAFETY: as the caller promises for the list, and for the stack as said above.
        next = unsafe {
            thread_line(writer, thread, is_current);
            if is_current && (*(*thread).interp).gc.collecting != 0 {
                writer.text(b"  Garbage-collecting\n");
            }
            stack(writer, thread);
            non_null(ffi::PyThreadState_Next(thread))
        };
        index += 1;
    }
}

/// Writes which thread it is (traceback.c `write_thread_id`).
///
/// # Safety
/// `thread` is a thread state.
unsafe fn thread_line(writer: SignalSafeWriter, thread: *mut ffi::PyThreadState, is_current: bool) {
    writer.text(if is_current {
        b"Current thread 0x"
    } else {
        b"Thread 0x"
    });
    // SAFETY: as the caller promises.
    let id = unsafe { (*thread).thread_id };
    writer.hexadecimal(id as usize, size_of_val(&id).cast_signed() * 2);
    writer.text(b" (most recent call first):\n");
}

/// Writes the frames of a thread, the innermost first (traceback.c `dump_traceback`).
///
/// # Safety
/// As [`thread`].
unsafe fn stack(writer: SignalSafeWriter, thread: *mut ffi::PyThreadState) {
    // SAFETY: what looks freed is not read; the rest is as the caller promises.
    unsafe {
        if is_freed(thread) {
            return writer.text(b"  <tstate is freed>\n");
        }
        let mut frames = as_they_lie(thread).peekable();
        if frames.peek().is_none() {
            return writer.text(b"  <no Python frame>\n");
        }
        // At most every second frame is an entry frame, so that twice the limit is enough; that ends a list that was
        // damaged into a ring of them.
        frames
            .take(FRAME_LIMIT * 2)
            .filter(|frame| Owner::of(*frame) != Owner::C_STACK)
            .take(FRAME_LIMIT)
            .for_each(|frame| frame_line(writer, frame));
    }
}

/// Writes file, line and name of one frame (traceback.c `dump_frame`).
///
/// # Safety
/// `frame` is a frame of a Python function.
unsafe fn frame_line(writer: SignalSafeWriter, frame: *mut ffi::_PyInterpreterFrame) {
    // Written piece by piece: should a member lead nowhere, what is already out still tells something.
    // SAFETY: as the caller promises; finding the line walks the code's table and allocates nothing.
    unsafe {
        let code = ffi::_PyFrame_GetCode(frame);
        writer.text(b"  File ");
        match string((*code).co_filename) {
            Some(filename) => {
                writer.text(b"\"");
                writer.escaped(filename);
                writer.text(b"\"");
            }
            None => writer.text(UNKNOWN),
        }
        writer.text(b", line ");
        match usize::try_from(ffi::PyUnstable_InterpreterFrame_GetLine(frame)) {
            Ok(line) => writer.decimal(line),
            Err(_) => writer.text(UNKNOWN),
        }
        writer.text(b" in ");
        match string((*code).co_name) {
            Some(name) => writer.escaped(name),
            None => writer.text(UNKNOWN),
        }
    }
    writer.text(b"\n");
}

/// The characters of a member that should be a `str`, if it is one.
///
/// # Safety
/// `text` is NULL or points at an object.
unsafe fn string<'a>(text: *mut ffi::PyObject) -> Option<CodePoints<'a>> {
    // SAFETY: as the caller promises; the writer reads no more of it than its limit.
    non_null(text).and_then(|text| unsafe { CodePoints::of(text) })
}

/// Whether a thread state was freed, or its interpreter, as far as the debug allocators leave a mark
/// (traceback.c `tstate_is_freed`).
///
/// # Safety
/// `thread` is an address that looks freed, or a thread state.
unsafe fn is_freed(thread: *mut ffi::PyThreadState) -> bool {
    // SAFETY: what looks freed is not read.
    ffi::_PyMem_IsPtrFreed(thread) || ffi::_PyMem_IsPtrFreed(unsafe { (*thread).interp })
}

/// The pointer unless it is NULL.
fn non_null<T>(pointer: *mut T) -> Option<*mut T> {
    (!pointer.is_null()).then_some(pointer)
}
