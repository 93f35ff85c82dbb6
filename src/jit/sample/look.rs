//! What an interrupted thread is doing: which line of which code object, and who runs it. Reads the thread's frames and its
//! stack, from the handler of a signal.
use super::{Range, Sampler, Where};
use crate::ffi;
use crate::image;
use crate::jit::is_main;
use core::mem::{MaybeUninit, offset_of};
use pyroxene_jit_api::{LineAt, Running};

/// What was seen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Seen {
    /// The code object's address; 0 outside of Python code.
    pub(super) code: usize,
    /// Where in it.
    pub(super) place: Place,
    /// Who runs it.
    pub(super) at: Where,
    /// Whether the thread was in something that was called from there: from machine code any function of the runtime or of
    /// an extension, from the evaluator what lies outside of this library.
    pub(super) below: bool,
}

/// A place in a code object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Place {
    /// A line, 0 if it is not known, of a file that the table knows.
    Line {
        /// The file.
        file: u32,
        /// The line.
        line: u32,
    },
    /// An instruction, in units.
    Instruction(u32),
}

const OUTSIDE: Seen = Seen {
    code: 0,
    place: Place::Instruction(0),
    at: Where::Outside,
    below: false,
};

/// How far up a stack is looked for machine code, in bytes.
const FAR: usize = 64 << 10;

/// What the running thread is doing, which was interrupted with these registers.
pub(super) fn at(sampler: &Sampler, program_counter: usize, stack_pointer: usize) -> Seen {
    if let Some(range) = range_of(sampler, program_counter) {
        return seen_in(range, program_counter, false);
    }
    let Some((code, instruction, stack_end)) = innermost_frame() else {
        return OUTSIDE;
    };
    let called_from = calling_address(sampler, code, stack_pointer, stack_end);
    if let Some((range, address)) = called_from {
        return seen_in(range, address, true);
    }
    Seen {
        code,
        place: Place::Instruction(instruction),
        at: Where::Evaluator,
        below: !image::has(program_counter),
    }
}

fn seen_in(range: &Range, address: usize, below: bool) -> Seen {
    let after = range.lines.partition_point(|line| line.address <= address);
    // What has no lines is not asked for them.
    let (file, line) = after.checked_sub(1).map_or((0, 0), |index| {
        let LineAt { file, line, .. } = range.lines[index];
        (file, line)
    });
    Seen {
        code: range.code,
        place: Place::Line { file, line },
        at: range.tier.into(),
        below,
    }
}

/// The machine code that an address is in.
fn range_of(sampler: &Sampler, address: usize) -> Option<&Range> {
    let (_, range) = sampler.ranges.range(..=address).next_back()?;
    (address < range.end).then_some(range)
}

/// The code object and the instruction of the running thread's innermost frame, and where on the stack the evaluator began
/// that runs it, or called who does; that is 0 if it is not known.
fn innermost_frame() -> Option<(usize, u32, usize)> {
    // SAFETY: the thread's own state, or NULL before it has one and after; reading it takes no lock. A frame is complete
    // before it is the current one, and is that no more before it is taken apart, as a thread sees its own doing
    // (`make_current`). Upstream's C and machine code promise no order of the two: that there is memory is asked, and what is read of
    // the object is checked.
    unsafe {
        let thread = ffi::PyGILState_GetThisThreadState();
        // Nobody tells of code objects of other interpreters when they go.
        if thread.is_null() || !is_main((*thread).interp) {
            return None;
        }
        let mut frame = (*thread).current_frame;
        // A frame that ends is the thread's for a moment longer than it has memory, where it was the first of its piece of the stack.
        words::<1>(frame.expose_provenance())?;
        // The evaluator's own frames have no code, and nobody knows what stands in for C.
        while !frame.is_null() && is_of_c(frame) {
            frame = (*frame).previous;
        }
        if frame.is_null() {
            return None;
        }
        let code: *mut ffi::PyCodeObject = (*frame).f_executable.cast();
        let (class, units) = class_and_size(code.expose_provenance())?;
        if class != (&raw const ffi::PyCode_Type).addr() {
            return None;
        }
        let first = code.addr() + offset_of!(ffi::PyCodeObject, co_code_adaptive);
        let bytes = (*frame).instr_ptr.addr().wrapping_sub(first);
        let instruction = bytes / size_of::<ffi::_Py_CODEUNIT>();
        let instruction = if instruction < units { instruction } else { 0 };
        while !frame.is_null() && !is_entry(frame) {
            frame = (*frame).previous;
        }
        Some((code.addr(), instruction as u32, frame.addr()))
    }
}

/// Whether a frame is one that the evaluator has on the C stack below those that it runs.
///
/// # Safety
/// It is a frame.
unsafe fn is_entry(frame: *mut ffi::_PyInterpreterFrame) -> bool {
    // SAFETY: as the caller promises.
    unsafe { is_of_c(frame) && (*frame).f_executable == (&raw mut ffi::_Py_NoneStruct) }
}

/// Whether a frame belongs to C.
///
/// # Safety
/// It is a frame.
unsafe fn is_of_c(frame: *mut ffi::_PyInterpreterFrame) -> bool {
    // SAFETY: as the caller promises.
    let owner = unsafe { (*frame).owner };
    u32::from(owner.cast_unsigned()) == ffi::FRAME_OWNED_BY_CSTACK
}

/// The class of an object and its size, if there is memory at its address.
fn class_and_size(object: usize) -> Option<(usize, usize)> {
    let [class, size] = words(object + offset_of!(ffi::PyObject, ob_type))?;
    Some((class, size))
}

/// What is in memory at an address, if there is memory.
fn words<const COUNT: usize>(address: usize) -> Option<[usize; COUNT]> {
    let mut words = [const { MaybeUninit::<usize>::uninit() }; COUNT];
    let size = size_of_val(&words);
    let local = libc::iovec {
        iov_base: words.as_mut_ptr().cast(),
        iov_len: size,
    };
    let remote = libc::iovec {
        iov_base: core::ptr::without_provenance_mut(address),
        iov_len: size,
    };
    // SAFETY: the words are ours; that there may be nothing at the other address is what the call is made for.
    let read = unsafe {
        libc::process_vm_readv(libc::getpid(), &raw const local, 1, &raw const remote, 1, 0)
    };
    // SAFETY: all of it was written then.
    (read == size.cast_signed()).then(|| words.map(|word| unsafe { word.assume_init() }))
}

/// Where machine code of the code object has called what runs now: the innermost address of it on the stack, between where
/// that ends and where the evaluator began that entered it.
fn calling_address(
    sampler: &Sampler,
    code: usize,
    stack_pointer: usize,
    stack_end: usize,
) -> Option<(&Range, usize)> {
    // Mostly there is none, and what an ended activation has left on the stack must not be taken for one.
    let mut running = sampler
        .ranges
        .values()
        .filter(|range| range.runs(code) && is_running(range));
    running.next()?;
    let end = stack_end.min(stack_pointer + FAR);
    let places = (stack_pointer..end).step_by(size_of::<usize>());
    places.into_iter().find_map(|place| {
        // SAFETY: a word of the running thread's own stack, below a frame of it.
        let address = unsafe { *core::ptr::with_exposed_provenance::<usize>(place) };
        // The instruction before is the call. None is before the first: its address is that of the code, which those who call
        // code have in registers, and C functions save those on the stack.
        let call = address.wrapping_sub(1);
        let range = range_of(sampler, call)?;
        (range.runs(code) && is_running(range)).then_some((range, call))
    })
}

/// Whether there is an activation of machine code.
fn is_running(range: &Range) -> bool {
    let running = core::ptr::with_exposed_provenance::<Running>(range.machine_code);
    // SAFETY: it is the first member of the machine code, which is here as long as its range is.
    unsafe { !(*running).is_zero() }
}
