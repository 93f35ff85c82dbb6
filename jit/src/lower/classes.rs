//! Calls of classes whose instances are made in the usual way and made ready by an `__init__` in Python.
//!
//! Between the frame of the caller and that of `__init__` comes one that gives the instance in the place of what `__init__`
//! returns, as in the evaluator, which may have to go on there.
use super::Lowering;
use super::emit::Likely;
use super::frame::Written;
use super::python::{Call, NewFrame};
use super::runtime::Helper;
use core::mem::offset_of;
use inkwell::IntPredicate;
use inkwell::values::PointerValue;
use pyroxene_hir::Value;
use pyroxene_jit_api::{ExitKind, Reason, Target};

impl<'c> Lowering<'c, '_> {
    /// A new instance of a class, to which it may take over a reference. Leaves without memory.
    pub(super) fn new_instance(
        &mut self,
        class: Value,
        takes: bool,
        by: Value,
    ) -> PointerValue<'c> {
        let class = self.pointer(class);
        let instance = self.emit.ask(Helper::NewInstance, &[class.into()]);
        let instance = instance.into_pointer_value();
        let is_missing = self.emit.is_null(instance);
        self.refuse(is_missing, by);
        if takes {
            // The instance has one.
            self.count_down_shared(class);
        }
        instance
    }

    /// Calls a class, and gives the instance.
    pub(super) fn call_class(&mut self, call: &Call<'_>, version: u32) -> PointerValue<'c> {
        let layout = self.host.layout;
        self.write_state(call.state, Written::All);
        let (slow, end) = (self.emit.block(), self.emit.block());
        let class = self.pointer(call.function);
        let flags = self.int_field(self.class_of(class), layout.type_flags);
        let is_class = self.emit.compare_with(IntPredicate::SLT, flags, 0);
        self.go_on_if(is_class, slow);
        let found = self.int_field(class, layout.type_version);
        let is_known = self
            .emit
            .compare_with(IntPredicate::EQ, found, i64::from(version));
        self.go_on_if(is_known, slow);
        let init = self.field(class, layout.type_init);
        let found = self.int_field(init, layout.function_version);
        let wanted = i64::from(self.callee(call.callee).version);
        let is_callee = self.emit.compare_with(IntPredicate::EQ, found, wanted);
        self.go_on_if(is_callee, slow);
        let target = self.target(call.callee);
        let run = self.field(target, offset_of!(Target, run) as u32);
        let size = self.callee(call.callee).frame_size + layout.init_frame_size;
        let possible = self.can_call(size, 2, run);
        self.go_on_if(possible, slow);
        let between = self
            .emit
            .ask(
                Helper::BeginInstance,
                &[self.thread().into(), self.frame().into(), class.into()],
            )
            .into_pointer_value();
        let null = self.emit.is_null(between);
        let is_there = self.emit.build(|builder| builder.build_not(null, ""));
        self.go_on_if(is_there, slow);

        let instance = self.field(between, layout.frame_locals);
        self.retain_object(init);
        let arguments = call
            .arguments
            .iter()
            .map(|&argument| self.pointer(argument));
        let arguments = core::iter::once(instance).chain(arguments).collect();
        let frame = NewFrame {
            callee: call.callee,
            function: init,
            previous: between,
            arguments,
        };
        let value = self.enter_function(call, &frame, target, run);
        let instance = self
            .emit
            .ask(
                Helper::EndInstance,
                &[self.thread().into(), self.frame().into(), value.into()],
            )
            .into_pointer_value();
        let (on, leaves) = (self.emit.block(), self.emit.block());
        self.emit.branch(
            self.emit.is_null(instance),
            leaves,
            on,
            Some(Likely::Otherwise),
        );
        self.emit.go_to(leaves);
        // The frame in between is right as it is, and so is this one below it.
        let exit = self.number(call.state, Reason::Call, ExitKind::Resume, None);
        self.leave(exit);
        self.emit.go_to(on);
        self.hide_stack();
        let made_from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(slow);
        let operands = self.operands(call);
        let evaluated = self.call_by_evaluator(call, &operands);
        let evaluated_from = self.emit.here();
        self.emit.jump(end);
        self.emit.go_to(end);
        let result = self.emit.phi(self.emit.pointer());
        result.add_incoming(&[(&instance, made_from), (&evaluated, evaluated_from)]);
        result.as_basic_value().into_pointer_value()
    }
}
