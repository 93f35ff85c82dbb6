//! The patches by which the evaluator enters machine code: `ENTER_EXECUTOR` over an instruction, and behind it a record that
//! upstream's `codeobject.c` knows how to read, so that the code's bytes, hash and comparisons stay what they were. Writes
//! bytecode and `co_executors`.
use super::code::Compiled;
use crate::bytecode::{Opcode, original};
use crate::ffi;
use crate::object::Borrowed;
use core::cell::Cell;
use core::mem::MaybeUninit;
use core::ptr::{NonNull, null_mut};
use pyroxene_jit_api::Run;
use std::rc::Rc;

/// What stands behind one `ENTER_EXECUTOR`.
#[repr(C)]
pub struct Executor {
    /// What upstream reads: the instruction that was there. The rest of it stays zero.
    upstream: ffi::_PyExecutorObject,
    /// How the machine code is run: what follows keeps it.
    run: Run,
    /// Where it is entered: an index of the snapshot's entries.
    entry: u32,
    /// If the generator waits here for another one: where it is entered with what that has returned.
    returned: Option<u32>,
    /// How often it was entered here.
    entered: Cell<u64>,
    _compiled: Rc<Compiled>,
}

impl Executor {
    /// The instruction that was there, and the low eight bits of its argument.
    #[inline(always)]
    pub fn original(&self) -> (Opcode, u8) {
        let data = &self.upstream.vm_data;
        (Opcode::new(data.opcode), data.oparg)
    }

    /// Counts that it is entered, and says how: what runs, and which of the snapshot's entries it is entered at.
    #[inline(always)]
    pub fn entrance(&self) -> (Run, u32) {
        self.entered.set(self.entered.get() + 1);
        (self.run, self.entry)
    }

    /// How it is entered with what the generator has returned for which this one waits; nothing if it does not.
    #[inline(always)]
    pub fn entrance_with_returned(&self) -> Option<(Run, u32)> {
        Some((self.run, self.returned?))
    }
}

/// The most entries that the argument of `ENTER_EXECUTOR` can name.
const MOST: usize = 256;

/// The head of what `co_executors` points to (code.h `_PyExecutorArray`), with room for all entries.
#[repr(C)]
struct Array {
    size: i32,
    capacity: i32,
    executors: [*mut Executor; MOST],
}

/// The patches of one code object. They must be [removed](Self::remove) before this is dropped, unless the code object is
/// going away.
#[derive(Default)]
pub struct Patches {
    /// Owned; what `co_executors` points to while there are patches. There is none before the first.
    array: Option<NonNull<Array>>,
    /// Which instruction each stands at.
    places: Vec<usize>,
}

impl Patches {
    /// Whether there is a patch at an instruction.
    pub fn has(&self, index: usize) -> bool {
        self.places.contains(&index)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// How often machine code was entered by them.
    pub fn entered(&self) -> u64 {
        let executors = self.array.iter().flat_map(|array| {
            (0..self.places.len()).map(move |number| {
                // SAFETY: the array and the executors in it are there as long as the places.
                unsafe { (*(*array.as_ptr()).executors[number]).entered.get() }
            })
        });
        executors.sum()
    }

    /// Has the evaluator enter machine code at an instruction; does nothing where it cannot be.
    pub fn add(
        &mut self,
        code: Borrowed<'_, ffi::PyCodeObject>,
        index: usize,
        compiled: &Rc<Compiled>,
        entry: u32,
        returned: Option<u32>,
    ) {
        let number = self.places.len();
        let there = original(code, index);
        let may_be_patched = matches!(
            there.opcode,
            Opcode::RESUME | Opcode::RESUME_CHECK | Opcode::JUMP_BACKWARD
        );
        if number == MOST || self.has(index) || !may_be_patched {
            return;
        }
        // SAFETY: all zeros are a value of this C struct.
        let mut upstream: ffi::_PyExecutorObject = unsafe { MaybeUninit::zeroed().assume_init() };
        // Specialised instructions were for the evaluator, which the code does not come back to.
        upstream.vm_data.opcode = there.opcode.generic().number();
        upstream.vm_data.oparg = there.oparg;
        let executor = Box::new(Executor {
            upstream,
            run: compiled.run(),
            entry,
            returned,
            entered: Cell::new(0),
            _compiled: Rc::clone(compiled),
        });
        self.places.push(index);
        let array = *self.array.get_or_insert_with(|| {
            NonNull::from(Box::leak(Box::new(Array {
                size: 0,
                capacity: MOST as i32,
                executors: [null_mut(); MOST],
            })))
        });
        // SAFETY: the code is alive, and the GIL guards its units, its member, which nobody else sets in this build, and
        // the array.
        unsafe {
            let array = array.as_ptr();
            (*array).executors[number] = Box::into_raw(executor);
            (*array).size = number as i32 + 1;
            (*code.as_ptr()).co_executors = array.cast();
            let unit = code.instruction_at(index);
            (*unit).op.arg = number as u8;
            (*unit).op.code = Opcode::ENTER_EXECUTOR.number();
        }
    }

    /// Puts the instructions back.
    pub fn remove(&mut self, code: Borrowed<'_, ffi::PyCodeObject>) {
        for &index in &self.places {
            let there = original(code, index);
            // SAFETY: as in `add`.
            unsafe {
                let unit = code.instruction_at(index);
                if (*unit).op.code == Opcode::ENTER_EXECUTOR.number() {
                    (*unit).op.arg = there.oparg;
                    (*unit).op.code = there.opcode.number();
                }
            }
        }
        // SAFETY: as in `add`.
        unsafe { (*code.as_ptr()).co_executors = null_mut() };
        self.free();
    }

    fn free(&mut self) {
        let Some(array) = self.array else { return };
        // SAFETY: the array is ours; each executor was made by `Box::into_raw`, and is freed once only.
        unsafe {
            let array = array.as_ptr();
            for number in 0..self.places.len() {
                drop(Box::from_raw((*array).executors[number]));
                (*array).executors[number] = null_mut();
            }
            (*array).size = 0;
        }
        self.places.clear();
    }
}

impl Drop for Patches {
    fn drop(&mut self) {
        self.free();
        // SAFETY: the array was made by `Box::leak`, and nothing points to it any more.
        drop(
            self.array
                .map(|array| unsafe { Box::from_raw(array.as_ptr()) }),
        );
    }
}

/// The record behind an `ENTER_EXECUTOR`.
///
/// # Safety
/// Such an instruction with this argument stands in the code.
#[inline(always)]
pub unsafe fn executor_of<'a>(code: *mut ffi::PyCodeObject, argument: usize) -> &'a Executor {
    // SAFETY: as the caller promises; the patch is there as long as nobody removes it.
    unsafe {
        &**(*(*code).co_executors.cast::<Array>())
            .executors
            .as_ptr()
            .add(argument & (MOST - 1))
    }
}
