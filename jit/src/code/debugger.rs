//! gdb's interface to compilers: a list of objects that it reads, and a function on which it puts a breakpoint. The names
//! and layouts are gdb's ("JIT Compilation Interface" in its manual). Touches that list.
use core::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// `jit_code_entry`.
#[repr(C)]
struct Entry {
    next: *mut Entry,
    previous: *mut Entry,
    object: *const u8,
    size: u64,
}

/// `jit_descriptor`.
#[repr(C)]
pub struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut Entry,
    first: *mut Entry,
}

// SAFETY: the pointers are read and written under `LOCK`, or by a debugger that has stopped the process.
unsafe impl Sync for Descriptor {}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

/// What gdb reads.
#[unsafe(export_name = "__jit_debug_descriptor")]
pub static mut DESCRIPTOR: Descriptor = Descriptor {
    version: 1,
    action: 0,
    relevant: null_mut(),
    first: null_mut(),
};

/// Where gdb stops to read it.
#[unsafe(export_name = "__jit_debug_register_code")]
#[inline(never)]
pub extern "C" fn stop_here() {
    // SAFETY: no instruction at all; it keeps calls of this function from being optimised away.
    unsafe { core::arch::asm!("", options(nostack, preserves_flags)) };
}

static LOCK: Mutex<()> = Mutex::new(());

fn lock() -> MutexGuard<'static, ()> {
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An object that gdb knows, for as long as this lives.
pub struct Registration {
    entry: *mut Entry,
    /// What the entry points to.
    _object: Vec<u8>,
}

// SAFETY: the entry is reached under `LOCK` only.
unsafe impl Send for Registration {}

impl Registration {
    /// Makes known an object whose section headers tell where the sections lie.
    pub fn new(object: Vec<u8>) -> Self {
        let entry = Box::into_raw(Box::new(Entry {
            next: null_mut(),
            previous: null_mut(),
            object: object.as_ptr(),
            size: object.len() as u64,
        }));
        let _lock = lock();
        // SAFETY: under the lock the list is ours; the new entry is alive, as all in the list are.
        unsafe {
            (*entry).next = DESCRIPTOR.first;
            if !(*entry).next.is_null() {
                (*(*entry).next).previous = entry;
            }
            DESCRIPTOR.first = entry;
            announce(REGISTER, entry);
        }
        Self {
            entry,
            _object: object,
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let _lock = lock();
        // SAFETY: under the lock the list is ours; our entry is in it, and leaves it here before it is freed.
        unsafe {
            let Entry { next, previous, .. } = *self.entry;
            if previous.is_null() {
                DESCRIPTOR.first = next;
            } else {
                (*previous).next = next;
            }
            if !next.is_null() {
                (*next).previous = previous;
            }
            announce(UNREGISTER, self.entry);
            drop(Box::from_raw(self.entry));
        }
    }
}

/// Lets a debugger know what has happened to an entry.
///
/// # Safety
/// The lock is held.
unsafe fn announce(action: u32, entry: *mut Entry) {
    // SAFETY: the descriptor is written under the lock only.
    unsafe {
        DESCRIPTOR.action = action;
        DESCRIPTOR.relevant = entry;
        stop_here();
        DESCRIPTOR.action = 0;
        DESCRIPTOR.relevant = null_mut();
    }
}
