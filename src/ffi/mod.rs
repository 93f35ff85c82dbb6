//! CPython's declarations as Rust sees them: bindgen's output, and by hand what bindgen cannot translate.
//!
//! Sizes and offsets of every struct are asserted at compile time (bindgen's layout tests are constants). Nothing here
//! has an opinion about ownership; that begins in [`crate::object`].
mod frames;
mod inline;
mod inline_call;
mod inline_dict;
mod inline_lock;
mod inline_long;
mod inline_object;
mod inline_runtime;
mod inline_type;
mod undeclared;

pub use bindings::*;
pub use frames::*;
pub use inline::*;
pub use inline_call::*;
pub use inline_dict::*;
pub use inline_lock::*;
pub use inline_long::*;
pub use inline_object::*;
pub use inline_runtime::*;
pub use inline_type::*;
pub use undeclared::*;

/// What bindgen made of `include/bindings.h`.
#[allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unnecessary_transmutes,
    unreachable_pub,
    unsafe_op_in_unsafe_fn,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    reason = "generated code: its names and its style are CPython's and bindgen's"
)]
mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
}
