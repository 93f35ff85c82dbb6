//! What the inline values of objects hold, as far as it is known without looking at several ways: what was stored or read there last,
//! and nothing in new instances.
use crate::effects::{Memory, effects};
use crate::function::Value;
use crate::insn::Insn;
use std::collections::HashMap;

/// What is known at a place.
#[derive(Clone, Default)]
pub struct Fields {
    /// By the owner and the index.
    held: HashMap<(Value, u16), Value>,
    /// The new instances, which hold nothing else.
    new: Vec<Value>,
    /// The values on the only way here from where nothing was known, in their order.
    order: HashMap<Value, usize>,
}

/// What an inline value is known to be.
pub enum Held {
    /// This.
    Value(Value),
    /// NULL.
    Nothing,
}

impl Fields {
    /// What an instruction finds that reads an inline value, if that is known.
    pub fn found(&self, insn: &Insn) -> Option<Held> {
        let Insn::InlineValue { value, index } = insn else {
            return None;
        };
        let held = self.held.get(&(*value, *index)).copied();
        held.map(Held::Value)
            .or_else(|| self.new.contains(value).then_some(Held::Nothing))
    }

    /// An instruction runs, and gives a value.
    pub fn runs(&mut self, value: Value, insn: &Insn) {
        self.order.insert(value, self.order.len());
        match *insn {
            Insn::NewInstance { .. } => self.new.push(value),
            Insn::InlineValue {
                value: owner,
                index,
            } => {
                self.held.insert((owner, index), value);
            }
            Insn::StoreInlineValue { owner, index, item } => {
                let may_be_same = |other: Value| other != owner && !self.differ(owner, other);
                let forgotten: Vec<Value> = (self.new.iter().copied())
                    .filter(|&new| may_be_same(new))
                    .collect();
                let stale: Vec<_> = (self.held.keys().copied())
                    .filter(|&(other, at)| {
                        forgotten.contains(&other) || at == index && may_be_same(other)
                    })
                    .collect();
                for key in stale {
                    self.held.remove(&key);
                }
                self.new.retain(|new| !forgotten.contains(new));
                self.held.insert((owner, index), item);
            }
            // What has slots has them in other places.
            Insn::StoreField { .. } => {}
            _ if effects(insn).writes.meets(Memory::ATTRIBUTES) => {
                self.held.clear();
                self.new.clear();
            }
            _ => {}
        }
    }

    /// Whether two values are different objects: one is a new instance, and the other was there before.
    fn differ(&self, one: Value, other: Value) -> bool {
        let place = |value: Value| self.order.get(&value);
        let is_later = |new: Value, old: Value| self.new.contains(&new) && place(old) < place(new);
        is_later(one, other) || is_later(other, one)
    }
}
