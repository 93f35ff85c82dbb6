//! Attributes.
use crate::build::builder::Builder;
use crate::build::state::Entry;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::types::Classes;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{ObjectId, Reason, Site};

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

    fn attribute_without_lowering(&mut self) {
        if self.is_unseen() {
            self.exit(Reason::Unseen);
        } else {
            self.interpret(&[]);
        }
    }

    /// `LOAD_ATTR(name and whether it is called as a method)`.
    pub(super) fn load_attr(&mut self) {
        let site = self.code.site(self.at);
        if self.ty(self.peek(0).value).is_unboxed() || !self.may_speculate_on_attributes() {
            return self.attribute_without_lowering();
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
            _ => self.attribute_without_lowering(),
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
        let Some(&Site::Attribute {
            type_version,
            index,
        }) = site
        else {
            return self.attribute_without_lowering();
        };
        let can_be_owner =
            !self.ty(self.peek(0).value).is_unboxed() && self.may_speculate_on_attributes();
        match self.at.opcode {
            Opcode::STORE_ATTR_INSTANCE_VALUE if can_be_owner => {
                let (owner, state) = self.owner_of_type(type_version);
                self.inline_values(owner, true, state);
                self.bound(1);
                let entries = self.pop_many(2);
                let item = self.take(entries[0]);
                let old = self.emit(Insn::InlineValue {
                    value: owner,
                    index,
                });
                self.emit(Insn::StoreInlineValue { owner, index, item });
                self.release(&[Entry::owned(old), entries[1]]);
            }
            Opcode::STORE_ATTR_SLOT if can_be_owner => {
                let (owner, _) = self.owner_of_type(type_version);
                self.bound(1);
                let entries = self.pop_many(2);
                let item = self.take(entries[0]);
                let old = self.emit(Insn::Field {
                    value: owner,
                    offset: index,
                });
                self.emit(Insn::StoreField {
                    owner,
                    offset: index,
                    item,
                });
                self.release(&[Entry::owned(old), entries[1]]);
            }
            _ => self.attribute_without_lowering(),
        }
    }
}
