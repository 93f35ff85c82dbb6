//! How high the value stack is before each instruction, from the table of stack effects alone. It says where entries into
//! the middle of code find it, and checks what the builder does.
use crate::build::code::Code;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::Refusal;
use std::collections::BTreeMap;

/// The height of the stack before each instruction that is reached.
pub fn depths(code: &Code<'_>) -> Result<BTreeMap<u32, u32>, Refusal> {
    let mut begins = vec![(0, 0)];
    for handler in &code.body.handlers {
        // The exception, and before it its place if the handler wants that.
        let given = 1 + u32::from(handler.lasti);
        begins.push((handler.target, handler.level + given));
    }
    depths_from(code, begins)
}

/// The same of what is reached if nothing is raised.
pub fn depths_unless_raised(code: &Code<'_>) -> Result<BTreeMap<u32, u32>, Refusal> {
    depths_from(code, vec![(0, 0)])
}

/// The same of what is reached from these offsets, with the heights there.
fn depths_from(
    code: &Code<'_>,
    mut pending: Vec<(u32, u32)>,
) -> Result<BTreeMap<u32, u32>, Refusal> {
    let mut depths = BTreeMap::new();
    while let Some((offset, depth)) = pending.pop() {
        let malformed = Refusal::Malformed { offset };
        if let Some(known) = depths.insert(offset, depth) {
            if known != depth {
                return Err(malformed);
            }
            continue;
        }
        let instruction = code.at(offset)?;
        let (popped, pushed) = instruction.effect().ok_or(malformed)?;
        let after = depth.checked_sub(popped).ok_or(malformed)? + pushed;
        if after > code.body.stack_size {
            return Err(malformed);
        }
        let jumped = instruction.next.wrapping_add(instruction.oparg);
        match instruction.opcode.generic() {
            Opcode::RETURN_VALUE
            | Opcode::RETURN_CONST
            | Opcode::RAISE_VARARGS
            | Opcode::RERAISE
            | Opcode::INTERPRETER_EXIT => {}
            Opcode::JUMP_FORWARD => pending.push((jumped, after)),
            Opcode::JUMP_BACKWARD | Opcode::JUMP_BACKWARD_NO_INTERRUPT => {
                pending.push((instruction.next.wrapping_sub(instruction.oparg), after));
            }
            Opcode::POP_JUMP_IF_FALSE
            | Opcode::POP_JUMP_IF_TRUE
            | Opcode::POP_JUMP_IF_NONE
            | Opcode::POP_JUMP_IF_NOT_NONE
            | Opcode::SEND => pending.extend([(jumped, after), (instruction.next, after)]),
            // At its end the iterator is popped too, and the END_FOR and POP_TOP there are skipped.
            Opcode::FOR_ITER => {
                let ended = depth.checked_sub(1).ok_or(malformed)?;
                pending.extend([(jumped.wrapping_add(2), ended), (instruction.next, after)]);
            }
            _ => pending.push((instruction.next, after)),
        }
    }
    Ok(depths)
}
