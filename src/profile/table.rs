//! The table: what the instructions of each code object have met. Guarded by a lock, because interpreters with GILs of their
//! own share it; whoever holds it runs nothing.
use crate::bytecode::Opcode;
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use crate::profile::operand::operand;
use crate::profile::sight::{LONGEST_CACHE, NOTHING, Sight, Sights, type_version};
use core::slice::from_raw_parts;
use pyroxene_jit_api::OPERANDS;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// When so many code objects are known, most are gone: code that lives on is met again.
const MOST_CODE_OBJECTS: usize = 1 << 16;

/// What is known of one code object.
struct Known {
    /// Its version (`co_version`), which a later one at the same address does not have.
    version: u32,
    /// By the index of the instruction, in code units.
    sights: BTreeMap<usize, Sights>,
}

/// By the address of the code object.
static TABLE: LazyLock<Mutex<FxHashMap<usize, Known>>> = LazyLock::new(Mutex::default);

fn table() -> MutexGuard<'static, FxHashMap<usize, Known>> {
    // Nothing in here panics half-way.
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes what the instruction at `index`, with its whole cache behind it, has just been made into, and the types of its
/// operands.
#[cold]
#[inline(never)]
pub fn note(
    code: Borrowed<'_, ffi::PyCodeObject>,
    index: usize,
    operands: &[Option<Borrowed<'_>>],
) {
    // SAFETY: the instruction is one of the code.
    let units = unsafe {
        let first = (&raw const (*code.as_ptr()).co_code_adaptive).cast::<u16>();
        let [form, _] = (*first.add(index)).to_le_bytes();
        from_raw_parts(first.add(index), 1 + Opcode::new(form).caches())
    };
    let mut sight = Sight {
        form: Opcode::new(units[0].to_le_bytes()[0]),
        operands: [0; OPERANDS],
        known: [NOTHING; OPERANDS],
        cache: [0; LONGEST_CACHE - 1],
        function: 0,
    };
    for (index, met) in operands.iter().enumerate().take(OPERANDS) {
        sight.known[index] = operand(*met);
        sight.operands[index] = type_version(*met);
    }
    if sight.form != sight.form.generic() {
        for (entry, unit) in sight.cache.iter_mut().zip(&units[2..]) {
            *entry = *unit;
        }
    }
    let first = operands.first().copied().flatten();
    sight.function = match sight.form {
        Opcode::CALL_ALLOC_AND_ENTER_INIT => init_version(first),
        Opcode::BINARY_SUBSCR_GETITEM => get_item_version(first),
        _ => 0,
    };
    add(code, index, sight);
}

/// Notes what an instruction calls that has neither a cache nor other forms: `CALL_KW`, and `CALL_FUNCTION_EX` with so many
/// arguments. What is no Python function is not noted.
#[cold]
#[inline(never)]
pub fn note_call(
    code: Borrowed<'_, ffi::PyCodeObject>,
    index: usize,
    form: Opcode,
    callable: Borrowed<'_>,
    arguments: u16,
) {
    let mut sight = Sight {
        form,
        operands: [0; OPERANDS],
        known: [NOTHING; OPERANDS],
        cache: [0; LONGEST_CACHE - 1],
        function: 0,
    };
    sight.cache[0] = arguments;
    if let Some(function) = callable.downcast::<ffi::PyFunctionObject>() {
        // SAFETY: it is alive.
        sight.function = unsafe { ffi::_PyFunction_GetVersionForCurrentState(function.as_ptr()) };
    }
    if sight.function != 0 {
        add(code, index, sight);
    }
}

fn add(code: Borrowed<'_, ffi::PyCodeObject>, index: usize, sight: Sight) {
    let mut table = table();
    if table.len() >= MOST_CODE_OBJECTS {
        table.clear();
    }
    let version = field!(code.co_version);
    let known = table.entry(code.as_ptr().addr()).or_insert_with(|| Known {
        version,
        sights: BTreeMap::new(),
    });
    if known.version != version {
        known.version = version;
        known.sights.clear();
    }
    known.sights.entry(index).or_default().add(sight);
}

/// The version of the function that a class has just been found to be made ready by.
fn init_version(class: Option<Borrowed<'_>>) -> u32 {
    let class = class
        .and_then(Borrowed::downcast::<ffi::PyTypeObject>)
        .and_then(Borrowed::as_heap_type);
    // SAFETY: the type's cache has a function, as long as nothing has changed the type, or NULL.
    class.map_or(0, |class| unsafe {
        let init = (*class.as_ptr())._spec_cache.init;
        if init.is_null() {
            return 0;
        }
        ffi::_PyFunction_GetVersionForCurrentState(init.cast())
    })
}

/// The version of the function that an object's class has just been found to give its items by.
fn get_item_version(container: Option<Borrowed<'_>>) -> u32 {
    let class = container.and_then(|container| container.type_of().as_heap_type());
    // SAFETY: the type's cache has a function, as long as nothing has changed the type, or NULL.
    class.map_or(0, |class| unsafe {
        let get_item = (*class.as_ptr())._spec_cache.getitem;
        if get_item.is_null() {
            return 0;
        }
        ffi::_PyFunction_GetVersionForCurrentState(get_item.cast())
    })
}

/// What the instructions of a code object have met, by their indices in code units.
pub fn sights(code: Borrowed<'_, ffi::PyCodeObject>) -> BTreeMap<usize, Sights> {
    let table = table();
    table
        .get(&code.as_ptr().addr())
        .filter(|known| known.version == field!(code.co_version))
        .map_or_else(BTreeMap::new, |known| known.sights.clone())
}

/// Forgets what is known of the code object at an address, which goes.
pub fn forget(code: usize) {
    let gone = table().remove(&code);
    drop(gone);
}

/// Forgets everything.
pub fn forget_all() {
    table().clear();
}
