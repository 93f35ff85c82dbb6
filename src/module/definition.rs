//! A module's definition (`PyModuleDef`, initialised in phases) and its state, from one trait.
use crate::bad_internal_call;
use crate::ffi;
use crate::field;
use crate::module::Method;
use crate::object::static_type::static_head;
use crate::object::type_slot::Visitor;
use crate::object::{Borrowed, IntoC, Raised, check_status};
use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_long, c_void};
use core::marker::PhantomData;
use core::ops::ControlFlow;

/// The state of a module, and with it the module: one value for each interpreter that imports it.
///
/// # Safety
/// All-zero bytes are a valid value, because C allocates and zeroes it; it needs no dropping after
/// [`clear`](ModuleState::clear), because C frees the memory; and it is aligned to 16 bytes at most.
pub unsafe trait ModuleState: Sized + 'static {
    /// The module's name.
    const NAME: &'static CStr;
    /// Its doc string.
    const DOC: &'static CStr;
    /// Its functions, from [`methods!`](crate::methods).
    const METHODS: &'static [Method<Self>];

    /// Fills a new module (`Py_mod_exec`). Errors: the import fails with the exception.
    fn execute(module: Module<'_, Self>) -> Result<(), Raised>;

    /// Shows the collector every reference in the state.
    fn traverse(&self, visitor: Visitor) -> ControlFlow<c_int>;

    /// Lets go of every reference in the state.
    fn clear(&self);
}

/// A module object whose state is an `S`, as its functions get it.
#[repr(transparent)]
#[derive(Debug)]
pub struct Module<'a, S> {
    object: Borrowed<'a, ffi::PyModuleObject>,
    _state: PhantomData<fn(S)>,
}

impl<S> Clone for Module<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Module<'_, S> {}

impl<'a, S> Module<'a, S> {
    /// The state. Errors: `SystemError` for a module that was created but never executed, which has none.
    #[inline]
    pub fn state(self) -> Result<&'a S, Raised> {
        let object = self.object;
        let state = field!(object.md_state).cast::<S>();
        // SAFETY: the definition made the memory of this size, zeroed; the module keeps it as long as it lives.
        unsafe { state.as_ref() }.ok_or_else(|| bad_internal_call!())
    }

    /// The module as an object.
    #[inline(always)]
    pub fn object(self) -> Borrowed<'a> {
        self.object.upcast()
    }

    /// The module's dictionary (moduleobject.c `PyModule_GetDict`).
    pub fn dict(self) -> Borrowed<'a> {
        // SAFETY: for a live module the function cannot fail, and the module keeps the dictionary.
        unsafe { Borrowed::from_raw_unchecked(ffi::PyModule_GetDict(self.object().as_ptr())) }
    }

    /// Adds a number under a name (modsupport.c `PyModule_AddIntConstant`).
    pub fn add_int(self, name: &CStr, value: impl Into<c_long>) -> Result<(), Raised> {
        let module = self.object().as_ptr();
        // SAFETY: a live module and a C string.
        check_status(unsafe { ffi::PyModule_AddIntConstant(module, name.as_ptr(), value.into()) })
    }

    /// Adds an object under a name.
    pub fn add(self, name: &CStr, value: Borrowed<'_>) -> Result<(), Raised> {
        let dict = self.dict().as_ptr();
        // SAFETY: a live dictionary, a C string, and a live object to which the dictionary takes its own reference.
        check_status(unsafe { ffi::PyDict_SetItemString(dict, name.as_ptr(), value.as_ptr()) })
    }

    /// Adds a type under the last part of its name (modsupport.c `PyModule_AddType`).
    pub fn add_type(self, class: Borrowed<'_, ffi::PyTypeObject>) -> Result<(), Raised> {
        // SAFETY: a live module and a live type.
        check_status(unsafe { ffi::PyModule_AddType(self.object().as_ptr(), class.as_ptr()) })
    }
}

/// The static definition of a module.
pub struct Definition<S: ModuleState> {
    definition: UnsafeCell<ffi::PyModuleDef>,
    _state: PhantomData<fn(S)>,
}

// SAFETY: C writes it when it is first initialised, under the import lock, and afterwards only reads.
unsafe impl<S: ModuleState> Sync for Definition<S> {}

impl<S: ModuleState> Default for Definition<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: ModuleState> core::fmt::Debug for Definition<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Definition({:?})", S::NAME)
    }
}

impl<S: ModuleState> Definition<S> {
    /// The steps of the initialisation. Modules of ours work in every interpreter, each with its own GIL, as those of
    /// upstream that they replace do, and on builds without one.
    const SLOTS: &'static [ffi::PyModuleDef_Slot] = &[
        slot(
            ffi::Py_mod_exec,
            Self::on_execute as unsafe extern "C" fn(_) -> _ as *mut c_void,
        ),
        slot(ffi::Py_mod_multiple_interpreters, PER_INTERPRETER_GIL),
        slot(ffi::Py_mod_gil, GIL_NOT_USED),
        slot(0, core::ptr::null_mut()),
    ];

    /// The definition that the state's type describes.
    pub const fn new() -> Self {
        assert!(align_of::<S>() <= 16);
        assert!(matches!(S::METHODS.last(), Some(last) if last.is_end()));
        Self {
            definition: UnsafeCell::new(ffi::PyModuleDef {
                m_name: S::NAME.as_ptr(),
                m_doc: S::DOC.as_ptr(),
                m_size: size_of::<S>() as ffi::Py_ssize_t,
                m_methods: S::METHODS.as_ptr().cast_mut().cast(),
                m_slots: Self::SLOTS.as_ptr().cast_mut(),
                m_traverse: Some(Self::on_traverse),
                m_clear: Some(Self::on_clear),
                m_free: Some(Self::on_free),
                ..empty_definition()
            }),
            _state: PhantomData,
        }
    }

    /// What the module's `PyInit_…` gives: the definition itself, from which the import system makes a module
    /// (moduleobject.c `PyModuleDef_Init`).
    pub fn init(&'static self) -> Result<Borrowed<'static>, Raised> {
        // SAFETY: a static definition; the result is the definition as an object that never dies.
        unsafe { Borrowed::from_c(ffi::PyModuleDef_Init(self.definition.get())) }
    }

    unsafe extern "C" fn on_execute(module: Module<'_, S>) -> c_int {
        S::execute(module).into_c()
    }

    unsafe extern "C" fn on_traverse(
        module: *mut ffi::PyObject,
        visit: ffi::visitproc,
        argument: *mut c_void,
    ) -> c_int {
        // SAFETY: the collector gives a live module of this definition, and its own function with its argument.
        match unsafe { (Visitor::from_c(visit, argument), Self::state(module)) } {
            (Some(visitor), Some(state)) => match state.traverse(visitor) {
                ControlFlow::Continue(()) => 0,
                ControlFlow::Break(stop) => stop,
            },
            _ => 0,
        }
    }

    unsafe extern "C" fn on_clear(module: *mut ffi::PyObject) -> c_int {
        // SAFETY: a live module of this definition.
        if let Some(state) = unsafe { Self::state(module) } {
            state.clear();
        }
        0
    }

    unsafe extern "C" fn on_free(module: *mut c_void) {
        // SAFETY: a module of this definition that is about to be freed, with its state still there.
        unsafe { Self::on_clear(module.cast()) };
    }

    /// # Safety
    /// `module` is a module of this definition, alive for `'a`.
    unsafe fn state<'a>(module: *mut ffi::PyObject) -> Option<&'a S> {
        // SAFETY: the state of such a module is an S, or not there yet.
        unsafe {
            (*module.cast::<ffi::PyModuleObject>())
                .md_state
                .cast::<S>()
                .as_ref()
        }
    }
}

/// A definition that defines nothing yet (moduleobject.h `PyModuleDef_HEAD_INIT`).
pub(super) const fn empty_definition() -> ffi::PyModuleDef {
    ffi::PyModuleDef {
        m_base: ffi::PyModuleDef_Base {
            ob_base: static_head(core::ptr::null_mut()),
            m_init: None,
            m_index: 0,
            m_copy: core::ptr::null_mut(),
        },
        m_name: core::ptr::null(),
        m_doc: core::ptr::null(),
        m_size: 0,
        m_methods: core::ptr::null_mut(),
        m_slots: core::ptr::null_mut(),
        m_traverse: None,
        m_clear: None,
        m_free: None,
    }
}

/// moduleobject.h `Py_MOD_PER_INTERPRETER_GIL_SUPPORTED`
const PER_INTERPRETER_GIL: *mut c_void = core::ptr::without_provenance_mut(2);
/// moduleobject.h `Py_MOD_GIL_NOT_USED`
const GIL_NOT_USED: *mut c_void = core::ptr::without_provenance_mut(1);

const fn slot(kind: u32, value: *mut c_void) -> ffi::PyModuleDef_Slot {
    ffi::PyModuleDef_Slot {
        slot: kind as c_int,
        value,
    }
}
