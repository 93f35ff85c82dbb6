//! Leaving machine code by chance (`-X jit-exits=random:SEED:RATE`), for tests: exits that are hardly ever taken are taken all
//! the time, in every state that the code can be in. The code counts down where it may leave at will; what it counts down
//! from is drawn here, after each such exit, from numbers that a seed determines.
use core::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use pyroxene_jit_api::Raw;

/// What the code counts down: it leaves when that is 0. Only threads with the GIL write it.
static LEFT: AtomicI64 = AtomicI64::new(i64::MAX);

/// One in how many places, on the average, is left; 0 if that is not left to chance.
static RATE: AtomicU64 = AtomicU64::new(0);

/// The last number drawn; not 0.
static DRAWN: AtomicU64 = AtomicU64::new(1);

/// How often code has left so.
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// Begins with what the option says.
///
/// # Errors
/// The text, if it is not `random:SEED:RATE` with a rate that is not 0.
pub(super) fn begin(text: &str) -> Result<(), &str> {
    let (seed, rate) = parse(text).ok_or(text)?;
    RATE.store(rate, Ordering::Relaxed);
    // The numbers that come of neighbours are not neighbours; one bit keeps them from being 0.
    let first = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    DRAWN.store(first, Ordering::Relaxed);
    LEFT.store(draw(), Ordering::Relaxed);
    Ok(())
}

fn parse(text: &str) -> Option<(u64, u64)> {
    let (seed, rate) = text.strip_prefix("random:")?.split_once(':')?;
    let rate = rate.parse().ok().filter(|&rate| rate > 0)?;
    Some((seed.parse().ok()?, rate))
}

/// Where machine code finds what it counts down; NULL if it leaves with reason only.
pub(super) fn address() -> Raw {
    match RATE.load(Ordering::Relaxed) {
        0 => core::ptr::null_mut(),
        _ => LEFT.as_ptr().cast(),
    }
}

/// Whether machine code, which has just left, has done so by chance: it is told once.
#[inline(always)]
pub(super) fn was_taken() -> bool {
    LEFT.load(Ordering::Relaxed) <= 0 && note()
}

#[cold]
#[inline(never)]
fn note() -> bool {
    TAKEN.fetch_add(1, Ordering::Relaxed);
    LEFT.store(draw(), Ordering::Relaxed);
    true
}

/// How often code has left so.
pub(super) fn taken() -> u64 {
    TAKEN.load(Ordering::Relaxed)
}

/// At how many places code goes on before it leaves: from 1 to twice the rate, less one.
fn draw() -> i64 {
    let mut number = DRAWN.load(Ordering::Relaxed);
    // Xorshift: good enough for the purpose, and the same everywhere.
    number ^= number << 13;
    number ^= number >> 7;
    number ^= number << 17;
    DRAWN.store(number, Ordering::Relaxed);
    let most = RATE.load(Ordering::Relaxed).saturating_mul(2) - 1;
    (1 + number % most).min(i64::MAX as u64).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_what_the_option_says() {
        assert_eq!(parse("random:7:40"), Some((7, 40)));
        for wrong in ["", "random", "random:7", "random:7:0", "random:x:1", "7:40"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
