//! What the C library does for the launcher, in Rust's terms; and what Rust wants of a program without its standard library.
use alloc::vec::Vec;
use core::ffi::{CStr, c_int};
use core::mem::MaybeUninit;

/// What a symbolic link names; nothing if it cannot be read.
pub fn link_target(link: &CStr) -> Option<Vec<u8>> {
    let mut target: Vec<u8> = Vec::with_capacity(libc::PATH_MAX as usize);
    // SAFETY: the name ends with a NUL; no more is written than there is room for, and as much as is said is written.
    unsafe {
        let room = target.capacity();
        let length = libc::readlink(link.as_ptr(), target.as_mut_ptr().cast(), room);
        target.set_len(usize::try_from(length).ok()?);
    }
    Some(target)
}

/// Whether there is something of this name, and it can be looked at.
pub fn exists(path: &CStr) -> bool {
    let mut about = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the name ends with a NUL; the structure is only written.
    unsafe { libc::stat(path.as_ptr(), about.as_mut_ptr()) == 0 }
}

/// What a file contains; nothing if it cannot be read to its end.
pub fn read(path: &CStr) -> Option<Vec<u8>> {
    let file = File::open(path)?;
    let mut content = Vec::new();
    loop {
        content.reserve(4096);
        let room = content.spare_capacity_mut();
        // SAFETY: the file is open; no more is written than there is room for.
        let length = unsafe { libc::read(file.0, room.as_mut_ptr().cast(), room.len()) };
        match usize::try_from(length).ok()? {
            0 => return Some(content),
            // SAFETY: so much was written behind what there was.
            length => unsafe { content.set_len(content.len() + length) },
        }
    }
}

/// An open file.
struct File(c_int);

impl File {
    fn open(path: &CStr) -> Option<Self> {
        // SAFETY: the name ends with a NUL.
        let file = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
        (file >= 0).then_some(Self(file))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: it is open, and nobody uses it any more.
        unsafe { libc::close(self.0) };
    }
}

/// Says something on the standard error stream, if there is one.
pub fn complain(what: &str) {
    // SAFETY: so many bytes are there. Nobody could be told that they cannot be written.
    let _written = unsafe { libc::write(libc::STDERR_FILENO, what.as_ptr().cast(), what.len()) };
}

#[cfg(not(test))]
mod runtime {
    use core::alloc::{GlobalAlloc, Layout};
    use core::panic::PanicInfo;

    /// The memory of C. Nothing here is aligned to more than that is.
    struct Malloc;

    // SAFETY: `malloc` gives blocks of this size that overlap no others, or NULL, aligned for every type of C; `assert!` sees
    // to it that more is not wanted.
    unsafe impl GlobalAlloc for Malloc {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            assert!(layout.align() <= align_of::<libc::max_align_t>());
            // SAFETY: any size may be asked for.
            unsafe { libc::malloc(layout.size()).cast() }
        }

        unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
            // SAFETY: it comes from `alloc`.
            unsafe { libc::free(block.cast()) }
        }
    }

    #[global_allocator]
    static MALLOC: Malloc = Malloc;

    /// What `core` and `alloc`, which were compiled for programs that unwind, name as theirs. Nothing unwinds here.
    #[unsafe(no_mangle)]
    extern "C" fn rust_eh_personality() {}

    #[panic_handler]
    fn panic(_why: &PanicInfo<'_>) -> ! {
        super::complain("the launcher has a mistake in it\n");
        // SAFETY: ends the process.
        unsafe { libc::abort() }
    }
}
