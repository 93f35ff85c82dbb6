//! The frames of inlined calls: how they belong together, and which of them are in memory.
use super::{Invalid, Validator, invalid};
use crate::dominators::Dominators;
use crate::function::{BlockId, Called, FrameId, FrameState, Function, ROOT, StackEntry, Value};
use crate::insn::Insn;
use pyroxene_jit_api::Snapshot;

/// Checks that calls are inlined in code that exists, callers before what they call.
pub fn calls(function: &Function, snapshot: &Snapshot) -> Result<(), String> {
    for (index, inlined) in function.frames.iter().enumerate() {
        if inlined.parent.index() > index {
            return Err(format!("{} comes after what it calls", inlined.parent));
        }
        if let Called::Function { callee, body } | Called::Generator { callee, body } =
            inlined.called
        {
            let callee = snapshot.callees.get(callee as usize);
            let is_there = (body as usize) < snapshot.inlined.len();
            if !is_there || callee.and_then(|callee| callee.body) != Some(body) {
                return Err(format!("f{} has no code", index + 1));
            }
        }
        // What gives a new instance is no code of ours.
        let Some(caller) = function.body(inlined.parent, snapshot) else {
            continue;
        };
        let is_call = inlined.call < inlined.next && inlined.next as usize <= caller.units.len();
        if !is_call {
            return Err(format!("f{} is not called", index + 1));
        }
    }
    Ok(())
}

/// Checks that the frames which states say are in memory are there, whichever way was taken, and none when the function returns.
pub fn memory(function: &Function, dominators: &Dominators) -> Result<(), Invalid> {
    let mut known: Vec<Option<Vec<FrameId>>> = vec![None; function.blocks.len()];
    for entry in &function.entries {
        known[entry.block.index()] = Some(Vec::new());
    }
    // Before a block comes one that leads there.
    for &block in dominators.order() {
        let Some(mut memory) = known[block.index()].clone() else {
            return Err(invalid(block, None, "nothing leads there"));
        };
        for &value in &function[block].insns {
            insn(function, value, &mut memory)
                .map_err(|problem| invalid(block, Some(value), problem))?;
        }
        for edge in function.edges(block) {
            let to = &mut known[edge.to.index()];
            if to.get_or_insert_with(|| memory.clone()) != &memory {
                return Err(other_frames(block, edge.to));
            }
        }
    }
    Ok(())
}

fn other_frames(block: BlockId, to: BlockId) -> Invalid {
    let problem = format!("{to} is arrived at with other frames in memory");
    invalid(block, None, problem)
}

/// Checks an instruction, before which these frames of inlined calls are in memory.
fn insn(function: &Function, value: Value, memory: &mut Vec<FrameId>) -> Result<(), String> {
    let insn = function.insn(value);
    if let Some(state) = insn.state() {
        let state = &function[state];
        let pushed = state.inlined.iter().filter(|frame| frame.pushed);
        if !pushed.map(|frame| frame.frame).eq(memory.iter().copied()) {
            return Err(format!("other frames are in memory than {memory:?}"));
        }
    }
    match insn {
        Insn::WriteFrames { state } => {
            let inlined = function[*state].inlined.iter();
            *memory = inlined.map(|frame| frame.frame).collect();
        }
        Insn::PopFrames { count, last } => {
            if memory.last() != Some(last) {
                return Err(format!("{last} is not the last frame in memory"));
            }
            let rest = memory.len().checked_sub(*count as usize);
            memory.truncate(rest.ok_or("there are fewer frames in memory")?);
        }
        // The thread runs the one below it then.
        Insn::EndResumed { .. } => {
            memory.pop().ok_or("no frame is in memory")?;
        }
        Insn::Return { .. } if !memory.is_empty() => {
            return Err("a frame stays in memory".to_owned());
        }
        _ => {}
    }
    Ok(())
}

impl Validator<'_> {
    /// Checks the frames of a state that an instruction refers to.
    pub(super) fn frames(&self, user: Value, state: &FrameState) -> Result<(), String> {
        let mut caller = ROOT;
        let mut bottom = 0;
        let mut is_pushed = true;
        for inlined in &state.inlined {
            let known = self.function.inlined(inlined.frame);
            let locals = match known.map(|known| known.called) {
                Some(Called::Class) => 0,
                _ => self.body(inlined.frame)?.locals.len(),
            };
            if known.is_none_or(|known| known.parent != caller) {
                return Err(format!("{caller} has not called {}", inlined.frame));
            }
            if inlined.locals.len() != locals {
                return Err(format!("{} has other locals", inlined.frame));
            }
            if inlined.bottom < bottom || inlined.bottom as usize > state.stack.len() {
                return Err(format!("the stack of {} begins elsewhere", inlined.frame));
            }
            let called = known.map(|known| known.called);
            if matches!(called, Some(Called::Generator { .. })) && inlined.bottom == bottom {
                return Err(format!("nothing has the frame of {}", inlined.frame));
            }
            if inlined.pushed && !is_pushed {
                return Err(format!("{} is in memory, {caller} is not", inlined.frame));
            }
            if inlined.written && !inlined.pushed {
                return Err(format!("{} is written, but not there", inlined.frame));
            }
            caller = inlined.frame;
            bottom = inlined.bottom;
            is_pushed = inlined.pushed;
        }
        let bottom = bottom as usize;
        let inner = &state.stack[bottom..];
        let is_unboxed = |entry: &&StackEntry| self.function.ty(entry.value).is_unboxed();
        // What is on the innermost stack is written when it is asked for.
        let others = state.entries().filter(is_unboxed).count();
        if matches!(self.function.insn(user), Insn::WriteFrames { .. })
            && others > inner.iter().filter(is_unboxed).count()
        {
            return Err("a frame would hold a number".to_owned());
        }
        // Only the first frame has slots, whose numbers are made objects while others run.
        let frame = self.function[user].frame;
        let is_of_slot = matches!(self.function.insn(user), Insn::WriteBack { .. });
        if frame != caller && !(is_of_slot && frame == ROOT) {
            return Err(format!("it runs on {frame}, not on {caller}"));
        }
        Ok(())
    }
}
