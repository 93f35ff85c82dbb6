//! The module `_signal`: its functions, its state, and what importing it does.
use super::action::{default_int_handler, getsignal, siginterrupt, signal, strsignal};
use super::masks::{pthread_sigmask, sigpending, valid_signals};
use super::send::{alarm, pause, pidfd_send_signal, pthread_kill, raise_signal};
use super::timers::{getitimer, setitimer};
use super::wait::{self, sigtimedwait, sigwait, sigwaitinfo};
use super::wakeup::set_wakeup_fd;
use crate::bad_internal_call;
use crate::ffi;
use crate::methods;
use crate::module::{Definition, IntoObject, Method, Module, ModuleState};
use crate::object::type_slot::Visitor;
use crate::object::{Owned, Raised, Slot, exception};
use crate::signal::disposition::{self, Disposition};
use crate::signal::state::Constant;
use crate::signal::{Signal, constants};
use crate::thread::ThreadState;
use core::ffi::{CStr, c_int};
use core::ops::ControlFlow;

/// `_signal`, for `PyInit__signal`.
pub static DEFINITION: Definition<State> = Definition::new();

/// What the module keeps in each interpreter.
#[derive(Debug)]
pub struct State {
    /// `ItimerError`, a class of its own.
    timer_error: Slot,
    /// `struct_siginfo`
    information_type: Slot<ffi::PyTypeObject>,
}

impl State {
    /// Raises `ItimerError` for `errno`.
    pub(super) fn raise_timer_error(&self) -> Raised {
        match self.timer_error.get() {
            Some(class) => Raised::from_errno_as(class.borrow()),
            None => Raised::from_errno(exception::OSError),
        }
    }

    /// The type of what is known about a signal. Errors: the collector has cleared the module.
    pub(super) fn information_type(&self) -> Result<Owned<ffi::PyTypeObject>, Raised> {
        self.information_type
            .get()
            .ok_or_else(|| bad_internal_call!())
    }
}

// SAFETY: two slots: all-zero is empty, and `clear` empties both.
unsafe impl ModuleState for State {
    const NAME: &'static CStr = c"_signal";

    const DOC: &'static CStr =
        c"Signals: what to do when one comes, sending them, and waiting for them.\n\
        \n\
        A handler is called with two arguments: the number of the signal and the\n\
        frame that was interrupted. It runs in the main thread of the main\n\
        interpreter, whichever thread the signal came to.\n\
        \n\
        SIG_DFL leaves a signal to the system, SIG_IGN ignores it. The numbers of\n\
        the signals have the system's names: SIGINT, SIGTERM and so on.\n\
        \n\
        Timers: ITIMER_REAL counts real time and sends SIGALRM, ITIMER_VIRTUAL\n\
        counts the time in which the process computes and sends SIGVTALRM, and\n\
        ITIMER_PROF adds the time in which the system works for the process and\n\
        sends SIGPROF.";

    const METHODS: &'static [Method<Self>] = methods! { State:
        FASTCALL default_int_handler "($module, signalnum, frame, /)"
            "Raise KeyboardInterrupt.\n\nThis is what Python does on SIGINT unless told otherwise.";
        O alarm "($module, seconds, /)"
            "Have SIGALRM sent after a number of seconds.\n\n\
             Returns how many an alarm that was set before had left.";
        FASTCALL setitimer "($module, which, seconds, interval=0.0, /)"
            "Set one of the timers ITIMER_REAL, ITIMER_VIRTUAL and ITIMER_PROF.\n\n\
             Its signal is sent after the seconds given, then again every interval;\n\
             zero seconds stop the timer. Returns what it had before, as a tuple\n\
             (delay, interval).";
        O getitimer "($module, which, /)"
            "Return what a timer has left, as a tuple (delay, interval).";
        FASTCALL signal "($module, signalnum, handler, /)"
            "Set the handler of a signal: SIG_DFL, SIG_IGN, or something callable.\n\n\
             Returns the handler before, as getsignal() does. The handler is called\n\
             with the number of the signal and the frame that was interrupted.";
        O raise_signal "($module, signalnum, /)"
            "Send a signal to the running process.";
        O strsignal "($module, signalnum, /)"
            "Return the system's words for a signal, such as 'Interrupt' for SIGINT.\n\n\
             Returns None if there are none; a number that is no signal is a ValueError.";
        O getsignal "($module, signalnum, /)"
            "Return the handler of a signal.\n\n\
             That is SIG_IGN, SIG_DFL, the callable that was set, or None for a handler\n\
             that Python did not set.";
        KEYWORDS set_wakeup_fd ["", "warn_on_full_buffer"; 1]
            "($module, fd, /, *, warn_on_full_buffer=True)"
            "Set the file to which the number of every signal that comes is written.\n\n\
             That wakes up code that waits in select or poll. The file must not block;\n\
             -1 means none. Returns the one before, or -1.";
        FASTCALL siginterrupt "($module, signalnum, flag, /)"
            "Set whether a signal interrupts calls of the system.\n\n\
             With a false flag they go on after the signal's handler.";
        NOARGS pause "($module, /)"
            "Wait until a signal comes.";
        FASTCALL pidfd_send_signal "($module, pidfd, signalnum, siginfo=None, flags=0, /)"
            "Send a signal to the process that a file descriptor stands for.";
        FASTCALL pthread_kill "($module, thread_id, signalnum, /)"
            "Send a signal to a thread.";
        FASTCALL pthread_sigmask "($module, how, mask, /)"
            "Change which signals the calling thread blocks, and return those before.";
        NOARGS sigpending "($module, /)"
            "Return the set of signals that wait because the calling thread blocks them.";
        O sigwait "($module, sigset, /)"
            "Wait for one of the signals in a set, take it, and return its number.";
        O sigwaitinfo "($module, sigset, /)"
            "Wait for one of the signals in a set, take it, and return what is known of it.\n\n\
             The result is a struct_siginfo.";
        FASTCALL sigtimedwait "($module, sigset, timeout, /)"
            "Wait as sigwaitinfo() does, but for no longer than a number of seconds.\n\n\
             The number may be a float. Returns None if no signal came.";
        NOARGS valid_signals "($module, /)"
            "Return the set of signals that programs may use on this system.\n\n\
             Functions such as pthread_sigmask() take any of them.";
    };

    fn execute(module: Module<'_, Self>) -> Result<(), Raised> {
        let state = module.state()?;
        let timer_error = new_timer_error()?;
        state.timer_error.replace(Some(timer_error.clone()));
        constants::add(module)?;
        module.add(c"SIG_DFL", constant(Constant::Default)?.borrow())?;
        module.add(c"SIG_IGN", constant(Constant::Ignore)?.borrow())?;
        module.add(c"ItimerError", timer_error.borrow())?;
        let information_type = wait::INFORMATION.create()?;
        state
            .information_type
            .replace(Some(information_type.clone()));
        module.add_type(information_type.borrow())?;
        if ffi::_Py_IsMainInterpreter(ThreadState::current().interpreter()) {
            take_over(module)?;
        }
        Ok(())
    }

    fn traverse(&self, visitor: Visitor) -> ControlFlow<c_int> {
        visitor.visit_slot(&self.timer_error)?;
        visitor.visit_slot(&self.information_type)
    }

    fn clear(&self) {
        self.timer_error.clear();
        self.information_type.clear();
    }
}

/// Makes the class `signal.itimer_error`.
fn new_timer_error() -> Result<Owned, Raised> {
    let name = c"signal.itimer_error".as_ptr();
    let base = exception::OSError.as_ptr();
    // SAFETY: a C string and a live class; a new reference or NULL with an exception.
    unsafe { Owned::from_c(ffi::PyErr_NewException(name, base, core::ptr::null_mut())) }
}

/// One of the two numbers that the start of the runtime made.
fn constant(constant: Constant) -> Result<Owned, Raised> {
    constant.object().ok_or_else(|| bad_internal_call!())
}

/// Writes the process's dispositions into the table of handlers, and gives the keyboard's interrupt to Python unless
/// somebody already handles or ignores it (signalmodule.c `signal_get_set_handlers`). Errors: memory.
fn take_over(module: Module<'_, State>) -> Result<(), Raised> {
    for signal in Signal::all() {
        let handler = match disposition::inherited(signal) {
            Some(inherited) => constant(inherited)?,
            None => ().into_object()?,
        };
        // A second import finds the handlers of the first, which go.
        drop(signal.replace_handler(Some(handler)));
    }
    let interrupt = Signal::INTERRUPT;
    if Constant::Default.is_handler(interrupt.handler_address()) {
        let name = c"default_int_handler".as_ptr();
        let dict = module.dict().as_ptr();
        // SAFETY: a live dictionary and a C string; a new reference or NULL with an exception.
        let handler = unsafe { Owned::from_c(ffi::PyMapping_GetItemString(dict, name))? };
        drop(interrupt.replace_handler(Some(handler)));
        Disposition::Python.set_if_possible(interrupt);
    }
    Ok(())
}
