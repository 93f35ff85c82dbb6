//! What nobody needs: instructions whose results are not used, parameters, blocks that nothing leads to; and objects of numbers that are
//! made only to be let go of.
use crate::dominators::Dominators;
use crate::effects::effects;
use crate::function::{Function, Value};
use crate::insn::Insn;
use crate::passes::phis;
use pyroxene_jit_api::Snapshot;

/// Removes it.
pub fn run(function: &mut Function, _: &Snapshot) {
    let dominators = Dominators::new(function);
    for block in function.block_ids() {
        if !dominators.reaches(block) {
            function[block].insns.clear();
            function[block].parameters.clear();
        }
    }
    let brought = brought(function);
    let fresh = fresh(function, &brought);
    let needed = needed(function, brought, &fresh);
    for block in function.block_ids() {
        let parameters = function[block].parameters.len();
        for index in (0..parameters).rev() {
            if !needed[function[block].parameters[index].index()] {
                phis::remove(function, block, index);
            }
        }
        let mut insns = core::mem::take(&mut function[block].insns);
        insns.retain(|value| needed[value.index()] && !is_empty(function, *value, &needed));
        function[block].insns = insns;
    }
}

/// Whether an instruction does nothing but let go of values, of which none is needed. Takes those that are not from its list.
fn is_empty(function: &mut Function, value: Value, needed: &[bool]) -> bool {
    let insn = &mut function[value].insn;
    if let Some(released) = released_mut(insn) {
        released.retain(|value| needed[value.index()]);
    }
    matches!(insn, Insn::Release { values, .. } if values.is_empty())
}

/// What an instruction lets go of, besides what it consumes.
fn released(insn: &Insn) -> &[Value] {
    match insn {
        Insn::Release { values, .. } | Insn::Give { held: values, .. } => values,
        _ => &[],
    }
}

/// The same, to be changed.
fn released_mut(insn: &mut Insn) -> Option<&mut Vec<Value>> {
    match insn {
        Insn::Release { values, .. } | Insn::Give { held: values, .. } => Some(values),
        _ => None,
    }
}

/// What edges bring for each parameter.
fn brought(function: &Function) -> Vec<Vec<Value>> {
    let mut brought: Vec<Vec<Value>> = vec![Vec::new(); function.values.len()];
    for block in function.block_ids() {
        for edge in function.edges(block) {
            let parameters = &function[edge.to].parameters;
            for (parameter, argument) in parameters.iter().zip(&edge.arguments) {
                brought[parameter.index()].push(*argument);
            }
        }
    }
    brought
}

/// Which values are objects that were made of numbers here, or NULL, whichever way control has come: nobody sees them unless they are
/// used for something else than to be let go of.
fn fresh(function: &Function, brought: &[Vec<Value>]) -> Vec<bool> {
    let mut fresh: Vec<bool> = (function.values.iter())
        .map(|data| matches!(data.insn, Insn::Box { .. } | Insn::Null | Insn::Parameter))
        .collect();
    for index in 0..fresh.len() {
        fresh[index] &=
            function.values[index].insn != Insn::Parameter || !brought[index].is_empty();
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (index, brought) in brought.iter().enumerate() {
            if fresh[index] && brought.iter().any(|value| !fresh[value.index()]) {
                fresh[index] = false;
                changed = true;
            }
        }
    }
    fresh
}

/// The parameters that each fresh object becomes which are let go of, there or where they are brought in turn: if somebody needs the
/// object, so is what lets go of it.
fn let_go_as(function: &Function, brought: &[Vec<Value>], fresh: &[bool]) -> Vec<Vec<Value>> {
    let mut let_go = vec![false; function.values.len()];
    let mut pending: Vec<Value> = function
        .blocks
        .iter()
        .flat_map(|block| &block.insns)
        .flat_map(|value| released(function.insn(*value)).to_vec())
        .collect();
    let mut becomes: Vec<Vec<Value>> = vec![Vec::new(); function.values.len()];
    while let Some(value) = pending.pop() {
        if !fresh[value.index()] || core::mem::replace(&mut let_go[value.index()], true) {
            continue;
        }
        for &from in &brought[value.index()] {
            // Of NULL there is nothing to let go of.
            if *function.insn(from) != Insn::Null {
                becomes[from.index()].push(value);
                pending.push(from);
            }
        }
    }
    becomes
}

/// Which instructions are needed: those that do something, and what these use.
fn needed(function: &Function, mut brought: Vec<Vec<Value>>, fresh: &[bool]) -> Vec<bool> {
    let mut let_go_as = let_go_as(function, &brought, fresh);
    let mut needed = vec![false; function.values.len()];
    let mut pending: Vec<Value> = function
        .blocks
        .iter()
        .flat_map(|block| &block.insns)
        .copied()
        .filter(|value| effects(function.insn(*value)).stays)
        .collect();
    while let Some(value) = pending.pop() {
        if core::mem::replace(&mut needed[value.index()], true) {
            continue;
        }
        // What edges bring is needed only if the parameter is.
        pending.append(&mut brought[value.index()]);
        pending.append(&mut let_go_as[value.index()]);
        let insn = function.insn(value);
        let operands = insn.operands_without_arguments();
        let only_released = operands.len() - released(insn).len();
        let used = operands.into_iter().enumerate();
        pending.extend(used.filter_map(|(index, operand)| {
            let is_used = index < only_released || !fresh[operand.index()];
            is_used.then_some(operand)
        }));
        if let Some(state) = insn.state() {
            pending.extend(function[state].values());
        }
    }
    needed
}
