//! The table of a code object that says who handles an exception. Reads bytes.
//!
//! An entry is four numbers: where it starts, how many code units it covers, where its handler starts, and how high that
//! wants the stack, doubled, with 1 added if it wants the place of the exception. Entries are in the order of their starts
//! and do not overlap. A number is a row of bytes with six bits each, the highest first; bit 6 says that another follows, bit
//! 7 that an entry starts (`Objects/exception_handling_notes.txt`).
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use core::ops::Range;

/// Who handles an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// How high the handler wants the stack, before what it is given.
    pub level: usize,
    /// Where it starts, in code units from the start of the code.
    pub target: usize,
    /// Whether it wants the place of the exception pushed before the exception.
    pub lasti: bool,
}

impl Handler {
    /// Takes the second half of an entry off the start of the bytes.
    fn read(bytes: &mut &[u8]) -> Self {
        let target = number(bytes);
        let level = number(bytes);
        Self {
            level: (level >> 1) as usize,
            target: target as usize,
            lasti: level & 1 != 0,
        }
    }
}

/// Looks up who handles an exception at an instruction, by its index in code units (ceval.c `get_exception_handler`).
#[inline(never)]
pub fn handler_of(code: Borrowed<'_, ffi::PyCodeObject>, index: i32) -> Option<Handler> {
    find(table_of(code), u32::try_from(index).ok()?)
}

/// All entries of the table: the instructions that the handler is for, and the handler.
pub fn entries(
    code: Borrowed<'_, ffi::PyCodeObject>,
) -> impl Iterator<Item = (Range<usize>, Handler)> {
    entries_of(table_of(code))
}

fn entries_of(mut rest: &[u8]) -> impl Iterator<Item = (Range<usize>, Handler)> {
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = number(&mut rest) as usize;
        let length = number(&mut rest) as usize;
        Some((start..start + length, Handler::read(&mut rest)))
    })
}

/// The table's bytes.
fn table_of(code: Borrowed<'_, ffi::PyCodeObject>) -> &[u8] {
    // SAFETY: code has its table, as bytes, and keeps it.
    let table: Borrowed<'_, ffi::PyBytesObject> =
        unsafe { Borrowed::from_raw_unchecked(field!(code.co_exceptiontable).cast()) };
    table.content()
}

const ENTRY_STARTS: u8 = 1 << 7;
const ANOTHER_FOLLOWS: u8 = 1 << 6;
const VALUE: u8 = ANOTHER_FOLLOWS - 1;

/// Below this length, the table is read from its start.
const SHORT: usize = 40;

/// Takes a number off the start of the bytes. What does not end there is cut off: a program may make code with any bytes.
fn number(bytes: &mut &[u8]) -> u32 {
    let mut value: u32 = 0;
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        value = value << 6 | u32::from(byte & VALUE);
        if byte & ANOTHER_FOLLOWS == 0 {
            break;
        }
    }
    value
}

/// The handler for an instruction by the table.
fn find(table: &[u8], index: u32) -> Option<Handler> {
    let mut rest = narrow(table, index);
    while !rest.is_empty() {
        let start = number(&mut rest);
        if start > index {
            return None;
        }
        let length = number(&mut rest);
        if start.saturating_add(length) > index {
            return Some(Handler::read(&mut rest));
        }
        let next = rest.iter().position(|byte| byte & ENTRY_STARTS != 0)?;
        rest = &rest[next..];
    }
    None
}

/// A short part of the table, in which the entry for an instruction starts if there is one.
fn narrow(mut table: &[u8], index: u32) -> &[u8] {
    while table.len() > SHORT {
        let half = table.len() / 2;
        let starts = |byte: &u8| byte & ENTRY_STARTS != 0;
        let Some(middle @ 1..) = table[..=half].iter().rposition(starts) else {
            break;
        };
        if number(&mut &table[middle..]) > index {
            table = &table[..middle];
        } else {
            table = &table[middle..];
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{ANOTHER_FOLLOWS, ENTRY_STARTS, Handler, entries_of, find};

    fn push_number(table: &mut Vec<u8>, value: u32, flag: u8) {
        let first = table.len();
        for shift in (0..6).rev() {
            let rest = value >> (6 * shift);
            if rest != 0 || shift == 0 {
                let follows = if shift > 0 { ANOTHER_FOLLOWS } else { 0 };
                table.push((rest & 63) as u8 | follows);
            }
        }
        table[first] |= flag;
    }

    fn table(entries: &[(u32, u32, u32, u32, bool)]) -> Vec<u8> {
        let mut table = Vec::new();
        for &(start, length, target, level, lasti) in entries {
            push_number(&mut table, start, ENTRY_STARTS);
            push_number(&mut table, length, 0);
            push_number(&mut table, target, 0);
            push_number(&mut table, level << 1 | u32::from(lasti), 0);
        }
        table
    }

    /// By reading from the start.
    fn expected(entries: &[(u32, u32, u32, u32, bool)], index: u32) -> Option<Handler> {
        let entry = entries
            .iter()
            .find(|entry| (entry.0..entry.0 + entry.1).contains(&index))?;
        Some(Handler {
            level: entry.3 as usize,
            target: entry.2 as usize,
            lasti: entry.4,
        })
    }

    #[test]
    fn no_entries_no_handlers() {
        assert_eq!(find(&[], 0), None);
    }

    #[test]
    fn entries_are_found_in_tables_of_all_lengths() {
        for count in 0..60 {
            let entries: Vec<_> = (0..count)
                .map(|n| (n * 70 + 3, 50, n * 1000, n % 9, n % 2 == 0))
                .collect();
            let table = table(&entries);
            for index in 0..count * 70 + 100 {
                assert_eq!(find(&table, index), expected(&entries, index), "{index}");
            }
            let all: Vec<_> = entries_of(&table).collect();
            let each = |entry: &(u32, u32, u32, u32, bool)| {
                let (start, end) = (entry.0, entry.0 + entry.1);
                let handler = expected(&entries, start).expect("its own");
                (start as usize..end as usize, handler)
            };
            assert_eq!(all, entries.iter().map(each).collect::<Vec<_>>());
        }
    }

    #[test]
    fn bytes_without_sense_come_to_an_end() {
        for byte in 0..=255 {
            for length in [1, 39, 40, 41, 100, 1000] {
                let table = vec![byte; length];
                for index in [0, 1, 63, 1 << 20, u32::MAX] {
                    let _any = find(&table, index);
                }
                assert!(entries_of(&table).count() <= length);
            }
        }
    }
}
