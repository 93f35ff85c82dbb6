//! Modules of Python functions made in Rust: how one is declared, how arguments come in and results go out.
//!
//! A module is a type that implements [`ModuleState`], its functions are ordinary Rust functions with typed parameters,
//! and [`methods!`](crate::methods) makes the table that Python sees. Conversions and messages are Argument Clinic's,
//! so a caller cannot tell. Touches argument vectors and the memory of module objects.
mod args;
mod definition;
mod function;
mod keywords;
mod method;
mod record;
mod returns;
mod single_phase;

pub use args::{Argument, Bitwise, Label, Parameter};
pub use definition::{Definition, Module, ModuleState};
pub use function::{Function, Values, call_keywords, call_none, call_one, call_positional};
pub use keywords::{Keywords, Name};
pub use method::{Fast, Method, NoArguments, One, WithKeywords, text};
pub use record::{Record, RecordField, RecordType};
pub use returns::IntoObject;
pub use single_phase::SinglePhase;
