//! A model of the value stack: of each entry only its kind, as far as that decides who may find it there. Numbers only.

/// What an entry of the stack is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Entry {
    /// The iterator of a loop.
    Iterator = 1,
    /// The exception that was being handled before.
    Exception = 2,
    /// Any object.
    Object = 3,
    /// The NULL that stands for no `self` at a call.
    Null = 4,
    /// The place of an instruction, which a handler raises again from.
    Instruction = 5,
}

impl Entry {
    /// The entry with this number.
    const fn from_bits(bits: u64) -> Option<Self> {
        Some(match bits {
            1 => Self::Iterator,
            2 => Self::Exception,
            3 => Self::Object,
            4 => Self::Null,
            5 => Self::Instruction,
            _ => return None,
        })
    }

    /// Whether it may stand where `expected` is expected.
    fn fits(self, expected: Self) -> bool {
        match expected {
            Self::Object => self != Self::Null,
            Self::Null => true,
            _ => self == expected,
        }
    }
}

/// How many bits an entry takes.
const BITS: u32 = 3;

/// The bits of one entry.
const MASK: u64 = (1 << BITS) - 1;

/// How many entries are modelled.
const MOST: u32 = 63 / BITS;

/// The entries of a stack, the topmost in the lowest bits.
///
/// The order is that of the numbers: a higher stack is greater and, of two with the same height, the one with the greater
/// entry where they first differ from the bottom. What is chosen and cut by that order is upstream's choice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Entries(u64);

impl Entries {
    /// The entry on top.
    pub(super) fn top(self) -> Option<Entry> {
        Entry::from_bits(self.0 & MASK)
    }

    fn pop(self) -> Self {
        Self(self.0 >> BITS)
    }

    /// How many there are.
    fn height(self) -> u32 {
        (u64::BITS - self.0.leading_zeros()).div_ceil(BITS)
    }

    /// From the top downwards.
    fn iter(self) -> impl Iterator<Item = Entry> {
        (0..self.height())
            .filter_map(move |depth| Entry::from_bits(self.0 >> (depth * BITS) & MASK))
    }
}

/// What is known of the stack before an instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Stack {
    /// Nothing: no way to the instruction was found.
    Unreachable,
    /// It is too high for the model.
    TooDeep,
    /// Its entries.
    Known(Entries),
}

impl Stack {
    /// The stack without entries.
    pub(super) const EMPTY: Self = Self::Known(Entries(0));

    /// With one entry more.
    pub(super) fn push(self, entry: Entry) -> Self {
        match self {
            Self::Known(entries) if entries.height() < MOST => {
                Self::Known(Entries(entries.0 << BITS | entry as u64))
            }
            Self::Known(_) => Self::TooDeep,
            unknown => unknown,
        }
    }

    /// Without the topmost entry.
    pub(super) fn pop(self) -> Self {
        match self {
            Self::Known(entries) => Self::Known(entries.pop()),
            unknown => unknown,
        }
    }

    /// The entry on top.
    pub(super) fn top(self) -> Option<Entry> {
        self.peek(1)
    }

    /// The entry `depth` places from the top: 1 is the top itself.
    pub(super) fn peek(self, depth: usize) -> Option<Entry> {
        match self {
            Self::Known(entries) => entries.iter().nth(depth.checked_sub(1)?),
            _ => None,
        }
    }

    /// With the top and the entry `depth` places from it exchanged. Upstream loses all but the topmost ten entries here, and
    /// may take a stack that it does not know for one that can be jumped to.
    pub(super) fn swap(self, depth: usize) -> Self {
        let (Self::Known(Entries(bits)), Some(top), Some(other)) =
            (self, self.top(), self.peek(depth))
        else {
            return self;
        };
        let place = (depth as u32 - 1) * BITS;
        let others = bits & !(MASK << place) & !MASK;
        Self::Known(Entries(others | (top as u64) << place | other as u64))
    }

    /// Cut down to a height.
    pub(super) fn cut_to(self, height: u32) -> Self {
        match self {
            Self::Known(entries) => {
                let over = entries.height().saturating_sub(height);
                Self::Known(Entries(entries.0 >> (over * BITS)))
            }
            unknown => unknown,
        }
    }

    /// Whether the frame, with this stack, can go on where the stack is `there`, once it has been cut down to its height
    /// (frameobject.c `compatible_stack`).
    pub(super) fn fits(self, there: Self) -> bool {
        let (Self::Known(mut here), Self::Known(there)) = (self, there) else {
            return false;
        };
        while here > there {
            here = here.pop();
        }
        here.height() == there.height()
            && here
                .iter()
                .zip(there.iter())
                .all(|(here, there)| here.fits(there))
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, MOST, Stack};
    use Entry::{Exception, Iterator, Null, Object};

    fn stack(entries: &[Entry]) -> Stack {
        entries
            .iter()
            .fold(Stack::EMPTY, |stack, entry| stack.push(*entry))
    }

    #[test]
    fn a_stack_gives_back_what_was_pushed() {
        let pushed = stack(&[Iterator, Object, Null]);
        assert_eq!(pushed.top(), Some(Null));
        assert_eq!(pushed.peek(3), Some(Iterator));
        assert_eq!(pushed.peek(4), None);
        assert_eq!(pushed.pop().pop().pop(), Stack::EMPTY);
        assert_eq!(Stack::EMPTY.pop(), Stack::EMPTY);
        assert_eq!(pushed.swap(3), stack(&[Null, Object, Iterator]));
        assert_eq!(pushed.swap(1), pushed);
        assert_eq!(pushed.cut_to(1), stack(&[Iterator]));
        assert_eq!(pushed.cut_to(7), pushed);
    }

    #[test]
    fn a_stack_beyond_the_model_stays_unknown() {
        let full = stack(&[Object; MOST as usize]);
        assert_ne!(full, Stack::TooDeep);
        assert_eq!(full.cut_to(MOST - 1), full.pop());
        assert_eq!(full.push(Iterator), Stack::TooDeep);
        assert_eq!(Stack::TooDeep.pop(), Stack::TooDeep);
        assert!(!full.fits(Stack::TooDeep));
        assert!(!Stack::TooDeep.fits(Stack::EMPTY));
    }

    #[test]
    fn a_higher_stack_is_greater() {
        assert!(Stack::Unreachable < Stack::TooDeep);
        assert!(Stack::TooDeep < Stack::EMPTY);
        assert!(stack(&[Null]) < stack(&[Iterator, Iterator]));
    }

    #[test]
    fn a_jump_may_drop_entries_but_not_invent_them() {
        assert!(stack(&[Iterator, Object]).fits(stack(&[Iterator])));
        assert!(stack(&[Iterator, Object]).fits(Stack::EMPTY));
        assert!(!Stack::EMPTY.fits(stack(&[Iterator])));
        assert!(!stack(&[Object]).fits(stack(&[Iterator])));
        assert!(stack(&[Iterator]).fits(stack(&[Object])));
        assert!(!stack(&[Null]).fits(stack(&[Object])));
        assert!(stack(&[Object]).fits(stack(&[Null])));
        assert!(!stack(&[Object]).fits(stack(&[Exception])));
        assert!(!Stack::EMPTY.fits(Stack::Unreachable));
    }
}
