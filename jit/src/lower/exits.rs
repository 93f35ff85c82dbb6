//! Leaving machine code: the blocks at the end of the function that save what is in registers and give the exit's number.
//! What becomes of it is said in tables, by which the core writes the frame: most exits are never taken, and code for each
//! would be most of the code.
use super::Lowering;
use super::emit::Likely;
use super::lines::Lines;
use super::runtime::EXIT_VALUES;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{BasicValueEnum, IntValue, PhiValue};
use pyroxene_hir::function::{Called, InlinedState, ROOT, StackEntry};
use pyroxene_hir::{FrameState, Insn, StateId, Type, Value};
use pyroxene_jit_api::{
    ExitCall, ExitEntry, ExitFrame, ExitInlined, ExitKind, ExitLocal, ExitOwner, ExitRecord,
    ExitSource, ExitState, ExitValue, ExitValueKind, Reason,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The exits of a function.
#[derive(Default)]
pub struct Exits<'c> {
    records: Vec<ExitRecord>,
    /// One block for each state and reason, by which code leaves.
    named: HashMap<(StateId, Reason), BasicBlock<'c>>,
    /// The states in which it leaves so.
    states: HashMap<StateId, State<'c>>,
    /// One block for each state in which it leaves after a destructor has seen the locals where they belong.
    seen: HashMap<StateId, BasicBlock<'c>>,
    end: Option<End<'c>>,
}

/// A state in which code leaves.
struct State<'c> {
    /// The blocks by which it does, with the numbers of the exits.
    exits: Vec<(BasicBlock<'c>, IntValue<'c>)>,
    /// What the core is to write.
    table: Arc<ExitState>,
    /// What it finds where the code has left it.
    saved: Saved,
}

/// The block by which all exits end the function; the exit's number comes with whoever goes there.
#[derive(Clone, Copy)]
struct End<'c> {
    block: BasicBlock<'c>,
    number: PhiValue<'c>,
}

/// What is saved at an exit, in the order of its places.
type Saved = Vec<Value>;

impl Exits<'_> {
    /// What exits there are, in the order of their numbers.
    pub fn into_records(self) -> Vec<ExitRecord> {
        self.records
    }
}

impl<'c> Lowering<'c, '_> {
    /// The block by which an instruction leaves.
    pub(super) fn exit_of(&mut self, value: Value) -> BasicBlock<'c> {
        let insn = self.insn_of(value);
        let state = insn
            .state()
            .expect("an instruction that leaves has a state");
        let reason = insn
            .reason()
            .expect("an instruction that leaves has a reason");
        if reason == Reason::Raised
            && let Some(landing) = self.landing()
        {
            return landing;
        }
        let kind = kind_of(self.insn_of(value), reason);
        self.exit(state, reason, kind)
    }

    /// The block by which code leaves in a state for a reason.
    pub(super) fn exit(
        &mut self,
        state: StateId,
        reason: Reason,
        kind: ExitKind,
    ) -> BasicBlock<'c> {
        if let Some(&block) = self.exits.named.get(&(state, reason)) {
            return block;
        }
        let named = self.emit.block();
        self.exits.named.insert((state, reason), named);
        if self.is_passed() && self.function[state].inlined.is_empty() {
            self.write_unable(named, state, reason);
            return named;
        }
        if !self.exits.states.contains_key(&state) {
            let (table, saved) = self.table(&self.function[state]);
            let left = State {
                exits: Vec::new(),
                table: Arc::new(table),
                saved,
            };
            self.exits.states.insert(state, left);
        }
        let table = Arc::clone(&self.exits.states[&state].table);
        let number = self.number(state, reason, kind, Some(table));
        let left = self.exits.states.get_mut(&state);
        let left = left.expect("it was inserted");
        left.exits.push((named, number));
        named
    }

    /// A block by which code leaves after a destructor has run: it saw the locals where they belong, and may have written one.
    pub(super) fn exit_seen(&mut self, state: StateId) -> BasicBlock<'c> {
        if self.function[state].pending.is_empty() {
            return self.exit(state, Reason::Disturbed, ExitKind::Resume);
        }
        if let Some(&block) = self.exits.seen.get(&state) {
            return block;
        }
        let without_locals = FrameState {
            pending: Vec::new(),
            ..self.function[state].clone()
        };
        let (table, saved) = self.table(&without_locals);
        let table = Some(Arc::new(table));
        let number = self.number(state, Reason::Disturbed, ExitKind::Resume, table);
        let here = self.emit.here();
        let block = self.emit.block();
        self.exits.seen.insert(state, block);
        self.emit.go_to(block);
        self.save(&saved);
        self.leave(number);
        self.emit.go_to(here);
        block
    }

    /// Ends the function by an exit of its own. The core counts that this activation has ended, once it has no more need of
    /// what belongs to the code.
    pub(super) fn leave(&mut self, exit: IntValue<'c>) {
        let here = self.emit.here();
        let end = match self.exits.end {
            Some(end) => end,
            None => self.write_end(),
        };
        end.number.add_incoming(&[(&exit, here)]);
        self.emit.jump(end.block);
    }

    fn write_end(&mut self) -> End<'c> {
        let here = self.emit.here();
        let block = self.emit.block();
        self.emit.go_to(block);
        let number = self.emit.phi(self.emit.long());
        let own = self.emit.literal(self.snapshot.running as u64);
        let exit = number.as_basic_value().into_int_value();
        self.emit.give(exit, own);
        self.emit.go_to(here);
        *self.exits.end.insert(End { block, number })
    }

    /// A new exit, as the function gives it back. Without a table, the frame is right as it is.
    pub(super) fn number(
        &mut self,
        state: StateId,
        reason: Reason,
        kind: ExitKind,
        table: Option<Arc<ExitState>>,
    ) -> IntValue<'c> {
        let index = self.exits.records.len() as u64;
        let state_of = &self.function[state];
        let inlined = &state_of.inlined;
        let inlined = inlined
            .first()
            .zip(inlined.last())
            .map(|(first, last)| ExitInlined {
                body: (self.inlined(last.frame).called.body())
                    .expect("nothing runs on the frame in between"),
                depth: inlined.len() as u32,
                call: self.inlined(first.frame).call,
            });
        self.exits.records.push(ExitRecord {
            offset: state_of.offset,
            inlined,
            reason,
            state: table,
        });
        self.emit
            .const_long((index | (kind as u64) << 32).cast_signed())
    }

    /// Leaves unless a condition holds.
    pub(super) fn require(&mut self, condition: IntValue<'c>, value: Value) {
        let exit = self.exit_of(value);
        let on = self.emit.block();
        self.emit.branch(condition, on, exit, Some(Likely::Then));
        self.emit.go_to(on);
    }

    /// Leaves if a condition holds.
    pub(super) fn refuse(&mut self, condition: IntValue<'c>, value: Value) {
        let exit = self.exit_of(value);
        let on = self.emit.block();
        self.emit
            .branch(condition, exit, on, Some(Likely::Otherwise));
        self.emit.go_to(on);
    }

    /// Writes the blocks of all exits, each at the line at which the evaluator goes on.
    pub(super) fn write_exits(&mut self, lines: Option<&Lines<'c, '_>>) {
        let mut states: Vec<_> = core::mem::take(&mut self.exits.states)
            .into_iter()
            .collect();
        states.sort_by_key(|&(state, _)| state);
        for (id, state) in states {
            if let Some(lines) = lines {
                let state = &self.function[id];
                let frame = state.inlined.last().map_or(ROOT, |last| last.frame);
                self.emit.stand_at_line(lines.at(frame, state.offset));
            }
            let number = match state.exits[..] {
                [(block, number)] => {
                    self.emit.go_to(block);
                    number
                }
                _ => self.join(&state.exits),
            };
            self.save(&state.saved);
            self.leave(number);
        }
    }

    /// Leads several exits to one block, and goes on there. Gives the number of the one that was taken.
    fn join(&mut self, exits: &[(BasicBlock<'c>, IntValue<'c>)]) -> IntValue<'c> {
        let block = self.emit.block();
        self.emit.go_to(block);
        let number = self.emit.phi(self.emit.long());
        for (from, exit) in exits {
            number.add_incoming(&[(exit, *from)]);
            self.emit.go_to(*from);
            self.emit.jump(block);
        }
        self.emit.go_to(block);
        number.as_basic_value().into_int_value()
    }

    /// What the core writes for a state, and what it must find for that.
    pub(super) fn table(&self, state: &FrameState) -> (ExitState, Saved) {
        let pending = state.pending.iter().map(|pending| pending.value);
        let entries = state.entries().map(|entry| entry.value);
        let mut all: Vec<Value> = pending.chain(entries).collect();
        let mut saved = Saved::new();
        let mut tuples: Vec<Value> = Vec::new();
        for &value in &all {
            if matches!(self.insn_of(value), Insn::VirtualTuple { .. }) && !tuples.contains(&value)
            {
                tuples.push(value);
            }
        }
        for &tuple in &tuples {
            all.extend(self.insn_of(tuple).operands());
        }
        let locals = state.pending.iter().map(|pending| ExitLocal {
            slot: pending.slot,
            value: self.exit_value(pending.value, &all, &tuples, &mut saved),
            stale: pending.stale.map(|stale| self.source(stale, &mut saved)),
        });
        let locals = locals.collect();
        let mut entries = |entries: &[StackEntry]| -> Vec<ExitEntry> {
            let entries = entries.iter().map(|entry| ExitEntry {
                value: self.exit_value(entry.value, &all, &tuples, &mut saved),
                owned: entry.owned,
            });
            entries.collect()
        };
        // Where the stack of each frame ends, and the call at which it stands.
        let above = |index: usize, written: bool| match state.inlined.get(index) {
            None => (state.stack.len(), None),
            Some(above) => {
                let call = self.inlined(above.frame);
                let call = ExitCall {
                    offset: call.call,
                    next: call.next,
                    // The frame of whoever calls C stands where it does.
                    written: written && above.pushed || index == 0 && self.is_passed(),
                };
                (above.bottom as usize, Some(call))
            }
        };
        let (end, call) = above(0, state.written);
        let stack = entries(&state.stack[..end]);
        let frames = state.inlined.iter().enumerate().map(|(index, frame)| {
            let (end, call) = above(index + 1, frame.written);
            ExitFrame {
                pushed: frame.pushed,
                owner: match self.inlined(frame.frame).called {
                    Called::Function { callee, .. } => {
                        let function = entries(core::slice::from_ref(&frame.function))[0];
                        match self.callee(callee).is_stand_in {
                            true => ExitOwner::StandIn(function),
                            false => ExitOwner::Function(function),
                        }
                    }
                    Called::Class => ExitOwner::Class,
                    Called::Generator { .. } => {
                        // The place below has the reference.
                        let generator = StackEntry {
                            owned: true,
                            ..generator_below(state, frame)
                        };
                        ExitOwner::Generator(entries(&[generator])[0])
                    }
                },
                locals: (!frame.written).then(|| entries(&frame.locals)),
                stack: entries(&state.stack[frame.bottom as usize..end]),
                call,
            }
        });
        let frames = frames.collect();
        let of_tuples = tuples.iter().map(|&tuple| match self.insn_of(tuple) {
            Insn::VirtualTuple { items, owned } => {
                let items = items.iter().zip(owned);
                let items = items.map(|(&value, &owned)| StackEntry { value, owned });
                entries(&items.collect::<Vec<_>>())
            }
            _ => unreachable!("they are all tuples"),
        });
        let of_tuples = of_tuples.collect();
        let state = ExitState {
            locals,
            stack,
            call,
            frames,
            tuples: of_tuples,
        };
        (state, saved)
    }

    fn exit_value(
        &self,
        value: Value,
        all: &[Value],
        tuples: &[Value],
        saved: &mut Saved,
    ) -> ExitValue {
        let occurs_again = || all.iter().filter(|other| **other == value).count() > 1;
        if let Some(index) = tuples.iter().position(|tuple| *tuple == value) {
            return ExitValue {
                source: ExitSource::Constant(index as u64),
                kind: ExitValueKind::Tuple,
                shared: occurs_again(),
            };
        }
        let ty = self.function.ty(value);
        ExitValue {
            source: self.source(value, saved),
            kind: match ty {
                Type::Object(_) => ExitValueKind::Object,
                Type::Float => ExitValueKind::Float,
                Type::Int => ExitValueKind::Int,
                Type::Bool => ExitValueKind::Bool,
                Type::Nothing => unreachable!("a state holds values"),
            },
            shared: ty.is_unboxed() && occurs_again(),
        }
    }

    /// Where the core finds a value.
    fn source(&self, value: Value, saved: &mut Saved) -> ExitSource {
        match self.insn_of(value) {
            Insn::Null => ExitSource::Constant(0),
            Insn::Object(object) => {
                let address = self.snapshot.objects[object.0 as usize].address;
                ExitSource::Constant(address as u64)
            }
            Insn::Int(number) => ExitSource::Constant(number.cast_unsigned()),
            Insn::Float(number) => ExitSource::Constant(number.to_bits()),
            Insn::Bool(truth) => ExitSource::Constant(u64::from(*truth)),
            _ => {
                let known = saved.iter().position(|other| *other == value);
                let place = known.unwrap_or_else(|| {
                    saved.push(value);
                    saved.len() - 1
                });
                ExitSource::Saved(place as u32)
            }
        }
    }

    /// Leaves values where the core looks for them.
    pub(super) fn save(&self, saved: &Saved) {
        let values = self.emit.symbol(EXIT_VALUES);
        for (index, &value) in saved.iter().enumerate() {
            let word: BasicValueEnum<'c> = match self.function.ty(value) {
                Type::Bool => {
                    let (truth, long) = (self.int(value), self.emit.long());
                    self.emit
                        .build(|builder| builder.build_int_z_extend(truth, long, ""))
                        .into()
                }
                _ => self.value(value),
            };
            self.emit
                .store(self.emit.at(values, index as i64 * 8), word);
        }
    }
}

/// The generator whose frame is that of an inlined call.
pub(super) fn generator_below(state: &FrameState, frame: &InlinedState) -> StackEntry {
    state.stack[frame.bottom as usize - 1]
}

/// What the evaluator does after an instruction has left for a reason.
fn kind_of(insn: &Insn, reason: Reason) -> ExitKind {
    match (insn, reason) {
        // The evaluator itself runs the instruction, and raises.
        (Insn::Exit { .. }, _) => ExitKind::Resume,
        (_, Reason::Raised) => ExitKind::Error,
        _ => ExitKind::Resume,
    }
}
