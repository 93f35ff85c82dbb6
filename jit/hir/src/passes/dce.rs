//! What nobody needs: instructions whose results are not used, parameters, blocks that nothing leads to.
use crate::dominators::Dominators;
use crate::effects::effects;
use crate::function::{Function, Value};
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
    let needed = needed(function);
    for block in function.block_ids() {
        let parameters = function[block].parameters.len();
        for index in (0..parameters).rev() {
            if !needed[function[block].parameters[index].index()] {
                phis::remove(function, block, index);
            }
        }
        function[block].insns.retain(|value| needed[value.index()]);
    }
}

/// Which instructions are needed: those that do something, and what these use.
fn needed(function: &Function) -> Vec<bool> {
    let mut needed = vec![false; function.values.len()];
    let mut pending: Vec<Value> = function
        .blocks
        .iter()
        .flat_map(|block| &block.insns)
        .copied()
        .filter(|value| effects(function.insn(*value)).stays)
        .collect();
    // What edges bring is needed only if the parameter is.
    let mut brought: Vec<Vec<Value>> = vec![Vec::new(); function.values.len()];
    for block in function.block_ids() {
        for edge in function.edges(block) {
            let parameters = &function[edge.to].parameters;
            for (parameter, argument) in parameters.iter().zip(&edge.arguments) {
                brought[parameter.index()].push(*argument);
            }
        }
    }
    while let Some(value) = pending.pop() {
        if core::mem::replace(&mut needed[value.index()], true) {
            continue;
        }
        pending.append(&mut brought[value.index()]);
        let insn = function.insn(value);
        pending.extend(insn.operands_without_arguments());
        if let Some(state) = insn.state() {
            pending.extend(function[state].values());
        }
    }
    needed
}
