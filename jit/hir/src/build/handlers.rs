//! Exceptions that are handled in compiled code: where an instruction was seen to raise often, an edge leads from it to its
//! handler, and does on the way what the evaluator does. Elsewhere, what raises leaves.
use crate::build::builder::{Before, Builder};
use crate::build::outside::raises_again;
use crate::build::state::Entry;
use crate::function::{Edge, Value};
use crate::insn::Insn;
use crate::types::{Classes, Type};
use core::mem::replace;
use pyroxene_jit_api::{Class, Handler, Reason};

impl Builder<'_> {
    /// Who handles what the instruction of bytecode raises, if that is compiled.
    pub(super) fn handler(&self) -> Option<Handler> {
        // In code that is not the compiler's, the handler may want what is not there.
        let height = self.state.height();
        self.at
            .handler
            .filter(|handler| handler.level as usize <= height)
    }

    /// Leads from an instruction that was just added to the handler, if it has raised, and goes on if not.
    pub(super) fn try_to(&mut self, handler: Handler, value: Value) {
        let written = self.function.insn(value).writes_state();
        let blocks = [(); 2].map(|()| self.function.add_block(self.at.offset));
        let [on, raised] = blocks.map(|to| Edge {
            to,
            arguments: Vec::new(),
        });
        self.emit(Insn::Try { on, raised });
        let state = self.state.clone();
        let before = replace(&mut self.before, Before::Unused(Default::default()));
        let opened = core::mem::take(&mut self.opened);
        self.enter(blocks[1], state.clone());
        self.catch(handler, written);
        self.enter(blocks[0], state);
        self.before = before;
        self.opened = opened;
    }

    /// `RAISE_VARARGS`, `RERAISE`, where they are handled here.
    pub(super) fn raise(&mut self) {
        let Some(handler) = self.handler() else {
            return self.exit(Reason::Raised);
        };
        self.expose_whole();
        let state = self.state_at(self.at.offset);
        self.emit(Insn::Raise {
            opcode: self.at.opcode,
            oparg: self.at.oparg,
            state,
        });
        self.catch(handler, true);
    }

    /// Goes on at the handler of an exception that was raised here. Whether the frame holds how it was when it was raised.
    fn catch(&mut self, handler: Handler, written: bool) {
        self.before = Before::Used(self.raised());
        if !written {
            self.expose_whole();
        }
        let state = self.raised();
        self.emit(Insn::Catch {
            level: handler.level,
            lasti: handler.lasti,
            noted: raises_again(self.at),
            written,
            state,
        });
        let bottom = self.state.bottom();
        self.state.stack.truncate(bottom + handler.level as usize);
        let place = handler.lasti.then_some(Classes::of(Class::Int));
        for (index, classes) in (handler.level..).zip(place.into_iter().chain([Classes::OBJECT])) {
            let given = self.emit_typed(Insn::LoadStack { index }, Type::Object(classes));
            self.push(Entry::owned(given));
        }
        let state = self.state_at(handler.target);
        self.emit(Insn::CheckDisturbed { state });
        self.go_on(handler.target);
    }
}
