//! Entries, by which extensions call Python functions with numbers of C: what `include/pyroxene.h` declares. Makes the capsule
//! `pyroxene.C_API`.
//!
//! Of the machine code, only the place where it is found is kept ([`jit::passed`](crate::jit::passed)), and that is looked for again
//! where there is none.
mod call;
mod signature;

use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use call::Callee;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::offset_of;
use core::ptr::null_mut;
use signature::Signature;

/// `PYROXENE_API_VERSION`
const VERSION: i32 = 1;

/// `Pyroxene_Entry`
struct Entry(Callee);

/// `Pyroxene_API`
#[repr(C)]
struct Functions {
    version: i32,
    acquire: unsafe extern "C" fn(*mut ffi::PyObject, *const c_char) -> *mut Entry,
    release: unsafe extern "C" fn(*mut Entry),
    call: unsafe extern "C" fn(*const Entry, *const call::Value, *mut call::Value) -> c_int,
    callable: unsafe extern "C" fn(*const Entry) -> *mut ffi::PyObject,
    is_compiled: unsafe extern "C" fn(*const Entry) -> c_int,
}

// The header promises these places.
const _: () = {
    assert!(offset_of!(Functions, acquire) == 8);
    assert!(offset_of!(Functions, release) == 16);
    assert!(offset_of!(Functions, call) == 24);
    assert!(offset_of!(Functions, callable) == 32);
    assert!(offset_of!(Functions, is_compiled) == 40);
};

static FUNCTIONS: Functions = Functions {
    version: VERSION,
    acquire,
    release,
    call: call_entry,
    callable,
    is_compiled,
};

/// The capsule by which extensions get at the functions.
///
/// # Errors
/// `MemoryError`.
pub fn capsule() -> Result<Owned, Raised> {
    let functions: *mut c_void = (&raw const FUNCTIONS).cast_mut().cast();
    // SAFETY: the functions and the name are there for ever. The result is a new reference.
    unsafe {
        Owned::from_c(ffi::PyCapsule_New(
            functions,
            c"pyroxene.C_API".as_ptr(),
            None,
        ))
    }
}

unsafe extern "C" fn acquire(callable: *mut ffi::PyObject, signature: *const c_char) -> *mut Entry {
    // SAFETY: the header demands a live object and a C string.
    let (callable, signature) = unsafe {
        (
            Borrowed::<ffi::PyObject>::from_raw_unchecked(callable),
            CStr::from_ptr(signature),
        )
    };
    let Some(signature) = Signature::parse(signature.to_bytes()) else {
        let why = c"a signature is up to 8 letters, \"->\" and a letter, each of d, q and O";
        let _pending = raise(exception::ValueError, why);
        return null_mut();
    };
    // SAFETY: a live object.
    if unsafe { ffi::PyCallable_Check(callable.as_ptr()) } == 0 {
        let _pending = raise(exception::TypeError, c"an entry is for a callable");
        return null_mut();
    }
    Box::into_raw(Box::new(Entry(Callee::new(callable.new_ref(), signature))))
}

unsafe extern "C" fn release(entry: *mut Entry) {
    if !entry.is_null() {
        // SAFETY: the header demands one that `acquire` gave, once. Dropping the callable may run any code: nothing of the
        // entry is looked at any more.
        drop(unsafe { Box::from_raw(entry) });
    }
}

unsafe extern "C" fn call_entry(
    entry: *const Entry,
    arguments: *const call::Value,
    result: *mut call::Value,
) -> c_int {
    // SAFETY: the header demands a live entry, and as many arguments as its signature has.
    let value = unsafe { Callee::call(&raw const (*entry).0, arguments) };
    match value {
        Ok(value) => {
            // SAFETY: the header demands a place for it.
            unsafe { result.write(value) };
            0
        }
        Err(_pending) => -1,
    }
}

unsafe extern "C" fn callable(entry: *const Entry) -> *mut ffi::PyObject {
    // SAFETY: the header demands a live entry.
    unsafe { (*entry).0.callable.as_ptr() }
}

unsafe extern "C" fn is_compiled(entry: *const Entry) -> c_int {
    // SAFETY: as above.
    c_int::from(unsafe { (*entry).0.is_compiled() })
}
