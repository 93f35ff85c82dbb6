//! Guards: what the code relies on, and leaves by if it is not so.
use super::Lowering;
use super::emit::Likely;
use super::runtime::{C_FUNCTION, METATYPE, MODULE, OBJECT, class_symbol};
use inkwell::IntPredicate;
use inkwell::values::{IntValue, PointerValue};
use pyroxene_hir::{Classes, Value};
use pyroxene_jit_api::{Class, ExitKind, Function, Items, Reason};

/// A version as a field of 32 bits has it.
fn wide(version: u32) -> i64 {
    i64::from(version)
}

impl<'c> Lowering<'c, '_> {
    /// The type of an object.
    pub(super) fn class_of(&self, object: PointerValue<'c>) -> PointerValue<'c> {
        self.field(object, self.host.layout.class)
    }

    /// Whether an object is of an exact class.
    pub(super) fn is_class(&self, object: PointerValue<'c>, class: Class) -> IntValue<'c> {
        let symbol = class_symbol(class).expect("only classes with a name are guarded");
        self.emit
            .same(self.class_of(object), self.emit.symbol(symbol))
    }

    /// Whether a class has a base. Leaves unless that is a class of the usual kind.
    pub(super) fn has_base(&mut self, by: Value, class: Class, base: Value) -> IntValue<'c> {
        let base = self.pointer(base);
        let metatype = self.emit.symbol(METATYPE);
        let is_usual = self.emit.same(self.class_of(base), metatype);
        self.require(is_usual, by);
        let own = class_symbol(class).expect("only classes with a name are asked for");
        let int = (class == Class::Bool).then_some(Class::Int);
        let bases = [Some(own), int.and_then(class_symbol), Some(OBJECT)];
        let is_one = bases.into_iter().flatten().map(|symbol| {
            let known = self.emit.symbol(symbol);
            self.emit.same(base, known)
        });
        is_one
            .reduce(|one, other| self.emit.build(|builder| builder.build_or(one, other, "")))
            .expect("there are bases")
    }

    /// Leaves unless an object is of one of some classes, or NULL where that is among them.
    pub(super) fn guard_class(&mut self, by: Value, value: Value, classes: Classes) {
        let known = self.function.ty(value).classes();
        if known.within(classes) {
            return;
        }
        let exit = self.exit_of(by);
        let object = self.pointer(value);
        let right = self.emit.block();
        if known.may_be_null() {
            let there = self.emit.block();
            let null = if classes.may_be_null() { right } else { exit };
            self.emit
                .branch(self.emit.is_null(object), null, there, None);
            self.emit.go_to(there);
        }
        let possible = known & classes;
        let wanted: Vec<Class> = Class::ALL
            .into_iter()
            .filter(|&class| possible.meets(Classes::of(class)))
            .collect();
        for (index, &class) in wanted.iter().enumerate() {
            let otherwise = if index + 1 == wanted.len() {
                exit
            } else {
                self.emit.block()
            };
            let holds = self.is_class(object, class);
            self.emit
                .branch(holds, right, otherwise, Some(Likely::Then));
            self.emit.go_to(otherwise);
        }
        if wanted.is_empty() {
            self.emit.jump(exit);
        }
        self.emit.go_to(right);
    }

    pub(super) fn guard_type_version(&mut self, by: Value, class: PointerValue<'c>, version: u32) {
        let found = self.int_field(class, self.host.layout.type_version);
        let holds = self
            .emit
            .compare_with(IntPredicate::EQ, found, wide(version));
        self.require(holds, by);
    }

    /// Leaves unless an object is a type, of whatever metaclass.
    pub(super) fn guard_is_type(&mut self, by: Value, object: Value) {
        let class = self.class_of(self.pointer(object));
        let flags = self.int_field(class, self.host.layout.type_flags);
        let holds = self.emit.compare_with(IntPredicate::SLT, flags, 0);
        self.require(holds, by);
    }

    pub(super) fn guard_inline_values(&mut self, by: Value, object: Value, no_dict: bool) {
        let values = self.inline_values(object);
        let holds = self.has_valid_values(values);
        self.require(holds, by);
        if no_dict {
            let place = self
                .emit
                .at(self.pointer(object), self.host.layout.managed_dict.into());
            let dict = self.emit.load_pointer(place);
            let holds = self.emit.is_null(dict);
            self.require(holds, by);
        }
    }

    pub(super) fn guard_cached_keys(&mut self, by: Value, object: Value, version: u32) {
        let class = self.class_of(self.pointer(object));
        let keys = self.field(class, self.host.layout.type_cached_keys);
        self.guard_keys_version(by, keys, version);
    }

    pub(super) fn guard_keys(&mut self, by: Value, dict: Value, version: u32, check: bool) {
        let dict = self.pointer(dict);
        if check {
            let holds = self.is_class(dict, Class::Dict);
            self.require(holds, by);
        }
        let keys = self.field(dict, self.host.layout.dict_keys);
        self.guard_keys_version(by, keys, version);
    }

    fn guard_keys_version(&mut self, by: Value, keys: PointerValue<'c>, version: u32) {
        let found = self.int_field(keys, self.host.layout.keys_version);
        let holds = self
            .emit
            .compare_with(IntPredicate::EQ, found, wide(version));
        self.require(holds, by);
    }

    /// The dictionary of a module; leaves if it is none.
    pub(super) fn module_dict(&mut self, by: Value, module: Value) -> PointerValue<'c> {
        let module = self.pointer(module);
        let holds = self
            .emit
            .same(self.class_of(module), self.emit.symbol(MODULE));
        self.require(holds, by);
        self.field(module, self.host.layout.module_dict)
    }

    /// Leaves unless an object is a known function: a type, or what has the known definition.
    pub(super) fn guard_function(
        &mut self,
        by: Value,
        callable: Value,
        function: Function,
        address: usize,
    ) {
        let callable = self.pointer(callable);
        let known = self.emit.literal(address as u64);
        if function.is_type() {
            let same = self.emit.same(callable, known);
            return self.require(same, by);
        }
        let class = self.class_of(callable);
        let is_function = self.emit.same(class, self.emit.symbol(C_FUNCTION));
        self.require(is_function, by);
        let definition = self.field(callable, self.host.layout.c_function_definition);
        let same = self.emit.same(definition, known);
        self.require(same, by);
    }

    /// Leaves unless an object is an array of such items.
    pub(super) fn guard_array(&mut self, by: Value, array: Value, version: u32, items: Items) {
        let array = self.pointer(array);
        let class = self.class_of(array);
        self.guard_type_version(by, class, version);
        let descriptor = self.field(array, self.host.layout.array_descriptor);
        let code = self.emit.load_int(self.emit.byte(), descriptor);
        let holds = self
            .emit
            .compare_with(IntPredicate::EQ, code, i64::from(items.code()));
        self.require(holds, by);
    }

    /// For which tools the code was prepared.
    pub(super) fn tools_version(&mut self) -> IntValue<'c> {
        self.emit.literal_long(self.snapshot.tools_version)
    }

    /// Leaves if something is asked of the evaluator, or the tools that watch have changed: `eval_breaker` is the code's
    /// version as long as neither is so.
    pub(super) fn poll(&mut self, by: Value) {
        let version = self.tools_version();
        let asked = self.long_field(self.thread(), self.host.layout.eval_breaker);
        let holds = self.emit.compare(IntPredicate::EQ, asked, version);
        self.require(holds, by);
        if let Some(place) = self.snapshot.warm {
            self.count_down(place, by);
        }
    }

    /// Leaves, once, when it has been here or at such a place often. The evaluator comes back to the code until there is better.
    fn count_down(&mut self, place: usize, by: Value) {
        let place = self.emit.literal(place as u64);
        let left = self.emit.load_int(self.emit.long(), place);
        let one = self.emit.const_long(1);
        let left = self
            .emit
            .build(|builder| builder.build_int_sub(left, one, ""));
        self.emit.store(place, left);
        let state = self
            .insn_of(by)
            .state()
            .expect("an instruction that leaves has a state");
        let exit = self.exit(state, Reason::Warm, ExitKind::Resume);
        let is_warm = self.emit.compare_with(IntPredicate::EQ, left, 0);
        let on = self.emit.block();
        self.emit.branch(is_warm, exit, on, Some(Likely::Otherwise));
        self.emit.go_to(on);
    }

    /// An index counted from the start; leaves if there is none such.
    pub(super) fn check_index(&mut self, by: Value, index: Value, size: Value) -> IntValue<'c> {
        let (index, size) = (self.int(index), self.int(size));
        let negative = self.emit.compare_with(IntPredicate::SLT, index, 0);
        let from_end = self
            .emit
            .build(|builder| builder.build_int_add(index, size, ""));
        let index = self.emit.select(negative, from_end, index).into_int_value();
        let holds = self.emit.compare(IntPredicate::ULT, index, size);
        self.require(holds, by);
        index
    }
}
