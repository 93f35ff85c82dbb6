//! What must be true of HIR between passes.
mod frames;

use crate::dominators::Dominators;
use crate::function::{BlockId, FrameId, Function, ROOT, StateId, Value};
use crate::insn::Insn;
use crate::result::{expected, result};
use crate::types::{Classes, Type};
use core::fmt;
use pyroxene_jit_api::{Body, Class, Snapshot};

/// What is wrong, and where.
#[derive(Clone, PartialEq, Debug)]
pub struct Invalid {
    /// The block.
    pub block: BlockId,
    /// The instruction, if it is one.
    pub value: Option<Value>,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.block)?;
        if let Some(value) = self.value {
            write!(f, " {value}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// Checks a function; gives the first thing that is wrong.
pub fn validate(function: &Function, snapshot: &Snapshot) -> Result<(), Invalid> {
    frames::calls(function, snapshot).map_err(|problem| invalid(BlockId(0), None, problem))?;
    let validator = Validator {
        function,
        snapshot,
        dominators: Dominators::new(function),
        places: places(function)?,
    };
    for entry in &function.entries {
        let block = &function[entry.block];
        if !block.parameters.is_empty() {
            return Err(invalid(entry.block, None, "an entry has parameters"));
        }
    }
    for &block in validator.dominators.order() {
        validator.block(block)?;
    }
    frames::memory(function, &validator.dominators)
}

fn invalid(block: BlockId, value: Option<Value>, problem: impl Into<String>) -> Invalid {
    Invalid {
        block,
        value,
        problem: problem.into(),
    }
}

/// The block of each value, and its place in it; parameters come before all.
fn places(function: &Function) -> Result<Vec<Option<(BlockId, usize)>>, Invalid> {
    let mut places = vec![None; function.values.len()];
    for id in function.block_ids() {
        let block = &function[id];
        let parameters = block.parameters.iter().map(|value| (value, 0));
        let insns = block.insns.iter().enumerate();
        for (value, place) in parameters.chain(insns.map(|(at, value)| (value, at + 1))) {
            if places[value.index()].replace((id, place)).is_some() {
                return Err(invalid(id, Some(*value), "it stands in two places"));
            }
        }
    }
    Ok(places)
}

struct Validator<'a> {
    function: &'a Function,
    snapshot: &'a Snapshot,
    dominators: Dominators,
    places: Vec<Option<(BlockId, usize)>>,
}

impl Validator<'_> {
    fn block(&self, id: BlockId) -> Result<(), Invalid> {
        let block = &self.function[id];
        for &parameter in &block.parameters {
            if *self.function.insn(parameter) != Insn::Parameter {
                return Err(invalid(id, Some(parameter), "it is no parameter"));
            }
        }
        let Some((last, others)) = block.insns.split_last() else {
            return Err(invalid(id, None, "it is empty"));
        };
        if !self.function.insn(*last).ends_block() {
            return Err(invalid(id, Some(*last), "it does not end the block"));
        }
        if let Some(early) = others
            .iter()
            .find(|value| self.function.insn(**value).ends_block())
        {
            return Err(invalid(id, Some(*early), "it ends the block too early"));
        }
        for &value in &block.insns {
            self.insn(id, value)
                .map_err(|problem| invalid(id, Some(value), problem))?;
        }
        Ok(())
    }

    fn insn(&self, block: BlockId, value: Value) -> Result<(), String> {
        let insn = self.function.insn(value);
        let operands = insn.operands();
        let expected = expected(insn);
        if operands.len() != expected.len() {
            return Err("it has another number of operands than types for them".to_owned());
        }
        for (operand, expected) in operands.iter().zip(expected) {
            self.available(block, value, *operand)?;
            if self.is_virtual(*operand) {
                return Err(format!("{operand} is not made"));
            }
            let ty = self.function.ty(*operand);
            if ty == Type::Nothing {
                return Err(format!("{operand} is no value"));
            }
            if let Some(expected) = expected
                && !ty.within(expected)
            {
                return Err(format!("{operand} is {ty}, not {expected}"));
            }
        }
        let ty = result(self.function, self.snapshot, value);
        // Less may be known of it than there is to know.
        if !ty.within(self.function.ty(value)) {
            return Err(format!("its type is {ty}"));
        }
        self.special(insn)?;
        if let Insn::LoadLocal { slot }
        | Insn::StoreLocal { slot, .. }
        | Insn::WriteBack { slot, .. } = insn
        {
            let body = self.body(self.function[value].frame)?;
            if *slot as usize >= body.locals.len() {
                return Err("there is no such local".to_owned());
            }
        }
        for edge in insn.edges() {
            let parameters = &self.function[edge.to].parameters;
            if parameters.len() != edge.arguments.len() {
                return Err(format!("{} has {} parameters", edge.to, parameters.len()));
            }
            for (parameter, argument) in parameters.iter().zip(&edge.arguments) {
                let (wanted, ty) = (self.function.ty(*parameter), self.function.ty(*argument));
                if !ty.within(wanted) {
                    return Err(format!("{argument} is {ty}, but {parameter} is {wanted}"));
                }
            }
        }
        match insn.state() {
            Some(state) => self.state(block, value, state),
            None => Ok(()),
        }
    }

    /// What types of operands alone do not say.
    fn special(&self, insn: &Insn) -> Result<(), String> {
        match insn {
            Insn::GuardClass { classes, .. } if classes.meets(Classes::of(Class::Other)) => {
                Err("there is no type to compare with".to_owned())
            }
            Insn::Select {
                then, otherwise, ..
            } if !self
                .function
                .ty(*then)
                .same_representation(self.function.ty(*otherwise)) =>
            {
                Err(format!("{then} is no {otherwise}"))
            }
            Insn::Rebox { number, .. }
                if !matches!(self.function.ty(*number), Type::Float | Type::Int) =>
            {
                Err(format!("{number} is no number"))
            }
            Insn::VirtualTuple { items, owned } => {
                let is_wrong = |(value, owned): (&Value, &bool)| {
                    let ty = self.function.ty(*value);
                    self.is_virtual(*value) || ty.is_unboxed() && !owned
                };
                if items.len() != owned.len() {
                    return Err("it does not say of each item whether it owns it".to_owned());
                }
                match items.iter().zip(owned).find(|item| is_wrong(*item)) {
                    Some((value, _)) => Err(format!("{value} cannot be in it")),
                    None => Ok(()),
                }
            }
            Insn::Box { value, .. } | Insn::WriteBack { value, .. }
                if !self.function.ty(*value).is_unboxed() =>
            {
                Err(format!("{value} is boxed"))
            }
            Insn::WriteFrames { state }
            | Insn::Release {
                state: Some(state), ..
            }
            | Insn::Catch { state, .. } => self.holds_no_virtual(*state),
            Insn::CallPython { state, .. }
            | Insn::CallClass { state, .. }
            | Insn::Call { state, .. }
            | Insn::Interpret { state, .. }
            | Insn::Raise { state, .. }
            | Insn::Resume { state, .. }
            | Insn::Yield { state, .. }
            | Insn::EndGenerator { state, .. }
            | Insn::EndResumed { state } => {
                if self.holds_unboxed(*state) {
                    return Err("the frame would hold an object that nobody lets go of".to_owned());
                }
                self.holds_no_virtual(*state)
            }
            Insn::Release {
                values,
                state: None,
            } => {
                let seen = values.iter().find(|value| {
                    let classes = self.function.ty(**value).classes();
                    !(classes - Classes::NULL).die_unseen()
                });
                match seen {
                    Some(value) => Err(format!("{value} does not die unseen")),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The code that runs on a frame.
    fn body(&self, frame: FrameId) -> Result<&Body, String> {
        let body = self.function.body(frame, self.snapshot);
        body.ok_or_else(|| format!("there is no frame {frame}"))
    }

    fn is_virtual(&self, value: Value) -> bool {
        matches!(self.function.insn(value), Insn::VirtualTuple { .. })
    }

    /// Whether a state that other code may look at has no tuple that is not made.
    fn holds_no_virtual(&self, state: StateId) -> Result<(), String> {
        let mut values = self.function[state].values();
        match values.any(|value| self.is_virtual(value)) {
            true => Err("code would have to make a tuple that is not made".to_owned()),
            false => Ok(()),
        }
    }

    /// Whether something of a state has no object yet.
    fn holds_unboxed(&self, state: StateId) -> bool {
        let state = &self.function[state];
        let is_unboxed = |value| self.function.ty(value).is_unboxed();
        !state.pending.is_empty() || state.entries().any(|entry| is_unboxed(entry.value))
    }

    fn state(&self, block: BlockId, user: Value, state: StateId) -> Result<(), String> {
        let state = &self.function[state];
        let innermost = self.body(state.inlined.last().map_or(ROOT, |inlined| inlined.frame))?;
        if state.offset as usize >= innermost.units.len() {
            return Err(format!("there is no instruction {}", state.offset));
        }
        if state.top_stack().len() > innermost.stack_size as usize {
            return Err("the stack is too high".to_owned());
        }
        self.frames(user, state)?;
        for entry in state.entries() {
            self.available(block, user, entry.value)?;
            let ty = self.function.ty(entry.value);
            if ty == Type::Nothing || ty.is_unboxed() && !entry.owned {
                return Err(format!("{} cannot be on the stack", entry.value));
            }
        }
        let mut next_slot = 0;
        for pending in &state.pending {
            if pending.slot < next_slot || pending.slot as usize >= self.snapshot.body.locals.len()
            {
                return Err("its pending locals are not in order".to_owned());
            }
            next_slot = pending.slot + 1;
            self.available(block, user, pending.value)?;
            if !self.function.ty(pending.value).is_unboxed() {
                return Err(format!("{} is boxed", pending.value));
            }
            if let Some(stale) = pending.stale {
                self.available(block, user, stale)?;
                if self.function.ty(stale) != Type::Bool {
                    return Err(format!("{stale} is no truth value"));
                }
            }
        }
        Ok(())
    }

    /// Whether a value has been computed whenever control comes to its user.
    fn available(&self, block: BlockId, user: Value, used: Value) -> Result<(), String> {
        let Some((home, place)) = self.places[used.index()] else {
            return Err(format!("{used} is in no block"));
        };
        let here = self.places[user.index()].map_or(0, |(_, place)| place);
        let available = if home == block {
            place < here
        } else {
            self.dominators.dominates(home, block)
        };
        if available {
            Ok(())
        } else {
            Err(format!("{used} is not computed on every way"))
        }
    }
}
