//! Global variables.
use crate::build::builder::Builder;
use crate::function::{StateId, Value};
use crate::insn::Insn;
use crate::operands::FunctionPart;
use pyroxene_bytecode::Opcode;
use pyroxene_jit_api::{Reason, Site};

impl Builder<'_> {
    /// `LOAD_GLOBAL(name and whether to push NULL)`.
    pub(super) fn load_global(&mut self) {
        let Some(&Site::Global {
            module_keys_version,
            builtin_keys_version,
            index,
            ..
        }) = self.code.site(self.at)
        else {
            if self.is_unseen() {
                return self.exit(Reason::Unseen);
            }
            return self.load_any_global();
        };
        if !self.may_speculate(Reason::KeysVersion) || !self.may_speculate(Reason::Unbound) {
            return self.load_any_global();
        }
        let state = self.before();
        let globals = self.globals();
        self.guard_keys(globals, module_keys_version, state);
        let dict = if self.at.opcode == Opcode::LOAD_GLOBAL_BUILTIN {
            let builtins = self.builtins();
            self.guard_keys(builtins, builtin_keys_version, state);
            builtins
        } else {
            globals
        };
        let value = self.emit(Insn::DictEntry { dict, index });
        let value = self.emit(Insn::GuardBound {
            value,
            reason: Reason::Unbound,
            state,
        });
        self.push_held(value);
        if self.at.oparg & 1 != 0 {
            self.push_null();
        }
    }

    fn guard_keys(&mut self, dict: Value, version: u16, state: StateId) {
        self.emit(Insn::GuardKeys {
            dict,
            version: u32::from(version),
            check: true,
            state,
        });
    }

    /// The dictionary of the globals of the function that runs.
    pub(super) fn globals(&mut self) -> Value {
        self.part(FunctionPart::Globals, Insn::Globals)
    }

    /// The same of its builtins.
    pub(super) fn builtins(&mut self) -> Value {
        self.part(FunctionPart::Builtins, Insn::Builtins)
    }

    /// What the function has that runs, which its frame knows if it has one.
    pub(super) fn part(&mut self, part: FunctionPart, of_frame: Insn) -> Value {
        let insn = match self.state.frames.last() {
            Some(level) => Insn::FunctionPart {
                function: level.function.value,
                part,
            },
            None => of_frame,
        };
        self.emit(insn)
    }
}
