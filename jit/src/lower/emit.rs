//! `Emit`: LLVM's builder with the few shapes of instructions that the lowering uses. Writes instructions into a function.
use super::runtime::{Helper, OPERATION, Pass};
use crate::code::LITERALS;
use core::cell::RefCell;
use inkwell::basic_block::BasicBlock;
use inkwell::builder::Builder;
use inkwell::context::Context;
use inkwell::debug_info::DILocation;
use inkwell::intrinsics::Intrinsic;
use inkwell::module::{Linkage, Module};
use inkwell::types::{
    BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FloatType, FunctionType, IntType, PointerType,
    StructType,
};
use inkwell::values::{
    BasicMetadataValueEnum, BasicValueEnum, CallSiteValue, FloatValue, FunctionValue, GlobalValue,
    IntValue, MetadataValue, PhiValue, PointerValue,
};
use inkwell::{AddressSpace, FloatPredicate, GlobalVisibility, IntPredicate};
use pyroxene_jit_api::{Gives, Operation};
use std::collections::{HashMap, HashSet};

/// What is said where inkwell gives a `Result`: it checks that instructions are built of the right types.
const WELL_TYPED: &str = "the lowering builds well-typed instructions";

/// Which way a branch goes nearly always.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Likely {
    /// The first.
    Then,
    /// The second.
    Otherwise,
}

/// The type of machine code ([`Run`](pyroxene_jit_api::Run)).
fn run_type(context: &Context) -> FunctionType<'_> {
    let pointer = context.ptr_type(AddressSpace::default());
    let (long, int) = (context.i64_type(), context.i32_type());
    let arguments = [pointer.into(), pointer.into(), int.into(), long.into()];
    exit_type(context).fn_type(&arguments, false)
}

/// The type of machine code that C calls with values of its own ([`RunPassed`](pyroxene_jit_api::RunPassed)).
fn run_passed_type(context: &Context) -> FunctionType<'_> {
    let pointer = context.ptr_type(AddressSpace::default());
    let mut arguments = run_type(context).get_param_types();
    let more: [BasicMetadataTypeEnum<'_>; 2] = [pointer.into(), pointer.into()];
    arguments.extend(more);
    exit_type(context).fn_type(&arguments, false)
}

/// How machine code ends. It comes back in two registers, as C's structs of this size do.
fn exit_type(context: &Context) -> StructType<'_> {
    let pointer = context.ptr_type(AddressSpace::default());
    context.struct_type(&[context.i64_type().into(), pointer.into()], false)
}

/// How machine code is entered ([`Entrance`](pyroxene_jit_api::Entrance)), in two registers as well.
fn entrance_type(context: &Context) -> StructType<'_> {
    exit_type(context)
}

/// Writes instructions into a function.
pub struct Emit<'c, 'm> {
    context: &'c Context,
    module: &'m Module<'c>,
    builder: Builder<'c>,
    function: FunctionValue<'c>,
    literals: HashMap<u64, u64>,
    weights: [MetadataValue<'c>; 2],
    end: Option<End<'c>>,
    layout: RefCell<Layout<'c>>,
}

/// In which order the blocks lie in memory: LLVM keeps it in the quick tier. What runs nearly always lies together, in the order
/// in which it is written, and what it goes to only seldom lies behind all of that.
#[derive(Default)]
struct Layout<'c> {
    /// Whether nearly always runs what goes to a block, of those that something goes to.
    usual: HashMap<BasicBlock<'c>, bool>,
    /// Those that have their place.
    placed: HashSet<BasicBlock<'c>>,
    /// The last that runs nearly always.
    last: Option<BasicBlock<'c>>,
}

impl<'c> Layout<'c> {
    fn is_usual(&self, block: BasicBlock<'c>) -> bool {
        self.usual.get(&block) == Some(&true)
    }

    /// Notes that a block goes to another one.
    fn lead(&mut self, from: BasicBlock<'c>, to: BasicBlock<'c>, likely: bool) {
        let usual = likely && self.is_usual(from);
        *self.usual.entry(to).or_default() |= usual;
    }

    /// Places a block that is about to be written: the first where the function begins, and what nothing goes to yet as if it
    /// were gone to from where code is written now.
    fn place(&mut self, block: BasicBlock<'c>, here: Option<BasicBlock<'c>>) {
        if !self.placed.insert(block) {
            return;
        }
        let near = self.last.is_none() || here.is_some_and(|here| self.is_usual(here));
        if !*self.usual.entry(block).or_insert(near) {
            return;
        }
        if let Some(last) = self.last.replace(block) {
            block
                .move_after(last)
                .expect("both blocks are the function's");
        }
    }
}

/// The only block that returns, and what it returns: LLVM's quick selection of instructions knows no values of two parts that
/// come from several blocks, and leaves each such block to the slow one.
#[derive(Clone, Copy)]
struct End<'c> {
    block: BasicBlock<'c>,
    exit: PhiValue<'c>,
    payload: PhiValue<'c>,
}

impl<'c, 'm> Emit<'c, 'm> {
    /// The function.
    pub fn function(&self) -> FunctionValue<'c> {
        self.function
    }

    /// What is written from now on belongs to a line.
    pub fn stand_at_line(&self, line: DILocation<'c>) {
        self.builder.set_current_debug_location(line);
    }

    /// For a new function `name` of the type [`Run`](pyroxene_jit_api::Run), or [`RunPassed`](pyroxene_jit_api::RunPassed) if C
    /// passes it values of its own.
    pub fn new(context: &'c Context, module: &'m Module<'c>, name: &str, is_passed: bool) -> Self {
        let long = context.i64_type();
        let ty = match is_passed {
            true => run_passed_type(context),
            false => run_type(context),
        };
        let function = module.add_function(name, ty, None);
        // The unwind table that tells of every instruction.
        let kind = inkwell::attributes::Attribute::get_named_enum_kind_id("uwtable");
        function.add_attribute(
            inkwell::attributes::AttributeLoc::Function,
            context.create_enum_attribute(kind, 2),
        );
        let literals = module.add_global(long.array_type(0), None, LITERALS);
        literals.set_visibility(GlobalVisibility::Hidden);
        literals.set_constant(true);
        let weights = [(2000, 1), (1, 2000)].map(|(then, otherwise)| {
            let number = |weight| context.i32_type().const_int(weight, false).into();
            context.metadata_node(&[
                context.metadata_string("branch_weights").into(),
                number(then),
                number(otherwise),
            ])
        });
        Self {
            context,
            module,
            builder: context.create_builder(),
            function,
            literals: HashMap::new(),
            weights,
            end: None,
            layout: RefCell::default(),
        }
    }

    /// The words that the code refers to as its literals, in order.
    pub fn into_literals(self) -> Vec<u64> {
        let mut words: Vec<(u64, u64)> = self
            .literals
            .into_iter()
            .map(|(word, index)| (index, word))
            .collect();
        words.sort_unstable();
        words.into_iter().map(|(_, word)| word).collect()
    }

    /// An argument of the function that is an address.
    pub fn pointer_argument(&self, index: u32) -> PointerValue<'c> {
        self.argument(index).into_pointer_value()
    }

    /// An argument of the function that is a number.
    pub fn int_argument(&self, index: u32) -> IntValue<'c> {
        self.argument(index).into_int_value()
    }

    fn argument(&self, index: u32) -> BasicValueEnum<'c> {
        self.function
            .get_nth_param(index)
            .expect("the function has such an argument")
    }

    // --- types ---

    /// Addresses.
    pub fn pointer(&self) -> PointerType<'c> {
        self.context.ptr_type(AddressSpace::default())
    }

    /// 64 bits.
    pub fn long(&self) -> IntType<'c> {
        self.context.i64_type()
    }

    /// 32 bits.
    pub fn int(&self) -> IntType<'c> {
        self.context.i32_type()
    }

    /// 16 bits.
    pub fn short(&self) -> IntType<'c> {
        self.context.i16_type()
    }

    /// 8 bits.
    pub fn byte(&self) -> IntType<'c> {
        self.context.i8_type()
    }

    /// One bit.
    pub fn bit(&self) -> IntType<'c> {
        self.context.bool_type()
    }

    /// Doubles.
    pub fn float(&self) -> FloatType<'c> {
        self.context.f64_type()
    }

    fn passed(&self, pass: Pass) -> BasicTypeEnum<'c> {
        match pass {
            Pass::Pointer => self.pointer().into(),
            Pass::Long => self.long().into(),
            Pass::Int => self.int().into(),
            Pass::Byte => self.byte().into(),
            Pass::Float => self.float().into(),
            Pass::Exit => exit_type(self.context).into(),
            Pass::Entrance => entrance_type(self.context).into(),
        }
    }

    // --- constants ---

    /// A number of 64 bits.
    pub fn const_long(&self, number: i64) -> IntValue<'c> {
        self.long().const_int(number.cast_unsigned(), true)
    }

    /// NULL.
    pub fn null(&self) -> PointerValue<'c> {
        self.pointer().const_null()
    }

    /// An address that is kept beside the code, because it is another one in the next process.
    pub fn literal(&mut self, address: u64) -> PointerValue<'c> {
        let place = self.literal_place(address);
        self.load_pointer(place)
    }

    /// A number of the same kind.
    pub fn literal_long(&mut self, number: u64) -> IntValue<'c> {
        let place = self.literal_place(number);
        self.load_int(self.long(), place)
    }

    fn literal_place(&mut self, word: u64) -> PointerValue<'c> {
        let next = self.literals.len() as u64;
        let index = *self.literals.entry(word).or_insert(next);
        let base = self
            .module
            .get_global(LITERALS)
            .expect("it was declared at first")
            .as_pointer_value();
        self.at(
            base,
            i64::try_from(index * 8).expect("there are few literals"),
        )
    }

    /// A symbol outside the code: its address.
    pub fn symbol(&self, name: &str) -> PointerValue<'c> {
        let global: GlobalValue<'c> = self.module.get_global(name).unwrap_or_else(|| {
            let global = self.module.add_global(self.byte(), None, name);
            global.set_linkage(Linkage::External);
            global.set_visibility(GlobalVisibility::Hidden);
            global
        });
        global.as_pointer_value()
    }

    // --- memory ---

    /// The address `offset` bytes after another.
    pub fn at(&self, base: PointerValue<'c>, offset: i64) -> PointerValue<'c> {
        if offset == 0 {
            return base;
        }
        self.at_index(base, self.const_long(offset), 1)
    }

    /// The address of an item of an array whose items have that size.
    pub fn at_index(
        &self,
        base: PointerValue<'c>,
        index: IntValue<'c>,
        size: u32,
    ) -> PointerValue<'c> {
        let item: BasicTypeEnum<'c> = match size {
            1 => self.byte().into(),
            8 => self.long().into(),
            _ => self.byte().array_type(size).into(),
        };
        // SAFETY: inkwell marks it so because a wrong index is undefined behaviour in the code that is generated. That
        // code computes addresses within objects only.
        unsafe { self.builder.build_gep(item, base, &[index], "") }.expect(WELL_TYPED)
    }

    fn load(&self, ty: BasicTypeEnum<'c>, place: PointerValue<'c>) -> BasicValueEnum<'c> {
        self.builder.build_load(ty, place, "").expect(WELL_TYPED)
    }

    /// What a place holds.
    pub fn load_pointer(&self, place: PointerValue<'c>) -> PointerValue<'c> {
        self.load(self.pointer().into(), place).into_pointer_value()
    }

    /// What a place holds.
    pub fn load_int(&self, ty: IntType<'c>, place: PointerValue<'c>) -> IntValue<'c> {
        self.load(ty.into(), place).into_int_value()
    }

    /// What a place holds.
    pub fn load_float(&self, place: PointerValue<'c>) -> FloatValue<'c> {
        self.load(self.float().into(), place).into_float_value()
    }

    /// The bits of a float.
    pub fn float_bits(&self, number: FloatValue<'c>) -> IntValue<'c> {
        let long = self.long();
        self.build(|builder| builder.build_bit_cast(number, long, ""))
            .into_int_value()
    }

    /// A word that is no address, where one is wanted.
    pub fn as_pointer(&self, word: IntValue<'c>) -> PointerValue<'c> {
        let pointer = self.pointer();
        self.build(|builder| builder.build_int_to_ptr(word, pointer, ""))
    }

    /// What a place holds: a number of 32 bits, widened.
    pub fn load_single(&self, place: PointerValue<'c>) -> FloatValue<'c> {
        let single = self.load(self.context.f32_type().into(), place);
        let single = single.into_float_value();
        self.build(|builder| builder.build_float_ext(single, self.float(), ""))
    }

    /// Writes the nearest number of 32 bits to a place.
    pub fn store_single(&self, place: PointerValue<'c>, value: FloatValue<'c>) {
        let ty = self.context.f32_type();
        let single = self.build(|builder| builder.build_float_trunc(value, ty, ""));
        self.store(place, single);
    }

    /// Writes to a place.
    pub fn store(&self, place: PointerValue<'c>, value: impl Into<BasicValueEnum<'c>>) {
        self.builder
            .build_store(place, value.into())
            .expect(WELL_TYPED);
    }

    /// Room for a few words in the function's own frame, for as long as it runs.
    pub fn room(&self, words: u32) -> PointerValue<'c> {
        let first = self
            .function
            .get_first_basic_block()
            .expect("the function has begun");
        let builder = self.context.create_builder();
        match first.get_first_instruction() {
            Some(instruction) => builder.position_before(&instruction),
            None => builder.position_at_end(first),
        }
        builder
            .build_alloca(self.long().array_type(words.max(1)), "")
            .expect(WELL_TYPED)
    }

    // --- numbers ---

    /// `left ? right`.
    pub fn compare(
        &self,
        predicate: IntPredicate,
        left: IntValue<'c>,
        right: IntValue<'c>,
    ) -> IntValue<'c> {
        self.builder
            .build_int_compare(predicate, left, right, "")
            .expect(WELL_TYPED)
    }

    /// Compares with a constant.
    pub fn compare_with(
        &self,
        predicate: IntPredicate,
        value: IntValue<'c>,
        constant: i64,
    ) -> IntValue<'c> {
        let constant = value.get_type().const_int(constant.cast_unsigned(), true);
        self.compare(predicate, value, constant)
    }

    /// Compares doubles.
    pub fn compare_floats(
        &self,
        predicate: FloatPredicate,
        left: FloatValue<'c>,
        right: FloatValue<'c>,
    ) -> IntValue<'c> {
        self.builder
            .build_float_compare(predicate, left, right, "")
            .expect(WELL_TYPED)
    }

    /// Whether two addresses are the same.
    pub fn same(&self, left: PointerValue<'c>, right: PointerValue<'c>) -> IntValue<'c> {
        self.builder
            .build_int_compare(IntPredicate::EQ, left, right, "")
            .expect(WELL_TYPED)
    }

    /// Whether an address is NULL.
    pub fn is_null(&self, value: PointerValue<'c>) -> IntValue<'c> {
        self.builder.build_is_null(value, "").expect(WELL_TYPED)
    }

    /// Whether all of some conditions hold, of which there is at least one.
    pub fn all(&self, conditions: &[IntValue<'c>]) -> IntValue<'c> {
        let (&first, rest) = conditions.split_first().expect("there are conditions");
        rest.iter().fold(first, |all, &more| {
            self.builder.build_and(all, more, "").expect(WELL_TYPED)
        })
    }

    /// One value or the other.
    pub fn select<V: Into<BasicValueEnum<'c>>>(
        &self,
        condition: IntValue<'c>,
        then: V,
        otherwise: V,
    ) -> BasicValueEnum<'c> {
        let (then, otherwise) = (then.into(), otherwise.into());
        self.builder
            .build_select(condition, then, otherwise, "")
            .expect(WELL_TYPED)
    }

    /// An operation that LLVM has as an instruction.
    pub fn build<V>(
        &self,
        build: impl FnOnce(&Builder<'c>) -> Result<V, inkwell::builder::BuilderError>,
    ) -> V {
        build(&self.builder).expect(WELL_TYPED)
    }

    /// An operation of LLVM's that also says whether it overflowed.
    pub fn with_overflow(
        &self,
        name: &str,
        left: IntValue<'c>,
        right: IntValue<'c>,
    ) -> (IntValue<'c>, IntValue<'c>) {
        let function = Intrinsic::find(name)
            .and_then(|found| found.get_declaration(self.module, &[self.long().into()]))
            .expect("LLVM has this intrinsic");
        let call = self
            .builder
            .build_call(function, &[left.into(), right.into()], "")
            .expect(WELL_TYPED);
        let [result, overflowed] = self.parts(call);
        (result.into_int_value(), overflowed.into_int_value())
    }

    /// A function of LLVM's on a double that gives a double.
    pub fn intrinsic(&self, name: &str, value: FloatValue<'c>) -> FloatValue<'c> {
        let function = Intrinsic::find(name)
            .and_then(|found| found.get_declaration(self.module, &[self.float().into()]))
            .expect("LLVM has this intrinsic");
        let call = self
            .builder
            .build_call(function, &[value.into()], "")
            .expect(WELL_TYPED);
        call.try_as_basic_value().unwrap_basic().into_float_value()
    }

    /// The two parts of what a call gives.
    fn parts(&self, call: CallSiteValue<'c>) -> [BasicValueEnum<'c>; 2] {
        let both = call.try_as_basic_value().unwrap_basic().into_struct_value();
        [0, 1].map(|index| {
            self.builder
                .build_extract_value(both, index, "")
                .expect(WELL_TYPED)
        })
    }

    /// A value that depends on where the block was entered from. It is at the start of the block.
    pub fn phi(&self, ty: impl BasicType<'c>) -> PhiValue<'c> {
        self.builder.build_phi(ty, "").expect(WELL_TYPED)
    }

    // --- blocks ---

    /// A new block at the end of the function.
    pub fn block(&self) -> BasicBlock<'c> {
        self.context.append_basic_block(self.function, "")
    }

    /// The block that is written to.
    pub fn here(&self) -> BasicBlock<'c> {
        self.builder
            .get_insert_block()
            .expect("a block is written to")
    }

    /// Writes to another block from now on.
    pub fn go_to(&self, block: BasicBlock<'c>) {
        let here = self.builder.get_insert_block();
        self.layout.borrow_mut().place(block, here);
        self.builder.position_at_end(block);
    }

    /// A value that depends on where a block that is not written yet is entered from.
    pub fn phi_of(&self, block: BasicBlock<'c>, ty: impl BasicType<'c>) -> PhiValue<'c> {
        let here = self.builder.get_insert_block();
        self.builder.position_at_end(block);
        let phi = self.phi(ty);
        if let Some(here) = here {
            self.builder.position_at_end(here);
        }
        phi
    }

    fn lead(&self, to: BasicBlock<'c>, likely: bool) {
        let here = self.here();
        self.layout.borrow_mut().lead(here, to, likely);
    }

    /// Ends the block.
    pub fn jump(&self, to: BasicBlock<'c>) {
        self.lead(to, true);
        self.builder
            .build_unconditional_branch(to)
            .expect(WELL_TYPED);
    }

    /// Ends the block.
    pub fn branch(
        &self,
        condition: IntValue<'c>,
        then: BasicBlock<'c>,
        otherwise: BasicBlock<'c>,
        likely: Option<Likely>,
    ) {
        self.lead(then, likely != Some(Likely::Otherwise));
        self.lead(otherwise, likely != Some(Likely::Then));
        let branch = self
            .builder
            .build_conditional_branch(condition, then, otherwise)
            .expect(WELL_TYPED);
        if let Some(likely) = likely {
            let weights = self.weights[usize::from(likely == Likely::Otherwise)];
            let kind = self.context.get_kind_id("prof");
            branch.set_metadata(weights, kind).expect(WELL_TYPED);
        }
    }

    /// Ends the block by its number: to the block of this index, or to the first.
    pub fn switch(&self, number: IntValue<'c>, blocks: &[BasicBlock<'c>]) {
        for &block in blocks {
            self.lead(block, true);
        }
        let cases: Vec<_> = blocks
            .iter()
            .enumerate()
            .skip(1)
            .map(|(index, &block)| (number.get_type().const_int(index as u64, false), block))
            .collect();
        self.builder
            .build_switch(number, blocks[0], &cases)
            .expect(WELL_TYPED);
    }

    /// Ends the function with an [`Exit`](pyroxene_jit_api::Exit): its index and kind, and its payload.
    pub fn give(&mut self, exit: IntValue<'c>, payload: PointerValue<'c>) {
        let end = match self.end {
            Some(end) => end,
            None => self.write_end(),
        };
        let here = self.here();
        end.exit.add_incoming(&[(&exit, here)]);
        end.payload.add_incoming(&[(&payload, here)]);
        self.jump(end.block);
    }

    fn write_end(&mut self) -> End<'c> {
        let here = self.here();
        let block = self.block();
        self.go_to(block);
        let exit = self.phi(self.long());
        let payload = self.phi(self.pointer());
        self.build(|builder| {
            builder.build_aggregate_return(&[exit.as_basic_value(), payload.as_basic_value()])
        });
        self.go_to(here);
        *self.end.insert(End {
            block,
            exit,
            payload,
        })
    }

    // --- calls ---

    /// Calls a helper that gives nothing.
    pub fn run(&self, helper: Helper, arguments: &[BasicValueEnum<'c>]) {
        self.call(helper, arguments);
    }

    /// Calls a helper that gives something.
    pub fn ask(&self, helper: Helper, arguments: &[BasicValueEnum<'c>]) -> BasicValueEnum<'c> {
        self.call(helper, arguments)
            .try_as_basic_value()
            .basic()
            .expect("the helper gives something")
    }

    /// Calls other machine code. Gives the parts of its exit, as [`give`](Self::give) takes them.
    pub fn call_machine_code(
        &self,
        run: PointerValue<'c>,
        arguments: &[BasicValueEnum<'c>; 4],
    ) -> (IntValue<'c>, PointerValue<'c>) {
        let arguments = arguments.map(BasicMetadataValueEnum::from);
        let call = self
            .builder
            .build_indirect_call(run_type(self.context), run, &arguments, "")
            .expect(WELL_TYPED);
        self.exit_of(call)
    }

    /// Calls a helper that gives how machine code ended.
    pub fn ask_for_exit(
        &self,
        helper: Helper,
        arguments: &[BasicValueEnum<'c>],
    ) -> (IntValue<'c>, PointerValue<'c>) {
        self.exit_of(self.call(helper, arguments))
    }

    /// Calls a helper that gives how machine code is entered: by which entry, and what runs.
    pub fn ask_for_entrance(
        &self,
        helper: Helper,
        arguments: &[BasicValueEnum<'c>],
    ) -> (IntValue<'c>, PointerValue<'c>) {
        let [entry, run] = self.parts(self.call(helper, arguments));
        let (entry, int) = (entry.into_int_value(), self.int());
        let entry = self.build(|builder| builder.build_int_truncate(entry, int, ""));
        (entry, run.into_pointer_value())
    }

    fn exit_of(&self, call: CallSiteValue<'c>) -> (IntValue<'c>, PointerValue<'c>) {
        let [exit, payload] = self.parts(call);
        (exit.into_int_value(), payload.into_pointer_value())
    }

    /// The address up to which the C stack is in use, nearly.
    pub fn stack_pointer(&self) -> IntValue<'c> {
        let place = self.room(1);
        self.builder
            .build_ptr_to_int(place, self.long(), "")
            .expect(WELL_TYPED)
    }

    fn call(&self, helper: Helper, arguments: &[BasicValueEnum<'c>]) -> CallSiteValue<'c> {
        let function = self
            .module
            .get_function(helper.name())
            .unwrap_or_else(|| self.declare(helper));
        let arguments: Vec<BasicMetadataValueEnum<'c>> =
            arguments.iter().map(|&argument| argument.into()).collect();
        self.builder
            .build_call(function, &arguments, "")
            .expect(WELL_TYPED)
    }

    /// Calls the helper of an operation with these arguments, which gives an address or 32 bits.
    pub fn operate(
        &self,
        operation: Operation,
        arguments: &[BasicValueEnum<'c>],
    ) -> BasicValueEnum<'c> {
        let name = format!("{OPERATION}{}", operation.name());
        let function = self.module.get_function(&name).unwrap_or_else(|| {
            let types: Vec<BasicMetadataTypeEnum<'c>> = arguments
                .iter()
                .map(|argument| argument.get_type().into())
                .collect();
            let ty = match operation.gives() {
                Gives::Object => self.pointer().fn_type(&types, false),
                Gives::Truth | Gives::Nothing => self.int().fn_type(&types, false),
            };
            self.add_hidden(&name, ty)
        });
        let arguments: Vec<BasicMetadataValueEnum<'c>> =
            arguments.iter().map(|&argument| argument.into()).collect();
        self.builder
            .build_call(function, &arguments, "")
            .expect(WELL_TYPED)
            .try_as_basic_value()
            .basic()
            .expect("the helper gives something")
    }

    fn declare(&self, helper: Helper) -> FunctionValue<'c> {
        let arguments: Vec<BasicMetadataTypeEnum<'c>> = helper
            .arguments()
            .iter()
            .map(|&argument| self.passed(argument).into())
            .collect();
        let ty = match helper.result().map(|result| self.passed(result)) {
            None => self.context.void_type().fn_type(&arguments, false),
            Some(BasicTypeEnum::PointerType(ty)) => ty.fn_type(&arguments, false),
            Some(BasicTypeEnum::IntType(ty)) => ty.fn_type(&arguments, false),
            Some(BasicTypeEnum::FloatType(ty)) => ty.fn_type(&arguments, false),
            Some(BasicTypeEnum::StructType(ty)) => ty.fn_type(&arguments, false),
            Some(_) => unreachable!("helpers give numbers and addresses"),
        };
        self.add_hidden(helper.name(), ty)
    }

    /// Declares a function outside the code.
    fn add_hidden(&self, name: &str, ty: FunctionType<'c>) -> FunctionValue<'c> {
        let function = self.module.add_function(name, ty, None);
        function
            .as_global_value()
            .set_visibility(GlobalVisibility::Hidden);
        function
    }
}
