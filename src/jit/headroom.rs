//! How much memory the process may still get. LLVM has no way back when it gets none, so that the compiler does not begin where
//! there could be too little. Reads the process's limits, and the system's files that say how much is used.
use std::fs;

/// What must be left of each limit: the thread's stack, the library, what `malloc` reserves for a new thread, and much more than what the
/// largest functions take.
const LEFT: u64 = 512 << 20;

/// What the machine must be able to give, without what it would have to write elsewhere first.
const AVAILABLE: u64 = 128 << 20;

/// Whether a limit of the process leaves too little.
pub(super) fn is_limited() -> bool {
    // Where the file says how much of it is used, in pages.
    const SIZE: usize = 0;
    const DATA: usize = 5;
    [(libc::RLIMIT_AS, SIZE), (libc::RLIMIT_DATA, DATA)]
        .into_iter()
        .filter_map(|(which, field)| Some((limit(which)?, field)))
        .any(|(limit, field)| {
            // If nobody says how much is used, there may be nothing left.
            let used = used(field).unwrap_or(limit);
            limit.saturating_sub(used) < LEFT
        })
}

/// Whether the machine has too little. Asked by threads that hold the GIL: a file that the compiler's thread has open for a moment can be
/// one of those that the program is just about to replace (`dup2` onto what it takes to be free).
pub(super) fn is_exhausted() -> bool {
    available().is_some_and(|available| available < AVAILABLE)
}

/// A limit of the process in bytes, if it has one.
fn limit(which: libc::__rlimit_resource_t) -> Option<u64> {
    let mut limits = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the limits are written to.
    let failed = unsafe { libc::getrlimit(which, &raw mut limits) } != 0;
    (!failed && limits.rlim_cur != libc::RLIM_INFINITY).then_some(limits.rlim_cur)
}

/// How many bytes are used, by a field of `statm`.
fn used(field: usize) -> Option<u64> {
    const PAGE: u64 = 4096;
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split_whitespace().nth(field)?.parse().ok()?;
    Some(pages * PAGE)
}

/// How many bytes the machine can give.
fn available() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::{available, used};

    #[test]
    fn the_system_says_how_much_is_used() {
        assert!(used(0) > used(5) && used(5) > Some(0));
        assert!(available().is_some());
    }
}
