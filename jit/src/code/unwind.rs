//! Unwind tables of machine code, as `backtrace`, exceptions of C++ and debuggers want them. Registers with libgcc.
use core::ffi::c_void;
use core::ptr::NonNull;

unsafe extern "C" {
    /// Adds the unwind table at `begin`, which ends with four bytes of zero (libgcc).
    fn __register_frame(begin: *const c_void);
    /// Takes it away again.
    fn __deregister_frame(begin: *const c_void);
}

/// An unwind table that the process knows, for as long as this lives.
pub struct Registration(NonNull<c_void>);

// SAFETY: an address; libgcc takes it from any thread.
unsafe impl Send for Registration {}

impl Registration {
    /// Makes the table known.
    ///
    /// # Safety
    /// An `.eh_frame` section lies there, relocated, four bytes of zero behind it. It stays until this is dropped.
    pub unsafe fn new(table: NonNull<u8>) -> Self {
        let table = table.cast();
        // SAFETY: as the caller promises.
        unsafe { __register_frame(table.as_ptr()) };
        Self(table)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: it was registered, and is still there.
        unsafe { __deregister_frame(self.0.as_ptr()) };
    }
}
