//! References that are taken only to be let go of: a `Retain` and the next `Release` of the same object in a block, if
//! nothing between them can look, and nothing can leave with the reference. The object stays alive meanwhile by the
//! reference that is not let go of then.
use crate::effects::effects;
use crate::function::{Function, Value};
use crate::insn::Insn;
use pyroxene_jit_api::Snapshot;

/// Removes them.
pub fn run(function: &mut Function, _: &Snapshot) {
    for block in function.block_ids() {
        let mut insns = function[block].insns.clone();
        // The places of the references that were taken since something could look.
        let mut taken: Vec<(Value, usize)> = Vec::new();
        let mut removed = vec![false; insns.len()];
        for place in 0..insns.len() {
            let insn = &mut function[insns[place]].insn;
            match insn {
                Insn::Retain { value } => {
                    taken.push((*value, place));
                    continue;
                }
                Insn::Release { values, .. } => {
                    // Only the first: those after it die when others may have looked.
                    while let Some(&first) = values.first()
                        && let Some(index) = taken.iter().rposition(|(value, _)| *value == first)
                    {
                        let (_, retained) = taken.remove(index);
                        removed[retained] = true;
                        values.remove(0);
                    }
                    removed[place] = values.is_empty();
                }
                _ => {}
            }
            let insn = &function[insns[place]].insn;
            if !removed[place] && (effects(insn).runs_any || insn.state().is_some()) {
                taken.clear();
            }
        }
        let mut place = 0;
        insns.retain(|_| {
            place += 1;
            !removed[place - 1]
        });
        function[block].insns = insns;
    }
}
