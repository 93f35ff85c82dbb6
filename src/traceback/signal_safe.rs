//! Writing text from a signal handler: `write(2)` and the stack, nothing else.
use crate::ffi;
use crate::object::code_points::CodePoints;
use core::ffi::c_int;

/// More digits than any number has: a bit each.
const DIGITS: usize = usize::BITS as usize;

/// The most hexadecimal digits that a number has.
const HEXADECIMAL_DIGITS: usize = size_of::<usize>() * 2;

/// The most characters that are written of one string.
const TEXT_LIMIT: usize = 500;

/// A file descriptor that can be written to in a signal handler, with any lock held and memory in any state.
///
/// Nothing here allocates, locks or can panic, and an error of a write is nobody's business. Each method is one
/// `write(2)`, but for text that must be escaped.
#[derive(Clone, Copy)]
pub struct SignalSafeWriter(c_int);

impl SignalSafeWriter {
    /// The writer on a descriptor.
    pub fn new(descriptor: c_int) -> Self {
        Self(descriptor)
    }

    /// Writes text as it is.
    pub fn text(self, text: &[u8]) {
        // SAFETY: the bytes are there; the function calls write(2), again if a signal came in between.
        unsafe { ffi::_Py_write_noraise(self.0, text.as_ptr().cast(), text.len()) };
    }

    /// Writes a number in decimal (traceback.c `_Py_DumpDecimal`).
    pub fn decimal(self, number: usize) {
        self.text(Number::of(number, 10, 1).digits());
    }

    /// Writes a number in hexadecimal, in lower case, with zeros before it up to `width` digits; the width may be
    /// negative, and is not more than a number can have (traceback.c `_Py_DumpHexadecimal`).
    pub fn hexadecimal(self, number: usize, width: isize) {
        let width = usize::try_from(width).unwrap_or(0).min(HEXADECIMAL_DIGITS);
        self.text(Number::of(number, 16, width).digits());
    }

    /// Writes a string with everything but printable ASCII escaped, and cut off after its first 500 characters
    /// (traceback.c `_Py_DumpASCII`).
    pub fn escaped(self, text: CodePoints<'_>) {
        let shown = text.truncated(TEXT_LIMIT);
        match shown.as_ascii() {
            Some(ascii) if ascii.iter().all(|byte| is_printable(u32::from(*byte))) => {
                self.text(ascii);
            }
            _ => shown.iter().for_each(|character| self.character(character)),
        }
        if shown.len() < text.len() {
            self.text(b"...");
        }
    }

    /// Writes one character, or the escape sequence for it.
    fn character(self, character: u32) {
        let (escape, width): (&[u8], isize) = match character {
            printable if is_printable(printable) => return self.text(&[printable as u8]),
            ..=0xff => (b"\\x", 2),
            0x100..=0xffff => (b"\\u", 4),
            _ => (b"\\U", 8),
        };
        self.text(escape);
        self.hexadecimal(character as usize, width);
    }
}

/// Whether a character can stand for itself.
fn is_printable(character: u32) -> bool {
    (u32::from(b' ')..=u32::from(b'~')).contains(&character)
}

/// The digits of a number, at the end of a buffer on the stack.
struct Number {
    buffer: [u8; DIGITS],
    used: usize,
}

impl Number {
    /// The digits of `number` to a base from 2 to 16, at least `width` of them.
    fn of(number: usize, base: usize, width: usize) -> Self {
        let mut result = Self {
            buffer: [b'0'; DIGITS],
            used: 0,
        };
        let mut rest = number;
        for place in result.buffer.iter_mut().rev() {
            *place = match rest.checked_rem(base).unwrap_or(0) as u8 {
                digit @ 0..10 => b'0' + digit,
                digit => (b'a' - 10).wrapping_add(digit),
            };
            rest = rest.checked_div(base).unwrap_or(0);
            result.used += 1;
            if rest == 0 && result.used >= width {
                break;
            }
        }
        result
    }

    /// The digits.
    fn digits(&self) -> &[u8] {
        self.buffer
            .split_at_checked(DIGITS - self.used)
            .map_or(&[], |(_, digits)| digits)
    }
}

#[cfg(test)]
mod tests {
    use super::{DIGITS, Number, is_printable};

    fn digits(number: usize, base: usize, width: usize) -> String {
        String::from_utf8_lossy(Number::of(number, base, width).digits()).into_owned()
    }

    #[test]
    fn numbers_are_written_as_rust_writes_them() {
        for number in [0, 1, 9, 10, 15, 16, 255, 4096, 1_000_000_007, usize::MAX] {
            assert_eq!(digits(number, 10, 1), format!("{number}"));
            assert_eq!(digits(number, 16, 0), format!("{number:x}"));
            assert_eq!(digits(number, 2, 1), format!("{number:b}"));
            assert_eq!(digits(number, 16, 16), format!("{number:016x}"));
        }
    }

    #[test]
    fn a_width_beyond_the_buffer_ends_with_it() {
        assert_eq!(digits(5, 10, usize::MAX), format!("{:0>DIGITS$}", 5));
    }

    #[test]
    fn printable_is_from_blank_to_tilde() {
        let printable: Vec<u32> = (0..0x200)
            .filter(|character| is_printable(*character))
            .collect();
        assert_eq!(printable, (0x20..=0x7e).collect::<Vec<u32>>());
    }
}
