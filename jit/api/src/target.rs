//! `Target`: where the machine code of a function is called by other machine code, and `Running`: how often it runs.
//! Both are memory of the core's that machine code reads and writes, by their addresses, with the GIL.
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Where the machine code of a function is called by other machine code: one for each code object, which stays where it is
/// as long as something refers to it, while the machine code behind it comes and goes.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Target {
    /// The address of a [`Run`](crate::Run), or 0: there is none, and the evaluator makes the call.
    pub run: AtomicUsize,
    /// At which of its entries a call begins.
    pub entry: AtomicU32,
}

impl Target {
    /// Calls go there from now on.
    pub fn set(&self, run: crate::Run, entry: u32) {
        self.entry.store(entry, Ordering::Relaxed);
        self.run.store(run as *const () as usize, Ordering::Relaxed);
    }

    /// Calls are the evaluator's from now on.
    pub fn clear(&self) {
        self.run.store(0, Ordering::Relaxed);
    }
}

/// How many activations of some machine code there are. It counts itself: as long as it is not 0, the code must stay.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Running(AtomicU64);

impl Running {
    /// Whether no activation runs.
    pub fn is_zero(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Counts one less: it has left, and what it left is written.
    pub fn end_one(&self) {
        let count = self.0.load(Ordering::Relaxed);
        self.0.store(count - 1, Ordering::Relaxed);
    }
}
