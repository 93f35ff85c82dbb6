//! `sys.settrace` and `sys.setprofile` on top of monitoring: two tools whose callbacks call the functions that threads have
//! set.
//!
//! Replaces `Python/legacy_tracing.c`. A thread's function and its object are in the thread's state. The callbacks, which
//! belong to the interpreter, are made when a function is first set and look there. May touch these members, and members of
//! frame objects that say what and where a frame traces.
mod call;
mod handler;
mod opcodes;
mod profile;
mod set;
mod trace;

pub use handler::EVENT_HANDLER_TYPE;
pub use opcodes::set_opcode_trace;
pub use set::{set_profile, set_trace};
pub(super) use trace::trace_line_of;
