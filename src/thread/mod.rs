//! The running thread: its state as C keeps it, the GIL, what other threads and signals ask it to do, and `errno`.
//!
//! Replaces `Python/ceval_gil.c`. Thread states are made and ended by `Python/pystate.c`; attaching one takes the GIL
//! ([`gil`]), detaching it releases the GIL. Touches thread states, and of interpreters and the runtime what has to do with
//! evaluation, `ceval`.
mod attach;
mod breaker;
pub mod c_stack;
mod errno;
pub mod gil;
mod mutex;
pub mod pending;
mod requests;
mod state;
mod threads;

pub use attach::{attach, detach, detach_from, without_gil};
pub use breaker::Request;
pub use errno::{ErrnoGuard, errno, raise_errno, set_errno};
pub use requests::{handle_requests, signal_received};
pub use state::{ThreadState, not_attached};
pub use threads::{for_each_thread, threads_of};
