//! Calls of Python functions from machine code to machine code, and returns.
//!
//! A call makes the callee's frame on the data stack, as the evaluator does, and calls the callee's machine code on the C
//! stack. If that returns, the frame is gone again. If it leaves because it raises, the core does that
//! for it, and the caller goes on. If it leaves for another reason, so does the caller: its own frame is already as the
//! evaluator wants to find it below a frame that it runs.
use super::Lowering;
use super::binding::Given;
use super::emit::Likely;
use super::frame::Written;
use super::placed::Placed;
use super::runtime::{FRAME_EVALUATOR, Helper, METHOD};
use core::mem::offset_of;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{IntValue, PointerValue};
use pyroxene_hir::operands::{self, CallForm};
use pyroxene_hir::{StateId, Value};
use pyroxene_jit_api::{Callee, Class, Exit, ExitKind, ObjectId, PASSED_ON, Reason, Target};

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
    /// What calls.
    pub form: CallForm,
    /// The instruction after the one that calls, in units.
    pub next: u32,
    /// At the instruction that calls, its operands taken off the stack.
    pub state: StateId,
}

/// A function that is called, and what it is called with.
struct Called<'c> {
    function: PointerValue<'c>,
    /// Whether the reference to it is the caller's to give away.
    owned: bool,
    arguments: Vec<PointerValue<'c>>,
    /// What has them, if they are not the caller's to give away: that is.
    holders: Vec<PointerValue<'c>>,
    /// The names of the last of them.
    names: Option<ObjectId>,
    /// What the evaluator wants to find on the stack.
    operands: Vec<PointerValue<'c>>,
}

impl<'c> Called<'c> {
    fn given(&self) -> Given<'c, '_> {
        Given {
            arguments: &self.arguments,
            names: self.names,
        }
    }
}

/// What a new frame is made of. It takes over the references.
pub(super) struct NewFrame<'c> {
    /// Which callee the function is.
    pub callee: u32,
    /// The function.
    pub function: PointerValue<'c>,
    /// The frame below it.
    pub previous: PointerValue<'c>,
    /// The arguments.
    pub arguments: Vec<PointerValue<'c>>,
}

/// What a new frame has besides its locals.
pub(super) struct FrameHead<'c> {
    /// The frame below it.
    pub previous: PointerValue<'c>,
    /// The function.
    pub function: PointerValue<'c>,
    /// Its code.
    pub code: PointerValue<'c>,
    /// Its globals.
    pub globals: PointerValue<'c>,
    /// Its builtins.
    pub builtins: PointerValue<'c>,
    /// Whose it is, as CPython's `_frameowner` says it.
    pub owner: i8,
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
        let nothing = self.emit.is_null(run);
        let has_code = self.emit.build(|builder| builder.build_not(nothing, ""));
        let has_room = self.has_room(frame_size, frames);
        let above = self
            .emit
            .compare(IntPredicate::UGT, self.emit.stack_pointer(), self.floor());
        let other = self.emit.load_pointer(self.emit.symbol(FRAME_EVALUATOR));
        let is_ours = self.emit.is_null(other);
        let mut conditions = vec![has_code, has_room, above, is_ours];
        conditions.extend(self.calls_by_chance());
        self.emit.all(&conditions)
    }

    /// Whether there is room for so many frames of so many words together, and they may still be called.
    pub(super) fn has_room(&mut self, words: u32, frames: i64) -> IntValue<'c> {
        let layout = &self.host.layout;
        let top = self.long_field(self.thread(), layout.thread_data_top);
        let limit = self.long_field(self.thread(), layout.thread_data_limit);
        let room = self
            .emit
            .build(|builder| builder.build_int_sub(limit, top, ""));
        let bytes = i64::from(words) * WORD;
        let has_room = self.emit.compare_with(IntPredicate::SGT, room, bytes);
        let left = self.int_field(self.thread(), layout.thread_python_left);
        let may_recurse = self.emit.compare_with(IntPredicate::SGT, left, frames);
        self.emit.all(&[has_room, may_recurse])
    }

    /// Calls, and gives what the function returns.
    pub(super) fn call_python(&mut self, call: &Call<'_>) -> PointerValue<'c> {
        self.write_state(call.state, Written::All);
        let (slow, end) = (self.emit.block(), self.emit.block());
        let mut results = Vec::new();
        let called = match call.form {
            CallForm::Method => {
                let other = self.emit.block();
                let called = self.unbind(call, other);
                let here = self.emit.here();
                self.emit.go_to(other);
                let operands = self.operands(call);
                let evaluated = self.call_by_evaluator(call, &operands);
                results.push((evaluated, self.emit.here()));
                self.emit.jump(end);
                self.emit.go_to(here);
                called
            }
            CallForm::Function | CallForm::Keywords(_) => self.called_function(call),
            CallForm::Unpacked { arguments } => self.unpack(call, arguments, slow),
            CallForm::Property { .. } | CallForm::Item { .. } => self.function_of_type(call, slow),
        };
        let is_known = called.function == self.pointer(call.function)
            && self
                .function
                .ty(call.function)
                .classes()
                .is(Class::Function);
        let version = self.version_of(called.function, is_known || !called.owned, slow);
        for &callee in core::iter::once(&call.callee).chain(call.others) {
            let (found, next) = (self.emit.block(), self.emit.block());
            let wanted = i64::from(self.callee(callee).version);
            let is_callee = self.emit.compare_with(IntPredicate::EQ, version, wanted);
            let likely = call.others.is_empty().then_some(Likely::Then);
            self.emit.branch(is_callee, found, next, likely);
            self.emit.go_to(found);
            let returned = if self.callee(callee).makes_generator {
                self.call_generator(call, callee, &called, slow)
            } else {
                self.call_directly(call, callee, &called, slow)
            };
            results.push((returned, self.emit.here()));
            self.emit.jump(end);
            self.emit.go_to(next);
        }
        self.emit.jump(slow);
        self.emit.go_to(slow);
        let evaluated = self.call_by_evaluator(call, &called.operands);
        results.push((evaluated, self.emit.here()));
        self.emit.jump(end);
        self.emit.go_to(end);
        let result = self.emit.phi(self.emit.pointer());
        for (value, from) in &results {
            result.add_incoming(&[(value, *from)]);
        }
        result.as_basic_value().into_pointer_value()
    }

    /// The operands of a call as they lay on the stack: what is called, `self` or NULL, and the arguments.
    pub(super) fn operands(&mut self, call: &Call<'_>) -> Vec<PointerValue<'c>> {
        let mut operands = vec![self.pointer(call.function)];
        let has_place = !call.has_receiver && !call.form.is_of_type();
        if has_place {
            operands.push(self.emit.null());
        }
        operands.extend(self.arguments(call));
        operands
    }

    fn arguments(&self, call: &Call<'_>) -> Vec<PointerValue<'c>> {
        let arguments = call.arguments.iter();
        arguments.map(|&argument| self.pointer(argument)).collect()
    }

    /// A function that is called itself.
    fn called_function(&mut self, call: &Call<'_>) -> Called<'c> {
        Called {
            function: self.pointer(call.function),
            owned: true,
            arguments: self.arguments(call),
            holders: Vec::new(),
            names: call.form.names(),
            operands: self.operands(call),
        }
    }

    /// A function that is called with so many arguments of a tuple. Goes on elsewhere if there are others.
    fn unpack(&mut self, call: &Call<'_>, count: u16, otherwise: BasicBlock<'c>) -> Called<'c> {
        let layout = self.host.layout;
        let holders = self.arguments(call);
        let is_tuple = self.is_class(holders[0], Class::Tuple);
        self.go_on_if(is_tuple, otherwise);
        let size = self.long_field(holders[0], layout.size);
        let fits = self.emit.compare_with(IntPredicate::EQ, size, count.into());
        self.go_on_if(fits, otherwise);
        if let Some(&keywords) = holders.get(1) {
            let used = self.long_field(keywords, layout.dict_used);
            let is_empty = self.emit.compare_with(IntPredicate::EQ, used, 0);
            self.go_on_if(is_empty, otherwise);
        }
        let items = (0..u32::from(count)).map(|index| {
            let place = layout.tuple_items + index * WORD as u32;
            self.field(holders[0], place)
        });
        Called {
            function: self.pointer(call.function),
            owned: true,
            arguments: items.collect(),
            holders,
            names: None,
            operands: self.operands(call),
        }
    }

    /// The function of a bound method that is called, which goes: function and receiver take its place. Goes on elsewhere if it is
    /// none.
    fn unbind(&mut self, call: &Call<'_>, otherwise: BasicBlock<'c>) -> Called<'c> {
        let method = self.pointer(call.function);
        let class = self.class_of(method);
        let is_method = self.emit.same(class, self.emit.symbol(METHOD));
        self.go_on_if(is_method, otherwise);
        let layout = self.host.layout;
        let function = self.field(method, layout.method_function);
        let receiver = self.field(method, layout.method_receiver);
        self.retain_object(function);
        self.retain_object(receiver);
        self.drop_object(method);
        let arguments: Vec<_> = core::iter::once(receiver)
            .chain(self.arguments(call))
            .collect();
        Called {
            function,
            owned: true,
            operands: core::iter::once(function)
                .chain(arguments.clone())
                .collect(),
            arguments,
            holders: Vec::new(),
            names: None,
        }
    }

    /// The function that the type of what is called has for it. Goes on elsewhere if that is another type.
    fn function_of_type(&mut self, call: &Call<'_>, otherwise: BasicBlock<'c>) -> Called<'c> {
        let owner = self.pointer(call.function);
        let class = self.class_of(owner);
        let found = self.int_field(class, self.host.layout.type_version);
        let is_type = |lowering: &mut Self, version: u32| {
            let wanted = i64::from(version);
            let is_type = lowering.emit.compare_with(IntPredicate::EQ, found, wanted);
            lowering.go_on_if(is_type, otherwise);
        };
        let function = match call.form {
            CallForm::Property { version, getter } => {
                is_type(self, version);
                self.object(getter)
            }
            CallForm::Item { version } => {
                is_type(self, version);
                self.field(class, self.host.layout.type_get_item)
            }
            CallForm::Function
            | CallForm::Method
            | CallForm::Keywords(_)
            | CallForm::Unpacked { .. } => unreachable!("the function is known"),
        };
        let arguments: Vec<_> = core::iter::once(owner)
            .chain(self.arguments(call))
            .collect();
        Called {
            function,
            owned: false,
            operands: arguments.clone(),
            arguments,
            holders: Vec::new(),
            names: None,
        }
    }

    /// The version of the function that is called. Goes on elsewhere if it is none.
    fn version_of(
        &mut self,
        function: PointerValue<'c>,
        is_known: bool,
        otherwise: BasicBlock<'c>,
    ) -> IntValue<'c> {
        if !is_known {
            let is_function = self.is_class(function, Class::Function);
            self.go_on_if(is_function, otherwise);
        }
        self.int_field(function, self.host.layout.function_version)
    }

    /// Calls a generator function.
    fn call_generator(
        &mut self,
        call: &Call<'_>,
        callee: u32,
        called: &Called<'c>,
        slow: BasicBlock<'c>,
    ) -> PointerValue<'c> {
        let found = self.find_bound(callee, called.function, called.given(), slow);
        let mut taken = found.defaults.clone();
        if !called.owned {
            self.retain_object(called.function);
            taken.push(called.function);
        }
        let arguments = self.take_bound(&found, called.function, called.given(), call.state);
        let (made, unable) = (self.emit.block(), self.emit.block());
        let generator = self.make_generator(call.state, called.function, &arguments, made, unable);
        // The evaluator takes them itself.
        self.emit.go_to(unable);
        for object in taken {
            self.emit.run(Helper::Release, &[object.into()]);
        }
        self.emit.jump(slow);
        self.emit.go_to(made);
        self.hide_stack();
        generator
    }

    /// Calls machine code on a new frame.
    fn call_directly(
        &mut self,
        call: &Call<'_>,
        callee: u32,
        called: &Called<'c>,
        slow: BasicBlock<'c>,
    ) -> PointerValue<'c> {
        let target = self.target(callee);
        let run = self.field(target, offset_of!(Target, run) as u32);
        let can = self.can_call(self.callee(callee).frame_size, 1, run);
        self.go_on_if(can, slow);
        let found = self.find_bound(callee, called.function, called.given(), slow);
        if !called.owned {
            self.retain_object(called.function);
        }
        if !called.holders.is_empty() {
            for &argument in &called.arguments {
                self.retain_object(argument);
            }
            for &holder in &called.holders {
                self.drop_object(holder);
            }
        }
        let arguments = self.take_bound(&found, called.function, called.given(), call.state);
        let frame = NewFrame {
            callee,
            function: called.function,
            previous: self.frame(),
            arguments,
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
        let frame = self.push_frame(frame);
        let entry = self.int_field(target, offset_of!(Target, entry) as u32);
        self.run_callee(call.state, frame, entry, run)
    }

    /// Runs machine code on the frame of a callee: what it returns. Leaves if that goes on in the evaluator, or has raised.
    pub(super) fn run_callee(
        &mut self,
        state: StateId,
        frame: PointerValue<'c>,
        entry: IntValue<'c>,
        run: PointerValue<'c>,
    ) -> PointerValue<'c> {
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
        let ended = self.callee_left(state, exit, payload, Reason::Call);
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
    pub(super) fn call_by_evaluator(
        &mut self,
        call: &Call<'_>,
        operands: &[PointerValue<'c>],
    ) -> PointerValue<'c> {
        let bottom = self.function[call.state].top_stack().len() as u32;
        for (index, &operand) in (bottom..).zip(operands) {
            self.emit.store(self.stack_place(index), operand);
        }
        let operands = operands.len() as u32;
        let given = match call.form {
            CallForm::Function | CallForm::Method => operands::Given::Placed,
            CallForm::Keywords(names) => operands::Given::Named(names),
            CallForm::Unpacked { .. } => operands::Given::Unpacked,
            CallForm::Property { .. } | CallForm::Item { .. } => {
                let height = self.locals() + bottom + operands;
                self.evaluate_placed(height, call.next, call.state);
                return self.emit.load_pointer(self.stack_place(bottom));
            }
        };
        self.call_placed(Placed {
            operands,
            given,
            next: call.next,
            state: call.state,
        })
    }

    /// Makes the frame of a function that is called (`_PyFrame_PushUnchecked`). The thread runs it from now on.
    fn push_frame(&mut self, new: &NewFrame<'c>) -> PointerValue<'c> {
        let Callee {
            frame_size, locals, ..
        } = *self.callee(new.callee);
        let layout = self.host.layout;
        let thread = self.thread();
        let function = new.function;
        let frame = self.field(thread, layout.thread_data_top);
        let top = self.emit.at(frame, i64::from(frame_size) * WORD);
        self.set(thread, layout.thread_data_top, top);
        let code = self.field(function, layout.function_code);
        self.retain_object(code);
        let head = self.head(new.previous, function, code);
        self.initialize_frame(frame, &head);
        for slot in 0..locals {
            let argument = new.arguments.get(slot as usize).copied();
            let value = argument.unwrap_or_else(|| self.emit.null());
            self.set(frame, layout.frame_locals + slot * WORD as u32, value);
        }
        self.set(thread, layout.thread_frame, frame);
        self.change_python_left(-1);
        frame
    }

    /// What a frame of a function has.
    pub(super) fn head(
        &self,
        previous: PointerValue<'c>,
        function: PointerValue<'c>,
        code: PointerValue<'c>,
    ) -> FrameHead<'c> {
        let layout = self.host.layout;
        FrameHead {
            previous,
            function,
            code,
            globals: self.field(function, layout.function_globals),
            builtins: self.field(function, layout.function_builtins),
            owner: layout.owned_by_thread,
        }
    }

    /// Writes all of a new frame but its locals. It takes over a reference to the code.
    pub(super) fn initialize_frame(&mut self, frame: PointerValue<'c>, head: &FrameHead<'c>) {
        let layout = self.host.layout;
        let code = head.code;
        self.set(frame, layout.frame_executable, code);
        self.set(frame, layout.frame_previous, head.previous);
        self.set(frame, layout.frame_function, head.function);
        self.set(frame, layout.frame_globals, head.globals);
        self.set(frame, layout.frame_builtins, head.builtins);
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
        let owner = i64::from(head.owner).cast_unsigned();
        let owner = self.emit.byte().const_int(owner, true);
        self.set(frame, layout.frame_owner, owner);
    }

    /// Goes on if the frame is nobody else's, and not the first of a chunk of the data stack, which would have to go too. Where it
    /// is, the core takes it away: this ends the function.
    pub(super) fn check_return(&mut self, state: StateId) {
        let layout = &self.host.layout;
        let object = self.field(self.frame(), layout.frame_object);
        let chunk = self.field(self.thread(), layout.thread_data_chunk);
        let first = self.emit.at(chunk, layout.chunk_data.into());
        let is_first = self.emit.same(first, self.frame());
        let possible = self.emit.all(&[
            self.emit.is_null(object),
            self.emit.build(|builder| builder.build_not(is_first, "")),
        ]);
        let (on, by_core) = (self.emit.block(), self.emit.block());
        self.emit.branch(possible, on, by_core, Some(Likely::Then));
        self.emit.go_to(by_core);
        self.write_state(state, Written::All);
        let value = self
            .emit
            .ask(
                Helper::ReturnFrom,
                &[self.thread().into(), self.frame().into()],
            )
            .into_pointer_value();
        let (raised, returned) = (self.emit.block(), self.emit.block());
        let none = self.emit.is_null(value);
        self.emit
            .branch(none, raised, returned, Some(Likely::Otherwise));
        self.emit.go_to(raised);
        let error = self.number(state, Reason::Raised, ExitKind::Error, None);
        self.leave(error);
        self.emit.go_to(returned);
        let exit = self.emit.const_long(RETURNED);
        self.give(exit, value);
        self.emit.go_to(on);
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
        self.drop_namespace();
        let function = self.field(frame, layout.frame_function);
        self.drop_object(function);
        let code = self.field(frame, layout.frame_executable);
        self.drop_object(code);
        self.set(thread, layout.thread_data_top, frame);
        let returned = self.emit.const_long(RETURNED);
        self.give(returned, value);
    }

    /// Lets go of the frame's namespace, if it has one: code that `exec` or `eval` runs, and that of modules and classes.
    fn drop_namespace(&mut self) {
        let namespace = self.field(self.frame(), self.host.layout.frame_namespace);
        let (some, after) = (self.emit.block(), self.emit.block());
        let is_none = self.emit.is_null(namespace);
        self.emit.branch(is_none, after, some, Some(Likely::Then));
        self.emit.go_to(some);
        self.drop_object(namespace);
        self.emit.jump(after);
        self.emit.go_to(after);
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
