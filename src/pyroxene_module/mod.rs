//! The module `pyroxene`, by which a program asks what runs it, and what is known of running code. Reads what the build
//! left in the library and the profile, and asks the loader where the library is.
mod build;
mod jit;
mod library;
mod profile;

use crate::entries;
use crate::ffi;
use crate::methods;
use crate::module::{Definition, IntoObject, Method, Module, ModuleState};
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, Raised};
use build::replaced;
use core::ffi::{CStr, c_int};
use core::ops::ControlFlow;
use jit::jit;
use library::library;
use profile::{jumps, profile, seen};

/// `pyroxene`, for the table of built-in modules.
static DEFINITION: Definition<State> = Definition::new();

/// The function that the table of built-in modules names. Nothing else of the process may call it by name, so it is no
/// symbol of the library.
///
/// # Safety
/// The thread holds the GIL.
pub unsafe extern "C" fn init() -> *mut ffi::PyObject {
    DEFINITION
        .init()
        .map_or(core::ptr::null_mut(), Borrowed::as_ptr)
}

/// The module keeps nothing: all that it tells is constant.
#[derive(Debug)]
struct State;

// SAFETY: there is nothing in it.
unsafe impl ModuleState for State {
    const NAME: &'static CStr = c"pyroxene";

    const DOC: &'static CStr = c"What runs this program: CPython with a core in Rust.\n\
        \n\
        __version__ is the version of the core, and build says how it was made.\n\
        sys.version and sys.implementation tell the version of Python itself.";

    const METHODS: &'static [Method<Self>] = methods! { State:
        NOARGS jit "($module, /)"
            "Return what the compiler did, as a dictionary.\n\n\
             mode is off, on or eager. compiled counts compilations, recompiled those of\n\
             code that had been compiled before, dropped and withdrawn what was not entered\n\
             then or is no more; waiting is still to come. functions, bytes, entries and\n\
             entered are of what is in use, memory also of what still runs, and limits says\n\
             how much there can be. refused says why nothing was compiled, exits why\n\
             machine code was left, interpreted which instructions the evaluator runs for\n\
             it, seconds how long each step took.";
        NOARGS library "($module, /)"
            "Return the path of the library that runs, or None if the loader knows none.\n\n\
             The path is the loader's: it may be relative to the folder in which the\n\
             program was started.";
        NOARGS replaced "($module, /)"
            "Return which files of CPython are Rust.\n\n\
             A tuple of pairs: CPython's file and, from Pyroxene's sources, the file or\n\
             folder that took its place.";
        O profile "($module, enabled, /)"
            "Note from now on what instructions meet, or forget it all and note nothing.\n\n\
             It is off until a compiler or this function turns it on.";
        O seen "($module, code, /)"
            "Return what the instructions of a code object have met, as far as it was noted.\n\n\
             A tuple of pairs: the offset of an instruction, and a tuple of up to four pairs of\n\
             the name of what it was made into and the versions of its operands' types.";
        O jumps "($module, code, /)"
            "Return how many of its last sixteen times each conditional jump of a code object\n\
             jumped.\n\n\
             A tuple of pairs: the offset of the instruction, and the number. Code that has not\n\
             run has eight.";
    };

    fn execute(module: Module<'_, Self>) -> Result<(), Raised> {
        module.add(
            c"__version__",
            env!("CARGO_PKG_VERSION").into_object()?.borrow(),
        )?;
        module.add(c"C_API", entries::capsule()?.borrow())?;
        module.add(c"build", build::information()?.borrow())
    }

    fn traverse(&self, _visitor: Visitor) -> ControlFlow<c_int> {
        ControlFlow::Continue(())
    }

    fn clear(&self) {}
}
