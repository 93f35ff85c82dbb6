//! What machine code leaves to be done when it leaves: writes the frame as the evaluator wants it, by the tables of its exits.
use super::helpers;
use crate::eval::{data_stack, recursion, resume};
use crate::ffi;
use crate::frame::{Frame, Owner};
use crate::object::{Borrowed, Owned};
use crate::thread::ThreadState;
use core::cell::UnsafeCell;
use pyroxene_jit_api::{
    EXIT_VALUES, ExitCall, ExitEntry, ExitFrame, ExitLocal, ExitOwner, ExitSource, ExitState,
    ExitValue, ExitValueKind, Raw,
};

/// Where machine code leaves what it had in registers. Nothing runs between that and [`write`].
struct Values(UnsafeCell<[u64; EXIT_VALUES]>);

// SAFETY: machine code runs with the main interpreter's GIL, and what it has left is read before that can be given up.
unsafe impl Sync for Values {}

static VALUES: Values = Values(UnsafeCell::new([0; EXIT_VALUES]));

/// The address of the first value.
pub(super) fn values() -> Raw {
    VALUES.0.get().cast()
}

/// Leaves an object for machine code as the first of the values.
pub(super) fn leave_value(value: Owned) {
    let value: *mut ffi::PyObject = value.into_raw();
    // SAFETY: the thread has the main interpreter's GIL, and machine code, which has called, reads it at once.
    unsafe { values().cast::<*mut ffi::PyObject>().write(value) }
}

/// The objects of unboxed values that occur more than once. Equal words may be values of different kinds: 0 is also the float
/// 0.0, and 1 is `True`.
type Shared = Vec<(ExitValue, Owned)>;

/// Writes the state of an exit to the frame, and the frames of inlined calls; the innermost goes on with an instruction.
///
/// # Safety
/// Machine code of the frame's code object has just left by the exit that this is the state of. The thread runs its frame, or
/// the last of those of inlined calls that are in memory.
pub(super) unsafe fn write(state: &ExitState, thread: ThreadState, instruction: u32) {
    let mut writer = Writer::new(state);
    // SAFETY: as the caller promises.
    unsafe { writer.write(state, thread, instruction) };
}

/// The references that were taken for frames while machine code keeps what is in them.
#[derive(Default)]
struct Taken {
    /// To objects that machine code has without a reference of its own.
    borrowed: Vec<Owned>,
    /// To objects that were made of what it has unboxed.
    made: Vec<Owned>,
}

impl Taken {
    /// Whether there are no other references to something that machine code has: what kept it alive, as a class does with its
    /// attributes, does so no longer.
    fn keeps_alive(&self) -> bool {
        let objects = || self.borrowed.iter().map(|taken| taken.borrow().as_ptr());
        objects().any(|object| {
            // SAFETY: it is alive.
            let references = unsafe { ffi::Py_REFCNT(object) }.cast_unsigned();
            references <= self.borrowed.len()
                && references == objects().filter(|&other| other == object).count()
        })
    }
}

/// Frames that were written for others to look at, while machine code still has what is in them.
pub(super) struct Shown {
    /// What was taken for them.
    taken: Taken,
    /// How many of them were made for it.
    made: usize,
    /// The versions of the functions of inlined calls.
    versions: Vec<u32>,
}

/// Writes the state of an exit as [`write`] does, for others to look at while the innermost frame stands at an instruction. No
/// tuples are made for it: code makes them before.
///
/// # Safety
/// See [`write`]. Machine code goes on if the frames are [hidden](Shown::hide), and otherwise leaves without a table.
pub(super) unsafe fn show(state: &ExitState, thread: ThreadState, instruction: u32) -> Shown {
    let mut writer = Writer::new(state);
    writer.noted = Some(Taken::default());
    // SAFETY: as the caller promises.
    unsafe { writer.write(state, thread, instruction) };
    Shown {
        taken: writer.noted.unwrap_or_default(),
        made: state.frames.iter().filter(|frame| !frame.pushed).count(),
        versions: innermost(thread)
            .take(state.frames.len())
            // SAFETY: they run.
            .map(|frame| unsafe { version(frame) })
            .collect(),
    }
}

impl Shown {
    /// Whether a frame of an inlined call has become somebody's, or its function another, or machine code has something that would
    /// die with what was taken for the frames. The thread runs the last of them.
    pub(super) fn is_disturbed(&self, thread: ThreadState) -> bool {
        if self.taken.keeps_alive() {
            return true;
        }
        let mut frames = innermost(thread).zip(&self.versions);
        // SAFETY: the frames of inlined calls run.
        frames.any(|(frame, &known)| unsafe {
            !(*frame).frame_obj.is_null() || !(*frame).f_locals.is_null() || version(frame) != known
        })
    }

    /// Leaves the frames to the evaluator, which goes on with an instruction.
    ///
    /// # Safety
    /// It is one of the innermost frame's code. The thread runs that frame.
    pub(super) unsafe fn leave(self, thread: ThreadState, instruction: u32) {
        let Taken { borrowed, made } = self.taken;
        borrowed.into_iter().chain(made).for_each(core::mem::forget);
        // SAFETY: as the caller promises.
        unsafe {
            let frame = (*thread.as_ptr()).current_frame;
            let code = (*frame).f_executable.cast::<ffi::PyCodeObject>();
            (*frame).instr_ptr = ffi::_PyCode_CODE(code).add(instruction as usize);
        }
    }

    /// Takes the frames away that were made, and lets go of what was taken for them.
    ///
    /// # Safety
    /// The thread runs the last of them, and nothing has changed in them.
    pub(super) unsafe fn hide(self, thread: ThreadState) {
        let state = thread;
        let thread = thread.as_ptr();
        for _ in 0..self.made {
            // SAFETY: as the caller promises; the frame has a reference to its code.
            unsafe {
                let frame = (*thread).current_frame;
                if Frame::from_raw_unchecked(frame).owner() == Owner::GENERATOR {
                    resume::unlink(state, frame);
                    continue;
                }
                (*thread).current_frame = (*frame).previous;
                if Frame::from_raw_unchecked(frame).owner() != Owner::C_STACK {
                    (*thread).py_recursion_remaining += 1;
                }
                drop(Owned::<ffi::PyObject>::from_raw_unchecked(
                    (*frame).f_executable,
                ));
                (*thread).datastack_top = frame.cast();
            }
        }
        drop(self.taken);
    }
}

/// The frames that a thread runs, from the innermost.
pub(super) fn innermost(
    thread: ThreadState,
) -> impl Iterator<Item = *mut ffi::_PyInterpreterFrame> {
    // SAFETY: the thread's frames are linked, and alive while they run.
    let first = unsafe { (*thread.as_ptr()).current_frame };
    core::iter::successors(Some(first), |&frame| {
        // SAFETY: as above; nobody asks for more than run.
        Some(unsafe { (*frame).previous })
    })
}

/// The version of the function of a frame; 0 where there is none.
///
/// # Safety
/// The frame runs.
unsafe fn version(frame: *mut ffi::_PyInterpreterFrame) -> u32 {
    // SAFETY: as the caller promises.
    unsafe {
        let function = (*frame).f_funcobj;
        match ffi::Py_TYPE(function) == &raw mut ffi::PyFunction_Type {
            true => (*function.cast::<ffi::PyFunctionObject>()).func_version,
            false => 0,
        }
    }
}

/// Writes frames by the table of an exit.
struct Writer<'a> {
    /// The items of tuples that are made.
    tuples: &'a [Vec<ExitEntry>],
    shared: Shared,
    /// The references that were taken for what machine code keeps, if it goes on.
    noted: Option<Taken>,
}

impl<'a> Writer<'a> {
    fn new(state: &'a ExitState) -> Self {
        Self {
            tuples: &state.tuples,
            shared: Shared::new(),
            noted: None,
        }
    }

    /// See [`write`].
    ///
    /// # Safety
    /// See there.
    unsafe fn write(&mut self, state: &ExitState, thread: ThreadState, instruction: u32) {
        let pushed = state.frames.iter().filter(|frame| frame.pushed).count();
        let mut known: Vec<_> = innermost(thread).take(pushed + 1).collect();
        let root = known.pop().unwrap_or_else(core::ptr::null_mut);
        // SAFETY: as the caller promises: the values are of the kinds that the table says, the slots of the locals hold NULL or
        // objects that die unseen, and the stacks have room for the values that they are to hold.
        unsafe {
            if !state.call.is_some_and(|call| call.written) {
                let slots = ffi::_PyFrame_GetLocalsArray(root);
                for local in &state.locals {
                    let is_stale = local.stale.is_none_or(|stale| word(stale) != 0);
                    if is_stale {
                        let slot = slots.add(local.slot as usize);
                        write_local(slot, local, &mut self.shared);
                    }
                }
                self.write_stack(root, &state.stack, state.call, instruction);
            }
            let mut below = root;
            for frame in &state.frames {
                let place = match known.pop() {
                    Some(known) => known,
                    None => self.push(thread, below, frame),
                };
                if let Some(locals) = &frame.locals {
                    let slots = ffi::_PyFrame_GetLocalsArray(place);
                    self.write_entries(slots, locals);
                }
                if !frame.call.is_some_and(|call| call.written) {
                    self.write_stack(place, &frame.stack, frame.call, instruction);
                }
                below = place;
            }
        }
    }

    /// Makes the frame of an inlined call, which the thread runs then.
    ///
    /// # Safety
    /// See [`write`]. There is room for it.
    unsafe fn push(
        &mut self,
        thread: ThreadState,
        below: *mut ffi::_PyInterpreterFrame,
        frame: &ExitFrame,
    ) -> *mut ffi::_PyInterpreterFrame {
        // SAFETY: as the caller promises. All locals are written next.
        unsafe {
            let place = match &frame.owner {
                ExitOwner::Function(function) => {
                    let function = self.entry(function);
                    let function = Owned::from_raw_unchecked(function.cast());
                    data_stack::push_unchecked(thread, function, usize::MAX)
                }
                ExitOwner::StandIn(function) => {
                    let function = self.entry(function);
                    let function = Owned::from_raw_unchecked(function.cast());
                    let place = data_stack::push_unchecked(thread, function, usize::MAX);
                    (*place).owner = Owner::C_STACK.to_c();
                    recursion::leave_python(thread);
                    place
                }
                ExitOwner::Class => data_stack::push_init_cleanup(thread),
                ExitOwner::Generator(generator) => {
                    let generator = Borrowed::from_raw_unchecked(self.entry(generator).cast());
                    resume::link(thread, generator)
                }
            };
            (*place).previous = below;
            let thread = thread.as_ptr();
            (*thread).current_frame = place;
            (*thread).py_recursion_remaining -= 1;
            place
        }
    }

    /// Writes the stack of a frame, and where it goes on: with an instruction, or behind a call when that has returned.
    ///
    /// # Safety
    /// See [`write`].
    unsafe fn write_stack(
        &mut self,
        frame: *mut ffi::_PyInterpreterFrame,
        stack: &[ExitEntry],
        call: Option<ExitCall>,
        instruction: u32,
    ) {
        // SAFETY: as the caller promises.
        unsafe {
            let code = (*frame).f_executable.cast::<ffi::PyCodeObject>();
            let bottom = (*code).co_nlocalsplus;
            let slots = ffi::_PyFrame_GetLocalsArray(frame);
            self.write_entries(slots.add(bottom as usize), stack);
            (*frame).stacktop = bottom + stack.len() as i32;
            let stands_at = call.map_or(instruction, |call| call.offset);
            (*frame).instr_ptr = ffi::_PyCode_CODE(code).add(stands_at as usize);
            if let Some(call) = call {
                (*frame).return_offset = (call.next - call.offset) as u16;
            }
        }
    }

    /// Writes places one after the other.
    ///
    /// # Safety
    /// See [`write`].
    unsafe fn write_entries(&mut self, places: *mut *mut ffi::PyObject, entries: &[ExitEntry]) {
        for (index, entry) in entries.iter().enumerate() {
            // SAFETY: as the caller promises.
            unsafe { *places.add(index) = self.entry(entry) };
        }
    }

    /// A tuple that machine code has not made; the same for all places that have it.
    ///
    /// # Safety
    /// See [`write`].
    unsafe fn tuple(&mut self, value: ExitValue) -> Owned {
        if let Some(known) = known(value, &self.shared) {
            return known;
        }
        // SAFETY: as the caller promises. The function takes the items over, when it fails too.
        let tuple = unsafe {
            let items = &self.tuples[word(value.source) as usize];
            let items: Vec<_> = items.iter().map(|item| self.entry(item)).collect();
            let tuple = ffi::_PyTuple_FromArraySteal(items.as_ptr(), items.len() as isize);
            Owned::from_raw_unchecked(helpers::or_none(tuple).cast())
        };
        if value.shared {
            self.shared.push((value, tuple.borrow().new_ref()));
        }
        tuple
    }

    /// An object, with a reference that is the place's.
    ///
    /// # Safety
    /// See [`write`].
    unsafe fn entry(&mut self, entry: &ExitEntry) -> *mut ffi::PyObject {
        // SAFETY: as the caller promises.
        unsafe {
            let taken = match entry.value.kind {
                ExitValueKind::Object => {
                    let object = address(word(entry.value.source));
                    if entry.owned {
                        return object;
                    }
                    Borrowed::<ffi::PyObject>::from_c_optional(object).map(Borrowed::new_ref)
                }
                ExitValueKind::Tuple => Some(self.tuple(entry.value)),
                ExitValueKind::Float | ExitValueKind::Int | ExitValueKind::Bool => {
                    Some(boxed(entry.value, &mut self.shared))
                }
            };
            let Some(taken) = taken else {
                return core::ptr::null_mut();
            };
            let object = taken.borrow().as_ptr();
            match &mut self.noted {
                Some(noted) if entry.value.kind == ExitValueKind::Object => {
                    noted.borrowed.push(taken);
                }
                Some(noted) => noted.made.push(taken),
                None => core::mem::forget(taken),
            }
            object
        }
    }
}

/// What stands for a value that occurs more than once, if that was made.
fn known(value: ExitValue, shared: &Shared) -> Option<Owned> {
    let known = shared
        .iter()
        .find(|(other, _)| value.shared && *other == value);
    known.map(|(_, object)| object.borrow().new_ref())
}

/// A word that machine code has left, or a constant of its.
///
/// # Safety
/// Machine code has just left by an exit that has this source.
unsafe fn word(source: ExitSource) -> u64 {
    match source {
        // SAFETY: as the caller promises; the code keeps within the array.
        ExitSource::Saved(index) => unsafe { (*VALUES.0.get())[index as usize] },
        ExitSource::Constant(word) => word,
    }
}

/// An object's address.
fn address(word: u64) -> *mut ffi::PyObject {
    core::ptr::with_exposed_provenance_mut(word as usize)
}

/// Makes the slot of a local right; without memory, it notes that and leaves the slot as it is.
///
/// # Safety
/// See [`write`].
unsafe fn write_local(slot: *mut *mut ffi::PyObject, local: &ExitLocal, shared: &mut Shared) {
    let slot: *mut Raw = slot.cast();
    let value = local.value;
    // SAFETY: as the caller promises.
    unsafe {
        let number = word(value.source);
        match value.kind {
            ExitValueKind::Float if !value.shared => {
                helpers::write_float(slot, f64::from_bits(number));
            }
            ExitValueKind::Int if !value.shared => {
                helpers::write_int(slot, number.cast_signed());
            }
            _ => {
                let object = boxed(value, shared);
                helpers::write_object(slot, object.as_ptr().cast());
            }
        }
    }
}

/// An object of an unboxed value, the same for all that share it; `None` after noting that there was no memory.
///
/// # Safety
/// See [`write`].
unsafe fn boxed(value: ExitValue, shared: &mut Shared) -> Owned {
    if let Some(known) = known(value, shared) {
        return known;
    }
    // SAFETY: as the caller promises. What makes objects gives references.
    let object: Owned = unsafe {
        let number = word(value.source);
        let object: *mut ffi::PyObject = match value.kind {
            ExitValueKind::Object => {
                return Borrowed::from_raw_unchecked(address(number)).new_ref();
            }
            ExitValueKind::Float => helpers::exit_float(f64::from_bits(number)).cast(),
            ExitValueKind::Int => helpers::exit_int(number.cast_signed()).cast(),
            ExitValueKind::Bool if number != 0 => (&raw mut ffi::_Py_TrueStruct).cast(),
            ExitValueKind::Bool => (&raw mut ffi::_Py_FalseStruct).cast(),
            ExitValueKind::Tuple => unreachable!("tuples are made of what the table says"),
        };
        Owned::from_raw_unchecked(object)
    };
    if value.shared {
        shared.push((value, object.borrow().new_ref()));
    }
    object
}
