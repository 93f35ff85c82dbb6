//! Numbers: boxes, and what is done with what was in them.
use super::Lowering;
use super::emit::{Emit, Likely};
use super::runtime::{FALSE, Helper, SMALL_INTS, TRUE};
use inkwell::basic_block::BasicBlock;
use inkwell::values::{BasicValueEnum, FloatValue, IntValue, PointerValue};
use inkwell::{FloatPredicate, IntPredicate};
use pyroxene_hir::operators::{BitOp, Comparison, FloatFunction, FloatOp, FloatUnary, IntOp};
use pyroxene_hir::{Classes, Type, Value};
use pyroxene_jit_api::Class;

/// What `lv_tag` of an int is below if the number is its only digit with a sign: two, shifted by the bits for the sign.
const COMPACT: i64 = 2 << 3;

/// What it is below if there are two digits at most.
const TWO_DIGITS: i64 = 3 << 3;

/// The bits of `lv_tag` that say the sign: 0 for positive, 1 for zero, 2 for negative.
const SIGN: i64 = 3;

impl<'c> Lowering<'c, '_> {
    pub(super) fn unbox_float(&self, object: Value) -> BasicValueEnum<'c> {
        let place = self
            .emit
            .at(self.pointer(object), self.host.layout.float_value.into());
        self.emit.load_float(place).into()
    }

    pub(super) fn unbox_bool(&self, object: Value) -> BasicValueEnum<'c> {
        self.emit
            .same(self.pointer(object), self.emit.symbol(TRUE))
            .into()
    }

    /// The number of an int: one digit with a sign nearly always, or else two.
    pub(super) fn unbox_int(&mut self, by: Value, object: Value) -> BasicValueEnum<'c> {
        let object = self.pointer(object);
        let layout = &self.host.layout;
        let tag = self.long_field(object, layout.int_tag);
        let (digits, bits) = (layout.int_digits, layout.int_digit_bits);
        let compact = self.emit.compare_with(IntPredicate::ULT, tag, COMPACT);
        let (small, large, end) = (self.emit.block(), self.emit.block(), self.emit.block());
        let (two, big) = (self.emit.block(), self.emit.block());
        self.emit.branch(compact, small, large, Some(Likely::Then));

        self.emit.go_to(small);
        let long = self.emit.long();
        let digit = self.digit(object, digits);
        let number = self.with_sign(tag, digit);
        self.emit.jump(end);

        self.emit.go_to(large);
        let has_two = self.emit.compare_with(IntPredicate::ULT, tag, TWO_DIGITS);
        self.emit.branch(has_two, two, big, Some(Likely::Then));

        self.emit.go_to(two);
        let low = self.digit(object, digits);
        let high = self.digit(object, digits + 4);
        let shift = long.const_int(bits.into(), false);
        let high = self
            .emit
            .build(|builder| builder.build_left_shift(high, shift, ""));
        let both = self.emit.build(|builder| builder.build_or(low, high, ""));
        let number_of_two = self.with_sign(tag, both);
        self.emit.jump(end);

        self.emit.go_to(big);
        let room = self.emit.room(1);
        let failed = self
            .emit
            .ask(Helper::IntValue, &[object.into(), room.into()])
            .into_int_value();
        let holds = self.emit.compare_with(IntPredicate::EQ, failed, 0);
        self.require(holds, by);
        let loaded = self.emit.load_int(long, room);
        let from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(end);
        let phi = self.emit.phi(long);
        phi.add_incoming(&[(&number, small), (&number_of_two, two), (&loaded, from)]);
        phi.as_basic_value()
    }

    /// The float of a float or an int.
    pub(super) fn unbox_number(&mut self, by: Value, object: Value, exact: bool) -> FloatValue<'c> {
        let (float, other, end) = (self.emit.block(), self.emit.block(), self.emit.block());
        let is_float = self.is_class(self.pointer(object), Class::Float);
        self.emit.branch(is_float, float, other, Some(Likely::Then));

        self.emit.go_to(float);
        let number = self.unbox_float(object).into_float_value();
        self.emit.jump(end);

        self.emit.go_to(other);
        let is_int = self.is_class(self.pointer(object), Class::Int);
        self.require(is_int, by);
        let int = self.unbox_int(by, object).into_int_value();
        if exact {
            let is_exact = self.is_exact(int);
            self.require(is_exact, by);
        }
        let ty = self.emit.float();
        let converted = self
            .emit
            .build(|builder| builder.build_signed_int_to_float(int, ty, ""));
        let converted_from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(end);
        let phi = self.emit.phi(ty);
        phi.add_incoming(&[(&number, float), (&converted, converted_from)]);
        phi.as_basic_value().into_float_value()
    }

    /// Whether an int is a float without rounding: from -2**53 to 2**53.
    fn is_exact(&self, int: IntValue<'c>) -> IntValue<'c> {
        let long = self.emit.long();
        let bound = |bits: u64| long.const_int(bits, false);
        let from_least = self
            .emit
            .build(|builder| builder.build_int_add(int, bound(1 << 53), ""));
        self.emit.build(|builder| {
            builder.build_int_compare(IntPredicate::ULE, from_least, bound(1 << 54), "")
        })
    }

    /// A digit of an int, of 32 bits in memory.
    fn digit(&self, object: PointerValue<'c>, offset: u32) -> IntValue<'c> {
        let (digit, long) = (self.int_field(object, offset), self.emit.long());
        self.emit
            .build(|builder| builder.build_int_z_extend(digit, long, ""))
    }

    /// A magnitude with the sign that the tag of an int says.
    fn with_sign(&self, tag: IntValue<'c>, magnitude: IntValue<'c>) -> IntValue<'c> {
        let long = self.emit.long();
        let sign = self
            .emit
            .build(|builder| builder.build_and(tag, long.const_int(SIGN as u64, false), ""));
        let sign = self
            .emit
            .build(|builder| builder.build_int_sub(long.const_int(1, false), sign, ""));
        self.emit
            .build(|builder| builder.build_int_mul(sign, magnitude, ""))
    }

    pub(super) fn make_box(&mut self, by: Value, number: Value) -> BasicValueEnum<'c> {
        let value = self.value(number);
        let helper = match self.function.ty(number) {
            Type::Float => Helper::Float,
            Type::Int => {
                return self
                    .box_int(by, value.into_int_value(), Helper::Int, &[value])
                    .into();
            }
            Type::Bool => {
                return self.emit.select(
                    value.into_int_value(),
                    self.emit.symbol(TRUE),
                    self.emit.symbol(FALSE),
                );
            }
            Type::Object(_) | Type::Nothing => unreachable!("only unboxed values are boxed"),
        };
        let object = self.emit.ask(helper, &[value]).into_pointer_value();
        let null = self.emit.is_null(object);
        self.refuse(null, by);
        object.into()
    }

    /// An object of an int: the shared one, if there is one, without a call; or what a helper makes.
    fn box_int(
        &mut self,
        by: Value,
        number: IntValue<'c>,
        helper: Helper,
        arguments: &[BasicValueEnum<'c>],
    ) -> PointerValue<'c> {
        let [least, greatest] = self.host.layout.small_ints;
        let (shared, other, end) = (self.emit.block(), self.emit.block(), self.emit.block());
        let offset = self.emit.const_long(least);
        let index = self
            .emit
            .build(|builder| builder.build_int_sub(number, offset, ""));
        let is_shared = self
            .emit
            .compare_with(IntPredicate::ULE, index, greatest - least);
        self.emit.branch(is_shared, shared, other, None);

        self.emit.go_to(shared);
        let first = self.emit.symbol(SMALL_INTS);
        let size = self.host.layout.small_int_size;
        let found = self.emit.at_index(first, index, size);
        self.emit.jump(end);

        self.emit.go_to(other);
        let made = self.emit.ask(helper, arguments).into_pointer_value();
        let null = self.emit.is_null(made);
        self.refuse(null, by);
        let made_from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(end);
        let phi = self.emit.phi(self.emit.pointer());
        phi.add_incoming(&[(&found, shared), (&made, made_from)]);
        phi.as_basic_value().into_pointer_value()
    }

    /// An object of a number for a place: what it holds, overwritten, or a new one.
    pub(super) fn rebox(&mut self, by: Value, old: Value, number: Value) -> PointerValue<'c> {
        if self.function.ty(number) == Type::Int {
            let (old, number) = (self.value(old), self.int(number));
            return self.box_int(by, number, Helper::ReboxInt, &[old, number.into()]);
        }
        let number = self.float(number);
        let (fresh, end) = (self.emit.block(), self.emit.block());
        let reused = self.reuse(old, number, fresh);
        let reused_from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(fresh);
        let new = self
            .emit
            .ask(Helper::Float, &[number.into()])
            .into_pointer_value();
        let null = self.emit.is_null(new);
        self.refuse(null, by);
        if self.lets_go(old, Type::object(Class::Float)) {
            self.count_down_shared(self.pointer(old));
        }
        let new_from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(end);
        let phi = self.emit.phi(self.emit.pointer());
        phi.add_incoming(&[(&reused, reused_from), (&new, new_from)]);
        phi.as_basic_value().into_pointer_value()
    }

    /// Whether a number of this type that is put where another object was lets go of that by itself, so that nothing is displaced:
    /// if it is known to be a float. If it is not overwritten, others have it too.
    pub(super) fn lets_go(&self, old: Value, new: Type) -> bool {
        let float = Classes::of(Class::Float);
        new.classes() == float && self.function.ty(old).classes() == float
    }

    /// Overwrites an object with a number if it is a float that nobody else has; goes on elsewhere if not.
    fn reuse(
        &mut self,
        old: Value,
        number: FloatValue<'c>,
        otherwise: BasicBlock<'c>,
    ) -> PointerValue<'c> {
        let classes = self.function.ty(old).classes();
        let old = self.pointer(old);
        let require = |emit: &Emit<'c, '_>, condition| {
            let on = emit.block();
            emit.branch(condition, on, otherwise, Some(Likely::Then));
            emit.go_to(on);
        };
        if classes.may_be_null() {
            let null = self.emit.is_null(old);
            let there = self.emit.build(|builder| builder.build_not(null, ""));
            require(&self.emit, there);
        }
        if !(classes - Classes::NULL).is(Class::Float) {
            let is_float = self.is_class(old, Class::Float);
            require(&self.emit, is_float);
        }
        let count = self.long_field(old, self.host.layout.refcount);
        let alone = self.emit.compare_with(IntPredicate::EQ, count, 1);
        require(&self.emit, alone);
        let place = self.emit.at(old, self.host.layout.float_value.into());
        self.emit.store(place, number);
        old
    }

    /// Makes the slot of a local right, unless it is known to be.
    pub(super) fn write_back(&mut self, by: Value, slot: u32, value: Value, stale: Option<Value>) {
        let end = self.emit.block();
        if let Some(stale) = stale {
            let write = self.emit.block();
            self.emit.branch(self.int(stale), write, end, None);
            self.emit.go_to(write);
        }
        if let Some(failed) = self.write_local(slot, value) {
            let failed = self.emit.compare_with(IntPredicate::NE, failed, 0);
            self.refuse(failed, by);
        }
        self.emit.jump(end);
        self.emit.go_to(end);
    }

    // --- floats ---

    pub(super) fn float_binary(
        &mut self,
        op: FloatOp,
        left: Value,
        right: Value,
    ) -> FloatValue<'c> {
        let (left, right) = (self.float(left), self.float(right));
        self.emit.build(|builder| match op {
            FloatOp::Add => builder.build_float_add(left, right, ""),
            FloatOp::Subtract => builder.build_float_sub(left, right, ""),
            FloatOp::Multiply => builder.build_float_mul(left, right, ""),
            FloatOp::Divide => builder.build_float_div(left, right, ""),
            FloatOp::FloorDivide => Ok(self.float_call(Helper::FloorDivide, left, right)),
            FloatOp::Remainder => Ok(self.float_call(Helper::Remainder, left, right)),
        })
    }

    fn float_call(
        &self,
        helper: Helper,
        left: FloatValue<'c>,
        right: FloatValue<'c>,
    ) -> FloatValue<'c> {
        self.emit
            .ask(helper, &[left.into(), right.into()])
            .into_float_value()
    }

    /// Leaves unless a number is finite.
    fn require_finite(&mut self, number: FloatValue<'c>, by: Value) {
        // Only what is finite is 0 away from itself: infinities and NaNs are not.
        let float = self.emit.float();
        let zero = self
            .emit
            .build(|builder| builder.build_float_sub(number, number, ""));
        let finite = self
            .emit
            .compare_floats(FloatPredicate::OEQ, zero, float.const_float(0.0));
        self.require(finite, by);
    }

    fn require_not_zero(&mut self, number: FloatValue<'c>, by: Value) {
        let zero = self.emit.float().const_float(0.0);
        let is_other = self.emit.compare_floats(FloatPredicate::ONE, number, zero);
        self.require(is_other, by);
    }

    pub(super) fn float_power(&mut self, by: Value, left: Value, right: Value) -> FloatValue<'c> {
        let (left, right) = (self.float(left), self.float(right));
        self.require_not_zero(left, by);
        // Of what is not finite, both at once.
        let sum = self
            .emit
            .build(|builder| builder.build_float_sub(left, right, ""));
        self.require_finite(sum, by);
        let power = self.float_call(Helper::Power, left, right);
        self.require_not_zero(power, by);
        self.require_finite(power, by);
        power
    }

    pub(super) fn float_unary(&self, op: FloatUnary, number: Value) -> FloatValue<'c> {
        let number = self.float(number);
        match op {
            FloatUnary::Negate => self
                .emit
                .build(|builder| builder.build_float_neg(number, "")),
            FloatUnary::Absolute => self.emit.intrinsic("llvm.fabs", number),
            FloatUnary::Floor => self.emit.intrinsic("llvm.floor", number),
            FloatUnary::Ceil => self.emit.intrinsic("llvm.ceil", number),
            FloatUnary::Round => self.emit.intrinsic("llvm.roundeven", number),
        }
    }

    pub(super) fn call_float(
        &mut self,
        by: Value,
        function: FloatFunction,
        number: Value,
    ) -> FloatValue<'c> {
        let number = self.float(number);
        let helper = match function {
            FloatFunction::Sqrt => None,
            FloatFunction::Sin => Some(Helper::Sin),
            FloatFunction::Cos => Some(Helper::Cos),
            FloatFunction::Tan => Some(Helper::Tan),
            FloatFunction::Asin => Some(Helper::Asin),
            FloatFunction::Acos => Some(Helper::Acos),
            FloatFunction::Atan => Some(Helper::Atan),
            FloatFunction::Exp => Some(Helper::Exp),
            FloatFunction::Log => Some(Helper::Log),
        };
        let result = match helper {
            None => self.emit.intrinsic("llvm.sqrt", number),
            Some(helper) => self.emit.ask(helper, &[number.into()]).into_float_value(),
        };
        self.require_finite(result, by);
        result
    }

    pub(super) fn float_to_int(&mut self, by: Value, number: Value) -> IntValue<'c> {
        let number = self.float(number);
        let float = self.emit.float();
        // The first float that does not fit, and the last that does: they are powers of two.
        let bound = -(i64::MIN as f64);
        let below = self
            .emit
            .compare_floats(FloatPredicate::OLT, number, float.const_float(bound));
        self.require(below, by);
        let above =
            self.emit
                .compare_floats(FloatPredicate::OGE, number, float.const_float(-bound));
        self.require(above, by);
        let long = self.emit.long();
        self.emit
            .build(|builder| builder.build_float_to_signed_int(number, long, ""))
    }

    pub(super) fn float_compare(&self, op: Comparison, left: Value, right: Value) -> IntValue<'c> {
        let predicate = match op {
            Comparison::Less => FloatPredicate::OLT,
            Comparison::LessEqual => FloatPredicate::OLE,
            Comparison::Equal => FloatPredicate::OEQ,
            Comparison::NotEqual => FloatPredicate::UNE,
            Comparison::Greater => FloatPredicate::OGT,
            Comparison::GreaterEqual => FloatPredicate::OGE,
        };
        self.emit
            .compare_floats(predicate, self.float(left), self.float(right))
    }

    // --- ints ---

    pub(super) fn int_compare(&self, op: Comparison, left: Value, right: Value) -> IntValue<'c> {
        let predicate = match op {
            Comparison::Less => IntPredicate::SLT,
            Comparison::LessEqual => IntPredicate::SLE,
            Comparison::Equal => IntPredicate::EQ,
            Comparison::NotEqual => IntPredicate::NE,
            Comparison::Greater => IntPredicate::SGT,
            Comparison::GreaterEqual => IntPredicate::SGE,
        };
        self.emit
            .compare(predicate, self.int(left), self.int(right))
    }

    pub(super) fn int_bits(&self, op: BitOp, left: Value, right: Value) -> IntValue<'c> {
        let (left, right) = (self.int(left), self.int(right));
        self.emit.build(|builder| match op {
            BitOp::And => builder.build_and(left, right, ""),
            BitOp::Or => builder.build_or(left, right, ""),
            BitOp::Xor => builder.build_xor(left, right, ""),
        })
    }

    pub(super) fn int_negate(&mut self, by: Value, number: Value) -> IntValue<'c> {
        let zero = self.emit.const_long(0);
        self.overflowing(by, "llvm.ssub.with.overflow", zero, self.int(number))
    }

    pub(super) fn int_binary(
        &mut self,
        by: Value,
        op: IntOp,
        left: Value,
        right: Value,
    ) -> IntValue<'c> {
        let (left, right) = (self.int(left), self.int(right));
        match op {
            IntOp::Add => self.overflowing(by, "llvm.sadd.with.overflow", left, right),
            IntOp::Subtract => self.overflowing(by, "llvm.ssub.with.overflow", left, right),
            IntOp::Multiply => self.overflowing(by, "llvm.smul.with.overflow", left, right),
            IntOp::FloorDivide | IntOp::Remainder => self.divide(by, op, left, right),
            IntOp::ShiftLeft => self.shift_left(by, left, right),
            IntOp::ShiftRight => self.shift_right(by, left, right),
        }
    }

    fn overflowing(
        &mut self,
        by: Value,
        intrinsic: &str,
        left: IntValue<'c>,
        right: IntValue<'c>,
    ) -> IntValue<'c> {
        let (result, overflowed) = self.emit.with_overflow(intrinsic, left, right);
        self.refuse(overflowed, by);
        result
    }

    /// Division that rounds down, and its remainder.
    fn divide(
        &mut self,
        by: Value,
        op: IntOp,
        left: IntValue<'c>,
        right: IntValue<'c>,
    ) -> IntValue<'c> {
        // By 0 the evaluator raises; by -1 the result may not fit, and the processor traps then. With one more, they are 1
        // and 0.
        let one = self.emit.const_long(1);
        let above = self
            .emit
            .build(|builder| builder.build_int_add(right, one, ""));
        let odd = self.emit.compare_with(IntPredicate::ULE, above, 1);
        self.refuse(odd, by);
        let quotient = self
            .emit
            .build(|builder| builder.build_int_signed_div(left, right, ""));
        let remainder = self
            .emit
            .build(|builder| builder.build_int_signed_rem(left, right, ""));
        // The processor rounds towards zero: one less where there is a remainder of the other sign than the divisor's.
        let signs = self
            .emit
            .build(|builder| builder.build_xor(remainder, right, ""));
        let differ = self.emit.compare_with(IntPredicate::SLT, signs, 0);
        let rest = self.emit.compare_with(IntPredicate::NE, remainder, 0);
        let adjust = self
            .emit
            .build(|builder| builder.build_and(differ, rest, ""));
        let (value, adjusted) = match op {
            IntOp::Remainder => {
                let sum = self
                    .emit
                    .build(|builder| builder.build_int_add(remainder, right, ""));
                (remainder, sum)
            }
            _ => {
                let less = self
                    .emit
                    .build(|builder| builder.build_int_sub(quotient, one, ""));
                (quotient, less)
            }
        };
        self.emit.select(adjust, adjusted, value).into_int_value()
    }

    fn shift_left(&mut self, by: Value, left: IntValue<'c>, right: IntValue<'c>) -> IntValue<'c> {
        // Negative distances are great ones without a sign.
        let holds = self.emit.compare_with(IntPredicate::ULT, right, 64);
        self.require(holds, by);
        let shifted = self
            .emit
            .build(|builder| builder.build_left_shift(left, right, ""));
        let back = self
            .emit
            .build(|builder| builder.build_right_shift(shifted, right, true, ""));
        let holds = self.emit.compare(IntPredicate::EQ, back, left);
        self.require(holds, by);
        shifted
    }

    fn shift_right(&mut self, by: Value, left: IntValue<'c>, right: IntValue<'c>) -> IntValue<'c> {
        let holds = self.emit.compare_with(IntPredicate::SGE, right, 0);
        self.require(holds, by);
        let far = self.emit.compare_with(IntPredicate::SGT, right, 63);
        let most = self.emit.const_long(63);
        let distance = self.emit.select(far, most, right).into_int_value();
        self.emit
            .build(|builder| builder.build_right_shift(left, distance, true, ""))
    }
}
