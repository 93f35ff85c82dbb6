//! What a thread is asked to do, done from Rust: the exception that another thread sent, calls that wait, the interval.
mod common;

use common::with_python;
use pyroxene::ffi;
use pyroxene::object::{Raised, exception};
use pyroxene::thread::pending::{self, Call};
use pyroxene::thread::{Request, ThreadState, gil, handle_requests, without_gil};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts through its argument.
unsafe extern "C" fn count(counter: *mut c_void) -> c_int {
    // SAFETY: the calls below are left with a counter that outlives them.
    unsafe { &*counter.cast::<AtomicUsize>() }.fetch_add(1, Ordering::Relaxed);
    0
}

fn counting(counter: &AtomicUsize) -> Call {
    Call {
        function: count,
        argument: std::ptr::from_ref(counter).cast_mut().cast(),
        flags: 0,
    }
}

#[test]
fn an_exception_that_was_sent_is_raised_once() {
    with_python(|| {
        let thread = ThreadState::current();
        // SAFETY: the class is an exception; the number is this thread's.
        let found = unsafe {
            ffi::PyThreadState_SetAsyncExc(
                ffi::PyThread_get_thread_ident(),
                exception::KeyError.as_ptr(),
            )
        };
        assert_eq!(found, 1);
        assert!(thread.is_asked(Request::RaiseException));
        let raised = handle_requests(thread).expect_err("the exception");
        assert!(raised.is_exactly(exception::KeyError));
        raised.clear();
        assert!(!thread.is_asked(Request::RaiseException));
        handle_requests(thread).expect("it has been raised");
        assert!(!Raised::is_pending());
    });
}

#[test]
fn calls_for_the_interpreter_are_made_by_its_thread() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    with_python(|| {
        let thread = ThreadState::current();
        let interpreter = thread.interpreter().expose_provenance();
        // The other thread asks whoever has the GIL: this one, once it comes back.
        without_gil(|| {
            std::thread::spawn(move || {
                let interpreter = std::ptr::with_exposed_provenance_mut(interpreter);
                // SAFETY: the interpreter is never ended.
                unsafe { pending::add(interpreter, counting(&MADE)) }
            })
            .join()
            .expect("no panic")
            .expect("there is room");
        });
        // A test in another thread may have been quicker.
        handle_requests(thread).expect("the call does not fail");
        assert_eq!(MADE.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn threads_take_turns() {
    with_python(|| {
        let before = gil::switch_interval();
        gil::set_switch_interval(100);
        assert_eq!(gil::switch_interval(), 100);
        let thread = ThreadState::current();
        let turns = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                with_python(|| turns.fetch_add(1, Ordering::Relaxed));
            });
            // As the evaluator does in a loop that never waits.
            while turns.load(Ordering::Relaxed) == 0 {
                if thread.is_asked(Request::ReleaseGil) {
                    handle_requests(thread).expect("nothing raises");
                }
            }
        });
        gil::set_switch_interval(before);
    });
}
