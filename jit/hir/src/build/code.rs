//! Bytecode as a list of instructions, and how they lead to each other.
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Body, Handler, Reason, Refusal, Site};
use std::collections::BTreeMap;

/// An instruction with its argument.
#[derive(Clone, Copy, Debug)]
pub struct Instruction {
    /// Where it is, in units; where it has a long argument, the first of the `EXTENDED_ARG`.
    pub offset: u32,
    /// Where its opcode is.
    pub opcode_at: u32,
    /// Which it is, specialised as the evaluator has it.
    pub opcode: Opcode,
    /// Its argument.
    pub oparg: u32,
    /// The one that runs after it if it does not jump.
    pub next: u32,
    /// The instruction after it, if it does the work of that one too.
    pub also: Option<u32>,
    /// Who handles what it raises, if that is compiled: where that was seen to happen often.
    pub handler: Option<Handler>,
}

/// Where an instruction leads to without raising.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// To the next.
    Next,
    /// To another.
    Jump(u32),
    /// To the next, or to another.
    Branch(u32),
    /// Back to the evaluator.
    End,
}

/// All instructions of a code object, by offset.
pub struct Code<'a> {
    /// The code object.
    pub body: &'a Body,
    /// Whether calls make generators, coroutines or their like, whose frames are not on a stack.
    pub is_generator: bool,
    instructions: BTreeMap<u32, Instruction>,
}

impl<'a> Code<'a> {
    /// Reads the instructions.
    pub fn new(body: &'a Body) -> Result<Self, Refusal> {
        let mut instructions = BTreeMap::new();
        let units = &body.units;
        let mut at = 0;
        while at < units.len() {
            let offset = index(at);
            let mut oparg: u32 = 0;
            while units.get(at).map(|unit| Opcode::new(unit.opcode)) == Some(Opcode::EXTENDED_ARG) {
                oparg = oparg << 8 | u32::from(units[at].oparg) << 8;
                at += 1;
            }
            let unit = units.get(at).ok_or(Refusal::Malformed { offset })?;
            let opcode = Opcode::new(unit.opcode);
            let opcode_at = index(at);
            at += 1 + opcode.caches();
            instructions.insert(
                offset,
                Instruction {
                    offset,
                    opcode_at,
                    opcode,
                    oparg: oparg | u32::from(unit.oparg),
                    next: index(at),
                    also: None,
                    handler: handler(body, offset, opcode_at),
                },
            );
        }
        let mut code = Self {
            body,
            is_generator: instructions
                .values()
                .any(|instruction: &Instruction| instruction.opcode == Opcode::RETURN_GENERATOR),
            instructions,
        };
        code.join_pairs()?;
        Ok(code)
    }

    /// Finds the instructions that do the work of the next one too.
    fn join_pairs(&mut self) -> Result<(), Refusal> {
        for offset in self.instructions.keys().copied().collect::<Vec<_>>() {
            let first = self.at(offset)?;
            let second = match first.opcode {
                Opcode::CALL_LIST_APPEND => Opcode::POP_TOP,
                Opcode::BINARY_OP_INPLACE_ADD_UNICODE => Opcode::STORE_FAST,
                _ => continue,
            };
            let also = self.at(first.next)?;
            if also.opcode != second {
                return Err(Refusal::Malformed { offset });
            }
            self.instructions.insert(
                offset,
                Instruction {
                    next: also.next,
                    also: Some(also.offset),
                    ..first
                },
            );
        }
        Ok(())
    }

    /// The instruction at an offset.
    pub fn at(&self, offset: u32) -> Result<Instruction, Refusal> {
        self.instructions
            .get(&offset)
            .copied()
            .ok_or(Refusal::Malformed { offset })
    }

    /// All instructions, in order.
    pub fn instructions(&self) -> impl Iterator<Item = Instruction> + '_ {
        self.instructions.values().copied()
    }

    /// Whether one of the entries is where a call begins.
    pub fn is_entered_at_start(&self, entries: &[u32]) -> bool {
        entries.iter().any(|entry| {
            let first = self.instructions.get(entry);
            let resumes = first.is_some_and(|first| first.opcode.generic() == Opcode::RESUME);
            *entry == 0 || resumes
        })
    }

    /// Whether it was seen to handle what it raises: then its frame gets an object, which whoever looks at the traceback has.
    pub fn handles(&self) -> bool {
        self.instructions
            .values()
            .any(|instruction| instruction.handler.is_some())
    }

    /// Whether an instruction raises, and a handler that is not compiled takes it.
    pub fn raises_to_handler(&self, instruction: Instruction) -> bool {
        let raises = instruction.leaves() == Some(Reason::Raised);
        raises && covering(self.body, instruction.opcode_at).is_some()
    }

    /// What the evaluator has found out at an instruction.
    pub fn site(&self, instruction: Instruction) -> Option<&'a Site> {
        self.body.sites.get(&instruction.opcode_at)
    }
}

impl Instruction {
    /// Why compiled code never goes past the instruction, if that is so: the evaluator leaves the frame there, or goes to a
    /// place that is not known.
    pub fn leaves(self) -> Option<Reason> {
        Some(match self.opcode {
            Opcode::INTERPRETER_EXIT => Reason::Return,
            Opcode::RETURN_GENERATOR => Reason::Generator,
            Opcode::RAISE_VARARGS | Opcode::RERAISE if self.handler.is_none() => Reason::Raised,
            Opcode::CACHE | Opcode::RESERVED | Opcode::EXTENDED_ARG | Opcode::ENTER_EXECUTOR => {
                Reason::NotCompiled
            }
            opcode if opcode.name().is_none() || opcode.is_instrumented() => Reason::NotCompiled,
            _ => return None,
        })
    }

    /// How many values it takes off the stack and puts there, if it does not jump. Nothing if that is not known.
    pub fn effect(self) -> Option<(u32, u32)> {
        let generic = self.opcode.generic();
        let (popped, pushed) = (generic.popped(self.oparg)?, generic.pushed(self.oparg)?);
        // The one whose work it does too takes what it would have put there.
        Some((popped, pushed - u32::from(self.also.is_some())))
    }

    /// Where it leads to without raising.
    pub fn flow(self) -> Result<Flow, Refusal> {
        let malformed = Refusal::Malformed {
            offset: self.offset,
        };
        let forward = |extra: u32| {
            self.next
                .checked_add(self.oparg)
                .and_then(|target| target.checked_add(extra))
                .ok_or(malformed)
        };
        if self.leaves().is_some() {
            return Ok(Flow::End);
        }
        Ok(match self.opcode.generic() {
            Opcode::RETURN_VALUE
            | Opcode::RETURN_CONST
            | Opcode::YIELD_VALUE
            | Opcode::RAISE_VARARGS
            | Opcode::RERAISE => Flow::End,
            Opcode::JUMP_FORWARD => Flow::Jump(forward(0)?),
            Opcode::JUMP_BACKWARD | Opcode::JUMP_BACKWARD_NO_INTERRUPT => {
                Flow::Jump(self.next.checked_sub(self.oparg).ok_or(malformed)?)
            }
            Opcode::POP_JUMP_IF_FALSE
            | Opcode::POP_JUMP_IF_TRUE
            | Opcode::POP_JUMP_IF_NONE
            | Opcode::POP_JUMP_IF_NOT_NONE => Flow::Branch(forward(0)?),
            // The end of a loop skips the END_FOR and POP_TOP that the compiler puts there.
            Opcode::FOR_ITER => Flow::Branch(forward(2)?),
            Opcode::SEND => Flow::Branch(forward(0)?),
            _ => Flow::Next,
        })
    }
}

/// Who handles what an instruction raises, if that was seen to happen often.
fn handler(body: &Body, offset: u32, opcode_at: u32) -> Option<Handler> {
    let raises = body.failures.iter().any(|failure| {
        failure.reason == Reason::Raised && (offset..=opcode_at).contains(&failure.offset)
    });
    covering(body, opcode_at).filter(|_| raises)
}

/// Who handles what an instruction raises.
fn covering(body: &Body, at: u32) -> Option<Handler> {
    let covers = |handler: &&Handler| (handler.start..handler.end).contains(&at);
    body.handlers.iter().find(covers).copied()
}

/// An index of units as the offset it is.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("the size of code was checked")
}
