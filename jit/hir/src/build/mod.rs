//! From bytecode to HIR: one walk over the blocks of bytecode that computes, with the instructions, what is where.
//!
//! Decisions that depend on each other are made together here, because each exit's state depends on all of them: which
//! values are unboxed, who owns which reference, which locals are in their slots. Loops make that circular; it is solved by
//! building again with what the last attempt has learned ([`plan`]).
mod builder;
mod code;
mod correct;
mod depths;
mod flow;
mod handlers;
mod instructions;
mod merge;
mod outside;
mod plan;
mod references;
mod shapes;
mod state;
mod uses;
mod values;

use crate::function::{EntryPoint, Function};
use crate::insn::Insn;
use crate::types::{Classes, Type};
use builder::Builder;
use code::{Code, Instruction};
use flow::Blocks;
use merge::{Arrival, Incoming, Target};
use plan::Plan;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{EXIT_VALUES, LocalKind, Reason, Refusal, Snapshot};
use state::{Entry, Local, State};
use std::collections::BTreeMap;
use uses::Uses;

/// How many units a code object may have: what is larger costs more to compile than it can win.
const UNITS: usize = 50_000;

/// Builds the function of a snapshot.
pub fn build(snapshot: &Snapshot) -> Result<Function, Refusal> {
    if snapshot.entries.is_empty() {
        return Err(Refusal::NoEntry);
    }
    // Of each local its value, and whether its slot is out of date.
    let values = snapshot.locals.len() * 2 + snapshot.stack_size as usize;
    if snapshot.units.len() > UNITS || values > EXIT_VALUES {
        return Err(Refusal::TooLarge {
            units: snapshot.units.len(),
        });
    }
    let code = Code::new(snapshot)?;
    let depths = depths::depths(&code)?;
    let blocks = Blocks::new(&code)?;
    let uses = Uses::new(&code, &blocks);
    let mut plan = Plan::default();
    loop {
        plan.attempt();
        let attempt = Attempt::new(&code, &blocks, &uses, &depths)?;
        if let Some(function) = attempt.run(&mut plan)? {
            return Ok(function);
        }
    }
}

/// One walk over all blocks.
struct Attempt<'a> {
    builder: Builder<'a>,
    blocks: &'a Blocks,
    /// Edges to blocks that are not built yet.
    incoming: Vec<Vec<Incoming>>,
    /// The loop headers that are.
    arrivals: Vec<Option<Arrival>>,
}

impl<'a> Attempt<'a> {
    fn new(
        code: &'a Code<'a>,
        blocks: &'a Blocks,
        uses: &'a Uses,
        depths: &BTreeMap<u32, u32>,
    ) -> Result<Self, Refusal> {
        let first = blocks.order[0].instructions[0];
        let mut builder = Builder::new(code, uses, first);
        let mut incoming: Vec<Vec<Incoming>> = Vec::new();
        incoming.resize_with(blocks.order.len(), Vec::new);
        for entry in &code.snapshot.entries {
            let offset = entry.offset;
            let depth = *depths.get(&offset).ok_or(Refusal::Malformed { offset })?;
            let index = blocks.by_offset[&offset];
            builder.at = blocks.order[index].instructions[0];
            let edge = enter_from_outside(&mut builder, depth, &entry.observed)?;
            incoming[index].push(edge);
        }
        let mut arrivals = Vec::new();
        arrivals.resize_with(blocks.order.len(), || None);
        Ok(Self {
            builder,
            blocks,
            incoming,
            arrivals,
        })
    }

    /// Builds all blocks. None if the plan had to be corrected.
    fn run(mut self, plan: &mut Plan) -> Result<Option<Function>, Refusal> {
        for index in 0..self.blocks.order.len() {
            if self.start(index, plan) {
                self.walk(index)?;
            }
            for (target, edge) in core::mem::take(&mut self.builder.outgoing) {
                let to = self.blocks.by_offset[&target];
                if to > index {
                    self.incoming[to].push(edge);
                } else if !self.lead_back(to, edge, plan) {
                    return Ok(None);
                }
            }
        }
        Ok(Some(self.builder.function))
    }

    /// Starts a block of bytecode; whether anything leads there.
    fn start(&mut self, index: usize, plan: &Plan) -> bool {
        let mut edges = core::mem::take(&mut self.incoming[index]);
        let block = &self.blocks.order[index];
        if edges.len() == 1 && !block.is_header {
            let edge = edges.remove(0);
            self.builder.enter(edge.block, edge.state);
            return true;
        }
        if edges.is_empty() {
            return false;
        }
        self.builder.at = block.instructions[0];
        let target = self.target(index, Some(plan));
        let Some(arrival) = self.builder.arrive(&target, edges) else {
            return false;
        };
        self.builder.enter(arrival.block, arrival.state.clone());
        self.arrivals[index] = Some(arrival);
        true
    }

    /// Builds the instructions of a block.
    fn walk(&mut self, index: usize) -> Result<(), Refusal> {
        let block = &self.blocks.order[index];
        let instructions: &[Instruction] = &block.instructions;
        if block.is_cold {
            self.builder.begin(instructions[0]);
            self.builder.exit(Reason::Cold);
            return Ok(());
        }
        for (index, &instruction) in instructions.iter().enumerate() {
            if core::mem::take(&mut self.builder.skips) {
                continue;
            }
            self.builder.begin(instruction);
            self.builder.following = instructions.get(index + 1).copied();
            self.builder.instruction()?;
            if self.builder.ended {
                return Ok(());
            }
        }
        let next = self.builder.at.next;
        self.builder.go_on(next);
        Ok(())
    }

    /// Leads an edge to a header that is built; whether the plan was right.
    fn lead_back(&mut self, to: usize, edge: Incoming, plan: &mut Plan) -> bool {
        let target = self.target(to, None);
        self.builder.enter(edge.block, edge.state);
        self.builder.begin(self.blocks.order[to].instructions[0]);
        let Some(arrival) = self.arrivals[to].take() else {
            // All that would have led to the header from before its loop leaves earlier.
            self.builder.exit(Reason::NotCompiled);
            return true;
        };
        let fits = self.builder.fits(&target, &arrival, plan);
        if fits {
            self.builder.lead(&arrival);
        }
        self.arrivals[to] = Some(arrival);
        fits
    }

    fn target<'p>(&self, index: usize, plan: Option<&'p Plan>) -> Target<'p> {
        let block = &self.blocks.order[index];
        let snapshot = self.builder.snapshot();
        let offset = block.instructions[0].offset;
        let slots = 0..snapshot.locals.len();
        let written = self.blocks.written_in_loop(index);
        Target {
            index,
            plan: plan.filter(|_| block.is_header),
            is_entry: snapshot.entries.iter().any(|entry| entry.offset == offset),
            live: slots
                .clone()
                .map(|slot| block.live.contains(slot))
                .collect(),
            written: slots.map(|slot| written.contains(slot)).collect(),
        }
    }
}

/// A block that is entered from outside: everything is in the frame.
fn enter_from_outside(
    builder: &mut Builder<'_>,
    depth: u32,
    observed: &[Option<pyroxene_jit_api::Class>],
) -> Result<Incoming, Refusal> {
    let offset = builder.at.offset;
    let block = builder.function.add_block(offset);
    builder.function.entries.push(EntryPoint { offset, block });
    builder.enter(
        block,
        State {
            locals: Vec::new(),
            stack: Vec::new(),
        },
    );
    let start = starts_function(builder);
    let snapshot = builder.snapshot();
    for (slot, local) in snapshot.locals.iter().enumerate() {
        let slot = u32::try_from(slot).expect("slots are few");
        let is_fresh = match start {
            Start::First => true,
            // Cells are made by instructions before it.
            Start::Resume => local.kind == LocalKind::Plain,
            Start::No => false,
        };
        let classes = if !is_fresh {
            Classes::ANY
        } else if slot < snapshot.arguments {
            Classes::OBJECT
        } else {
            Classes::NULL
        };
        let value = builder.emit_typed(Insn::LoadLocal { slot }, Type::Object(classes));
        builder.state.locals.push(Local::Clean(value));
    }
    for index in 0..depth {
        let ty = Type::Object(Classes::ANY);
        let value = builder.emit_typed(Insn::LoadStack { index }, ty);
        builder.state.stack.push(Entry::owned(value));
    }
    builder.ended = true;
    Ok(Incoming {
        block,
        state: builder.state.clone(),
        observed: Some(observed.to_vec()),
    })
}

/// How an entry relates to the start of the function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// It is the first instruction.
    First,
    /// It is the `RESUME` at which calls are counted.
    Resume,
    /// It is somewhere else, or others can have written to the locals before.
    No,
}

/// What is known of an entry by where it is.
fn starts_function(builder: &Builder<'_>) -> Start {
    let at = builder.at;
    if builder.code.is_generator {
        // Whoever has a generator that was not started can write to its locals.
        Start::No
    } else if at.offset == 0 {
        Start::First
    } else if at.opcode.generic() == Opcode::RESUME && at.oparg == 0 {
        Start::Resume
    } else {
        Start::No
    }
}
