//! Objects: who owns a reference, how an object is born, compared, shown, looked into, and how it dies.
//!
//! The ownership types (`Owned`, `Borrowed`, `Raised`) are what the whole core stands on; the other modules replace
//! `Objects/object.c` and may touch any object through them.
mod borrowed;
pub mod code_points;
pub mod compare;
pub mod debug;
pub mod exception;
pub mod generic;
mod immutable;
mod layout;
pub mod life;
pub mod lookup;
mod operations;
mod owned;
pub mod plain;
mod raised;
mod recursion;
pub mod rows;
pub mod singletons;
mod slot;
pub mod static_type;
pub mod static_types;
pub mod text;
pub mod trashcan;
pub mod type_slot;
pub mod unseen;

pub use borrowed::Borrowed;
pub use immutable::tuple_of;
pub use layout::{Exact, Layout, Typed};
pub use operations::{audit, audit_attribute, import};
pub use owned::Owned;
pub use raised::{IntoC, Lookup, Raised, check_bool, check_status, raise};
pub use recursion::Recursion;
pub use slot::Slot;
