//! Signals: the handler that the system calls, the table of Python's handlers, running these, and the module `_signal`.
//!
//! Replaces `Modules/signalmodule.c`. A signal may come to any thread at any moment: the handler then only marks it in
//! the table and wakes the evaluator ([`handler`]), and the main thread of the main interpreter calls Python's handler
//! when it next looks ([`pending`]). Only that thread may set handlers. May touch `_PyRuntime.signals` and the
//! process's signal dispositions, masks and timers.
mod action;
mod constants;
mod disposition;
pub mod handler;
pub mod lifecycle;
mod masks;
mod module;
pub mod pending;
mod send;
mod state;
mod timers;
mod wait;
mod wakeup;

pub use module::DEFINITION;
pub use state::Signal;
pub use wakeup::set_wakeup_fd_unchecked;
