//! Calls of Python functions by other instructions than a `CALL` of the function, or with names: of bound methods, `CALL_KW`,
//! properties, and `__getitem__`.
use crate::binding::bind;
use crate::build::builder::Builder;
use crate::build::instructions::operations::Told;
use crate::build::state::Holder;
use crate::insn::Insn;
use crate::operands::{CallForm, Given};
use crate::types::Classes;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Operation, Reason, Sight, Site};

/// How many functions one place calls directly besides the one that it called last: each takes some code.
const OTHER_CALLEES: usize = 4;

/// Functions that a place calls, all of which can be called with its arguments.
pub(super) struct Callees {
    /// The one that is the most probable.
    pub first: u32,
    /// The others.
    pub others: Vec<u32>,
}

impl Builder<'_> {
    /// The functions that were called at the instruction by instructions of this kind, the last one first, and which can be called with
    /// so many arguments, the last of which have names.
    pub(super) fn callees(
        &self,
        arguments: usize,
        names: &[String],
        is_kind: impl Fn(Opcode) -> bool,
    ) -> Option<Callees> {
        let callee = |site: &Site| match *site {
            Site::Call { callee, .. } => callee,
            _ => None,
        };
        let now = self.code.site(self.at).filter(|_| is_kind(self.at.opcode));
        let sights = self.code.body.sights.get(&self.at.opcode_at);
        let seen = sights.into_iter().flat_map(|sights| &sights.seen);
        let seen = seen
            .filter(|sight| is_kind(Opcode::new(sight.form)))
            .filter_map(|sight| sight.site.as_ref());
        let mut found: Vec<u32> = Vec::new();
        for callee in now.into_iter().chain(seen).filter_map(callee) {
            let known = &self.snapshot.callees[callee as usize];
            if !found.contains(&callee) && bind(known, arguments, names).is_some() {
                found.push(callee);
            }
        }
        found.truncate(1 + OTHER_CALLEES);
        let first = *found.first()?;
        Some(Callees {
            first,
            others: found.split_off(1),
        })
    }

    /// `CALL(count)` of a bound method.
    pub(super) fn call_method(&mut self) {
        let count = self.at.oparg as usize;
        let is_method = |opcode| {
            matches!(
                opcode,
                Opcode::CALL_BOUND_METHOD_EXACT_ARGS | Opcode::CALL_BOUND_METHOD_GENERAL
            )
        };
        let callees = self.callees(count + 1, &[], is_method);
        let other = Classes::of(Class::Other);
        let can_be = self.classes(self.peek(count).value).meets(Classes::NULL)
            && self.classes(self.peek(count + 1).value).meets(other)
            && self.may_speculate(Reason::Class);
        let place = self.classes(self.peek(count).value);
        let function = Classes::of(Class::Function);
        // A method of a class is not bound where machine code has looked it up.
        let is_unbound = place != Classes::NULL
            && place.meets(Classes::OBJECT)
            && self.classes(self.peek(count + 1).value).meets(function)
            && self.may_speculate(Reason::Unbound)
            && self.may_speculate(Reason::Class);
        if let Some(callees) = callees.filter(|_| is_unbound || can_be) {
            let (receiver, form) = match is_unbound {
                true => (Classes::OBJECT, CallForm::Function),
                false => (Classes::NULL, CallForm::Method),
            };
            let state = self.before();
            self.guard(self.peek(count).value, receiver, state);
            return match is_unbound {
                true => self.call_or_inline(callees, count, true, form),
                false => self.call_with(callees, count, false, form),
            };
        }
        self.call_object();
    }

    /// `CALL_KW(count)`.
    pub(super) fn call_keywords(&mut self) {
        let count = self.at.oparg as usize;
        let Some(names) = self.constant(self.peek(0).value) else {
            return self.interpret(&[]);
        };
        let known = self.snapshot.keywords.get(&names);
        // What lies below the arguments may be known; if not, it is the receiver of a method, as a rule.
        let receiver = self.peek(count + 1).value;
        let has_receiver = self.classes(receiver) != Classes::NULL;
        let arguments = count + usize::from(has_receiver);
        let callees = known
            .and_then(|names| self.callees(arguments, names, |opcode| opcode == Opcode::CALL_KW));
        let classes = match has_receiver {
            true => Classes::OBJECT,
            false => Classes::NULL,
        };
        let function = Classes::of(Class::Function);
        let can_be = self.classes(receiver).meets(classes)
            && self.classes(self.peek(count + 2).value).meets(function)
            && self.may_speculate(Reason::Class)
            && self.may_speculate(Reason::Unbound);
        let Some(callees) = callees.filter(|_| can_be) else {
            let names_entry = self.pop();
            self.call_given(count, Given::Named(names));
            return self.release(&[names_entry]);
        };
        let state = self.before();
        self.guard(receiver, classes, state);
        // It is a constant, of which only the evaluator needs a reference.
        let names_entry = self.pop();
        let form = CallForm::Keywords(names);
        if names_entry.holder == Holder::Place {
            self.call_with(callees, count, has_receiver, form);
            return self.release(&[names_entry]);
        }
        self.call_or_inline(callees, count, has_receiver, form);
    }

    /// `CALL(count)` of a class with an `__init__` in Python to which each argument is given, if one was called here. Whether it
    /// could be built. Other classes are called by C, without the frame in between, which counts as a call.
    pub(super) fn call_class(&mut self) -> bool {
        let count = self.at.oparg as usize;
        let Some((version, callee)) = self.class_called(count) else {
            return false;
        };
        let (place, class) = (self.peek(count).value, self.peek(count + 1).value);
        if self.classes(place) != Classes::NULL || self.ty(class).is_unboxed() {
            return false;
        }
        for depth in 0..count {
            self.bound(depth);
        }
        self.bound(count + 1);
        if self.inline_class(version, callee, count) {
            return true;
        }
        self.expose_whole();
        let operands = self.pop_many(count + 2);
        let class = operands[0].value;
        let arguments = operands[2..].iter().map(|operand| operand.value).collect();
        let state = self.state_at(self.at.opcode_at);
        let instance = self.emit(Insn::CallClass {
            version,
            callee,
            class,
            arguments,
            next: self.at.next,
            state,
        });
        self.push_owned(instance);
        self.check_disturbed();
        true
    }

    /// The version of the class that was called last here, and what makes its instances ready, if its parameters are the instance
    /// and so many arguments.
    fn class_called(&self, count: usize) -> Option<(u32, u32)> {
        if self.at.opcode != Opcode::CALL_ALLOC_AND_ENTER_INIT {
            return None;
        }
        let Some(&Site::Call { version: now, .. }) = self.code.site(self.at) else {
            return None;
        };
        let sights = self.code.body.sights.get(&self.at.opcode_at)?;
        let class = |sight: &Sight| match sight.site {
            Some(Site::Call {
                version,
                callee: Some(callee),
            }) if Opcode::new(sight.form) == Opcode::CALL_ALLOC_AND_ENTER_INIT => {
                Some((version, callee))
            }
            _ => None,
        };
        let mut seen = sights.seen.iter().filter_map(class);
        let (version, callee) = seen.find(|(version, _)| *version == now)?;
        let init = &self.snapshot.callees[callee as usize];
        let fits = !init.makes_generator && init.takes_exactly(count + 1);
        fits.then_some((version, callee))
    }

    /// `CALL_FUNCTION_EX(whether there are named arguments)`.
    pub(super) fn call_unpacked(&mut self) {
        let has_names = self.at.oparg as usize & 1;
        let sights = self.code.body.sights.get(&self.at.opcode_at);
        let seen = sights.into_iter().flat_map(|sights| &sights.seen);
        let known = seen.rev().find_map(|sight| match sight.site {
            Some(Site::Unpacked {
                callee: Some(callee),
                arguments,
            }) => Some((callee, arguments)),
            _ => None,
        });
        let known = known.filter(|&(callee, arguments)| {
            let known = &self.snapshot.callees[callee as usize];
            !known.makes_generator && bind(known, usize::from(arguments), &[]).is_some()
        });
        let called = self.classes(self.peek(2 + has_names).value);
        let tuple = self.classes(self.peek(has_names).value);
        let can_be =
            called.meets(Classes::of(Class::Function)) && tuple.meets(Classes::of(Class::Tuple));
        let Some((callee, arguments)) = known.filter(|_| can_be) else {
            return self.call_given(1 + has_names, Given::Unpacked);
        };
        for depth in 0..=has_names {
            self.bound(depth);
        }
        self.bound(2 + has_names);
        self.expose_whole();
        let operands = self.pop_many(3 + has_names);
        let state = self.state_at(self.at.opcode_at);
        let result = self.emit(Insn::CallPython {
            callee,
            others: Vec::new(),
            function: operands[0].value,
            arguments: operands[2..].iter().map(|operand| operand.value).collect(),
            has_receiver: false,
            form: CallForm::Unpacked { arguments },
            next: self.at.next,
            state,
        });
        self.push_owned(result);
        self.check_disturbed();
    }

    /// Calls what lies below the arguments, and `self` or NULL.
    pub(super) fn call_with(
        &mut self,
        callees: Callees,
        count: usize,
        has_receiver: bool,
        form: CallForm,
    ) {
        self.bound_operands(count);
        self.expose_whole();
        let operands = self.pop_many(count + 2);
        let first = if has_receiver { 1 } else { 2 };
        let arguments = operands[first..].iter().map(|operand| operand.value);
        let arguments = arguments.collect();
        let state = self.state_at(self.at.opcode_at);
        let result = self.emit(Insn::CallPython {
            callee: callees.first,
            others: callees.others,
            function: operands[0].value,
            arguments,
            has_receiver,
            form,
            next: self.at.next,
            state,
        });
        self.push_owned(result);
        self.check_disturbed();
    }

    /// Guards that so many arguments of a call, and what is called below them, are there.
    pub(super) fn bound_operands(&mut self, count: usize) {
        for depth in 0..count {
            self.bound(depth);
        }
        self.bound(count + 1);
    }

    /// `LOAD_ATTR(name)` of a property, if it is known. Whether it could be built.
    pub(super) fn load_property(&mut self) -> bool {
        let Some(&Site::Property {
            type_version,
            getter,
            callee: Some(callee),
        }) = self.code.site(self.at)
        else {
            return false;
        };
        if self.at.oparg & 1 != 0 || !self.can_call(callee, 1) {
            return false;
        }
        if self.inline_property(type_version, getter, callee) {
            return true;
        }
        let form = CallForm::Property {
            version: type_version,
            getter,
        };
        self.call_of_objects(callee, 1, form);
        true
    }

    /// `BINARY_SUBSCR` of what has a `__getitem__` in Python.
    pub(super) fn get_item_of_function(&mut self) {
        let sights = self.code.body.sights.get(&self.at.opcode_at);
        let seen = sights.into_iter().flat_map(|sights| &sights.seen);
        let known = seen.rev().find_map(|sight| match sight.site {
            Some(Site::Item {
                type_version,
                callee: Some(callee),
            }) => Some((type_version, callee)),
            _ => None,
        });
        match known {
            Some((version, callee)) if self.inline_item(version, callee) => {}
            Some((version, callee)) if self.can_call(callee, 2) => {
                self.call_of_objects(callee, 2, CallForm::Item { version });
            }
            _ => self.operate(Operation::GetItem, Told::default()),
        }
    }

    /// Whether a function can be called with so many arguments without names.
    fn can_call(&self, callee: u32, arguments: usize) -> bool {
        let known = &self.snapshot.callees[callee as usize];
        bind(known, arguments, &[]).is_some()
    }

    /// Calls a function that belongs to the type of the deepest of so many values of the stack, with these.
    fn call_of_objects(&mut self, callee: u32, count: usize, form: CallForm) {
        for depth in 0..count {
            self.bound(depth);
        }
        self.expose_whole();
        let operands = self.pop_many(count);
        let rest = operands[1..].iter().map(|operand| operand.value);
        let arguments = rest.collect();
        let state = self.state_at(self.at.opcode_at);
        let result = self.emit(Insn::CallPython {
            callee,
            others: Vec::new(),
            function: operands[0].value,
            arguments,
            has_receiver: false,
            form,
            next: self.at.next,
            state,
        });
        self.push_owned(result);
        self.check_disturbed();
    }
}
