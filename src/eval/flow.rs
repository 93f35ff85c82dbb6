//! How an instruction ends. Touches nothing.
use crate::object::Raised;

/// What an instruction gives: go on with the next one, or leave the straight way.
pub(super) type Flow = Result<(), Leave>;

/// Why the evaluator does not go on with the next instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The machine holds another opcode for the same place: a specialised instruction gave way to the generic one, or the
    /// generic one was just specialised.
    Again,
    /// A frame was pushed that starts from its beginning.
    Enter,
    /// An exception is set, which the frame that runs may handle.
    Error,
    /// As `Error`, but the traceback has this frame already and nobody is told again.
    Reraise,
    /// An exception is set, and the frame that runs does not handle it.
    Unwind,
    /// The evaluator returns to C what lies on the stack.
    Exit,
}

impl From<Raised> for Leave {
    #[inline(always)]
    fn from(_: Raised) -> Self {
        Self::Error
    }
}
