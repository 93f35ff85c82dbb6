//! Which locals are only calculated with: nobody but arithmetic, comparisons and subscripts ever reads them, so that nobody can
//! tell which of several equal numbers they hold.
use crate::build::code::{Code, Instruction};
use crate::build::flow::Blocks;
use crate::types::Type;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Class, Function, LocalKind, OPERANDS, Operand};

/// How a local is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Use {
    /// As something else than a number, or by somebody who is not known.
    other: bool,
    /// As a float.
    float: bool,
    /// As an int.
    int: bool,
}

/// How the locals are read.
pub struct Uses(Vec<Use>);

impl Uses {
    /// Looks at all blocks.
    pub fn new(code: &Code<'_>, blocks: &Blocks) -> Self {
        let locals = &code.body.locals;
        let plain = |kind| Use {
            other: kind != LocalKind::Plain,
            ..Use::default()
        };
        let mut uses = Self(locals.iter().map(|local| plain(local.kind)).collect());
        uses.exposed(code, blocks);
        for block in &blocks.order {
            // What is known of the values on the top of the stack: the locals they were loaded from.
            let mut stack: Vec<Option<u32>> = Vec::new();
            for &instruction in &block.instructions {
                uses.instruction(code, instruction, &mut stack);
            }
            for slot in stack {
                uses.note(slot, None);
            }
        }
        uses
    }

    /// What other code can look at while a loop runs would have to be made an object in each of its rounds: then it is better off
    /// as the one that it was.
    fn exposed(&mut self, code: &Code<'_>, blocks: &Blocks) {
        let order = &blocks.order;
        let exposes: Vec<bool> = order
            .iter()
            .map(|block| block.instructions.iter().any(|each| exposes(code, *each)))
            .collect();
        for (index, block) in order.iter().enumerate() {
            let loops = order
                .iter()
                .enumerate()
                .filter(|(_, header)| header.is_header);
            let loops = loops.map(|(start, header)| start..header.last_latch + 1);
            let innermost = loops
                .filter(|range| range.contains(&index))
                .min_by_key(ExactSizeIterator::len);
            let around = innermost.unwrap_or(0..order.len());
            if exposes[around].contains(&true) {
                for (slot, used) in self.0.iter_mut().enumerate() {
                    used.other |= block.written.contains(slot);
                }
            }
        }
    }

    /// As what a local is calculated with, if nothing else is done with it.
    pub fn number(&self, slot: u32) -> Option<Type> {
        match self.0[slot as usize] {
            Use {
                other: false,
                float: true,
                int: false,
            } => Some(Type::Float),
            Use {
                other: false,
                float: false,
                int: true,
            } => Some(Type::Int),
            Use { .. } => None,
        }
    }

    fn instruction(
        &mut self,
        code: &Code<'_>,
        instruction: Instruction,
        stack: &mut Vec<Option<u32>>,
    ) {
        let oparg = instruction.oparg;
        match instruction.opcode.generic() {
            Opcode::LOAD_FAST | Opcode::LOAD_FAST_CHECK => stack.push(Some(oparg)),
            Opcode::LOAD_FAST_LOAD_FAST => stack.extend([Some(oparg >> 4), Some(oparg & 15)]),
            Opcode::STORE_FAST_LOAD_FAST => {
                self.note(stack.pop().flatten(), None);
                stack.push(Some(oparg & 15));
            }
            Opcode::COPY => {
                let from = stack.len().checked_sub(oparg as usize);
                stack.push(from.and_then(|place| stack[place]));
            }
            Opcode::SWAP => {
                let top = stack.len().wrapping_sub(1);
                match stack.len().checked_sub(oparg as usize) {
                    Some(place) => stack.swap(top, place),
                    // It comes from a place that is not known, and what was on top goes there.
                    None => {
                        if let Some(top) = stack.last_mut() {
                            let slot = top.take();
                            self.note(slot, None);
                        }
                    }
                }
            }
            Opcode::LOAD_FAST_AND_CLEAR | Opcode::MAKE_CELL => self.note(Some(oparg), None),
            Opcode::POP_TOP => drop(stack.pop()),
            _ => {
                // There is an effect, or the depths would not have been found.
                let (popped, pushed) = instruction.effect().unwrap_or_default();
                let wanted = wanted(code, instruction);
                for index in (0..popped as usize).rev() {
                    let slot = stack.pop().flatten();
                    self.note(slot, wanted.get(index).copied().flatten());
                }
                stack.extend((0..pushed).map(|_| None));
            }
        }
    }

    /// Notes that a value that was loaded from a local is taken for a number, or for something else.
    fn note(&mut self, slot: Option<u32>, wanted: Option<Type>) {
        let Some(slot) = slot else { return };
        let used = &mut self.0[slot as usize];
        match wanted {
            Some(Type::Float) => used.float = true,
            Some(Type::Int) => used.int = true,
            Some(Type::Bool | Type::Object(_) | Type::Nothing) | None => used.other = true,
        }
    }
}

/// Whether other code runs in an instruction, as a rule, that can look at locals.
fn exposes(code: &Code<'_>, instruction: Instruction) -> bool {
    let met = || code.body.operands.get(&instruction.opcode_at);
    match instruction.opcode {
        Opcode::CALL_LEN | Opcode::CALL_LIST_APPEND => return false,
        Opcode::FOR_ITER_LIST | Opcode::FOR_ITER_TUPLE | Opcode::FOR_ITER_RANGE => return false,
        _ => {}
    }
    match instruction.opcode.generic() {
        Opcode::CALL => !met().is_some_and(|met| {
            let takes_numbers = |function: Function| !function.goes_over();
            let is_known = |met: &[Operand; OPERANDS]| met[0].function().is_some_and(takes_numbers);
            met.iter().all(is_known)
        }),
        Opcode::CALL_KW
        | Opcode::CALL_FUNCTION_EX
        | Opcode::FOR_ITER
        | Opcode::SEND
        | Opcode::YIELD_VALUE
        | Opcode::CONTAINS_OP => true,
        _ => false,
    }
}

/// For what an instruction takes each of its operands, if it takes them for numbers.
fn wanted(code: &Code<'_>, instruction: Instruction) -> [Option<Type>; OPERANDS] {
    let (float, int) = (Some(Type::Float), Some(Type::Int));
    let mut wanted = match instruction.opcode {
        Opcode::BINARY_OP_ADD_FLOAT
        | Opcode::BINARY_OP_MULTIPLY_FLOAT
        | Opcode::BINARY_OP_SUBTRACT_FLOAT
        | Opcode::COMPARE_OP_FLOAT => [float, float, None],
        Opcode::BINARY_OP_ADD_INT
        | Opcode::BINARY_OP_MULTIPLY_INT
        | Opcode::BINARY_OP_SUBTRACT_INT
        | Opcode::COMPARE_OP_INT => [int, int, None],
        Opcode::TO_BOOL_INT => [int, None, None],
        Opcode::BINARY_SUBSCR_LIST_INT | Opcode::BINARY_SUBSCR_TUPLE_INT => [None, int, None],
        Opcode::STORE_SUBSCR_LIST_INT => [None, None, int],
        Opcode::BINARY_OP | Opcode::BINARY_SUBSCR | Opcode::STORE_SUBSCR => {
            let met = code.body.operands.get(&instruction.opcode_at);
            match met.map(Vec::as_slice) {
                Some([only]) => wanted_of(instruction.opcode, *only),
                _ => [None; OPERANDS],
            }
        }
        _ => [None; OPERANDS],
    };
    // What was something else at times is left as it is.
    for met in code
        .body
        .operands
        .get(&instruction.opcode_at)
        .into_iter()
        .flatten()
    {
        for (wanted, met) in wanted.iter_mut().zip(met) {
            let is_other = |ty: &Type| number_of(*met).is_some_and(|number| number != *ty);
            *wanted = wanted.filter(|ty| !is_other(ty));
        }
    }
    wanted
}

/// The same for one that has met these operands only, and has no form of its own for them.
fn wanted_of(opcode: Opcode, met: [Operand; OPERANDS]) -> [Option<Type>; OPERANDS] {
    let [first, second, third] = met;
    match opcode {
        Opcode::BINARY_OP => match (number_of(first), number_of(second)) {
            (Some(left), Some(right)) => [Some(left), Some(right), None],
            _ => [None; OPERANDS],
        },
        Opcode::BINARY_SUBSCR if matches!(first, Operand::Array { .. }) => {
            [None, number_of(second), None]
        }
        Opcode::STORE_SUBSCR if matches!(second, Operand::Array { .. }) => {
            [number_of(first), None, number_of(third)]
        }
        _ => [None; OPERANDS],
    }
}

/// What kind of number an operand was, if it was one.
fn number_of(operand: Operand) -> Option<Type> {
    match operand {
        Operand::Class(Class::Float) => Some(Type::Float),
        Operand::Class(Class::Int) => Some(Type::Int),
        Operand::Class(_) | Operand::Array { .. } | Operand::Function { .. } => None,
    }
}
