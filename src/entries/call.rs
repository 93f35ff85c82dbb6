//! One call of an entry: in machine code that takes values of C, or with objects of the arguments, which the callee's frame takes
//! over. Makes a value of C of what it gives.
use super::signature::{MOST, Signature};
use crate::bytecode::Opcode;
use crate::call::{Arguments, vectorcall};
use crate::eval::door::{Given, call_passed};
use crate::eval::entry;
use crate::ffi;
use crate::field;
use crate::jit::passed;
use crate::object::{Borrowed, Owned, Raised};
use crate::thread::ThreadState;
use core::cell::Cell;
use core::mem::MaybeUninit;
use pyroxene_jit_api::{Passed, RunPassed};
use std::sync::Arc;

/// `Pyroxene_Value`
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) union Value {
    double: f64,
    int: i64,
    object: *mut ffi::PyObject,
}

/// What an entry calls.
pub(super) struct Callee {
    /// The callable.
    pub callable: Owned,
    /// What it is called with, and is to give.
    pub signature: Signature,
    boxes: Boxes,
    machine_code: MachineCode,
}

/// Where an entry finds machine code that takes values of C.
struct MachineCode {
    gate: Cell<Option<Arc<passed::Gate>>>,
    /// After how many calls without such machine code it is asked for.
    asked_after: Cell<u32>,
}

/// After how many calls that is asked again where there is no compiler.
const SELDOM: u32 = 1 << 16;

impl Callee {
    /// Something that can be called.
    pub(super) fn new(callable: Owned, signature: Signature) -> Self {
        Self {
            callable,
            signature,
            boxes: Boxes::default(),
            machine_code: MachineCode {
                gate: Cell::new(None),
                asked_after: Cell::new(passed::calls_between()),
            },
        }
    }

    /// The machine code that takes values of C, if there is any.
    #[inline(always)]
    fn machine_code(&self) -> Option<RunPassed> {
        // SAFETY: whoever sets the gate does not come by while it is looked at.
        unsafe { (*self.machine_code.gate.as_ptr()).as_ref()?.run() }
    }

    /// Whether machine code is entered when it is called.
    pub(super) fn is_compiled(&self) -> bool {
        self.machine_code().is_some() || is_compiled(self.callable.borrow())
    }

    /// Calls. The entry may be given back meanwhile.
    ///
    /// # Errors
    /// What the callable raises; what the result raises that is not what the signature says.
    ///
    /// # Safety
    /// It is alive when it is called. There are as many arguments as the signature has, and their objects are alive.
    #[inline(always)]
    pub(super) unsafe fn call(this: *const Self, arguments: *const Value) -> Result<Value, Raised> {
        let thread = ThreadState::current();
        // SAFETY: as the caller promises. The machine code was made for the kinds of the signature, and takes a reference to the
        // function. If there is nothing given, nothing has run.
        unsafe {
            let result = (*this).signature.result;
            if let Some(run) = (*this).machine_code() {
                let callable = (*this).callable.borrow().as_ptr();
                if let Some(given) = call_passed(thread, run, callable, arguments.cast()) {
                    return value_of_given(result, given?);
                }
            }
            Self::call_with_objects(this, thread, arguments)
        }
    }

    /// Calls with an object for each argument.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// # Safety
    /// As there.
    #[inline(never)]
    unsafe fn call_with_objects(
        this: *const Self,
        thread: ThreadState,
        arguments: *const Value,
    ) -> Result<Value, Raised> {
        let mut objects = Objects::new();
        // SAFETY: as the caller promises. The entry is not looked at any more when the callable runs, which may give it back: what is
        // called is referred to until then. The function takes the references over.
        unsafe {
            let callable = (*this).callable.borrow();
            let result = (*this).signature.result;
            let function = python_function(callable);
            if let Some(function) = function {
                (*this).count(function);
            }
            for (index, &kind) in (*this).signature.arguments().iter().enumerate() {
                let kept = &(*this).boxes[index];
                objects.add(object_of(kind, *arguments.add(index), kept)?);
            }
            let object = match function {
                Some(function) => {
                    let (first, count) = objects.give();
                    let namespace = entry::namespace_of(function);
                    entry::call_giving(thread, function, namespace, first, count)?
                }
                None => {
                    let callable = callable.new_ref();
                    let arguments = Arguments::from_c(objects.first(), objects.count, None);
                    vectorcall::call(thread, callable.borrow(), arguments)?
                }
            };
            value_of(result, object)
        }
    }

    /// Counts a call without machine code, and asks now and then whether there is some.
    #[inline(always)]
    fn count(&self, function: Borrowed<'_, ffi::PyFunctionObject>) {
        let left = self.machine_code.asked_after.get() - 1;
        self.machine_code.asked_after.set(left);
        if left == 0 {
            let calls = passed::calls_between();
            let gate = passed::call(function, self.signature.arguments(), calls);
            let next = if gate.is_some() { calls } else { SELDOM };
            self.machine_code.asked_after.set(next);
            self.machine_code.gate.set(gate);
        }
    }
}

/// References for a call, which are dropped with it unless the callee takes them.
struct Objects {
    places: [MaybeUninit<*mut ffi::PyObject>; MOST],
    count: usize,
}

impl Objects {
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

impl Drop for Objects {
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
fn is_compiled(callable: Borrowed<'_>) -> bool {
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
type Boxes = [Cell<Option<Owned>>; MOST];

/// # Safety
/// If it is an object, it is alive.
#[inline(always)]
unsafe fn object_of(
    kind: Passed,
    value: Value,
    kept: &Cell<Option<Owned>>,
) -> Result<Owned, Raised> {
    // SAFETY: every member is written where another is, as bits; the functions give new references.
    unsafe {
        match kind {
            Passed::Float => float_of(value.double, kept),
            Passed::Int => Owned::from_c(ffi::PyLong_FromLongLong(value.int)),
            Passed::Object => {
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

/// A value of C of what machine code has given.
#[inline(always)]
fn value_of_given(kind: Passed, given: Given) -> Result<Value, Raised> {
    let object = match (kind, given) {
        (Passed::Float, Given::Float(double)) => return Ok(Value { double }),
        (Passed::Int, Given::Int(int)) => return Ok(Value { int }),
        // The nearest, as of an object.
        (Passed::Float, Given::Int(int)) => return Ok(Value { double: int as f64 }),
        // SAFETY: gives a new reference, or NULL with an exception.
        (Passed::Int | Passed::Object, Given::Float(double)) => unsafe {
            Owned::from_c(ffi::PyFloat_FromDouble(double))?
        },
        // SAFETY: as above.
        (Passed::Object, Given::Int(int)) => unsafe {
            Owned::from_c(ffi::PyLong_FromLongLong(int))?
        },
        (Passed::Float | Passed::Int | Passed::Object, Given::Object(object)) => object,
    };
    value_of(kind, object)
}

#[inline(always)]
fn value_of(kind: Passed, object: Owned) -> Result<Value, Raised> {
    // SAFETY: a live object. The functions give -1 where they raise.
    unsafe {
        Ok(match kind {
            Passed::Float => {
                let double = ffi::PyFloat_AsDouble(object.as_ptr());
                if double == -1.0 && Raised::is_pending() {
                    return Err(Raised::on_c_word());
                }
                Value { double }
            }
            Passed::Int => {
                let int = ffi::PyLong_AsLongLong(object.as_ptr());
                if int == -1 && Raised::is_pending() {
                    return Err(Raised::on_c_word());
                }
                Value { int }
            }
            Passed::Object => Value {
                object: object.into_raw(),
            },
        })
    }
}
