//! Generators and coroutines: how machine code goes on in one, pauses in one, and ends one.
use super::Lowering;
use super::frame::Written;
use super::python::RETURNED;
use super::runtime::{EXIT_VALUES, Helper};
use crate::lower::emit::Likely;
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::PointerValue;
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
        let sent = self.pointer(resumption.value);
        let (exit, payload) = self.emit.ask_for_exit(
            Helper::Resume,
            &[
                self.thread().into(),
                self.frame().into(),
                self.pointer(resumption.generator).into(),
                sent.into(),
                self.floor().into(),
            ],
        );
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

    /// Pauses (ceval.c `YIELD_VALUE`).
    pub(super) fn pause(&mut self, value: Value, delegates: bool, state: StateId) {
        self.write_state(state, Written::All);
        let layout = self.host.layout;
        let (thread, frame) = (self.thread(), self.frame());
        let generator = self.emit.at(frame, -i64::from(layout.generator_frame));
        let paused = i64::from(layout.generator_suspended) + i64::from(delegates);
        let paused = self.emit.byte().const_int(paused.cast_unsigned(), true);
        self.set(generator, layout.generator_state, paused);
        let below = self.field(generator, layout.generator_exceptions_below);
        self.set(thread, layout.exception_info, below);
        self.set(
            generator,
            layout.generator_exceptions_below,
            self.emit.null(),
        );
        self.change_python_left(1);
        let caller = self.field(frame, layout.frame_previous);
        self.set(frame, layout.frame_previous, self.emit.null());
        self.set(thread, layout.thread_frame, caller);
        let yielded = self.emit.const_long(YIELDED);
        let value = self.pointer(value);
        self.give(yielded, value);
    }

    /// Ends the generator (ceval.c `clear_gen_frame`).
    pub(super) fn end_generator(&mut self, value: Value, state: StateId) {
        self.write_state(state, Written::All);
        self.emit.run(
            Helper::EndGenerator,
            &[self.thread().into(), self.frame().into()],
        );
        let returned = self.emit.const_long(RETURNED);
        let value = self.pointer(value);
        self.give(returned, value);
    }
}
