//! Timers of the threads' own processor time, and the handler of their signal. Installs a handler for one signal of real time,
//! the last but one, which programs do not use.
use super::{PERIOD, count, is_on};
use crate::thread::ErrnoGuard;
use core::cell::RefCell;
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr::null_mut;

/// The signal.
fn signal() -> c_int {
    libc::SIGRTMAX() - 1
}

/// A timer, which goes with its thread.
struct Timer(libc::timer_t);

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: it was made and not deleted yet.
        unsafe { libc::timer_delete(self.0) };
    }
}

std::thread_local! {
    /// The thread's timer.
    static TIMER: RefCell<Option<Timer>> = const { RefCell::new(None) };
}

/// Installs the handler; false if the system does not let us, or somebody has one.
pub(super) fn install() -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeros are a value of both; the handler is of the type that SA_SIGINFO asks for, and async-signal-safe.
    unsafe {
        if libc::sigaction(signal(), null_mut(), before.as_mut_ptr()) != 0 {
            return false;
        }
        let before = before.assume_init().sa_sigaction;
        if before != libc::SIG_DFL && before != handler as *const () as usize {
            return false;
        }
        let action = action.assume_init_mut();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
        libc::sigaction(signal(), action, null_mut()) == 0
    }
}

/// Sees to it that the running thread has its timer. Without one, the thread is not seen.
pub(in crate::jit) fn thread_runs() {
    // At the end of a thread, destructors may take the GIL once more, after what belongs to the thread has gone.
    let _unless_gone = TIMER.try_with(|timer| {
        let mut timer = timer.borrow_mut();
        if timer.is_none() {
            *timer = start();
        }
    });
}

fn start() -> Option<Timer> {
    let mut event = MaybeUninit::<libc::sigevent>::zeroed();
    let mut timer = MaybeUninit::uninit();
    let period = libc::timespec {
        tv_sec: 0,
        tv_nsec: PERIOD.cast_signed(),
    };
    let times = libc::itimerspec {
        it_interval: period,
        it_value: period,
    };
    // SAFETY: zeros are a value of the event; the timer is written when the call gives 0.
    unsafe {
        let event = event.assume_init_mut();
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = signal();
        event.sigev_notify_thread_id = libc::gettid();
        if libc::timer_create(libc::CLOCK_THREAD_CPUTIME_ID, event, timer.as_mut_ptr()) != 0 {
            return None;
        }
        let timer = Timer(timer.assume_init());
        (libc::timer_settime(timer.0, 0, &raw const times, null_mut()) == 0).then_some(timer)
    }
}

/// What the signal calls.
unsafe extern "C" fn handler(_: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    if !is_on() {
        return;
    }
    let _errno = ErrnoGuard::new();
    // SAFETY: the system gives both; the signal is a timer's, or somebody sent it, and then counts once.
    unsafe {
        let missed = match (*info).si_code {
            libc::SI_TIMER => (*info).si_overrun(),
            _ => 0,
        };
        let registers = &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
        let register = |number: c_int| registers[number as usize] as usize;
        count(
            register(libc::REG_RIP),
            register(libc::REG_RSP),
            1 + u64::from(missed.max(0).cast_unsigned()),
        );
    }
}
