//! Calls: how arguments get from a caller to a callee, and its result back.
//!
//! Replaces `Objects/call.c`. A callable has a function that takes an array (vectorcall, PEP 590), or else `tp_call`, which
//! takes a tuple and a dict; callers have arrays, tuples, dicts, formats. This module brings the two together and holds
//! the callee to its word: a result or an exception, never both and never neither. It runs any code and touches argument
//! arrays and the thread state's exception; few arguments stay on the C stack, so that most calls allocate nothing.
//!
//! Rust code calls through [`Borrowed::call`](crate::object::Borrowed::call) and
//! [`Borrowed::call_method`](crate::object::Borrowed::call_method), or, where it has its arguments in another shape or the
//! thread state at hand, through the functions here, as the evaluator does.
pub mod arguments;
pub(crate) mod array;
mod borrowed;
pub mod method;
pub mod result;
pub mod tp_call;
pub mod unpacked;
pub mod variadic;
pub mod vectorcall;

pub use arguments::{Arguments, MethodArguments};
