//! Tools: who wants to be told of events, by number, and sets of them. Plain values.
use crate::ffi;
use crate::object::{Raised, exception};
use crate::raise_format;
use core::ffi::c_int;

/// A tool, by its number: one of six that Python code can take into use, or of the two behind `sys.setprofile` and
/// `sys.settrace` (pycore_instruments.h `PY_MONITORING_TOOL_IDS`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tool(u8);

impl Tool {
    /// The tool behind `sys.setprofile`. Python cannot name it or those after it.
    pub const SYS_PROFILE: Self = Self(ffi::PY_MONITORING_SYS_PROFILE_ID as u8);

    /// The tool behind `sys.settrace`.
    pub const SYS_TRACE: Self = Self(ffi::PY_MONITORING_SYS_TRACE_ID as u8);

    /// The tool that C means by a number, if it is one.
    pub fn from_number(number: c_int) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        (u32::from(number) < ffi::PY_MONITORING_TOOL_IDS).then_some(Self(number))
    }

    /// The tool that Python code means by a number.
    ///
    /// # Errors
    /// `ValueError` for a number that is none.
    pub fn of_python(number: c_int) -> Result<Self, Raised> {
        match Self::from_number(number) {
            Some(tool) if tool.is_of_python() => Ok(tool),
            // SAFETY: the format takes one number.
            _ => Err(unsafe {
                raise_format!(
                    exception::ValueError,
                    c"invalid tool %d (must be between 0 and 5)",
                    number
                )
            }),
        }
    }

    /// Whether Python code can name it.
    pub const fn is_of_python(self) -> bool {
        self.0 < Self::SYS_PROFILE.0
    }

    /// Its number.
    #[inline(always)]
    pub const fn number(self) -> usize {
        self.0 as usize
    }

    /// The set of this tool alone.
    #[inline(always)]
    pub const fn alone(self) -> ToolSet {
        ToolSet(1 << self.0)
    }
}

/// A set of tools, as CPython keeps it: a byte with a bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct ToolSet(u8);

impl ToolSet {
    /// No tools.
    pub const EMPTY: Self = Self(0);

    /// The set of a byte from C.
    #[inline(always)]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The byte.
    #[inline(always)]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether nobody is in it.
    #[inline(always)]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many are in it.
    #[inline(always)]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether the tool is in it.
    #[inline(always)]
    pub const fn has(self, tool: Tool) -> bool {
        self.0 & tool.alone().0 != 0
    }

    /// Whether all of them are in the other too.
    #[inline(always)]
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Those that are in either.
    #[inline(always)]
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are not in the other.
    #[inline(always)]
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// The tools in the order in which they are told of an event: the highest number first.
impl IntoIterator for ToolSet {
    type Item = Tool;
    type IntoIter = HighestFirst;

    #[inline(always)]
    fn into_iter(self) -> HighestFirst {
        HighestFirst(self)
    }
}

/// The tools of a set, from the highest number to the lowest.
#[derive(Clone, Debug)]
pub struct HighestFirst(ToolSet);

impl Iterator for HighestFirst {
    type Item = Tool;

    #[inline(always)]
    fn next(&mut self) -> Option<Tool> {
        let number = self.0.0.checked_ilog2()?;
        let tool = Tool(number as u8);
        self.0 = self.0.minus(tool.alone());
        Some(tool)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_comes_first() {
        let order: Vec<usize> = ToolSet::from_bits(0b1010_0001)
            .into_iter()
            .map(Tool::number)
            .collect();
        assert_eq!(order, [7, 5, 0]);
        assert_eq!(ToolSet::EMPTY.into_iter().next(), None);
    }

    #[test]
    fn sets_are_sets() {
        let both = Tool::SYS_PROFILE.alone().union(Tool::SYS_TRACE.alone());
        assert_eq!(both.bits(), 0b1100_0000);
        assert_eq!(both.len(), 2);
        assert_eq!(
            both.minus(Tool::SYS_TRACE.alone()),
            Tool::SYS_PROFILE.alone()
        );
        assert!(both.has(Tool::SYS_TRACE) && !Tool::SYS_PROFILE.alone().has(Tool::SYS_TRACE));
        assert!(
            Tool::SYS_TRACE.alone().is_within(both) && !both.is_within(Tool::SYS_TRACE.alone())
        );
    }
}
