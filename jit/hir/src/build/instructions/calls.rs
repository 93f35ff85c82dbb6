//! Calls of built-in functions whose meaning is known. All others are the evaluator's.
use crate::build::builder::Builder;
use crate::function::Value;
use crate::insn::Insn;
use crate::types::Classes;
use pyroxene_jit_api::{Builtin, Class, Known, ObjectId, Reason};

impl Builder<'_> {
    /// The object that is a built-in function, if the snapshot mentions it.
    fn builtin(&self, builtin: Builtin) -> Option<ObjectId> {
        let objects = &self.snapshot().objects;
        let index = objects
            .iter()
            .position(|object| object.known == Known::Builtin(builtin))?;
        Some(ObjectId(u32::try_from(index).ok()?))
    }

    /// Guards that a place of the stack is an object.
    fn guard_is(&mut self, value: Value, object: ObjectId) {
        if self.constant(value) == Some(object) {
            return;
        }
        let state = self.before();
        let guarded = self.emit(Insn::GuardIs {
            value,
            object,
            state,
        });
        self.state.refine(value, guarded);
    }

    /// `CALL(1)` of `len`.
    pub(super) fn call_len(&mut self) {
        let len = self.builtin(Builtin::Len);
        let has_self = self.classes(self.peek(1).value) != Classes::NULL;
        let can_be = !self.ty(self.peek(2).value).is_unboxed();
        let Some(len) = len.filter(|_| {
            can_be && self.at.oparg == 1 && !has_self && self.may_speculate(Reason::Identity)
        }) else {
            return self.interpret(&[]);
        };
        self.guard_is(self.peek(2).value, len);
        let value = self.peek(0).value;
        let is_sequence = matches!(
            self.classes(value).single(),
            Some(Class::List | Class::Tuple)
        );
        if is_sequence {
            let size = self.emit(Insn::Size { value });
            let operands = self.pop_many(3);
            self.push_owned(size);
            self.release(&[operands[0], operands[2]]);
            return;
        }
        if self.ty(value).is_unboxed() {
            // It raises.
            return self.interpret(&[]);
        }
        let value = self.bound(0);
        self.expose();
        let state = self.raised();
        let length = self.emit(Insn::Length { value, state });
        let operands = self.pop_many(3);
        self.push_owned(length);
        self.release(&[operands[0], operands[2]]);
        self.check_disturbed();
    }

    /// `CALL(1)` of `list.append`, which does the work of the `POP_TOP` after it too.
    pub(super) fn call_list_append(&mut self) {
        let list = Classes::of(Class::List);
        let can_be_list = self.classes(self.peek(1).value).meets(list)
            && !self.ty(self.peek(2).value).is_unboxed();
        let append = self.builtin(Builtin::ListAppend).filter(|_| {
            can_be_list && self.may_speculate(Reason::Identity) && self.may_speculate(Reason::Class)
        });
        let Some(append) = append else {
            return self.interpret(&[]);
        };
        self.guard_is(self.peek(2).value, append);
        let state = self.before();
        let list = self.guard(self.peek(1).value, list, state);
        self.bound(0);
        let entry = self.pop();
        let item = self.take(entry);
        let state = self.raised();
        self.emit(Insn::ListAppend { list, item, state });
        let operands = self.pop_many(2);
        self.release(&[operands[1], operands[0]]);
    }
}
