//! From HIR to LLVM's IR. Reads the function, its snapshot and the host's layout; writes a module.
//!
//! A block of HIR becomes one or more of LLVM's; what it leaves by becomes a block at the end of the function, one for each
//! state and reason. Values keep their representation: objects are addresses, floats doubles, ints 64 bits, truth values
//! one bit.
mod arrays;
mod attributes;
mod binding;
mod calls;
mod chance;
mod classes;
mod emit;
mod exceptions;
mod exits;
mod frame;
mod generators;
mod guards;
mod inlining;
mod insn;
mod lines;
mod numbers;
mod objects;
mod operations;
mod passed;
mod placed;
mod python;
mod references;
pub mod runtime;

use emit::Emit;
use exceptions::Landing;
use exits::Exits;
use inkwell::basic_block::BasicBlock;
use inkwell::context::Context;
use inkwell::module::Module;
use inkwell::values::{BasicValueEnum, FloatValue, IntValue, PhiValue, PointerValue};
use lines::Lines;
use pyroxene_hir::function::{FrameId, ROOT, ValueData};
use pyroxene_hir::{BlockId, Edge, Function, Insn, Type, Value};
use pyroxene_jit_api::{ExitRecord, Host, Interpreted, ObjectId, Snapshot};

/// The name of the function in the module.
pub const RUN: &str = "run";

/// What the machine code refers to by number.
#[derive(Debug, Default)]
pub struct Tables {
    /// Its exits.
    pub exits: Vec<ExitRecord>,
    /// The instructions that it has the evaluator run.
    pub interpreted: Vec<Interpreted>,
    /// Its literals.
    pub literals: Vec<u64>,
}

/// Writes a function into a module.
pub fn lower<'c>(
    context: &'c Context,
    module: &Module<'c>,
    function: &Function,
    snapshot: &Snapshot,
    host: &Host,
) -> Tables {
    let mut lowering = Lowering {
        emit: Emit::new(context, module, RUN, snapshot.passed.is_some()),
        function,
        snapshot,
        host,
        values: vec![None; function.values.len()],
        blocks: Vec::new(),
        phis: Vec::new(),
        exits: Exits::default(),
        landing: Landing::None,
        running: ROOT,
        frame: None,
        is_in_memory: true,
        interpreted: Vec::new(),
    };
    let lines = Lines::new(module, snapshot, function, lowering.emit.function());
    lowering.function(lines.as_ref());
    if let Some(lines) = lines {
        lines.finish();
    }
    let Lowering {
        emit,
        exits,
        interpreted,
        ..
    } = lowering;
    Tables {
        exits: exits.into_records(),
        interpreted,
        literals: emit.into_literals(),
    }
}

/// The state of the lowering of one function.
struct Lowering<'c, 'f> {
    emit: Emit<'c, 'f>,
    function: &'f Function,
    snapshot: &'f Snapshot,
    host: &'f Host,
    /// What became of each value.
    values: Vec<Option<BasicValueEnum<'c>>>,
    /// Where each block of HIR begins.
    blocks: Vec<BasicBlock<'c>>,
    /// The parameters of each block.
    phis: Vec<Vec<PhiValue<'c>>>,
    exits: Exits<'c>,
    /// Where an instruction leads to that has raised, if it is the last of its block.
    landing: Landing<'c>,
    interpreted: Vec<Interpreted>,
    /// The frame of the instruction that is being written.
    running: FrameId,
    /// Where it is, if it is that of an inlined call.
    frame: Option<PointerValue<'c>>,
    /// Whether that frame is in memory.
    is_in_memory: bool,
}

impl<'c> Lowering<'c, '_> {
    fn function(&mut self, lines: Option<&Lines<'c, '_>>) {
        let start = self.emit.block();
        self.blocks = self
            .function
            .block_ids()
            .map(|_| self.emit.block())
            .collect();
        self.parameters();
        self.emit.go_to(start);
        if let Some(lines) = lines {
            self.emit.stand_at_line(lines.start());
        }
        self.count_activation();
        let entries: Vec<_> = self
            .function
            .entries
            .iter()
            .map(|entry| self.blocks[entry.block.index()])
            .collect();
        self.emit.switch(self.emit.int_argument(2), &entries);
        let order = self.reverse_postorder();
        for &block in &order {
            self.emit.go_to(self.blocks[block.index()]);
            for &value in &self.function[block].insns {
                self.prepare_landing(block, value);
                self.run_on(value);
                if let Some(lines) = lines {
                    let ValueData { frame, origin, .. } = self.function[value];
                    self.emit.stand_at_line(lines.at(frame, origin));
                }
                self.leave_by_chance(value);
                let result = self.insn(value);
                debug_assert_eq!(
                    result.is_some(),
                    self.function.ty(value) != Type::Nothing,
                    "{value} gives what its type says"
                );
                self.values[value.index()] = result;
            }
        }
        for block in self.function.block_ids() {
            if !order.contains(&block) {
                self.emit.go_to(self.blocks[block.index()]);
                self.emit.build(|builder| builder.build_unreachable());
            }
        }
        self.write_exits(lines);
    }

    /// Makes the parameters of the blocks, which edges fill.
    fn parameters(&mut self) {
        for block in self.function.block_ids() {
            let place = self.blocks[block.index()];
            let mut phis = Vec::new();
            for &parameter in &self.function[block].parameters {
                let phi = match self.function.ty(parameter) {
                    Type::Object(_) => self.emit.phi_of(place, self.emit.pointer()),
                    Type::Float => self.emit.phi_of(place, self.emit.float()),
                    Type::Int => self.emit.phi_of(place, self.emit.long()),
                    Type::Bool => self.emit.phi_of(place, self.emit.bit()),
                    Type::Nothing => unreachable!("a parameter is a value"),
                };
                self.values[parameter.index()] = Some(phi.as_basic_value());
                phis.push(phi);
            }
            self.phis.push(phis);
        }
    }

    /// The blocks that can be reached, each before those that it dominates.
    fn reverse_postorder(&self) -> Vec<BlockId> {
        let mut seen = vec![false; self.function.blocks.len()];
        let mut order = Vec::new();
        for entry in &self.function.entries {
            // Blocks that are being visited, with the successors that are still to be.
            let mut path: Vec<(BlockId, Vec<BlockId>)> = Vec::new();
            if !core::mem::replace(&mut seen[entry.block.index()], true) {
                path.push((entry.block, self.successors(entry.block)));
            }
            while let Some((block, successors)) = path.last_mut() {
                match successors.pop() {
                    Some(next) => {
                        if !core::mem::replace(&mut seen[next.index()], true) {
                            let after = self.successors(next);
                            path.push((next, after));
                        }
                    }
                    None => {
                        order.push(*block);
                        path.pop();
                    }
                }
            }
        }
        order.reverse();
        order
    }

    fn successors(&self, block: BlockId) -> Vec<BlockId> {
        self.function
            .edges(block)
            .into_iter()
            .map(|edge| edge.to)
            .collect()
    }

    // --- ends of blocks ---

    /// On along an edge.
    fn follow(&mut self, edge: &Edge) {
        self.hand_over(edge);
        self.emit.jump(self.blocks[edge.to.index()]);
    }

    /// Fills the parameters of the block that an edge leads to, for the way from the block that is written to.
    fn hand_over(&mut self, edge: &Edge) {
        let here = self.emit.here();
        for (phi, &argument) in self.phis[edge.to.index()].iter().zip(&edge.arguments) {
            phi.add_incoming(&[(&self.value(argument), here)]);
        }
    }

    /// On along one of two edges.
    fn fork(&mut self, condition: Value, then: &Edge, otherwise: &Edge) {
        let condition = self.int(condition);
        let to = [then, otherwise].map(|edge| self.blocks[edge.to.index()]);
        if then.to != otherwise.to {
            self.hand_over(then);
            self.hand_over(otherwise);
            self.emit.branch(condition, to[0], to[1], None);
            return;
        }
        // LLVM tells apart only from which block one comes.
        let between = self.emit.block();
        self.hand_over(otherwise);
        self.emit.branch(condition, between, to[1], None);
        self.emit.go_to(between);
        self.follow(then);
    }

    // --- operands ---

    fn value(&self, value: Value) -> BasicValueEnum<'c> {
        self.values[value.index()].expect("a value is computed before it is used")
    }

    fn pointer(&self, value: Value) -> PointerValue<'c> {
        self.value(value).into_pointer_value()
    }

    /// An int or a truth value.
    fn int(&self, value: Value) -> IntValue<'c> {
        self.value(value).into_int_value()
    }

    fn float(&self, value: Value) -> FloatValue<'c> {
        self.value(value).into_float_value()
    }

    /// An object of the snapshot.
    fn object(&mut self, object: ObjectId) -> PointerValue<'c> {
        let address = self.snapshot.objects[object.0 as usize].address;
        self.emit.literal(address as u64)
    }

    fn insn_of(&self, value: Value) -> &Insn {
        self.function.insn(value)
    }

    /// What a field of an object holds.
    fn field(&self, object: PointerValue<'c>, offset: u32) -> PointerValue<'c> {
        self.emit.load_pointer(self.emit.at(object, offset.into()))
    }

    /// The same, where the field is a number of 64 bits.
    fn long_field(&self, object: PointerValue<'c>, offset: u32) -> IntValue<'c> {
        self.emit
            .load_int(self.emit.long(), self.emit.at(object, offset.into()))
    }

    /// The same, of 32 bits.
    fn int_field(&self, object: PointerValue<'c>, offset: u32) -> IntValue<'c> {
        self.emit
            .load_int(self.emit.int(), self.emit.at(object, offset.into()))
    }
}
