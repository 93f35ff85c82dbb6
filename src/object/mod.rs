//! Objects: who owns a reference, how an object is born, compared, shown, looked into, and how it dies.
//!
//! The first three modules are the ownership types on which the whole core stands; the others replace
//! `Objects/object.c` and may touch any object through them.
mod borrowed;
pub mod exception;
mod layout;
mod operations;
mod owned;
mod raised;
mod slot;
pub mod static_type;

pub use borrowed::Borrowed;
pub use layout::{Layout, Typed};
pub use operations::{audit, import};
pub use owned::Owned;
pub use raised::{IntoC, Lookup, Raised, check_bool, check_status, raise};
pub use slot::Slot;
