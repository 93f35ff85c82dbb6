//! Calls that are inlined: of one function behind a guard, or of several behind a branch for each.
use crate::binding::{Source, bind};
use crate::build::builder::{Before, Builder};
use crate::build::instructions::callees::Callees;
use crate::build::merge::Incoming;
use crate::build::state::{Entry, Holder};
use crate::function::{Edge, Value};
use crate::insn::Insn;
use crate::operands::CallForm;
use crate::types::Classes;
use pyroxene_jit_api::{Class, ObjectId, Reason};

/// A function whose call is to be inlined.
struct Chosen {
    /// An index of the snapshot's callees.
    callee: u32,
    /// Its code.
    body: u32,
    /// What its parameters are bound to: arguments and defaults.
    sources: Vec<Source>,
}

impl Builder<'_> {
    /// Calls what lies below the arguments, and `self` or NULL: inlines what is worth it.
    pub(super) fn call_or_inline(
        &mut self,
        callees: Callees,
        count: usize,
        has_receiver: bool,
        form: CallForm,
    ) {
        // That it is another function is not always a reason to leave: the evaluator calls it.
        self.bound_operands(count);
        let given = count + usize::from(has_receiver);
        let chosen = self.choose(&callees, given, form);
        if chosen.is_empty() {
            return self.call_with(callees, count, has_receiver, form);
        }
        let state = self.before();
        let called = self.peek(count + 1).value;
        let function = self.guard(called, Classes::of(Class::Function), state);
        if self.has_one_callee() {
            self.emit(Insn::GuardCallee {
                function,
                callee: chosen[0].callee,
                state,
            });
            return self.begin_chosen(&chosen[0], count, has_receiver);
        }
        for one in &chosen {
            let is_callee = self.emit(Insn::IsCallee {
                function,
                callee: one.callee,
            });
            let [then, otherwise] = [(); 2].map(|()| Edge {
                to: self.function.add_block(self.at.offset),
                arguments: Vec::new(),
            });
            let blocks = [then.to, otherwise.to];
            self.emit(Insn::Branch {
                condition: is_callee,
                then,
                otherwise,
            });
            let state_before = self.state.clone();
            self.enter(blocks[0], state_before.clone());
            self.begin_chosen(one, count, has_receiver);
            self.enter(blocks[1], state_before);
            self.before = Before::Used(state);
        }
        // Of those that are inlined it is none, but that somebody else may evaluate frames.
        let is_chosen = |callee: &u32| chosen.iter().any(|one| one.callee == *callee);
        let mut all = core::iter::once(callees.first).chain(callees.others);
        let rest = Callees {
            first: all
                .find(|callee| !is_chosen(callee))
                .unwrap_or(callees.first),
            others: all.filter(|callee| !is_chosen(callee)).collect(),
        };
        self.call_with(rest, count, has_receiver, form);
        let edge = Incoming {
            block: self.block,
            state: self.state.clone(),
            observed: None,
        };
        self.called.push(edge);
    }

    /// Those of the functions whose calls with so many arguments are to be inlined. If there is only one, then that or none.
    fn choose(&self, callees: &Callees, given: usize, form: CallForm) -> Vec<Chosen> {
        let may_guard = self.may_speculate(Reason::Identity);
        if self.has_one_callee() && !may_guard {
            return Vec::new();
        }
        let names = form
            .names()
            .and_then(|names| self.snapshot.keywords.get(&names));
        let names = names.map_or(&[][..], Vec::as_slice);
        let mut units = 0;
        let mut chosen = Vec::new();
        for &callee in core::iter::once(&callees.first).chain(&callees.others) {
            let known = &self.snapshot.callees[callee as usize];
            let sources = bind(known, given, names).filter(|sources| {
                sources.iter().all(|source| match source {
                    Source::Argument(_) => true,
                    Source::Default(_) => may_guard,
                    Source::NamedDefault(_) | Source::Rest(_) | Source::Keywords(_) => false,
                })
            });
            if let Some(sources) = sources
                && let Some(body) = self.inlinable(callee, units)
            {
                units += self.snapshot.inlined[body as usize].units.len();
                chosen.push(Chosen {
                    callee,
                    body,
                    sources,
                });
            }
        }
        chosen
    }

    /// Begins the call of a function whose operands are on the stack.
    fn begin_chosen(&mut self, chosen: &Chosen, count: usize, has_receiver: bool) {
        let function = self.peek(count + 1).value;
        let has_default = |source: &Source| matches!(source, Source::Default(_));
        if chosen.sources.iter().any(has_default) {
            let state = self.before();
            self.emit(Insn::GuardDefaults {
                function,
                count: self.snapshot.callees[chosen.callee as usize].defaults,
                state,
            });
        }
        let operands = self.pop_many(count + 2);
        let arguments = &operands[if has_receiver { 1 } else { 2 }..];
        let mut bound = Vec::new();
        for source in &chosen.sources {
            bound.push(match source {
                Source::Argument(index) => arguments[*index],
                Source::Default(index) => self.held(Insn::FunctionDefault {
                    function,
                    index: *index,
                }),
                Source::NamedDefault(_) | Source::Rest(_) | Source::Keywords(_) => {
                    unreachable!("such are not chosen")
                }
            });
        }
        self.begin_call(chosen.callee, chosen.body, operands[0], &bound);
    }

    /// What an instruction gives that an object holds.
    fn held(&mut self, insn: Insn) -> Entry {
        Entry {
            value: self.emit(insn),
            holder: Holder::Object,
        }
    }

    /// Inlines the call of a class, if it is the only one that was called here and that is worth it.
    pub(super) fn inline_class(&mut self, version: u32, callee: u32, count: usize) -> bool {
        let sights = self.code.body.sights.get(&self.at.opcode_at);
        let is_only = sights.is_none_or(|sights| !sights.has_more && sights.seen.len() <= 1);
        let reasons = [Reason::Identity, Reason::TypeVersion, Reason::Call];
        if !is_only || !reasons.iter().all(|&reason| self.may_speculate(reason)) {
            return false;
        }
        let Some(body) = self.inlinable(callee, 0) else {
            return false;
        };
        let state = self.before();
        let class = self.guard(self.peek(count + 1).value, Classes::OBJECT, state);
        self.emit(Insn::GuardOwnTypeVersion {
            value: class,
            version,
            state,
        });
        let init = self.emit(Insn::ClassInit { class });
        self.emit(Insn::GuardCallee {
            function: init,
            callee,
            state,
        });
        let instance = self.emit(Insn::NewInstance {
            class,
            version,
            takes: self.peek(count + 1).holder == Holder::Place,
            state,
        });
        let operands = self.pop_many(count + 2);
        self.begin_class(callee, body, instance, init, &operands[2..]);
        true
    }

    /// Inlines the call of a property's function, if that of another type was never called here and it is worth it.
    pub(super) fn inline_property(&mut self, version: u32, getter: ObjectId, callee: u32) -> bool {
        let Some((body, _)) = self.inlinable_of_type(version, callee, 1) else {
            return false;
        };
        let value = self.object(getter);
        let state = self.before();
        let function = self.guard(value, Classes::of(Class::Function), state);
        self.begin_of_type(callee, body, function, 1);
        true
    }

    /// Inlines the call of a `__getitem__`, if that of another type was never called here and it is worth it.
    pub(super) fn inline_item(&mut self, version: u32, callee: u32) -> bool {
        let Some((body, value)) = self.inlinable_of_type(version, callee, 2) else {
            return false;
        };
        let function = self.emit(Insn::ItemFunction { value });
        self.begin_of_type(callee, body, function, 2);
        true
    }

    /// The code of a function that the type of the deepest of so many values of the stack has for it, with a guard for the type
    /// and that value, if a call with these values shall be inlined.
    fn inlinable_of_type(
        &mut self,
        version: u32,
        callee: u32,
        count: usize,
    ) -> Option<(u32, Value)> {
        let owner = self.peek(count - 1).value;
        if !self.has_one_callee()
            || self.classes(owner) & Classes::of(Class::Other) == Classes::EMPTY
            || !self.snapshot.callees[callee as usize].takes_exactly(count)
            || !self.may_speculate(Reason::Identity)
            || !self.may_speculate(Reason::TypeVersion)
        {
            return None;
        }
        let body = self.inlinable(callee, 0)?;
        let state = self.before();
        for depth in 0..count {
            self.bound(depth);
        }
        let value = self.peek(count - 1).value;
        self.emit(Insn::GuardTypeVersion {
            value,
            version,
            state,
        });
        Some((body, value))
    }

    /// Begins the call of such a function with so many values of the stack.
    fn begin_of_type(&mut self, callee: u32, body: u32, function: Value, count: usize) {
        let state = self.before();
        self.emit(Insn::GuardCallee {
            function,
            callee,
            state,
        });
        let function = Entry {
            value: function,
            holder: Holder::Object,
        };
        let operands = self.pop_many(count);
        self.begin_call(callee, body, function, &operands);
    }

    /// Whether the instruction has never called another function than the one that it calls.
    fn has_one_callee(&self) -> bool {
        let sights = self.code.body.sights.get(&self.at.opcode_at);
        sights.is_none_or(|sights| !sights.has_more && sights.seen.len() <= 1)
    }
}
