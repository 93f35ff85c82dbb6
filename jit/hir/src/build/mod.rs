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
mod inlining;
mod instructions;
mod merge;
mod outside;
mod plan;
mod references;
mod shapes;
mod state;
mod uses;
mod values;
mod virtuals;
mod walk;

use crate::function::{EntryPoint, Function};
use crate::insn::Insn;
use crate::types::{Classes, Type};
use builder::Builder;
use inlining::{Inlinable, Prepared};
use merge::Incoming;
use plan::Plan;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{EXIT_VALUES, LocalKind, Passed, Refusal, Snapshot, VIRTUAL_ITEMS};
use state::{Entry, Local, State};
use walk::Walk;

/// How many units a code object may have: what is larger costs more to compile than it can win.
const UNITS: usize = 50_000;

/// Builds the function of a snapshot.
pub fn build(snapshot: &Snapshot) -> Result<Function, Refusal> {
    if snapshot.entries.is_empty() {
        return Err(Refusal::NoEntry);
    }
    if let Some(passed) = &snapshot.passed {
        return build_passed(snapshot, passed);
    }
    // Of each local its value, and whether its slot is out of date.
    let values = snapshot.body.locals.len() * 2 + snapshot.body.stack_size as usize + VIRTUAL_ITEMS;
    if snapshot.body.units.len() > UNITS || values > EXIT_VALUES {
        return Err(Refusal::TooLarge {
            units: snapshot.body.units.len(),
        });
    }
    let entries = snapshot.entries.iter().map(|entry| entry.offset).collect();
    let prepared = Prepared::new(&snapshot.body, entries)?;
    let inlinable = Inlinable::new(snapshot);
    let mut plan = Plan::default();
    loop {
        plan.attempt();
        let first = prepared.blocks.order[0].instructions[0];
        let mut builder = Builder::new(snapshot, &prepared, &inlinable, first);
        let mut walk = Walk::new(&prepared, 0);
        for entry in &snapshot.entries {
            let offset = entry.offset;
            let depth = *prepared
                .depths
                .get(&offset)
                .ok_or(Refusal::Malformed { offset })?;
            let index = prepared.blocks.by_offset[&offset];
            builder.at = prepared.blocks.order[index].instructions[0];
            let edge = enter_from_outside(&mut builder, depth, &entry.observed)?;
            walk.arrive(index, edge);
        }
        if walk.run(&mut builder, &mut plan)? {
            return Ok(builder.function);
        }
    }
}

/// Builds code that C calls with values of its own: an inlined call, on no frame, and nothing else. Where it cannot go on before
/// the function has begun, it says so to C; afterwards it leaves as any inlined call does. So the states of the frame that it
/// does not have are empty.
fn build_passed(snapshot: &Snapshot, passed: &[Passed]) -> Result<Function, Refusal> {
    /// The only function that is called.
    const CALLEE: u32 = 0;
    let units = snapshot.inlined.iter().map(|body| body.units.len()).sum();
    let prepared = Prepared::new(&snapshot.body, vec![0])?;
    let inlinable = Inlinable::new(snapshot);
    let mut plan = Plan::default();
    loop {
        plan.attempt();
        let first = prepared.blocks.order[0].instructions[0];
        let mut builder = Builder::new(snapshot, &prepared, &inlinable, first);
        let block = builder.function.add_block(first.offset);
        builder.function.entries.push(EntryPoint {
            offset: first.offset,
            block,
        });
        builder.enter(block, State::default());
        builder.begin(first);
        let body = builder
            .inlinable(CALLEE, 0)
            .ok_or(Refusal::TooLarge { units })?;
        let state = builder.before();
        builder.emit(Insn::GuardRoom { state });
        let function = builder.emit(Insn::LoadCalled);
        builder.emit(Insn::GuardCallee {
            function,
            callee: CALLEE,
            state,
        });
        // C may let go of it meanwhile, but of no argument; what counts references shall find those of a frame.
        builder.retain(function);
        let mut arguments = Vec::new();
        for index in 0..u32::try_from(passed.len()).expect("few arguments") {
            let argument = builder.emit(Insn::LoadPassed { index });
            builder.retain(argument);
            arguments.push(Entry::owned(argument));
        }
        builder.begin_call(CALLEE, body, Entry::owned(function), &arguments);
        if builder.inline(0, &mut plan)? {
            return Ok(builder.function);
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
    builder.enter(block, State::default());
    let start = starts_function(builder);
    let body = builder.code.body;
    for (slot, local) in body.locals.iter().enumerate() {
        let slot = u32::try_from(slot).expect("slots are few");
        let is_fresh = match start {
            Start::First => true,
            // Cells are made by instructions before it.
            Start::Resume => local.kind == LocalKind::Plain,
            Start::No => false,
        };
        let classes = if !is_fresh {
            Classes::ANY
        } else if slot < body.arguments {
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
    if !builder.snapshot.inlined.is_empty() {
        let state = builder.state_at(offset);
        builder.emit(Insn::GuardRoom { state });
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
