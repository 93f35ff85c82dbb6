//! Calls of Python functions from machine code to machine code, and returns.
//!
//! A call makes the callee's frame on the data stack, as the evaluator does, and calls the callee's machine code on the C
//! stack. If that returns, the frame is gone again. If it leaves because it returns or raises all the same, the core does that
//! for it, and the caller goes on. If it leaves for another reason, so does the caller: its own frame is already as the
//! evaluator wants to find it below a frame that it runs.
use super::Lowering;
use super::emit::Likely;
use super::frame::Written;
use super::runtime::{FRAME_EVALUATOR, Helper};
use core::mem::offset_of;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{IntValue, PointerValue};
use pyroxene_hir::{StateId, Value};
use pyroxene_jit_api::{Callee, Class, Exit, ExitKind, PASSED_ON, Reason, Target};

/// The exit of a function that has returned.
pub(super) const RETURNED: i64 = (ExitKind::Returned as i64) << 32;

/// The bytes of a word of the data stack.
const WORD: i64 = 8;

/// A call of a Python function ([`pyroxene_hir::Insn::CallPython`]).
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// An index of the snapshot's callees.
    pub callee: u32,
    /// Others that it may be as well.
    pub others: &'a [u32],
    /// What is called.
    pub function: Value,
    /// For the first of the callee's parameters.
    pub arguments: &'a [Value],
    /// Whether the first of them is the receiver of a method.
    pub has_receiver: bool,
    /// The instruction after the one that calls, in units.
    pub next: u32,
    /// At the instruction that calls, its operands taken off the stack.
    pub state: StateId,
}

/// What a new frame is made of. It takes over the references.
pub(super) struct NewFrame<'c> {
    /// The function.
    pub function: PointerValue<'c>,
    /// The frame below it.
    pub previous: PointerValue<'c>,
    /// The arguments.
    pub arguments: Vec<PointerValue<'c>>,
}

impl<'c> Lowering<'c, '_> {
    /// The lowest address that the C stack may grow to by calls.
    pub(super) fn floor(&self) -> IntValue<'c> {
        self.emit.int_argument(3)
    }

    pub(super) fn callee(&self, callee: u32) -> &Callee {
        &self.snapshot.callees[callee as usize]
    }

    pub(super) fn target(&mut self, callee: u32) -> PointerValue<'c> {
        let target = self.callee(callee).target;
        self.emit.literal(target as u64)
    }

    /// Counts the activation that begins.
    pub(super) fn count_activation(&mut self) {
        self.change_activations(1);
    }

    fn change_activations(&mut self, by: i64) {
        let place = self.emit.literal(self.snapshot.running as u64);
        let count = self.emit.load_int(self.emit.long(), place);
        let by = self.emit.const_long(by);
        let count = self
            .emit
            .build(|builder| builder.build_int_add(count, by, ""));
        self.emit.store(place, count);
    }

    /// Ends the function; this activation counts as ended.
    pub(super) fn give(&mut self, exit: IntValue<'c>, payload: PointerValue<'c>) {
        self.change_activations(-1);
        self.emit.give(exit, payload);
    }

    /// How many frames of Python code may still be called, changed by a number.
    pub(super) fn change_python_left(&self, by: i64) {
        let place = self
            .emit
            .at(self.thread(), self.host.layout.thread_python_left.into());
        let int = self.emit.int();
        let left = self.emit.load_int(int, place);
        let by = int.const_int(by.cast_unsigned(), true);
        let left = self
            .emit
            .build(|builder| builder.build_int_add(left, by, ""));
        self.emit.store(place, left);
    }

    /// Whether machine code can call a function: there is some, there is room for so many frames of this size together, no limit is reached, and nobody
    /// else evaluates frames (`_PyThreadState_HasStackSpace`, `CALL_PY_EXACT_ARGS`).
    pub(super) fn can_call(
        &mut self,
        frame_size: u32,
        frames: i64,
        run: PointerValue<'c>,
    ) -> IntValue<'c> {
        let size = i64::from(frame_size) * WORD;
        let nothing = self.emit.is_null(run);
        let has_code = self.emit.build(|builder| builder.build_not(nothing, ""));
        let layout = &self.host.layout;
        let top = self.long_field(self.thread(), layout.thread_data_top);
        let limit = self.long_field(self.thread(), layout.thread_data_limit);
        let room = self
            .emit
            .build(|builder| builder.build_int_sub(limit, top, ""));
        let has_room = self.emit.compare_with(IntPredicate::SGT, room, size);
        let left = self.int_field(self.thread(), layout.thread_python_left);
        let may_recurse = self.emit.compare_with(IntPredicate::SGT, left, frames);
        let above = self
            .emit
            .compare(IntPredicate::UGT, self.emit.stack_pointer(), self.floor());
        let other = self.emit.load_pointer(self.emit.symbol(FRAME_EVALUATOR));
        let is_ours = self.emit.is_null(other);
        let mut conditions = vec![has_code, has_room, may_recurse, above, is_ours];
        conditions.extend(self.calls_by_chance());
        self.emit.all(&conditions)
    }

    /// Calls, and gives what the function returns.
    pub(super) fn call_python(&mut self, call: &Call<'_>) -> PointerValue<'c> {
        self.write_state(call.state, Written::All);
        let (slow, end) = (self.emit.block(), self.emit.block());
        let version = self.version_of(call, slow);
        let mut results = Vec::new();
        for &callee in core::iter::once(&call.callee).chain(call.others) {
            let call = Call { callee, ..*call };
            let (found, possible, next) = (self.emit.block(), self.emit.block(), self.emit.block());
            let wanted = i64::from(self.callee(callee).version);
            let is_callee = self.emit.compare_with(IntPredicate::EQ, version, wanted);
            let likely = call.others.is_empty().then_some(Likely::Then);
            self.emit.branch(is_callee, found, next, likely);
            self.emit.go_to(found);
            let returned = if self.callee(callee).makes_generator {
                self.make_generator(&call, possible, slow)
            } else {
                let target = self.target(callee);
                let run = self.field(target, offset_of!(Target, run) as u32);
                let can = self.can_call(self.callee(callee).frame_size, 1, run);
                self.emit.branch(can, possible, slow, Some(Likely::Then));
                self.emit.go_to(possible);
                let defaults = self.defaults(&call, slow);
                self.call_directly(&call, defaults, target, run)
            };
            results.push((returned, self.emit.here()));
            self.emit.jump(end);
            self.emit.go_to(next);
        }
        self.emit.jump(slow);
        self.emit.go_to(slow);
        let evaluated = self.call_by_evaluator(call);
        results.push((evaluated, self.emit.here()));
        self.emit.jump(end);
        self.emit.go_to(end);
        let result = self.emit.phi(self.emit.pointer());
        for (value, from) in &results {
            result.add_incoming(&[(value, *from)]);
        }
        result.as_basic_value().into_pointer_value()
    }

    /// The version of the function that is called. Goes on elsewhere if it is none.
    fn version_of(&mut self, call: &Call<'_>, otherwise: BasicBlock<'c>) -> IntValue<'c> {
        let function = self.pointer(call.function);
        if !self
            .function
            .ty(call.function)
            .classes()
            .is(Class::Function)
        {
            let is_function = self.is_class(function, Class::Function);
            let on = self.emit.block();
            self.emit
                .branch(is_function, on, otherwise, Some(Likely::Then));
            self.emit.go_to(on);
        }
        self.int_field(function, self.host.layout.function_version)
    }

    /// The defaults for the parameters that get no arguments, with references. Goes on elsewhere if the function has another
    /// number of them than it had.
    fn defaults(&mut self, call: &Call<'_>, otherwise: BasicBlock<'c>) -> Vec<PointerValue<'c>> {
        let callee = self.callee(call.callee);
        let missing = callee.parameters as usize - call.arguments.len();
        let count = callee.defaults;
        if missing == 0 {
            return Vec::new();
        }
        let layout = self.host.layout;
        let function = self.pointer(call.function);
        let defaults = self.field(function, layout.function_defaults);
        let null = self.emit.is_null(defaults);
        let are_there = self.emit.build(|builder| builder.build_not(null, ""));
        self.go_on_if(are_there, otherwise);
        let size = self.long_field(defaults, layout.size);
        let fits = self
            .emit
            .compare_with(IntPredicate::EQ, size, i64::from(count));
        self.go_on_if(fits, otherwise);
        let first = count - missing as u32;
        let items = (first..count).map(|index| {
            let item = self.field(defaults, layout.tuple_items + index * WORD as u32);
            self.retain_object(item);
            item
        });
        items.collect()
    }

    /// Calls machine code on a new frame.
    fn call_directly(
        &mut self,
        call: &Call<'_>,
        defaults: Vec<PointerValue<'c>>,
        target: PointerValue<'c>,
        run: PointerValue<'c>,
    ) -> PointerValue<'c> {
        let arguments = call
            .arguments
            .iter()
            .map(|&argument| self.pointer(argument));
        let frame = NewFrame {
            function: self.pointer(call.function),
            previous: self.frame(),
            arguments: arguments.chain(defaults).collect(),
        };
        let result = self.enter_function(call, &frame, target, run);
        self.hide_stack();
        result
    }

    /// Goes on here if a condition holds, as it does nearly always.
    pub(super) fn go_on_if(&self, condition: IntValue<'c>, otherwise: BasicBlock<'c>) {
        let on = self.emit.block();
        self.emit
            .branch(condition, on, otherwise, Some(Likely::Then));
        self.emit.go_to(on);
    }

    /// Makes a new frame for the callee and runs its machine code.
    pub(super) fn enter_function(
        &mut self,
        call: &Call<'_>,
        frame: &NewFrame<'c>,
        target: PointerValue<'c>,
        run: PointerValue<'c>,
    ) -> PointerValue<'c> {
        self.set_return_offset(call.state, call.next);
        let frame = self.push_frame(call.callee, frame);
        let entry = self.int_field(target, offset_of!(Target, entry) as u32);
        let (exit, payload) = self.emit.call_machine_code(
            run,
            &[
                self.thread().into(),
                frame.into(),
                entry.into(),
                self.floor().into(),
            ],
        );
        let (on, left) = (self.emit.block(), self.emit.block());
        let returned = self.emit.compare_with(IntPredicate::EQ, exit, RETURNED);
        self.emit.branch(returned, on, left, Some(Likely::Then));
        let returned_from = self.emit.here();
        self.emit.go_to(left);
        let ended = self.callee_left(call.state, exit, payload, Reason::Call);
        let ended_from = self.emit.here();
        self.emit.jump(on);
        self.emit.go_to(on);
        let result = self.emit.phi(self.emit.pointer());
        result.add_incoming(&[(&payload, returned_from), (&ended, ended_from)]);
        result.as_basic_value().into_pointer_value()
    }

    /// What a callee that has left gives after all; leaves if it goes on in the evaluator, or has raised.
    pub(super) fn callee_left(
        &mut self,
        state: StateId,
        exit: IntValue<'c>,
        payload: PointerValue<'c>,
        reason: Reason,
    ) -> PointerValue<'c> {
        let left = self.emit.room(2);
        let place = self.emit.at(left, offset_of!(Exit, payload) as i64);
        self.emit.store(left, exit);
        self.emit.store(place, payload);
        let ended = self
            .emit
            .ask(
                Helper::CalleeLeft,
                &[self.thread().into(), self.frame().into(), left.into()],
            )
            .into_int_value();
        let (known, passed_on) = (self.emit.block(), self.emit.block());
        let is_known = self
            .emit
            .compare_with(IntPredicate::NE, ended, PASSED_ON.into());
        self.emit.branch(is_known, known, passed_on, None);
        self.emit.go_to(passed_on);
        self.give(exit, payload);
        self.emit.go_to(known);
        self.leave_unless_done(ended, state, reason);
        self.emit.load_pointer(place)
    }

    /// Says in the frame how far behind the instruction at which it stands the evaluator goes on with what is returned.
    pub(super) fn set_return_offset(&self, state: StateId, next: u32) {
        let offset = next - self.function[state].offset;
        let offset = self.emit.short().const_int(u64::from(offset), false);
        self.set(self.frame(), self.host.layout.frame_return_offset, offset);
    }

    /// Others do not look at the stack of a frame that runs.
    pub(super) fn hide_stack(&self) {
        let unknown = self.emit.int().const_all_ones();
        self.set(self.frame(), self.host.layout.frame_stack_top, unknown);
    }

    /// Has the evaluator make the call, with the operands where it wants them.
    pub(super) fn call_by_evaluator(&mut self, call: &Call<'_>) -> PointerValue<'c> {
        let bottom = self.function[call.state].stack.len() as u32;
        let mut operands = vec![self.pointer(call.function)];
        if !call.has_receiver {
            operands.push(self.emit.null());
        }
        operands.extend(
            call.arguments
                .iter()
                .map(|&argument| self.pointer(argument)),
        );
        for (index, &operand) in (bottom..).zip(&operands) {
            self.emit.store(self.stack_place(index), operand);
        }
        let height = self.snapshot.locals.len() + bottom as usize + operands.len();
        let height = self.emit.int().const_int(height as u64, false);
        self.set(self.frame(), self.host.layout.frame_stack_top, height);
        self.step(call.state, call.next, Reason::Call);
        self.emit.load_pointer(self.stack_place(bottom))
    }

    /// Makes the frame of a function that is called (`_PyFrame_PushUnchecked`). The thread runs it from now on.
    fn push_frame(&mut self, callee: u32, new: &NewFrame<'c>) -> PointerValue<'c> {
        let Callee {
            frame_size, locals, ..
        } = *self.callee(callee);
        let layout = self.host.layout;
        let thread = self.thread();
        let function = new.function;
        let frame = self.field(thread, layout.thread_data_top);
        let top = self.emit.at(frame, i64::from(frame_size) * WORD);
        self.set(thread, layout.thread_data_top, top);
        let code = self.field(function, layout.function_code);
        self.retain_object(code);
        self.set(frame, layout.frame_executable, code);
        self.set(frame, layout.frame_previous, new.previous);
        self.set(frame, layout.frame_function, function);
        let globals = self.field(function, layout.function_globals);
        self.set(frame, layout.frame_globals, globals);
        let builtins = self.field(function, layout.function_builtins);
        self.set(frame, layout.frame_builtins, builtins);
        self.set(frame, layout.frame_namespace, self.emit.null());
        self.set(frame, layout.frame_object, self.emit.null());
        let first = self.emit.at(code, layout.code_units.into());
        self.set(frame, layout.frame_instruction, first);
        let unknown = self.emit.int().const_all_ones();
        self.set(frame, layout.frame_stack_top, unknown);
        self.set(
            frame,
            layout.frame_return_offset,
            self.emit.short().const_zero(),
        );
        self.set(frame, layout.frame_owner, self.emit.byte().const_zero());
        for slot in 0..locals {
            let argument = new.arguments.get(slot as usize).copied();
            let value = argument.unwrap_or_else(|| self.emit.null());
            self.set(frame, layout.frame_locals + slot * WORD as u32, value);
        }
        self.set(thread, layout.thread_frame, frame);
        self.change_python_left(-1);
        frame
    }

    /// Leaves unless the frame is nobody else's, and not the first of a chunk of the data stack, which would have to go too.
    pub(super) fn check_return(&mut self, by: Value) {
        let layout = &self.host.layout;
        let object = self.field(self.frame(), layout.frame_object);
        let namespace = self.field(self.frame(), layout.frame_namespace);
        let chunk = self.field(self.thread(), layout.thread_data_chunk);
        let first = self.emit.at(chunk, layout.chunk_data.into());
        let is_first = self.emit.same(first, self.frame());
        let possible = self.emit.all(&[
            self.emit.is_null(object),
            self.emit.is_null(namespace),
            self.emit.build(|builder| builder.build_not(is_first, "")),
        ]);
        self.require(possible, by);
    }

    /// Takes the frame away and returns (`_PyEval_FrameClearAndPop`).
    pub(super) fn return_from(&mut self, value: Value, locals: &[Value]) {
        let layout = self.host.layout;
        let (thread, frame) = (self.thread(), self.frame());
        let value = self.pointer(value);
        // Destructors look at the thread's frames, where this one is not any more.
        let caller = self.field(frame, layout.frame_previous);
        self.set(thread, layout.thread_frame, caller);
        self.change_python_left(1);
        for &local in locals {
            self.drop_value(local);
        }
        let function = self.field(frame, layout.frame_function);
        self.drop_object(function);
        let code = self.field(frame, layout.frame_executable);
        self.drop_object(code);
        self.set(thread, layout.thread_data_top, frame);
        let returned = self.emit.const_long(RETURNED);
        self.give(returned, value);
    }

    /// Writes a member.
    pub(super) fn set(
        &self,
        object: PointerValue<'c>,
        offset: u32,
        value: impl Into<inkwell::values::BasicValueEnum<'c>>,
    ) {
        self.emit.store(self.emit.at(object, offset.into()), value);
    }
}
