//! The running thread: its state as C keeps it, the GIL, and `errno`. Touches the thread state and nothing else.
mod errno;
mod gil;
mod state;
mod threads;

pub use errno::{ErrnoGuard, errno, raise_errno, set_errno};
pub use gil::without_gil;
pub use state::{ThreadState, not_attached};
pub use threads::threads_of;
