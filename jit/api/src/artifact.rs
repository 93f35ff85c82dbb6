//! `Artifact`: what the compiler makes.
use crate::{Raw, Reason};
use core::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Machine code for a code object, with what is needed to run, explain and free it.
///
/// It refers to the objects of the [`Snapshot`](crate::Snapshot) that it was made from through a table of its own.
#[derive(Debug)]
pub struct Artifact {
    /// The code. Its last argument is the index of one of the snapshot's entries.
    pub run: Run,
    /// The exits; the code names one by its index.
    pub exits: Vec<ExitRecord>,
    /// The instructions that the code has the evaluator run.
    pub interpreted: Vec<Interpreted>,
    /// Which lines the code belongs to, in the order of addresses, if the request wants that.
    pub lines: Vec<LineAt>,
    /// The files that those are lines of: the first is the code object's own, others are those of inlined calls.
    pub files: Vec<String>,
    /// Where its instructions lie, without the tables.
    pub instructions: Range<usize>,
    /// Where the code begins in memory.
    pub code_start: usize,
    /// How many bytes it takes, with its tables.
    pub code_size: usize,
    /// What took how long.
    pub timings: Vec<Timing>,
    /// The text of what was to be dumped ([`Dumps`](crate::Dumps)), with the name of the stage.
    pub dumps: Vec<(&'static str, String)>,
    /// What holds the machine code. Given to the library's `release` when no frame runs in it any more.
    pub memory: CodeMemory,
}

/// A handle of the library's for the machine code of an artifact.
#[derive(Debug, PartialEq, Eq)]
pub struct CodeMemory(pub Raw);

// SAFETY: a handle is a number until it is given back to the library, which takes it from any thread.
unsafe impl Send for CodeMemory {}

/// Machine code. It takes the thread state, the evaluator's frame, which of the snapshot's entries it is entered at, and the
/// lowest address to which the C stack may grow by calls from machine code to machine code. The frame's slots hold what they
/// hold before the entry's instruction; its stack is as high as the compiler knows it to be there, and `stacktop` does not
/// say so (-1, as while the evaluator runs it).
pub type Run = unsafe extern "C" fn(thread: Raw, frame: Raw, entry: u32, floor: usize) -> Exit;

/// How machine code is entered.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Entrance {
    /// An index of the snapshot's entries.
    pub entry: u64,
    /// What runs, or nothing if nothing is to be.
    pub run: Option<Run>,
}

/// Machine code of a snapshot that says what C [passes](crate::Snapshot::passed): it takes also as many words with that, each
/// a double, an int or an object, and the function that is called, which somebody keeps during the call. The frame is the one
/// that the thread runs, of which it only wants to know; that of the function is put above it on the data stack if one is
/// needed. If it is [unable](ExitKind::Unable), nothing was done.
pub type RunPassed = unsafe extern "C" fn(
    thread: Raw,
    frame: Raw,
    entry: u32,
    floor: usize,
    passed: *const u64,
    function: Raw,
) -> Exit;

/// How machine code ended. Unless it has returned or yielded, the thread's current frame is the one that goes on, which may be a frame
/// that machine code has called: once the [`ExitState`] is written, its locals, its value stack with its height, and
/// `instr_ptr` are right, and so are those of its callers. The activation that has left is still counted by its
/// [`Running`](crate::Running); those of its callers are not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Exit {
    /// Which exit it was, an index into [`Artifact::exits`] of the code that has left.
    pub index: u32,
    /// What the evaluator does now.
    pub kind: ExitKind,
    /// If it has returned or yielded, what the function gives, with a reference. Otherwise the [`Snapshot::running`] of the
    /// code that has left, or NULL if it was the runtime that could not go on in machine code.
    ///
    /// [`Snapshot::running`]: crate::Snapshot::running
    pub payload: Raw,
}

/// What the evaluator does after machine code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u32)]
pub enum ExitKind {
    /// It goes on with the instruction at `instr_ptr`.
    Resume = 0,
    /// An exception is set, raised by the instruction at `instr_ptr`: it looks for the handler.
    Error = 1,
    /// The thread runs another frame now, which it is about to enter.
    Switched = 2,
    /// The function has returned, and its frame is gone.
    Returned = 3,
    /// The generator or coroutine has paused at a `yield`, and its caller's frame is the thread's.
    Yielded = 4,
    /// Only from [`Helpers::resume`](crate::Helpers::resume) and [`RunPassed`]: nothing was done.
    Unable = 5,
    /// Only from [`RunPassed`]: the function has returned a float, whose bits are the payload.
    Float = 6,
    /// The same with an int of 64 bits.
    Int = 7,
}

/// What an exit is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExitRecord {
    /// The instruction that the evaluator goes on with, in units.
    pub offset: u32,
    /// If that is an instruction of an inlined call: of which.
    pub inlined: Option<ExitInlined>,
    /// Why the code leaves.
    pub reason: Reason,
    /// What is still to be written to the frame; without it, the frame is right as it is.
    pub state: Option<Arc<ExitState>>,
}

/// What the core writes to the frame after machine code has left. The code itself has only put the values that are not
/// constant into [`Host::exit_values`](crate::Host::exit_values): so exits are little code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExitState {
    /// The locals whose slots are out of date.
    pub locals: Vec<ExitLocal>,
    /// The value stack, from its bottom.
    pub stack: Vec<ExitEntry>,
    /// If the frame has called another, whose call was inlined: where.
    pub call: Option<ExitCall>,
    /// The frames of inlined calls, from the outermost. The last one's is the one that goes on.
    pub frames: Vec<ExitFrame>,
    /// The items of tuples that are made.
    pub tuples: Vec<Vec<ExitEntry>>,
}

/// An inlined call in which code leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitInlined {
    /// Its code, an index of the snapshot's inlined bodies.
    pub body: u32,
    /// How many inlined calls run, one called by the other.
    pub depth: u32,
    /// The instruction of the outermost code that calls the first of them, in units.
    pub call: u32,
}

/// The call at which a frame stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitCall {
    /// The instruction, in units.
    pub offset: u32,
    /// The one after it.
    pub next: u32,
    /// Whether the frame is in memory as it has to be: nothing of it is written.
    pub written: bool,
}

/// What the frame of an inlined call is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitOwner {
    /// This function, which was called.
    Function(ExitEntry),
    /// This function, which stands in for one of C that was called: the frame is C's.
    StandIn(ExitEntry),
    /// None: it is between that of who has called a class and that of `__init__`.
    Class,
    /// This generator, which goes on and has the frame in it.
    Generator(ExitEntry),
}

/// The frame of an inlined call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExitFrame {
    /// Whether it is in memory. If not, it is made, above the one that called it.
    pub pushed: bool,
    /// What has it.
    pub owner: ExitOwner,
    /// Its locals, if they have to be written.
    pub locals: Option<Vec<ExitEntry>>,
    /// Its value stack, from its bottom.
    pub stack: Vec<ExitEntry>,
    /// If it has called another: where.
    pub call: Option<ExitCall>,
}

/// A local whose slot holds something older, which dies unseen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitLocal {
    /// The slot.
    pub slot: u32,
    /// Its value.
    pub value: ExitValue,
    /// A truth value: without it, or if it is not 0, the slot is out of date.
    pub stale: Option<ExitSource>,
}

/// A place of the value stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitEntry {
    /// Its value.
    pub value: ExitValue,
    /// Whether the reference of an object is the place's already. If not, one is taken.
    pub owned: bool,
}

/// A value, and how it is represented.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitValue {
    /// Where it is.
    pub source: ExitSource,
    /// What it is.
    pub kind: ExitValueKind,
    /// Whether the same unboxed value occurs elsewhere in the state too: they become one object.
    pub shared: bool,
}

/// How a value is represented.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitValueKind {
    /// The address of an object, or NULL.
    Object,
    /// The bits of a double.
    Float,
    /// A number.
    Int,
    /// A truth value, 0 or 1.
    Bool,
    /// A new tuple: an index of [`ExitState::tuples`].
    Tuple,
}

/// Where 64 bits are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitSource {
    /// The code has left them there: an index into [`Host::exit_values`](crate::Host::exit_values).
    Saved(u32),
    /// They are always the same.
    Constant(u64),
}

/// An instruction that has no machine code of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interpreted {
    /// Where it is, in units.
    pub offset: u32,
    /// Its number.
    pub opcode: u8,
}

/// From here on, up to the next such place, machine code belongs to a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineAt {
    /// The address of the first instruction.
    pub address: usize,
    /// The line; 0 where there is none.
    pub line: u32,
    /// Its file, an index of [`Artifact::files`].
    pub file: u32,
}

/// How long a step of a compilation took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// The step.
    pub step: &'static str,
    /// Its time.
    pub time: Duration,
}
