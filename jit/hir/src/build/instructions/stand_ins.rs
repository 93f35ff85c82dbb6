//! Calls of functions of C that go over what they are called with ([`StandIn`]), where that is a generator which a known function has
//! made just before: the call of what stands in for them is inlined, and the generator's code in its loop.
use crate::build::builder::Builder;
use crate::build::state::{Entry, Holder};
use crate::function::Value;
use crate::insn::Insn;
use crate::types::Classes;
use pyroxene_jit_api::{Class, Function, Operand, Reason, StandIn};

/// Such a call.
struct Known {
    function: Function,
    /// The address by which it is known.
    address: usize,
    stand_in: StandIn,
    /// Its code, an index of the snapshot's inlined bodies.
    body: u32,
    /// The function that has made the generator, an index of the snapshot's callees.
    maker: u32,
}

impl Builder<'_> {
    /// `CALL(1)` of such a function; whether it is one.
    pub(super) fn call_stand_in(&mut self) -> bool {
        let Some(known) = self.known_stand_in() else {
            return false;
        };
        let state = self.before();
        let generator = self.peek(0).value;
        let generator = self.guard(generator, Classes::of(Class::Generator), state);
        self.guard(self.peek(1).value, Classes::NULL, state);
        self.guard_function(self.peek(2).value, known.function, known.address, state);
        // The loop looks at it in each round, where a failure would be one of all calls of the function.
        self.emit(Insn::GuardGenerator {
            generator,
            callee: known.maker,
            state,
        });
        let operands = self.pop_many(3);
        let function = Entry {
            value: self.object(known.stand_in.function),
            holder: Holder::Code,
        };
        let arguments = [operands[2], operands[0]];
        let frame = self.begin_call(known.stand_in.callee, known.body, function, &arguments);
        self.makers.insert(frame, known.maker);
        true
    }

    fn known_stand_in(&self) -> Option<Known> {
        let [Operand::Function { function, address }, _, argument] = self.met()? else {
            return None;
        };
        let &stand_in = self.snapshot.stand_ins.get(&function)?;
        let is_generator = argument == Operand::Class(Class::Generator);
        let reasons = [Reason::Identity, Reason::Class];
        let can_call = self.at.oparg == 1
            && is_generator
            && reasons.iter().all(|&reason| self.may_speculate(reason))
            && (self.classes(self.peek(0).value)).meets(Classes::of(Class::Generator))
            && self.classes(self.peek(1).value).meets(Classes::NULL)
            && self.classes(self.peek(2).value).meets(Classes::OBJECT)
            && !self.ty(self.peek(2).value).is_unboxed();
        if !can_call {
            return None;
        }
        let maker = self.maker_of(self.peek(0).value)?;
        self.resumable(maker)?;
        let body = self.inlinable(stand_in.callee, 0)?;
        Some(Known {
            function,
            address,
            stand_in,
            body,
            maker,
        })
    }

    /// The function that has made a generator, as far as its call tells.
    fn maker_of(&self, generator: Value) -> Option<u32> {
        match *self.function.insn(self.underlying(generator)) {
            Insn::CallPython { callee, .. } => Some(callee),
            _ => None,
        }
    }
}
