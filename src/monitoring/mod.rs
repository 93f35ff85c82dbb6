//! Monitoring (PEP 669): telling tools of events in Python code, and the module `sys.monitoring` by which Python code makes
//! itself a tool.
//!
//! Replaces `Python/instrumentation.c` and, in [`legacy`], `Python/legacy_tracing.c`. Events that nobody wants cost nothing:
//! for those that somebody wants, instructions of code objects are overwritten by ones that tell ([`mod@instrument`]), and
//! only these tell ([`fire`]). Who wants what is kept in the interpreter ([`interpreter`]), and in code objects for tools
//! that want it of single ones ([`control`]); a version, at which the evaluator looks when a function starts, says whether a
//! code object is up to date. May touch bytecode, `_co_monitoring` of code objects, the monitoring members of the interpreter
//! and the tracing members of thread states. Everything runs under the GIL.
mod call;
pub mod code;
pub mod code_like;
pub mod control;
mod data;
mod event;
pub mod fire;
mod instrument;
pub mod interpreter;
pub mod legacy;
mod lines;
mod marks;
pub mod module;
mod monitors;
mod opcode;
mod prepare;
mod tool;
mod tracing;

pub use call::Answer;
pub use event::{Event, EventSet};
pub use fire::Place;
pub use instrument::instrument;
pub use interpreter::{Interpreter, changes};
pub use tool::{Tool, ToolSet};
pub use tracing::is_tracing;
