//! `Machine`: what the evaluator keeps in registers while it runs a frame. Reads and writes the frame's code units, its
//! locals and its value stack, and nothing else.
use super::flow::{Flow, Leave};
use super::recursion;
use crate::bytecode::cache::{Cache, Family};
use crate::bytecode::{Counter, Opcode};
use crate::ffi;
use crate::frame::Frame;
use crate::monitoring;
use crate::object::{Borrowed, Owned};
use crate::profile;
use crate::specialize::Site;
use crate::thread::{ThreadState, handle_requests};
use core::ptr::{NonNull, null_mut};

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
pub(super) struct Machine {
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
    pub(super) unsafe fn new(thread: ThreadState, frame: *mut ffi::_PyInterpreterFrame) -> Self {
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
    pub(super) fn thread(&self) -> ThreadState {
        self.thread
    }

    /// The frame that runs.
    #[inline(always)]
    pub(super) fn frame(&self) -> *mut ffi::_PyInterpreterFrame {
        self.frame
    }

    /// The frame's code.
    #[inline(always)]
    pub(super) fn code(&self) -> Borrowed<'_, ffi::PyCodeObject> {
        // SAFETY: the frame is alive and owns its code.
        unsafe { Borrowed::from_raw_unchecked((*self.frame).f_executable.cast()) }
    }

    /// The instruction that stands `index` code units behind the start of the code.
    #[inline(always)]
    pub(super) fn instruction(&self, index: usize) -> *mut ffi::_Py_CODEUNIT {
        self.code_start().wrapping_add(index)
    }

    /// The frame's first code unit.
    #[inline(always)]
    fn code_start(&self) -> *mut ffi::_Py_CODEUNIT {
        // SAFETY: the frame is alive and owns its code, whose instructions lie at its end.
        unsafe { ffi::_PyCode_CODE((*self.frame).f_executable.cast()) }
    }

    // --- instructions ---

    /// The opcode at hand.
    #[inline(always)]
    pub(super) fn opcode(&self) -> Opcode {
        self.opcode
    }

    /// The operand of the instruction (`oparg`).
    #[inline(always)]
    pub(super) fn operand(&self) -> usize {
        self.operand as usize
    }

    /// The operand as a number of C's size.
    #[inline(always)]
    pub(super) fn operand32(&self) -> u32 {
        self.operand
    }

    /// Where the instruction stands that runs.
    #[inline(always)]
    pub(super) fn this(&self) -> *mut ffi::_Py_CODEUNIT {
        self.this
    }

    /// Where the evaluator goes on.
    #[inline(always)]
    pub(super) fn next(&self) -> *mut ffi::_Py_CODEUNIT {
        self.next
    }

    /// Goes on at another place of the same code.
    ///
    /// # Safety
    /// `next` is the start of an instruction of the frame's code, where the stack is as high as now.
    #[inline(always)]
    pub(super) unsafe fn set_next(&mut self, next: *mut ffi::_Py_CODEUNIT) {
        self.next = next;
    }

    /// The distance of `next` from the start of the code, in code units.
    #[inline(always)]
    pub(super) fn offset(&self) -> isize {
        // SAFETY: both point into the frame's code.
        unsafe { self.next.offset_from(self.code_start()) }
    }

    /// Reads the instruction at `next`.
    #[inline(always)]
    pub(super) fn fetch(&mut self) {
        self.check_stack();
        // SAFETY: `next` is an instruction of the frame's code.
        let word = unsafe { (*self.next).cache };
        self.opcode = Opcode::new(word as u8);
        self.operand = u32::from(word >> 8);
    }

    /// Reads the opcode at `next` again and keeps the operand: somebody wrote another one there.
    #[inline(always)]
    pub(super) fn fetch_opcode(&mut self) {
        // SAFETY: `next` is an instruction of the frame's code.
        self.opcode = Opcode::new(unsafe { (*self.next).cache } as u8);
    }

    /// Reads the instruction at `next` as the one that the prefix before it extends.
    #[inline(always)]
    pub(super) fn fetch_extended(&mut self) {
        // SAFETY: `next` is an instruction of the frame's code.
        let word = unsafe { (*self.next).cache };
        self.opcode = Opcode::new(word as u8);
        self.operand = self.operand << 8 | u32::from(word >> 8);
    }

    /// Begins the instruction at `next`, which has an inline cache of `cache` units: from here on tracebacks name it.
    #[inline(always)]
    pub(super) fn begin(&mut self, cache: usize) {
        self.this = self.next;
        // SAFETY: the frame is alive; code units follow the instruction, be it the last one of the loop's own trampoline.
        unsafe {
            (*self.frame).instr_ptr = self.next;
            self.next = self.next.add(1 + cache);
        }
    }

    /// Exchanges the low eight bits of the operand.
    #[inline(always)]
    pub(super) fn set_low_operand(&mut self, low: u8) {
        self.operand = self.operand & !0xFF | u32::from(low);
    }

    /// Runs `opcode` instead, on the same place with the same operand.
    #[inline(always)]
    pub(super) fn run_instead(&mut self, opcode: Opcode) -> Flow {
        self.opcode = opcode;
        self.next = self.this;
        Err(Leave::Again)
    }

    /// Goes on only if `holds`; else the generic instruction runs in place of the specialised one.
    #[inline(always)]
    pub(super) fn guard(&mut self, holds: bool, generic: Opcode) -> Flow {
        if holds {
            Ok(())
        } else {
            self.run_instead(generic)
        }
    }

    /// Goes on only if the type of the value `depth` from the top has the version that the cache knows.
    #[inline(always)]
    pub(super) fn guard_type_version(
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
    pub(super) fn operand_of_next(&self) -> usize {
        // SAFETY: `next` is an instruction of the frame's code.
        usize::from(unsafe { (*self.next).op.arg })
    }

    /// Counts a round of a loop in the inline cache of its jump, and tells the compiler when there have been many.
    #[inline(always)]
    pub(super) fn count_round(&mut self) {
        if !crate::jit::is_on() {
            return;
        }
        // SAFETY: `JUMP_BACKWARD` has a counter for its cache; the frame is alive, with its code.
        unsafe {
            let counter = self.this.add(1).cast::<Counter>();
            if (*counter).triggers() {
                *counter = (*counter).restarted();
                self.save_stack();
                crate::jit::heat::round(self.thread, Frame::from_raw_unchecked(self.frame));
                self.load_stack();
            } else {
                *counter = (*counter).advanced();
            }
        }
    }

    /// Shifts into the inline cache of a conditional jump whether it jumps.
    #[inline(always)]
    pub(super) fn note_branch(&mut self, jumps: bool) {
        // SAFETY: conditional jumps have one unit of cache.
        unsafe {
            let cache = self.this.add(1).cast::<u16>();
            *cache = *cache << 1 | u16::from(jumps);
        }
    }

    /// Moves by `distance` code units from behind the instruction.
    #[inline(always)]
    pub(super) fn jump(&mut self, distance: isize) {
        // SAFETY: the compiler's jumps lead to instructions of the same code.
        self.next = unsafe { self.next.offset(distance) };
    }

    /// The inline cache of the instruction that runs, which is of family `F`.
    #[inline(always)]
    pub(super) fn cache<'m, F: Family>(&self) -> &'m F::Cache
    where
        F::Cache: 'm,
    {
        // SAFETY: the instruction, which names its own family, has that cache behind it.
        unsafe { &*self.this.add(1).cast() }
    }

    /// Lets the specialiser look at the instruction when its counter says so; it then runs again as what it became.
    /// Else counts down.
    #[inline(always)]
    pub(super) fn adapt<F: Family>(&mut self, specialise: impl FnOnce(&Self, Site<'_, F>)) -> Flow {
        let counter = self.cache::<F>().counter();
        if counter.get().triggers() {
            // SAFETY: `this` is an instruction of the family, with its cache and one more behind it.
            specialise(self, unsafe {
                Site::from_raw(NonNull::new_unchecked(self.this))
            });
            if profile::is_on() {
                self.note::<F>();
            }
            self.next = self.this;
            self.fetch_opcode();
            return Err(Leave::Again);
        }
        counter.set(counter.get().advanced());
        Ok(())
    }

    /// Notes for a compiler what the instruction has met, and what it has become.
    #[inline(always)]
    fn note<F: Family>(&self) {
        let count = F::GENERIC.popped(self.operand).unwrap_or(0) as usize;
        // SAFETY: both addresses are in the frame's code; so many entries, each a reference or NULL, lie on the stack.
        let (index, operands) = unsafe {
            let deepest = self.stack.sub(count).cast::<Option<Borrowed<'_>>>();
            (
                self.this.offset_from(self.code_start()),
                core::slice::from_raw_parts(deepest, count),
            )
        };
        profile::table::note(self.code(), index.cast_unsigned(), operands);
    }

    /// Handles what other threads, signals or the collector ask for.
    #[inline(always)]
    pub(super) fn check_eval_breaker(&self) -> Flow {
        if self.eval_breaker() & ffi::_PY_EVAL_EVENTS_MASK as usize == 0 {
            return Ok(());
        }
        handle_pending(self.thread)
    }

    // --- the tools that watch ---

    /// Whether a tool is being told of something on this thread: then no other is told.
    #[inline(always)]
    pub(super) fn is_tracing(&self) -> bool {
        monitoring::is_tracing(self.thread)
    }

    /// The word by which others ask for something: which tools watch, and in its low bits what is to be done at once.
    #[inline(always)]
    pub(super) fn eval_breaker(&self) -> usize {
        self.thread.eval_breaker()
    }

    /// For which tools the code was prepared: as the other bits of [`Machine::eval_breaker`].
    #[inline(always)]
    pub(super) fn code_version(&self) -> usize {
        let code = self.code();
        crate::field!(code._co_instrumentation_version)
    }

    /// Whether the code must be prepared, because the tools that watch have changed.
    #[inline(always)]
    pub(super) fn is_outdated(&self) -> bool {
        self.code_version() != self.eval_breaker() & !(ffi::_PY_EVAL_EVENTS_MASK as usize)
    }

    /// Runs what stands at the place of this instruction now.
    #[inline(always)]
    pub(super) fn run_again(&mut self) -> Flow {
        self.next = self.this;
        Ok(())
    }

    /// Keeps an adaptive instruction from being specialised, which would overwrite the one that tells tools: it counts down
    /// in vain.
    #[inline(always)]
    pub(super) fn pause_counter(&mut self) {
        self.change_counter(Counter::paused);
    }

    /// Counts a run of an adaptive instruction, where another one does its work.
    #[inline(always)]
    pub(super) fn advance_counter(&mut self) {
        self.change_counter(Counter::advanced);
    }

    #[inline(always)]
    fn change_counter(&mut self, change: impl FnOnce(Counter) -> Counter) {
        // SAFETY: the first unit of an adaptive instruction's cache is its counter.
        unsafe {
            let counter = self.this.add(1).cast::<Counter>();
            *counter = change(*counter);
        }
    }

    // --- the value stack ---

    /// How many values lie on the stack.
    #[inline(always)]
    pub(super) fn height(&self) -> isize {
        // SAFETY: both point into the frame.
        unsafe { self.stack.offset_from(self.stack_base()) }
    }

    /// The lowest place of the stack.
    #[inline(always)]
    pub(super) fn stack_base(&self) -> *mut *mut ffi::PyObject {
        // SAFETY: the frame is alive; its stack begins behind its locals.
        unsafe {
            let code = (*self.frame).f_executable.cast::<ffi::PyCodeObject>();
            self.locals_start().add((*code).co_nlocalsplus as usize)
        }
    }

    /// The first free place of the stack.
    #[inline(always)]
    pub(super) fn stack(&self) -> *mut *mut ffi::PyObject {
        self.stack
    }

    /// In debug builds, that the stack is as high as the code allows.
    #[inline(always)]
    fn check_stack(&self) {
        #[cfg(debug_assertions)]
        // SAFETY: the frame is alive. A frame of C has no code.
        if unsafe { crate::frame::Owner::of(self.frame) } != crate::frame::Owner::C_STACK {
            let depth = self.code();
            let most = crate::field!(depth.co_stacksize) as isize;
            let height = self.height();
            assert!(
                (0..=most).contains(&height),
                "{:?} left {height} values on a stack for {most}",
                self.opcode
            );
        }
    }

    /// Puts a value on the stack.
    #[inline(always)]
    pub(super) fn push(&mut self, value: Owned) {
        self.push_raw(value.into_raw());
    }

    /// Puts a value, or the NULL that stands for none, on the stack.
    #[inline(always)]
    pub(super) fn push_optional(&mut self, value: Option<Owned>) {
        self.push_raw(value.map_or(null_mut(), Owned::into_raw));
    }

    /// Puts `True` or `False` on the stack.
    #[inline(always)]
    pub(super) fn push_bool(&mut self, value: bool) {
        self.push_raw(Borrowed::from_bool(value).as_ptr());
    }

    /// Puts `True` or `False` in the place of the top, which is immortal like them.
    #[inline(always)]
    pub(super) fn replace_immortal(&mut self, value: bool) {
        // SAFETY: the instruction finds a value there; neither is counted.
        unsafe { *self.stack.sub(1) = Borrowed::from_bool(value).as_ptr() };
    }

    /// Makes the stack higher by `count` entries, which somebody has put there.
    ///
    /// # Safety
    /// They are there, and the stack owns them now.
    #[inline(always)]
    pub(super) unsafe fn grow(&mut self, count: usize) {
        // SAFETY: the compiler gave the frame room for what its instructions push.
        self.stack = unsafe { self.stack.add(count) };
    }

    #[inline(always)]
    fn push_raw(&mut self, value: *mut ffi::PyObject) {
        // SAFETY: the compiler gave the frame room for what its instructions push.
        unsafe {
            *self.stack = value;
            self.stack = self.stack.add(1);
        }
    }

    /// Takes the value on top of the stack.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Owned {
        // SAFETY: the instruction finds a value there, which the stack owned.
        unsafe {
            self.stack = self.stack.sub(1);
            Owned::from_raw_unchecked(*self.stack)
        }
    }

    /// Takes what is on top of the stack: a value or the NULL that stands for none.
    #[inline(always)]
    pub(super) fn pop_optional(&mut self) -> Option<Owned> {
        // SAFETY: the instruction finds an entry there, which the stack owned.
        unsafe {
            self.stack = self.stack.sub(1);
            Owned::from_c_optional(*self.stack)
        }
    }

    /// The value `depth` places from the top: 1 is the top itself.
    #[inline(always)]
    pub(super) fn peek(&self, depth: usize) -> Borrowed<'_> {
        // SAFETY: the instruction finds a value there, and the stack, which owns it, cannot move while we are borrowed.
        unsafe { Borrowed::from_raw_unchecked(*self.stack.sub(depth)) }
    }

    /// What is `depth` places from the top: a value or the NULL that stands for none.
    #[inline(always)]
    pub(super) fn peek_optional(&self, depth: usize) -> Option<Borrowed<'_>> {
        // SAFETY: as in `peek`, where NULL may be.
        unsafe { Borrowed::from_c_optional(*self.stack.sub(depth)) }
    }

    /// Puts a value in the place of the one `depth` from the top, and gives that back.
    #[inline(always)]
    pub(super) fn replace(&mut self, depth: usize, value: Owned) -> Owned {
        // SAFETY: the instruction finds a value there; the references change places.
        unsafe { Owned::from_raw_unchecked(self.stack.sub(depth).replace(value.into_raw())) }
    }

    /// Exchanges two entries of the stack.
    #[inline(always)]
    pub(super) fn swap(&mut self, depth: usize, other: usize) {
        // SAFETY: the instruction finds both entries.
        unsafe { core::ptr::swap(self.stack.sub(depth), self.stack.sub(other)) }
    }

    /// The topmost `count` entries, in the order in which they were pushed, for C functions that look at them.
    #[inline(always)]
    pub(super) fn top(&self, count: usize) -> *mut *mut ffi::PyObject {
        // SAFETY: the instruction finds as many.
        unsafe { self.stack.sub(count) }
    }

    /// Makes the stack lower by `count` entries, whose references have gone elsewhere.
    ///
    /// # Safety
    /// Somebody else owns them now.
    #[inline(always)]
    pub(super) unsafe fn forget(&mut self, count: usize) {
        // SAFETY: the instruction finds as many.
        self.stack = unsafe { self.stack.sub(count) };
    }

    /// Drops the topmost `count` values, the lowest first.
    #[inline(always)]
    pub(super) fn drop_values(&mut self, count: usize) {
        // SAFETY: the instruction finds as many, which the stack owned; they stay in place until they are dropped.
        unsafe {
            let first = self.stack.sub(count);
            for place in 0..count {
                drop(Owned::from_raw_unchecked(*first.add(place)));
            }
            self.stack = first;
        }
    }

    /// Drops the topmost `count` values, the highest first.
    #[inline(always)]
    pub(super) fn drop_values_from_top(&mut self, count: usize) {
        // SAFETY: as for `drop_values`.
        unsafe {
            let first = self.stack.sub(count);
            for place in (0..count).rev() {
                drop(Owned::from_raw_unchecked(*first.add(place)));
            }
            self.stack = first;
        }
    }

    /// Drops entries from the top until the stack is `height` high.
    #[inline(always)]
    pub(super) fn drop_to(&mut self, height: isize) {
        // SAFETY: `height` is not above the stack's.
        let low = unsafe { self.stack_base().offset(height) };
        while self.stack > low {
            drop(self.pop_optional());
        }
    }

    // --- locals ---

    #[inline(always)]
    fn locals_start(&self) -> *mut *mut ffi::PyObject {
        // SAFETY: the frame is alive.
        unsafe { ffi::_PyFrame_GetLocalsArray(self.frame) }
    }

    /// Where a local variable, cell or free variable lies.
    #[inline(always)]
    pub(super) fn local_place(&self, index: usize) -> *mut *mut ffi::PyObject {
        // SAFETY: operands name locals that the code has.
        unsafe { self.locals_start().add(index) }
    }

    /// A local variable, if it is bound.
    #[inline(always)]
    pub(super) fn local(&self, index: usize) -> Option<Borrowed<'_>> {
        // SAFETY: the frame owns its locals, and instructions alone change them.
        unsafe { Borrowed::from_c_optional(*self.local_place(index)) }
    }

    /// The name of a local variable, cell or free variable.
    #[inline(always)]
    pub(super) fn local_name(&self, index: usize) -> Borrowed<'_> {
        let code = self.code();
        self.tuple_item(crate::field!(code.co_localsplusnames), index)
    }

    /// A local variable that the compiler knows to be bound.
    #[inline(always)]
    pub(super) fn bound_local(&self, index: usize) -> Borrowed<'_> {
        // SAFETY: as in `local`, and the instruction is only used where the variable is bound.
        unsafe { Borrowed::from_raw_unchecked(*self.local_place(index)) }
    }

    /// Binds a local variable, or unbinds it, and gives back what it was bound to. To be dropped by the caller, after
    /// the new value is in place: a destructor may look.
    #[inline(always)]
    pub(super) fn exchange_local(&mut self, index: usize, value: Option<Owned>) -> Option<Owned> {
        // SAFETY: the frame owns its locals.
        unsafe { Owned::exchange(self.local_place(index), value) }
    }

    // --- what the code refers to ---

    /// A constant of the code.
    #[inline(always)]
    pub(super) fn constant(&self, index: usize) -> Borrowed<'_> {
        let code = self.code();
        self.tuple_item(crate::field!(code.co_consts), index)
    }

    /// A name of the code.
    #[inline(always)]
    pub(super) fn name(&self, index: usize) -> Borrowed<'_> {
        let code = self.code();
        self.tuple_item(crate::field!(code.co_names), index)
    }

    /// An item of a tuple that belongs to the code.
    #[inline(always)]
    fn tuple_item(&self, tuple: *mut ffi::PyObject, index: usize) -> Borrowed<'_> {
        // SAFETY: constants and names are tuples, which never change and live as long as the code; operands lie within.
        unsafe { Borrowed::from_raw_unchecked(*ffi::_PyTuple_ITEMS(tuple.cast()).add(index)) }
    }

    /// The frame's globals: a dict nearly always.
    #[inline(always)]
    pub(super) fn globals(&self) -> Borrowed<'_> {
        // SAFETY: a frame that runs has its globals, alive through its function.
        unsafe { Borrowed::from_raw_unchecked((*self.frame).f_globals) }
    }

    /// The frame's builtins: a dict nearly always.
    #[inline(always)]
    pub(super) fn builtins(&self) -> Borrowed<'_> {
        // SAFETY: a frame that runs has its builtins, alive through its function.
        unsafe { Borrowed::from_raw_unchecked((*self.frame).f_builtins) }
    }

    /// The namespace of a class body or a module, which a function does not have.
    #[inline(always)]
    pub(super) fn namespace(&self) -> Option<Borrowed<'_>> {
        // SAFETY: a frame owns its namespace or has none.
        unsafe { Borrowed::from_c_optional((*self.frame).f_locals) }
    }

    /// The function that runs.
    #[inline(always)]
    pub(super) fn function(&self) -> Borrowed<'_, ffi::PyFunctionObject> {
        // SAFETY: a frame that runs bytecode owns its function.
        unsafe { Borrowed::from_raw_unchecked((*self.frame).f_funcobj.cast()) }
    }

    // --- frames ---

    /// Writes the stack's height into the frame: others may look at it now.
    #[inline(always)]
    pub(super) fn save_stack(&mut self) {
        // SAFETY: the frame is alive; its size in values fits an int.
        unsafe { (*self.frame).stacktop = self.stack.offset_from(self.locals_start()) as i32 };
    }

    /// Takes the stack's height from the frame, which from now on does not know it.
    #[inline(always)]
    pub(super) fn load_stack(&mut self) {
        // SAFETY: the frame is alive and knows its height, because it did not run.
        unsafe {
            debug_assert!((*self.frame).stacktop >= 0);
            self.stack = self.locals_start().add((*self.frame).stacktop as usize);
            (*self.frame).stacktop = -1;
        }
    }

    /// Makes `frame` the one that runs. Its registers are loaded by [`Machine::load_stack`] and
    /// [`Machine::load_next`].
    ///
    /// # Safety
    /// As for [`Machine::new`]; the frame that ran has its stack saved, or is gone.
    #[inline(always)]
    pub(super) unsafe fn switch_to(&mut self, frame: *mut ffi::_PyInterpreterFrame) {
        self.frame = frame;
        // SAFETY: the thread state is alive, and ours.
        unsafe { (*self.thread.as_ptr()).current_frame = frame };
    }

    /// Takes from the thread which frame is the one that runs: somebody else has switched.
    #[inline(always)]
    pub(super) fn switch_to_current(&mut self) {
        // SAFETY: the thread state is alive, and ours.
        self.frame = unsafe { (*self.thread.as_ptr()).current_frame };
    }

    /// Writes into the frame where it goes on.
    #[inline(always)]
    pub(super) fn save_next(&mut self) {
        // SAFETY: the frame is alive.
        unsafe { (*self.frame).instr_ptr = self.next };
    }

    /// Goes on `distance` code units behind the instruction at which the frame stood.
    #[inline(always)]
    pub(super) fn load_next(&mut self, distance: usize) {
        // SAFETY: the frame is alive, and stood at an instruction of its code.
        self.next = unsafe { (*self.frame).instr_ptr.add(distance) };
    }

    /// Enters a new frame, which the one that runs has called. It goes on `return_offset` behind its instruction when the
    /// new one returns.
    ///
    /// # Safety
    /// As for [`Machine::new`].
    #[inline(always)]
    pub(super) unsafe fn enter(
        &mut self,
        frame: *mut ffi::_PyInterpreterFrame,
        return_offset: usize,
    ) -> Flow {
        self.save_stack();
        // SAFETY: both frames are alive. An instruction is a few code units long.
        unsafe {
            (*self.frame).return_offset = return_offset as u16;
            (*frame).previous = self.frame;
            self.switch_to(frame);
        }
        Err(Leave::Enter)
    }

    /// Enters a new frame as [`Machine::enter`] does, and goes on there at once: whether Python code may call still deeper
    /// is for the caller to have looked at.
    ///
    /// # Safety
    /// As for [`Machine::new`].
    #[inline(always)]
    pub(super) unsafe fn enter_unchecked(
        &mut self,
        frame: *mut ffi::_PyInterpreterFrame,
        return_offset: usize,
    ) -> Flow {
        // SAFETY: as the caller promises.
        let _enter = unsafe { self.enter(frame, return_offset) };
        recursion::count_python(self.thread);
        self.load_stack();
        self.load_next(0);
        Ok(())
    }

    /// Goes on in the frame that has become the one that runs, with what its call gave, `return_offset` behind the
    /// instruction that called.
    #[inline(always)]
    pub(super) fn resume(&mut self, return_offset: usize, value: Owned) {
        self.load_stack();
        self.load_next(return_offset);
        self.push(value);
    }

    /// How many code units lie between the instruction that runs and where it goes on.
    #[inline(always)]
    pub(super) fn return_offset(&self) -> usize {
        // SAFETY: both point into the frame's code.
        unsafe { self.next.offset_from(self.this) as usize }
    }
}

/// What others asked for, out of line: it is rare.
#[cold]
#[inline(never)]
fn handle_pending(thread: ThreadState) -> Flow {
    Ok(handle_requests(thread)?)
}
