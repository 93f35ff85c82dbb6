//! What the core and the compiler library say to each other: plain values, no behaviour, and no dependency.
//!
//! The core takes a [`Snapshot`] of a code object under the GIL, hands it through the [`Door`] to the library
//! (which knows of the runtime what the [`Host`] tells it), and gets an [`Artifact`] back. Neither side looks into the
//! other: objects are numbers here, and who holds references to them is said with each type.
mod artifact;
mod class;
mod door;
mod host;
mod operand;
mod operation;
mod reason;
mod snapshot;
mod target;

pub use artifact::{
    Artifact, CodeMemory, Entrance, Exit, ExitCall, ExitEntry, ExitFrame, ExitInlined, ExitKind,
    ExitLocal, ExitOwner, ExitRecord, ExitSource, ExitState, ExitValue, ExitValueKind, Interpreted,
    LineAt, Run, RunPassed, Timing,
};
pub use class::Class;
pub use door::{
    CannotGoOn, DOOR_SYMBOL, Door, DoorFunction, Dumps, Refusal, Request, Tier, VERSION,
};
pub use host::{
    CLASS_WORDS, Catch, CodeRange, CompareHelper, EXIT_VALUES, Helpers, Host, INLINED_FRAMES,
    INLINED_WORDS, Layout, PASSED_ON, Raw, Singletons, Types, UnaryHelper, VIRTUAL_ITEMS,
};
pub use operand::{Function, Items, OPERANDS, Operand};
pub use operation::{Gives, Operation, Takes, Told};
pub use reason::Reason;
pub use snapshot::{
    Body, Builtin, COMPARE_TO_BOOL, Callee, Entry, Failure, Handler, Known, Local, LocalKind,
    Object, ObjectId, OperatorStandIn, Parameter, Passed, Right, Sight, Sights, Site, Snapshot,
    StandIn, Unit, Wanted,
};
pub use target::{Running, Target};
