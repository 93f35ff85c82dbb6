//! The table: what the instructions of each code object have met. Guarded by a lock, because interpreters with GILs of their
//! own share it; whoever holds it runs nothing.
//!
//! What is noted is put down one after the other, and gets to its code object when somebody asks, or when there is much of it:
//! of what a program runs while it begins, hardly anything is asked for.
use crate::bytecode::Opcode;
use crate::eval::operators::{FIRST_COMPARISON, first_method, number_with};
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

/// How much is put down before it gets to its code objects.
const MOST_PUT_DOWN: usize = 1 << 12;

/// What is known of one code object.
struct Known {
    /// Its version (`co_version`), which a later one at the same address does not have.
    version: u32,
    /// By the index of the instruction, in code units.
    sights: BTreeMap<u32, Sights>,
}

/// What happened to a code object, in the order of time.
enum Event {
    /// The instruction at an index has met something.
    Noted {
        version: u32,
        index: u32,
        sight: Sight,
    },
    /// The code object has gone.
    Gone,
}

/// What is known of code objects, by their addresses.
#[derive(Default)]
struct Table {
    known: FxHashMap<usize, Known>,
    put_down: Vec<(usize, Event)>,
}

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

fn table() -> MutexGuard<'static, Table> {
    // Nothing in here panics half-way.
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Table {
    /// Puts down what happened to a code object.
    fn put_down(&mut self, code: usize, event: Event) {
        if self.put_down.len() == MOST_PUT_DOWN {
            self.settle();
        }
        if self.put_down.capacity() == 0 {
            self.put_down.reserve_exact(MOST_PUT_DOWN);
        }
        self.put_down.push((code, event));
    }

    /// Has everything get to its code object.
    fn settle(&mut self) {
        let mut put_down = core::mem::take(&mut self.put_down);
        for (code, event) in put_down.drain(..) {
            match event {
                Event::Noted {
                    version,
                    index,
                    sight,
                } => self.add(code, version, index, sight),
                Event::Gone => {
                    self.known.remove(&code);
                }
            }
        }
        self.put_down = put_down;
    }

    fn add(&mut self, code: usize, version: u32, index: u32, sight: Sight) {
        if self.known.len() >= MOST_CODE_OBJECTS {
            self.known.clear();
        }
        let known = self.known.entry(code).or_insert_with(|| Known {
            version,
            sights: BTreeMap::new(),
        });
        if known.version != version {
            known.version = version;
            known.sights.clear();
        }
        known.sights.entry(index).or_default().add(sight);
    }
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
    let [_, operand] = units[0].to_le_bytes();
    let number = match sight.form {
        Opcode::BINARY_OP => Some(u32::from(operand)),
        Opcode::COMPARE_OP => Some(FIRST_COMPARISON + (u32::from(operand) >> 5)),
        _ => None,
    };
    if let (Some(number), &[Some(left), Some(right)]) = (number, operands) {
        note_method(&mut sight, left, right, number);
    }
    sight.function = match sight.form {
        Opcode::CALL_ALLOC_AND_ENTER_INIT => init_version(first),
        Opcode::BINARY_SUBSCR_GETITEM => get_item_version(first),
        _ => sight.function,
    };
    put_down(code, index, sight);
}

/// Notes the function of Python that an operator or a comparison of two objects calls first, if it is one.
fn note_method(sight: &mut Sight, left: Borrowed<'_>, right: Borrowed<'_>, number: u32) {
    let Some((method, rest)) = first_method(left, right, number) else {
        return;
    };
    // It is known by the versions of both classes.
    for (place, met) in sight.operands.iter_mut().zip([left, right]) {
        // SAFETY: a live type; to give it a version runs nothing.
        unsafe { ffi::PyUnstable_Type_AssignVersionTag(met.type_of().as_ptr()) };
        *place = type_version(Some(met));
    }
    // SAFETY: it is alive.
    sight.function = unsafe { ffi::_PyFunction_GetVersionForCurrentState(method.as_ptr()) };
    sight.set_method(
        method.as_ptr().expose_provenance(),
        number_with(number, rest),
    );
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
        put_down(code, index, sight);
    }
}

fn put_down(code: Borrowed<'_, ffi::PyCodeObject>, index: usize, sight: Sight) {
    let event = Event::Noted {
        version: field!(code.co_version),
        index: index as u32,
        sight,
    };
    table().put_down(code.as_ptr().addr(), event);
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
pub fn sights(code: Borrowed<'_, ffi::PyCodeObject>) -> BTreeMap<u32, Sights> {
    let mut table = table();
    table.settle();
    table
        .known
        .get(&code.as_ptr().addr())
        .filter(|known| known.version == field!(code.co_version))
        .map_or_else(BTreeMap::new, |known| known.sights.clone())
}

/// Forgets what is known of the code object at an address, which goes.
pub fn forget(code: usize) {
    let mut table = table();
    if !table.put_down.is_empty() {
        table.put_down(code, Event::Gone);
    } else {
        table.known.remove(&code);
    }
}

/// Forgets everything.
pub fn forget_all() {
    *table() = Table::default();
}
