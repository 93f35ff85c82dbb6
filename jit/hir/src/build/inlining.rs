//! Calls that are inlined: the callee's code becomes a part of its caller's.
//!
//! Its frame is not made in memory until other code could look for it. Until then its locals are values like those on the stack,
//! borrowed where the caller has them, and exits say how the frame is to be made. Where other code runs, the frame is
//! written, and stays until the call has returned or ways meet.
use crate::build::builder::{Before, Builder};
use crate::build::code::{Code, Instruction};
use crate::build::depths::{depths, depths_unless_raised};
use crate::build::flow::Blocks;
use crate::build::merge::{Incoming, Target};
use crate::build::plan::{Header, Plan};
use crate::build::state::{Entry, Holder, Level, Local};
use crate::build::uses::Uses;
use crate::build::walk::Walk;
use crate::function::{Called, FrameId, InlinedFrame, Value};
use crate::insn::Insn;
use crate::types::Classes;
use core::mem::{replace, take};
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{
    Body, CLASS_WORDS, Class, EXIT_VALUES, INLINED_FRAMES, INLINED_WORDS, Reason, Refusal,
    Snapshot, VIRTUAL_ITEMS,
};
use std::collections::BTreeMap;

/// A code object that is ready to be built.
pub struct Prepared<'a> {
    /// Its instructions.
    pub code: Code<'a>,
    /// Its blocks.
    pub blocks: Blocks,
    /// How high the stack is before each instruction.
    pub depths: BTreeMap<u32, u32>,
    /// How its locals are read.
    pub uses: Uses,
    /// Where it goes on if it is a generator's: those places first that a loop comes to again and again.
    resumptions: Vec<Resumption>,
}

/// Where a generator goes on.
#[derive(Clone, Copy)]
pub struct Resumption {
    /// The instruction at which its frame stands while it pauses.
    pub stands_at: u32,
    /// The first one that is built.
    pub begins_at: u32,
    /// How high its stack is while it pauses.
    pub height: u32,
    /// Whether the first one wants on the stack what it is sent.
    pub is_sent: bool,
}

impl<'a> Prepared<'a> {
    /// For code that is entered at these offsets.
    pub fn new(body: &'a Body, entries: Vec<u32>) -> Result<Self, Refusal> {
        let code = Code::new(body)?;
        let depths = depths(&code)?;
        let blocks = Blocks::new(&code, entries)?;
        let uses = Uses::new(&code, &blocks);
        Ok(Self {
            code,
            blocks,
            depths,
            uses,
            resumptions: Vec::new(),
        })
    }

    /// For the code of a generator that a loop goes over; nothing if that waits for others, pauses in too many places, or handles
    /// exceptions: those that it handles are the thread's only while its frame is in memory. So it does not go on from pauses in
    /// handlers, either.
    fn of_generator(body: &'a Body) -> Option<Self> {
        let code = Code::new(body).ok()?;
        let depths = depths_unless_raised(&code).ok()?;
        let mut resumptions = Vec::new();
        let mut start = None;
        for at in code.instructions() {
            let known = depths.get(&at.next).copied();
            match at.opcode.generic() {
                Opcode::SEND => return None,
                Opcode::YIELD_VALUE if at.oparg != 0 => return None,
                Opcode::YIELD_VALUE => resumptions.extend(known.map(|depth| Resumption {
                    stands_at: at.next,
                    begins_at: at.next,
                    height: depth - 1,
                    is_sent: true,
                })),
                // What it is sent at first is dropped.
                Opcode::RETURN_GENERATOR => {
                    start = Some(Resumption {
                        stands_at: at.next,
                        begins_at: code.at(at.next).ok()?.next,
                        height: 0,
                        is_sent: false,
                    });
                }
                _ => {}
            }
        }
        if resumptions.len() > YIELDS || code.handles() {
            return None;
        }
        resumptions.push(start?);
        let entries = resumptions.iter().map(|place| place.begins_at).collect();
        let prepared = Self::new(body, entries).ok()?;
        Some(Self {
            resumptions,
            ..prepared
        })
    }
}

/// The code of callees, by the numbers of the snapshot's bodies. What cannot be inlined is not there.
pub struct Inlinable<'a>(Vec<Option<Prepared<'a>>>);

/// How many units a callee may have that is inlined.
const UNITS: usize = 300;

/// In how many places a generator may pause whose code becomes a part of other code.
const YIELDS: usize = 4;

/// How many values a function may have before nothing more is inlined.
const VALUES: usize = 1200;

/// How many units a callee may have whose call takes about as much machine code as its own code does.
const SMALL_UNITS: usize = 48;

/// How many values a function may have before no more of these are inlined.
const VALUES_WITH_SMALL: usize = 2400;

impl<'a> Inlinable<'a> {
    /// Of a snapshot.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let bodies = snapshot.inlined.iter();
        let values = snapshot.body.locals.len() * 2 + snapshot.body.stack_size as usize;
        if values + INLINED_WORDS as usize + VIRTUAL_ITEMS > EXIT_VALUES {
            return Self(Vec::new());
        }
        Self(bodies.map(Self::prepare).collect())
    }

    fn prepare(body: &'a Body) -> Option<Prepared<'a>> {
        if body.units.len() > UNITS {
            return None;
        }
        let prepared = Prepared::new(body, vec![0]).ok()?;
        let code = &prepared.code;
        if code.is_generator {
            return Prepared::of_generator(body);
        }
        // The frame of what handles exceptions is its traceback's too, and cannot be taken away as those of inlined calls are.
        (!code.handles()).then_some(prepared)
    }

    fn get(&self, body: u32) -> Option<&Prepared<'a>> {
        self.0.get(body as usize)?.as_ref()
    }
}

/// Who has called code whose call is inlined.
pub struct Caller<'a> {
    code: &'a Code<'a>,
    uses: &'a Uses,
    /// The instruction that calls.
    at: Instruction,
    frame: FrameId,
}

impl Caller<'_> {
    /// How many locals it has.
    pub fn locals(&self) -> usize {
        self.code.body.locals.len()
    }

    /// The instruction at which it stands, in units.
    pub fn call(&self) -> u32 {
        self.at.opcode_at
    }
}

/// A call that is to be inlined, and has begun, or a generator in which a loop goes on.
pub struct Begun {
    callee: u32,
    body: u32,
    frame: FrameId,
    /// The instructions with which it begins, and the edges that lead there.
    begins: Vec<(u32, Incoming)>,
}

impl<'a> Builder<'a> {
    /// The code of a callee, if its call here shall be inlined beside others of so many units.
    pub fn inlinable(&self, callee: u32, others: usize) -> Option<u32> {
        let body = self.part_of_code(callee, others)?;
        let code = &self.inlinable.get(body)?.code;
        (!code.is_generator).then_some(body)
    }

    /// The code of a generator that a callee makes, if it shall become a part of the loop here that goes over it.
    pub fn resumable(&self, callee: u32) -> Option<u32> {
        let body = self.part_of_code(callee, 0)?;
        let code = &self.inlinable.get(body)?.code;
        (code.is_generator && self.snapshot.passed.is_none()).then_some(body)
    }

    /// Where the generators that run some code go on.
    pub fn resumptions(&self, body: u32) -> Vec<Resumption> {
        let prepared = self.inlinable.get(body);
        prepared.map_or(Vec::new(), |prepared| prepared.resumptions.clone())
    }

    /// The code of a callee, if it may become a part of this code here beside others of so many units.
    fn part_of_code(&self, callee: u32, others: usize) -> Option<u32> {
        let body = self.snapshot.callees[callee as usize].body?;
        let prepared = self.inlinable.get(body)?;
        let known = |frame: FrameId| self.function.inlined(frame);
        let called = (self.state.frames.iter())
            .filter_map(|level| known(level.frame))
            .map(|frame| frame.called);
        let mut operators = self.snapshot.operators.values();
        let is_operator = operators.any(|operator| operator.stand_in.callee == callee);
        let (mut recursive, mut words) = (false, self.snapshot.callees[callee as usize].frame_size);
        for called in called {
            words += match called {
                Called::Function {
                    callee,
                    body: running,
                }
                | Called::Generator {
                    callee,
                    body: running,
                } => {
                    // Methods of operators have operators.
                    recursive |= running == body && !is_operator;
                    self.snapshot.callees[callee as usize].frame_size
                }
                Called::Class => CLASS_WORDS,
            };
        }
        // A call of a class has one in between.
        let units = prepared.code.body.units.len();
        let most = match units <= SMALL_UNITS {
            true => VALUES_WITH_SMALL,
            false => VALUES,
        };
        let fits = self.state.frames.len() + 1 < INLINED_FRAMES as usize
            && words + CLASS_WORDS <= INLINED_WORDS
            && self.function.values.len() + others + units < most;
        (fits && !recursive && self.at.handler.is_none()).then_some(body)
    }

    /// Begins the frame of a call whose operands are off the stack, and gives it. Its code is built [next](Self::inline).
    pub fn begin_call(
        &mut self,
        callee: u32,
        body: u32,
        function: Entry,
        arguments: &[Entry],
    ) -> FrameId {
        let frame = InlinedFrame {
            parent: self.frame,
            called: Called::Function { callee, body },
            call: self.at.opcode_at,
            next: self.at.next,
        };
        self.begin_function(frame, function, arguments)
    }

    /// Begins the frames of a call of a class whose operands are off the stack, for a new instance of it and its `__init__`.
    pub fn begin_class(
        &mut self,
        callee: u32,
        body: u32,
        instance: Value,
        init: Value,
        arguments: &[Entry],
    ) {
        let null = self.emit(Insn::Null);
        let between = self.begin_frame(
            InlinedFrame {
                parent: self.frame,
                called: Called::Class,
                call: self.at.opcode_at,
                next: self.at.next,
            },
            Entry::owned(null),
        );
        self.push_owned(instance);
        // The frame in between has the instance as long as that of `__init__` is there, and the class has the function.
        let held = |value| Entry {
            value,
            holder: Holder::Code,
        };
        let mut all = vec![held(instance)];
        all.extend(arguments);
        let frame = InlinedFrame {
            parent: between,
            called: Called::Function { callee, body },
            call: 0,
            next: 0,
        };
        self.begin_function(frame, held(init), &all);
    }

    /// Begins a frame above the innermost one.
    fn begin_frame(&mut self, frame: InlinedFrame, function: Entry) -> FrameId {
        let frame = self.add_frame(frame);
        self.push_level(frame, function);
        frame
    }

    /// Adds a frame to those of the function.
    pub fn add_frame(&mut self, frame: InlinedFrame) -> FrameId {
        self.function.frames.push(frame);
        FrameId(u32::try_from(self.function.frames.len()).expect("few calls"))
    }

    /// Puts a frame above the innermost one, whose locals come next.
    pub fn push_level(&mut self, frame: FrameId, function: Entry) {
        match self.state.frames.last_mut() {
            Some(caller) => caller.written = false,
            None => self.state.written = false,
        }
        self.state.frames.push(Level {
            frame,
            function,
            first_local: self.state.locals.len(),
            bottom: self.state.stack.len(),
            pushed: false,
            written: false,
        });
    }

    /// The code of a frame is built next, which begins at these instructions.
    pub fn begin_at(
        &mut self,
        callee: u32,
        body: u32,
        frame: FrameId,
        begins: Vec<(u32, Incoming)>,
    ) {
        self.begun.push(Begun {
            callee,
            body,
            frame,
            begins,
        });
    }

    fn begin_function(
        &mut self,
        frame: InlinedFrame,
        function: Entry,
        arguments: &[Entry],
    ) -> FrameId {
        let Called::Function { callee, body } = frame.called else {
            unreachable!("it is a function's");
        };
        let frame = self.begin_frame(frame, function);
        let count = self.snapshot.inlined[body as usize].locals.len();
        let held = arguments.iter().copied().map(Local::Held);
        self.state.locals.extend(held);
        let null = self.emit(Insn::Null);
        let unbound = count - arguments.len();
        let unbound = core::iter::repeat_n(Local::Held(Entry::owned(null)), unbound);
        self.state.locals.extend(unbound);
        let edge = Incoming {
            block: self.block,
            state: self.state.clone(),
            observed: None,
        };
        self.begin_at(callee, body, frame, vec![(0, edge)]);
        frame
    }

    /// Builds the code of the calls that have begun, of which one runs, and goes on after them. False if the plan had to be
    /// corrected.
    pub fn inline(&mut self, site: usize, plan: &mut Plan) -> Result<bool, Refusal> {
        let at = self.at;
        let called = take(&mut self.called);
        let outer = replace(&mut self.returned, called);
        let outer_exhausted = take(&mut self.exhausted);
        let mut fits = true;
        for call in take(&mut self.begun) {
            fits = fits && self.inline_begun(call, site, plan)?;
            self.at = at;
        }
        let returned = replace(&mut self.returned, outer);
        let exhausted = replace(&mut self.exhausted, outer_exhausted);
        if fits {
            for edge in exhausted {
                self.end_loop(edge)?;
            }
            self.go_on_after(at, returned)?;
        }
        Ok(fits)
    }

    /// Builds the code of a call that has begun; false if the plan had to be corrected.
    fn inline_begun(&mut self, call: Begun, site: usize, plan: &mut Plan) -> Result<bool, Refusal> {
        let at = self.at;
        let inlinable: &'a Inlinable<'a> = self.inlinable;
        let prepared = inlinable.get(call.body).expect("it was asked for");
        let site = plan.site(site, at.opcode_at, call.callee);
        let mut walk = Walk::new(prepared, site);
        for (offset, edge) in call.begins {
            walk.arrive(prepared.blocks.by_offset[&offset], edge);
        }
        self.callers.push(Caller {
            code: replace(&mut self.code, &prepared.code),
            uses: replace(&mut self.uses, &prepared.uses),
            at,
            frame: replace(&mut self.frame, call.frame),
        });
        let outgoing = take(&mut self.outgoing);
        let fits = walk.run(self, plan)?;
        self.outgoing = outgoing;
        let caller = self.callers.pop().expect("it was put there");
        self.code = caller.code;
        self.uses = caller.uses;
        self.frame = caller.frame;
        Ok(fits)
    }

    /// Goes on after an inlined call, where all edges on which it has returned meet.
    fn go_on_after(
        &mut self,
        call: Instruction,
        mut returned: Vec<Incoming>,
    ) -> Result<(), Refusal> {
        self.ended = true;
        if returned.len() == 1 {
            let edge = returned.remove(0);
            self.enter(edge.block, edge.state);
        } else if let Some(edge) = returned.first() {
            let locals = edge.state.locals.len();
            let target = Target {
                index: Header::default(),
                plan: None,
                is_entry: false,
                is_resumed: call.opcode.generic() == Opcode::FOR_ITER,
                live: vec![true; locals],
                written: vec![false; locals],
            };
            self.at = self.code.at(call.next)?;
            if let Some(arrival) = self.arrive(&target, returned) {
                self.enter(arrival.block, arrival.state);
            }
        }
        self.at = call;
        Ok(())
    }

    /// Returns from an inlined call what is on top: lets go of what its frame has, and goes on in the caller.
    pub fn return_to_caller(&mut self) {
        let called_by_class = self.is_called_by_class();
        if called_by_class && !self.expect_none() {
            return;
        }
        if let Some(&Level {
            frame: last,
            pushed: true,
            ..
        }) = self.state.frames.last()
        {
            let count = if called_by_class { 2 } else { 1 };
            self.emit(Insn::PopFrames { count, last });
        }
        let is_last = self.state.frames.len() == 1;
        if is_last && self.snapshot.passed.is_some() {
            // C wants an object.
            self.materialise_operands(1);
        }
        if self.is_virtual(self.peek(0).value) {
            let level = self.state.frames.last();
            let first = level.map_or(0, |level| level.first_local);
            self.own_items(
                |holder| matches!(holder, Holder::Local(slot) if slot as usize >= first),
            );
        }
        let mut result = self.pop();
        let level = self
            .state
            .frames
            .pop()
            .expect("a call that is inlined runs");
        let null = self.emit(Insn::Null);
        // What a local has becomes the result's.
        while let Holder::Local(slot) = result.holder
            && slot as usize >= level.first_local
        {
            let local = &mut self.state.locals[slot as usize];
            result.holder = local.held().holder;
            if result.holder == Holder::Place {
                *local = Local::Held(Entry::owned(null));
            }
        }
        let held = self.state.locals.split_off(level.first_local);
        let held = held.into_iter().map(Local::held).chain([level.function]);
        let owned = held.filter(|entry| entry.holder == Holder::Place);
        let owned: Vec<Value> = owned.map(|entry| entry.value).collect();
        if self.snapshot.passed.is_some() && self.state.frames.is_empty() {
            return self.give(result, owned);
        }
        let caller = self.callers.last().expect("a call that is inlined runs");
        let (code, at, frame) = (caller.code, caller.at, caller.frame);
        let inner = (
            replace(&mut self.code, code),
            replace(&mut self.at, at),
            replace(&mut self.frame, frame),
        );
        if called_by_class {
            // The instance, which the frame in between had on its stack, is there in the place of the result.
            self.state.frames.pop();
        } else {
            self.push(result);
        }
        self.state.written &= !self.state.frames.is_empty();
        // What cannot be made from here on for want of memory is the call's fault.
        self.before = Before::Unused(self.state.frame_state(self.at.opcode_at));
        self.release_values(owned);
        self.returned.push(Incoming {
            block: self.block,
            state: self.state.clone(),
            observed: None,
        });
        self.ended = true;
        (self.code, self.at, self.frame) = inner;
    }

    /// Returns to C. What it gives that was the frame's is not any more.
    fn give(&mut self, result: Entry, held: Vec<Value>) {
        if result.holder != Holder::Place {
            self.retain(result.value);
        }
        let held = self
            .released(held)
            .into_iter()
            .filter(|value| self.is_counted(*value))
            .collect();
        self.emit(Insn::Give {
            value: result.value,
            held,
        });
    }

    /// Whether the innermost frame is that of an `__init__`, which a class has called.
    fn is_called_by_class(&self) -> bool {
        let frames = &self.function.frames;
        let called = |frame: FrameId| frames[frame.index() - 1].called;
        let mut levels = self.state.frames.iter().rev().skip(1);
        levels
            .next()
            .is_some_and(|below| called(below.frame) == Called::Class)
    }

    /// Leaves to the evaluator, which raises, unless what is on top is `None`. Whether it can be.
    fn expect_none(&mut self) -> bool {
        let none = Classes::of(Class::None);
        let result = self.peek(0).value;
        if self.ty(result).is_unboxed() || !self.classes(result).meets(none) {
            self.exit(Reason::Class);
            return false;
        }
        let state = self.before();
        self.guard(result, none, state);
        true
    }

    /// Takes the frames of inlined calls out of memory; whether there were any.
    pub fn pop_frames(&mut self) -> bool {
        let levels = &mut self.state.frames;
        let mut pushed = levels.iter().filter(|level| level.pushed);
        let count = u32::try_from(pushed.clone().count()).expect("few frames");
        let Some(last) = pushed.next_back().map(|level| level.frame) else {
            return false;
        };
        for level in levels {
            level.pushed = false;
            level.written = false;
        }
        self.state.written = false;
        self.emit(Insn::PopFrames { count, last });
        true
    }
}
