//! What a fork must not cut in two. The child has no other thread than the one that forks: a lock of LLVM's that another thread
//! had stays taken in it, and a variable that one was just initialising is never ready. So forks wait until no thread is within
//! such a piece of work, and nobody begins one meanwhile. All of them are short; compilations are not waited for.
//!
//! LLVM's are found by the linker, which leads here what the library calls of the C and C++ libraries to lock or to initialise
//! something (`build.rs`). The same holds at the end of the process, when other libraries are taken down while we may be at work:
//! from then on, nobody else begins anything.
use core::cell::{Cell, RefCell};
use core::ffi::{c_int, c_void};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Who is within.
struct State {
    /// How many threads.
    inside: usize,
    /// Somebody forks: nobody else enters.
    forking: bool,
}

static STATE: Mutex<State> = Mutex::new(State {
    inside: 0,
    forking: false,
});

/// Something of the state has changed.
static CHANGED: Condvar = Condvar::new();

std::thread_local! {
    /// In how many pieces of work the thread is, one within the other.
    static DEPTH: Cell<usize> = const { Cell::new(0) };

    /// The lock, while the thread forks: the child has it too.
    static FORKING: RefCell<Option<MutexGuard<'static, State>>> = const { RefCell::new(None) };
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait_while(
    state: MutexGuard<'static, State>,
    condition: impl Fn(&State) -> bool,
) -> MutexGuard<'static, State> {
    CHANGED
        .wait_while(state, |state| condition(state))
        .unwrap_or_else(PoisonError::into_inner)
}

fn enter() {
    let depth = DEPTH.get();
    DEPTH.set(depth + 1);
    if depth == 0 {
        wait_while(state(), |state| state.forking).inside += 1;
    }
}

fn leave() {
    let depth = DEPTH.get() - 1;
    DEPTH.set(depth);
    if depth == 0 {
        let mut state = state();
        state.inside -= 1;
        if state.forking {
            CHANGED.notify_all();
        }
    }
}

/// Does something that no fork shall cut in two.
pub fn whole<T>(work: impl FnOnce() -> T) -> T {
    enter();
    let result = work();
    leave();
    result
}

/// Does something that forks need not wait for, and may not return, wherever the thread is: it is in the middle of something.
pub fn outside(work: impl FnOnce()) {
    let depth = DEPTH.get();
    if depth > 0 {
        DEPTH.set(1);
        leave();
    }
    work();
    if depth > 0 {
        enter();
        DEPTH.set(depth);
    }
}

/// Waits until no other thread is within, and keeps them from entering.
fn keep_out() -> MutexGuard<'static, State> {
    let mut state = wait_while(state(), |state| state.forking);
    state.forking = true;
    // This thread may enter: it is the one that goes on.
    DEPTH.set(DEPTH.get() + 1);
    wait_while(state, |state| state.inside > 0)
}

/// The thread is about to fork.
pub fn before_fork() {
    let state = keep_out();
    FORKING.set(Some(state));
}

/// It has, and is the one in the parent or that in the child.
pub fn after_fork() {
    if let Some(mut state) = FORKING.take() {
        state.forking = false;
        DEPTH.set(DEPTH.get() - 1);
        drop(state);
        CHANGED.notify_all();
    }
}

/// Called by the loader when the process ends, before the libraries that this one needs are taken down.
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_END: extern "C" fn() = at_end;

extern "C" fn at_end() {
    core::mem::forget(keep_out());
}

/// A function of C that the linker puts in the place of one that ends a process's objects: those of LLVM stay as they are, since a
/// thread may still use them.
#[unsafe(no_mangle)]
extern "C" fn __wrap___cxa_atexit(
    _: extern "C" fn(*mut c_void),
    _: *mut c_void,
    _: *mut c_void,
) -> c_int {
    0
}

/// Functions that begin a piece of work; it goes on if they give `$goes_on`.
macro_rules! begin {
    ($($wrap:ident is $real:ident, if $goes_on:expr;)*) => {$(
        unsafe extern "C" {
            fn $real(object: *mut c_void) -> c_int;
        }

        /// The function of C that the linker puts in the place of the one it is named for.
        ///
        /// # Safety
        /// As for that one.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $wrap(object: *mut c_void) -> c_int {
            enter();
            // SAFETY: as the caller promises.
            let result = unsafe { $real(object) };
            let goes_on: fn(c_int) -> bool = $goes_on;
            if !goes_on(result) {
                leave();
            }
            result
        }
    )*};
}

/// Functions that end one.
macro_rules! end {
    ($($wrap:ident is $real:ident;)*) => {$(
        unsafe extern "C" {
            fn $real(object: *mut c_void) -> c_int;
        }

        /// The function of C that the linker puts in the place of the one it is named for. Where that gives nothing, nobody looks at
        /// what this one gives.
        ///
        /// # Safety
        /// As for that one.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $wrap(object: *mut c_void) -> c_int {
            // SAFETY: as the caller promises.
            let result = unsafe { $real(object) };
            leave();
            result
        }
    )*};
}

begin! {
    __wrap_pthread_mutex_lock is __real_pthread_mutex_lock, if |failed| failed == 0;
    __wrap_pthread_mutex_trylock is __real_pthread_mutex_trylock, if |failed| failed == 0;
    __wrap_pthread_rwlock_rdlock is __real_pthread_rwlock_rdlock, if |failed| failed == 0;
    __wrap_pthread_rwlock_wrlock is __real_pthread_rwlock_wrlock, if |failed| failed == 0;
    __wrap___cxa_guard_acquire is __real___cxa_guard_acquire, if |is_ours| is_ours != 0;
}

end! {
    __wrap_pthread_mutex_unlock is __real_pthread_mutex_unlock;
    __wrap_pthread_rwlock_unlock is __real_pthread_rwlock_unlock;
    __wrap___cxa_guard_release is __real___cxa_guard_release;
    __wrap___cxa_guard_abort is __real___cxa_guard_abort;
}

unsafe extern "C" {
    fn __real_pthread_once(once: *mut c_void, initialise: extern "C" fn()) -> c_int;
}

/// The function of C that the linker puts in the place of `pthread_once`.
///
/// # Safety
/// As for that one.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_pthread_once(once: *mut c_void, initialise: extern "C" fn()) -> c_int {
    // SAFETY: as the caller promises.
    whole(|| unsafe { __real_pthread_once(once, initialise) })
}
