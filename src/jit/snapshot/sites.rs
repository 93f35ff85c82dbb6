//! What inline caches and the profile say of instructions.
use super::Taking;
use super::objects::{Objects, builtin};
use crate::bytecode::cache::{
    AttributeCache, CallCache, GlobalCache, LoadAttributeCache, TruthCache,
};
use crate::bytecode::{Counter, Opcode};
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use crate::profile::{self, sight::LONGEST_CACHE};
use core::ptr;
use pyroxene_jit_api::{Class, OPERANDS, Operand, Right, Sight, Sights, Site, Unit};
use std::collections::BTreeMap;

/// Where some code finds its global variables.
#[derive(Clone, Copy)]
pub(super) struct Namespaces<'a> {
    pub(super) globals: Option<Borrowed<'a>>,
    pub(super) builtins: Option<Borrowed<'a>>,
}

impl<'a> Namespaces<'a> {
    /// Of the code of a function.
    pub(super) fn of(function: Borrowed<'a, ffi::PyFunctionObject>) -> Self {
        Self {
            // SAFETY: a function has both, and keeps them.
            globals: unsafe { Borrowed::from_c_optional(field!(function.func_globals)) },
            // SAFETY: as above.
            builtins: unsafe { Borrowed::from_c_optional(field!(function.func_builtins)) },
        }
    }
}

/// Whether an instruction is made for the Python function of a version, or for methods that are bound to it.
fn calls_function(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::CALL_PY_EXACT_ARGS
            | Opcode::CALL_PY_GENERAL
            | Opcode::CALL_BOUND_METHOD_EXACT_ARGS
            | Opcode::CALL_BOUND_METHOD_GENERAL
    )
}

/// The version of the function of a property.
fn getter_version(cache: *const u16) -> u32 {
    // SAFETY: behind the instruction lies its cache, in which the version is where others have that of keys.
    unsafe { (*cache.cast::<LoadAttributeCache>()).keys_version.get() }
}

/// What operands instructions have met.
pub(super) fn operands(
    code: Borrowed<'_, ffi::PyCodeObject>,
) -> BTreeMap<u32, Vec<[Operand; OPERANDS]>> {
    profile::table::sights(code)
        .into_iter()
        .map(|(index, known)| {
            let mut met: Vec<[Operand; OPERANDS]> = Vec::new();
            for sight in known.seen() {
                if !met.contains(&sight.known) {
                    met.push(sight.known);
                }
            }
            (index, met)
        })
        .collect()
}

/// What one inline cache says.
fn site(
    namespaces: Namespaces<'_>,
    opcode: Opcode,
    cache: *const u16,
    objects: &mut Objects,
) -> Option<Site> {
    // SAFETY: behind each instruction lies the cache of its family.
    unsafe {
        match opcode {
            Opcode::LOAD_ATTR_INSTANCE_VALUE
            | Opcode::LOAD_ATTR_WITH_HINT
            | Opcode::LOAD_ATTR_SLOT
            | Opcode::STORE_ATTR_INSTANCE_VALUE
            | Opcode::STORE_ATTR_WITH_HINT
            | Opcode::STORE_ATTR_SLOT => {
                let cache = &*cache.cast::<AttributeCache>();
                Some(Site::Attribute {
                    type_version: cache.version.get(),
                    index: cache.index.get(),
                })
            }
            Opcode::LOAD_ATTR_PROPERTY => {
                let cache = &*cache.cast::<LoadAttributeCache>();
                Some(Site::Property {
                    type_version: cache.type_version.get(),
                    getter: objects.add_guarded(cache.found.get()),
                    callee: None,
                })
            }
            Opcode::LOAD_ATTR_MODULE => {
                let cache = &*cache.cast::<AttributeCache>();
                Some(Site::ModuleAttribute {
                    keys_version: cache.version.get(),
                    index: cache.index.get(),
                })
            }
            Opcode::LOAD_ATTR_CLASS
            | Opcode::LOAD_ATTR_METHOD_WITH_VALUES
            | Opcode::LOAD_ATTR_METHOD_NO_DICT
            | Opcode::LOAD_ATTR_METHOD_LAZY_DICT
            | Opcode::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES
            | Opcode::LOAD_ATTR_NONDESCRIPTOR_NO_DICT => {
                let cache = &*cache.cast::<LoadAttributeCache>();
                Some(Site::TypeAttribute {
                    type_version: cache.type_version.get(),
                    keys_version: cache.keys_version.get(),
                    found: objects.add_guarded(cache.found.get()),
                })
            }
            Opcode::LOAD_GLOBAL_MODULE | Opcode::LOAD_GLOBAL_BUILTIN => {
                let cache = &*cache.cast::<GlobalCache>();
                Some(Site::Global {
                    module_keys_version: cache.module_keys_version.get(),
                    builtin_keys_version: cache.builtin_keys_version.get(),
                    index: cache.index.get(),
                    value: global(namespaces, opcode, cache).map(|value| objects.add(value)),
                })
            }
            Opcode::TO_BOOL_ALWAYS_TRUE => {
                let cache = &*cache.cast::<TruthCache>();
                Some(Site::Truth {
                    type_version: cache.version.get(),
                })
            }
            _ if opcode.generic() == Opcode::CALL && opcode != Opcode::CALL => {
                let cache = &*cache.cast::<CallCache>();
                Some(Site::Call {
                    version: cache.version.get(),
                    callee: None,
                })
            }
            _ if is_unseen(opcode, cache) => Some(Site::Unseen),
            _ => None,
        }
    }
}

/// An operator or a comparison whose left operand has a method of Python for it.
fn operator(sight: &profile::sight::Sight, objects: &mut Objects) -> Option<Site> {
    let [left, right, _] = sight.operands;
    let right = match sight.known[1] {
        Operand::Class(class) if class != Class::Other => Right::Class(class),
        _ if right != 0 => Right::Version(right),
        _ => return None,
    };
    let is_known = left != 0 && sight.function != 0;
    is_known.then(|| Site::Operator {
        type_version: left,
        right,
        number: sight.operator(),
        method: objects.add_guarded(ptr::with_exposed_provenance_mut(sight.method())),
        callee: None,
    })
}

/// Whether an adaptive instruction has never run.
///
/// # Safety
/// Behind the instruction lies its cache.
unsafe fn is_unseen(opcode: Opcode, cache: *const u16) -> bool {
    let adaptive = opcode.caches() > 0
        && opcode.generic() == opcode
        && !matches!(
            opcode,
            Opcode::JUMP_BACKWARD
                | Opcode::POP_JUMP_IF_TRUE
                | Opcode::POP_JUMP_IF_FALSE
                | Opcode::POP_JUMP_IF_NONE
                | Opcode::POP_JUMP_IF_NOT_NONE
        );
    // SAFETY: as the caller promises.
    adaptive && unsafe { *cache } == Counter::WARMUP.bits()
}

/// What a global variable is bound to, if the compiler could make use of it: a built-in function that it knows.
fn global<'a>(
    namespaces: Namespaces<'a>,
    opcode: Opcode,
    cache: &GlobalCache,
) -> Option<Borrowed<'a>> {
    let (dict, version) = match opcode {
        Opcode::LOAD_GLOBAL_MODULE => (namespaces.globals?, cache.module_keys_version.get()),
        _ => (namespaces.builtins?, cache.builtin_keys_version.get()),
    };
    if !dict.is_exactly(&raw const ffi::PyDict_Type) {
        return None;
    }
    // SAFETY: an exact dict with its keys; with this version they are all strings, and have an entry of this index.
    let value = unsafe {
        let keys = (*dict.as_ptr().cast::<ffi::PyDictObject>()).ma_keys;
        if (*keys).dk_version != u32::from(version) {
            return None;
        }
        let entry = ffi::DK_UNICODE_ENTRIES(keys).add(usize::from(cache.index.get()));
        Borrowed::from_c_optional((*entry).me_value)?
    };
    builtin(value.as_ptr()).map(|_| value)
}

impl<'a> Taking<'a> {
    /// What the inline caches say.
    pub(super) fn sites(
        &mut self,
        code: Borrowed<'_, ffi::PyCodeObject>,
        namespaces: Namespaces<'a>,
        units: &[Unit],
    ) -> BTreeMap<u32, Site> {
        let mut sites = BTreeMap::new();
        let mut index = 0;
        while index < units.len() {
            let opcode = Opcode::new(units[index].opcode);
            let cache = code.instruction_at(index + 1);
            if let Some(mut site) = site(namespaces, opcode, cache.cast(), &mut self.objects) {
                match &mut site {
                    Site::Call { version, callee } if calls_function(opcode) => {
                        *callee = self.callees.add(*version, namespaces);
                    }
                    Site::Property { callee, .. } => {
                        *callee = self.callees.add(getter_version(cache.cast()), namespaces);
                    }
                    _ => {}
                }
                sites.insert(index as u32, site);
            }
            index += 1 + opcode.caches();
        }
        sites
    }

    /// What instructions on attributes and calls have met one after the other.
    pub(super) fn sights(
        &mut self,
        code: Borrowed<'_, ffi::PyCodeObject>,
        namespaces: Namespaces<'a>,
    ) -> BTreeMap<u32, Sights> {
        let Self {
            objects, callees, ..
        } = self;
        profile::table::sights(code)
            .into_iter()
            .filter_map(|(index, known)| {
                let first = known.seen().first()?.form.generic();
                let is_wanted = matches!(
                    first,
                    Opcode::LOAD_ATTR
                        | Opcode::STORE_ATTR
                        | Opcode::CALL
                        | Opcode::CALL_KW
                        | Opcode::CALL_FUNCTION_EX
                        | Opcode::BINARY_SUBSCR
                        | Opcode::BINARY_OP
                        | Opcode::COMPARE_OP
                );
                if !is_wanted {
                    return None;
                }
                let seen = known.seen().iter().map(|sight| {
                    // The counter, which is not kept, is before what is.
                    let mut cache = [0; LONGEST_CACHE];
                    cache[1..].copy_from_slice(&sight.cache);
                    let mut site = match sight.form {
                        Opcode::CALL_KW => Some(Site::Call {
                            version: sight.function,
                            callee: callees.add(sight.function, namespaces),
                        }),
                        Opcode::CALL_FUNCTION_EX => Some(Site::Unpacked {
                            callee: callees.add(sight.function, namespaces),
                            arguments: sight.cache[0],
                        }),
                        Opcode::BINARY_SUBSCR_GETITEM if sight.operands[0] != 0 => {
                            Some(Site::Item {
                                type_version: sight.operands[0],
                                callee: callees.add(sight.function, namespaces),
                            })
                        }
                        Opcode::BINARY_OP | Opcode::COMPARE_OP => operator(sight, objects),
                        form => site(namespaces, form, cache.as_ptr(), objects),
                    };
                    match &mut site {
                        Some(Site::Call { version, callee }) if calls_function(sight.form) => {
                            *callee = callees.add(*version, namespaces);
                        }
                        Some(Site::Call { callee, .. })
                            if sight.form == Opcode::CALL_ALLOC_AND_ENTER_INIT =>
                        {
                            *callee = callees.add(sight.function, namespaces);
                        }
                        Some(Site::Property { callee, .. }) => {
                            *callee = callees.add(getter_version(cache.as_ptr()), namespaces);
                        }
                        Some(Site::Operator { callee, .. }) => {
                            *callee = callees.add(sight.function, namespaces);
                        }
                        _ => {}
                    }
                    Sight {
                        form: sight.form.number(),
                        site,
                    }
                });
                let sights = Sights {
                    seen: seen.collect(),
                    has_more: known.has_more(),
                };
                Some((index, sights))
            })
            .collect()
    }
}
