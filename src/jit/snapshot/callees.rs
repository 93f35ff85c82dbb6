//! The functions that a snapshot says machine code can call.
use super::code::{qualified_name, text};
use super::sites::Namespaces;
use crate::eval::resume;
use crate::ffi;
use crate::field;
use crate::jit::registry::registry;
use crate::object::Borrowed;
use core::ptr::null_mut;
use pyroxene_jit_api::{Callee, Parameter, Target};
use std::sync::Arc;

/// The functions that a snapshot says machine code can call.
#[derive(Default)]
pub(super) struct Callees<'a> {
    pub(super) list: Vec<Callee>,
    /// Of each, what its code is taken from if it is inlined.
    pub(super) found: Vec<FoundCallee<'a>>,
    /// How many calls there are between the callees that are found and the code.
    pub(super) depth: u32,
    /// Of each, the target that it names.
    pub(super) targets: Vec<Arc<Target>>,
}

/// A callee, for as long as nothing else runs.
#[derive(Clone, Copy)]
pub(super) struct FoundCallee<'a> {
    /// Its code.
    pub(super) code: Borrowed<'a, ffi::PyCodeObject>,
    /// Where that finds its variables: where the function does, if there still is one of the version. Functions of some code are
    /// made and dropped by who calls them, as a rule, and have his then; if not, no version in a cache is that of the names there.
    pub(super) namespaces: Namespaces<'a>,
    /// How many calls there are between it and the code.
    pub(super) depth: u32,
}

impl<'a> Callees<'a> {
    /// The function that has this version and is called by code with these namespaces, if machine code can call it.
    pub(super) fn add(&mut self, version: u32, namespaces: Namespaces<'a>) -> Option<u32> {
        if version == 0 {
            return None;
        }
        let known = self
            .list
            .iter()
            .position(|callee| callee.version == version);
        let index = known.or_else(|| {
            let mut code = null_mut();
            // SAFETY: the interpreter is the main one, as everywhere here. It gives a borrowed function, of which there may be
            // none, and borrowed code.
            unsafe {
                let function = ffi::_PyFunction_LookupByVersion(version, &raw mut code);
                let code = Borrowed::<ffi::PyCodeObject>::from_c_optional(code.cast())?;
                let function = Borrowed::from_c_optional(function);
                let namespaces = function.map_or(namespaces, Namespaces::of);
                self.add_code(version, code, function, namespaces)
            }
        })?;
        Some(index as u32)
    }

    pub(super) fn add_code(
        &mut self,
        version: u32,
        code: Borrowed<'a, ffi::PyCodeObject>,
        function: Option<Borrowed<'a, ffi::PyFunctionObject>>,
        namespaces: Namespaces<'a>,
    ) -> Option<usize> {
        let makes_generator = code.makes_generator();
        if !code.has_flag(ffi::CO_OPTIMIZED) || makes_generator && !resume::can_make(code) {
            return None;
        }
        let parameters = field!(code.co_argcount).cast_unsigned();
        let count = parameters + field!(code.co_kwonlyargcount).cast_unsigned();
        let names = code.variable_names().iter().take(count as usize);
        let names = names.enumerate().map(|(index, name)| Parameter {
            name: text(name.as_ptr()),
            address: name.as_ptr().addr(),
            default: function
                .filter(|_| index as u32 >= parameters)
                .and_then(|function| named_default(function, *name)),
        });
        let names = names.collect();
        let target = Arc::clone(&registry().record(code).target);
        self.list.push(Callee {
            name: qualified_name(code),
            version,
            target: Arc::as_ptr(&target).expose_provenance(),
            parameters,
            unnamed: field!(code.co_posonlyargcount).cast_unsigned(),
            defaults: function.map_or(0, count_defaults),
            names,
            takes_rest: code.has_flag(ffi::CO_VARARGS),
            takes_keywords: code.has_flag(ffi::CO_VARKEYWORDS),
            locals: field!(code.co_nlocalsplus).cast_unsigned(),
            frame_size: field!(code.co_framesize).cast_unsigned(),
            makes_generator,
            is_stand_in: false,
            body: None,
        });
        self.targets.push(target);
        self.found.push(FoundCallee {
            code,
            namespaces,
            depth: self.depth,
        });
        Some(self.list.len() - 1)
    }
}

/// How many defaults a function has for parameters that need not be named.
fn count_defaults(function: Borrowed<'_, ffi::PyFunctionObject>) -> u32 {
    let defaults = field!(function.func_defaults);
    if defaults.is_null() {
        return 0;
    }
    // SAFETY: they are a tuple.
    unsafe { ffi::Py_SIZE(defaults) as u32 }
}

/// The entry of a function's defaults for parameters that can only be named which has this name for its key.
fn named_default(function: Borrowed<'_, ffi::PyFunctionObject>, name: Borrowed<'_>) -> Option<u16> {
    // SAFETY: they are NULL or a dict, which has its keys; keys that are all strings have entries of this kind.
    unsafe {
        let defaults =
            Borrowed::<ffi::PyObject>::from_c_optional(field!(function.func_kwdefaults))?;
        let keys = (*defaults.as_ptr().cast::<ffi::PyDictObject>()).ma_keys;
        if u32::from((*keys).dk_kind) == ffi::DICT_KEYS_GENERAL {
            return None;
        }
        let entries = ffi::DK_UNICODE_ENTRIES(keys);
        let count = u16::try_from((*keys).dk_nentries).ok()?;
        (0..count).find(|&index| (*entries.add(usize::from(index))).me_key == name.as_ptr())
    }
}
