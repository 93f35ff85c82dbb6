//! How many threads the process has, without those of our own: `os.fork` warns of a process with several threads, as the system counts
//! them in `/proc/self/stat`. Those of ours, which forks are ready for, are no reason. Touches what `posixmodule.c` reads.
use core::ffi::{CStr, c_char, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

/// The file that tells, in its 20th field.
const COUNTS: &CStr = c"/proc/self/stat";
const FIELD: usize = 20;

/// The system's numbers of our threads; 0 where there is none. One that ends stays until another one needs the place, or a fork has
/// looked: the system counts it longer than it runs.
static OURS: [AtomicI32; 8] = [const { AtomicI32::new(0) }; 8];

/// How many threads were started that have not told their number yet.
static COMING: AtomicUsize = AtomicUsize::new(0);

/// A thread that is being started.
pub(super) struct Coming(());

impl Coming {
    /// From now on, who counts waits for it to tell its number.
    pub(super) fn new() -> Self {
        COMING.fetch_add(1, Ordering::SeqCst);
        Self(())
    }

    /// This is the thread.
    pub(super) fn arrives(self) {
        // SAFETY: no memory is touched.
        let number = unsafe { libc::gettid() };
        let is_free = |place: &&AtomicI32| {
            let before = place.load(Ordering::SeqCst);
            (before == 0 || !is_alive(before))
                && (place.compare_exchange(before, number, Ordering::SeqCst, Ordering::SeqCst))
                    .is_ok()
        };
        // There are two at most, and such as are just ending.
        let _place = OURS.iter().find(is_free);
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        COMING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// There is one thread only.
pub(super) fn after_fork_in_child() {
    COMING.store(0, Ordering::SeqCst);
    for place in &OURS {
        place.store(0, Ordering::SeqCst);
    }
}

/// Whether the system counts a thread of this process.
fn is_alive(number: i32) -> bool {
    // SAFETY: no signal is sent.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), number, 0) == 0 }
}

/// How many of our threads the system counts.
fn ours() -> usize {
    while COMING.load(Ordering::SeqCst) > 0 {
        std::thread::yield_now();
    }
    let numbers = OURS.iter().map(|place| place.load(Ordering::SeqCst));
    numbers
        .filter(|&number| number != 0 && is_alive(number))
        .count()
}

/// The text of the file, without our threads in the count.
fn counts() -> Option<String> {
    let path = COUNTS.to_str().ok()?;
    let mut before = ours();
    loop {
        let text = std::fs::read_to_string(path).ok()?;
        let after = ours();
        if before == after {
            let mut fields: Vec<&str> = text.split(' ').collect();
            let all: usize = fields.get(FIELD - 1)?.parse().ok()?;
            let others = all.saturating_sub(after).to_string();
            fields[FIELD - 1] = &others;
            return Some(fields.join(" "));
        }
        before = after;
    }
}

/// What `posixmodule.c` calls for `fopen`, which it does for [`COUNTS`] only.
///
/// # Safety
/// As for `fopen`.
#[unsafe(no_mangle)]
#[allow(non_snake_case, reason = "it is one of C's functions")]
unsafe extern "C" fn _Pyroxene_OpenCounts(
    path: *const c_char,
    mode: *const c_char,
) -> *mut libc::FILE {
    // SAFETY: as the caller promises.
    unsafe {
        if ours() > 0
            && CStr::from_ptr(path) == COUNTS
            && let Some(text) = counts()
        {
            return opened(text.as_bytes());
        }
        libc::fopen(path, mode)
    }
}

/// A file with these bytes, or NULL.
fn opened(bytes: &[u8]) -> *mut libc::FILE {
    // SAFETY: the file has memory of its own, of the size that is written to it.
    unsafe {
        let file = libc::fmemopen(null_mut::<c_void>(), bytes.len(), c"w+".as_ptr());
        if !file.is_null() {
            libc::fwrite(bytes.as_ptr().cast(), 1, bytes.len(), file);
            libc::rewind(file);
        }
        file
    }
}
