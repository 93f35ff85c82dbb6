//! Values while code is built: constants, what is known of objects, what is in them.
use crate::build::builder::Builder;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::types::{Classes, Type};
use pyroxene_jit_api::{Class, Known, ObjectId, Reason};

impl Builder<'_> {
    /// An object of the snapshot.
    pub fn object(&mut self, object: ObjectId) -> Value {
        let value = self.emit(Insn::Object(object));
        let payload = match self.snapshot.objects[object.0 as usize].known {
            Known::Float(number) => Some(Insn::Float(number)),
            Known::Int(number) => Some(Insn::Int(number)),
            Known::Bool(truth) => Some(Insn::Bool(truth)),
            Known::None | Known::Builtin(_) | Known::Instance(_) | Known::Nothing => None,
        };
        if let Some(payload) = payload {
            let payload = self.emit(payload);
            self.payloads.insert(value, payload);
        }
        value
    }

    /// The object that the instructions of a value name, if it is a constant.
    pub fn constant(&self, value: Value) -> Option<ObjectId> {
        match self.function.insn(value) {
            Insn::Object(object) => Some(*object),
            _ => None,
        }
    }

    /// The value without the guards that tell more of it.
    pub fn underlying(&self, mut value: Value) -> Value {
        while let Insn::GuardClass { value: guarded, .. }
        | Insn::GuardBound { value: guarded, .. }
        | Insn::GuardIs { value: guarded, .. }
        | Insn::Bound { value: guarded } = self.function.insn(value)
        {
            value = *guarded;
        }
        value
    }

    /// What an object of an exact class is unboxed, without a guard: of a float, bool, or an int whose value is known.
    pub fn known_payload(&mut self, value: Value) -> Option<Value> {
        if self.ty(value).is_unboxed() {
            return Some(value);
        }
        let mut holder = value;
        loop {
            let payload = self.payloads.get(&holder).or(self.opened.get(&holder));
            if let Some(payload) = payload {
                return Some(*payload);
            }
            match self.function.insn(holder) {
                Insn::GuardClass { value, .. } | Insn::GuardBound { value, .. } => holder = *value,
                _ => break,
            }
        }
        let unboxed = match self.classes(value).single()? {
            Class::Float => self.emit(Insn::UnboxFloat { value }),
            Class::Bool => self.emit(Insn::UnboxBool { value }),
            _ => return None,
        };
        self.opened.insert(value, unboxed);
        Some(unboxed)
    }

    /// A value unboxed to a representation, after a guard if it is not known to be of the class.
    pub fn unbox(&mut self, value: Value, ty: Type, state: StateId) -> Value {
        if self.ty(value).same_representation(ty) {
            return value;
        }
        let value = self.guard(value, ty.classes(), state);
        if let Some(payload) = self.known_payload(value) {
            return payload;
        }
        let unboxed = self.emit(Insn::UnboxInt { value, state });
        self.opened.insert(value, unboxed);
        unboxed
    }

    /// An object with a guard for its classes, if they are not known; from then on the state knows them.
    pub fn guard(&mut self, value: Value, classes: Classes, state: StateId) -> Value {
        let guarded = self.guard_only(value, classes, state);
        if guarded != value && !self.on_edge {
            self.state.refine(value, guarded);
        }
        guarded
    }

    /// The same, only that the state knows nothing of it.
    fn guard_only(&mut self, value: Value, classes: Classes, state: StateId) -> Value {
        if self.classes(value).within(classes) {
            return value;
        }
        let insn = if Classes::OBJECT.within(classes) {
            Insn::GuardBound {
                value,
                reason: Reason::Unbound,
                state,
            }
        } else {
            Insn::GuardClass {
                value,
                classes,
                state,
            }
        };
        self.emit(insn)
    }

    /// A place of the stack, counted from its top, with a guard that there is an object.
    pub fn bound(&mut self, depth: usize) -> Value {
        let value = self.peek(depth).value;
        if self.ty(value).is_unboxed() {
            return value;
        }
        let state = self.before();
        self.guard(value, Classes::OBJECT, state)
    }
}
