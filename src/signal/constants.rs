//! The numbers that the module `_signal` names. Reads the C library's constants.
use crate::module::Module;
use crate::object::Raised;
use crate::signal::Signal;
use crate::signal::module::State;
use core::ffi::{CStr, c_int};

macro_rules! named {
    ($($name:ident)*) => {
        &[$((crate::module::text(concat!(stringify!($name), "\0")), libc::$name as c_int)),*]
    };
}

/// In the order of upstream's dictionary, which decides about the names of numbers that have two. The two ends of the
/// real-time signals come between, because the C library computes them.
const FIRST: &[(&CStr, c_int)] = named! {
    SIG_BLOCK SIG_UNBLOCK SIG_SETMASK
    SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGIOT SIGABRT SIGFPE SIGKILL SIGBUS SIGSEGV SIGSYS SIGPIPE SIGALRM SIGTERM
    SIGUSR1 SIGUSR2
};

/// Of the same number as `SIGCHLD`; the `libc` crate does not have the old name.
const OLD_CHILD: (&CStr, c_int) = (c"SIGCLD", libc::SIGCHLD);

const SECOND: &[(&CStr, c_int)] = named! {
    SIGCHLD SIGPWR SIGIO SIGURG SIGWINCH SIGPOLL SIGSTOP SIGTSTP SIGCONT SIGTTIN SIGTTOU SIGVTALRM SIGPROF SIGXCPU
    SIGXFSZ
};

const LAST: &[(&CStr, c_int)] = named! { SIGSTKFLT ITIMER_REAL ITIMER_VIRTUAL ITIMER_PROF };

/// Adds all of them. Errors: memory.
pub(super) fn add(module: Module<'_, State>) -> Result<(), Raised> {
    let real_time = [
        (c"SIGRTMIN", libc::SIGRTMIN()),
        (c"SIGRTMAX", libc::SIGRTMAX()),
    ];
    [(c"NSIG", Signal::END)]
        .iter()
        .chain(FIRST)
        .chain(&[OLD_CHILD])
        .chain(SECOND)
        .chain(&real_time)
        .chain(LAST)
        .try_for_each(|(name, number)| module.add_int(name, *number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_there_twice() {
        let mut names: Vec<_> = FIRST
            .iter()
            .chain(SECOND)
            .chain(LAST)
            .map(|(name, _)| name)
            .collect();
        let before = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), before);
    }
}
