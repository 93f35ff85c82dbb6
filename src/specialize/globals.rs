//! `LOAD_GLOBAL`. Reads the globals and the builtins; writes the instruction's cache.
use crate::bytecode::Opcode;
use crate::bytecode::cache::LoadGlobal;
use crate::ffi::{self, PyDictObject};
use crate::object::Borrowed;
use crate::specialize::Site;
use crate::specialize::keys::{Keys, Place};

/// Specialises the lookup of a global name (specialize.c `_Py_Specialize_LoadGlobal`).
pub fn load(
    site: Site<'_, LoadGlobal>,
    globals: Borrowed<'_>,
    builtins: Borrowed<'_>,
    name: Borrowed<'_>,
) {
    site.settle(choose(site, globals, builtins, name));
}

fn choose(
    site: Site<'_, LoadGlobal>,
    globals: Borrowed<'_>,
    builtins: Borrowed<'_>,
    name: Borrowed<'_>,
) -> Option<Opcode> {
    let cache = site.cache();
    let globals = names_of(globals)?;
    match globals.place(name) {
        Place::Unknown => None,
        place @ Place::At(_) => {
            let index = place.entry()?;
            cache.module_keys_version.set(short_version(globals)?);
            cache.index.set(index);
            Some(Opcode::LOAD_GLOBAL_MODULE)
        }
        Place::Nowhere => {
            let builtins = names_of(builtins)?;
            let index = builtins.place(name).entry()?;
            let module_version = short_version(globals)?;
            let builtin_version = short_version(builtins)?;
            cache.module_keys_version.set(module_version);
            cache.builtin_keys_version.set(builtin_version);
            cache.index.set(index);
            Some(Opcode::LOAD_GLOBAL_BUILTIN)
        }
    }
}

/// The names of a namespace, if it is a dict with nothing but `str` as keys.
fn names_of(namespace: Borrowed<'_>) -> Option<Keys<'_>> {
    let keys = Keys::of(namespace.downcast_exact::<PyDictObject>()?)?;
    (keys.kind() != ffi::DICT_KEYS_GENERAL).then_some(keys)
}

/// The version of the names, if it fits the single entry that the cache has for it.
fn short_version(keys: Keys<'_>) -> Option<u16> {
    u16::try_from(keys.version()?).ok()
}
