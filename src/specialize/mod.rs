//! Specialisation: an instruction that has run a few times becomes one that is made for the objects it meets (PEP 659).
//!
//! Replaces `Python/specialize.c`. The evaluator counts down in the instruction's cache and then asks here, with the
//! objects at hand. Each family of instructions has a file; its function looks at the objects, writes what the specialised
//! instruction checks and uses into the cache, and settles the instruction as the one or the other
//! ([`Site`]). Nothing here raises or takes references. Types, functions and tables of keys are given versions, and a
//! class's own small cache (`_spec_cache`) is filled.
//!
//! Which specialised instruction fits which objects is a contract with the evaluator, which checks the guards and nothing
//! else; it is CPython's, because its tests and tools look at it (`dis` with `adaptive=True`).
pub mod arithmetic;
pub mod attributes;
pub mod calls;
pub mod compare;
pub mod contains;
mod descriptors;
mod functions;
pub mod globals;
pub mod init_cleanup;
pub mod iteration;
mod keys;
mod methods;
pub mod quicken;
pub mod send;
mod site;
pub mod subscripts;
pub mod super_attributes;
pub mod to_bool;
pub mod unpack;

pub use keys::lacks;
pub use site::Site;
