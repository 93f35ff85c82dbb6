//! Parameters that are always the same: each edge brings one value, or the parameter itself.
use crate::function::{BlockId, Function, Value};
use crate::passes::replace::Replacements;
use pyroxene_jit_api::Snapshot;

/// Removes them.
pub fn run(function: &mut Function, _: &Snapshot) {
    let mut replacements = Replacements::new(function);
    loop {
        let arguments = arguments(function, &replacements);
        let mut changed = false;
        for block in function.block_ids() {
            let parameters = function[block].parameters.clone();
            // From the last, so that the places of those before stay what they were.
            for (index, parameter) in parameters.into_iter().enumerate().rev() {
                let brought = arguments[block.index()].iter().map(|edge| edge[index]);
                if let Some(only) = only(brought, parameter, &replacements) {
                    replacements.set(parameter, only);
                    remove(function, block, index);
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    replacements.apply(function);
}

/// The only value that is brought besides the parameter itself.
fn only(
    brought: impl Iterator<Item = Value>,
    parameter: Value,
    replacements: &Replacements,
) -> Option<Value> {
    let mut only = None;
    for value in brought.map(|value| replacements.of(value)) {
        if value != parameter && *only.get_or_insert(value) != value {
            return None;
        }
    }
    only
}

/// What each edge to each block brings.
fn arguments(function: &Function, replacements: &Replacements) -> Vec<Vec<Vec<Value>>> {
    let mut arguments = vec![Vec::new(); function.blocks.len()];
    for block in function.block_ids() {
        for edge in function.edges(block) {
            let brought = edge.arguments.iter().map(|value| replacements.of(*value));
            arguments[edge.to.index()].push(brought.collect());
        }
    }
    arguments
}

/// Removes a parameter, and what edges bring for it.
pub fn remove(function: &mut Function, block: BlockId, index: usize) {
    function[block].parameters.remove(index);
    for from in function.block_ids() {
        let Some(&last) = function[from].insns.last() else {
            continue;
        };
        for edge in function[last].insn.edges_mut() {
            if edge.to == block {
                edge.arguments.remove(index);
            }
        }
    }
}
