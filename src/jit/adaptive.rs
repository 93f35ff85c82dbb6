//! What `_co_code_adaptive` of a code object shows, which `dis` reads: the instructions that the evaluator would run without the
//! compiler. Changes one entry of a table of upstream's, if code is compiled.
use super::has_begun;
use super::publish::is_instrumented;
use crate::bytecode::{Opcode, original};
use crate::ffi;
use crate::object::Borrowed;
use core::ffi::{CStr, c_void};
use core::ptr::null_mut;

/// The attribute.
const NAME: &CStr = c"_co_code_adaptive";

/// Has the attribute shown as it would be without the compiler.
///
/// # Safety
/// The thread has the GIL, and the types are ready.
pub(super) unsafe fn show() {
    // SAFETY: the table of a static type, which ends with an entry without a name. It is upstream's `code_getsetlist`, which is
    // not constant; who looks up the attribute finds the function there each time.
    unsafe {
        let mut entry = ffi::PyCode_Type.tp_getset;
        while !(*entry).name.is_null() {
            if CStr::from_ptr((*entry).name) == NAME {
                (*entry).get = Some(get);
            }
            entry = entry.add(1);
        }
    }
}

/// Gets the attribute.
unsafe extern "C" fn get(code: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    let code: *mut ffi::PyCodeObject = code.cast();
    // SAFETY: the descriptor has looked whether it is a code object. It ends with its instructions; the bytes are new, and
    // nobody else's yet.
    unsafe {
        let count = (*code).ob_base.ob_size.cast_unsigned();
        let size = count * size_of::<ffi::_Py_CODEUNIT>();
        let first = (&raw const (*code).co_code_adaptive).cast();
        let bytes = ffi::PyBytes_FromStringAndSize(first, size.cast_signed());
        if bytes.is_null() {
            return null_mut();
        }
        let shown = ffi::PyBytes_AsString(bytes).cast::<u8>();
        show_instructions(
            Borrowed::from_raw_unchecked(code),
            core::slice::from_raw_parts_mut(shown, size),
        );
        bytes
    }
}

/// Puts into a copy of the instructions what stands for others there.
fn show_instructions(code: Borrowed<'_, ffi::PyCodeObject>, shown: &mut [u8]) {
    if is_instrumented(code) {
        return;
    }
    let mut index = 0;
    while index < code.unit_count() {
        let unit = original(code, index);
        let is_entered = shown[2 * index] == Opcode::ENTER_EXECUTOR.number();
        // What machine code is entered by has run.
        let opcode = match unit.opcode {
            Opcode::RESUME if is_entered || has_begun(code, index) => Opcode::RESUME_CHECK,
            opcode => opcode,
        };
        shown[2 * index] = opcode.number();
        shown[2 * index + 1] = unit.oparg;
        index += 1 + opcode.caches();
    }
}
