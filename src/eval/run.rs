//! The loop: `_PyEval_EvalFrameDefault`. Dispatches instructions, enters and leaves frames, finds the handlers of exceptions.
use super::flow::Leave;
use super::machine::Machine;
use super::table::dispatch;
use super::unwind::load_raised;
use super::{exceptions, frames, monitor, recursion};
use crate::ffi;
use crate::frame::{Frame, Owner, make_current};
use crate::monitoring::{Interpreter, instrument};
use crate::object::{Owned, Raised, exception, raise};
use crate::thread::ThreadState;
use crate::traceback::add;
use core::ffi::c_int;
use core::ptr::null_mut;

/// What the loop counts on the C stack, in the units of `c_recursion_remaining`: it is a big function.
pub(super) const C_STACK_UNITS: i32 = 2;

/// One code unit.
const fn unit(opcode: u32, operand: u32) -> u16 {
    opcode as u8 as u16 | (operand as u16) << 8
}

/// The instructions on which a frame of C stands that has called Python code: the first pair is reached when that
/// returns, the second when it yields. A no-operation stands before each, so that the instruction pointer is inside.
static TRAMPOLINE: [u16; 5] = [
    unit(ffi::NOP, 0),
    unit(ffi::INTERPRETER_EXIT, 0),
    unit(ffi::NOP, 0),
    unit(ffi::INTERPRETER_EXIT, 0),
    unit(
        ffi::RESUME,
        ffi::RESUME_OPARG_DEPTH1_MASK | ffi::RESUME_AT_FUNC_START,
    ),
];

/// The frame that stands for the C code which called the evaluator. Frames of Python return to it, and its code leaves
/// the loop.
struct EntryFrame(ffi::_PyInterpreterFrame);

impl EntryFrame {
    fn new(previous: *mut ffi::_PyInterpreterFrame) -> Self {
        Self(ffi::_PyInterpreterFrame {
            f_executable: &raw mut ffi::_Py_NoneStruct,
            previous,
            f_funcobj: null_mut(),
            f_globals: null_mut(),
            f_builtins: null_mut(),
            f_locals: null_mut(),
            frame_obj: null_mut(),
            instr_ptr: (&raw const TRAMPOLINE[1]).cast_mut().cast(),
            stacktop: 0,
            return_offset: 0,
            owner: Owner::C_STACK.to_c(),
            localsplus: [null_mut()],
        })
    }
}

/// How the loop begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    /// The frame is ready to run, and linked to no other.
    Begin,
    /// So it is, and raises the exception that is set where it stands.
    Throw,
    /// Machine code has run the frame without the loop, and has left. The frame is linked to what called it, and the thread
    /// runs it or one above it, which goes on so. The frame of C is not counted yet, but there is room for it.
    Left(After),
}

/// How a frame goes on that machine code has left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub(crate) enum After {
    /// With the instruction at which it stands. The numbers are none that C passes for truth values.
    Resume = i32::MIN,
    /// With the exception that is set, raised by the instruction at which it stands.
    Error,
    /// It is about to be entered.
    Enter,
}

impl After {
    /// As the last argument of `_PyEval_EvalFrameDefault`, which tools have to find on the C stack whenever the loop runs: that
    /// is why there is no other function for it.
    pub(crate) const fn to_c(self) -> c_int {
        self as c_int
    }
}

impl Start {
    /// From C, where any number but 0 is true.
    #[inline(always)]
    pub(crate) const fn from_c(start: c_int) -> Self {
        const RESUME: c_int = After::Resume.to_c();
        const ERROR: c_int = After::Error.to_c();
        const ENTER: c_int = After::Enter.to_c();
        match start {
            0 => Self::Begin,
            RESUME => Self::Left(After::Resume),
            ERROR => Self::Left(After::Error),
            ENTER => Self::Left(After::Enter),
            _ => Self::Throw,
        }
    }
}

/// Runs a frame, and the frames that it calls, until it returns, yields or raises (PEP 523's default evaluator,
/// ceval.c `_PyEval_EvalFrameDefault`).
///
/// Calls from Python code to Python code stay in this loop and take no C stack.
///
/// # Safety
/// The thread is attached. `frame` is ready to run: new, or suspended with its stack saved; its code is well-formed. It
/// is the evaluator's until it comes back. All is as `start` says.
#[inline(always)]
pub(crate) unsafe fn evaluate(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    start: Start,
) -> Result<Owned, Raised> {
    // SAFETY: the thread state is alive and ours; so is the frame.
    let below = unsafe {
        match start {
            Start::Begin | Start::Throw => (*thread.as_ptr()).current_frame,
            Start::Left(_) => (*frame).previous,
        }
    };
    let mut entry = EntryFrame::new(below);
    let entry = &raw mut entry.0;
    // SAFETY: as the caller promises; the entry frame outlives all frames above it.
    let mut machine = unsafe {
        (*frame).previous = entry;
        let mut machine = Machine::new(thread, frame);
        match start {
            Start::Begin | Start::Throw => machine.switch_to(frame),
            Start::Left(_) => machine.switch_to_current(),
        }
        machine
    };
    let mut leave = match start {
        Start::Begin => begin(&mut machine, false),
        Start::Throw => begin(&mut machine, true),
        Start::Left(after) => go_on(&mut machine, after),
    };
    loop {
        match leave {
            Leave::Enter => {
                if recursion::enter_python(thread).is_err() {
                    leave = Leave::Unwind;
                    continue;
                }
                machine.load_next(0);
                machine.load_stack();
            }
            Leave::Error => {
                note_error(&mut machine);
                leave = handle(&mut machine);
                if leave != Leave::Again {
                    continue;
                }
            }
            Leave::Reraise => {
                leave = handle(&mut machine);
                if leave != Leave::Again {
                    continue;
                }
            }
            Leave::Unwind => {
                end_frame(&mut machine);
                if machine.frame() == entry {
                    finish(thread, entry);
                    return Err(Raised::on_c_word());
                }
                machine.load_next(0);
                machine.load_stack();
                leave = Leave::Error;
                continue;
            }
            Leave::Exit => {
                let value = machine.pop();
                finish(thread, entry);
                return Ok(value);
            }
            Leave::Again => {}
        }
        machine.fetch();
        leave = dispatch!(looped, machine);
    }
}

/// Counts the frame of C, and begins the first frame of Python.
#[inline(always)]
fn begin(machine: &mut Machine, throwing: bool) -> Leave {
    let thread = machine.thread();
    recursion::count_c(thread, C_STACK_UNITS - 1);
    if recursion::enter_c(thread, c"").is_err() {
        // Leaving counts back what was counted; the Python frame was not yet.
        recursion::count_c(thread, 1);
        recursion::count_python(thread);
        return Leave::Unwind;
    }
    if !throwing {
        return Leave::Enter;
    }
    if recursion::enter_python(thread).is_err() {
        return Leave::Unwind;
    }
    // The frame does not pass its RESUME, which would look whether instrumentation changed.
    // SAFETY: the frame is alive with its code; an exception is set.
    unsafe {
        let frame = machine.frame();
        let _instrumented = instrument(machine.code(), Interpreter::of(thread));
        monitor::throw(thread, frame, (*frame).instr_ptr);
    }
    machine.load_next(0);
    machine.load_stack();
    Leave::Error
}

/// Counts the frame of C, and goes on where machine code has left.
#[cold]
fn go_on(machine: &mut Machine, after: After) -> Leave {
    recursion::count_c(machine.thread(), C_STACK_UNITS);
    match after {
        After::Resume => {
            machine.load_next(0);
            machine.load_stack();
            Leave::Again
        }
        After::Error => {
            load_raised(machine);
            Leave::Error
        }
        After::Enter => Leave::Enter,
    }
}

/// Takes away the frame that runs, which does not handle the exception that is set; the one below it is the one that runs then.
#[inline(always)]
pub(super) fn end_frame(machine: &mut Machine) {
    let (thread, dying) = (machine.thread(), machine.frame());
    recursion::leave_python(thread);
    // SAFETY: the dying frame is unlinked before it is cleared, because destructors look at the frames; the one below it is
    // alive.
    unsafe {
        machine.switch_to((*dying).previous);
        frames::clear_and_pop(thread, dying);
        (*machine.frame()).return_offset = 0;
    }
}

/// Takes the frame of C away again.
#[inline(always)]
fn finish(thread: ThreadState, entry: *mut ffi::_PyInterpreterFrame) {
    // SAFETY: the thread state is alive and ours, and the entry frame is.
    unsafe { make_current(thread, (*entry).previous) };
    recursion::count_c(thread, -C_STACK_UNITS);
}

/// Looks whether an exception is set, adds the frame to its traceback and tells the tools (PEP 669's RAISE).
#[inline(always)]
pub(super) fn note_error(machine: &mut Machine) {
    // SAFETY: the frame is alive; `next` is behind the instruction that failed.
    unsafe { noted(machine.thread(), machine.frame(), machine.next().sub(1)) }
}

/// Out of line, because it does not need the machine's registers.
///
/// # Safety
/// `frame` runs on the thread, at `at`.
#[cold]
#[inline(never)]
unsafe fn noted(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    at: *mut ffi::_Py_CODEUNIT,
) {
    if !Raised::is_pending() {
        let why = c"error return without exception set";
        let _pending = raise(exception::SystemError, why);
    }
    // SAFETY: as the caller promises; only the loop's own frame of C has no code, and raises nothing.
    let running = unsafe { Frame::from_raw_unchecked(frame) };
    // A frame that has not begun is not shown, nor is one without memory for its object.
    if running.is_complete()
        && let Ok(object) = running.object()
    {
        let _without_memory = add::here(object);
    }
    // SAFETY: as the caller promises.
    unsafe { monitor::raise(thread, frame, at) };
}

/// Finds the handler of the exception that is set and prepares the stack for it; `Again` says that it is there.
#[inline(always)]
pub(super) fn handle(machine: &mut Machine) -> Leave {
    // `instr_ptr` may tell of another place: RERAISE sets it.
    let offset = machine.offset() as i32 - 1;
    let Some(handler) = exceptions::handler_of(machine.code(), offset) else {
        machine.drop_to(0);
        machine.save_stack();
        // SAFETY: the frame is alive, and stands behind the instruction that raised.
        unsafe { monitor::unwind(machine.thread(), machine.frame(), machine.next().sub(1)) };
        return Leave::Unwind;
    };
    let Ok(place) = place_for(machine, handler.lasti) else {
        return Leave::Reraise;
    };
    give(machine, handler.level, place);
    // SAFETY: the exception table leads to instructions of the code.
    unsafe { machine.set_next(machine.instruction(handler.target)) };
    // SAFETY: the frame is alive and stands at its handler.
    let told = unsafe {
        monitor::handled(
            machine.thread(),
            machine.frame(),
            machine.next(),
            machine.peek(1),
        )
    };
    match told {
        Ok(()) => {
            machine.fetch();
            Leave::Again
        }
        Err(_) => Leave::Reraise,
    }
}

/// Makes the stack as high as a handler wants it, and takes the exception that is set onto it, behind its place if that is
/// wanted.
#[inline(always)]
pub(super) fn give(machine: &mut Machine, level: usize, place: Option<Owned>) {
    machine.drop_to(level as isize);
    if let Some(place) = place {
        machine.push(place);
    }
    let raised = Raised::on_c_word().take();
    machine.push(raised);
}

/// What [`give`] is to put before the exception, if the handler wants that.
///
/// # Errors
/// Without memory for it.
#[inline(always)]
pub(super) fn place_for(machine: &Machine, lasti: bool) -> Result<Option<Owned>, Raised> {
    lasti.then(|| place_of(machine.frame())).transpose()
}

/// Where the frame stands, as the number that a handler finds on its stack to raise from there again.
#[cold]
fn place_of(frame: *mut ffi::_PyInterpreterFrame) -> Result<Owned, Raised> {
    // SAFETY: the caller's frame is alive, with its code.
    unsafe {
        Owned::from_c(ffi::PyLong_FromLong(
            ffi::_PyInterpreterFrame_LASTI(frame).into(),
        ))
    }
}
