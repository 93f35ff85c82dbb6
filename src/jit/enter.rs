//! Entering machine code and leaving it. Runs it on the evaluator's own frame, counts its exits, and keeps it in memory as
//! long as a frame runs in it.
use super::executor::Executor;
use super::{helpers, library, registry};
use crate::ffi;
use crate::frame::Frame;
use crate::thread::ThreadState;
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, Ordering};
use pyroxene_jit_api::{
    Artifact, CodeMemory, Exit, ExitKind, ExitRecord, Failure, Interpreted, Reason, Run,
};
use std::rc::Rc;
use std::sync::Mutex;

/// How often machine code leaves by one exit because it is not true there, before it is made anew.
const MOST_FAILURES: u64 = 200;

/// Machine code that is in use. It goes when the last that refers to it does: a patch, or a frame that runs in it.
pub struct Compiled {
    run: Run,
    exits: Vec<(ExitRecord, Cell<u64>)>,
    interpreted: Vec<Interpreted>,
    entered: Cell<u64>,
    size: usize,
    /// Of which code object, as the registry knows it.
    code: registry::Key,
    memory: Option<CodeMemory>,
}

impl Compiled {
    /// Takes over what the compiler made.
    pub fn new(artifact: Artifact, code: registry::Key) -> Self {
        Self {
            run: artifact.run,
            exits: artifact
                .exits
                .into_iter()
                .map(|record| (record, Cell::new(0)))
                .collect(),
            interpreted: artifact.interpreted,
            entered: Cell::new(0),
            size: artifact.code_size,
            code,
            memory: Some(artifact.memory),
        }
    }

    /// Its exits, and how often each was taken.
    pub fn exits(&self) -> impl Iterator<Item = (ExitRecord, u64)> {
        self.exits
            .iter()
            .map(|(record, count)| (*record, count.get()))
    }

    /// The instructions that it has the evaluator run.
    pub fn interpreted(&self) -> &[Interpreted] {
        &self.interpreted
    }

    /// How often it was entered.
    pub fn entered(&self) -> u64 {
        self.entered.get()
    }

    /// How many bytes it takes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Counts an exit.
    #[inline]
    fn left_by(&self, exit: Exit) {
        let (record, count) = &self.exits[exit.index as usize];
        count.set(count.get() + 1);
        if count.get() == MOST_FAILURES && is_failure(record.reason) {
            registry::has_failed(
                self.code,
                Failure {
                    offset: record.offset,
                    reason: record.reason,
                },
            );
        }
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            // SAFETY: each frame that runs in the code has a reference to us; so has each patch.
            unsafe { library::release(memory) };
        }
    }
}

/// Whether code that leaves for this reason was compiled for something that is not so.
const fn is_failure(reason: Reason) -> bool {
    match reason {
        Reason::Return
        | Reason::Call
        | Reason::Generator
        | Reason::Raised
        | Reason::EvalBreaker
        | Reason::Disturbed
        | Reason::NotCompiled => false,
        Reason::Unseen
        | Reason::Class
        | Reason::Unbound
        | Reason::Overflow
        | Reason::Domain
        | Reason::Index
        | Reason::TypeVersion
        | Reason::KeysVersion
        | Reason::InlineValues
        | Reason::Identity
        | Reason::LoopEntry => true,
    }
}

/// Runs machine code, and says what the evaluator does then.
///
/// # Safety
/// The thread runs the frame, which stands at the patch that the record belongs to, its code as the tools want it.
#[inline(never)]
pub unsafe fn enter(
    thread: ThreadState,
    frame: *mut ffi::_PyInterpreterFrame,
    executor: &Executor,
) -> ExitKind {
    // The patch may be removed meanwhile.
    let compiled = Rc::clone(executor.compiled());
    let entry = executor.entry();
    compiled.entered.set(compiled.entered.get() + 1);
    if ANY_WRITTEN.load(Ordering::Relaxed) {
        forget_written(frame);
    }
    // SAFETY: as the caller promises.
    let exit = unsafe { (compiled.run)(thread.as_ptr().cast(), frame.cast(), entry) };
    compiled.left_by(exit);
    if helpers::without_memory() {
        return ExitKind::Error;
    }
    exit.kind
}

/// The frames that had a local variable written from outside since they entered machine code.
static WRITTEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Whether there are any.
static ANY_WRITTEN: AtomicBool = AtomicBool::new(false);

/// Notes that a local variable of a frame was written by somebody else than its own code: if it runs in machine code, this
/// has to give up what it knows of it.
pub fn locals_written(frame: Frame<'_>) {
    let code = frame.code();
    let is_compiled = !crate::field!(code.co_executors).is_null();
    let frame = frame.as_ptr();
    if is_compiled && super::is_on() {
        let mut written = written();
        if !written.contains(&frame.addr()) {
            written.push(frame.addr());
        }
        ANY_WRITTEN.store(true, Ordering::Relaxed);
    }
}

/// Whether a local variable of the frame was written by somebody else since it entered machine code.
pub(super) fn was_written(frame: *mut ffi::_PyInterpreterFrame) -> bool {
    ANY_WRITTEN.load(Ordering::Relaxed) && written().contains(&frame.addr())
}

#[cold]
fn forget_written(frame: *mut ffi::_PyInterpreterFrame) {
    let mut written = written();
    written.retain(|&known| known != frame.addr());
    if written.is_empty() {
        ANY_WRITTEN.store(false, Ordering::Relaxed);
    }
}

fn written() -> std::sync::MutexGuard<'static, Vec<usize>> {
    WRITTEN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
