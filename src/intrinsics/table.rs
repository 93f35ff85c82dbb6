//! The shape of the two tables, which C indexes by the operand of the instruction. Constants only.
use crate::ffi;
use crate::object::{Borrowed, Owned, Raised, exception, raise};
use crate::thread::ThreadState;
use core::ffi::{CStr, c_char};
use core::mem::offset_of;

/// An intrinsic with one value.
pub type Unary = for<'a> unsafe extern "C" fn(ThreadState, Borrowed<'a>) -> Result<Owned, Raised>;

/// An intrinsic with two values.
pub type Binary =
    for<'a> unsafe extern "C" fn(ThreadState, Borrowed<'a>, Borrowed<'a>) -> Result<Owned, Raised>;

/// A row: the function, a [`Unary`] or a [`Binary`], and the name that `dis` shows (pycore_intrinsics.h
/// `intrinsic_func1_info`, `intrinsic_func2_info`).
#[repr(C)]
pub struct Intrinsic<F> {
    /// What the instruction does with its values, which live objects are.
    pub function: F,
    name: *const c_char,
}

const _: () = {
    assert!(size_of::<Intrinsic<Unary>>() == size_of::<ffi::intrinsic_func1_info>());
    assert!(size_of::<Intrinsic<Binary>>() == size_of::<ffi::intrinsic_func2_info>());
    assert!(offset_of!(Intrinsic<Unary>, name) == offset_of!(ffi::intrinsic_func1_info, name));
    assert!(offset_of!(Intrinsic<Binary>, name) == offset_of!(ffi::intrinsic_func2_info, name));
};

impl<F> Intrinsic<F> {
    /// A row.
    pub(super) const fn new(function: F, name: &'static CStr) -> Self {
        Self {
            function,
            name: name.as_ptr(),
        }
    }

    /// The name.
    pub fn name(&self) -> &'static CStr {
        // SAFETY: made from a static C string.
        unsafe { CStr::from_ptr(self.name) }
    }
}

/// A table of `N` intrinsics, by their numbers.
#[repr(transparent)]
pub struct Table<F, const N: usize>(pub [Intrinsic<F>; N]);

// SAFETY: functions and static strings, and nobody writes to them.
unsafe impl<F: Sync, const N: usize> Sync for Table<F, N> {}

/// The rows of a table: each is the number's name in pycore_intrinsics.h and the function; a row in the wrong place does
/// not compile.
macro_rules! intrinsics {
    ($($number:ident $function:expr;)*) => {{
        const _: () = {
            let numbers = [$($crate::ffi::$number),*];
            let mut place = 0;
            while place < numbers.len() {
                assert!(numbers[place] as usize == place);
                place += 1;
            }
        };
        $crate::intrinsics::table::Table([$(
            $crate::intrinsics::table::Intrinsic::new(
                $function,
                $crate::module::text(concat!(stringify!($number), "\0")),
            ),
        )*])
    }};
}
pub(super) use intrinsics;

/// `SystemError` for a number that means nothing.
#[cold]
pub(super) fn invalid() -> Raised {
    raise(exception::SystemError, c"invalid intrinsic function")
}
