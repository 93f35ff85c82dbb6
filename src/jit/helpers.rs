//! The functions that machine code calls ([`Helpers`] says what each does). They are C's where C has one; these are the
//! others. They run what machine code runs: destructors, where it says so.
use super::code::MachineCode;
use super::enter::was_written;
use super::exits;
use super::pairs::pair_next;
use super::slices::{copy_slice, list_slice, replace_slice};
use crate::eval::calling::{self, Called};
use crate::eval::frames;
use crate::eval::nested;
use crate::eval::operations;
use crate::eval::resume;
use crate::eval::run::After;
use crate::eval::step::{self, end_by_exception};
use crate::eval::unwind::{self, Ended, end, raised_in_call};
use crate::ffi;
use crate::generator::Generator;
use crate::generator::life::deallocate_ended;
use crate::object::{Borrowed, Owned, Raised, unseen};
use crate::specialize;
use crate::thread::ThreadState;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicBool, Ordering};
use pyroxene_jit_api::{Catch, Entrance, Exit, ExitKind, Helpers, PASSED_ON, Raw, Reason};

/// Whether there was no memory for an object that an exit makes: an exception is set.
static WITHOUT_MEMORY: AtomicBool = AtomicBool::new(false);

/// Whether there was no memory for an object that was to be made for an exit. It is told once.
pub(super) fn without_memory() -> bool {
    WITHOUT_MEMORY.load(Ordering::Relaxed) && WITHOUT_MEMORY.swap(false, Ordering::Relaxed)
}

/// Their addresses.
pub(super) fn helpers() -> Helpers {
    Helpers {
        deallocate,
        deallocate_seen,
        deallocate_inlined,
        float,
        int,
        rebox_int,
        int_value,
        power,
        sin,
        cos,
        tan,
        asin,
        acos,
        atan,
        exp,
        log,
        floor_divide,
        remainder,
        lacks,
        length,
        iterator_next,
        iterator,
        tuple,
        list,
        list_slice,
        replace_slice,
        copy_slice,
        pair_next,
        list_append,
        str_equal,
        step: run_step,
        catch,
        callee_left,
        return_from,
        begin_call,
        begin_call_unpacked,
        begin_resumption,
        resume,
        generator,
        end_generator,
        send,
        disturbed,
        disturbed_passed,
        call: operations::call,
        call_named: operations::call_named,
        call_unpacked: operations::call_unpacked,
        new_instance,
        begin_instance,
        end_instance,
        retain,
        release,
        write_float,
        write_int,
        write_object,
        exit_float,
        exit_int,
    }
}

/// C's functions under the types that machine code knows them by: to it, all addresses are alike.
macro_rules! of_c {
    ($($name:ident = $function:ident($($argument:ident: $ty:ty $(as $c:ty)?),*) $(-> $result:ty)?;)*) => {$(
        unsafe extern "C" fn $name($($argument: $ty),*) $(-> $result)? {
            // SAFETY: machine code gives what the function wants: live objects, numbers, an array as long as it says.
            unsafe { ffi::$function($(of_c!($argument $(as $c)?)),*) $(as $result)? }
        }
    )*};
    ($argument:ident as $c:ty) => { $argument.cast::<$c>() };
    ($argument:ident) => { $argument };
}

of_c! {
    deallocate = _Py_Dealloc(object: Raw as ffi::PyObject);
    float = PyFloat_FromDouble(number: f64) -> Raw;
    int = PyLong_FromLongLong(number: i64) -> Raw;
    length = PyObject_Size(object: Raw as ffi::PyObject) -> isize;
    tuple = _PyTuple_FromArraySteal(items: *const Raw as *mut ffi::PyObject, count: isize) -> Raw;
    list = _PyList_FromArraySteal(items: *const Raw as *mut ffi::PyObject, count: isize) -> Raw;
    str_equal = _PyUnicode_Equal(left: Raw as ffi::PyObject, right: Raw as ffi::PyObject) -> i32;
}

unsafe extern "C" fn iterator(object: Raw) -> Raw {
    // SAFETY: machine code gives a live object.
    let iterator = operations::iterator(unsafe { Borrowed::from_raw_unchecked(object.cast()) });
    iterator.map_or(null_mut(), |iterator| iterator.into_raw().cast())
}

unsafe extern "C" fn iterator_next(iterator: Raw) -> Raw {
    let iterator = iterator.cast::<ffi::PyObject>();
    // SAFETY: machine code gives an iterator, and stands at the instruction that asks it.
    unsafe {
        let next = (*ffi::Py_TYPE(iterator)).tp_iternext;
        let next = next.map_or(null_mut(), |next| next(iterator));
        if next.is_null() && Raised::is_pending() {
            let thread = ThreadState::current();
            let frame = (*thread.as_ptr()).current_frame;
            // What is not the end stays set, and machine code looks whether there is something.
            let _ended = end_by_exception(thread, frame, (*frame).instr_ptr);
        }
        next.cast()
    }
}

unsafe extern "C" fn int_value(object: Raw, value: *mut i64) -> i32 {
    let mut overflow = 0;
    // SAFETY: machine code gives a live int, and a place for the value. An int has so many digits as its tag says.
    unsafe {
        let long = &raw const (*object.cast::<ffi::PyLongObject>()).long_value;
        let tag = (*long).lv_tag;
        if tag >> ffi::_PyLong_NON_SIZE_BITS == 2 {
            let digits = (&raw const (*long).ob_digit).cast::<ffi::digit>();
            let high = i64::from(*digits.add(1)) << ffi::PyLong_SHIFT;
            let number = high | i64::from(*digits);
            let is_negative = tag & ffi::_PyLong_SIGN_MASK as usize == ffi::SIGN_NEGATIVE as usize;
            *value = if is_negative { -number } else { number };
            return 0;
        }
        *value = ffi::PyLong_AsLongLongAndOverflow(object.cast(), &raw mut overflow);
    }
    if overflow == 0 { 0 } else { -1 }
}

/// C's functions of one number.
macro_rules! of_one_number {
    ($($name:ident = $function:literal $declared:ident;)*) => {
        unsafe extern "C" {
            $(
                #[link_name = $function]
                fn $declared(number: f64) -> f64;
            )*
        }

        $(
            unsafe extern "C" fn $name(number: f64) -> f64 {
                // SAFETY: a function of a number.
                unsafe { $declared(number) }
            }
        )*
    };
}

of_one_number! {
    sin = "sin" libm_sin;
    cos = "cos" libm_cos;
    tan = "tan" libm_tan;
    asin = "asin" libm_asin;
    acos = "acos" libm_acos;
    atan = "atan" libm_atan;
    exp = "exp" libm_exp;
    log = "log" libm_log;
}

unsafe extern "C" fn power(base: f64, exponent: f64) -> f64 {
    // SAFETY: a function of two numbers.
    unsafe { libm_pow(base, exponent) }
}

unsafe extern "C" {
    #[link_name = "pow"]
    fn libm_pow(base: f64, exponent: f64) -> f64;
    #[link_name = "fmod"]
    fn libm_fmod(left: f64, right: f64) -> f64;
}

/// Quotient and remainder as Python's floats have them (floatobject.c `_float_div_mod`): the remainder has the sign of the
/// divisor, and the quotient is a whole number.
fn divide(left: f64, right: f64) -> (f64, f64) {
    // SAFETY: a function of two numbers.
    let mut remainder = unsafe { libm_fmod(left, right) };
    let mut quotient = (left - remainder) / right;
    if remainder == 0.0 {
        remainder = 0.0f64.copysign(right);
    } else if (right < 0.0) != (remainder < 0.0) {
        remainder += right;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0f64.copysign(left / right), remainder);
    }
    let mut whole = quotient.floor();
    if quotient - whole > 0.5 {
        whole += 1.0;
    }
    (whole, remainder)
}

unsafe extern "C" fn floor_divide(left: f64, right: f64) -> f64 {
    divide(left, right).0
}

unsafe extern "C" fn remainder(left: f64, right: f64) -> f64 {
    divide(left, right).1
}

unsafe extern "C" fn list_append(list: Raw, item: Raw) -> i32 {
    // SAFETY: machine code gives a live list, and a reference to the item.
    unsafe { ffi::_PyList_AppendTakeRef(list.cast(), item.cast()) }
}

unsafe extern "C" fn retain(object: Raw) {
    // SAFETY: machine code gives a live object or NULL.
    let object = unsafe { Borrowed::<ffi::PyObject>::from_c_optional(object.cast()) };
    core::mem::forget(object.map(Borrowed::new_ref));
}

unsafe extern "C" fn release(object: Raw) {
    // SAFETY: machine code gives NULL or a reference to an object.
    drop(unsafe { Owned::<ffi::PyObject>::from_c_optional(object.cast()) });
}

/// Notes that there was no memory.
#[cold]
fn no_memory() {
    let _raised = Raised::no_memory();
    WITHOUT_MEMORY.store(true, Ordering::Relaxed);
}

/// Puts a new object into a slot, and lets go of what was there.
///
/// # Safety
/// The slot holds NULL or a reference to an object that dies unseen; `new` is NULL or a reference.
unsafe fn write_new(place: *mut Raw, new: *mut ffi::PyObject) -> i32 {
    if new.is_null() {
        no_memory();
        return -1;
    }
    // SAFETY: as the caller promises.
    unsafe {
        let old = place.replace(new.cast());
        drop(Owned::<ffi::PyObject>::from_c_optional(old.cast()));
    }
    0
}

pub(super) unsafe extern "C" fn write_float(place: *mut Raw, number: f64) -> i32 {
    // SAFETY: machine code gives the slot of a local, which holds NULL or a reference.
    unsafe {
        if let Some(old) = NonNull::new((*place).cast::<ffi::PyObject>())
            && ffi::Py_TYPE(old.as_ptr()) == &raw mut ffi::PyFloat_Type
            && ffi::Py_REFCNT(old.as_ptr()) == 1
        {
            (*old.as_ptr().cast::<ffi::PyFloatObject>()).ob_fval = number;
            return 0;
        }
        write_new(place, ffi::PyFloat_FromDouble(number))
    }
}

unsafe extern "C" fn lacks(instance: Raw, name: Raw) -> i32 {
    // SAFETY: machine code gives an instance of a type that manages its dictionary, and a name of its code.
    unsafe {
        let dict = ffi::_PyObject_GetManagedDict(instance.cast());
        let dict = Borrowed::<ffi::PyDictObject>::from_c_optional(dict.cast());
        let name = Borrowed::from_raw_unchecked(name.cast());
        i32::from(dict.is_none_or(|dict| specialize::lacks(dict, name)))
    }
}

pub(super) unsafe extern "C" fn write_int(place: *mut Raw, number: i64) -> i32 {
    // SAFETY: machine code gives the slot of a local, which holds NULL or a reference.
    unsafe {
        if overwrite_int((*place).cast(), number) {
            return 0;
        }
        write_new(place, ffi::PyLong_FromLongLong(number))
    }
}

unsafe extern "C" fn rebox_int(old: Raw, number: i64) -> Raw {
    // SAFETY: machine code gives NULL or a live object, which it takes from its place if it gets that.
    unsafe {
        if overwrite_int(old.cast(), number) {
            return old;
        }
        ffi::PyLong_FromLongLong(number).cast()
    }
}

/// Puts a number into an int that nobody else has, if that has room for it and the number has no object of its own that is
/// shared; whether it has done so.
///
/// # Safety
/// The object is NULL or alive.
#[inline(always)]
unsafe fn overwrite_int(object: *mut ffi::PyObject, number: i64) -> bool {
    const SMALL: core::ops::Range<i64> =
        -(ffi::_PY_NSMALLNEGINTS as i64)..ffi::_PY_NSMALLPOSINTS as i64;
    let Some(object) = NonNull::new(object) else {
        return false;
    };
    let magnitude = number.unsigned_abs();
    let bits = u64::BITS - magnitude.leading_zeros();
    let digits = bits.div_ceil(ffi::PyLong_SHIFT) as usize;
    if SMALL.contains(&number) {
        return false;
    }
    // SAFETY: as the caller promises. An int that nobody else has may change; one of so many digits has room for fewer.
    unsafe {
        if ffi::Py_TYPE(object.as_ptr()) != &raw mut ffi::PyLong_Type
            || ffi::Py_REFCNT(object.as_ptr()) != 1
        {
            return false;
        }
        let value = &raw mut (*object.as_ptr().cast::<ffi::PyLongObject>()).long_value;
        if (*value).lv_tag >> ffi::_PyLong_NON_SIZE_BITS < digits {
            return false;
        }
        let sign = if number < 0 { ffi::SIGN_NEGATIVE } else { 0 };
        (*value).lv_tag = digits << ffi::_PyLong_NON_SIZE_BITS | sign as usize;
        let place = (&raw mut (*value).ob_digit).cast::<ffi::digit>();
        let mask = (1 << ffi::PyLong_SHIFT) - 1;
        let mut rest = magnitude;
        for index in 0..digits {
            place.add(index).write((rest & mask) as ffi::digit);
            rest >>= ffi::PyLong_SHIFT;
        }
    }
    true
}

pub(super) unsafe extern "C" fn write_object(place: *mut Raw, object: Raw) {
    // SAFETY: machine code gives the slot of a local, which holds NULL or a reference, and a live object.
    unsafe {
        ffi::Py_INCREF(object.cast());
        write_new(place, object.cast());
    }
}

/// The object, or `None` after noting that there was no memory.
pub(super) fn or_none(object: *mut ffi::PyObject) -> Raw {
    if object.is_null() {
        no_memory();
        return (&raw mut ffi::_Py_NoneStruct).cast();
    }
    object.cast()
}

pub(super) unsafe extern "C" fn exit_float(number: f64) -> Raw {
    // SAFETY: gives a new reference or NULL.
    or_none(unsafe { ffi::PyFloat_FromDouble(number) })
}

pub(super) unsafe extern "C" fn exit_int(number: i64) -> Raw {
    // SAFETY: gives a new reference or NULL.
    or_none(unsafe { ffi::PyLong_FromLongLong(number) })
}

unsafe extern "C" fn run_step(thread: Raw, frame: Raw, next: u32) -> i32 {
    let frame = frame.cast::<ffi::_PyInterpreterFrame>();
    if without_memory() {
        return 1 + ExitKind::Error as i32;
    }
    // SAFETY: machine code gives the thread that runs it and its frame, which it has written as the evaluator wants it.
    unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        match step::step(thread, frame) {
            step::Stepped::On => {
                let code = (*frame).f_executable.cast::<ffi::PyCodeObject>();
                let expected = ffi::_PyCode_CODE(code).add(next as usize);
                if (*frame).instr_ptr == expected {
                    (*frame).stacktop = -1;
                    0
                } else {
                    1 + ExitKind::Resume as i32
                }
            }
            step::Stepped::Raised => 1 + ExitKind::Error as i32,
            step::Stepped::Resumed => 1 + ExitKind::Resume as i32,
            step::Stepped::Switched => 1 + ExitKind::Switched as i32,
        }
    }
}

unsafe extern "C" fn catch(thread: Raw, frame: Raw, handler: u32) -> i32 {
    // SAFETY: machine code gives the thread that runs it and its frame, which it has written as the evaluator wants it.
    let caught = unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        unwind::catch(thread, frame.cast(), Catch::unpack(handler))
    };
    i32::from(!caught)
}

unsafe extern "C" fn callee_left(thread: Raw, caller: Raw, left: *mut Exit) -> i32 {
    let caller = caller.cast::<ffi::_PyInterpreterFrame>();
    // SAFETY: machine code gives the thread that runs it, its frame, and the exit of the code that it has called, which names
    // itself and counts as running until its exit is done with.
    unsafe {
        let Exit {
            index,
            kind,
            payload,
        } = *left;
        if payload.is_null() {
            return PASSED_ON;
        }
        let code = payload.cast::<MachineCode>().cast_const();
        let reason = (*code).reason(index);
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        let ends = kind == ExitKind::Error
            || kind == ExitKind::Resume && matches!(reason, Reason::Return | Reason::Raised);
        if !ends && !nested::may_finish(thread, caller) {
            return PASSED_ON;
        }
        MachineCode::left_by(code, index, thread);
        let (ended, after) = if kind == ExitKind::Error || without_memory() {
            (raised_in_call(thread, caller), After::Resume)
        } else if ends {
            let frame = (*thread.as_ptr()).current_frame;
            (end(thread, frame, caller), After::Resume)
        } else if kind == ExitKind::Switched {
            (Ended::GoesOn, After::Enter)
        } else {
            (Ended::GoesOn, After::Resume)
        };
        let ended = match ended {
            Ended::GoesOn if nested::may_finish(thread, caller) => {
                match nested::finish(thread, caller, after) {
                    Ok(value) => Ended::Returned(value),
                    Err(_) => Ended::Raised,
                }
            }
            ended => ended,
        };
        match ended {
            Ended::Returned(value) => {
                (*left).payload = value.into_raw().cast();
                0
            }
            Ended::Raised => 1 + ExitKind::Error as i32,
            Ended::GoesOn if after == After::Enter => 1 + ExitKind::Switched as i32,
            Ended::GoesOn => 1 + ExitKind::Resume as i32,
        }
    }
}

unsafe extern "C" fn return_from(thread: Raw, frame: Raw) -> Raw {
    if without_memory() {
        return null_mut();
    }
    // SAFETY: machine code gives the thread that runs it and its frame, a call's, which it has written as the evaluator wants it.
    let value = unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        unwind::return_from(thread, frame.cast())
    };
    value.into_raw().cast()
}

unsafe extern "C" fn begin_call(
    thread: Raw,
    frame: Raw,
    place: *mut Raw,
    count: u32,
    names: Raw,
    floor: usize,
) -> Entrance {
    // SAFETY: machine code gives the thread that runs it, its frame, which it has written, the operands, and NULL or a tuple that the
    // code keeps.
    let called = unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        let names = (!names.is_null()).then(|| Borrowed::from_raw_unchecked(names.cast()));
        calling::begin(
            thread,
            frame.cast(),
            place.cast(),
            count as usize,
            names,
            floor,
        )
    };
    entrance(called)
}

unsafe extern "C" fn begin_call_unpacked(
    thread: Raw,
    frame: Raw,
    place: *mut Raw,
    count: u32,
    floor: usize,
) -> Entrance {
    // SAFETY: machine code gives the thread that runs it, its frame, which it has written, and the operands.
    let called = unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        calling::begin_unpacked(thread, frame.cast(), place.cast(), count > 1, floor)
    };
    entrance(called)
}

/// How machine code is to be entered for a call that was begun.
fn entrance(called: Result<Called, Raised>) -> Entrance {
    let (entry, run) = match called {
        Ok(Called::Enters((run, entry))) => (u64::from(entry), Some(run)),
        Ok(Called::Not) => (0, None),
        Ok(Called::Switched) => (1 + ExitKind::Switched as u64, None),
        Err(_) => (1 + ExitKind::Error as u64, None),
    };
    Entrance { entry, run }
}

unsafe extern "C" fn begin_resumption(
    thread: Raw,
    frame: Raw,
    generator: Raw,
    value: Raw,
    floor: usize,
) -> Entrance {
    // SAFETY: as of `resume`.
    let entrance = unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        let generator = Generator::from_raw_unchecked(generator.cast());
        resume::begin(thread, frame.cast(), generator, value.cast(), floor)
    };
    let (run, entry) = entrance.unzip();
    Entrance {
        entry: entry.unwrap_or_default().into(),
        run,
    }
}

unsafe extern "C" fn resume(
    thread: Raw,
    frame: Raw,
    generator: Raw,
    value: Raw,
    floor: usize,
) -> Exit {
    // SAFETY: machine code gives the thread that runs it, its frame, which it has written, the generator on its stack, and NULL
    // or a reference.
    unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        let generator = Generator::from_raw_unchecked(generator.cast());
        resume::resume(thread, frame.cast(), generator, value.cast(), floor)
    }
}

unsafe extern "C" fn generator(
    thread: Raw,
    function: Raw,
    arguments: *const Raw,
    count: u32,
) -> Raw {
    // SAFETY: machine code gives the thread that runs it, and references that it gives away: a function, and as many arguments
    // as that has parameters.
    unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        let arguments = core::slice::from_raw_parts(arguments.cast(), count as usize);
        match resume::make(thread, function.cast(), arguments) {
            Ok(Some(generator)) => generator.into_raw().cast(),
            Ok(None) | Err(_) => null_mut(),
        }
    }
}

unsafe extern "C" fn end_generator(thread: Raw, frame: Raw) {
    // SAFETY: machine code gives the thread that runs it and its frame, a generator's, which it has written.
    unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        frames::end_running_generator(thread, frame.cast());
    }
}

unsafe extern "C" fn send(thread: Raw, frame: Raw, receiver: Raw, value: Raw) -> Raw {
    // SAFETY: machine code gives the thread that runs it, its frame, which stands at the instruction, and two live objects.
    let sent = unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        let receiver = Borrowed::from_raw_unchecked(receiver.cast());
        let value = Borrowed::from_raw_unchecked(value.cast());
        resume::send(thread, frame.cast(), receiver, value)
    };
    match sent {
        Ok((true, yielded)) => yielded.into_raw().cast(),
        Ok((false, returned)) => {
            exits::leave_value(returned);
            null_mut()
        }
        Err(_raised) => null_mut(),
    }
}

unsafe extern "C" fn new_instance(class: Raw) -> Raw {
    // SAFETY: machine code gives a class that makes its instances in the usual way.
    match unsafe { step::new_instance(class.cast()) } {
        Some(instance) => instance.into_raw().cast(),
        None => null_mut(),
    }
}

unsafe extern "C" fn begin_instance(thread: Raw, caller: Raw, class: Raw) -> Raw {
    // SAFETY: machine code gives the thread that runs it, its frame, and a class that makes its instances in the usual way;
    // there is room for the frame.
    unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        step::begin_instance(thread, caller.cast(), class.cast()).cast()
    }
}

unsafe extern "C" fn end_instance(thread: Raw, caller: Raw, value: Raw) -> Raw {
    // SAFETY: machine code gives the thread that runs it, its frame, and what `__init__` has returned.
    unsafe {
        let thread = ThreadState::from_c(NonNull::new_unchecked(thread.cast()));
        let value = Owned::from_raw_unchecked(value.cast());
        let instance = step::end_instance(thread, caller.cast(), value);
        instance.map_or(null_mut(), |instance| instance.into_raw().cast())
    }
}

unsafe extern "C" fn deallocate_seen(object: Raw, frame: Raw, at: u32, tools_version: u64) -> u8 {
    // SAFETY: machine code gives an object whose count has become zero, its own frame, and an instruction of its code.
    unsafe {
        if deallocate_ended(object.cast()) {
            return 0;
        }
        let running = frame.cast::<ffi::_PyInterpreterFrame>();
        let code = (*running).f_executable.cast::<ffi::PyCodeObject>();
        (*running).instr_ptr = ffi::_PyCode_CODE(code).add(at as usize);
        deallocate(object);
        disturbed(frame, tools_version)
    }
}

unsafe extern "C" fn disturbed(root: Raw, tools_version: u64) -> u8 {
    let root = root.cast::<ffi::_PyInterpreterFrame>();
    // A tool that wants something of this code alone has the patches taken away, and changes no version.
    // SAFETY: machine code gives the frame that it was entered with, which is alive with its code.
    let patched = unsafe {
        !(*(*root).f_executable.cast::<ffi::PyCodeObject>())
            .co_executors
            .is_null()
    };
    let written = was_written(root);
    u8::from(is_disturbed_above(root, tools_version) | written || !patched)
}

unsafe extern "C" fn disturbed_passed(root: Raw, own: Raw, tools_version: u64) -> u8 {
    // SAFETY: machine code names itself, which stays while it runs.
    let withdrawn = unsafe { (*own.cast::<MachineCode>()).is_withdrawn() };
    // The frame below is another code's.
    u8::from(is_disturbed_above(root.cast(), tools_version) || withdrawn)
}

/// Whether other tools watch than those of a version, or somebody wrote to locals of the frames above the one with which machine
/// code was entered: they are those of inlined calls.
fn is_disturbed_above(root: *mut ffi::_PyInterpreterFrame, tools_version: u64) -> bool {
    let thread = ThreadState::current();
    let watching = thread.eval_breaker() & !(ffi::_PY_EVAL_EVENTS_MASK as usize);
    let written = exits::innermost(thread)
        .take_while(|&frame| frame != root)
        .fold(false, |written, frame| was_written(frame) | written);
    watching as u64 != tools_version || written
}

/// Lets go of a reference; whether it was the last, and the object is still to die.
///
/// # Safety
/// NULL, or a reference to an object.
unsafe fn count_down(object: *mut ffi::PyObject) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        if object.is_null() || ffi::_Py_IsImmortal(object) {
            return false;
        }
        (*object).__bindgen_anon_1.ob_refcnt -= 1;
        (*object).__bindgen_anon_1.ob_refcnt == 0
    }
}

unsafe extern "C" fn deallocate_inlined(
    objects: *const Raw,
    count: usize,
    own: Raw,
    look: u64,
    root: Raw,
    tools_version: u64,
    at: u32,
) -> u8 {
    // SAFETY: machine code gives objects, of which the first has no reference left and the others one that is let go of, and
    // names itself and its frame. It has left what the table of the exit wants, as if it left by it.
    unsafe {
        let thread = ThreadState::current();
        let code = &*own.cast::<MachineCode>().cast_const();
        let mut objects = core::slice::from_raw_parts(objects, count);
        // As long as nobody can see anything, there is nothing to be shown.
        while unseen::deallocate_unseen(objects[0].cast()) {
            objects = &objects[1..];
            while let Some((&object, rest)) = objects.split_first()
                && !count_down(object.cast())
            {
                objects = rest;
            }
            if objects.is_empty() {
                return 0;
            }
        }
        let Some((state, next)) = code.state(look as u32) else {
            unreachable!("the exit has a table");
        };
        let shown = exits::show(state, thread, at);
        deallocate(objects[0]);
        for &object in &objects[1..] {
            release(object);
        }
        let answer = match code.passed() {
            Some(_) => disturbed_passed(root, own, tools_version),
            None => disturbed(root, tools_version),
        };
        let is_disturbed = answer != 0 || shown.is_disturbed(thread);
        if is_disturbed {
            shown.leave(thread, next);
        } else {
            shown.hide(thread);
        }
        u8::from(is_disturbed)
    }
}
