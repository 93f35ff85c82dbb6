//! Specialised instructions that enter a Python function: calls of functions, methods and classes, and what finds a function
//! behind a subscript or an attribute.
//!
//! They know the function by its version, so that it need not be looked at again. Where the arguments fit its parameters one
//! by one, they become the locals of the new frame as they are.
use super::call;
use crate::bytecode::Opcode;
use crate::bytecode::cache::{Call, LoadAttr};
use crate::eval::data_stack;
use crate::eval::flow::{Flow, Leave};
use crate::eval::machine::Machine;
use crate::eval::recursion;
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, exception};
use crate::raise_format;
use core::ffi::c_int;

/// `CALL_PY_EXACT_ARGS`: of a function with as many parameters as there are arguments, and no others.
#[inline(always)]
pub(in crate::eval) fn call_py_exact_args(m: &mut Machine) -> Flow {
    m.guard(m.keeps_frames(), Opcode::CALL)?;
    enter_exactly(m)
}

/// `CALL_BOUND_METHOD_EXACT_ARGS`: the same of a bound method.
#[inline(always)]
pub(in crate::eval) fn call_bound_method_exact_args(m: &mut Machine) -> Flow {
    m.guard(m.keeps_frames(), Opcode::CALL)?;
    let Some(method) = m.bound_method() else {
        return m.run_instead(Opcode::CALL);
    };
    // SAFETY: it is what is called. The generic instruction knows function and self too, if the checks fail below.
    unsafe { m.unbind(method) };
    enter_exactly(m)
}

/// `CALL_PY_GENERAL`: of a function with whatever parameters.
#[inline(always)]
pub(in crate::eval) fn call_py_general(m: &mut Machine) -> Flow {
    m.guard(m.keeps_frames(), Opcode::CALL)?;
    let callable = m.callable().as_ptr();
    guard_version(m, callable)?;
    enter_generally(m)
}

/// `CALL_BOUND_METHOD_GENERAL`: the same of a bound method.
#[inline(always)]
pub(in crate::eval) fn call_bound_method_general(m: &mut Machine) -> Flow {
    m.guard(m.keeps_frames(), Opcode::CALL)?;
    let Some(method) = m.bound_method() else {
        return m.run_instead(Opcode::CALL);
    };
    // SAFETY: it is what is called, and has a function.
    unsafe {
        guard_version(m, (*method).im_func)?;
        m.unbind(method);
    }
    enter_generally(m)
}

/// Enters the function that is called if it is the known one and its parameters are the arguments.
#[inline(always)]
fn enter_exactly(m: &mut Machine) -> Flow {
    let callable = m.callable().as_ptr();
    let function = guard_version(m, callable)?;
    let count = m.argument_count();
    // SAFETY: the function has code. The new frame, for which there is space, takes the operands from the stack.
    unsafe {
        let code = (*function).func_code.cast::<ffi::PyCodeObject>();
        m.guard((*code).co_argcount as usize == count, Opcode::CALL)?;
        guard_space(m, (*code).co_framesize, Opcode::CALL)?;
        m.guard(recursion::has_python(m.thread(), 1), Opcode::CALL)?;
        let frame =
            data_stack::push_unchecked(m.thread(), Owned::from_raw_unchecked(function), count);
        move_arguments(m.top(count), ffi::_PyFrame_GetLocalsArray(frame), count);
        m.forget(m.operand() + 2);
        m.enter_unchecked(frame, m.return_offset())
    }
}

/// Enters the function that is called, whose parameters may have defaults, names, or take any number of arguments.
#[inline(always)]
fn enter_generally(m: &mut Machine) -> Flow {
    let frame = call::push(m, None)?;
    // SAFETY: the frame is new and ready to run.
    unsafe { m.enter_unchecked(frame, m.return_offset()) }
}

/// Goes on only if this is the function that the specialiser saw.
#[inline(always)]
fn guard_version(
    m: &mut Machine,
    callable: *mut ffi::PyObject,
) -> Result<*mut ffi::PyFunctionObject, Leave> {
    let known = m.cache::<Call>().version.get();
    // SAFETY: an operand, or what one refers to, which nobody drops meanwhile.
    let is_function = unsafe {
        Borrowed::from_raw_unchecked(callable).is_exactly(&raw const ffi::PyFunction_Type)
    };
    m.guard(is_function, Opcode::CALL)?;
    let function = callable.cast::<ffi::PyFunctionObject>();
    // SAFETY: a function, as just checked.
    let version = unsafe { (*function).func_version };
    m.guard(version == known, Opcode::CALL)?;
    Ok(function)
}

/// Goes on only if a frame of this size fits into the chunk of the data stack at hand.
#[inline(always)]
fn guard_space(m: &mut Machine, size: c_int, generic: Opcode) -> Flow {
    // SAFETY: the thread state is alive, and ours.
    let fits = unsafe { data_stack::has_space(m.thread(), size) };
    m.guard(fits, generic)
}

/// Moves arguments to the locals of a new frame.
///
/// # Safety
/// There are as many at `from`, which forgets them, and room at `to`, which is another place.
#[inline(always)]
unsafe fn move_arguments(from: *mut *mut ffi::PyObject, to: *mut *mut ffi::PyObject, count: usize) {
    for index in 0..count {
        // SAFETY: as the caller promises. One by one, because a few words are not worth the call of a function.
        unsafe { *to.add(index) = *from.add(index) };
    }
}

/// `CALL_ALLOC_AND_ENTER_INIT`: of a class that makes its instances in the usual way and has an `__init__` in Python with as
/// many parameters as there are arguments, and `self`.
///
/// Between this frame and that of `__init__` comes one that returns the instance in the place of the `None`: its code is
/// the instructions [`exit_init_check`] and `RETURN_VALUE`.
#[inline(always)]
pub(in crate::eval) fn call_alloc_and_enter_init(m: &mut Machine) -> Flow {
    let count = m.operand();
    let known = m.cache::<Call>().version.get();
    let has_self = m.peek_optional(count + 1).is_some();
    m.guard(!has_self, Opcode::CALL)?;
    let is_class = m
        .callable()
        .type_of()
        .has_feature(ffi::Py_TPFLAGS_TYPE_SUBCLASS);
    m.guard(is_class, Opcode::CALL)?;
    let class = m.callable().as_ptr().cast::<ffi::PyTypeObject>();
    let shim_code = (&raw const ffi::_Py_InitCleanup).cast_mut();
    // SAFETY: a class, as just checked. One that has the version is of the heap, and has the `__init__` that the specialiser
    // put there. The two new frames, for which there is space, take the operands from the stack.
    unsafe {
        m.guard((*class).tp_version_tag == known, Opcode::CALL)?;
        let init = (*class.cast::<ffi::PyHeapTypeObject>())
            ._spec_cache
            .init
            .cast::<ffi::PyFunctionObject>();
        let code = (*init).func_code.cast::<ffi::PyCodeObject>();
        m.guard((*code).co_argcount as usize == count + 1, Opcode::CALL)?;
        m.guard(has_plain_parameters(code), Opcode::CALL)?;
        let size = (*code).co_framesize + (*shim_code).co_framesize;
        guard_space(m, size, Opcode::CALL)?;
        let instance = Owned::from_c(ffi::_PyType_NewManagedObject(class))?;
        drop(m.take_callable());
        let shim = data_stack::push_init_cleanup(m.thread());
        *ffi::_PyFrame_GetLocalsArray(shim) = instance.borrow().new_ref().into_raw();
        let init = Borrowed::from_raw_unchecked(init).new_ref();
        let frame = data_stack::push_unchecked(m.thread(), init, count + 1);
        let locals = ffi::_PyFrame_GetLocalsArray(frame);
        *locals = instance.into_raw();
        move_arguments(m.top(count), locals.add(1), count);
        m.forget(count + 2);
        let flow = m.enter(shim, m.return_offset());
        (*frame).previous = shim;
        m.switch_to(frame);
        // For the frame in between. That of `__init__` is counted, and checked, when it is entered.
        recursion::count_python(m.thread());
        flow
    }
}

/// Whether all parameters of a function are positional, one each.
///
/// # Safety
/// The code is alive.
#[inline(always)]
unsafe fn has_plain_parameters(code: *mut ffi::PyCodeObject) -> bool {
    const KINDS: u32 = ffi::CO_VARKEYWORDS | ffi::CO_VARARGS | ffi::CO_OPTIMIZED;
    // SAFETY: as the caller promises.
    unsafe {
        (*code).co_flags.cast_unsigned() & KINDS == ffi::CO_OPTIMIZED
            && (*code).co_kwonlyargcount == 0
    }
}

/// `EXIT_INIT_CHECK`: takes what `__init__` returned, which must be `None`.
#[inline(always)]
pub(in crate::eval) fn exit_init_check(m: &mut Machine) -> Flow {
    if !m.peek(1).is_none() {
        return Err(not_none(m.peek(1)).into());
    }
    drop(m.pop());
    Ok(())
}

#[cold]
#[inline(never)]
fn not_none(value: Borrowed<'_>) -> Raised {
    let class = value.type_of();
    // SAFETY: the format takes one C string.
    unsafe {
        raise_format!(
            exception::TypeError,
            c"__init__() should return None, not '%.200s'",
            class.name().as_ptr(),
        )
    }
}

/// `BINARY_SUBSCR_GETITEM`: `container[key]` where the container's class has a `__getitem__` in Python.
#[inline(always)]
pub(in crate::eval) fn binary_subscr_getitem(m: &mut Machine) -> Flow {
    m.guard(m.keeps_frames(), Opcode::BINARY_SUBSCR)?;
    let class = m.peek(2).type_of();
    let is_heap_type = class.has_feature(ffi::Py_TPFLAGS_HEAPTYPE);
    let class = class.as_ptr().cast::<ffi::PyHeapTypeObject>();
    m.guard(is_heap_type, Opcode::BINARY_SUBSCR)?;
    // SAFETY: a heap type, as just checked; the function there is alive as long as it has the version that stands beside it.
    unsafe {
        let function = (*class)._spec_cache.getitem.cast::<ffi::PyFunctionObject>();
        m.guard(!function.is_null(), Opcode::BINARY_SUBSCR)?;
        let same = (*function).func_version == (*class)._spec_cache.getitem_version;
        m.guard(same, Opcode::BINARY_SUBSCR)?;
        guard_space(m, frame_size(function), Opcode::BINARY_SUBSCR)?;
        let operands = [m.peek(2).as_ptr(), m.peek(1).as_ptr()];
        enter_known(m, function, operands, 2)
    }
}

/// `LOAD_ATTR_PROPERTY`: an attribute that a Python function computes.
#[inline(always)]
pub(in crate::eval) fn load_attr_property(m: &mut Machine) -> Flow {
    let function = guard_attribute_function(m)?;
    let owner = m.peek(1).as_ptr();
    // SAFETY: the function takes the owner; there is space for its frame.
    unsafe { enter_known(m, function, [owner], 1) }
}

/// `LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN`: an attribute of an instance whose class has a `__getattribute__` in Python.
#[inline(always)]
pub(in crate::eval) fn load_attr_getattribute_overridden(m: &mut Machine) -> Flow {
    let function = guard_attribute_function(m)?;
    let name = m.name(m.operand() >> 1).new_ref();
    let arguments = [m.peek(1).as_ptr(), name.into_raw()];
    // SAFETY: the function takes the owner and the name; there is space for its frame.
    unsafe { enter_known(m, function, arguments, 1) }
}

/// Goes on only if the owner's class and the function that finds the attribute are those which the specialiser saw, and there
/// is space for a frame of the function.
#[inline(always)]
fn guard_attribute_function(m: &mut Machine) -> Result<*mut ffi::PyFunctionObject, Leave> {
    m.guard(m.keeps_frames(), Opcode::LOAD_ATTR)?;
    let cache = m.cache::<LoadAttr>();
    m.guard_type_version(1, cache.type_version.get(), Opcode::LOAD_ATTR)?;
    let function = cache.found.get().cast::<ffi::PyFunctionObject>();
    // SAFETY: the class, which has its version, keeps the function. Its version is where others have that of keys.
    unsafe {
        let same = (*function).func_version == cache.keys_version.get();
        m.guard(same, Opcode::LOAD_ATTR)?;
        guard_space(m, frame_size(function), Opcode::LOAD_ATTR)?;
    }
    Ok(function)
}

/// The size of a frame of this function.
///
/// # Safety
/// It is alive.
#[inline(always)]
unsafe fn frame_size(function: *mut ffi::PyFunctionObject) -> c_int {
    // SAFETY: a function has its code.
    unsafe { (*(*function).func_code.cast::<ffi::PyCodeObject>()).co_framesize }
}

/// Enters a function with these arguments; the topmost `taken` entries of the stack are among them.
///
/// # Safety
/// The function is alive and takes so many arguments, one by one, whose references become the frame's; there is space for
/// the frame.
#[inline(always)]
unsafe fn enter_known<const COUNT: usize>(
    m: &mut Machine,
    function: *mut ffi::PyFunctionObject,
    arguments: [*mut ffi::PyObject; COUNT],
    taken: usize,
) -> Flow {
    // SAFETY: as the caller promises.
    unsafe {
        let function = Borrowed::from_raw_unchecked(function).new_ref();
        let frame = data_stack::push_unchecked(m.thread(), function, COUNT);
        let locals = ffi::_PyFrame_GetLocalsArray(frame);
        for (index, argument) in arguments.into_iter().enumerate() {
            *locals.add(index) = argument;
        }
        m.forget(taken);
        m.enter(frame, m.return_offset())
    }
}
