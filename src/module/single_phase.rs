//! The definition of a module that no import makes: the runtime makes it in one step and puts it where it belongs, as it
//! does with `sys.monitoring`.
use crate::ffi;
use crate::module::Method;
use crate::module::definition::empty_definition;
use crate::object::{Owned, Raised};
use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int};
use core::marker::PhantomData;

/// The static definition of such a module. It has functions, for which `S` is only a name, and no state.
pub struct SinglePhase<S> {
    definition: UnsafeCell<ffi::PyModuleDef>,
    _state: PhantomData<fn(S)>,
}

// SAFETY: C writes it when it is first used, in the thread that starts the runtime, and afterwards only reads.
unsafe impl<S> Sync for SinglePhase<S> {}

impl<S> core::fmt::Debug for SinglePhase<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "SinglePhase({:p})", self.definition.get())
    }
}

impl<S> SinglePhase<S> {
    /// The definition of a module by its name and its functions, from [`methods!`](crate::methods).
    pub const fn new(name: &'static CStr, methods: &'static [Method<S>]) -> Self {
        assert!(matches!(methods.last(), Some(last) if last.is_end()));
        Self {
            definition: UnsafeCell::new(ffi::PyModuleDef {
                m_name: name.as_ptr(),
                // No state, and not to be made twice in an interpreter.
                m_size: -1,
                m_methods: methods.as_ptr().cast_mut().cast(),
                ..empty_definition()
            }),
            _state: PhantomData,
        }
    }

    /// Makes the module (moduleobject.c `_PyModule_CreateInitialized`).
    ///
    /// # Errors
    /// `MemoryError`.
    pub fn create(&'static self) -> Result<Owned, Raised> {
        // SAFETY: a static definition; a new reference or NULL with an exception.
        unsafe {
            Owned::from_c(ffi::_PyModule_CreateInitialized(
                self.definition.get(),
                ffi::PYTHON_API_VERSION as c_int,
            ))
        }
    }
}
