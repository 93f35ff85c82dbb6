//! `Borrowed`: a look at an object that somebody else keeps alive. Costs nothing and counts nothing.
use crate::ffi;
use crate::object::{Exact, Layout, Owned, Raised, Typed};
use core::ffi::CStr;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A borrowed reference: the object lives at least as long as `'a`, because something else holds a reference.
///
/// It is `Copy` and has the bits of the C pointer. Running Python code while one is at hand is allowed only when the
/// holder cannot let go meanwhile; where it could, take a [`new_ref`](Borrowed::new_ref) first, as C does.
#[repr(transparent)]
pub struct Borrowed<'a, T: Layout = ffi::PyObject> {
    pointer: NonNull<T>,
    _holder: PhantomData<&'a T>,
}

impl<T: Layout> Clone for Borrowed<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Layout> Copy for Borrowed<'_, T> {}

impl<T: Layout> core::fmt::Debug for Borrowed<'_, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Borrowed({:p})", self.pointer)
    }
}

/// Reads a field of the struct behind a [`Borrowed`], by value: `field!(tp.tp_repr)` or, nested,
/// `field!(tp.ob_base.ob_size)`. The field's type must be `Copy`; pointers in it come out raw.
#[macro_export]
macro_rules! field {
    ($object:ident . $($path:ident).+) => {{
        let pointer = $crate::object::Borrowed::as_ptr($object);
        // SAFETY: a Borrowed's object is alive and has the layout of its type; the field is read by value.
        #[allow(unused_unsafe, reason = "the macro may stand in an unsafe block")]
        let value = unsafe { (*pointer).$($path).+ };
        value
    }};
}

impl<'a, T: Layout> Borrowed<'a, T> {
    /// A borrowed reference from C; NULL says that an exception is set.
    ///
    /// # Safety
    /// `pointer` is NULL with an exception set, or a live object of layout `T` that lives for `'a`.
    #[inline(always)]
    pub unsafe fn from_c(pointer: *mut T) -> Result<Self, Raised> {
        NonNull::new(pointer)
            .map(|pointer| Self {
                pointer,
                _holder: PhantomData,
            })
            .ok_or_else(Raised::on_c_word)
    }

    /// A borrowed reference from C, where NULL just says that there is none.
    ///
    /// # Safety
    /// `pointer` is NULL or a live object of layout `T` that lives for `'a`.
    #[inline(always)]
    pub unsafe fn from_c_optional(pointer: *mut T) -> Option<Self> {
        NonNull::new(pointer).map(|pointer| Self {
            pointer,
            _holder: PhantomData,
        })
    }

    /// A borrowed reference that cannot be NULL.
    ///
    /// # Safety
    /// `pointer` is a live object of layout `T` that lives for `'a`.
    #[inline(always)]
    pub const unsafe fn from_raw_unchecked(pointer: *mut T) -> Self {
        // SAFETY: as the caller promises.
        let pointer = unsafe { NonNull::new_unchecked(pointer) };
        Self {
            pointer,
            _holder: PhantomData,
        }
    }

    /// The address, for C.
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut T {
        self.pointer.as_ptr()
    }

    /// A reference of our own to the same object (object.h `Py_NewRef`).
    #[inline(always)]
    pub fn new_ref(self) -> Owned<T> {
        // SAFETY: the object is alive, and the new count is the one that the Owned gives back.
        unsafe {
            ffi::Py_INCREF(self.as_ptr().cast());
            Owned::from_raw_unchecked(self.as_ptr())
        }
    }

    /// The same object, seen as a plain one.
    #[inline(always)]
    pub fn upcast(self) -> Borrowed<'a, ffi::PyObject> {
        // SAFETY: a layout starts with a PyObject.
        unsafe { Borrowed::from_raw_unchecked(self.as_ptr().cast()) }
    }

    /// The type of the object (object.h `Py_TYPE`). An object keeps its type alive, but code may assign `__class__`:
    /// do not hold the result across a call that can run any code without a reference.
    #[inline(always)]
    pub fn type_of(self) -> Borrowed<'a, ffi::PyTypeObject> {
        // SAFETY: the object is alive, so its type is set and alive.
        unsafe { Borrowed::from_raw_unchecked(ffi::Py_TYPE(self.as_ptr().cast())) }
    }

    /// Whether both are the same object (Python's `is`).
    #[inline(always)]
    pub fn is<U: Layout>(self, other: Borrowed<'_, U>) -> bool {
        self.as_ptr().cast::<ffi::PyObject>() == other.as_ptr().cast()
    }

    /// Whether this is the object at a static's address (`None`, a type, …).
    #[inline(always)]
    pub fn is_at<U>(self, address: *const U) -> bool {
        self.as_ptr().cast_const().cast::<u8>() == address.cast()
    }

    /// The number of references (refcount.h `Py_REFCNT`).
    #[inline(always)]
    pub fn count(self) -> ffi::Py_ssize_t {
        // SAFETY: the object is alive.
        unsafe { ffi::Py_REFCNT(self.as_ptr().cast()) }
    }

    /// Whether its type is exactly the static type at this address (object.h `Py_IS_TYPE`).
    #[inline(always)]
    pub fn is_exactly(self, class: *const ffi::PyTypeObject) -> bool {
        self.type_of().is_at(class)
    }
}

impl<T: Layout> Borrowed<'static, T> {
    /// A static object, which lives as long as the process: `None`, a static type, an interned identifier.
    ///
    /// # Safety
    /// `pointer` is the address of an immortal static object of layout `T`.
    #[inline(always)]
    pub const unsafe fn from_static(pointer: *mut T) -> Self {
        // SAFETY: as the caller promises.
        unsafe { Self::from_raw_unchecked(pointer) }
    }
}

impl Borrowed<'static, ffi::PyObject> {
    /// `None`.
    #[inline(always)]
    pub const fn none() -> Self {
        // SAFETY: None is a static object, and immortal.
        unsafe { Self::from_static(&raw mut ffi::_Py_NoneStruct) }
    }

    /// `True` or `False`.
    #[inline(always)]
    pub const fn from_bool(yes: bool) -> Self {
        let address = if yes {
            &raw mut ffi::_Py_TrueStruct
        } else {
            &raw mut ffi::_Py_FalseStruct
        };
        // SAFETY: both are immortal statics.
        unsafe { Self::from_static(address.cast()) }
    }
}

impl<'a> Borrowed<'a, ffi::PyObject> {
    /// The object as one of layout `U` if it is one.
    #[inline(always)]
    pub fn downcast<U: Typed>(self) -> Option<Borrowed<'a, U>> {
        // SAFETY: just checked.
        U::check(self).then(|| unsafe { Borrowed::from_raw_unchecked(self.as_ptr().cast()) })
    }

    /// The object as one of layout `U` if it is a direct instance of the layout's type.
    #[inline(always)]
    pub fn downcast_exact<U: Exact>(self) -> Option<Borrowed<'a, U>> {
        // SAFETY: just checked.
        self.is_exactly(U::CLASS)
            .then(|| unsafe { Borrowed::from_raw_unchecked(self.as_ptr().cast()) })
    }

    /// Whether it is a `str` or of a subclass.
    #[inline(always)]
    pub fn is_str(self) -> bool {
        self.type_of().has_feature(ffi::Py_TPFLAGS_UNICODE_SUBCLASS)
    }

    /// Whether it is `None`.
    #[inline(always)]
    pub fn is_none(self) -> bool {
        self.is_at(&raw const ffi::_Py_NoneStruct)
    }

    /// The number of an exact int of one digit.
    #[inline(always)]
    pub fn small_int(self) -> Option<isize> {
        // SAFETY: of the type that is looked at.
        unsafe {
            let is_small = self.is_exactly(&raw const ffi::PyLong_Type)
                && ffi::_PyLong_IsCompact(self.as_ptr().cast());
            is_small.then(|| ffi::_PyLong_CompactValue(self.as_ptr().cast()))
        }
    }
}

impl<'a> Borrowed<'a, ffi::PyTypeObject> {
    /// Whether the type has the feature, one of the `Py_TPFLAGS_…` (object.h `PyType_HasFeature`).
    #[inline(always)]
    pub fn has_feature(self, feature: u32) -> bool {
        // SAFETY: the type is alive.
        unsafe { ffi::_PyType_HasFeature(self.as_ptr(), feature) }
    }

    /// The type with what only types on the heap have, if it is one of them.
    #[inline(always)]
    pub fn as_heap_type(self) -> Option<Borrowed<'a, ffi::PyHeapTypeObject>> {
        // SAFETY: just checked.
        self.has_feature(ffi::Py_TPFLAGS_HEAPTYPE)
            .then(|| unsafe { Borrowed::from_raw_unchecked(self.as_ptr().cast()) })
    }

    /// `tp_name`, for messages.
    #[inline(always)]
    pub fn name(self) -> &'a CStr {
        let name = field!(self.tp_name);
        // SAFETY: tp_name is a C string that lives as long as the type.
        unsafe { CStr::from_ptr(name) }
    }

    /// Whether this is `other` or a subtype of it (typeobject.c `PyType_IsSubtype`).
    #[inline]
    pub fn is_subtype(self, other: Borrowed<'_, ffi::PyTypeObject>) -> bool {
        // SAFETY: both types are alive.
        self.is(other) || unsafe { ffi::PyType_IsSubtype(self.as_ptr(), other.as_ptr()) != 0 }
    }
}
