//! Specialised calls of classes and functions of C, and of the few built-in functions whose work is done here.
use crate::bytecode::Opcode;
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::eval::recursion;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_status, lookup};
use crate::thread::ThreadState;
use core::mem::transmute;
use core::ptr::null_mut;

/// `CALL_TYPE_1`: `type(value)`.
#[inline(always)]
pub(in crate::eval) fn call_type_1(m: &mut Machine) -> Flow {
    guard_class_with_one_argument(m, &raw const ffi::PyType_Type)?;
    let value = m.pop();
    let class = value.borrow().type_of().upcast().new_ref();
    drop(value);
    // SAFETY: NULL, and a static type, which is not counted.
    unsafe { m.forget(2) };
    m.push(class);
    Ok(())
}

/// `CALL_STR_1`: `str(value)`.
#[inline(always)]
pub(in crate::eval) fn call_str_1(m: &mut Machine) -> Flow {
    convert(m, &raw const ffi::PyUnicode_Type, ffi::PyObject_Str)
}

/// `CALL_TUPLE_1`: `tuple(iterable)`.
#[inline(always)]
pub(in crate::eval) fn call_tuple_1(m: &mut Machine) -> Flow {
    convert(m, &raw const ffi::PyTuple_Type, ffi::PySequence_Tuple)
}

#[inline(always)]
fn convert(
    m: &mut Machine,
    class: *const ffi::PyTypeObject,
    function: unsafe extern "C" fn(*mut ffi::PyObject) -> *mut ffi::PyObject,
) -> Flow {
    guard_class_with_one_argument(m, class)?;
    let value = m.pop();
    // SAFETY: a live object; the result is new, or NULL with an exception.
    let result = unsafe { Owned::from_c(function(value.as_ptr())) };
    drop(value);
    // SAFETY: NULL, and a static type, which is not counted.
    unsafe { m.forget(2) };
    m.push(result?);
    m.check_eval_breaker()
}

/// Goes on only if this static type is called with one argument.
#[inline(always)]
fn guard_class_with_one_argument(m: &mut Machine, class: *const ffi::PyTypeObject) -> Flow {
    debug_assert_eq!(m.operand(), 1);
    let has_self = m.peek_optional(2).is_some();
    m.guard(!has_self, Opcode::CALL)?;
    let same = m.peek(3).is_at(class);
    m.guard(same, Opcode::CALL)
}

/// `CALL_BUILTIN_CLASS`: of a class that has a function for that.
#[inline(always)]
pub(in crate::eval) fn call_builtin_class(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    let class = m.callable();
    let is_class = class.type_of().has_feature(ffi::Py_TPFLAGS_TYPE_SUBCLASS);
    let class = class.as_ptr();
    m.guard(is_class, Opcode::CALL)?;
    // SAFETY: a class, as just checked.
    let Some(function) = (unsafe { (*class.cast::<ffi::PyTypeObject>()).tp_vectorcall }) else {
        return m.run_instead(Opcode::CALL);
    };
    // SAFETY: the class's function is called with the class and arguments; the result is new, or NULL with an exception.
    let result = unsafe { Owned::from_c(function(class, m.top(count), count, null_mut())) };
    m.end_call(count, result)
}

/// A function of a method definition, as what it is.
pub(in crate::eval) type Definition =
    unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject) -> *mut ffi::PyObject;

/// What `METH_FASTCALL` stands for.
pub(in crate::eval) type Fast = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    ffi::Py_ssize_t,
) -> *mut ffi::PyObject;

/// What `METH_FASTCALL | METH_KEYWORDS` stands for.
pub(in crate::eval) type FastWithKeywords = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    ffi::Py_ssize_t,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

/// The function of a definition whose flags are `METH_FASTCALL`.
///
/// # Safety
/// They are.
#[inline(always)]
pub(in crate::eval) unsafe fn fast(function: Definition) -> Fast {
    // SAFETY: the flags say that the function is of this type.
    unsafe { transmute::<Definition, Fast>(function) }
}

/// The function of a definition whose flags are `METH_FASTCALL | METH_KEYWORDS`.
///
/// # Safety
/// They are.
#[inline(always)]
pub(in crate::eval) unsafe fn fast_with_keywords(function: Definition) -> FastWithKeywords {
    // SAFETY: the flags say that the function is of this type.
    unsafe { transmute::<Definition, FastWithKeywords>(function) }
}

/// A function of C, and the first argument that it gets besides those of the call.
struct Builtin {
    function: Definition,
    of: *mut ffi::PyObject,
}

/// Goes on only if a function of C is called that takes its arguments in this way.
#[inline(always)]
fn guard_builtin(m: &mut Machine, convention: u32) -> Result<Builtin, Leave> {
    let callable = m.callable();
    let is_builtin = callable.is_exactly(&raw const ffi::PyCFunction_Type);
    let callable = callable.as_ptr().cast::<ffi::PyCFunctionObject>();
    m.guard(is_builtin, Opcode::CALL)?;
    // SAFETY: a function of C, as just checked, has its definition, with a function in it.
    unsafe {
        let definition = (*callable).m_ml;
        let same = (*definition).ml_flags.cast_unsigned() == convention;
        m.guard(same, Opcode::CALL)?;
        Ok(Builtin {
            function: (*definition).ml_meth.unwrap_unchecked(),
            of: (*callable).m_self,
        })
    }
}

/// `CALL_BUILTIN_O`: of a function of C that takes one argument.
#[inline(always)]
pub(in crate::eval) fn call_builtin_o(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    m.guard(count == 1, Opcode::CALL)?;
    let Builtin { function, of } = guard_builtin(m, ffi::METH_O)?;
    guard_c_stack(m)?;
    let argument = m.peek(1).as_ptr();
    // SAFETY: the function takes a live object; the result is new, or NULL with an exception.
    let result = deeper(m.thread(), || unsafe {
        Owned::from_c(function(of, argument))
    });
    m.end_call(1, result)
}

/// Goes on only if C may call one level deeper. Functions that are not reached by a `vectorcall` rely on such a check.
#[inline(always)]
pub(super) fn guard_c_stack(m: &mut Machine) -> Flow {
    // SAFETY: the thread state is alive, and ours.
    let has_room = unsafe { (*m.thread().as_ptr()).c_recursion_remaining > 0 };
    m.guard(has_room, Opcode::CALL)
}

/// Calls a function of C one level deeper.
#[inline(always)]
pub(in crate::eval) fn deeper(
    thread: ThreadState,
    call: impl FnOnce() -> Result<Owned, Raised>,
) -> Result<Owned, Raised> {
    recursion::count_c(thread, 1);
    let result = call();
    recursion::count_c(thread, -1);
    result
}

/// `CALL_BUILTIN_FAST`: of a function of C that takes an array of arguments.
#[inline(always)]
pub(in crate::eval) fn call_builtin_fast(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    let Builtin { function, of } = guard_builtin(m, ffi::METH_FASTCALL)?;
    // SAFETY: the function is of the type that its flags say; the result is new, or NULL with an exception.
    let result = unsafe {
        let function = fast(function);
        Owned::from_c(function(of, m.top(count), count.cast_signed()))
    };
    m.end_call(count, result)
}

/// `CALL_BUILTIN_FAST_WITH_KEYWORDS`: of a function of C that takes an array of arguments and names for the last of them.
#[inline(always)]
pub(in crate::eval) fn call_builtin_fast_with_keywords(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    let convention = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
    let Builtin { function, of } = guard_builtin(m, convention)?;
    // SAFETY: the function is of the type that its flags say; the result is new, or NULL with an exception.
    let result = unsafe {
        let function = fast_with_keywords(function);
        let arguments = m.top(count);
        Owned::from_c(function(of, arguments, count.cast_signed(), null_mut()))
    };
    m.end_call(count, result)
}

/// `CALL_LEN`: `len(container)`.
#[inline(always)]
pub(in crate::eval) fn call_len(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    m.guard(count == 1, Opcode::CALL)?;
    // SAFETY: the interpreter of the running thread is alive.
    let len = unsafe { (*m.thread().interpreter()).callable_cache.len };
    let same = m.callable().is_at(len);
    m.guard(same, Opcode::CALL)?;
    // SAFETY: a live object; the result is new, or NULL with an exception. Errors leave the operands to the handler.
    let result = unsafe {
        let length = ffi::PyObject_Length(m.peek(1).as_ptr());
        if length < 0 {
            return Err(Leave::Error);
        }
        Owned::from_c(ffi::PyLong_FromSsize_t(length))
    }?;
    // SAFETY: the stack forgets the callable below.
    drop(unsafe { m.take_callable() });
    m.drop_values(1);
    // SAFETY: what is left is the callable, just dropped, and NULL if the argument was not in its place.
    unsafe { m.forget(m.operand() + 1) };
    m.push(result);
    Ok(())
}

/// `CALL_ISINSTANCE`: `isinstance(object, class)`.
#[inline(always)]
pub(in crate::eval) fn call_isinstance(m: &mut Machine) -> Flow {
    let count = m.argument_count();
    m.guard(count == 2, Opcode::CALL)?;
    // SAFETY: the interpreter of the running thread is alive.
    let isinstance = unsafe { (*m.thread().interpreter()).callable_cache.isinstance };
    let same = m.callable().is_at(isinstance);
    m.guard(same, Opcode::CALL)?;
    let (object, class) = (m.peek(2), m.peek(1));
    // Errors leave the operands to the handler.
    let answer = lookup::is_instance(object, class)?;
    m.drop_operands(2);
    m.push_bool(answer);
    Ok(())
}

/// `CALL_LIST_APPEND`: `list.append(value)`, together with the `POP_TOP` that follows.
#[inline(always)]
pub(in crate::eval) fn call_list_append(m: &mut Machine) -> Flow {
    debug_assert_eq!(m.operand(), 1);
    // SAFETY: the interpreter of the running thread is alive.
    let list_append = unsafe { (*m.thread().interpreter()).callable_cache.list_append };
    let same = m.peek(3).is_at(list_append);
    m.guard(same, Opcode::CALL)?;
    let is_list = m.peek_optional(2).is_some_and(is_list);
    m.guard(is_list, Opcode::CALL)?;
    let value = m.pop();
    let list = m.peek(1).as_ptr().cast();
    // SAFETY: a list, as just checked; the value's reference is taken.
    unsafe { check_status(ffi::_PyList_AppendTakeRef(list, value.into_raw())) }?;
    drop(m.pop());
    drop(m.pop());
    m.jump(1);
    Ok(())
}

#[inline(always)]
pub(in crate::eval) fn is_list(object: Borrowed<'_>) -> bool {
    object.type_of().has_feature(ffi::Py_TPFLAGS_LIST_SUBCLASS)
}
