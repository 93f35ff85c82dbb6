//! What the compiler may use up (`-X jit-limits=memory:MIB,time:PERCENT,attempts:COUNT`): memory for machine code, processor time, and
//! compilations of one code object. Where it has, code that gets hot goes on as it is, and is asked for again when it is hot again.
use super::host::CODE_SIZE;
use super::options::{Mode, mode};
use super::{code, headroom, worker};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;

/// How often one code object is compiled at most in each tier, unless it leaves so often that it must be worth it.
static ATTEMPTS: AtomicU32 = AtomicU32::new(8);

/// How many bytes of memory machine code may have before no more is made.
static MEMORY: AtomicUsize = AtomicUsize::new(CODE_SIZE);

/// How much processor time the compiler may take, in hundredths of what the rest of the process has taken.
static PERCENT: AtomicU64 = AtomicU64::new(100);

/// How much it may take in any case, in nanoseconds.
static IN_ANY_CASE: AtomicU64 = AtomicU64::new(5_000_000_000);

/// What the rest of the process takes first, in nanoseconds, does not count: before, nothing is compiled.
static FIRST: AtomicU64 = AtomicU64::new(0);

/// Whether the user has said how much processor time it may take, which holds for the eager mode too.
static IS_SAID: AtomicBool = AtomicBool::new(false);

/// For how long a forked child runs as it is, in nanoseconds of processor time.
const OF_CHILDREN: u64 = 50_000_000;

/// How much it takes like any other thread, in nanoseconds: what is hottest is compiled by then. Where there are fewer processors than
/// threads, the program would wait for the rest longer than it gains by it, if it does not run for long.
const LIKE_OTHERS: u64 = 100_000_000;

/// Which part of what the rest of the process has taken it takes so besides.
const LIKE_OTHERS_PART: u64 = 20;

/// How long after a fork another one is likely, in nanoseconds.
const SOON: u64 = 50_000_000;

/// When the process forked last, by the monotonic clock; 0 if it has not.
static FORKED: AtomicU64 = AtomicU64::new(0);

/// The processor time that it has taken, in nanoseconds.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// How often it was asked for something that was put off, for each reason.
static PUT_OFF: [AtomicU64; PutOff::ALL.len()] = [const { AtomicU64::new(0) }; PutOff::ALL.len()];

/// For how long the answer that there is no time is not looked at again, in nanoseconds: that costs a call of the system.
const SAME_ANSWER: u64 = 1_000_000;

/// Until when there is none, by the monotonic clock.
static OUT_UNTIL: AtomicU64 = AtomicU64::new(0);

/// Why something is not compiled now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PutOff {
    /// There is too much machine code.
    Memory,
    /// The compiler has taken too much time.
    Time,
    /// The process, or the machine, has too little memory left for the compiler.
    Headroom,
    /// Too much waits for the compiler.
    Queue,
    /// The compiler could not go on, and does nothing any more.
    GaveUp,
}

impl PutOff {
    const ALL: [Self; 5] = [
        Self::Memory,
        Self::Time,
        Self::Headroom,
        Self::Queue,
        Self::GaveUp,
    ];

    /// Its name in statistics.
    const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Headroom => "headroom",
            Self::Queue => "queue",
            Self::GaveUp => "gave_up",
        }
    }
}

/// Reads the option's value. An error is the part that is not understood.
pub(super) fn begin(text: &str) -> Result<(), &str> {
    for part in text.split(',') {
        let (name, number) = part.split_once(':').ok_or(part)?;
        let number: u32 = number.parse().map_err(|_| part)?;
        match name {
            "memory" => {
                let bytes = (number as usize).saturating_mul(1 << 20);
                MEMORY.store(bytes.min(CODE_SIZE), Ordering::Relaxed);
            }
            "time" => {
                PERCENT.store(number.into(), Ordering::Relaxed);
                IN_ANY_CASE.store(0, Ordering::Relaxed);
                IS_SAID.store(true, Ordering::Relaxed);
            }
            "attempts" => ATTEMPTS.store(number, Ordering::Relaxed),
            _ => return Err(part),
        }
    }
    Ok(())
}

/// How often one code object is compiled at most in each tier.
pub(super) fn attempts() -> u32 {
    ATTEMPTS.load(Ordering::Relaxed)
}

/// How many bytes of memory machine code may have before no more is made.
pub(super) fn memory() -> usize {
    MEMORY.load(Ordering::Relaxed)
}

/// How much processor time the compiler may take, in hundredths of what the rest of the process has taken.
pub(super) fn percent() -> u64 {
    PERCENT.load(Ordering::Relaxed)
}

/// Why nothing is compiled now, which is counted; nothing if something can be.
pub(super) fn put_off() -> Option<PutOff> {
    let why = if let Some(why) = worker::put_off() {
        why
    } else if code::memory() >= memory() {
        PutOff::Memory
    } else if is_out_of_time() {
        PutOff::Time
    } else if headroom::is_limited() || headroom::is_exhausted() {
        PutOff::Headroom
    } else {
        return None;
    };
    Some(count(why))
}

/// The same of what was ordered when there was room, with so many bytes of machine code that were made since.
pub(super) fn put_off_meanwhile(bytes: usize) -> Option<PutOff> {
    let why = if code::memory() + bytes >= memory() {
        PutOff::Memory
    } else if headroom::is_limited() {
        PutOff::Headroom
    } else {
        return None;
    };
    Some(count(why))
}

fn count(why: PutOff) -> PutOff {
    PUT_OFF[why as usize].fetch_add(1, Ordering::Relaxed);
    why
}

/// How often each reason was given.
pub(super) fn counts() -> impl Iterator<Item = (&'static str, u64)> {
    PutOff::ALL.into_iter().filter_map(|why| {
        let count = PUT_OFF[why as usize].load(Ordering::Relaxed);
        (count > 0).then_some((why.name(), count))
    })
}

/// Whether the compiler has taken more of the processor than it may, or it is not yet the time for it in a forked child. In the eager
/// mode, which is for tests, it may take as much as it wants, unless the user has said how much.
pub(super) fn is_out_of_time() -> bool {
    let taken = TAKEN.load(Ordering::Relaxed);
    let is_free = mode() == Mode::Eager && !IS_SAID.load(Ordering::Relaxed);
    if is_free || taken < IN_ANY_CASE.load(Ordering::Relaxed) {
        return false;
    }
    let now = clock(libc::CLOCK_MONOTONIC);
    if now < OUT_UNTIL.load(Ordering::Relaxed) {
        return true;
    }
    let first = FIRST.load(Ordering::Relaxed);
    let is_out = match rest(taken).checked_sub(first) {
        None => true,
        Some(rest) => taken.saturating_mul(100) > rest.saturating_mul(percent()),
    };
    if is_out {
        OUT_UNTIL.store(now + SAME_ANSWER, Ordering::Relaxed);
    }
    is_out
}

/// Whether the compiler has taken so much of the processor that the program goes first where they share one.
pub(super) fn is_much() -> bool {
    let taken = TAKEN.load(Ordering::Relaxed);
    taken > LIKE_OTHERS && taken - LIKE_OTHERS > rest(taken) / LIKE_OTHERS_PART
}

/// For how long the compiler begins with nothing: it has taken [much](is_much), and the process forks often. Each page that the
/// compiler writes to is copied after each fork, which costs both several times what a compilation does.
pub(super) fn pause() -> Option<Duration> {
    let forked = FORKED.load(Ordering::Relaxed);
    let since = clock(libc::CLOCK_MONOTONIC).saturating_sub(forked);
    (forked > 0 && since < SOON && is_much()).then(|| Duration::from_nanos(SOON - since))
}

/// The process has forked.
pub(super) fn after_fork_in_parent() {
    FORKED.store(clock(libc::CLOCK_MONOTONIC), Ordering::Relaxed);
}

/// The processor time that the rest of the process has taken, in nanoseconds.
fn rest(taken: u64) -> u64 {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID).saturating_sub(taken)
}

/// Runs the compiler, and counts the processor time that it takes.
pub(super) fn counted<T>(compile: impl FnOnce() -> T) -> T {
    let begin = clock(libc::CLOCK_THREAD_CPUTIME_ID);
    let result = compile();
    let end = clock(libc::CLOCK_THREAD_CPUTIME_ID);
    TAKEN.fetch_add(end.saturating_sub(begin), Ordering::Relaxed);
    result
}

/// In a forked child, whose processor time begins anew. It has what its parent has compiled, and many children live for a short time
/// only, each of which would compile the same: so nothing is compiled in any case, nor at first.
pub(super) fn after_fork_in_child() {
    TAKEN.store(0, Ordering::Relaxed);
    IN_ANY_CASE.store(0, Ordering::Relaxed);
    FIRST.store(OF_CHILDREN, Ordering::Relaxed);
}

/// The processor time that the compiler has taken, in nanoseconds.
pub(super) fn taken() -> u64 {
    TAKEN.load(Ordering::Relaxed)
}

/// What a clock shows, in nanoseconds; 0 if there is no such clock.
fn clock(which: libc::clockid_t) -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the time is written to.
    unsafe { libc::clock_gettime(which, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::begin;

    #[test]
    fn what_is_no_limit_is_told() {
        assert_eq!(begin("memory:8,speed:3"), Err("speed:3"));
        assert_eq!(begin("time"), Err("time"));
        assert_eq!(begin("attempts:x"), Err("attempts:x"));
    }
}
