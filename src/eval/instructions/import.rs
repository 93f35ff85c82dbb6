//! `import`.
use crate::eval::flow::Flow;
use crate::eval::imports;
use crate::eval::machine::Machine;

/// `IMPORT_NAME(name)`: imports a module. The stack has the level, of a relative import, and the names that are wanted of it.
#[inline(always)]
pub(in crate::eval) fn import_name(m: &mut Machine) -> Flow {
    // SAFETY: the frame runs.
    let module = unsafe {
        let (names, level) = (m.peek(1), m.peek(2));
        imports::name(m.thread(), m.frame(), m.name(m.operand()), names, level)
    };
    m.drop_values(2);
    m.push(module?);
    Ok(())
}

/// `IMPORT_FROM(name)`: pushes what the module on top has under a name.
#[inline(always)]
pub(in crate::eval) fn import_from(m: &mut Machine) -> Flow {
    let value = imports::from(m.peek(1), m.name(m.operand()))?;
    m.push(value);
    Ok(())
}
