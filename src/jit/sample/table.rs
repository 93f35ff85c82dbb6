//! What was counted, by line. A handler adds to it, and allocates nothing: it has its room from the start.
use super::Where;
use super::look::{Place, Seen};
use crate::ffi;
use crate::jit::snapshot;
use crate::object::Borrowed;
use core::ffi::c_int;
use pyroxene_jit_log::Function;
use std::collections::{BTreeMap, HashMap};

/// How many places can be told apart. There is room for twice as many, so that what was removed never makes it grow.
const MOST: usize = 1 << 16;

/// A line of a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SourceLine {
    /// The file; empty outside of Python code.
    pub(super) file: String,
    /// The line.
    pub(super) line: u32,
}

/// How often each line was seen, by where it ran and whether that was in something it called.
pub(super) type Lines = BTreeMap<SourceLine, BTreeMap<(Where, bool), u64>>;

/// What was counted.
pub(super) struct Table {
    /// Of code objects that are alive.
    seen: HashMap<Seen, u64>,
    /// How many entries each has in there.
    codes: HashMap<usize, u32>,
    /// Of those that have gone.
    named: Lines,
    /// The files that machine code comes from.
    files: Vec<String>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            seen: HashMap::with_capacity(2 * MOST),
            codes: HashMap::with_capacity(2 * MOST),
            named: Lines::new(),
            files: Vec::new(),
        }
    }

    /// The number of a file.
    pub(super) fn file(&mut self, name: &str) -> u32 {
        let known = self.files.iter().position(|file| file == name);
        let number = known.unwrap_or_else(|| {
            self.files.push(name.to_owned());
            self.files.len() - 1
        });
        number as u32
    }

    /// Counts; false if there is no more room.
    pub(super) fn add(&mut self, seen: Seen, weight: u64) -> bool {
        if let Some(count) = self.seen.get_mut(&seen) {
            *count += weight;
            return true;
        }
        if self.seen.len() == MOST {
            return false;
        }
        self.seen.insert(seen, weight);
        *self.codes.entry(seen.code).or_default() += 1;
        true
    }

    /// Gives what was counted of a code object the names of its lines, as long as it is there.
    pub(super) fn name(&mut self, code: Borrowed<'_, ffi::PyCodeObject>) {
        let address = code.as_ptr().addr();
        if self.codes.remove(&address).is_none() {
            return;
        }
        let Function { file, line, .. } = snapshot::function(code);
        let (named, files) = (&mut self.named, &self.files);
        self.seen.retain(|seen, &mut count| {
            if seen.code != address {
                return true;
            }
            let (file, found) = match seen.place {
                // Where an instruction has no line, the function's is the nearest.
                Place::Line { line: 0, .. } => (&file, 0),
                Place::Line { file, line } => (&files[file as usize], line),
                Place::Instruction(index) => {
                    let offset = index as usize * size_of::<ffi::_Py_CODEUNIT>();
                    let line = code.line_at(offset as c_int);
                    (&file, line.unwrap_or_default().cast_unsigned())
                }
            };
            let place = SourceLine {
                file: file.clone(),
                line: if found == 0 { line } else { found },
            };
            let counts = named.entry(place).or_default();
            *counts.entry((seen.at, seen.below)).or_default() += count;
            false
        });
    }

    /// All of it, by line. The thread holds the GIL.
    pub(super) fn into_lines(mut self) -> Lines {
        let codes: Vec<usize> = self
            .codes
            .keys()
            .copied()
            .filter(|&code| code != 0)
            .collect();
        for address in codes {
            let code = core::ptr::with_exposed_provenance_mut(address);
            // SAFETY: a code object that was seen is named when it goes; this one is there.
            self.name(unsafe { Borrowed::from_raw_unchecked(code) });
        }
        for (seen, count) in self.seen {
            let nowhere = SourceLine {
                file: String::new(),
                line: 0,
            };
            let counts = self.named.entry(nowhere).or_default();
            *counts.entry((seen.at, seen.below)).or_default() += count;
        }
        self.named
    }
}
