//! Operators and comparisons of objects whose classes say in Python what they do: the call of what stands in for the operator is inlined
//! ([`OperatorStandIn`](pyroxene_jit_api::OperatorStandIn)), and the method's code in that.
use crate::build::builder::Builder;
use crate::build::state::{Entry, Holder};
use crate::insn::Insn;
use crate::types::Classes;
use pyroxene_jit_api::{Class, ObjectId, OperatorStandIn, Reason, Right, Site, Wanted};

/// Such an operator.
struct Known {
    /// The version of the left operand's type.
    version: u32,
    right: Right,
    number: u32,
    method: ObjectId,
    /// The same, an index of the snapshot's callees.
    callee: u32,
    operator: OperatorStandIn,
    /// The code of what stands in, an index of the snapshot's inlined bodies.
    body: u32,
}

/// What the stand-in calls with so many arguments is what is left to do after the method.
const REST_ARGUMENTS: u32 = 3;

impl Builder<'_> {
    /// An operator of such objects, if nothing else was met here and it is worth it. Whether it is that.
    pub(super) fn operator_of_class(&mut self, wanted: Wanted) -> bool {
        let Some(known) = self.known_operator(wanted) else {
            return false;
        };
        let state = self.before();
        let value = self.bound(1);
        self.emit(Insn::GuardTypeVersion {
            value,
            version: known.version,
            state,
        });
        let value = self.bound(0);
        match known.right {
            Right::Version(version) => {
                self.emit(Insn::GuardTypeVersion {
                    value,
                    version,
                    state,
                });
            }
            Right::Class(class) => {
                self.guard(value, Classes::of(class), state);
            }
        }
        let method = self.object(known.method);
        let method = self.guard(method, Classes::of(Class::Function), state);
        // In the stand-in, which calls it, a failure would be one of all operators.
        self.emit(Insn::GuardCallee {
            function: method,
            callee: known.callee,
            state,
        });
        let operands = self.pop_many(2);
        let number = self.emit(Insn::Int(i64::from(known.number)));
        let OperatorStandIn {
            stand_in,
            rest,
            refusal,
        } = known.operator;
        let [function, rest, refusal] = [stand_in.function, rest, refusal].map(|id| Entry {
            value: self.object(id),
            holder: Holder::Code,
        });
        let method = Entry {
            value: method,
            holder: Holder::Object,
        };
        let number = Entry::owned(number);
        let arguments = [method, operands[0], operands[1], number, rest, refusal];
        let frame = self.begin_call(stand_in.callee, known.body, function, &arguments);
        self.methods.insert(frame, known.callee);
        true
    }

    fn known_operator(&self, wanted: Wanted) -> Option<Known> {
        let sights = self.code.body.sights.get(&self.at.opcode_at)?;
        let [sight] = &sights.seen[..] else {
            return None;
        };
        let &Site::Operator {
            type_version,
            right,
            number,
            method,
            callee: Some(callee),
        } = sight.site.as_ref()?
        else {
            return None;
        };
        let &operator = self.snapshot.operators.get(&wanted)?;
        let (left_value, right_value) = (self.peek(1).value, self.peek(0).value);
        let is_object = |value| !self.ty(value).is_unboxed();
        let other = Classes::of(Class::Other);
        let fits = match right {
            Right::Class(class) => self.classes(right_value).meets(Classes::of(class)),
            Right::Version(_) => is_object(right_value) && self.classes(right_value).meets(other),
        };
        let reasons = [Reason::TypeVersion, Reason::Class, Reason::Identity];
        let can_be = fits
            && !sights.has_more
            && is_object(left_value)
            && self.classes(left_value).meets(other)
            && self.snapshot.callees[callee as usize].takes_exactly(2)
            && reasons.iter().all(|&reason| self.may_speculate(reason));
        if !can_be {
            return None;
        }
        self.inlinable(callee, 0)?;
        let body = self.inlinable(operator.stand_in.callee, 0)?;
        Some(Known {
            version: type_version,
            right,
            number,
            method,
            callee,
            operator,
            body,
        })
    }

    /// `CALL` in what stands in for an operator: of the method, or of what is left to do after that, which is rare. Whether it is that.
    pub(super) fn call_in_operator(&mut self) -> bool {
        let Some(&callee) = self.methods.get(&self.frame) else {
            return false;
        };
        if self.at.oparg == REST_ARGUMENTS {
            let is_rare = self.may_speculate(Reason::Unseen);
            if is_rare {
                self.exit(Reason::Unseen);
            }
            return is_rare;
        }
        let Some(body) = self.inlinable(callee, 0) else {
            return false;
        };
        let operands = self.pop_many(4);
        self.begin_call(callee, body, operands[0], &operands[2..]);
        true
    }
}
