//! What a code object says of itself: names, lines, instructions, locals.
use super::super::options;
use crate::bytecode::{Opcode, original};
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use pyroxene_jit_api::{Local, LocalKind, ObjectId, Unit};
use pyroxene_jit_log::Function;
use std::collections::BTreeMap;

/// The name by which people know some code.
pub(in crate::jit) fn qualified_name(code: Borrowed<'_, ffi::PyCodeObject>) -> String {
    text(field!(code.co_qualname))
}

/// A code object as people and logs name it.
pub(in crate::jit) fn function(code: Borrowed<'_, ffi::PyCodeObject>) -> Function {
    Function {
        file: text(field!(code.co_filename)),
        line: field!(code.co_firstlineno).cast_unsigned(),
        name: qualified_name(code),
    }
}

/// The text of a string.
pub(super) fn text(string: *mut ffi::PyObject) -> String {
    let mut size = 0;
    // SAFETY: code objects hold strings where this is used. NULL comes with an exception where a string is no text, which
    // is of no interest here; that which the program raises meanwhile is kept.
    unsafe {
        let pending = ffi::PyErr_GetRaisedException();
        let utf8 = ffi::PyUnicode_AsUTF8AndSize(string, &raw mut size);
        ffi::PyErr_SetRaisedException(pending);
        if utf8.is_null() {
            return String::from("?");
        }
        let bytes = core::slice::from_raw_parts(utf8.cast::<u8>(), size.cast_unsigned());
        String::from_utf8_lossy(bytes).into_owned()
    }
}

/// The items of a tuple of a code object.
pub(in crate::jit) fn items<'a>(tuple: *mut ffi::PyObject) -> impl Iterator<Item = Borrowed<'a>> {
    // SAFETY: the members that this is used with are tuples, which never change; the code object keeps them.
    let tuple: Borrowed<'a, ffi::PyTupleObject> =
        unsafe { Borrowed::from_raw_unchecked(tuple.cast()) };
    tuple.items().iter().copied()
}

/// Instructions and caches, with the original instructions where machine code is entered.
pub(super) fn units(code: Borrowed<'_, ffi::PyCodeObject>) -> Vec<Unit> {
    let mut found: Vec<Unit> = crate::bytecode::unit::units(code)
        .iter()
        .map(|unit| Unit {
            opcode: unit.opcode.get().number(),
            oparg: unit.oparg(),
        })
        .collect();
    let mut index = 0;
    while index < found.len() {
        let unit = original(code, index);
        found[index] = Unit {
            opcode: unit.opcode.number(),
            oparg: unit.oparg,
        };
        index += 1 + unit.opcode.caches();
    }
    found
}

/// The lines of the units, if somebody wants to know them.
pub(super) fn lines(code: Borrowed<'_, ffi::PyCodeObject>, units: usize) -> Vec<u32> {
    let line = |index| {
        let offset = index * size_of::<ffi::_Py_CODEUNIT>();
        let line = code.line_at(offset as core::ffi::c_int);
        line.unwrap_or_default().cast_unsigned()
    };
    match options::for_lines() {
        true => (0..units).map(line).collect(),
        false => Vec::new(),
    }
}

/// The whole argument of an instruction. What stands before it says whether it has a prefix only when read from the start:
/// in a cache there can be anything.
pub(super) fn argument(units: &[Unit], place: usize) -> usize {
    let (mut index, mut prefix) = (0, 0);
    while index < place {
        let opcode = Opcode::new(units[index].opcode);
        prefix = match opcode {
            Opcode::EXTENDED_ARG => (prefix | usize::from(units[index].oparg)) << 8,
            _ => 0,
        };
        index += 1 + opcode.caches();
    }
    prefix | usize::from(units[place].oparg)
}

pub(super) fn locals(code: Borrowed<'_, ffi::PyCodeObject>) -> Vec<Local> {
    code.variable_names()
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let kind = code.variable_kind(index);
            Local {
                name: text(name.as_ptr()),
                kind: if kind.is_free() {
                    LocalKind::Free
                } else if kind.is_cell() {
                    LocalKind::Cell
                } else {
                    LocalKind::Plain
                },
            }
        })
        .collect()
}

/// How many of the locals are arguments.
pub(super) fn arguments(code: Borrowed<'_, ffi::PyCodeObject>) -> u32 {
    let named = field!(code.co_argcount) + field!(code.co_kwonlyargcount);
    named.cast_unsigned()
        + u32::from(code.has_flag(ffi::CO_VARARGS))
        + u32::from(code.has_flag(ffi::CO_VARKEYWORDS))
}

/// The names in the constants by which calls name their arguments: the instruction before such a call loads them.
pub(super) fn keywords(
    code: Borrowed<'_, ffi::PyCodeObject>,
    units: &[Unit],
    constants: &[ObjectId],
) -> BTreeMap<ObjectId, Vec<String>> {
    let mut found = BTreeMap::new();
    let (mut index, mut loaded) = (0, None);
    while index < units.len() {
        let opcode = Opcode::new(units[index].opcode);
        match opcode {
            Opcode::LOAD_CONST => loaded = Some(argument(units, index)),
            Opcode::CALL_KW => {
                let names = loaded.and_then(|number| {
                    let names = items(field!(code.co_consts)).nth(number)?;
                    let names = names.downcast::<ffi::PyTupleObject>()?;
                    let names = names.items().iter().map(|name| text(name.as_ptr()));
                    Some((*constants.get(number)?, names.collect()))
                });
                found.extend(names);
            }
            Opcode::EXTENDED_ARG => {}
            _ => loaded = None,
        }
        index += 1 + opcode.caches();
    }
    found
}
