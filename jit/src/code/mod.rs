//! Machine code in memory: where it lies, how LLVM's objects get there, and who is told of it (unwinders, gdb). Touches the
//! range of addresses that the core reserves for it.
mod debugger;
mod lines;
mod linker;
mod range;
mod unwind;

pub use lines::lines;
pub use linker::{Failure, LITERALS, Loaded, load};
pub use range::Range;
