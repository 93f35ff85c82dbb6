//! Setting the function that a thread is traced or profiled with. Registers callbacks, and says which events are wanted.
use super::handler::{self, What};
use super::opcodes::set_opcode_trace;
use super::{profile, trace};
use crate::eval::namespaces::frame_object;
use crate::ffi;
use crate::field;
use crate::monitoring::control::set_events;
use crate::monitoring::{Event, EventSet, Interpreter, Tool};
use crate::object::{Borrowed, Owned, Raised, audit};
use crate::thread::ThreadState;

/// A callback before it is made: by what it is called, what it tells of, and the events that it is registered for.
pub(super) struct Callback {
    vectorcall: ffi::vectorcallfunc,
    what: What,
    events: &'static [Event],
}

impl Callback {
    /// One that is called by `vectorcall`, from [`handler!`](super::handler::handler).
    pub(super) const fn new(
        vectorcall: ffi::vectorcallfunc,
        what: What,
        events: &'static [Event],
    ) -> Self {
        Self {
            vectorcall,
            what,
            events,
        }
    }

    /// Makes and registers it for a tool (legacy_tracing.c `set_callbacks`).
    fn register(&self, interpreter: Interpreter, tool: Tool) -> Result<(), Raised> {
        let callback = handler::new(self.vectorcall, self.what)?;
        for event in self.events {
            drop(interpreter.replace_callback(tool, *event, Some(callback.clone())));
        }
        Ok(())
    }
}

/// Where a thread and its interpreter keep one of the two functions.
struct Hook {
    tool: Tool,
    callbacks: &'static [Callback],
    /// The thread's function and its object.
    function: *mut ffi::Py_tracefunc,
    object: *mut *mut ffi::PyObject,
    /// Whether the interpreter has its callbacks.
    is_ready: *mut bool,
    /// How many threads of the interpreter have a function.
    threads: *mut ffi::Py_ssize_t,
}

impl Hook {
    /// Sets a thread's function, or takes it away, and gives how many threads have one then (legacy_tracing.c
    /// `setup_profile`, `setup_tracing`). When the object of the one before dies, the thread has the new one.
    ///
    /// # Errors
    /// `MemoryError`.
    ///
    /// # Safety
    /// The pointers are to these members of a thread that is alive and of its interpreter, whose GIL is held.
    unsafe fn set(
        &self,
        interpreter: Interpreter,
        function: ffi::Py_tracefunc,
        object: Option<Borrowed<'_>>,
    ) -> Result<ffi::Py_ssize_t, Raised> {
        // SAFETY: as the caller promises; the object is NULL or a reference that the thread owns.
        unsafe {
            if !self.is_ready.replace(true) {
                for callback in self.callbacks {
                    callback.register(interpreter, self.tool)?;
                }
            }
            let before = self.function.replace(function);
            let object_before = Owned::exchange(self.object, object.map(Borrowed::new_ref));
            *self.threads += ffi::Py_ssize_t::from(function.is_some());
            *self.threads -= ffi::Py_ssize_t::from(before.is_some());
            let threads = *self.threads;
            drop(object_before);
            Ok(threads)
        }
    }
}

/// Sets the function that a thread is profiled with, or takes it away (legacy_tracing.c `_PyEval_SetProfile`). The
/// audit hooks are told in the running thread.
///
/// # Errors
/// What an audit hook raises; those of instrumenting. (When memory runs out while the callbacks are made, upstream goes on
/// with an exception set.)
pub fn set_profile(
    thread: ThreadState,
    function: ffi::Py_tracefunc,
    object: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    audit(c"sys.setprofile", None)?;
    let (state, interp) = (thread.as_ptr(), thread.interpreter());
    // SAFETY: the thread and its interpreter are alive, and the GIL is held.
    let threads = unsafe {
        let hook = Hook {
            tool: Tool::SYS_PROFILE,
            callbacks: profile::CALLBACKS,
            function: &raw mut (*state).c_profilefunc,
            object: &raw mut (*state).c_profileobj,
            is_ready: &raw mut (*interp).sys_profile_initialized,
            threads: &raw mut (*interp).sys_profiling_threads,
        };
        hook.set(Interpreter::of(thread), function, object)?
    };
    let events = match threads {
        0 => EventSet::EMPTY,
        _ => profile::EVENTS,
    };
    set_events(Tool::SYS_PROFILE, events)
}

/// Sets the function that a thread is traced with, or takes it away (legacy_tracing.c `_PyEval_SetTrace`). The audit hooks
/// are told in the running thread.
///
/// # Errors
/// What an audit hook raises; those of instrumenting.
pub fn set_trace(
    thread: ThreadState,
    function: ffi::Py_tracefunc,
    object: Option<Borrowed<'_>>,
) -> Result<(), Raised> {
    audit(c"sys.settrace", None)?;
    let (state, interp) = (thread.as_ptr(), thread.interpreter());
    // SAFETY: as in `set_profile`.
    let threads = unsafe {
        let hook = Hook {
            tool: Tool::SYS_TRACE,
            callbacks: trace::CALLBACKS,
            function: &raw mut (*state).c_tracefunc,
            object: &raw mut (*state).c_traceobj,
            is_ready: &raw mut (*interp).sys_trace_initialized,
            threads: &raw mut (*interp).sys_tracing_threads,
        };
        hook.set(Interpreter::of(thread), function, object)?
    };
    if threads == 0 {
        return set_events(Tool::SYS_TRACE, EventSet::EMPTY);
    }
    if let Some(running) = frame_object(ThreadState::current())
        && field!(running.f_trace_opcodes) != 0
    {
        set_opcode_trace(running, true)?;
    }
    set_events(Tool::SYS_TRACE, trace::EVENTS)
}
