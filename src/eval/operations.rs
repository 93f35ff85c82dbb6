//! What instructions do with operands of any class, for machine code: each by a function of C's kind that takes the operands
//! over, in the order in which the instruction lets go of them, and looks at no stack.
use super::instructions::attribute::entry_with_hint;
use super::instructions::call_builtin::{deeper, fast, fast_with_keywords, is_list};
use super::instructions::container::{fill_set, not_iterable, not_mapping};
use super::instructions::exception::matches;
use super::instructions::global::find_global;
use super::instructions::store_attribute::store_in_dict;
use super::instructions::super_attribute::call_super;
use super::instructions::with::{call_exit, enter_manager};
use super::tables;
use crate::call::{Arguments, vectorcall};
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, check_bool, check_status, lookup};
use crate::thread::{ThreadState, handle_requests};
use core::ptr::null_mut;
use pyroxene_jit_api::{Operation, Raw};

/// The address of the helper of each operation.
pub static OPERATIONS: Operations = Operations(table());

/// The addresses, by the operations' numbers.
pub struct Operations([Raw; Operation::ALL.len()]);

// SAFETY: addresses of functions.
unsafe impl Sync for Operations {}

impl Operations {
    /// They.
    pub fn addresses(&'static self) -> &'static [Raw] {
        &self.0
    }
}

const fn table() -> [Raw; Operation::ALL.len()] {
    let mut table = [null_mut(); Operation::ALL.len()];
    let mut index = 0;
    while index < table.len() {
        table[index] = helper(Operation::ALL[index]);
        index += 1;
    }
    table
}

/// The helper of an operation.
const fn helper(operation: Operation) -> Raw {
    let function = match operation {
        Operation::GetAttribute => get_attribute as *const (),
        Operation::GetMethod => get_method as *const (),
        Operation::GetSuperAttribute => get_super_attribute as *const (),
        Operation::GetSuperMethod => get_super_method as *const (),
        Operation::SetAttribute => set_attribute as *const (),
        Operation::SetAttributeByHint => set_attribute_by_hint as *const (),
        Operation::DeleteAttribute => delete_attribute as *const (),
        Operation::GetGlobal => get_global as *const (),
        Operation::SetGlobal => set_global as *const (),
        Operation::Binary => binary as *const (),
        Operation::Compare => compare as *const (),
        Operation::CompareTruth => compare_truth as *const (),
        Operation::Contains => contains as *const (),
        Operation::Truth => truth as *const (),
        Operation::Negative => negative as *const (),
        Operation::Invert => invert as *const (),
        Operation::IsInstance => is_instance as *const (),
        Operation::GetItem => get_item as *const (),
        Operation::SetItem => set_item as *const (),
        Operation::DeleteItem => delete_item as *const (),
        Operation::GetSlice => get_slice as *const (),
        Operation::SetSlice => set_slice as *const (),
        Operation::Slice => slice as *const (),
        Operation::Map => map as *const (),
        Operation::ConstKeyMap => const_key_map as *const (),
        Operation::Set => set as *const (),
        Operation::Join => join as *const (),
        Operation::Format => format as *const (),
        Operation::FormatWith => format_with as *const (),
        Operation::Convert => convert as *const (),
        Operation::ListAppend => list_append as *const (),
        Operation::SetAdd => set_add as *const (),
        Operation::SetUpdate => set_update as *const (),
        Operation::ListExtend => list_extend as *const (),
        Operation::MapAdd => map_add as *const (),
        Operation::MapUpdate => map_update as *const (),
        Operation::Catches => catches as *const (),
        Operation::EnterContext => enter_context as *const (),
        Operation::ExitContext => exit_context as *const (),
    };
    function.cast_mut().cast()
}

/// An object that machine code gives away.
///
/// # Safety
/// It does.
#[inline(always)]
unsafe fn taken(object: Raw) -> Owned {
    // SAFETY: as the caller promises.
    unsafe { Owned::from_raw_unchecked(object.cast()) }
}

/// An object that machine code keeps alive.
///
/// # Safety
/// It does, as long as this is used.
#[inline(always)]
unsafe fn kept<'a>(object: Raw) -> Borrowed<'a> {
    // SAFETY: as the caller promises.
    unsafe { Borrowed::from_raw_unchecked(object.cast()) }
}

/// A result as machine code takes it.
#[inline(always)]
fn object(result: Result<Owned, Raised>) -> Raw {
    result.map_or(null_mut(), |object| object.into_raw().cast())
}

#[inline(always)]
fn answer(result: Result<bool, Raised>) -> i32 {
    result.map_or(-1, i32::from)
}

#[inline(always)]
fn status(result: Result<(), Raised>) -> i32 {
    result.map_or(-1, |()| 0)
}

// What follows is called by machine code only, with what `Operation` says: live objects, of which it gives away those that are
// taken; names are strings. A result of C's is new, or NULL with an exception; a status is negative with one.

unsafe extern "C" fn get_attribute(owner: Raw, name: Raw) -> Raw {
    // SAFETY: see above.
    let (owner, name) = unsafe { (taken(owner), kept(name)) };
    let value = lookup::get(owner.borrow(), name);
    drop(owner);
    object(value)
}

unsafe extern "C" fn get_method(owner: Raw, name: Raw, place: *mut Raw) -> Raw {
    let mut found = null_mut();
    // SAFETY: see above. The place is one of the frame's stack.
    unsafe {
        let (owner, name) = (taken(owner), kept(name));
        let is_method = ffi::_PyObject_GetMethod(owner.as_ptr(), name.as_ptr(), &raw mut found);
        if is_method != 0 && !found.is_null() {
            *place = owner.into_raw().cast();
        } else {
            drop(owner);
            *place = null_mut();
        }
    }
    found.cast()
}

unsafe extern "C" fn get_super_attribute(
    callable: Raw,
    class: Raw,
    receiver: Raw,
    name: Raw,
    arguments: u32,
) -> Raw {
    // SAFETY: see above.
    unsafe {
        let [callable, class, receiver] = [callable, class, receiver].map(|operand| taken(operand));
        let operands = [callable.borrow(), class.borrow(), receiver.borrow()];
        let value = super_attribute(operands, kept(name), arguments, null_mut());
        drop(callable);
        drop(class);
        drop(receiver);
        object(value)
    }
}

unsafe extern "C" fn get_super_method(
    callable: Raw,
    class: Raw,
    receiver: Raw,
    name: Raw,
    arguments: u32,
    place: *mut Raw,
) -> Raw {
    // SAFETY: see above. The place is one of the frame's stack. Only types that look attributes up in the usual way can have
    // an unbound method.
    unsafe {
        let [callable, class, receiver] = [callable, class, receiver].map(|operand| taken(operand));
        let operands = [callable.borrow(), class.borrow(), receiver.borrow()];
        let type_of = receiver.borrow().type_of();
        let usual = crate::field!(type_of.tp_getattro).is_some_and(|getter| {
            getter as usize == ffi::PyObject_GenericGetAttr as *const () as usize
        });
        let mut is_method = 0;
        let flag = if usual {
            &raw mut is_method
        } else {
            null_mut()
        };
        let value = super_attribute(operands, kept(name), arguments, flag);
        drop(callable);
        drop(class);
        if is_method != 0 && value.is_ok() {
            *place = receiver.into_raw().cast();
        } else {
            drop(receiver);
            *place = null_mut();
        }
        object(value)
    }
}

/// What `super`, or what is in its place, called with the class and self, or with nothing, has by a name; if `is_method` is
/// not NULL, it may be a function that is not bound, and then is said to be one.
///
/// # Safety
/// `is_method` is NULL or a place for the answer, which is 0.
unsafe fn super_attribute(
    [callable, class, receiver]: [Borrowed<'_>; 3],
    name: Borrowed<'_>,
    arguments: u32,
    is_method: *mut i32,
) -> Result<Owned, Raised> {
    let is_class = class.type_of().has_feature(ffi::Py_TPFLAGS_TYPE_SUBCLASS);
    // SAFETY: a class, as just checked; the result is new, or NULL with an exception.
    unsafe {
        if callable.is_at(&raw const ffi::PySuper_Type) && is_class {
            return Owned::from_c(ffi::_PySuper_Lookup(
                class.as_ptr().cast(),
                receiver.as_ptr(),
                name.as_ptr(),
                is_method,
            ));
        }
        let mut operands = [class.as_ptr(), receiver.as_ptr()];
        let thread = ThreadState::current();
        let made = call_super(thread, callable, operands.as_mut_ptr(), arguments as usize)?;
        lookup::get(made.borrow(), name)
    }
}

unsafe extern "C" fn set_attribute(value: Raw, owner: Raw, name: Raw) -> i32 {
    // SAFETY: see above.
    let (value, owner, name) = unsafe { (taken(value), taken(owner), kept(name)) };
    let stored = lookup::set(owner.borrow(), name, Some(value.borrow()));
    drop(value);
    drop(owner);
    status(stored)
}

unsafe extern "C" fn set_attribute_by_hint(value: Raw, owner: Raw, name: Raw, hint: u32) -> i32 {
    // SAFETY: see above; the owner's type manages the dictionaries of its instances.
    unsafe {
        let dict = ffi::_PyObject_GetManagedDict(owner.cast());
        if !dict.is_null() && ffi::Py_TYPE(dict.cast()) == &raw mut ffi::PyDict_Type {
            let place = entry_with_hint(dict, hint as u16, name.cast());
            if !place.is_null() && !(*place).is_null() {
                let (value, owner) = (taken(value), taken(owner));
                let interpreter = ThreadState::current().interpreter();
                store_in_dict(interpreter, dict, name.cast(), place, value);
                drop(owner);
                return 0;
            }
        }
        set_attribute(value, owner, name)
    }
}

unsafe extern "C" fn delete_attribute(owner: Raw, name: Raw) -> i32 {
    // SAFETY: see above.
    let (owner, name) = unsafe { (taken(owner), kept(name)) };
    let deleted = lookup::set(owner.borrow(), name, None);
    drop(owner);
    status(deleted)
}

unsafe extern "C" fn get_global(globals: Raw, builtins: Raw, name: Raw) -> Raw {
    // SAFETY: see above; the frame keeps both.
    object(unsafe { find_global(kept(globals), kept(builtins), kept(name)) })
}

unsafe extern "C" fn set_global(globals: Raw, value: Raw, name: Raw) -> i32 {
    // SAFETY: see above; the frame keeps the globals.
    unsafe {
        let value = taken(value);
        let stored = ffi::PyDict_SetItem(globals.cast(), name.cast(), value.as_ptr());
        drop(value);
        stored
    }
}

/// The number of a float, or of an int of one digit, which is no other as a float; and whether it is a float.
#[inline(always)]
fn number(value: Borrowed<'_>) -> Option<(f64, bool)> {
    // SAFETY: of the types that are looked at.
    unsafe {
        if value.is_exactly(&raw const ffi::PyFloat_Type) {
            let float = value.as_ptr().cast::<ffi::PyFloatObject>();
            return Some(((*float).ob_fval, true));
        }
        let is_small = value.is_exactly(&raw const ffi::PyLong_Type)
            && ffi::_PyLong_IsCompact(value.as_ptr().cast());
        is_small.then(|| {
            let number = ffi::_PyLong_CompactValue(value.as_ptr().cast());
            (number as f64, false)
        })
    }
}

/// The result of an operator on two numbers, one of them a float, where it is plain.
#[inline(always)]
fn of_floats(left: Borrowed<'_>, right: Borrowed<'_>, operator: u32) -> Option<f64> {
    let ((left, left_is_float), (right, right_is_float)) = (number(left)?, number(right)?);
    if !left_is_float && !right_is_float {
        return None;
    }
    match operator {
        ffi::NB_ADD | ffi::NB_INPLACE_ADD => Some(left + right),
        ffi::NB_SUBTRACT | ffi::NB_INPLACE_SUBTRACT => Some(left - right),
        ffi::NB_MULTIPLY | ffi::NB_INPLACE_MULTIPLY => Some(left * right),
        ffi::NB_TRUE_DIVIDE | ffi::NB_INPLACE_TRUE_DIVIDE if right != 0.0 => Some(left / right),
        _ => None,
    }
}

unsafe extern "C" fn binary(left: Raw, right: Raw, operator: u32) -> Raw {
    // SAFETY: see above; there is such an operator.
    unsafe {
        let (left, right) = (taken(left), taken(right));
        let result = match of_floats(left.borrow(), right.borrow(), operator) {
            Some(number) => ffi::PyFloat_FromDouble(number),
            None => tables::binary_operation(operator as usize)(left.as_ptr(), right.as_ptr()),
        };
        drop(left);
        drop(right);
        result.cast()
    }
}

unsafe extern "C" fn compare(left: Raw, right: Raw, comparison: u32) -> Raw {
    // SAFETY: see above.
    unsafe {
        let (left, right) = (taken(left), taken(right));
        let result =
            ffi::PyObject_RichCompare(left.as_ptr(), right.as_ptr(), comparison.cast_signed());
        drop(left);
        drop(right);
        result.cast()
    }
}

/// How two numbers compare, where that is plain.
#[inline(always)]
fn of_numbers(left: Borrowed<'_>, right: Borrowed<'_>, comparison: u32) -> Option<bool> {
    let ((left, _), (right, _)) = (number(left)?, number(right)?);
    match comparison {
        ffi::Py_LT => Some(left < right),
        ffi::Py_LE => Some(left <= right),
        ffi::Py_EQ => Some(left == right),
        ffi::Py_NE => Some(left != right),
        ffi::Py_GT => Some(left > right),
        ffi::Py_GE => Some(left >= right),
        _ => None,
    }
}

unsafe extern "C" fn compare_truth(left: Raw, right: Raw, comparison: u32) -> i32 {
    // SAFETY: see above.
    unsafe {
        if let Some(answer) = of_numbers(kept(left), kept(right), comparison) {
            drop(taken(left));
            drop(taken(right));
            return i32::from(answer);
        }
        let result = compare(left, right, comparison);
        if result.is_null() {
            return -1;
        }
        truth(result)
    }
}

unsafe extern "C" fn contains(item: Raw, container: Raw) -> i32 {
    // SAFETY: see above.
    unsafe {
        let (item, container) = (taken(item), taken(container));
        let found = ffi::PySequence_Contains(container.as_ptr(), item.as_ptr());
        drop(item);
        drop(container);
        found
    }
}

unsafe extern "C" fn truth(value: Raw) -> i32 {
    // SAFETY: see above.
    unsafe {
        let value = taken(value);
        let truth = ffi::PyObject_IsTrue(value.as_ptr());
        drop(value);
        truth
    }
}

/// What a function of C gives for a value.
///
/// # Safety
/// The value is the caller's to give away.
#[inline(always)]
unsafe fn unary(
    value: Raw,
    function: unsafe extern "C" fn(*mut ffi::PyObject) -> *mut ffi::PyObject,
) -> Raw {
    // SAFETY: as the caller promises.
    unsafe {
        let value = taken(value);
        let result = function(value.as_ptr());
        drop(value);
        result.cast()
    }
}

unsafe extern "C" fn negative(value: Raw) -> Raw {
    // SAFETY: see above.
    unsafe { unary(value, ffi::PyNumber_Negative) }
}

unsafe extern "C" fn invert(value: Raw) -> Raw {
    // SAFETY: see above.
    unsafe { unary(value, ffi::PyNumber_Invert) }
}

unsafe extern "C" fn is_instance(value: Raw, class: Raw) -> i32 {
    // SAFETY: see above.
    unsafe {
        let (value, class) = (taken(value), taken(class));
        let result = check_bool(ffi::PyObject_IsInstance(value.as_ptr(), class.as_ptr()));
        drop(value);
        drop(class);
        answer(result)
    }
}

unsafe extern "C" fn get_item(container: Raw, key: Raw) -> Raw {
    // SAFETY: see above.
    unsafe {
        let (container, key) = (taken(container), taken(key));
        let value = ffi::PyObject_GetItem(container.as_ptr(), key.as_ptr());
        drop(container);
        drop(key);
        value.cast()
    }
}

unsafe extern "C" fn set_item(value: Raw, container: Raw, key: Raw) -> i32 {
    // SAFETY: see above.
    unsafe {
        let (value, container, key) = (taken(value), taken(container), taken(key));
        let stored = ffi::PyObject_SetItem(container.as_ptr(), key.as_ptr(), value.as_ptr());
        drop(value);
        drop(container);
        drop(key);
        stored
    }
}

unsafe extern "C" fn delete_item(container: Raw, key: Raw) -> i32 {
    // SAFETY: see above.
    unsafe {
        let (container, key) = (taken(container), taken(key));
        let deleted = ffi::PyObject_DelItem(container.as_ptr(), key.as_ptr());
        drop(container);
        drop(key);
        deleted
    }
}

unsafe extern "C" fn get_slice(container: Raw, start: Raw, stop: Raw) -> Raw {
    // SAFETY: see above. The function takes the bounds, when it fails too.
    unsafe {
        let container = taken(container);
        let slice = ffi::_PyBuildSlice_ConsumeRefs(start.cast(), stop.cast());
        let value = Owned::from_c(slice).and_then(|slice| {
            Owned::from_c(ffi::PyObject_GetItem(container.as_ptr(), slice.as_ptr()))
        });
        drop(container);
        object(value)
    }
}

unsafe extern "C" fn set_slice(value: Raw, container: Raw, start: Raw, stop: Raw) -> i32 {
    // SAFETY: see above. The function takes the bounds, when it fails too.
    unsafe {
        let (value, container) = (taken(value), taken(container));
        let slice = ffi::_PyBuildSlice_ConsumeRefs(start.cast(), stop.cast());
        let stored = Owned::from_c(slice).and_then(|slice| {
            check_status(ffi::PyObject_SetItem(
                container.as_ptr(),
                slice.as_ptr(),
                value.as_ptr(),
            ))
        });
        drop(value);
        drop(container);
        status(stored)
    }
}

/// Lets go of objects in an array.
///
/// # Safety
/// They are there, and the caller's to give away.
unsafe fn drop_all(first: *mut *mut ffi::PyObject, count: usize) {
    for index in 0..count {
        // SAFETY: as the caller promises.
        drop(unsafe { Owned::<ffi::PyObject>::from_raw_unchecked(*first.add(index)) });
    }
}

unsafe extern "C" fn slice(bounds: *mut Raw, count: usize) -> Raw {
    let bounds: *mut *mut ffi::PyObject = bounds.cast();
    // SAFETY: see above: there are two or three.
    unsafe {
        let step = if count == 3 {
            *bounds.add(2)
        } else {
            null_mut()
        };
        let slice = ffi::PySlice_New(*bounds, *bounds.add(1), step);
        drop_all(bounds, count);
        slice.cast()
    }
}

unsafe extern "C" fn map(items: *mut Raw, count: usize) -> Raw {
    let items: *mut *mut ffi::PyObject = items.cast();
    // SAFETY: see above: keys and values in turn.
    unsafe {
        let pairs = (count / 2).cast_signed();
        let map = ffi::_PyDict_FromItems(items, 2, items.add(1), 2, pairs);
        for index in (0..count).rev() {
            drop(taken((*items.add(index)).cast()));
        }
        map.cast()
    }
}

unsafe extern "C" fn const_key_map(items: *mut Raw, count: usize) -> Raw {
    let items: *mut *mut ffi::PyObject = items.cast();
    // SAFETY: see above: values, and a tuple of as many keys.
    unsafe {
        let keys = Owned::<ffi::PyObject>::from_raw_unchecked(*items.add(count - 1));
        let first = ffi::_PyTuple_ITEMS(keys.as_ptr().cast());
        let map = ffi::_PyDict_FromItems(first, 1, items, 1, count.cast_signed() - 1);
        for index in (0..count - 1).rev() {
            drop(taken((*items.add(index)).cast()));
        }
        drop(keys);
        map.cast()
    }
}

unsafe extern "C" fn set(items: *mut Raw, count: usize) -> Raw {
    let items: *mut *mut ffi::PyObject = items.cast();
    // SAFETY: see above.
    unsafe {
        let set = match Owned::from_c(ffi::PySet_New(null_mut())) {
            Ok(set) => set,
            Err(raised) => {
                drop_all(items, count);
                return object(Err(raised));
            }
        };
        let filled = fill_set(set.borrow(), items, count);
        object(filled.map(|()| set))
    }
}

unsafe extern "C" fn join(strings: *mut Raw, count: usize) -> Raw {
    let strings: *mut *mut ffi::PyObject = strings.cast();
    // SAFETY: see above; the empty string is static.
    unsafe {
        let empty = &raw mut ffi::_PyRuntime
            .static_objects
            .singletons
            .strings
            .literals
            ._py_empty;
        let joined = ffi::_PyUnicode_JoinArray(empty.cast(), strings, count.cast_signed());
        drop_all(strings, count);
        joined.cast()
    }
}

unsafe extern "C" fn format(value: Raw) -> Raw {
    // SAFETY: see above.
    unsafe {
        let value = taken(value);
        if value.borrow().is_exactly(&raw const ffi::PyUnicode_Type) {
            return value.into_raw().cast();
        }
        let text = ffi::PyObject_Format(value.as_ptr(), null_mut());
        drop(value);
        text.cast()
    }
}

unsafe extern "C" fn format_with(value: Raw, spec: Raw) -> Raw {
    // SAFETY: see above.
    unsafe {
        let (value, spec) = (taken(value), taken(spec));
        let text = ffi::PyObject_Format(value.as_ptr(), spec.as_ptr());
        drop(value);
        drop(spec);
        text.cast()
    }
}

unsafe extern "C" fn convert(value: Raw, conversion: u32) -> Raw {
    // SAFETY: see above; there is such a conversion.
    unsafe { unary(value, tables::conversion(conversion as usize)) }
}

unsafe extern "C" fn list_append(list: Raw, item: Raw) -> i32 {
    // SAFETY: see above. The function takes the item.
    unsafe {
        let list = taken(list);
        if !is_list(list.borrow()) {
            // It raises.
            let item = taken(item);
            let thread = ThreadState::current();
            let append = kept((*thread.interpreter()).callable_cache.list_append.cast());
            let operands = [list.as_ptr(), item.as_ptr()];
            let arguments = Arguments::from_c(operands.as_ptr(), operands.len(), None);
            return status(vectorcall::call(thread, append, arguments).map(drop));
        }
        let appended = ffi::_PyList_AppendTakeRef(list.as_ptr().cast(), item.cast());
        drop(list);
        appended
    }
}

unsafe extern "C" fn set_add(set: Raw, item: Raw) -> i32 {
    // SAFETY: see above; the comprehension's own set.
    unsafe {
        let item = taken(item);
        let added = ffi::PySet_Add(set.cast(), item.as_ptr());
        drop(item);
        added
    }
}

unsafe extern "C" fn set_update(set: Raw, iterable: Raw) -> i32 {
    // SAFETY: see above; a set that nobody else has yet.
    unsafe {
        let iterable = taken(iterable);
        let updated = ffi::_PySet_Update(set.cast(), iterable.as_ptr());
        drop(iterable);
        updated
    }
}

unsafe extern "C" fn list_extend(list: Raw, iterable: Raw) -> i32 {
    // SAFETY: see above; a list that nobody else has yet.
    unsafe {
        let iterable = taken(iterable);
        match Owned::from_c(ffi::_PyList_Extend(list.cast(), iterable.as_ptr())) {
            Ok(_none) => 0,
            Err(raised) => status(Err(not_iterable(raised, iterable))),
        }
    }
}

unsafe extern "C" fn map_add(map: Raw, key: Raw, value: Raw) -> i32 {
    // SAFETY: see above; the comprehension's own dictionary. The function takes both.
    unsafe { ffi::_PyDict_SetItem_Take2(map.cast(), key.cast(), value.cast()) }
}

unsafe extern "C" fn map_update(map: Raw, update: Raw) -> i32 {
    // SAFETY: see above; a dictionary that nobody else has yet.
    unsafe {
        let update = taken(update);
        match check_status(ffi::PyDict_Update(map.cast(), update.as_ptr())) {
            Ok(()) => 0,
            Err(raised) => status(Err(not_mapping(raised, update))),
        }
    }
}

/// Calls what lies at the place with what lies above it, as `CALL` does: `self` or NULL, and so many arguments. Takes over all
/// of it. Others may then interrupt.
///
/// # Safety
/// The thread has the GIL, runs the frame whose stack the place is on, and owns what lies there; the place of `self` or NULL may
/// be written to.
pub unsafe extern "C" fn call(place: *mut Raw, count: u32) -> Raw {
    let thread = ThreadState::current();
    let place: *mut *mut ffi::PyObject = place.cast();
    // SAFETY: machine code has put the operands there, and forgets them.
    let result = unsafe {
        let callable = Owned::<ffi::PyObject>::from_raw_unchecked(*place);
        let count = count as usize;
        let (first, count) = if (*place.add(1)).is_null() {
            (place.add(2), count)
        } else {
            (place.add(1), count + 1)
        };
        match call_c(thread, callable.borrow(), first, count) {
            Some(result) => {
                drop_all(first, count);
                drop(callable);
                result
            }
            None => {
                let flagged = count | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
                let arguments = Arguments::from_c(first, flagged, None);
                let result = vectorcall::call(thread, callable.borrow(), arguments);
                drop(callable);
                drop_all(first, count);
                result
            }
        }
    };
    let result = result.and_then(|result| {
        let asked = thread.eval_breaker() & ffi::_PY_EVAL_EVENTS_MASK as usize;
        if asked != 0 {
            handle_requests(thread)?;
        }
        Ok(result)
    });
    object(result)
}

/// Calls a function or a method of C by what its definition says, where that says all.
///
/// # Safety
/// So many live objects lie at `first`, and in the place before them may be written.
#[inline(always)]
unsafe fn call_c(
    thread: ThreadState,
    callable: Borrowed<'_>,
    first: *mut *mut ffi::PyObject,
    count: usize,
) -> Option<Result<Owned, Raised>> {
    const FAST_WITH_KEYWORDS: u32 = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
    // SAFETY: as the caller promises. A function's definition says of what type it is.
    unsafe {
        // `self`, the arguments, and the definition.
        let (of, first, count, definition) =
            if callable.is_exactly(&raw const ffi::PyCFunction_Type) {
                let function = callable.as_ptr().cast::<ffi::PyCFunctionObject>();
                ((*function).m_self, first, count, (*function).m_ml)
            } else if count > 0 && callable.is_exactly(&raw const ffi::PyMethodDescr_Type) {
                let method = callable.as_ptr().cast::<ffi::PyMethodDescrObject>();
                let fits = ffi::Py_TYPE(*first) == (*method).d_common.d_type;
                if !fits {
                    return None;
                }
                (*first, first.add(1), count - 1, (*method).d_method)
            } else {
                return call_class(callable, first, count);
            };
        let function = (*definition).ml_meth?;
        let has_room = (*thread.as_ptr()).c_recursion_remaining > 0;
        Some(match (*definition).ml_flags.cast_unsigned() {
            ffi::METH_O if count == 1 && has_room => {
                deeper(thread, || Owned::from_c(function(of, *first)))
            }
            ffi::METH_NOARGS if count == 0 && has_room => {
                deeper(thread, || Owned::from_c(function(of, null_mut())))
            }
            ffi::METH_FASTCALL => Owned::from_c(fast(function)(of, first, count.cast_signed())),
            FAST_WITH_KEYWORDS => {
                let function = fast_with_keywords(function);
                Owned::from_c(function(of, first, count.cast_signed(), null_mut()))
            }
            _ => return None,
        })
    }
}

/// Calls a class with one argument that is a function in all but name.
///
/// # Safety
/// So many live objects lie at `first`.
#[inline(always)]
unsafe fn call_class(
    callable: Borrowed<'_>,
    first: *mut *mut ffi::PyObject,
    count: usize,
) -> Option<Result<Owned, Raised>> {
    if count != 1 {
        return None;
    }
    // SAFETY: as the caller promises; results are new, or NULL with an exception.
    unsafe {
        if callable.is_at(&raw const ffi::PyType_Type) {
            let value = Borrowed::<ffi::PyObject>::from_raw_unchecked(*first);
            Some(Ok(value.type_of().upcast().new_ref()))
        } else if callable.is_at(&raw const ffi::PyUnicode_Type) {
            Some(Owned::from_c(ffi::PyObject_Str(*first)))
        } else if callable.is_at(&raw const ffi::PyTuple_Type) {
            Some(Owned::from_c(ffi::PySequence_Tuple(*first)))
        } else {
            None
        }
    }
}

unsafe extern "C" fn catches(exception: Raw, wanted: Raw) -> i32 {
    // SAFETY: see above.
    let (exception, wanted) = unsafe { (kept(exception), taken(wanted)) };
    let caught = matches(exception, wanted.borrow());
    drop(wanted);
    answer(caught)
}

unsafe extern "C" fn enter_context(manager: Raw, place: *mut Raw) -> Raw {
    // SAFETY: see above.
    let manager = unsafe { taken(manager) };
    match enter_manager(ThreadState::current(), manager) {
        Ok((exit, entered)) => {
            // SAFETY: the place is one of the frame's stack.
            unsafe { *place = entered.into_raw().cast() };
            exit.into_raw().cast()
        }
        Err(_raised) => null_mut(),
    }
}

unsafe extern "C" fn exit_context(function: Raw, exception: Raw) -> Raw {
    // SAFETY: see above.
    let (function, exception) = unsafe { (kept(function), kept(exception)) };
    object(call_exit(ThreadState::current(), function, exception))
}
