//! One call of an entry: makes objects of the arguments, which the callee's frame takes over, and a value of C of what it gives.
use super::signature::{Kind, MOST, Signature};
use crate::bytecode::Opcode;
use crate::call::{Arguments, vectorcall};
use crate::eval::entry;
use crate::ffi;
use crate::field;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::cell::Cell;
use core::mem::MaybeUninit;

/// `Pyroxene_Value`
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union Value {
    double: f64,
    int: i64,
    object: *mut ffi::PyObject,
}

/// Calls.
///
/// # Errors
/// What the callable raises; what the result raises that is not what the signature says.
///
/// # Safety
/// There are as many arguments as the signature has, and their objects are alive.
pub(super) unsafe fn call(
    callable: Borrowed<'_>,
    signature: Signature,
    arguments: *const Value,
    boxes: &Boxes,
) -> Result<Value, Raised> {
    let thread = ThreadState::current();
    let mut given = Given::new();
    for (index, &kind) in signature.arguments().iter().enumerate() {
        // SAFETY: as the caller promises.
        given.add(unsafe { object_of(kind, *arguments.add(index), &boxes[index]) }?);
    }
    let result = match python_function(callable) {
        // SAFETY: the function takes the references over.
        Some(function) => unsafe {
            let (first, count) = given.give();
            entry::call_giving(
                thread,
                function,
                entry::namespace_of(function),
                first,
                count,
            )?
        },
        None => {
            // The entry, and with it its reference, may go while it is called.
            let callable = callable.new_ref();
            // SAFETY: the references live until the call is over.
            let arguments = unsafe { Arguments::from_c(given.first(), given.count, None) };
            vectorcall::call(thread, callable.borrow(), arguments)?
        }
    };
    value_of(signature.result, result)
}

/// References for a call, which are dropped with it unless the callee takes them.
struct Given {
    places: [MaybeUninit<*mut ffi::PyObject>; MOST],
    count: usize,
}

impl Given {
    const fn new() -> Self {
        Self {
            places: [MaybeUninit::uninit(); MOST],
            count: 0,
        }
    }

    #[inline(always)]
    fn add(&mut self, object: Owned) {
        self.places[self.count].write(object.into_raw());
        self.count += 1;
    }

    const fn first(&self) -> *const *mut ffi::PyObject {
        self.places.as_ptr().cast()
    }

    /// All of them, which are somebody else's from now on.
    #[inline(always)]
    const fn give(&mut self) -> (*const *mut ffi::PyObject, usize) {
        let count = core::mem::replace(&mut self.count, 0);
        (self.first(), count)
    }
}

impl Drop for Given {
    #[inline(always)]
    fn drop(&mut self) {
        for place in &self.places[..self.count] {
            // SAFETY: so many were written, as references.
            drop(unsafe { Owned::<ffi::PyObject>::from_raw_unchecked(place.assume_init()) });
        }
    }
}

/// A callable as a function of Python, if it is one that nobody made behave otherwise.
#[inline(always)]
fn python_function(callable: Borrowed<'_>) -> Option<Borrowed<'_, ffi::PyFunctionObject>> {
    if !callable.is_exactly(&raw const ffi::PyFunction_Type) {
        return None;
    }
    // SAFETY: a function, as just checked.
    let function: Borrowed<'_, ffi::PyFunctionObject> =
        unsafe { Borrowed::from_raw_unchecked(callable.as_ptr().cast()) };
    field!(function.vectorcall)
        .is_some_and(|vectorcall| {
            vectorcall as usize == ffi::_PyFunction_Vectorcall as *const () as usize
        })
        .then_some(function)
}

/// Whether machine code is entered where the callable begins.
pub(super) fn is_compiled(callable: Borrowed<'_>) -> bool {
    python_function(callable).is_some_and(|function| {
        // SAFETY: a function has code, and keeps it.
        let code: Borrowed<'_, ffi::PyCodeObject> =
            unsafe { Borrowed::from_raw_unchecked(field!(function.func_code).cast()) };
        let begin = code.instruction_at(field!(code._co_firsttraceable) as usize);
        // SAFETY: an instruction of the code.
        unsafe { (*begin).op.code == Opcode::ENTER_EXECUTOR.number() }
    })
}

/// The floats of the last call, one for each argument: those that nobody has kept are used again.
pub(super) type Boxes = [Cell<Option<Owned>>; MOST];

/// # Safety
/// If it is an object, it is alive.
#[inline(always)]
unsafe fn object_of(kind: Kind, value: Value, kept: &Cell<Option<Owned>>) -> Result<Owned, Raised> {
    // SAFETY: every member is written where another is, as bits; the functions give new references.
    unsafe {
        match kind {
            Kind::Double => float_of(value.double, kept),
            Kind::Int => Owned::from_c(ffi::PyLong_FromLongLong(value.int)),
            Kind::Object => {
                Ok(Borrowed::<ffi::PyObject>::from_raw_unchecked(value.object).new_ref())
            }
        }
    }
}

/// A float, which is another one for everybody who looks, though it may be the memory of the last.
#[inline(always)]
fn float_of(number: f64, kept: &Cell<Option<Owned>>) -> Result<Owned, Raised> {
    let before = kept.take().filter(|float| float.borrow().count() == 1);
    let float = match before {
        Some(float) => {
            // SAFETY: an exact float, made below, of which nobody else has a reference.
            unsafe { (*float.as_ptr().cast::<ffi::PyFloatObject>()).ob_fval = number };
            float
        }
        // SAFETY: gives a new reference, or NULL with an exception.
        None => unsafe { Owned::from_c(ffi::PyFloat_FromDouble(number))? },
    };
    let given = float.borrow().new_ref();
    kept.set(Some(float));
    Ok(given)
}

#[inline(always)]
fn value_of(kind: Kind, object: Owned) -> Result<Value, Raised> {
    // SAFETY: a live object. The functions give -1 where they raise.
    unsafe {
        Ok(match kind {
            Kind::Double => {
                let double = ffi::PyFloat_AsDouble(object.as_ptr());
                if double == -1.0 && Raised::is_pending() {
                    return Err(Raised::on_c_word());
                }
                Value { double }
            }
            Kind::Int => {
                let int = ffi::PyLong_AsLongLong(object.as_ptr());
                if int == -1 && Raised::is_pending() {
                    return Err(Raised::on_c_word());
                }
                Value { int }
            }
            Kind::Object => Value {
                object: object.into_raw(),
            },
        })
    }
}
