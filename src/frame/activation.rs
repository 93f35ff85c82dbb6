//! `Frame`: the record of one activation of Python code, by a handle that costs nothing. Reads and writes the members of
//! an `_PyInterpreterFrame`, and runs nothing.
use crate::ffi;
use crate::generator::Generator;
use crate::object::{Borrowed, Owned};
use core::ffi::{c_char, c_int};
use core::marker::PhantomData;
use core::mem::offset_of;
use core::ptr::NonNull;

/// Who holds the memory of a frame (pycore_frame.h `_frameowner`). The evaluator writes the number too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Owner(c_char);

impl Owner {
    /// The thread, on its stack of data: the activation runs, or has called something that does.
    pub const THREAD: Self = Self(ffi::FRAME_OWNED_BY_THREAD as c_char);
    /// A generator, coroutine or asynchronous generator, inside the object.
    pub const GENERATOR: Self = Self(ffi::FRAME_OWNED_BY_GENERATOR as c_char);
    /// Its frame object, inside the object: it does not run any more, or has never run.
    pub const FRAME_OBJECT: Self = Self(ffi::FRAME_OWNED_BY_FRAME_OBJECT as c_char);
    /// A C function by which C entered the evaluator: the frame has no code and is nobody's business.
    pub const C_STACK: Self = Self(ffi::FRAME_OWNED_BY_CSTACK as c_char);

    /// Who holds the frame at this address.
    ///
    /// # Safety
    /// `frame` points at a frame, of whichever kind.
    #[inline(always)]
    pub unsafe fn of(frame: *const ffi::_PyInterpreterFrame) -> Self {
        // SAFETY: as the caller promises.
        Self(unsafe { (*frame).owner })
    }

    /// C's number for it.
    #[inline(always)]
    pub(crate) const fn to_c(self) -> c_char {
        self.0
    }
}

/// One activation of Python code: a function, a class body, a module.
///
/// The frame lives for `'a` and owns its code; the frames by which C enters the evaluator have none and are no `Frame`s
/// (the walks of [`super::stack`] leave them out). When the activation ends, the frame goes, or its memory moves into
/// the frame object if somebody holds that: across code that can let it end, keep the frame object and ask it again
/// (`Borrowed::<PyFrameObject>::frame`).
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    pointer: NonNull<ffi::_PyInterpreterFrame>,
    _holder: PhantomData<&'a ffi::_PyInterpreterFrame>,
}

/// Reads a member of the frame, by value.
macro_rules! member {
    ($frame:ident . $name:ident) => {{
        // SAFETY: the frame is alive, as its handle promises; the member is read by value.
        #[allow(unused_unsafe, reason = "the macro may stand in an unsafe block")]
        let value = unsafe { (*$frame.pointer.as_ptr()).$name };
        value
    }};
}

impl<'a> Frame<'a> {
    /// The handle of a frame.
    ///
    /// # Safety
    /// `frame` points at a frame with code that lives for `'a`.
    #[inline(always)]
    pub const unsafe fn from_raw_unchecked(frame: *mut ffi::_PyInterpreterFrame) -> Self {
        Self {
            // SAFETY: as the caller promises.
            pointer: unsafe { NonNull::new_unchecked(frame) },
            _holder: PhantomData,
        }
    }

    /// The address, for C.
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut ffi::_PyInterpreterFrame {
        self.pointer.as_ptr()
    }

    /// The code that it runs (pycore_frame.h `_PyFrame_GetCode`).
    #[inline(always)]
    pub fn code(self) -> Borrowed<'a, ffi::PyCodeObject> {
        // SAFETY: the frame owns its code.
        unsafe { Borrowed::from_raw_unchecked(ffi::_PyFrame_GetCode(self.as_ptr())) }
    }

    /// Who holds it.
    #[inline(always)]
    pub fn owner(self) -> Owner {
        Owner(member!(self.owner))
    }

    /// The generator of any kind that holds it, if one does (pycore_frame.h `_PyFrame_GetGenerator`).
    #[inline]
    pub fn generator(self) -> Option<Generator<'a>> {
        // SAFETY: the owner was looked at.
        (self.owner() == Owner::GENERATOR).then(|| unsafe { self.holding_generator() })
    }

    /// The generator of any kind that holds it.
    ///
    /// # Safety
    /// Its owner is [`Owner::GENERATOR`].
    #[inline(always)]
    pub unsafe fn holding_generator(self) -> Generator<'a> {
        debug_assert!(self.owner() == Owner::GENERATOR);
        let distance = offset_of!(ffi::PyGenObject, gi_iframe);
        // SAFETY: a frame with this owner lies inside a generator, at this place.
        unsafe { Borrowed::from_raw_unchecked(self.as_ptr().byte_sub(distance).cast()) }
    }

    /// Has it show where it stands, and that it has no caller, if it is that of a generator that waits for another one and has
    /// paused: see [`crate::generator::chain`].
    pub fn settle(self) {
        if let Some(generator) = self.generator() {
            generator.state();
        }
    }

    /// Whether the code behind the first `RESUME` has been reached: only then may others see the frame. Before that it
    /// makes its cells and moves itself into its generator (pycore_frame.h `_PyFrame_IsIncomplete`).
    #[inline]
    pub fn is_complete(self) -> bool {
        self.owner() == Owner::GENERATOR || self.instruction() >= self.code().first_traceable()
    }

    /// The instruction that runs or, while it does not run, the next one.
    #[inline(always)]
    pub fn instruction(self) -> *mut ffi::_Py_CODEUNIT {
        member!(self.instr_ptr)
    }

    /// Makes it go on at another instruction.
    ///
    /// # Safety
    /// `instruction` is one of its code, where the stack is as high as now.
    #[inline]
    pub unsafe fn go_on_at(self, instruction: *mut ffi::_Py_CODEUNIT) {
        // SAFETY: the frame is alive; the caller promises the rest.
        unsafe { (*self.as_ptr()).instr_ptr = instruction }
    }

    /// The index of its instruction in its code, in code units (pycore_frame.h `_PyInterpreterFrame_LASTI`).
    #[inline]
    pub fn instruction_index(self) -> c_int {
        // SAFETY: the frame is alive, with its code.
        unsafe { ffi::_PyInterpreterFrame_LASTI(self.as_ptr()) }
    }

    /// The distance of its instruction from the start of its code, in bytes: the unit of `f_lasti` and of the line table.
    #[inline]
    pub fn code_offset(self) -> c_int {
        self.instruction_index()
            .wrapping_mul(size_of::<ffi::_Py_CODEUNIT>() as c_int)
    }

    /// The line at which it stands; `None` where its code has none (frame.c `PyUnstable_InterpreterFrame_GetLine`).
    #[inline]
    pub fn line(self) -> Option<c_int> {
        self.code().line_at(self.code_offset())
    }

    /// Its function, or what stands in the place of one for code that no function runs.
    #[inline(always)]
    pub fn function(self) -> Option<Borrowed<'a>> {
        // SAFETY: the member is NULL or a reference that the frame owns.
        unsafe { Borrowed::from_c_optional(member!(self.f_funcobj)) }
    }

    /// Its globals. The frame is complete.
    #[inline(always)]
    pub fn globals(self) -> Option<Borrowed<'a>> {
        // SAFETY: in a complete frame, the member is NULL or alive through the function.
        unsafe { Borrowed::from_c_optional(member!(self.f_globals)) }
    }

    /// Its builtins. The frame is complete.
    #[inline(always)]
    pub fn builtins(self) -> Option<Borrowed<'a>> {
        // SAFETY: in a complete frame, the member is NULL or alive through the function.
        unsafe { Borrowed::from_c_optional(member!(self.f_builtins)) }
    }

    /// The namespace of a module or a class body; a function has none.
    #[inline(always)]
    pub fn namespace(self) -> Option<Borrowed<'a>> {
        // SAFETY: the member is NULL or a reference that the frame owns.
        unsafe { Borrowed::from_c_optional(member!(self.f_locals)) }
    }

    /// Where the namespace is kept: a reference that the frame owns, or NULL.
    #[inline(always)]
    pub(super) fn namespace_place(self) -> *mut *mut ffi::PyObject {
        // SAFETY: only the address of a member is taken.
        unsafe { &raw mut (*self.as_ptr()).f_locals }
    }

    /// Its frame object, if anybody has asked for it yet ([`Frame::object`] makes one).
    #[inline(always)]
    pub(super) fn existing_object(self) -> Option<Borrowed<'a, ffi::PyFrameObject>> {
        // SAFETY: the member is NULL or a reference that the frame owns.
        unsafe { Borrowed::from_c_optional(member!(self.frame_obj)) }
    }

    /// The number of its locals, cells, free variables and stack entries in use. 0 when it has been cleared, and -1 while
    /// it runs, when the evaluator alone knows.
    #[inline(always)]
    pub fn height(self) -> c_int {
        member!(self.stacktop)
    }

    /// Says how many of its entries are in use.
    ///
    /// # Safety
    /// Those below own their references or are NULL, those above do not.
    #[inline(always)]
    pub(super) unsafe fn set_height(self, height: c_int) {
        // SAFETY: the frame is alive; the caller promises the rest.
        unsafe { (*self.as_ptr()).stacktop = height }
    }

    /// The place of an entry: a local, cell or free variable or, above these, an entry of the value stack.
    ///
    /// # Safety
    /// `index` lies within what its code has room for.
    #[inline(always)]
    pub unsafe fn entry(self, index: usize) -> *mut *mut ffi::PyObject {
        // SAFETY: the caller promises that the place is there.
        unsafe { ffi::_PyFrame_GetLocalsArray(self.as_ptr()).add(index) }
    }

    /// What lies on top of its stack (pycore_frame.h `_PyFrame_StackPeek`).
    ///
    /// # Safety
    /// It does not run, and has a value on its stack.
    #[inline(always)]
    pub unsafe fn top(self) -> Borrowed<'a> {
        // SAFETY: a frame that does not run has its height in it; the caller promises the value.
        unsafe { Borrowed::from_raw_unchecked(*self.entry(self.height() as usize - 1)) }
    }

    /// Puts a value on top of its stack (pycore_frame.h `_PyFrame_StackPush`).
    ///
    /// # Safety
    /// It does not run, and has room on its stack.
    #[inline(always)]
    pub unsafe fn push(self, value: Owned) {
        let height = self.height();
        // SAFETY: a frame that does not run has its height in it; the caller promises the room.
        unsafe {
            self.entry(height as usize).write(value.into_raw());
            self.set_height(height + 1);
        }
    }

    /// Takes what lies on top of its stack: a value, or the NULL that stands for none (pycore_frame.h
    /// `_PyFrame_StackPop`).
    ///
    /// # Safety
    /// It does not run, and has an entry on its stack.
    #[inline(always)]
    pub unsafe fn pop(self) -> Option<Owned> {
        let height = self.height() - 1;
        // SAFETY: a frame that does not run has its height in it; the caller promises the entry, which it owned.
        unsafe {
            self.set_height(height);
            Owned::from_c_optional(*self.entry(height as usize))
        }
    }
}

impl core::fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Frame({:p})", self.pointer)
    }
}
