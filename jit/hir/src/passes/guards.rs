//! What was computed or guarded before: the same instruction on the same values, on every way here, with nothing written
//! in between that it reads. And what a guard has found out: whoever uses the value after it uses what the guard gives.
//!
//! What reads memory is reused within its block, and in those that only this one leads to, and so is what was stored in an object.
use crate::dominators::Dominators;
use crate::effects::{Effects, Memory, effects};
use crate::function::{BlockId, Function, StateId, Value};
use crate::insn::Insn;
use crate::passes::fields::{Fields, Held};
use crate::passes::fold::{Simpler, simpler};
use crate::passes::replace::Replacements;
use crate::result::result;
use pyroxene_jit_api::Snapshot;
use std::collections::HashMap;

/// Removes what was there before.
pub fn run(function: &mut Function, snapshot: &Snapshot) {
    let dominators = Dominators::new(function);
    let mut children: Vec<Vec<BlockId>> = vec![Vec::new(); function.blocks.len()];
    let mut roots = Vec::new();
    for &block in dominators.order() {
        match dominators.immediate(block) {
            Some(parent) => children[parent.index()].push(block),
            None => roots.push(block),
        }
    }
    let mut ways: Vec<usize> = vec![0; function.blocks.len()];
    for block in function.block_ids() {
        for edge in function.edges(block) {
            ways[edge.to.index()] += 1;
        }
    }
    // What the ends of blocks have read.
    let mut ends: HashMap<BlockId, Reading> = HashMap::new();
    let mut replacements = Replacements::new(function);
    let mut known = Known::default();
    let mut pending: Vec<Step> = roots.into_iter().map(Step::Enter).collect();
    while let Some(step) = pending.pop() {
        match step {
            Step::Enter(block) => {
                pending.push(Step::Leave(known.scope.len()));
                // What dominates a block that one way leads to is where that begins.
                let before = dominators.immediate(block);
                let before = before.filter(|_| ways[block.index()] == 1);
                let mut reading = before
                    .and_then(|before| ends.get(&before))
                    .cloned()
                    .unwrap_or_default();
                let place = (block, &mut reading);
                visit(function, snapshot, place, &mut known, &mut replacements);
                ends.insert(block, reading);
                pending.extend(children[block.index()].iter().copied().map(Step::Enter));
            }
            Step::Leave(length) => known.leave(length),
        }
    }
    replacements.apply(function);
}

/// What is known of memory.
#[derive(Clone, Default)]
struct Reading {
    /// What reads it: its key, what it reads, and what it gives; nothing where a guard is needless from the start.
    keys: Vec<(String, Memory, Option<Value>)>,
    /// What objects hold.
    fields: Fields,
}

/// A way through the tree of dominators.
enum Step {
    Enter(BlockId),
    Leave(usize),
}

/// What is known at a place.
#[derive(Default)]
struct Known {
    /// By what an instruction does and with what, in a form that can be compared.
    values: HashMap<String, Value>,
    /// What was added, so that it can be taken away again.
    scope: Vec<Added>,
    /// What the last guard of a value has given.
    guarded: HashMap<Value, Value>,
}

/// Something that is known from a place on.
enum Added {
    /// What an instruction does.
    Computed(String),
    /// A value was guarded; before it was known as another one, if at all.
    Guarded(Value, Option<Value>),
}

impl Known {
    fn leave(&mut self, length: usize) {
        for added in self.scope.drain(length..).rev() {
            match added {
                Added::Computed(key) => {
                    self.values.remove(&key);
                }
                Added::Guarded(value, Some(before)) => {
                    self.guarded.insert(value, before);
                }
                Added::Guarded(value, None) => {
                    self.guarded.remove(&value);
                }
            }
        }
    }

    /// Notes that a value was guarded.
    fn guard(&mut self, value: Value, guarded: Value) {
        let before = self.guarded.insert(value, guarded);
        self.scope.push(Added::Guarded(value, before));
    }

    /// The value as the guards have left it.
    fn of(&self, mut value: Value) -> Value {
        while let Some(&guarded) = self.guarded.get(&value) {
            value = guarded;
        }
        value
    }
}

fn visit(
    function: &mut Function,
    snapshot: &Snapshot,
    (block, Reading { keys, fields }): (BlockId, &mut Reading),
    known: &mut Known,
    replacements: &mut Replacements,
) {
    let mut kept = Vec::new();
    for value in function[block].insns.clone() {
        replacements.apply_to(function, value);
        function[value]
            .insn
            .replace_operands(|operand| known.of(operand));
        match fields.found(function.insn(value)) {
            Some(Held::Value(held)) => {
                replacements.set(value, held);
                continue;
            }
            Some(Held::Nothing) => function[value].insn = Insn::Null,
            None => {}
        }
        // More may be known of its operands than when it was built.
        function[value].ty = result(function, snapshot, value);
        match simpler(function, snapshot, value) {
            Simpler::Same => {}
            Simpler::Insn(insn) => {
                function[value].insn = insn;
                function[value].ty = result(function, snapshot, value);
            }
            Simpler::Value(other) => {
                replacements.set(value, other);
                continue;
            }
            Simpler::Nothing => continue,
        }
        let insn = function.insn(value);
        fields.runs(value, insn);
        let effects = effects(insn);
        keys.retain(|(_, reads, _)| !reads.meets(effects.writes));
        if !can_be_reused(insn, effects) {
            if let Insn::NewInstance { version, .. } = *insn {
                let guards = guards_of_new(value, version);
                keys.extend(guards.map(|guard| (key(&guard), Memory::VERSIONS, None)));
            }
            kept.push(value);
            continue;
        }
        let key = key(insn);
        let earlier = known
            .values
            .get(&key)
            .map(|&value| Some(value))
            .or_else(|| {
                let read = keys.iter().find(|(other, _, _)| *other == key);
                read.map(|(_, _, value)| *value)
            });
        match earlier {
            Some(None) => {}
            // More may be known of what is read again.
            Some(Some(earlier)) if function.ty(earlier).within(function.ty(value)) => {
                replacements.set(value, earlier);
            }
            Some(_) => kept.push(value),
            None => {
                kept.push(value);
                if let Insn::GuardClass { value: of, .. } | Insn::GuardBound { value: of, .. } =
                    insn
                {
                    known.guard(*of, value);
                }
                if effects.reads == Memory::NONE {
                    known.values.insert(key.clone(), value);
                    known.scope.push(Added::Computed(key));
                } else {
                    keys.push((key, effects.reads, Some(value)));
                }
            }
        }
    }
    function[block].insns = kept;
}

/// What need not be guarded of a new instance.
fn guards_of_new(value: Value, version: u32) -> impl Iterator<Item = Insn> {
    let state = StateId(0);
    let of_values = [false, true].map(|no_dict| Insn::GuardInlineValues {
        value,
        no_dict,
        state,
    });
    let of_type = Insn::GuardTypeVersion {
        value,
        version,
        state,
    };
    of_values.into_iter().chain([of_type])
}

fn can_be_reused(insn: &Insn, effects: Effects) -> bool {
    effects.writes == Memory::NONE
        && !effects.allocates
        && !effects.reads.meets(Memory::REQUESTS | Memory::STACK)
        && !insn.ends_block()
        // What a branch has found out is true only behind it.
        && !matches!(insn, Insn::Bound { .. })
}

/// What an instruction does and with what, but for the state in which it leaves: if it left, then where it was first.
fn key(insn: &Insn) -> String {
    let mut insn = insn.clone();
    if let Some(state) = insn.state_mut() {
        *state = StateId(0);
    }
    if let Insn::Float(number) = insn {
        // Numbers that are equal can be different.
        return format!("float {:x}", number.to_bits());
    }
    format!("{insn:?}")
}
