//! The frames of inlined calls, as HIR makes them in memory and takes them away, and as it leaves them to the evaluator.
//!
//! While HIR runs, what lies in memory of an inlined call only mirrors what HIR has, without references. Whatever a state says of
//! frames is looked up there: what it says is right must be so.
use super::Ref;
use super::hir::{Machine, Word};
use super::thread::{Frame, Look};
use pyroxene_hir::effects::effects;
use pyroxene_hir::function::{
    Called, FrameId, FrameState, InlinedFrame, StackEntry, StateId, Value,
};
use pyroxene_hir::insn::Insn;
use std::collections::HashMap;

/// How a frame has to be, by a state.
pub struct Wanted<'a> {
    /// The inlined call; none is the frame that was entered.
    inlined: Option<(FrameId, StackEntry)>,
    /// All its locals, if it has no slots.
    locals: &'a [StackEntry],
    stack: &'a [StackEntry],
    at: u32,
    next: Option<u32>,
    /// Whether it is in memory.
    pushed: bool,
    /// Whether all of it is right there, as the state says.
    written: bool,
    /// Whether its locals are right there.
    has_locals: bool,
    /// Whether its stack and its place are.
    has_rest: bool,
}

impl<'a> Machine<'a> {
    fn inlined(&self, frame: FrameId) -> &'a InlinedFrame {
        let inlined = self.function.inlined(frame);
        inlined.expect("it is an inlined call")
    }

    fn body(&self, frame: FrameId) -> u32 {
        match self.inlined(frame).called {
            Called::Function { body, .. } => body,
            Called::Class => panic!("the model has no classes"),
            Called::Generator { .. } => panic!("the model has no generators"),
        }
    }

    /// How all frames have to be, from the one that was entered.
    fn wanted(&self, state: &'a FrameState) -> Vec<Wanted<'a>> {
        // The end of the stack, where it stands, and whether that was written.
        let rest = |index: usize, written: bool| match state.inlined.get(index) {
            None => (state.stack.len(), state.offset, None, false),
            Some(above) => {
                let InlinedFrame { call, next, .. } = *self.inlined(above.frame);
                (
                    above.bottom as usize,
                    call,
                    Some(next),
                    written && above.pushed,
                )
            }
        };
        let (end, at, next, has_rest) = rest(0, state.written);
        let root = Wanted {
            inlined: None,
            locals: &[],
            stack: &state.stack[..end],
            at,
            next,
            pushed: true,
            written: state.written,
            has_locals: true,
            has_rest,
        };
        let inlined = state.inlined.iter().enumerate().map(|(index, frame)| {
            let (end, at, next, has_rest) = rest(index + 1, frame.written);
            Wanted {
                inlined: Some((frame.frame, frame.function)),
                locals: &frame.locals,
                stack: &state.stack[frame.bottom as usize..end],
                at,
                next,
                pushed: frame.pushed,
                written: frame.written,
                has_locals: frame.pushed && frame.written,
                has_rest,
            }
        });
        core::iter::once(root).chain(inlined).collect()
    }

    /// Where the frame of an instruction lies among the thread's.
    pub fn place(&self, mut frame: FrameId) -> usize {
        let mut place = self.root;
        while let Some(inlined) = self.function.inlined(frame) {
            place += 1;
            frame = inlined.parent;
        }
        place
    }

    /// Writes a state to the frames, with references: the evaluator goes on.
    pub fn write(&mut self, state: StateId) {
        let state = &self.function[state];
        let mut boxes = HashMap::new();
        for pending in &state.pending {
            if pending.stale.is_some_and(|stale| !self.bool(stale)) {
                continue;
            }
            let object = self.box_once(&mut boxes, pending.value);
            let slot = &mut self.thread.frames[self.root].locals[pending.slot as usize];
            let old = core::mem::replace(slot, object);
            self.heap.release(old);
        }
        let pushed = state.inlined.iter().filter(|frame| frame.pushed).count();
        assert_eq!(self.thread.frames.len(), self.root + 1 + pushed, "frames");
        for (index, wanted) in self.wanted(state).into_iter().enumerate() {
            let place = self.root + index;
            if !wanted.pushed {
                let (frame, function) = wanted.inlined.expect("the first is there");
                let function = self.entry(&mut boxes, &function);
                self.push(frame, function);
            }
            if wanted.has_locals {
                self.check_objects(wanted.locals, &self.thread.frames[place].locals);
            } else {
                let locals = wanted.locals.iter();
                let locals = locals.map(|local| self.entry(&mut boxes, local)).collect();
                self.thread.frames[place].locals = locals;
            }
            if wanted.has_rest {
                self.check_rest(&wanted, place);
            } else {
                let stack = wanted.stack.iter();
                let stack = stack.map(|entry| self.entry(&mut boxes, entry)).collect();
                let frame = &mut self.thread.frames[place];
                frame.stack = stack;
                frame.at = wanted.at;
                frame.next = wanted.next.unwrap_or(frame.next);
            }
        }
    }

    /// What is in a place, with a reference that is the place's.
    fn entry(&mut self, boxes: &mut HashMap<Value, Ref>, entry: &StackEntry) -> Ref {
        self.written(boxes, entry.value, entry.owned)
    }

    fn push(&mut self, frame: FrameId, function: Ref) {
        let body = self.body(frame);
        self.thread.frames.push(Frame {
            inlined: Some(body),
            function,
            locals: Vec::new(),
            stack: Vec::new(),
            at: 0,
            next: 0,
        });
    }

    fn check_objects(&self, entries: &[StackEntry], found: &[Ref]) {
        if entries.is_empty() {
            return;
        }
        let wanted: Vec<Ref> = entries
            .iter()
            .map(|entry| self.object(entry.value))
            .collect();
        assert_eq!(found, wanted, "what was written is not right");
        assert!(
            entries
                .iter()
                .all(|entry| entry.owned || !self.is_counted(entry.value))
        );
    }

    fn is_counted(&self, value: Value) -> bool {
        let object = self.object(value);
        object.is_some_and(|object| !self.heap.cells[object].immortal)
    }

    fn check_rest(&self, wanted: &Wanted<'_>, place: usize) {
        let frame = &self.thread.frames[place];
        self.check_objects(wanted.stack, &frame.stack);
        assert_eq!((frame.at, Some(frame.next)), (wanted.at, wanted.next));
    }

    /// Lets go of what was made for the innermost frame's stack only, which is written again before anybody looks.
    pub fn drop_copies(&mut self, state: StateId) {
        for (place, entry) in self.function[state].top_stack().iter().enumerate() {
            if !entry.owned || !matches!(self.word(entry.value), Word::Object(_)) {
                let copy = self.thread.frame().stack[place];
                self.heap.release(copy);
            }
        }
    }

    /// Makes the frames of a state in memory.
    pub fn write_frames(&mut self, state: StateId) {
        let state = &self.function[state];
        let wanted = self.wanted(state);
        let last = wanted.len() - 1;
        for (index, wanted) in wanted.into_iter().enumerate() {
            let place = self.root + index;
            if !wanted.pushed {
                assert_eq!(self.thread.frames.len(), place);
                let (frame, function) = wanted.inlined.expect("the first is there");
                let function = self.object(function.value);
                self.push(frame, function);
            }
            if wanted.written {
                continue;
            }
            if wanted.inlined.is_some() {
                let locals = wanted.locals.iter();
                let locals = locals.map(|local| self.object(local.value)).collect();
                self.thread.frames[place].locals = locals;
            }
            if index < last {
                let stack = wanted.stack.iter();
                let stack = stack.map(|entry| self.object(entry.value)).collect();
                let frame = &mut self.thread.frames[place];
                frame.stack = stack;
                frame.at = wanted.at;
                frame.next = wanted.next.expect("it has called");
            }
        }
    }

    /// Takes frames away, which only mirror what HIR has.
    pub fn pop_frames(&mut self, count: u32) {
        let rest = self.thread.frames.len() - count as usize;
        assert!(rest > self.root);
        self.thread.frames.truncate(rest);
    }

    /// Checks that other code, if it can run in an instruction, finds all that it can look at.
    pub fn check_exposed(&self, insn: &Insn) {
        // What dies shows the frames itself.
        if !effects(insn).runs_any || matches!(insn, Insn::Release { .. } | Insn::Return { .. }) {
            return;
        }
        let state = &self.function[insn.state().expect("it says how the frames are")];
        assert!(state.pending.is_empty(), "locals are pending");
        let wanted = self.wanted(state);
        let last = wanted.len() - 1;
        assert_eq!(self.thread.frames.len(), self.root + wanted.len(), "frames");
        for (index, wanted) in wanted.iter().enumerate() {
            let place = self.root + index;
            assert!(wanted.has_locals, "locals are not written");
            self.check_objects(wanted.locals, &self.thread.frames[place].locals);
            if index < last {
                assert!(wanted.has_rest, "a caller is not written");
                self.check_rest(wanted, place);
            }
        }
    }

    /// What a destructor can look at in a state: the innermost frame stands at the instruction that lets go.
    pub fn look(&self, state: StateId, at: u32) -> Vec<Look> {
        let state = &self.function[state];
        let wanted = self.wanted(state);
        let last = wanted.len() - 1;
        let below = self.thread.frames[..self.root].iter();
        let mut looks: Vec<Look> = below
            .map(|frame| frame.look(self.snapshot, self.heap))
            .collect();
        for (index, wanted) in wanted.iter().enumerate() {
            let (name, locals) = match wanted.inlined {
                None => {
                    let slots = &self.thread.frames[self.root].locals;
                    let mut locals: Vec<String> =
                        slots.iter().map(|local| self.heap.show(*local)).collect();
                    for pending in &state.pending {
                        if pending.stale.is_none_or(|stale| self.bool(stale)) {
                            locals[pending.slot as usize] = self.show(pending.value);
                        }
                    }
                    (&self.snapshot.body.name, locals)
                }
                Some((frame, _)) => {
                    let body = &self.snapshot.inlined[self.body(frame) as usize];
                    let locals = wanted.locals.iter();
                    let locals = locals.map(|local| self.show(local.value)).collect();
                    (&body.name, locals)
                }
            };
            looks.push(Look {
                name: name.clone(),
                at: if index == last { at } else { wanted.at },
                locals,
            });
        }
        looks
    }
}
