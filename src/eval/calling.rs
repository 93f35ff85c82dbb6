//! Calls of Python functions, for machine code that does not know which: what the instructions that call do, up to where the
//! function's machine code is entered. Makes frames.
use super::machine::Machine;
use super::step::{self, Begun};
use super::{frames, recursion, resume};
use crate::bytecode::Opcode;
use crate::ffi;
use crate::field;
use crate::frame::make_current;
use crate::jit::executor::executor_of;
use crate::object::{Borrowed, Owned, Raised};
use crate::profile;
use crate::thread::ThreadState;
use pyroxene_jit_api::Run;

/// How far a call has come.
pub(crate) enum Called {
    /// Nothing was done: the evaluator makes the call.
    Not,
    /// The thread runs the function's frame, on which machine code is to be entered so.
    Enters((Run, u32)),
    /// The thread runs the function's frame, which is about to be entered by the evaluator.
    Switched,
}

/// Calls a Python function, or a bound method of one, that has machine code
/// ([`Helpers::begin_call`](pyroxene_jit_api::Helpers::begin_call)).
///
/// Now and then the evaluator makes a call that could be made here, as that notes what is called.
///
/// # Errors
/// `TypeError` when the arguments do not fit the parameters; `MemoryError`. The operands are gone then, too.
///
/// # Safety
/// The thread runs the caller, which is written whole, with its `return_offset`. At the place lie the callable, `self` or NULL, and
/// so many arguments, the last of which have the names: references, which are given away unless nothing was done.
pub(crate) unsafe fn begin(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    place: *mut *mut ffi::PyObject,
    count: usize,
    names: Option<Borrowed<'_, ffi::PyTupleObject>>,
    floor: usize,
) -> Result<Called, Raised> {
    if !may_begin(thread, floor) {
        return Ok(Called::Not);
    }
    // SAFETY: as the caller promises. A bound method has both; the new frame, which takes all of the operands whatever happens, is
    // not where they are.
    unsafe {
        let callable: Borrowed<'_> = Borrowed::from_raw_unchecked(*place);
        let is_bound =
            (*place.add(1)).is_null() && callable.is_exactly(&raw const ffi::PyMethod_Type);
        let method = callable.as_ptr().cast::<ffi::PyMethodObject>();
        let function = if is_bound {
            Borrowed::from_raw_unchecked((*method).im_func)
        } else {
            callable
        };
        if !has_machine_code(function) {
            return Ok(Called::Not);
        }
        // It goes when the frame is there, which is then of the code that was looked at: somebody may be told of it.
        let bound = is_bound.then(|| Owned::<ffi::PyObject>::from_raw_unchecked(method.cast()));
        if bound.is_some() {
            *place = function.new_ref().into_raw();
            *place.add(1) = Borrowed::from_raw_unchecked((*method).im_self)
                .new_ref()
                .into_raw();
        }
        let (first, count) = if (*place.add(1)).is_null() {
            (place.add(2), count)
        } else {
            (place.add(1), count + 1)
        };
        let function = Owned::from_raw_unchecked((*place).cast::<ffi::PyFunctionObject>());
        let positional = count - names.map_or(0, |names| names.items().len());
        let frame = frames::push_and_init(thread, function, None, first, positional, names)?;
        drop(bound);
        Ok(enter(thread, caller, frame))
    }
}

/// The same for the instruction that unpacks: calls a Python function with the items of a tuple, and with those of a dictionary if there
/// is one ([`Helpers::begin_call_unpacked`](pyroxene_jit_api::Helpers::begin_call_unpacked)).
///
/// # Errors
/// As [`begin`]; `TypeError` for a key of the dictionary that is no `str`.
///
/// # Safety
/// The thread runs the caller, which is written whole, with its `return_offset`. At the place lie the callable, NULL, something to
/// iterate over and, if that is said, a dictionary: references, which are given away unless nothing was done.
pub(crate) unsafe fn begin_unpacked(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    place: *mut *mut ffi::PyObject,
    has_keywords: bool,
    floor: usize,
) -> Result<Called, Raised> {
    if !may_begin(thread, floor) {
        return Ok(Called::Not);
    }
    // SAFETY: as the caller promises.
    unsafe {
        let callable: Borrowed<'_> = Borrowed::from_raw_unchecked(*place);
        let arguments: Borrowed<'_> = Borrowed::from_raw_unchecked(*place.add(2));
        if !has_machine_code(callable) || !arguments.is_exactly(&raw const ffi::PyTuple_Type) {
            return Ok(Called::Not);
        }
        let function = Owned::from_raw_unchecked((*place).cast());
        let arguments = Owned::from_raw_unchecked((*place.add(2)).cast());
        let keywords = has_keywords.then(|| Owned::from_raw_unchecked((*place.add(3)).cast()));
        let frame = frames::push_and_init_ex(thread, function, None, arguments, keywords)?;
        Ok(enter(thread, caller, frame))
    }
}

/// Whether machine code may run that is called from here, and it is not the evaluator's turn to note what is called.
#[inline(always)]
fn may_begin(thread: ThreadState, floor: usize) -> bool {
    resume::may_run(thread, floor) && !(profile::notes(thread) && profile::is_turn())
}

/// Whether a callable is a function that machine code can be entered for at its beginning: its frame is a plain one of ours.
///
/// # Safety
/// It is alive.
#[inline(always)]
unsafe fn has_machine_code(callable: Borrowed<'_>) -> bool {
    let Some(function) = callable.downcast::<ffi::PyFunctionObject>() else {
        return false;
    };
    let usual = ffi::_PyFunction_Vectorcall as *const ();
    let is_usual =
        field!(function.vectorcall).is_some_and(|vectorcall| vectorcall as *const () == usual);
    // SAFETY: a function has its code, which begins where it says.
    unsafe {
        let code: Borrowed<'_, ffi::PyCodeObject> =
            Borrowed::from_raw_unchecked(field!(function.func_code).cast());
        let begin = code.instruction_at(field!(code._co_firsttraceable) as usize);
        is_usual
            && (*begin).op.code == Opcode::ENTER_EXECUTOR.number()
            && code.has_flag(ffi::CO_OPTIMIZED)
            && !code.makes_generator()
    }
}

/// Has the thread run a new frame above its caller's, and enter its machine code, if it still has some.
///
/// # Safety
/// The thread runs the caller; the frame is ready to run, and linked to no other.
#[inline(always)]
unsafe fn enter(
    thread: ThreadState,
    caller: *mut ffi::_PyInterpreterFrame,
    frame: *mut ffi::_PyInterpreterFrame,
) -> Called {
    // SAFETY: as the caller promises; an `ENTER_EXECUTOR` stands in the code with its record.
    unsafe {
        (*frame).previous = caller;
        make_current(thread, frame);
        let code = (*frame).f_executable.cast::<ffi::PyCodeObject>();
        let first = *(*frame).instr_ptr;
        let argument = if first.op.code == Opcode::ENTER_EXECUTOR.number() {
            (*frame).stacktop = -1;
            usize::from(first.op.arg)
        } else {
            match step::begin(&mut Machine::new(thread, frame), false) {
                Begun::Enters(argument) => argument,
                Begun::Ended | Begun::Stands => return Called::Switched,
            }
        };
        recursion::count_python(thread);
        Called::Enters(executor_of(code, argument).entrance())
    }
}
