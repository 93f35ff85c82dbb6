//! `Sight`: what an instruction met once, and `Sights`: up to eight of them. Reads types.
use crate::bytecode::Opcode;
use crate::ffi;
use crate::field;
use crate::object::Borrowed;
use pyroxene_jit_api::{Class, OPERANDS, Operand};

/// How many entries the longest inline cache has.
pub const LONGEST_CACHE: usize = 9;

/// How many sights of one instruction are kept: a site that has more is not worth a case for each.
pub const MOST: usize = 8;

/// The version of an operand's type (`tp_version_tag`), which no two types ever share; 0 for a type without one, and where
/// there is no operand.
pub type TypeVersion = u32;

/// What is said where nothing can be told of an operand.
pub const NOTHING: Operand = Operand::Class(Class::Other);

/// What an instruction met: the types of its operands, and what it was made into for them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sight {
    /// The specialised instruction, or the generic one if there is none for these operands.
    pub form: Opcode,
    /// The types of the operands that were looked at, the deepest in the stack first.
    pub operands: [TypeVersion; OPERANDS],
    /// What else can be told of them.
    pub known: [Operand; OPERANDS],
    /// The inline cache behind its counter, as the specialised instruction reads it. With a generic one, what `table` puts there: how many
    /// arguments there were (`CALL_FUNCTION_EX`), or the [address of the method](Self::method) and the
    /// [operator's number](Self::operator) (`BINARY_OP`, `COMPARE_OP`).
    pub cache: [u16; LONGEST_CACHE - 1],
    /// The version of the function that a class was found to be made ready by (`CALL_ALLOC_AND_ENTER_INIT`), that gives the items
    /// (`BINARY_SUBSCR_GETITEM`), that an operator calls first (`BINARY_OP`, `COMPARE_OP`), or that was called (`CALL_KW`), or 0.
    pub function: u32,
}

impl Sight {
    /// The address of the function that an operator calls first. It lives as long as the class of the left operand has its version.
    pub fn method(&self) -> usize {
        let parts = self.cache.iter().take(4).enumerate();
        parts.fold(0, |address, (index, part)| {
            address | usize::from(*part) << (16 * index)
        })
    }

    /// The number of the operator, with what it does after that.
    pub fn operator(&self) -> u32 {
        u32::from(self.cache[4])
    }

    /// Notes both.
    pub fn set_method(&mut self, address: usize, operator: u32) {
        self.cache[4] = operator as u16;
        for (index, part) in self.cache.iter_mut().take(4).enumerate() {
            *part = (address >> (16 * index)) as u16;
        }
    }
}

const _: () = {
    let mut number = 0;
    while number < 256 {
        assert!(Opcode::new(number as u8).caches() <= LONGEST_CACHE);
        number += 1;
    }
};

/// The version of an object's type.
pub fn type_version(object: Option<Borrowed<'_>>) -> TypeVersion {
    object.map_or(0, |object| {
        let class: Borrowed<'_, ffi::PyTypeObject> = object.type_of();
        field!(class.tp_version_tag)
    })
}

/// What one instruction has met, the first first.
#[derive(Clone, Debug, Default)]
pub struct Sights {
    seen: Vec<Sight>,
    has_more: bool,
}

impl Sights {
    /// Adds a sight, if it is new and there is room. One of a class that has changed meanwhile keeps its place.
    pub fn add(&mut self, sight: Sight) {
        if self.seen.contains(&sight) {
            return;
        }
        if self.seen.len() == MOST {
            self.has_more = true;
        } else {
            // Most instructions meet one only.
            self.seen.reserve_exact(1);
            self.seen.push(sight);
        }
    }

    /// Them.
    pub fn seen(&self) -> &[Sight] {
        &self.seen
    }

    /// Whether there were more than are kept.
    pub fn has_more(&self) -> bool {
        self.has_more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: TypeVersion) -> Sight {
        Sight {
            form: Opcode::LOAD_ATTR_SLOT,
            operands: [version, 0, 0],
            known: [NOTHING; OPERANDS],
            cache: [0; LONGEST_CACHE - 1],
            function: 0,
        }
    }

    #[test]
    fn a_method_is_found_again() {
        let mut sight = of(1);
        sight.set_method(0x1234_5678_9abc_def0, 0x20d);
        assert_eq!(sight.method(), 0x1234_5678_9abc_def0);
        assert_eq!(sight.operator(), 0x20d);
    }

    #[test]
    fn the_same_is_kept_once() {
        let mut sights = Sights::default();
        sights.add(of(1));
        sights.add(of(1));
        assert_eq!(sights.seen(), [of(1)]);
    }

    #[test]
    fn eight_are_kept_and_that_there_were_more() {
        let mut sights = Sights::default();
        for version in 1..=8 {
            sights.add(of(version));
        }
        assert!(!sights.has_more());
        sights.add(of(9));
        assert_eq!(sights.seen(), [1, 2, 3, 4, 5, 6, 7, 8].map(of));
        assert!(sights.has_more());
    }
}
