//! Calls: of Python functions that machine code can call, of built-in functions whose meaning is known; and returns. All other
//! calls are the evaluator's.
use crate::build::builder::Builder;
use crate::build::instructions::operations::Told;
use crate::build::state::{Holder, Local};
use crate::function::Value;
use crate::insn::Insn;
use crate::operands::{CallForm, Given};
use crate::types::{Classes, Type};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{
    Builtin, Class, Known, ObjectId, Operand, Operation, Reason, Refusal, Site,
};

impl Builder<'_> {
    /// The object that is a built-in function, if the snapshot mentions it.
    fn builtin(&self, builtin: Builtin) -> Option<ObjectId> {
        let objects = &self.snapshot.objects;
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

    /// `CALL(count)` of a Python function.
    pub(super) fn call_python(&mut self) {
        let callee = match self.code.site(self.at) {
            Some(&Site::Call {
                callee: Some(callee),
                ..
            }) => callee,
            _ => return self.call_other(),
        };
        let known = &self.snapshot.callees[callee as usize];
        let count = self.at.oparg as usize;
        let has_self = if self.at.opcode == Opcode::CALL_PY_GENERAL {
            // Both would fit: what is known of the place decides.
            self.classes(self.peek(count).value) != Classes::NULL
        } else {
            known.parameters as usize == count + 1
        };
        let given = count + usize::from(has_self);
        let is_function =
            |opcode| matches!(opcode, Opcode::CALL_PY_EXACT_ARGS | Opcode::CALL_PY_GENERAL);
        let callees = self.callees(given, &[], is_function);
        let receiver = if has_self {
            Classes::OBJECT
        } else {
            Classes::NULL
        };
        let function = Classes::of(Class::Function);
        let called = self.ty(self.peek(count + 1).value);
        let can_be = self.classes(self.peek(count).value).meets(receiver)
            && called.classes().meets(function)
            && self.may_speculate(Reason::Class)
            && self.may_speculate(Reason::Unbound);
        let Some(callees) = callees.filter(|_| can_be) else {
            return self.call_other();
        };
        let state = self.before();
        self.guard(self.peek(count).value, receiver, state);
        self.call_or_inline(callees, count, has_self, CallForm::Function);
    }

    /// A call that looks as if it were one of a Python function.
    fn call_other(&mut self) {
        self.materialise_operands(self.at.oparg as usize + 2);
        self.call_object();
    }

    /// `RETURN_VALUE`.
    pub(super) fn return_value(&mut self) {
        self.bound(0);
        self.check_return();
        self.leave();
    }

    /// `RETURN_CONST(constant)`.
    pub(super) fn return_const(&mut self) -> Result<(), Refusal> {
        self.check_return();
        self.load_const()?;
        self.leave();
        Ok(())
    }

    /// Leaves to the evaluator if that has to take the frame away.
    fn check_return(&mut self) {
        if !self.code.is_generator && self.state.frames.is_empty() {
            let state = self.before();
            self.emit(Insn::CheckReturn { state });
        }
    }

    /// Returns what is on top.
    fn leave(&mut self) {
        match (self.code.is_generator, self.state.frames.is_empty()) {
            (false, false) => return self.return_to_caller(),
            (true, false) => return self.return_to_loop(),
            (true, true) => return self.end_generator(),
            (false, true) => {}
        }
        let entry = self.pop();
        let value = if self.ty(entry.value).is_unboxed() {
            // The locals go, so that nobody can tell whether one of them was the same object.
            let state = self.before();
            let value = entry.value;
            self.emit(Insn::Box { value, state })
        } else if let Holder::Local(slot) = entry.holder {
            // The reference of the slot becomes the caller's, and the slot goes.
            let null = self.emit(Insn::Null);
            self.state.locals[slot as usize] = Local::Clean(null);
            entry.value
        } else {
            self.take(entry)
        };
        let slots = 0..u32::try_from(self.state.locals.len()).expect("slots are few");
        let locals: Vec<Value> = slots
            .map(|slot| match self.state.locals[slot as usize] {
                Local::Clean(held) => held,
                Local::Held(_) => unreachable!("the frame has slots"),
                Local::Dirty(dirty) => {
                    let ty = Type::Object(dirty.memory);
                    self.emit_typed(Insn::LoadLocal { slot }, ty)
                }
            })
            .collect();
        let locals = locals.into_iter();
        let locals = locals.filter(|held| self.is_counted(*held)).collect();
        self.emit(Insn::Return { value, locals });
    }

    /// `CALL(1)` of `len`.
    pub(super) fn call_len(&mut self) {
        let len = self.builtin(Builtin::Len);
        let has_self = self.classes(self.peek(1).value) != Classes::NULL;
        let can_be = !self.ty(self.peek(2).value).is_unboxed();
        let Some(len) = len.filter(|_| {
            can_be && self.at.oparg == 1 && !has_self && self.may_speculate(Reason::Identity)
        }) else {
            return self.call_object();
        };
        self.guard_is(self.peek(2).value, len);
        let value = self.peek(0).value;
        let met = self.met().and_then(|[_, _, argument]| match argument {
            Operand::Class(class @ (Class::List | Class::Tuple)) => Some(class),
            _ => None,
        });
        if let Some(class) = self.sequence_class(value, met) {
            let state = self.before();
            let value = self.guard(value, Classes::of(class), state);
            let size = self.emit(Insn::Size { value });
            let operands = self.pop_many(3);
            self.push_owned(size);
            self.release(&[operands[0], operands[2]]);
            return;
        }
        if self.ty(value).is_unboxed() {
            // It raises.
            return self.call_object();
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

    /// `CALL(count)` of something that is no Python function.
    pub(super) fn call_object(&mut self) {
        if self.is_unseen() {
            return self.exit(Reason::Unseen);
        }
        if self.call_in_operator() {
            return;
        }
        if self.call_function() || self.call_stand_in() {
            return;
        }
        if self.call_dict_get() {
            return;
        }
        if self.call_class() {
            return;
        }
        if self.at.opcode == Opcode::CALL_ALLOC_AND_ENTER_INIT {
            // The evaluator calls the class without the C stack.
            return self.interpret(&[]);
        }
        self.call_given(self.at.oparg as usize, Given::Placed);
    }

    /// Calls what lies below so many arguments, and `self` or NULL.
    pub(super) fn call_given(&mut self, count: usize, given: Given) {
        for depth in 0..count {
            self.bound(depth);
        }
        self.bound(count + 1);
        self.expose_whole();
        let operands = self.pop_many(count + 2);
        let operands = operands.iter().map(|operand| operand.value).collect();
        let state = self.state_at(self.at.opcode_at);
        let result = self.emit(Insn::Call {
            operands,
            given,
            next: self.at.next,
            state,
        });
        self.push_owned(result);
        self.check_disturbed();
    }

    /// `CALL(1)` or `CALL(2)` of `dict.get` as a method of a dictionary; whether it is one.
    fn call_dict_get(&mut self) -> bool {
        let count = self.at.oparg as usize;
        let operation = match count {
            1 => Operation::DictGet,
            2 => Operation::DictGetOr,
            _ => return false,
        };
        let called = self.constant(self.peek(count + 1).value);
        let receiver = self.peek(count).value;
        let dict = Classes::of(Class::Dict);
        if called.is_none()
            || called != self.builtin(Builtin::DictGet)
            || !self.classes(receiver).meets(dict)
            || !self.may_speculate(Reason::Class)
        {
            return false;
        }
        let state = self.before();
        self.guard(receiver, dict, state);
        let value = self.apply(operation, &[], count + 1, Told::default());
        let callable = self.pop();
        self.push_owned(value);
        self.release(&[callable]);
        self.check_disturbed();
        true
    }

    /// `CALL(2)` of `isinstance`.
    pub(super) fn call_isinstance(&mut self) {
        let isinstance = self.builtin(Builtin::IsInstance);
        let is_free = self.at.oparg == 2 && self.classes(self.peek(2).value) == Classes::NULL;
        let can_be = is_free && !self.ty(self.peek(3).value).is_unboxed();
        let Some(isinstance) =
            isinstance.filter(|_| can_be && self.may_speculate(Reason::Identity))
        else {
            return self.call_other();
        };
        self.guard_is(self.peek(3).value, isinstance);
        if self.has_base() {
            return;
        }
        self.materialise_operands(2);
        let truth = self.apply(Operation::IsInstance, &[], 2, Told::default());
        let callable = self.pop_many(2)[0];
        self.push_owned(truth);
        self.release(&[callable]);
        self.check_disturbed();
    }

    /// `isinstance` of what is known to be of an exact class that is built in, whose bases are known. Whether it is that.
    fn has_base(&mut self) -> bool {
        let base = self.peek(0).value;
        let other = Classes::of(Class::Other);
        let class = self.classes(self.peek(1).value).single();
        let class = class.filter(|class| {
            *class != Class::Other && self.classes(base).meets(other) && !self.is_virtual(base)
        });
        let Some(class) = class.filter(|_| self.may_speculate(Reason::Class)) else {
            return false;
        };
        let base = self.bound(0);
        let state = self.before();
        let truth = self.emit(Insn::HasBase { class, base, state });
        let operands = self.pop_many(4);
        self.push_owned(truth);
        self.release(&operands);
        true
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
            return self.append_to_any();
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

    /// The same where the receiver is none that is known: a subclass of list, as a rule.
    fn append_to_any(&mut self) {
        let append = self.builtin(Builtin::ListAppend);
        let can_be = !self.ty(self.peek(2).value).is_unboxed()
            && self.classes(self.peek(1).value).meets(Classes::OBJECT);
        let Some(append) = append.filter(|_| can_be && self.may_speculate(Reason::Identity)) else {
            return self.interpret(&[]);
        };
        self.guard_is(self.peek(2).value, append);
        let _nothing = self.apply(Operation::ListAppend, &[], 2, Told::default());
        let append = self.pop();
        self.release(&[append]);
        self.check_disturbed();
    }
}
