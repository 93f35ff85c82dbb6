//! Runs a function on the model by bytecode alone, and by HIR with bytecode where it leaves.
use super::bytecode::{Step, step};
use super::hir::{Left, Machine};
use super::{Frame, Heap, Outcome, Thing};
use pyroxene_hir::Function;
use pyroxene_jit_api::Snapshot;

/// An argument.
#[derive(Clone, Debug)]
pub enum Argument {
    None,
    Int(i64),
    Float(f64),
    Range(i64, i64, i64),
    List(Vec<Argument>),
    Tuple(Vec<Argument>),
    Instance(u32),
}

fn make(heap: &mut Heap, argument: &Argument) -> usize {
    let thing = match argument {
        Argument::None => Thing::None,
        Argument::Int(number) => Thing::Int(*number),
        Argument::Float(number) => Thing::Float(*number),
        Argument::Range(start, step, left) => Thing::RangeIterator {
            start: *start,
            step: *step,
            left: *left,
        },
        Argument::List(items) => Thing::List(items.iter().map(|item| make(heap, item)).collect()),
        Argument::Tuple(items) => Thing::Tuple(items.iter().map(|item| make(heap, item)).collect()),
        Argument::Instance(name) => Thing::Instance(*name),
    };
    heap.add(thing)
}

/// What can be seen of a run afterwards.
#[derive(Debug, PartialEq)]
pub struct Seen {
    pub outcome: Outcome,
    pub arguments: Vec<String>,
    pub locals: Vec<String>,
    pub deaths: Vec<u32>,
}

pub struct Run<'a> {
    snapshot: &'a Snapshot,
    heap: Heap,
    frame: Frame,
    held: Vec<usize>,
}

impl<'a> Run<'a> {
    pub fn new(snapshot: &'a Snapshot, arguments: &[Argument]) -> Self {
        let mut heap = Heap::new(snapshot);
        let held: Vec<usize> = arguments
            .iter()
            .map(|argument| make(&mut heap, argument))
            .collect();
        let mut locals = vec![None; snapshot.body.locals.len()];
        for (slot, object) in held.iter().enumerate() {
            heap.retain(Some(*object));
            locals[slot] = Some(*object);
        }
        Self {
            snapshot,
            heap,
            frame: Frame {
                locals,
                stack: Vec::new(),
                at: 0,
                handled: None,
            },
            held,
        }
    }

    fn finish(mut self, outcome: Outcome) -> Seen {
        for value in core::mem::take(&mut self.frame.stack).into_iter().rev() {
            self.heap.release(value);
        }
        self.heap.check_counts(&self.frame, &self.held);
        self.heap.release(self.frame.handled.take());
        // Nobody can look at the locals of a function that has returned.
        let locals = match outcome {
            Outcome::Returned(_) => Vec::new(),
            Outcome::Raised(_) => {
                let locals = self.frame.locals.iter().map(|local| self.heap.show(*local));
                locals.collect()
            }
        };
        for value in core::mem::take(&mut self.frame.locals) {
            self.heap.release(value);
        }
        let arguments = self.held.iter().map(|object| self.heap.show(Some(*object)));
        let arguments = arguments.collect();
        Seen {
            outcome,
            arguments,
            locals,
            deaths: self.heap.deaths.clone(),
        }
    }

    pub fn interpreted(mut self) -> Seen {
        loop {
            match step(self.snapshot, &mut self.heap, &mut self.frame) {
                Step::Next => {}
                Step::Done(outcome) => return self.finish(outcome),
            }
        }
    }

    /// With HIR; also whether it was made to leave.
    pub fn compiled(mut self, function: &Function, patience: usize) -> (Seen, bool) {
        let mut patience = Some(patience);
        let mut begun = false;
        loop {
            // Where it has left, it goes on by bytecode first.
            if core::mem::replace(&mut begun, true) {
                match step(self.snapshot, &mut self.heap, &mut self.frame) {
                    Step::Next => {}
                    Step::Done(outcome) => return (self.finish(outcome), patience.is_none()),
                }
            }
            let at = self.frame.at;
            let Some(entry) = function.entries.iter().find(|entry| entry.offset == at) else {
                continue;
            };
            let mut machine = Machine::new(
                function,
                self.snapshot,
                &mut self.heap,
                &mut self.frame,
                patience,
            );
            let left = machine.run(entry.block);
            patience = machine.patience;
            match left {
                Left::Resume(_) => self.heap.check_counts(&self.frame, &self.held),
                Left::Done(outcome) => return (self.finish(outcome), patience.is_none()),
            }
        }
    }
}
