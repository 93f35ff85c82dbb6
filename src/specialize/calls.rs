//! `CALL`. Reads the callable; writes the instruction's cache and, for a class, its `_spec_cache`.
use crate::bytecode::Opcode;
use crate::bytecode::cache::Call;
use crate::ffi::{
    self, PyCFunctionObject, PyMethodDescrObject, PyMethodObject, PyTypeObject, callable_cache,
};
use crate::object::{Borrowed, plain};
use crate::specialize::Site;
use crate::specialize::descriptors::{self, find};
use crate::specialize::functions::{self, Function, Parameters};
use crate::thread::ThreadState;
use crate::{field, static_id};
use core::ffi::c_int;
use core::ptr::fn_addr_eq;

/// Specialises a call with so many arguments, the bound `self` among them (specialize.c `_Py_Specialize_Call`).
pub fn call(site: Site<'_, Call>, callable: Borrowed<'_>, arguments: c_int) {
    site.settle(choose(site, callable, arguments));
}

fn choose(site: Site<'_, Call>, callable: Borrowed<'_>, arguments: c_int) -> Option<Opcode> {
    if let Some(builtin) = callable.downcast_exact::<PyCFunctionObject>() {
        choose_builtin(builtin, arguments)
    } else if let Some(function) = callable.downcast() {
        choose_function(site, function, arguments, Binding::Free)
    } else if let Some(class) = callable.downcast::<PyTypeObject>() {
        choose_class(site, class, arguments)
    } else if let Some(method) = callable.downcast::<PyMethodDescrObject>() {
        choose_method_descriptor(site, method, arguments)
    } else if let Some(method) = callable.downcast::<PyMethodObject>() {
        // SAFETY: a method keeps its function.
        let function = unsafe { Borrowed::from_raw_unchecked(field!(method.im_func)) };
        choose_function(site, function.downcast()?, arguments, Binding::Bound)
    } else {
        Some(Opcode::CALL_NON_PY_GENERAL)
    }
}

/// Whether a Python function comes with its first argument.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Binding {
    Free,
    Bound,
}

/// specialize.c `specialize_py_call`.
fn choose_function(
    site: Site<'_, Call>,
    function: Function<'_>,
    arguments: c_int,
    binding: Binding,
) -> Option<Opcode> {
    let parameters = Parameters::of(function);
    if !functions::run_here() || parameters == Parameters::NotOptimized {
        return None;
    }
    site.cache().version.set(functions::version(function)?);
    let is_exact =
        parameters == Parameters::Simple(arguments + c_int::from(binding == Binding::Bound));
    Some(match (binding, is_exact) {
        (Binding::Free, true) => Opcode::CALL_PY_EXACT_ARGS,
        (Binding::Free, false) => Opcode::CALL_PY_GENERAL,
        (Binding::Bound, true) => Opcode::CALL_BOUND_METHOD_EXACT_ARGS,
        (Binding::Bound, false) => Opcode::CALL_BOUND_METHOD_GENERAL,
    })
}

/// How a function in C takes its arguments.
enum Convention {
    NoArguments,
    One,
    Fast,
    FastWithKeywords,
    Other,
}

impl Convention {
    /// Of the flags `METH_…`, of which some say other things.
    fn of(flags: c_int) -> Self {
        const CONVENTION: u32 = ffi::METH_VARARGS
            | ffi::METH_FASTCALL
            | ffi::METH_NOARGS
            | ffi::METH_O
            | ffi::METH_KEYWORDS
            | ffi::METH_METHOD;
        const FAST_WITH_KEYWORDS: u32 = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
        match flags.cast_unsigned() & CONVENTION {
            ffi::METH_NOARGS => Self::NoArguments,
            ffi::METH_O => Self::One,
            ffi::METH_FASTCALL => Self::Fast,
            FAST_WITH_KEYWORDS => Self::FastWithKeywords,
            _ => Self::Other,
        }
    }
}

/// The functions for which there are instructions of their own.
fn known_functions() -> callable_cache {
    // SAFETY: the running thread's interpreter is alive.
    unsafe { (*ThreadState::current().interpreter()).callable_cache }
}

/// specialize.c `specialize_c_call`.
fn choose_builtin(builtin: Borrowed<'_, PyCFunctionObject>, arguments: c_int) -> Option<Opcode> {
    // SAFETY: a built-in function's definition lives as long as the function.
    let definition = unsafe { *field!(builtin.m_ml) };
    definition.ml_meth?;
    match Convention::of(definition.ml_flags) {
        Convention::One if arguments != 1 => None,
        Convention::One if builtin.is_at(known_functions().len) => Some(Opcode::CALL_LEN),
        Convention::One => Some(Opcode::CALL_BUILTIN_O),
        Convention::Fast if arguments == 2 && builtin.is_at(known_functions().isinstance) => {
            Some(Opcode::CALL_ISINSTANCE)
        }
        Convention::Fast => Some(Opcode::CALL_BUILTIN_FAST),
        Convention::FastWithKeywords => Some(Opcode::CALL_BUILTIN_FAST_WITH_KEYWORDS),
        Convention::NoArguments | Convention::Other => Some(Opcode::CALL_NON_PY_GENERAL),
    }
}

/// specialize.c `specialize_method_descriptor`.
fn choose_method_descriptor(
    site: Site<'_, Call>,
    method: Borrowed<'_, PyMethodDescrObject>,
    arguments: c_int,
) -> Option<Opcode> {
    // SAFETY: a descriptor keeps its class, and with it its definition.
    let definition = unsafe { *field!(method.d_method) };
    match Convention::of(definition.ml_flags) {
        Convention::NoArguments => {
            (arguments == 1).then_some(Opcode::CALL_METHOD_DESCRIPTOR_NOARGS)
        }
        Convention::One if arguments != 2 => None,
        Convention::One
            if method.is_at(known_functions().list_append)
                && site.oparg() == 1
                && site.next().opcode == Opcode::POP_TOP =>
        {
            Some(Opcode::CALL_LIST_APPEND)
        }
        Convention::One => Some(Opcode::CALL_METHOD_DESCRIPTOR_O),
        Convention::Fast => Some(Opcode::CALL_METHOD_DESCRIPTOR_FAST),
        Convention::FastWithKeywords => Some(Opcode::CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS),
        Convention::Other => Some(Opcode::CALL_NON_PY_GENERAL),
    }
}

/// specialize.c `specialize_class_call`.
fn choose_class(
    site: Site<'_, Call>,
    class: Borrowed<'_, PyTypeObject>,
    arguments: c_int,
) -> Option<Opcode> {
    if class.has_feature(ffi::Py_TPFLAGS_IMMUTABLETYPE) {
        if arguments == 1 && site.oparg() == 1 {
            let of_one_argument = [
                (&raw const ffi::PyUnicode_Type, Opcode::CALL_STR_1),
                (&raw const ffi::PyType_Type, Opcode::CALL_TYPE_1),
                (&raw const ffi::PyTuple_Type, Opcode::CALL_TUPLE_1),
            ];
            for (address, opcode) in of_one_argument {
                if class.is_at(address) {
                    return Some(opcode);
                }
            }
        }
        return field!(class.tp_vectorcall).map(|_| Opcode::CALL_BUILTIN_CLASS);
    }
    if is_plain(class) {
        plain::learn();
        let init = init_of_plain(class);
        let version = descriptors::version(class)?;
        if let Some(parameters) = init {
            if parameters != Parameters::Simple(arguments + 1) {
                return None;
            }
            site.cache().version.set(version);
            return Some(Opcode::CALL_ALLOC_AND_ENTER_INIT);
        }
    }
    Some(Opcode::CALL_NON_PY_GENERAL)
}

/// Whether a class makes its instances as `object` does.
fn is_plain(class: Borrowed<'_, PyTypeObject>) -> bool {
    // SAFETY: `object` is a static type.
    let object = unsafe { Borrowed::from_static(&raw mut ffi::PyBaseObject_Type) };
    class.is_exactly(&raw const ffi::PyType_Type)
        && same_new(field!(class.tp_new), field!(object.tp_new))
}

fn same_new(one: ffi::newfunc, other: ffi::newfunc) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => fn_addr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// How the `__init__` of a class takes its arguments, if it is one in Python that can be entered without a call, after
/// nothing but an allocation. The class then remembers it
/// (specialize.c `get_init_for_simple_managed_python_class`).
fn init_of_plain(class: Borrowed<'_, PyTypeObject>) -> Option<Parameters> {
    let allocates_plainly = field!(class.tp_alloc).is_some_and(|alloc| {
        fn_addr_eq(
            alloc,
            ffi::PyType_GenericAlloc as unsafe extern "C" fn(_, _) -> _,
        )
    });
    if !allocates_plainly || !class.has_feature(ffi::Py_TPFLAGS_INLINE_VALUES) {
        return None;
    }
    let heap_type = class.as_heap_type()?;
    let init: Function<'_> = find(class, static_id!(_py___init__))?.downcast()?;
    let parameters = Parameters::of(init);
    if !matches!(parameters, Parameters::Simple(_)) {
        return None;
    }
    // SAFETY: a live class; its cache borrows the function, and `PyType_Modified` empties it before the class lets go.
    unsafe { (*heap_type.as_ptr())._spec_cache.init = init.as_ptr().cast() };
    Some(parameters)
}
