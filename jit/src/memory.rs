//! What happens where there is no memory, or LLVM fails for good: the core is told, and keeps the compiler's thread. LLVM has no way
//! back, and would end the process. All that the library asks of C's `malloc`, LLVM and Rust's vectors too, is led here by
//! the linker (`build.rs`).
use crate::forks;
use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicPtr, Ordering};
use llvm_sys::error_handling::LLVMInstallFatalErrorHandler;
use pyroxene_jit_api::{CannotGoOn, Host, Refusal};

/// The function of the core; NULL before the first compilation.
static CANNOT_GO_ON: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());

/// Begins to tell the core.
pub fn begin(host: &Host) {
    let function = host.cannot_go_on as *mut c_void;
    if CANNOT_GO_ON.swap(function, Ordering::Release).is_null() {
        // SAFETY: the function may be called from any thread.
        unsafe { LLVMInstallFatalErrorHandler(Some(llvm_fails)) };
    }
}

/// Does not return in the compiler's thread.
#[cold]
fn cannot_go_on(why: Refusal) {
    let function = CANNOT_GO_ON.load(Ordering::Acquire);
    if function.is_null() {
        return;
    }
    // SAFETY: it was made of such a function.
    let function = unsafe { core::mem::transmute::<*mut c_void, CannotGoOn>(function) };
    // Forks do not wait for who stays there.
    forks::outside(|| function(why));
}

extern "C" fn llvm_fails(_: *const c_char) {
    cannot_go_on(Refusal::Backend("llvm"));
}

/// What an allocation of so many bytes has given.
#[inline]
fn given(memory: *mut c_void, size: usize) -> *mut c_void {
    if memory.is_null() && size != 0 {
        cannot_go_on(Refusal::NoMemory);
    }
    memory
}

unsafe extern "C" {
    fn __real_malloc(size: usize) -> *mut c_void;
    fn __real_calloc(count: usize, size: usize) -> *mut c_void;
    fn __real_realloc(memory: *mut c_void, size: usize) -> *mut c_void;
    fn __real_aligned_alloc(alignment: usize, size: usize) -> *mut c_void;
    fn __real_posix_memalign(memory: *mut *mut c_void, alignment: usize, size: usize) -> c_int;
}

/// In the place of `malloc`.
#[unsafe(no_mangle)]
extern "C" fn __wrap_malloc(size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    given(unsafe { __real_malloc(size) }, size)
}

/// In the place of `calloc`.
#[unsafe(no_mangle)]
extern "C" fn __wrap_calloc(count: usize, size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for.
    given(unsafe { __real_calloc(count, size) }, count.min(size))
}

/// In the place of `realloc`.
///
/// # Safety
/// As for that.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_realloc(memory: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: as the caller promises.
    given(unsafe { __real_realloc(memory, size) }, size)
}

/// In the place of `aligned_alloc`.
#[unsafe(no_mangle)]
extern "C" fn __wrap_aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: any size may be asked for; an alignment that there is not gives NULL.
    given(unsafe { __real_aligned_alloc(alignment, size) }, size)
}

/// In the place of `posix_memalign`.
///
/// # Safety
/// As for that.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_posix_memalign(
    memory: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    // SAFETY: as the caller promises.
    let failed = unsafe { __real_posix_memalign(memory, alignment, size) };
    if failed == libc::ENOMEM {
        cannot_go_on(Refusal::NoMemory);
    }
    failed
}
