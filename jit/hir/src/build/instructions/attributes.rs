//! Attributes.
use crate::build::builder::Builder;
use crate::build::instructions::operations::Told;
use crate::build::state::Entry;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::operands::{Attribute, Case};
use crate::types::Classes;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{ObjectId, Operation, Reason, Sight, Site};

/// The guards whose failures mean that an attribute is not looked up as it was before.
const ATTRIBUTE_GUARDS: [Reason; 3] = [
    Reason::TypeVersion,
    Reason::KeysVersion,
    Reason::InlineValues,
];

impl Builder<'_> {
    fn may_speculate_on_attributes(&self) -> bool {
        ATTRIBUTE_GUARDS
            .iter()
            .all(|reason| self.may_speculate(*reason))
    }

    /// How the attribute is found for each of the types that the instruction has met, if all of that is known and it is worth
    /// a look at the type: if there are several, or there is no other way for the one.
    fn cases(&self) -> Option<Vec<Case>> {
        let offset = self.at.opcode_at;
        let now = Sight {
            form: self.at.opcode.number(),
            site: self.code.site(self.at).cloned(),
        };
        let known = self.code.body.sights.get(&offset);
        let mut sights = known.map_or_else(Vec::new, |sights| sights.seen.clone());
        if known.is_some_and(|sights| sights.has_more) || !self.may_speculate(Reason::Types) {
            return None;
        }
        if !sights.contains(&now) && now.site != Some(Site::Unseen) {
            sights.push(now);
        }
        let mut cases: Vec<Case> = Vec::new();
        for sight in &sights {
            let case = self.case(sight)?;
            // Of what is known of one type, the last is right.
            cases.retain(|other| other.version != case.version);
            cases.push(case);
        }
        let is_guarded = match cases[..] {
            [case] => match case.attribute {
                Attribute::Hint { .. } | Attribute::Lazy { .. } => false,
                // Where instances with dictionaries were met, these are looked at.
                Attribute::Shared { .. } => self.may_speculate(Reason::InlineValues),
                Attribute::Inline { .. } | Attribute::Slot { .. } | Attribute::Type { .. } => true,
            },
            _ => false,
        };
        (!cases.is_empty() && !is_guarded).then_some(cases)
    }

    /// One of the cases.
    fn case(&self, sight: &Sight) -> Option<Case> {
        let form = Opcode::new(sight.form);
        let (version, attribute) = match *sight.site.as_ref()? {
            Site::Attribute {
                type_version,
                index,
            } => {
                let attribute = match form {
                    Opcode::LOAD_ATTR_INSTANCE_VALUE | Opcode::STORE_ATTR_INSTANCE_VALUE => {
                        Attribute::Inline { index }
                    }
                    Opcode::LOAD_ATTR_SLOT | Opcode::STORE_ATTR_SLOT => {
                        Attribute::Slot { offset: index }
                    }
                    Opcode::LOAD_ATTR_WITH_HINT => Attribute::Hint {
                        index,
                        name: self.name(self.at.oparg >> 1)?,
                    },
                    Opcode::STORE_ATTR_WITH_HINT => Attribute::Hint {
                        index,
                        name: self.name(self.at.oparg)?,
                    },
                    _ => return None,
                };
                (type_version, attribute)
            }
            Site::TypeAttribute {
                type_version,
                keys_version,
                found,
            } => {
                let attribute = match form {
                    Opcode::LOAD_ATTR_METHOD_WITH_VALUES
                    | Opcode::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES => Attribute::Shared {
                        keys: keys_version,
                        found,
                        name: self.name(self.at.oparg >> 1)?,
                    },
                    Opcode::LOAD_ATTR_METHOD_NO_DICT | Opcode::LOAD_ATTR_NONDESCRIPTOR_NO_DICT => {
                        Attribute::Type { found }
                    }
                    Opcode::LOAD_ATTR_METHOD_LAZY_DICT => Attribute::Lazy {
                        distance: u16::try_from(keys_version & 0xffff).ok()?,
                        found,
                    },
                    _ => return None,
                };
                (type_version, attribute)
            }
            Site::Unseen
            | Site::ModuleAttribute { .. }
            | Site::Global { .. }
            | Site::Call { .. }
            | Site::Unpacked { .. }
            | Site::Property { .. }
            | Site::Item { .. }
            | Site::Operator { .. }
            | Site::Truth { .. } => return None,
        };
        Some(Case { version, attribute })
    }

    /// An attribute of one of several types. Whether it could be built: either all of them have a method, or none.
    fn load_of_types(&mut self, cases: Vec<Case>) -> bool {
        let is_method = |case: &Case| match case.attribute {
            Attribute::Inline { .. } | Attribute::Slot { .. } | Attribute::Hint { .. } => false,
            Attribute::Shared { .. } | Attribute::Type { .. } | Attribute::Lazy { .. } => {
                self.at.oparg & 1 != 0
            }
        };
        let methods = cases.iter().filter(|case| is_method(case)).count();
        if methods != 0 && methods != cases.len() {
            return false;
        }
        let (value, state) = self.owner();
        let found = self.emit(Insn::LoadAttribute {
            value,
            cases,
            state,
        });
        let owner = self.pop();
        self.push_held(found);
        if methods == 0 {
            self.finish_load(owner);
        } else {
            self.push(owner);
        }
        true
    }

    /// The attribute of an object of any class.
    fn load_any(&mut self) {
        let is_python = matches!(
            self.at.opcode,
            Opcode::LOAD_ATTR_PROPERTY | Opcode::LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN
        );
        let name = self.at.oparg >> 1;
        if is_python {
            if !self.load_property() {
                // The evaluator calls the function without the C stack.
                self.interpret(&[]);
            }
        } else if self.at.oparg & 1 == 0 {
            self.operate_named(Operation::GetAttribute, name);
        } else {
            self.operate_named(Operation::GetMethod, name);
        }
    }

    /// `LOAD_ATTR(name and whether it is called as a method)`.
    pub(super) fn load_attr(&mut self) {
        let site = self.code.site(self.at);
        if self.ty(self.peek(0).value).is_unboxed() {
            return self.load_any();
        }
        if let Some(cases) = self.cases()
            && self.load_of_types(cases)
        {
            return;
        }
        if !self.may_speculate_on_attributes() {
            return self.load_any();
        }
        match (self.at.opcode, site) {
            (
                Opcode::LOAD_ATTR_INSTANCE_VALUE,
                Some(&Site::Attribute {
                    type_version,
                    index,
                }),
            ) => {
                let (owner, state) = self.owner_of_type(type_version);
                self.inline_values(owner, false, state);
                let value = self.emit(Insn::InlineValue {
                    value: owner,
                    index,
                });
                self.loaded(value, state);
            }
            (
                Opcode::LOAD_ATTR_SLOT,
                Some(&Site::Attribute {
                    type_version,
                    index,
                }),
            ) => {
                let (owner, state) = self.owner_of_type(type_version);
                let value = self.emit(Insn::Field {
                    value: owner,
                    offset: index,
                });
                self.loaded(value, state);
            }
            (
                Opcode::LOAD_ATTR_MODULE,
                Some(&Site::ModuleAttribute {
                    keys_version,
                    index,
                }),
            ) => {
                let (owner, state) = self.owner();
                let dict = self.emit(Insn::ModuleDict {
                    value: owner,
                    state,
                });
                self.emit(Insn::GuardKeys {
                    dict,
                    version: keys_version,
                    check: false,
                    state,
                });
                let value = self.emit(Insn::DictEntry { dict, index });
                self.loaded(value, state);
            }
            (
                Opcode::LOAD_ATTR_CLASS,
                Some(&Site::TypeAttribute {
                    type_version,
                    found,
                    ..
                }),
            ) => {
                let (owner, state) = self.owner();
                self.emit(Insn::GuardOwnTypeVersion {
                    value: owner,
                    version: type_version,
                    state,
                });
                self.found(found);
            }
            (
                Opcode::LOAD_ATTR_METHOD_WITH_VALUES | Opcode::LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES,
                Some(&Site::TypeAttribute {
                    type_version,
                    keys_version,
                    found,
                }),
            ) => {
                let (owner, state) = self.owner_of_type(type_version);
                self.inline_values(owner, false, state);
                self.emit(Insn::GuardCachedKeys {
                    value: owner,
                    version: keys_version,
                    state,
                });
                self.found_in_type(found);
            }
            (
                Opcode::LOAD_ATTR_METHOD_NO_DICT | Opcode::LOAD_ATTR_NONDESCRIPTOR_NO_DICT,
                Some(&Site::TypeAttribute {
                    type_version,
                    found,
                    ..
                }),
            ) => {
                self.owner_of_type(type_version);
                self.found_in_type(found);
            }
            _ => self.load_any(),
        }
    }

    /// The owner, on the top of the stack.
    fn owner(&mut self) -> (Value, StateId) {
        let state = self.before();
        let owner = self.guard(self.peek(0).value, Classes::OBJECT, state);
        (owner, state)
    }

    /// The same, with a guard for its type.
    fn owner_of_type(&mut self, version: u32) -> (Value, StateId) {
        let (value, state) = self.owner();
        self.emit(Insn::GuardTypeVersion {
            value,
            version,
            state,
        });
        (value, state)
    }

    fn inline_values(&mut self, value: Value, no_dict: bool, state: StateId) {
        self.emit(Insn::GuardInlineValues {
            value,
            no_dict,
            state,
        });
    }

    /// Puts an attribute, if there is one, in the place of its owner.
    fn loaded(&mut self, value: Value, state: StateId) {
        let value = self.emit(Insn::GuardBound {
            value,
            reason: Reason::InlineValues,
            state,
        });
        let owner = self.pop();
        self.push_held(value);
        self.finish_load(owner);
    }

    /// Puts what a type has in the place of the owner.
    fn found(&mut self, found: ObjectId) {
        let owner = self.pop();
        self.push_object(found);
        self.finish_load(owner);
    }

    fn finish_load(&mut self, owner: Entry) {
        if self.at.oparg & 1 != 0 {
            self.push_null();
        }
        self.release(&[owner]);
    }

    /// The same where the owner is the method's first argument, if it is one.
    fn found_in_type(&mut self, found: ObjectId) {
        if !matches!(
            self.at.opcode,
            Opcode::LOAD_ATTR_METHOD_WITH_VALUES | Opcode::LOAD_ATTR_METHOD_NO_DICT
        ) {
            return self.found(found);
        }
        let owner = self.pop();
        self.push_object(found);
        self.push(owner);
    }

    /// `STORE_ATTR(name)`.
    pub(super) fn store_attr(&mut self) {
        let site = self.code.site(self.at);
        if self.ty(self.peek(0).value).is_unboxed() {
            return self.operate_named(Operation::SetAttribute, self.at.oparg);
        }
        if let Some(cases) = self.cases() {
            return self.store_of_types(cases);
        }
        match (self.at.opcode, site) {
            (
                Opcode::STORE_ATTR_INSTANCE_VALUE,
                Some(&Site::Attribute {
                    type_version,
                    index,
                }),
            ) if self.may_speculate_on_attributes() => {
                let (owner, state) = self.owner_of_type(type_version);
                self.inline_values(owner, true, state);
                self.bound(1);
                let old = self.emit(Insn::InlineValue {
                    value: owner,
                    index,
                });
                let (item, old) = self.replace(old, 1, 2);
                let entries = self.pop_many(2);
                self.emit(Insn::StoreInlineValue { owner, index, item });
                self.release(&[Entry::owned(old), entries[1]]);
            }
            (
                Opcode::STORE_ATTR_SLOT,
                Some(&Site::Attribute {
                    type_version,
                    index,
                }),
            ) if self.may_speculate_on_attributes() => {
                let (owner, _) = self.owner_of_type(type_version);
                self.bound(1);
                let old = self.emit(Insn::Field {
                    value: owner,
                    offset: index,
                });
                let (item, old) = self.replace(old, 1, 2);
                let entries = self.pop_many(2);
                self.emit(Insn::StoreField {
                    owner,
                    offset: index,
                    item,
                });
                self.release(&[Entry::owned(old), entries[1]]);
            }
            (
                Opcode::STORE_ATTR_WITH_HINT,
                Some(&Site::Attribute {
                    type_version,
                    index,
                }),
            ) if self.may_speculate_on_attributes() => {
                let Some(name) = self.name(self.at.oparg) else {
                    return self.interpret(&[]);
                };
                self.owner_of_type(type_version);
                let told = Told {
                    name: Some(name),
                    number: u32::from(index),
                };
                self.operate(Operation::SetAttributeByHint, told);
            }
            _ => self.operate_named(Operation::SetAttribute, self.at.oparg),
        }
    }

    /// An attribute of one of several types. Everything is owned before it is known which, and then too if the code leaves.
    fn store_of_types(&mut self, cases: Vec<Case>) {
        self.owner();
        self.bound(1);
        let place = self.state.stack.len() - 2;
        let item = self.take(self.peek(1));
        self.state.stack[place] = Entry::owned(item);
        self.own_what_objects_hold();
        let state = self.state_at(self.at.offset);
        let owner = self.peek(0).value;
        let old = self.emit(Insn::StoreAttribute {
            owner,
            cases,
            item,
            state,
        });
        let entries = self.pop_many(2);
        self.release(&[Entry::owned(old), entries[1]]);
    }
}
