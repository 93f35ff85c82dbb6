//! Tracebacks: the objects, how an exception gets one, how it is printed, and the dump of a crashed process.
//!
//! Replaces `Python/traceback.c`. [`dump`] runs in signal handlers and may touch frames and thread states by reading
//! alone; everything else holds the GIL and may run any Python code through the file that it prints to.
pub mod add;
pub mod dump;
mod file;
pub mod object;
pub mod print;
mod signal_safe;
pub mod source;

pub use file::TextFile;
pub use signal_safe::SignalSafeWriter;
