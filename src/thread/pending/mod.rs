//! Calls that any thread leaves for an interpreter, or for the main thread, to be made when the evaluator next looks: how
//! signal handlers and other threads get work done under the GIL. Touches the two kinds of queues, in `_ceval_state` of an
//! interpreter and `_ceval_runtime_state` of the runtime, and runs what was left there.
mod queue;

pub use queue::{Call, Full, Function};

use crate::bad_internal_call;
use crate::ffi;
use crate::object::Raised;
use crate::thread::pending::queue::Queue;
use crate::thread::requests::handle_signals;
use crate::thread::{Request, ThreadState, gil};

/// Leaves a call for the main thread, and asks that thread to make it. From any thread, attached or not; it takes a mutex, so
/// it is not strictly async-signal-safe. Errors: the queue is full, without an exception.
pub fn add_for_main_thread(call: Call) -> Result<(), Full> {
    let added = Queue::of_main_thread().enter().push(call);
    if let Some(main) = ThreadState::main() {
        main.ask(Request::MakeCalls);
    }
    added
}

/// Leaves a call for any thread of the interpreter, and asks the one that runs to make it. From any thread, attached or not.
/// Errors: the queue is full, without an exception.
///
/// # Safety
/// The interpreter is alive.
pub unsafe fn add(interpreter: *mut ffi::PyInterpreterState, call: Call) -> Result<(), Full> {
    // SAFETY: as the caller promises; the main interpreter, whose GIL it may share, outlives it.
    unsafe {
        let added = Queue::of(interpreter).enter().push(call);
        gil::ask_active_thread(interpreter, Request::MakeCalls);
        added
    }
}

/// Whether calls wait that the thread, which is the running one, could make.
#[inline]
pub(super) fn are_waiting_for(thread: ThreadState) -> bool {
    Queue::of_thread(&thread).waiting() != 0
        || (ffi::_Py_IsMainThread() && Queue::of_main_thread().waiting() != 0)
}

/// The turn of a thread to make calls: one thread of an interpreter at a time, and not while it makes one.
struct Turn<'t>(Queue<'t>);

impl<'t> Turn<'t> {
    /// Takes the turn, or leaves the work to the thread that has it.
    fn begin(thread: &'t ThreadState) -> Option<Self> {
        let queue = Queue::of_thread(thread);
        let entered = queue.enter();
        if let Some(server) = entered.server() {
            // It may not have seen the last call, so it is asked once more; and this thread is not, lest it stop at
            // every look.
            server.ask(Request::MakeCalls);
            thread.withdraw(Request::MakeCalls);
            return None;
        }
        queue.set_server(Some(*thread));
        Some(Self(queue))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.set_server(None);
    }
}

/// Makes the calls that wait for the running thread: its interpreter's, and in the main thread of the main interpreter those
/// for the main thread. What remains is asked for again. Errors: what a call raises (ceval_gil.c `make_pending_calls`).
pub(super) fn make(thread: ThreadState) -> Result<(), Raised> {
    let Some(turn) = Turn::begin(&thread) else {
        return Ok(());
    };
    // Before the calls: who leaves one meanwhile asks again.
    thread.withdraw(Request::MakeCalls);
    let made = make_all(&turn, thread);
    if !matches!(made, Ok(false)) {
        thread.ask(Request::MakeCalls);
    }
    made.map(drop)
}

/// Both queues; whether calls still wait.
fn make_all(turn: &Turn<'_>, thread: ThreadState) -> Result<bool, Raised> {
    let mut more = turn.0.make_calls()?;
    if thread.can_handle_signals() {
        more |= Queue::of_main_thread().make_calls()?;
    }
    Ok(more)
}

/// Handles signals where that is this thread's task, and makes the calls that wait. Errors: what a handler or a call
/// raises (ceval_gil.c `_PyEval_MakePendingCalls`).
pub fn make_with_signals(thread: ThreadState) -> Result<(), Raised> {
    if thread.can_handle_signals() {
        handle_signals(thread)?;
    }
    make(thread)
}

/// [`make_with_signals`] in the main thread of the main interpreter, nothing in others (ceval_gil.c
/// `Py_MakePendingCalls`).
pub fn make_in_main_thread() -> Result<(), Raised> {
    let thread = ThreadState::current();
    if !thread.can_handle_signals() {
        return Ok(());
    }
    make_with_signals(thread)
}

/// Makes calls until none is left, at the end of an interpreter: what one raises is shown, because nobody could handle it
/// (ceval_gil.c `_Py_FinishPendingCalls`).
pub fn finish(thread: ThreadState) {
    loop {
        if let Err(raised) = make(thread) {
            show_lost(raised);
        }
        let for_interpreter = Queue::of_thread(&thread).waiting();
        let for_main = match thread.can_handle_signals() {
            true => Queue::of_main_thread().waiting(),
            false => 0,
        };
        if for_interpreter + for_main <= 0 {
            return;
        }
    }
}

/// Shows what a call raised at the end of an interpreter, as the context of an internal error.
fn show_lost(raised: Raised) {
    let lost = raised.take();
    bad_internal_call!().with_context(lost).print();
}

/// Unlocks the interpreter's queue in a forked child.
///
/// # Safety
/// `thread` is the only thread there is.
pub(super) unsafe fn after_fork(thread: ThreadState) {
    // SAFETY: as the caller promises.
    unsafe { Queue::of_thread(&thread).after_fork() }
}
