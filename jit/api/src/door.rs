//! `Door`: how the core opens the library.
use crate::{Artifact, CodeMemory, Host, Snapshot};

/// What tells builds of this crate apart, a hash of its sources and of the compiler's version. The core calls a door only if
/// its version is this one.
pub const VERSION: u64 = parse(env!("PYROXENE_JIT_API"));

/// The name of the only symbol that the core asks the library for: a [`DoorFunction`].
pub const DOOR_SYMBOL: &core::ffi::CStr = c"pyroxene_jit_door";

/// The type of the library's symbol. What it gives is never freed.
pub type DoorFunction = unsafe extern "C" fn() -> *const Door;

/// The library's functions. They may be called from any thread, by several at once; none needs the GIL.
#[repr(C)]
pub struct Door {
    /// The [`VERSION`] that the library was built with. It is first, and of a type that no build changes, so that it can be
    /// read before anything else is believed.
    pub version: u64,
    /// Compiles.
    pub compile: fn(&Host, &Request<'_>) -> Result<Artifact, Refusal>,
    /// Frees machine code.
    ///
    /// # Safety
    /// No thread runs in the code or will enter it.
    pub release: unsafe fn(CodeMemory),
    /// The thread is about to fork: waits until the library's locks are whole, which is soon, and keeps them so.
    pub before_fork: fn(),
    /// It has forked, and is in the parent or in the child.
    pub after_fork: fn(),
}

/// The type of [`Host::cannot_go_on`].
pub type CannotGoOn = fn(Refusal);

/// What is to be compiled, and how.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The code.
    pub snapshot: &'a Snapshot,
    /// How well.
    pub tier: Tier,
    /// What to keep as text.
    pub dumps: Dumps,
}

/// How much time goes into the machine code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tier {
    /// As little as possible.
    Quick,
    /// What pays for code that runs long.
    Hot,
}

/// What to keep as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Dumps {
    /// HIR, after each pass.
    pub hir: bool,
    /// LLVM's IR.
    pub llvm: bool,
    /// Machine code.
    pub assembly: bool,
}

/// Why code is not compiled at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The bytecode is not what the compiler of this Python would make: it jumps where there is no instruction, or its stack
    /// has different heights at one place.
    Malformed {
        /// Where, in units.
        offset: u32,
    },
    /// It has too many instructions.
    TooLarge {
        /// How many units.
        units: usize,
    },
    /// Its exits would have to save too much: that grows with the square of the code where it has many locals.
    TooManyExits {
        /// How many values, those of all exits together.
        values: usize,
    },
    /// There is no place to enter it.
    NoEntry,
    /// The compiler library is missing, or of another build.
    NoLibrary,
    /// There was not enough memory.
    NoMemory,
    /// The machine code could not be made; the text says what failed.
    Backend(&'static str),
}

impl Refusal {
    /// Its name in statistics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyExits { .. } => "too_many_exits",
            Self::NoEntry => "no_entry",
            Self::NoLibrary => "no_library",
            Self::NoMemory => "no_memory",
            Self::Backend(_) => "backend",
        }
    }
}

/// A decimal number.
const fn parse(digits: &str) -> u64 {
    match u64::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("the build script writes a number"),
    }
}
