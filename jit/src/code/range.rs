//! The range of addresses in which all machine code lies: pages of it are handed out, written, made executable and taken
//! back. A page is never writable and executable at once.
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::io;
use std::sync::Mutex;

/// The size of a page, the unit in which memory is protected.
const PAGE: usize = 4096;

/// The size of a line of the cache.
const LINE: usize = 64;

/// A reserved range of addresses.
pub struct Range {
    start: NonNull<u8>,
    /// Which pages are in use.
    pages: Mutex<Vec<bool>>,
    /// Where the next block begins in its first page, with whole pages.
    offset: AtomicUsize,
}

// SAFETY: the range is this object's alone; `pages` says who has which part of it, under its lock.
unsafe impl Send for Range {}
// SAFETY: as above.
unsafe impl Sync for Range {}

impl Range {
    /// Takes charge of `size` bytes at `start`, and makes them inaccessible.
    ///
    /// # Errors
    /// When the system does not let us.
    ///
    /// # Safety
    /// The memory is mapped, begins at the start of a page, nobody else uses it, and it stays as long as the process.
    pub unsafe fn new(start: NonNull<u8>, size: usize) -> io::Result<Self> {
        assert!(
            start.as_ptr().addr().is_multiple_of(PAGE),
            "the range begins within a page"
        );
        // SAFETY: as the caller promises.
        unsafe { protect(start, size, libc::PROT_NONE)? };
        Ok(Self {
            start,
            pages: Mutex::new(vec![false; size / PAGE]),
            offset: AtomicUsize::new(0),
        })
    }

    /// Memory for `size` bytes, zeroed and writable.
    ///
    /// # Errors
    /// When the range is full, or the system does not let us.
    pub fn allocate(&'static self, size: usize) -> io::Result<Block> {
        let offset = self.next_offset();
        let count = (offset + size).div_ceil(PAGE).max(1);
        let first = self
            .take(count)
            .ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
        let block = Block {
            range: self,
            first,
            count,
            offset,
        };
        // SAFETY: the pages are the block's.
        unsafe {
            protect(
                block.first_page(),
                block.size(),
                libc::PROT_READ | libc::PROT_WRITE,
            )?;
        }
        Ok(block)
    }

    /// Where the next block begins in its first page: each somewhere else. If all began where a page does, the beginnings of all functions,
    /// which run most, would share few of the places that processors keep instructions in.
    fn next_offset(&self) -> usize {
        // The golden ratio's part of a page.
        const STEP: usize = 39 * LINE;
        self.offset.fetch_add(STEP, Ordering::Relaxed) % PAGE
    }

    /// Marks the first `count` pages in a row that are free, and gives the index of the first.
    fn take(&self, count: usize) -> Option<usize> {
        let mut pages = self.lock();
        let mut free = 0;
        let last = pages.iter().position(|&used| {
            free = if used { 0 } else { free + 1 };
            free == count
        })?;
        let first = last + 1 - count;
        pages[first..=last].fill(true);
        Some(first)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<bool>> {
        // A panic ends the process: nobody finds the lock poisoned.
        self.pages
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Pages of a range, from a place in the first. They are taken back when it is dropped.
pub struct Block {
    range: &'static Range,
    first: usize,
    count: usize,
    offset: usize,
}

impl Block {
    /// Where it begins.
    pub fn start(&self) -> NonNull<u8> {
        // SAFETY: it begins in its first page.
        unsafe { self.first_page().add(self.offset) }
    }

    /// Where its first page begins.
    fn first_page(&self) -> NonNull<u8> {
        // SAFETY: the pages lie within the range.
        unsafe { self.range.start.add(self.first * PAGE) }
    }

    /// How long its pages are, in bytes.
    fn size(&self) -> usize {
        self.count * PAGE
    }

    /// What it holds, before it became executable.
    ///
    /// # Safety
    /// [`make_executable`](Self::make_executable) was not called.
    pub unsafe fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: the pages are the block's alone, and writable as the caller promises.
        unsafe { core::slice::from_raw_parts_mut(self.start().as_ptr(), self.size() - self.offset) }
    }

    /// From now on it can be executed and read, and not written any more.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn make_executable(&self) -> io::Result<()> {
        // SAFETY: the pages are the block's.
        unsafe {
            protect(
                self.first_page(),
                self.size(),
                libc::PROT_READ | libc::PROT_EXEC,
            )
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the pages are the block's. Their contents go back to the system: new ones are zeroed.
        let given_back = unsafe {
            protect(self.first_page(), self.size(), libc::PROT_NONE).is_ok()
                && libc::madvise(
                    self.first_page().as_ptr().cast(),
                    self.size(),
                    libc::MADV_DONTNEED,
                ) == 0
        };
        // Pages that the system does not take back stay unused.
        if given_back {
            self.range.lock()[self.first..self.first + self.count].fill(false);
        }
    }
}

/// Says what may be done with pages.
///
/// # Safety
/// They are the caller's.
unsafe fn protect(start: NonNull<u8>, size: usize, protection: i32) -> io::Result<()> {
    // SAFETY: as the caller promises.
    if unsafe { libc::mprotect(start.as_ptr().cast(), size, protection) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
