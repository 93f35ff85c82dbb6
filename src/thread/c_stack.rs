//! Where the C stack of the running thread lies. Asks the system once for each thread.
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ops::Range;
use core::ptr::null_mut;

std::thread_local! {
    static STACK: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// How far down the C stack those may go who could do without it: a quarter is theirs, the rest is for code that has no choice,
/// and for the limit of C recursion, which reckons with a whole stack. Nothing if the thread is below that, or runs on another
/// stack than the system gave it.
pub fn floor() -> Option<usize> {
    let (low, high) = STACK.get().unwrap_or_else(find);
    let floor = high - (high - low) / 4;
    let here = (&raw const low).addr();
    (floor..high).contains(&here).then_some(floor)
}

#[cold]
fn find() -> (usize, usize) {
    let stack = bounds().unwrap_or_default();
    let stack = (stack.start, stack.end);
    STACK.set(Some(stack));
    stack
}

/// What the system says of it.
fn bounds() -> Option<Range<usize>> {
    let mut attributes = MaybeUninit::uninit();
    let (mut low, mut size) = (null_mut(), 0);
    // SAFETY: the attributes are written before they are read, and given back; so are address and size.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let attributes = attributes.assume_init_mut();
        let failed = libc::pthread_attr_getstack(attributes, &raw mut low, &raw mut size);
        libc::pthread_attr_destroy(attributes);
        (failed == 0).then(|| low.addr()..low.addr() + size)
    }
}
