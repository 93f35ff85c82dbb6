//! Where the C stack of the running thread lies. Asks the system once for each thread.
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ops::Range;
use core::ptr::null_mut;

std::thread_local! {
    static STACK: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// The middle of the C stack: whoever goes no deeper leaves as much to others. Above all addresses if the thread runs on
/// another stack than the system gave it.
pub fn upper_half() -> usize {
    let (low, high) = STACK.get().unwrap_or_else(find);
    let here = (&raw const low).addr();
    if (low..high).contains(&here) {
        low + (high - low) / 2
    } else {
        usize::MAX
    }
}

/// Whether the thread is in the upper half of its C stack.
pub fn has_room() -> bool {
    let here = 0_u8;
    (&raw const here).addr() > upper_half()
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
