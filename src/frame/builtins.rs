//! The builtins that belong to some globals: what a new frame gets, and a new function. Reads dicts.
use crate::bad_internal_call;
use crate::eval::namespaces;
use crate::ffi;
use crate::field;
use crate::object::{Borrowed, Raised};
use crate::static_id;
use crate::thread::ThreadState;

/// The builtins that code with these globals has: `__builtins__` of the globals, where a module stands for its namespace;
/// without one, those of the frame that runs (frameobject.c `_PyEval_BuiltinsFromGlobals`).
///
/// # Errors
/// What looking the name up raises.
pub fn from_globals<'a>(
    thread: ThreadState,
    globals: Borrowed<'a>,
) -> Result<Borrowed<'a>, Raised> {
    let name = static_id!(_py___builtins__);
    // SAFETY: the dict is alive, and keeps what is found; an interpreter has builtins, which it keeps, and so has a frame.
    unsafe {
        let found = ffi::PyDict_GetItemWithError(globals.as_ptr(), name.as_ptr());
        match Borrowed::from_c_optional(found) {
            Some(builtins) => Ok(match builtins.downcast::<ffi::PyModuleObject>() {
                Some(module) => Borrowed::from_raw_unchecked(field!(module.md_dict)),
                None => builtins,
            }),
            None => {
                Raised::pending()?;
                namespaces::builtins(thread).ok_or_else(|| bad_internal_call!())
            }
        }
    }
}
