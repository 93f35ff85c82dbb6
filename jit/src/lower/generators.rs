//! Generators and coroutines: how machine code goes on in one, pauses in one, and ends one.
use super::Lowering;
use super::frame::Written;
use super::python::RETURNED;
use super::runtime::{EXIT_VALUES, FRAME_EVALUATOR, Helper};
use crate::lower::emit::Likely;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{BasicValueEnum, IntValue, PointerValue};
use pyroxene_hir::{StateId, Value};
use pyroxene_jit_api::{ExitKind, Reason};

/// The exit of a generator that has paused.
const YIELDED: i64 = (ExitKind::Yielded as i64) << 32;

/// That a generator could not be resumed.
const UNABLE: i64 = (ExitKind::Unable as i64) << 32;

/// Going on in a generator ([`pyroxene_hir::Insn::Resume`]).
pub(super) struct Resumption {
    /// The generator.
    pub generator: Value,
    /// What it is sent.
    pub value: Value,
    /// Where the evaluator goes on with what it returns.
    pub end: u32,
    /// Where the evaluator begins if it is to do it.
    pub again: u32,
    /// At the instruction, the value taken off the stack.
    pub state: StateId,
}

impl<'c> Lowering<'c, '_> {
    /// Goes on in a generator: what it yields, or NULL.
    pub(super) fn resume(&mut self, resumption: &Resumption) -> PointerValue<'c> {
        self.write_state(resumption.state, Written::All);
        self.set_return_offset(resumption.state, resumption.end);
        let (exit, payload) = self.run_generator(resumption);
        let (other, returned, left) = (self.emit.block(), self.emit.block(), self.emit.block());
        let (unable, exits, end) = (self.emit.block(), self.emit.block(), self.emit.block());
        let yielded = self.emit.compare_with(IntPredicate::EQ, exit, YIELDED);
        let yielded_from = self.emit.here();
        self.emit.branch(yielded, end, other, Some(Likely::Then));

        self.emit.go_to(other);
        let has_returned = self.emit.compare_with(IntPredicate::EQ, exit, RETURNED);
        self.emit
            .branch(has_returned, returned, left, Some(Likely::Then));

        self.emit.go_to(left);
        let is_unable = self.emit.compare_with(IntPredicate::EQ, exit, UNABLE);
        self.emit.branch(is_unable, unable, exits, None);

        self.emit.go_to(exits);
        let ended = self.callee_left(resumption.state, exit, payload, Reason::Generator);
        let ended_from = self.emit.here();
        self.emit.jump(returned);

        self.emit.go_to(returned);
        let value = self.emit.phi(self.emit.pointer());
        value.add_incoming(&[(&payload, other), (&ended, ended_from)]);
        let place = self.emit.symbol(EXIT_VALUES);
        self.emit.store(place, value.as_basic_value());
        self.emit.jump(end);

        self.emit.go_to(unable);
        self.leave_to_resume(resumption);

        self.emit.go_to(end);
        let result = self.emit.phi(self.emit.pointer());
        result.add_incoming(&[(&payload, yielded_from), (&self.emit.null(), returned)]);
        self.hide_stack();
        result.as_basic_value().into_pointer_value()
    }

    /// Runs a generator's machine code, if there is some: how that ended. It is called from here where that is plain, so that the
    /// C stack has nothing else between generators that lie in one another: processors predict only so many returns.
    fn run_generator(&mut self, resumption: &Resumption) -> (IntValue<'c>, PointerValue<'c>) {
        let generator = self.pointer(resumption.generator);
        let arguments: [BasicValueEnum<'c>; 5] = [
            self.thread().into(),
            self.frame().into(),
            generator.into(),
            self.pointer(resumption.value).into(),
            self.floor().into(),
        ];
        let (plain, other, end) = (self.emit.block(), self.emit.block(), self.emit.block());
        let (entry, run) = self
            .emit
            .ask_for_entrance(Helper::BeginResumption, &arguments);
        let is_none = self.emit.is_null(run);
        self.emit
            .branch(is_none, other, plain, Some(Likely::Otherwise));

        self.emit.go_to(plain);
        let frame = self
            .emit
            .at(generator, self.host.layout.generator_frame.into());
        let begun = self.emit.call_machine_code(
            run,
            &[
                self.thread().into(),
                frame.into(),
                entry.into(),
                self.floor().into(),
            ],
        );
        self.emit.jump(end);

        self.emit.go_to(other);
        let resumed = self.emit.ask_for_exit(Helper::Resume, &arguments);
        self.emit.jump(end);

        self.emit.go_to(end);
        let exit = self.emit.phi(self.emit.long());
        exit.add_incoming(&[(&begun.0, plain), (&resumed.0, other)]);
        let payload = self.emit.phi(self.emit.pointer());
        payload.add_incoming(&[(&begun.1, plain), (&resumed.1, other)]);
        (
            exit.as_basic_value().into_int_value(),
            payload.as_basic_value().into_pointer_value(),
        )
    }

    /// Calls a generator function, and goes to a block with what that gives, or elsewhere if the evaluator has to do it. It goes on
    /// nowhere.
    pub(super) fn make_generator(
        &mut self,
        state: StateId,
        function: PointerValue<'c>,
        arguments: &[PointerValue<'c>],
        made: BasicBlock<'c>,
        otherwise: BasicBlock<'c>,
    ) -> PointerValue<'c> {
        let count = arguments.len() as u32;
        let room = self.emit.room(count);
        for (index, &argument) in arguments.iter().enumerate() {
            let place = self.emit.at(room, index as i64 * 8);
            self.emit.store(place, argument);
        }
        let count = self.emit.int().const_int(count.into(), false);
        let generator = self
            .emit
            .ask(
                Helper::Generator,
                &[
                    self.thread().into(),
                    function.into(),
                    room.into(),
                    count.into(),
                ],
            )
            .into_pointer_value();
        let (none, raised) = (self.emit.block(), self.emit.block());
        let is_none = self.emit.is_null(generator);
        self.emit
            .branch(is_none, none, made, Some(Likely::Otherwise));
        self.emit.go_to(none);
        let exception = self.field(self.thread(), self.host.layout.current_exception);
        let nothing = self.emit.is_null(exception);
        self.emit.branch(nothing, otherwise, raised, None);
        self.emit.go_to(raised);
        let error = self.emit.int().const_int(1 + ExitKind::Error as u64, false);
        self.leave_as(error, state, Reason::Call);
        generator
    }

    /// Leaves before the instruction that resumes, with what was to be sent on the stack again.
    fn leave_to_resume(&mut self, resumption: &Resumption) {
        let state = &self.function[resumption.state];
        let (index, height) = (
            state.top_stack().len(),
            self.locals() as usize + state.top_stack().len(),
        );
        if !self
            .function
            .ty(resumption.value)
            .classes()
            .within(pyroxene_hir::Classes::NULL)
        {
            let place = self.stack_place(index as u32);
            self.emit.store(place, self.pointer(resumption.value));
            let height = self.emit.int().const_int(height as u64 + 1, false);
            self.set(self.frame(), self.host.layout.frame_stack_top, height);
        }
        self.stand_at(resumption.again);
        let exit = self.number(resumption.state, Reason::Generator, ExitKind::Resume, None);
        self.leave(exit);
    }

    /// Sends a value to an iterator: what it yields, or NULL.
    pub(super) fn send(&mut self, by: Value, receiver: Value, sent: Value) -> PointerValue<'c> {
        self.stand_at(self.function[by].origin);
        let yielded = self
            .emit
            .ask(
                Helper::Send,
                &[
                    self.thread().into(),
                    self.frame().into(),
                    self.value(receiver),
                    self.value(sent),
                ],
            )
            .into_pointer_value();
        self.unless_raised(by, yielded);
        yielded
    }

    /// What has just been returned.
    pub(super) fn load_returned(&self) -> PointerValue<'c> {
        self.emit.load_pointer(self.emit.symbol(EXIT_VALUES))
    }

    /// The frame in a generator.
    pub(super) fn frame_of_generator(&self, generator: PointerValue<'c>) -> PointerValue<'c> {
        self.emit
            .at(generator, self.host.layout.generator_frame.into())
    }

    /// The generator in which a frame lies.
    fn generator_of(&self, frame: PointerValue<'c>) -> PointerValue<'c> {
        self.emit
            .at(frame, -i64::from(self.host.layout.generator_frame))
    }

    /// Leaves unless a generator pauses that a callee has made, waits for none, and nobody has its frame or evaluates frames but us.
    pub(super) fn guard_generator(&mut self, by: Value, generator: Value, callee: u32) {
        let layout = self.host.layout;
        let generator = self.pointer(generator);
        let frame = self.frame_of_generator(generator);
        let place = self.emit.at(generator, layout.generator_state.into());
        let state = self.emit.load_int(self.emit.byte(), place);
        let paused = i64::from(layout.generator_suspended);
        let paused = self.emit.byte().const_int(paused.cast_unsigned(), true);
        let pauses = self.emit.compare(IntPredicate::SLE, state, paused);
        let object = self.field(frame, layout.frame_object);
        let is_ours = self.emit.is_null(object);
        let other = self.emit.load_pointer(self.emit.symbol(FRAME_EVALUATOR));
        let evaluated = self.emit.is_null(other);
        let holds = self.emit.all(&[pauses, is_ours, evaluated]);
        self.require(holds, by);
        // One that has ended may have outlived its function.
        let function = self.field(frame, layout.frame_function);
        let version = self.int_field(function, layout.function_version);
        let wanted = i64::from(self.callee(callee).version);
        let is_callee = self.emit.compare_with(IntPredicate::EQ, version, wanted);
        // The function may have got other code since it has made the generator.
        let code = self.field(frame, layout.frame_executable);
        let is_code = (self.emit).same(code, self.field(function, layout.function_code));
        let holds = self.emit.all(&[is_callee, is_code]);
        self.require(holds, by);
    }

    /// Where a generator that pauses goes on.
    pub(super) fn generator_offset(&self, generator: Value) -> IntValue<'c> {
        let layout = self.host.layout;
        let frame = self.frame_of_generator(self.pointer(generator));
        let code = self.long_field(frame, layout.frame_executable);
        let instruction = self.long_field(frame, layout.frame_instruction);
        let first = self.emit.const_long(layout.code_units.into());
        let unit = self.emit.const_long(2);
        self.emit.build(|builder| {
            let distance = builder.build_int_sub(instruction, code, "")?;
            let distance = builder.build_int_sub(distance, first, "")?;
            builder.build_int_signed_div(distance, unit, "")
        })
    }

    /// The function that has made a generator.
    pub(super) fn generator_function(&self, generator: Value) -> PointerValue<'c> {
        let frame = self.frame_of_generator(self.pointer(generator));
        self.field(frame, self.host.layout.frame_function)
    }

    /// A place of a generator's frame, counted from the first local.
    pub(super) fn place_of_generator(&self, generator: Value, index: u32) -> PointerValue<'c> {
        let frame = self.frame_of_generator(self.pointer(generator));
        let place = i64::from(self.host.layout.frame_locals) + i64::from(index) * 8;
        self.emit.at(frame, place)
    }

    /// Says that a generator pauses, whose places are right.
    pub(super) fn suspend(&self, generator: Value, offset: u32, height: u32) {
        let layout = self.host.layout;
        let generator = self.pointer(generator);
        let frame = self.frame_of_generator(generator);
        let code = self.field(frame, layout.frame_executable);
        let instruction = i64::from(layout.code_units) + i64::from(offset) * 2;
        let instruction = self.emit.at(code, instruction);
        self.set(frame, layout.frame_instruction, instruction);
        let height = self.emit.int().const_int(height.into(), false);
        self.set(frame, layout.frame_stack_top, height);
        self.set_generator_state(generator, layout.generator_suspended);
    }

    /// Has a generator's frame run above another one. The thread is not told yet.
    pub(super) fn link_generator(&self, frame: PointerValue<'c>, below: PointerValue<'c>) {
        let layout = self.host.layout;
        let (thread, generator) = (self.thread(), self.generator_of(frame));
        self.set_generator_state(generator, layout.generator_executing);
        let handled = self.field(thread, layout.exception_info);
        self.set(generator, layout.generator_exceptions_below, handled);
        let own = self.emit.at(generator, layout.generator_exceptions.into());
        self.set(thread, layout.exception_info, own);
        self.set(frame, layout.frame_previous, below);
    }

    /// Takes a generator's frame, the innermost, from the one below it. The thread is not told yet.
    pub(super) fn unlink_generator(&self, frame: PointerValue<'c>) {
        let layout = self.host.layout;
        let (thread, generator) = (self.thread(), self.generator_of(frame));
        let below = self.field(generator, layout.generator_exceptions_below);
        self.set(thread, layout.exception_info, below);
        let null = self.emit.null();
        self.set(generator, layout.generator_exceptions_below, null);
        self.set(frame, layout.frame_previous, null);
    }

    fn set_generator_state(&self, generator: PointerValue<'c>, state: i8) {
        let state = i64::from(state).cast_unsigned();
        let state = self.emit.byte().const_int(state, true);
        self.set(generator, self.host.layout.generator_state, state);
    }

    /// Pauses (ceval.c `YIELD_VALUE`).
    pub(super) fn pause(&mut self, value: Value, delegates: bool, state: StateId) {
        self.write_state(state, Written::All);
        let layout = self.host.layout;
        let (thread, frame) = (self.thread(), self.frame());
        let generator = self.generator_of(frame);
        let paused = layout.generator_suspended + i8::from(delegates);
        self.set_generator_state(generator, paused);
        let caller = self.field(frame, layout.frame_previous);
        self.unlink_generator(frame);
        self.change_python_left(1);
        self.set(thread, layout.thread_frame, caller);
        let yielded = self.emit.const_long(YIELDED);
        let value = self.pointer(value);
        self.give(yielded, value);
    }

    /// Ends the generator (ceval.c `clear_gen_frame`).
    pub(super) fn end_generator(&mut self, value: Value, state: StateId) {
        self.end_resumed(state);
        let returned = self.emit.const_long(RETURNED);
        let value = self.pointer(value);
        self.give(returned, value);
    }

    /// The same of one whose code is a part of this code.
    pub(super) fn end_resumed(&mut self, state: StateId) {
        self.write_state(state, Written::All);
        self.emit.run(
            Helper::EndGenerator,
            &[self.thread().into(), self.frame().into()],
        );
    }
}
