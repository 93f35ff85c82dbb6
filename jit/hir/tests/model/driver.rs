//! Runs a function on the model by bytecode alone, and by HIR with bytecode where it leaves.
use super::bytecode::{Step, step};
use super::hir::{Left, Machine};
use super::thread::{Frame, Look, Thread};
use super::{Death, Heap, Outcome, Thing};
use pyroxene_hir::assemble::assemble;
use pyroxene_hir::function::{Called, InlinedFrame};
use pyroxene_hir::print::print;
use pyroxene_hir::validate::validate;
use pyroxene_hir::{Function, compile};
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
    /// One of the snapshot's callees.
    Function(u32),
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
        Argument::Function(callee) => Thing::Function(*callee),
    };
    heap.add(thing)
}

/// What can be seen of a run afterwards.
#[derive(Debug, PartialEq)]
pub struct Seen {
    pub outcome: Outcome,
    pub arguments: Vec<String>,
    pub traceback: Vec<Look>,
    pub deaths: Vec<Death>,
}

pub struct Run<'a> {
    snapshot: &'a Snapshot,
    heap: Heap,
    thread: Thread,
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
        let frame = Frame {
            inlined: None,
            function: None,
            locals,
            stack: Vec::new(),
            at: 0,
            next: 0,
        };
        Self {
            snapshot,
            heap,
            thread: Thread {
                frames: vec![frame],
                handled: None,
            },
            held,
        }
    }

    fn finish(mut self, outcome: Outcome) -> Seen {
        assert!(self.thread.frames.is_empty(), "a frame is left over");
        self.heap.check_counts(&self.thread, &self.held);
        self.heap.release(self.thread.handled.take());
        let arguments = self.held.iter().map(|object| self.heap.show(Some(*object)));
        let arguments = arguments.collect();
        self.heap.see_deaths(|_| Vec::new());
        Seen {
            outcome,
            arguments,
            traceback: self.heap.traceback,
            deaths: self.heap.deaths,
        }
    }

    pub fn interpreted(mut self) -> Seen {
        loop {
            match step(self.snapshot, &mut self.heap, &mut self.thread) {
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
                match step(self.snapshot, &mut self.heap, &mut self.thread) {
                    Step::Next => {}
                    Step::Done(outcome) => return (self.finish(outcome), patience.is_none()),
                }
            }
            let frame = self.thread.frame();
            let at = frame.at;
            let is_compiled = frame.inlined.is_none();
            let mut entries = function.entries.iter().filter(|_| is_compiled);
            let Some(entry) = entries.find(|entry| entry.offset == at) else {
                continue;
            };
            let mut machine = Machine::new(
                function,
                self.snapshot,
                &mut self.heap,
                &mut self.thread,
                patience,
            );
            let left = machine.run(entry.block);
            patience = machine.patience;
            match left {
                Left::Resume(_) => self.heap.check_counts(&self.thread, &self.held),
                // Its caller goes on, where machine code may be entered.
                Left::Returned => {
                    self.heap.check_counts(&self.thread, &self.held);
                    begun = false;
                }
                Left::Done(outcome) => return (self.finish(outcome), patience.is_none()),
            }
        }
    }
}

/// Runs a function with arguments in all ways.
pub fn check(text: &str, arguments: &[Argument]) {
    let snapshot = assemble(text).expect("a right program");
    let (function, _) = compile(&snapshot, false).expect("it is compiled");
    check_compiled(&snapshot, &function, arguments);
}

/// The same with a function in which all code is inlined that there is.
pub fn check_inlined(text: &str, arguments: &[Argument]) {
    let snapshot = assemble(text).expect("a right program");
    let (function, _) = compile(&snapshot, false).expect("it is compiled");
    for (body, code) in (0..).zip(&snapshot.inlined) {
        let runs = |frame: &InlinedFrame| matches!(frame.called, Called::Function { body: of, .. } if of == body);
        let is_there = function.frames.iter().any(runs);
        assert!(is_there, "{} is not inlined", code.name);
    }
    check_compiled(&snapshot, &function, arguments);
}

fn check_compiled(snapshot: &Snapshot, function: &Function, arguments: &[Argument]) {
    if let Err(invalid) = validate(function, snapshot) {
        panic!("{invalid}\n{}", print(function, snapshot));
    }
    let expected = Run::new(snapshot, arguments).interpreted();
    for patience in 0.. {
        let (seen, was_made) = Run::new(snapshot, arguments).compiled(function, patience);
        assert_eq!(seen, expected, "left at chance {patience}");
        if !was_made {
            break;
        }
    }
}

pub fn floats(numbers: &[f64]) -> Argument {
    Argument::List(
        numbers
            .iter()
            .map(|number| Argument::Float(*number))
            .collect(),
    )
}

pub fn ints(numbers: &[i64]) -> Argument {
    Argument::List(
        numbers
            .iter()
            .map(|number| Argument::Int(*number))
            .collect(),
    )
}
