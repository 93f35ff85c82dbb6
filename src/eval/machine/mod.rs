//! `Machine`: what the evaluator keeps in registers while it runs a frame. Reads and writes the frame's code units, its
//! locals and its value stack, and nothing else.
//!
//! Here are the registers, the instruction at hand, and what decides whether it goes on; [`stack`] and [`variables`] are the
//! operands, [`caches`] what specialised instructions keep, [`frames`] how another frame becomes the one that runs.
mod caches;
mod frames;
mod stack;
mod variables;

use super::flow::{Flow, Leave};
use crate::bytecode::Opcode;
use crate::ffi;
use crate::monitoring;
use crate::object::Borrowed;
use crate::thread::{ThreadState, handle_requests};
use core::ptr::null_mut;

/// The registers of the evaluator: which frame runs, where in its code, and how high its stack is.
///
/// A `Machine` is a local variable of the loop. Instructions get it by `&mut` and are all inlined, so that its fields
/// become processor registers; hence it is never handed to a function that is not `#[inline(always)]`.
///
/// # Invariant
/// The frame is alive, and its code is what the compiler made (or a program that builds code objects took upon itself):
/// operands lie within the constants, names and locals, and the stack is as high as the instruction wants it. That is
/// the promise of [`Machine::new`]; each instruction keeps it by moving the stack as its line in the table says, which
/// debug builds check.
pub(in crate::eval) struct Machine {
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    /// The instruction that runs.
    this: *mut ffi::_Py_CODEUNIT,
    /// The one after it, behind its inline cache: where a jump is counted from.
    next: *mut ffi::_Py_CODEUNIT,
    /// The first free place of the value stack.
    stack: *mut *mut ffi::PyObject,
    opcode: Opcode,
    operand: u32,
}

impl Machine {
    /// A machine that is about to enter `frame`.
    ///
    /// # Safety
    /// The thread is attached and runs this; `frame` is alive until the evaluator leaves it, and its code is
    /// well-formed.
    #[inline(always)]
    pub(in crate::eval) unsafe fn new(
        thread: ThreadState,
        frame: *mut ffi::_PyInterpreterFrame,
    ) -> Self {
        Self {
            thread,
            frame,
            this: null_mut(),
            next: null_mut(),
            stack: null_mut(),
            opcode: Opcode::CACHE,
            operand: 0,
        }
    }

    /// The thread that evaluates.
    #[inline(always)]
    pub(in crate::eval) fn thread(&self) -> ThreadState {
        self.thread
    }

    /// The frame that runs.
    #[inline(always)]
    pub(in crate::eval) fn frame(&self) -> *mut ffi::_PyInterpreterFrame {
        self.frame
    }

    /// The frame's code.
    #[inline(always)]
    pub(in crate::eval) fn code(&self) -> Borrowed<'_, ffi::PyCodeObject> {
        // SAFETY: the frame is alive and owns its code.
        unsafe { Borrowed::from_raw_unchecked((*self.frame).f_executable.cast()) }
    }

    /// The instruction that stands `index` code units behind the start of the code.
    #[inline(always)]
    pub(in crate::eval) fn instruction(&self, index: usize) -> *mut ffi::_Py_CODEUNIT {
        self.code_start().wrapping_add(index)
    }

    /// The frame's first code unit.
    #[inline(always)]
    pub(in crate::eval) fn code_start(&self) -> *mut ffi::_Py_CODEUNIT {
        // SAFETY: the frame is alive and owns its code, whose instructions lie at its end.
        unsafe { ffi::_PyCode_CODE((*self.frame).f_executable.cast()) }
    }

    // --- instructions ---

    /// The opcode at hand.
    #[inline(always)]
    pub(in crate::eval) fn opcode(&self) -> Opcode {
        self.opcode
    }

    /// The operand of the instruction (`oparg`).
    #[inline(always)]
    pub(in crate::eval) fn operand(&self) -> usize {
        self.operand as usize
    }

    /// The operand as a number of C's size.
    #[inline(always)]
    pub(in crate::eval) fn operand32(&self) -> u32 {
        self.operand
    }

    /// Where the instruction stands that runs.
    #[inline(always)]
    pub(in crate::eval) fn this(&self) -> *mut ffi::_Py_CODEUNIT {
        self.this
    }

    /// Where the evaluator goes on.
    #[inline(always)]
    pub(in crate::eval) fn next(&self) -> *mut ffi::_Py_CODEUNIT {
        self.next
    }

    /// Goes on at another place of the same code.
    ///
    /// # Safety
    /// `next` is the start of an instruction of the frame's code, where the stack is as high as now.
    #[inline(always)]
    pub(in crate::eval) unsafe fn set_next(&mut self, next: *mut ffi::_Py_CODEUNIT) {
        self.next = next;
    }

    /// The distance of `next` from the start of the code, in code units.
    #[inline(always)]
    pub(in crate::eval) fn offset(&self) -> isize {
        // SAFETY: both point into the frame's code.
        unsafe { self.next.offset_from(self.code_start()) }
    }

    /// Reads the instruction at `next`.
    #[inline(always)]
    pub(in crate::eval) fn fetch(&mut self) {
        self.check_stack();
        // SAFETY: `next` is an instruction of the frame's code.
        let word = unsafe { (*self.next).cache };
        self.opcode = Opcode::new(word as u8);
        self.operand = u32::from(word >> 8);
    }

    /// Reads the opcode at `next` again and keeps the operand: somebody wrote another one there.
    #[inline(always)]
    pub(in crate::eval) fn fetch_opcode(&mut self) {
        // SAFETY: `next` is an instruction of the frame's code.
        self.opcode = Opcode::new(unsafe { (*self.next).cache } as u8);
    }

    /// Reads the instruction at `next` as the one that the prefix before it extends.
    #[inline(always)]
    pub(in crate::eval) fn fetch_extended(&mut self) {
        // SAFETY: `next` is an instruction of the frame's code.
        let word = unsafe { (*self.next).cache };
        self.opcode = Opcode::new(word as u8);
        self.operand = self.operand << 8 | u32::from(word >> 8);
    }

    /// Begins the instruction at `next`, which has an inline cache of `cache` units: from here on tracebacks name it.
    #[inline(always)]
    pub(in crate::eval) fn begin(&mut self, cache: usize) {
        self.this = self.next;
        // SAFETY: the frame is alive; code units follow the instruction, be it the last one of the loop's own trampoline.
        unsafe {
            (*self.frame).instr_ptr = self.next;
            self.next = self.next.add(1 + cache);
        }
    }

    /// Exchanges the low eight bits of the operand.
    #[inline(always)]
    pub(in crate::eval) fn set_low_operand(&mut self, low: u8) {
        self.operand = self.operand & !0xFF | u32::from(low);
    }

    /// Runs `opcode` instead, on the same place with the same operand.
    #[inline(always)]
    pub(in crate::eval) fn run_instead(&mut self, opcode: Opcode) -> Flow {
        self.opcode = opcode;
        self.next = self.this;
        Err(Leave::Again)
    }

    /// Goes on only if `holds`; else the generic instruction runs in place of the specialised one.
    #[inline(always)]
    pub(in crate::eval) fn guard(&mut self, holds: bool, generic: Opcode) -> Flow {
        if holds {
            Ok(())
        } else {
            self.run_instead(generic)
        }
    }

    /// Goes on only if the type of the value `depth` from the top has the version that the cache knows.
    #[inline(always)]
    pub(in crate::eval) fn guard_type_version(
        &mut self,
        depth: usize,
        version: u32,
        generic: Opcode,
    ) -> Flow {
        let class = self.peek(depth).type_of();
        let holds = crate::field!(class.tp_version_tag) == version;
        self.guard(holds, generic)
    }

    /// The operand of the instruction at `next`, for those that do its work too.
    #[inline(always)]
    pub(in crate::eval) fn operand_of_next(&self) -> usize {
        // SAFETY: `next` is an instruction of the frame's code.
        usize::from(unsafe { (*self.next).op.arg })
    }

    /// Moves by `distance` code units from behind the instruction.
    #[inline(always)]
    pub(in crate::eval) fn jump(&mut self, distance: isize) {
        // SAFETY: the compiler's jumps lead to instructions of the same code.
        self.next = unsafe { self.next.offset(distance) };
    }

    /// Handles what other threads, signals or the collector ask for.
    #[inline(always)]
    pub(in crate::eval) fn check_eval_breaker(&self) -> Flow {
        if self.eval_breaker() & ffi::_PY_EVAL_EVENTS_MASK as usize == 0 {
            return Ok(());
        }
        handle_pending(self.thread)
    }

    // --- the tools that watch ---

    /// Whether a tool is being told of something on this thread: then no other is told.
    #[inline(always)]
    pub(in crate::eval) fn is_tracing(&self) -> bool {
        monitoring::is_tracing(self.thread)
    }

    /// The word by which others ask for something: which tools watch, and in its low bits what is to be done at once.
    #[inline(always)]
    pub(in crate::eval) fn eval_breaker(&self) -> usize {
        self.thread.eval_breaker()
    }

    /// For which tools the code was prepared: as the other bits of [`Machine::eval_breaker`].
    #[inline(always)]
    pub(in crate::eval) fn code_version(&self) -> usize {
        let code = self.code();
        crate::field!(code._co_instrumentation_version)
    }

    /// Whether the code must be prepared, because the tools that watch have changed.
    #[inline(always)]
    pub(in crate::eval) fn is_outdated(&self) -> bool {
        self.code_version() != self.eval_breaker() & !(ffi::_PY_EVAL_EVENTS_MASK as usize)
    }
}

/// What others asked for, out of line: it is rare.
#[cold]
#[inline(never)]
fn handle_pending(thread: ThreadState) -> Flow {
    Ok(handle_requests(thread)?)
}
