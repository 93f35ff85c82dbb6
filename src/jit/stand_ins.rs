//! Python functions that do what functions of C do. Where machine code calls one that goes over a generator, the call of the function
//! that stands in for it is inlined, and the generator's code in that; where it runs an operator whose operand has a method of Python for
//! it, the method's code in that of the operator's.
//!
//! Nobody sees them. Their frames, which are in memory only while machine code wants others to see frames, or has left to the
//! evaluator, belong to C ([`Owner::C_STACK`](crate::frame::Owner::C_STACK)): who looks at frames passes them by, no tool is told of what they do, and they do not
//! count as calls of Python. They are never compiled by themselves.
use super::registry::registry;
use super::snapshot::items;
use crate::bytecode::Opcode;
use crate::bytecode::unit::units;
use crate::eval::operators::after_first_method;
use crate::ffi;
use crate::field;
use crate::object::rows::method;
use crate::object::singletons::not_implemented;
use crate::object::static_type::Rows;
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::type_slot;
use core::ffi::{CStr, c_int};
use core::ptr::null_mut;
use pyroxene_jit_api::{Function, Wanted};

/// Their text.
const SOURCE: &str = concat!(include_str!("stand_ins.py"), "\0");

/// The functions.
#[derive(Default)]
pub(super) struct StandIns {
    /// For functions of C that go over something.
    functions: Vec<(Function, Owned<ffi::PyFunctionObject>)>,
    /// For operators and comparisons.
    operators: Vec<(Wanted, Owned<ffi::PyFunctionObject>)>,
    /// What does [the rest](after_first_method) for them.
    rest: Option<Owned>,
}

/// Makes them, unless they are there. Runs no other code than that of watchers of code and functions, who are told of them: the
/// collector rests meanwhile. Without memory there are none.
pub(super) fn prepare() {
    if registry().stand_ins.rest.is_some() {
        return;
    }
    // SAFETY: the thread runs this, and so it does below.
    let (collects, pending) =
        unsafe { (ffi::PyGC_Disable() != 0, ffi::PyErr_GetRaisedException()) };
    match make() {
        Ok(made) => registry().stand_ins = made,
        Err(raised) => raised.clear(),
    }
    // SAFETY: as above.
    unsafe {
        ffi::PyErr_SetRaisedException(pending);
        if collects {
            ffi::PyGC_Enable();
        }
    }
}

/// What stands in for a function, which lives as long as the interpreter is not about to end.
pub(super) fn find(function: Function) -> Option<Borrowed<'static, ffi::PyFunctionObject>> {
    let registry = registry();
    let mut known = registry.stand_ins.functions.iter();
    let (_, found) = known.find(|(known, _)| *known == function)?;
    // SAFETY: the table keeps it.
    Some(unsafe { Borrowed::from_raw_unchecked(found.as_ptr()) })
}

/// What stands in for operators of which something is wanted, and what does the rest for it, both of which live as long.
pub(super) fn operator(
    wanted: Wanted,
) -> Option<(Borrowed<'static, ffi::PyFunctionObject>, Borrowed<'static>)> {
    let registry = registry();
    let rest = registry.stand_ins.rest.as_ref()?;
    let mut known = registry.stand_ins.operators.iter();
    let (_, function) = known.find(|(known, _)| *known == wanted)?;
    // SAFETY: the table keeps them.
    Some(unsafe {
        (
            Borrowed::from_raw_unchecked(function.as_ptr()),
            Borrowed::from_raw_unchecked(rest.as_ptr()),
        )
    })
}

fn make() -> Result<StandIns, Raised> {
    let source = CStr::from_bytes_with_nul(SOURCE.as_bytes()).expect("the text has one NUL");
    let module = compile(source)?;
    // SAFETY: a new reference, or NULL with an exception.
    let globals = unsafe { Owned::<ffi::PyObject>::from_c(ffi::PyDict_New())? };
    let code_of_module = module.borrow();
    // What is made before something fails goes as all of it does at the end.
    let mut made = StandIns::default();
    for constant in items(field!(code_of_module.co_consts)) {
        if !constant.is_exactly(&raw const ffi::PyCode_Type) {
            continue;
        }
        // SAFETY: as just seen.
        let code =
            unsafe { Borrowed::<ffi::PyCodeObject>::from_raw_unchecked(constant.as_ptr().cast()) };
        let name = super::snapshot::qualified_name(code);
        if let Some(&(_, wanted)) = OPERATORS.iter().find(|(known, _)| *known == name) {
            let new = new_function(code, globals.borrow())?;
            made.operators.push((wanted, new));
            continue;
        }
        let named = |function: &&Function| function.goes_over() && function.name().1 == name;
        if let Some(&function) = Function::ALL.iter().find(named) {
            let new = new_function(code, globals.borrow())?;
            made.functions.push((function, new));
        }
    }
    made.rest = Some(new_rest()?);
    Ok(made)
}

/// A function of some code, which is hidden. It has the version by which machine code knows it, and the collector need not know it: it
/// refers to nothing that refers to it.
fn new_function(
    code: Borrowed<'_, ffi::PyCodeObject>,
    globals: Borrowed<'_>,
) -> Result<Owned<ffi::PyFunctionObject>, Raised> {
    hide(code)?;
    // SAFETY: code and a dictionary; a new function, or NULL with an exception.
    unsafe {
        let new = Owned::<ffi::PyFunctionObject>::from_c(
            ffi::PyFunction_New(code.as_ptr().cast(), globals.as_ptr()).cast(),
        )?;
        ffi::_PyFunction_SetVersion(new.as_ptr(), field!(code.co_version));
        ffi::PyObject_GC_UnTrack(new.as_ptr().cast());
        Ok(new)
    }
}

/// The function of C that does for operators [what is left to do](after_first_method). The collector need not know it, either.
fn new_rest() -> Result<Owned, Raised> {
    // SAFETY: the definition is static; a new function, or NULL with an exception, which has `NotImplemented` as its `self`.
    unsafe {
        let new = Owned::from_c(ffi::PyCMethod_New(
            REST.as_ptr(),
            not_implemented().as_ptr(),
            null_mut(),
            null_mut(),
        ))?;
        ffi::PyObject_GC_UnTrack(new.as_ptr().cast());
        Ok(new)
    }
}

static REST: Rows<ffi::PyMethodDef, 1> = Rows::<ffi::PyMethodDef, _>::new([method(
    c"rest",
    type_slot!(fast ffi::PyObject, rest),
    ffi::METH_FASTCALL,
    None,
)]);

/// `rest(left, right, number)`, which only the stand-in calls.
fn rest(_refusal: Borrowed<'_>, operands: &[Borrowed<'_>]) -> Result<Owned, Raised> {
    let &[left, right, number] = operands else {
        return Err(raise(
            exception::TypeError,
            c"there are two operands and a number",
        ));
    };
    let number = number.small_int().expect("the number of an operator");
    after_first_method(left, right, number as u32)
}

/// The code of a module. Auditing hooks are not told, as they are where the program compiles something: they are Python code.
fn compile(source: &CStr) -> Result<Owned<ffi::PyCodeObject>, Raised> {
    /// Takes the memory of the syntax tree back.
    struct Arena(*mut ffi::PyArena);

    impl Drop for Arena {
        fn drop(&mut self) {
            // SAFETY: it was made by `_PyArena_New`, and nothing of it is used any more.
            unsafe { ffi::_PyArena_Free(self.0) }
        }
    }

    // SAFETY: strings of C; what is made is a new reference or NULL with an exception, and the tree lives as long as the arena.
    unsafe {
        let name: Owned = Owned::from_c(ffi::PyUnicode_FromString(c"<built-in>".as_ptr()))?;
        let arena = Arena(ffi::_PyArena_New());
        if arena.0.is_null() {
            core::mem::forget(arena);
            return Err(Raised::on_c_word());
        }
        let mut flags = ffi::PyCompilerFlags {
            cf_flags: 0,
            cf_feature_version: ffi::PY_MINOR_VERSION as c_int,
        };
        let name = name.borrow().as_ptr();
        let tree = ffi::_PyPegen_run_parser_from_string(
            source.as_ptr(),
            ffi::Py_file_input as c_int,
            name,
            &raw mut flags,
            arena.0,
        );
        if tree.is_null() {
            return Err(Raised::on_c_word());
        }
        Owned::from_c(ffi::_PyAST_Compile(
            tree,
            name,
            &raw mut flags,
            OPTIMIZED,
            arena.0,
        ))
    }
}

/// What stands in for operators, as the text calls it.
const OPERATORS: [(&str, Wanted); 2] = [("operator", Wanted::Result), ("truth", Wanted::Truth)];

/// As with `-OO`: without docstrings.
const OPTIMIZED: c_int = 2;

/// Has tools pass the code by, and exceptions leave it at once. What the iterable has given is in no variable but on the stack
/// only: it goes where the function of C lets go of it, before the iterable goes on or ends.
fn hide(code: Borrowed<'_, ffi::PyCodeObject>) -> Result<(), Raised> {
    // SAFETY: the code is new, and nothing has run it: its members and instructions may change. An empty string of bytes handles
    // nothing.
    unsafe {
        let nothing = Owned::from_c(ffi::PyBytes_FromStringAndSize(null_mut(), 0))?;
        drop(Owned::exchange(
            &raw mut (*code.as_ptr()).co_exceptiontable,
            Some(nothing),
        ));
        (*code.as_ptr())._co_firsttraceable = code.unit_count() as c_int;
        (*code.as_ptr()).co_flags |= ffi::CO_NO_MONITORING_EVENTS as c_int;
    }
    let units = units(code);
    let mut index = 0;
    while let Some(unit) = units.get(index) {
        let (opcode, operand) = (unit.opcode.get(), unit.oparg());
        match (opcode, units.get(index + 1)) {
            (Opcode::STORE_FAST_LOAD_FAST, _) if operand >> 4 == operand & 15 => {
                unit.opcode.set(Opcode::NOP);
            }
            (Opcode::STORE_FAST, Some(next))
                if next.opcode.get() == Opcode::LOAD_FAST && next.oparg() == operand =>
            {
                unit.opcode.set(Opcode::NOP);
                next.opcode.set(Opcode::NOP);
            }
            _ => {}
        }
        index += 1 + opcode.caches();
    }
    Ok(())
}

impl Drop for StandIns {
    fn drop(&mut self) {
        let operators = self.operators.iter().map(|(_, function)| function);
        for function in self.functions.iter().map(|(_, new)| new).chain(operators) {
            // SAFETY: a function whose end is to come, which takes it from the collector's list again.
            unsafe { ffi::PyObject_GC_Track(function.as_ptr().cast()) };
        }
    }
}
