//! Generators whose code becomes a part of the loop that goes over them: a `for` loop goes on in one as in an inlined call, which
//! returns at a `yield`.
//!
//! The generator and its frame are in memory as ever. While it pauses, all of it is there; while it runs, what it has is in
//! values, like what inlined calls have, and its frame is written and put above that of the loop before other code could look.
use crate::build::builder::Builder;
use crate::build::inlining::Resumption;
use crate::build::merge::Incoming;
use crate::build::state::{Entry, Holder, Level, Local};
use crate::function::{Called, Edge, InlinedFrame, StateId, Value};
use crate::insn::Insn;
use crate::operators::Comparison;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Known, ObjectId, Reason, Refusal, Site};

/// A generator whose code is to become a part of the loop.
pub(super) struct Maker {
    /// The function that makes it, an index of the snapshot's callees.
    callee: u32,
    /// Its code, an index of the snapshot's inlined bodies.
    body: u32,
    /// `None`, which it is sent.
    none: ObjectId,
}

impl Builder<'_> {
    /// The function that makes the generator which `FOR_ITER` resumes, if it is known, and its code shall become a part of this
    /// code.
    pub(super) fn maker(&self) -> Option<Maker> {
        if !self.may_speculate(Reason::Identity) {
            return None;
        }
        let callee = match self.makers.get(&self.frame) {
            Some(&callee) => callee,
            None => self.called_before()?,
        };
        let body = self.resumable(callee)?;
        let objects = &self.snapshot.objects;
        let none = objects
            .iter()
            .position(|object| object.known == Known::None)?;
        let none = ObjectId(u32::try_from(none).ok()?);
        Some(Maker { callee, body, none })
    }

    /// The function that is called just before the loop, which goes over what that gives.
    fn called_before(&self) -> Option<u32> {
        let (&call, site) = self.code.body.sites.range(..self.at.offset).next_back()?;
        let &Site::Call {
            callee: Some(callee),
            ..
        } = site
        else {
            return None;
        };
        let mut between = self.code.at(self.code.at(call).ok()?.next).ok()?;
        if between.opcode != Opcode::GET_ITER {
            return None;
        }
        while between.next != self.at.offset {
            between = self.code.at(between.next).ok()?;
            // What a comprehension does first.
            let is_known = matches!(
                between.opcode,
                Opcode::LOAD_FAST_AND_CLEAR
                    | Opcode::SWAP
                    | Opcode::BUILD_LIST
                    | Opcode::BUILD_SET
                    | Opcode::BUILD_MAP
            );
            if !is_known {
                return None;
            }
        }
        Some(callee)
    }

    /// Begins to go on in a generator, at each of the places where it can pause.
    pub(super) fn begin_resumption(
        &mut self,
        generator: Value,
        maker: &Maker,
        end: u32,
        state: StateId,
    ) {
        let &Maker { callee, body, none } = maker;
        self.emit(Insn::GuardGenerator {
            generator,
            callee,
            state,
        });
        let function = self.emit(Insn::GeneratorFunction { generator });
        let stands_at = self.emit(Insn::GeneratorOffset { generator });
        let frame = self.add_frame(InlinedFrame {
            parent: self.frame,
            called: Called::Generator { callee, body },
            call: self.at.opcode_at,
            // The evaluator gets there what the generator returns, and drops it as well as the generator.
            next: end - 2,
        });
        self.resumed.insert(frame, generator);
        let mut begins = Vec::new();
        for resumption in self.resumptions(body) {
            let place = self.emit(Insn::Int(resumption.stands_at.into()));
            let condition = self.emit(Insn::IntCompare {
                op: Comparison::Equal,
                left: stands_at,
                right: place,
            });
            let [then, otherwise] = [(); 2].map(|()| Edge {
                to: self.function.add_block(self.at.offset),
                arguments: Vec::new(),
            });
            let blocks = [then.to, otherwise.to];
            self.emit(Insn::Branch {
                condition,
                then,
                otherwise,
            });
            let state = self.state.clone();
            self.enter(blocks[0], state.clone());
            self.push_level(frame, Entry::owned(function));
            self.load_places(generator, body, &resumption, none);
            begins.push((
                resumption.begins_at,
                Incoming {
                    block: self.block,
                    state: self.state.clone(),
                    observed: None,
                },
            ));
            self.enter(blocks[1], state);
        }
        let reason = Reason::Identity;
        self.emit(Insn::Exit { reason, state });
        self.begin_at(callee, body, frame, begins);
    }

    /// Takes what a generator's frame has, where it goes on.
    fn load_places(
        &mut self,
        generator: Value,
        body: u32,
        resumption: &Resumption,
        none: ObjectId,
    ) {
        let locals = self.snapshot.inlined[body as usize].locals.len();
        let locals = u32::try_from(locals).expect("slots are few");
        for index in 0..locals {
            let value = self.emit(Insn::LoadPlace { generator, index });
            let local = Local::Held(Entry::owned(value));
            self.state.locals.push(local);
        }
        for place in 0..resumption.height {
            let index = locals + place;
            let value = self.emit(Insn::LoadPlace { generator, index });
            self.push_owned(value);
        }
        if resumption.is_sent {
            self.push_object(none);
        }
    }

    /// `YIELD_VALUE` of a generator whose code is a part of the loop: gives its frame back what it has, and goes on in the loop with
    /// what is on top.
    pub(super) fn yield_to_loop(&mut self) {
        self.bound(0);
        let level = self.innermost();
        for slot in level.first_local..self.state.locals.len() {
            let local = self.state.locals[slot];
            let object = self.write_back(u32::try_from(slot).expect("slots are few"));
            if let Local::Held(entry) = local
                && entry.value != object
            {
                self.share_held(entry.value, object, self.state.stack.len());
            }
        }
        // What it gives belongs to the loop, and what it has to its frame.
        self.own_items(|_| true);
        let mut given = self.pop();
        let count = self.state.height();
        let places = self.pop_many(count);
        let locals = self.state.locals.split_off(level.first_local);
        let mut kept: Vec<Value> = Vec::new();
        for entry in locals.into_iter().map(Local::held).chain(places) {
            kept.push(self.take(entry));
        }
        if given.holder != Holder::Place {
            self.retain(given.value);
            given.holder = Holder::Place;
        }
        if level.pushed {
            self.emit(Insn::PopFrames {
                count: 1,
                last: level.frame,
            });
        }
        let generator = self.resumed[&level.frame];
        let height = u32::try_from(kept.len()).expect("frames are small");
        for (index, value) in (0..height).zip(kept) {
            self.emit(Insn::StorePlace {
                generator,
                index,
                value,
            });
        }
        self.emit(Insn::Suspend {
            generator,
            offset: self.at.next,
            height,
        });
        self.state.frames.pop();
        self.push(given);
        let edge = self.edge_to_loop();
        self.returned.push(edge);
    }

    /// The end of a generator whose code is a part of the loop, which returns what is on top.
    pub(super) fn return_to_loop(&mut self) {
        self.expose_whole();
        let value = self.pop().value;
        let state = self.state_at(self.at.opcode_at);
        self.emit(Insn::EndResumed { state });
        let level = self.innermost();
        self.state.locals.truncate(level.first_local);
        self.state.stack.truncate(level.bottom);
        self.state.frames.pop();
        self.push_owned(value);
        let edge = self.edge_to_loop();
        self.exhausted.push(edge);
    }

    /// The edge on which the innermost frame, which is off the state already, is left for the loop.
    fn edge_to_loop(&mut self) -> Incoming {
        self.state.written &= !self.state.frames.is_empty();
        self.ended = true;
        Incoming {
            block: self.block,
            state: self.state.clone(),
            observed: None,
        }
    }

    /// Ends the loop after its generator has ended, whose result is above it.
    pub fn end_loop(&mut self, edge: Incoming) -> Result<(), Refusal> {
        let end = self.target()?;
        let at = self.at;
        self.enter(edge.block, edge.state);
        self.begin(at);
        self.at.next = end;
        let (returned, generator) = (self.pop(), self.pop());
        self.release(&[returned, generator]);
        self.check_disturbed();
        self.go_on(end);
        self.at = at;
        Ok(())
    }

    fn innermost(&self) -> Level {
        let level = self.state.frames.last();
        *level.expect("a generator's code is a part of this code")
    }
}
