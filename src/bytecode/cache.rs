//! The inline caches: what lies behind an instruction that specialises, as typed views, and which instruction has which.
//! Memory layouts only.
//!
//! A view is a shared reference into the bytecode of a code object. Its fields are cells, because specialising, running
//! and instrumenting the code writes to the same memory, all under the GIL. A guard in a cache is a version number; what
//! is cached holds as long as the guard does, and no cache owns a reference.
use crate::bytecode::{Counter, Opcode};
use crate::ffi;
use core::cell::Cell;

/// A value that takes several entries, and therefore lies at any even address.
#[repr(transparent)]
pub struct Wide<T: Copy>(Cell<Unaligned<T>>);

#[derive(Clone, Copy)]
#[repr(C, packed(2))]
struct Unaligned<T>(T);

impl<T: Copy> Wide<T> {
    /// The value (pycore_code.h `read_u32`, `read_obj`).
    #[inline(always)]
    pub fn get(&self) -> T {
        self.0.get().0
    }

    /// Sets the value (pycore_code.h `write_u32`, `write_obj`).
    #[inline(always)]
    pub fn set(&self, value: T) {
        self.0.set(Unaligned(value));
    }
}

/// A cache: every one starts with a counter.
///
/// # Safety
/// Any bytes are a value of the type.
pub unsafe trait Cache {
    /// The counter.
    fn counter(&self) -> &Cell<Counter>;
}

/// Declares views with C's layout: each field with the member of C's struct at whose place it lies.
macro_rules! caches {
    ($(
        $(#[$doc:meta])*
        $cache:ident = $c:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $member:ident,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[repr(C)]
        pub struct $cache {
            counter: Cell<Counter>,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        // SAFETY: counters, numbers and raw pointers take any bytes, and no other members are declared below.
        unsafe impl Cache for $cache {
            #[inline(always)]
            fn counter(&self) -> &Cell<Counter> {
                &self.counter
            }
        }

        const _: () = {
            assert!(size_of::<$cache>() == size_of::<ffi::$c>());
            assert!(align_of::<$cache>() == align_of::<ffi::_Py_CODEUNIT>());
            assert!(
                core::mem::offset_of!($cache, counter) == core::mem::offset_of!(ffi::$c, counter)
            );
            $(assert!(
                core::mem::offset_of!($cache, $field) == core::mem::offset_of!(ffi::$c, $member)
            );)*
        };
    )*};
}

caches! {
    /// Nothing but a counter: what is to be checked is in the specialised instruction itself. C has a struct of this
    /// layout for each of the instructions (pycore_code.h `_PyBinaryOpCache` and others).
    CounterCache = _PyBinaryOpCache {}

    /// Of `STORE_ATTR`, and the start of that of `LOAD_ATTR` (pycore_code.h `_PyAttrCache`).
    AttributeCache = _PyAttrCache {
        /// The version of the owner's type; of its dict's keys if the owner is a module.
        version: Wide<u32> = version,
        /// Where the value is: an index into the values or keys of the owner's dict, or an offset in the owner.
        index: Cell<u16> = index,
    }

    /// Of `LOAD_ATTR` (pycore_code.h `_PyLoadMethodCache`).
    LoadAttributeCache = _PyLoadMethodCache {
        /// The version of the type, which is the owner's or the owner itself.
        type_version: Wide<u32> = type_version,
        /// The version of the keys of the dicts of the type's instances, or of the function in `found`.
        keys_version: Wide<u32> = __bindgen_anon_1,
        /// What the type has under the name, or the function that finds it; borrowed, and alive while the guards hold.
        found: Wide<*mut ffi::PyObject> = descr,
    }

    /// Of `LOAD_GLOBAL` (pycore_code.h `_PyLoadGlobalCache`).
    GlobalCache = _PyLoadGlobalCache {
        /// The version of the keys of the globals.
        module_keys_version: Cell<u16> = module_keys_version,
        /// The version of the keys of the builtins, if the name is one of them.
        builtin_keys_version: Cell<u16> = builtin_keys_version,
        /// The index of the name among the keys of the one or the other.
        index: Cell<u16> = index,
    }

    /// Of `CALL` (pycore_code.h `_PyCallCache`).
    CallCache = _PyCallCache {
        /// The version of the function, or of the class.
        version: Wide<u32> = func_version,
    }

    /// Of `TO_BOOL` (pycore_code.h `_PyToBoolCache`).
    TruthCache = _PyToBoolCache {
        /// The version of the type whose instances are all true.
        version: Wide<u32> = version,
    }
}

impl LoadAttributeCache {
    /// The cache as the forms of `LOAD_ATTR` use it that find the value in the owner. Its index lies where
    /// `keys_version` starts; so does the offset of the dict that `LOAD_ATTR_METHOD_LAZY_DICT` looks at.
    #[inline(always)]
    pub fn start(&self) -> &AttributeCache {
        const _: () = assert!(size_of::<AttributeCache>() <= size_of::<LoadAttributeCache>());
        // SAFETY: the view is a part of this one, of cells that take any bytes.
        unsafe { &*(&raw const *self).cast() }
    }
}

/// A generic instruction, its specialisations, and the cache that they share.
pub trait Family {
    /// The generic instruction.
    const GENERIC: Opcode;
    /// The cache.
    type Cache: Cache;
}

macro_rules! families {
    ($($family:ident = $generic:ident: $cache:ident;)*) => {$(
        #[doc = concat!("`", stringify!($generic), "`.")]
        pub enum $family {}

        impl Family for $family {
            const GENERIC: Opcode = Opcode::$generic;
            type Cache = $cache;
        }

        const _: () = assert!(
            size_of::<$cache>() == Opcode::$generic.caches() * size_of::<ffi::_Py_CODEUNIT>()
        );
    )*};
}

families! {
    BinaryOp = BINARY_OP: CounterCache;
    BinarySubscr = BINARY_SUBSCR: CounterCache;
    Call = CALL: CallCache;
    CompareOp = COMPARE_OP: CounterCache;
    ContainsOp = CONTAINS_OP: CounterCache;
    ForIter = FOR_ITER: CounterCache;
    LoadAttr = LOAD_ATTR: LoadAttributeCache;
    LoadGlobal = LOAD_GLOBAL: GlobalCache;
    LoadSuperAttr = LOAD_SUPER_ATTR: CounterCache;
    Send = SEND: CounterCache;
    StoreAttr = STORE_ATTR: AttributeCache;
    StoreSubscr = STORE_SUBSCR: CounterCache;
    ToBool = TO_BOOL: TruthCache;
    UnpackSequence = UNPACK_SEQUENCE: CounterCache;
}
