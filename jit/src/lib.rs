//! The compiler: from what the core's evaluator learned of a code object to machine code. A library of its own, which the
//! core opens when code is hot; the two know each other through `pyroxene-jit-api` only.
mod backend;
mod code;
mod compile;
mod forks;
mod lower;
mod memory;

use pyroxene_jit_api::{Door, VERSION};

/// What the core gets to call.
static DOOR: Door = Door {
    version: VERSION,
    compile: compile::compile,
    release: compile::release,
    before_fork: forks::before_fork,
    after_fork: forks::after_fork,
};

/// The door of the library ([`pyroxene_jit_api::DoorFunction`]).
#[unsafe(no_mangle)]
pub extern "C" fn pyroxene_jit_door() -> *const Door {
    &raw const DOOR
}

#[cfg(test)]
mod tests;
