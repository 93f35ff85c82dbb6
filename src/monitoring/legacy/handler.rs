//! The objects that are registered as callbacks: each hands one kind of event on to the function of the running thread.
//! Allocates these objects.
use crate::bad_internal_call;
use crate::call::arguments::slice;
use crate::ffi;
use crate::monitoring::Answer;
use crate::object::static_type::static_type;
use crate::object::{Borrowed, Layout, Owned, Raised, life};
use core::ffi::{c_int, c_ulong};
use core::mem::offset_of;

/// What a thread's function is told that happens (cpython/pystate.h `PyTrace_…`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub(super) enum What {
    /// A function starts, or a generator goes on.
    Call = ffi::PyTrace_CALL,
    /// An exception is raised.
    Exception = ffi::PyTrace_EXCEPTION,
    /// A line starts.
    Line = ffi::PyTrace_LINE,
    /// A function ends, by an exception or not, or a generator stops.
    Return = ffi::PyTrace_RETURN,
    /// A C function is called.
    CCall = ffi::PyTrace_C_CALL,
    /// A C function has raised.
    CException = ffi::PyTrace_C_EXCEPTION,
    /// A C function has returned.
    CReturn = ffi::PyTrace_C_RETURN,
    /// An instruction is about to run.
    Opcode = ffi::PyTrace_OPCODE,
}

/// A callback (legacy_tracing.c `_PyLegacyEventHandler`).
#[repr(C)]
pub(super) struct Handler {
    head: ffi::PyObject,
    vectorcall: ffi::vectorcallfunc,
    what: What,
}

// Upstream's size.
const _: () = assert!(size_of::<Handler>() == 32);

// SAFETY: it starts with an object's header.
unsafe impl Layout for Handler {}

/// The type of callbacks (legacy_tracing.c `_PyLegacyEventHandler_Type`). Nobody can make instances but this module, and they
/// hold no references. C has no name for it.
pub static mut EVENT_HANDLER_TYPE: ffi::PyTypeObject = ffi::PyTypeObject {
    tp_dealloc: Some(dealloc),
    tp_vectorcall_offset: offset_of!(Handler, vectorcall).cast_signed(),
    tp_call: Some(ffi::PyVectorcall_Call),
    tp_flags: (ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_BASETYPE
        | ffi::Py_TPFLAGS_HAVE_VECTORCALL
        | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION) as c_ulong,
    ..static_type(c"sys.legacy_event_handler", size_of::<Handler>())
};

/// The slot `tp_dealloc`.
unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: C calls it once, for an instance with a count of 0, which holds nothing.
    unsafe { ffi::PyObject_Free(object.cast()) }
}

/// Makes a callback that is called by `vectorcall`, from [`handler!`](super::handler::handler), and tells of `what`.
///
/// # Errors
/// `MemoryError`.
pub(super) fn new(vectorcall: ffi::vectorcallfunc, what: What) -> Result<Owned, Raised> {
    // SAFETY: the address of a static type.
    let class = unsafe { Borrowed::from_static(&raw mut EVENT_HANDLER_TYPE) };
    let handler = life::allocate(class)?;
    let members = handler.as_ptr().cast::<Handler>();
    // SAFETY: a new instance, whose two members are set before anybody sees it.
    unsafe {
        (&raw mut (*members).vectorcall).write(vectorcall);
        (&raw mut (*members).what).write(what);
    }
    Ok(handler)
}

/// The arguments of one event: the code object, the offset or the line, and what the event adds.
pub(super) struct CallbackArguments<'a>(&'a [Borrowed<'a>]);

impl<'a> CallbackArguments<'a> {
    /// The argument at an index. Only callbacks of tools that Python cannot name get here, so it is there.
    pub(super) fn get(&self, index: usize) -> Result<Borrowed<'a>, Raised> {
        let argument = self.0.get(index).copied();
        argument.ok_or_else(|| bad_internal_call!())
    }

    /// The argument at an index as a number.
    pub(super) fn number(&self, index: usize) -> Result<c_int, Raised> {
        let number = self.get(index)?;
        // SAFETY: the object is alive, and an exception is looked for when the result may mean one.
        let number = unsafe { ffi::PyLong_AsInt(number.as_ptr()) };
        if number == -1 {
            Raised::pending()?;
        }
        Ok(number)
    }
}

/// Which of the thread's functions hears of events.
pub(super) trait Listener {
    /// Tells the function, if the thread has one.
    ///
    /// # Errors
    /// What the function raises; `SystemError` where no frame runs.
    fn tell(what: What, argument: Option<Borrowed<'_>>) -> Result<Answer, Raised>;
}

/// What comes without a value (legacy_tracing.c `sys_profile_start`, `sys_trace_start`, `sys_profile_throw`,
/// `sys_trace_throw`).
pub(super) fn nothing<L: Listener>(what: What, _: CallbackArguments<'_>) -> Result<Answer, Raised> {
    L::tell(what, Some(Borrowed::none()))
}

/// The end of a function, or a `yield` (legacy_tracing.c `sys_profile_return`, `sys_trace_return`, `sys_trace_yield`).
pub(super) fn value<L: Listener>(
    what: What,
    arguments: CallbackArguments<'_>,
) -> Result<Answer, Raised> {
    L::tell(what, Some(arguments.get(2)?))
}

/// The end of a function by an exception, for which C functions are given NULL (legacy_tracing.c `sys_profile_unwind`,
/// `sys_trace_unwind`).
pub(super) fn no_value<L: Listener>(
    what: What,
    _: CallbackArguments<'_>,
) -> Result<Answer, Raised> {
    L::tell(what, None)
}

/// Calls what a callback stands for, and gives C its answer.
///
/// # Safety
/// C calls: `handler` is a [`Handler`], and `arguments` points at as many live objects as `count` says.
#[inline(always)]
pub(super) unsafe fn call(
    handler: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: usize,
    function: impl FnOnce(What, CallbackArguments<'_>) -> Result<Answer, Raised>,
) -> *mut ffi::PyObject {
    let count = ffi::_PyVectorcall_NARGS(count);
    // SAFETY: as the caller promises.
    let (what, arguments) = unsafe {
        let what = (*handler.cast::<Handler>()).what;
        (what, slice(arguments, count))
    };
    match function(what, CallbackArguments(arguments)) {
        Ok(Answer::GoOn) => Borrowed::none().new_ref().into_raw(),
        Ok(Answer::Disable) => {
            // SAFETY: an immortal static.
            unsafe { Borrowed::from_static(&raw mut ffi::_PyInstrumentation_DISABLE) }
                .new_ref()
                .into_raw()
        }
        Err(_) => core::ptr::null_mut(),
    }
}

/// A function of [`What`] and [`CallbackArguments`] as a callback's `vectorcall`.
macro_rules! handler {
    ($function:path) => {{
        unsafe extern "C" fn vectorcall(
            handler: *mut $crate::ffi::PyObject,
            arguments: *const *mut $crate::ffi::PyObject,
            count: usize,
            _keywords: *mut $crate::ffi::PyObject,
        ) -> *mut $crate::ffi::PyObject {
            // SAFETY: C calls an object of the type by this function with its arguments; monitoring gives no keywords.
            unsafe {
                $crate::monitoring::legacy::handler::call(handler, arguments, count, $function)
            }
        }
        Some(vectorcall)
    }};
}

pub(super) use handler;
