//! Frames: what the evaluator keeps of each activation of Python code, and the objects that Python gets for them.
//!
//! Replaces `Python/frame.c` and `Objects/frameobject.c`. A [`Frame`] is the evaluator's record, on the thread's stack of
//! data or inside a generator; a [`FrameObject`] is made for one when somebody asks, and takes it over when it ends first.
//! This module touches both, and the thread state's pointer to the innermost frame. Pushing frames on the stack of data
//! and running them is the evaluator's business.
//!
//! [`VisibleFrames`] is the gate: whoever in Rust wants to see the frames of a thread gets them from there, so that there
//! is one place where frames that exist in another shape can be made real. `docs/frames.md` has the readers in C.
mod activation;
mod attributes;
pub mod builtins;
mod code;
mod jump;
mod life;
pub mod locals_proxy;
pub mod namespace;
pub mod object;
mod stack;
pub mod types;
pub mod variables;

pub use activation::{Frame, Owner};
pub use code::Kind;
pub use object::FrameObject;
pub use stack::{OnStack, VisibleFrames, as_they_lie, make_current};
