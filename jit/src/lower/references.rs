//! Reference counts.
use super::Lowering;
use super::emit::Likely;
use super::frame::Written;
use super::runtime::{ALARM, Helper};
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{IntValue, PointerValue};
use pyroxene_hir::{Classes, Insn, StateId, Value};
use pyroxene_jit_api::Class;

/// Whether all objects of these classes are immortal: there is nothing to count.
fn immortal(classes: Classes) -> bool {
    classes.within(Classes::of(Class::None) | Classes::of(Class::Bool) | Classes::NULL)
}

impl<'c> Lowering<'c, '_> {
    /// Whether nothing is to be counted of a value.
    fn is_immortal(&self, value: Value) -> bool {
        match self.insn_of(value) {
            Insn::Object(object) => self.snapshot.objects[object.0 as usize].immortal,
            _ => immortal(self.function.ty(value).classes()),
        }
    }

    /// Takes a reference (`Py_XINCREF`).
    pub(super) fn retain(&mut self, value: Value) {
        if self.is_immortal(value) {
            return;
        }
        let object = self.pointer(value);
        if !self.function.ty(value).classes().may_be_null() {
            return self.retain_object(object);
        }
        let after = self.emit.block();
        self.skip_null(value, object, after);
        self.retain_object(object);
        self.emit.jump(after);
        self.emit.go_to(after);
    }

    /// The same of what is an object (`Py_INCREF`).
    pub(super) fn retain_object(&self, object: PointerValue<'c>) {
        let place = self.emit.at(object, self.host.layout.refcount.into());
        let count = self.emit.load_int(self.emit.int(), place);
        let one = self.emit.int().const_int(1, false);
        let more = self
            .emit
            .build(|builder| builder.build_int_add(count, one, ""));
        // The count of what is immortal stays as it is: all ones in its low 32 bits.
        let overflowed = self.emit.compare_with(IntPredicate::EQ, more, 0);
        let new = self.emit.select(overflowed, count, more);
        self.emit.store(place, new);
    }

    /// Lets go of an object that others have too, or that is immortal.
    pub(super) fn count_down_shared(&self, object: PointerValue<'c>) {
        let place = self.emit.at(object, self.host.layout.refcount.into());
        let count = self.emit.load_int(self.emit.int(), place);
        let one = self.emit.int().const_int(1, false);
        let less = self
            .emit
            .build(|builder| builder.build_int_sub(count, one, ""));
        // The low 32 bits of what is immortal are negative.
        let immortal = self.emit.compare_with(IntPredicate::SLT, count, 0);
        let new = self.emit.select(immortal, count, less);
        self.emit.store(place, new);
    }

    /// Lets go of references (`Py_XDECREF`), in order.
    pub(super) fn release(&mut self, by: Value, values: &[Value], state: Option<StateId>) {
        let counted: Vec<Value> = values
            .iter()
            .copied()
            .filter(|&value| !self.is_immortal(value))
            .collect();
        if counted.is_empty() {
            return;
        }
        let end = self.emit.block();
        let mut deaths = Vec::new();
        for (index, &value) in counted.iter().enumerate() {
            let is_last = index + 1 == counted.len();
            let after = if is_last { end } else { self.emit.block() };
            deaths.push(self.release_one(value, after));
        }
        let inlined = state.filter(|&state| !self.function[state].inlined.is_empty());
        for (index, dies) in deaths.into_iter().enumerate() {
            self.emit.go_to(dies);
            if let Some(state) = inlined {
                let objects = counted[index..].iter().map(|&value| self.pointer(value));
                let objects: Vec<_> = objects.collect();
                self.deallocate_inlined(&objects, self.function[by].origin, state, end);
                continue;
            }
            let object = self.pointer(counted[index]);
            let rest = &counted[index + 1..];
            let origin = self.function[by].origin;
            if let Some(state) = state {
                self.write_state(state, Written::Locals);
            }
            match state {
                Some(state) if rest.is_empty() => {
                    self.deallocate_seen(object, origin, state, end);
                }
                Some(state) => {
                    self.stand_at(origin);
                    self.deallocate(object, rest);
                    self.leave_if_asked(state, end);
                }
                None => {
                    self.deallocate(object, rest);
                    self.emit.jump(end);
                }
            }
        }
        self.emit.go_to(end);
    }

    /// Ends the life of an object, and lets go of more.
    fn deallocate(&mut self, object: PointerValue<'c>, more: &[Value]) {
        self.emit.run(Helper::Deallocate, &[object.into()]);
        for &value in more {
            self.emit
                .run(Helper::Release, &[self.pointer(value).into()]);
        }
    }

    /// Ends the life of an object and goes on at a block, or leaves if something was disturbed: one call for all of it, as there
    /// are many such places, most of which never run.
    fn deallocate_seen(
        &mut self,
        object: PointerValue<'c>,
        origin: u32,
        state: StateId,
        end: BasicBlock<'c>,
    ) {
        let version = self.tools_version();
        let origin = self.emit.int().const_int(origin.into(), false);
        let frame = self.frame();
        let arguments = [object.into(), frame.into(), origin.into(), version.into()];
        let answer = self.emit.ask(Helper::DeallocateSeen, &arguments);
        self.leave_if_answered(answer.into_int_value(), state, end);
    }

    /// Goes on at a block, or leaves if something was disturbed, where a destructor has run: to look itself first would be more
    /// code.
    fn leave_if_asked(&mut self, state: StateId, end: BasicBlock<'c>) {
        let version = self.tools_version();
        let arguments = [self.frame().into(), version.into()];
        let answer = self.emit.ask(Helper::Disturbed, &arguments);
        self.leave_if_answered(answer.into_int_value(), state, end);
    }

    /// Leaves after a destructor has run if a helper says that something was disturbed, or goes on at a block.
    fn leave_if_answered(&mut self, answer: IntValue<'c>, state: StateId, end: BasicBlock<'c>) {
        let disturbed = self.emit.compare_with(IntPredicate::NE, answer, 0);
        let exit = self.exit_seen(state);
        self.go_by_chance(exit);
        self.emit
            .branch(disturbed, exit, end, Some(Likely::Otherwise));
    }

    /// Goes on elsewhere if there is no object, where that can be.
    fn skip_null(&mut self, value: Value, object: PointerValue<'c>, elsewhere: BasicBlock<'c>) {
        if self.function.ty(value).classes().may_be_null() {
            let there = self.emit.block();
            self.emit
                .branch(self.emit.is_null(object), elsewhere, there, None);
            self.emit.go_to(there);
        }
    }

    /// Lets go of a reference that a frame which is gone has held; a destructor may run at once.
    pub(super) fn drop_value(&mut self, value: Value) {
        if self.is_immortal(value) {
            return;
        }
        let after = self.emit.block();
        let dies = self.release_one(value, after);
        self.die(dies, self.pointer(value));
    }

    /// The same of an object.
    pub(super) fn drop_object(&mut self, object: PointerValue<'c>) {
        let after = self.emit.block();
        let dies = self.release_object(object, after);
        self.die(dies, object);
    }

    /// Writes the block in which an object dies. Goes on where it was.
    fn die(&mut self, dies: BasicBlock<'c>, object: PointerValue<'c>) {
        let after = self.emit.here();
        self.emit.go_to(dies);
        self.emit.run(Helper::Deallocate, &[object.into()]);
        self.emit.jump(after);
        self.emit.go_to(after);
    }

    /// Counts down, and gives the block for the case that the object dies. Goes on at `after` for the case that it does not.
    fn release_one(&mut self, value: Value, after: BasicBlock<'c>) -> BasicBlock<'c> {
        let object = self.pointer(value);
        self.skip_null(value, object, after);
        self.release_object(object, after)
    }

    /// The same of an object that does not die, because somebody else has it too.
    pub(super) fn release_shared(&mut self, object: PointerValue<'c>) {
        let after = self.emit.block();
        let dies = self.release_object(object, after);
        self.emit.go_to(dies);
        self.emit.jump(after);
        self.emit.go_to(after);
    }

    /// The same of what is an object.
    fn release_object(
        &mut self,
        object: PointerValue<'c>,
        after: BasicBlock<'c>,
    ) -> BasicBlock<'c> {
        let dies = self.emit.block();
        let place = self.emit.at(object, self.host.layout.refcount.into());
        let count = self.emit.load_int(self.emit.long(), place);
        let int = self.emit.int();
        let low = self
            .emit
            .build(|builder| builder.build_int_truncate(count, int, ""));
        // The low 32 bits of what is immortal are negative.
        let immortal = self.emit.compare_with(IntPredicate::SLT, low, 0);
        let counts = self.emit.block();
        self.emit.branch(immortal, after, counts, None);
        self.emit.go_to(counts);
        let one = self.emit.const_long(1);
        let less = self
            .emit
            .build(|builder| builder.build_int_sub(count, one, ""));
        self.emit.store(place, less);
        let dead = self.emit.compare_with(IntPredicate::EQ, less, 0);
        self.emit.branch(dead, dies, after, Some(Likely::Otherwise));
        self.emit.go_to(after);
        dies
    }

    /// Leaves if something happened that the code must not overlook.
    pub(super) fn leave_if_disturbed(&mut self, exit: BasicBlock<'c>) {
        let (ask, on) = (self.emit.block(), self.emit.block());
        let version = self.tools_version();
        let undisturbed = self.is_undisturbed(version);
        self.emit.branch(undisturbed, on, ask, Some(Likely::Then));
        self.emit.go_to(ask);
        let answer = match self.is_passed() {
            true => {
                let own = self.emit.literal(self.snapshot.running as u64);
                let arguments = [self.root().into(), own.into(), version.into()];
                self.emit.ask(Helper::DisturbedPassed, &arguments)
            }
            false => {
                let arguments = [self.root().into(), version.into()];
                self.emit.ask(Helper::Disturbed, &arguments)
            }
        };
        let answer = answer.into_int_value();
        let disturbed = self.emit.compare_with(IntPredicate::NE, answer, 0);
        self.emit.branch(disturbed, exit, on, None);
        self.emit.go_to(on);
    }

    /// Whether it is plain to see that nothing was disturbed: the tools are the same and nothing is asked of the evaluator,
    /// nobody wrote to locals of any frame, and no machine code was taken away.
    fn is_undisturbed(&mut self, version: IntValue<'c>) -> IntValue<'c> {
        let asked = self.long_field(self.thread(), self.host.layout.eval_breaker);
        let same_tools = self.emit.compare(IntPredicate::EQ, asked, version);
        let alarm = self
            .emit
            .load_int(self.emit.byte(), self.emit.symbol(ALARM));
        let quiet = self.emit.compare_with(IntPredicate::EQ, alarm, 0);
        self.emit.all(&[same_tools, quiet])
    }
}
