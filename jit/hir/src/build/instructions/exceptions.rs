//! What handlers begin and end with, what `except` catches, and `with`. `raise` is with the edges to handlers.
use super::operations::Told;
use crate::build::builder::Builder;
use crate::insn::Insn;
use pyroxene_jit_api::Operation;

impl Builder<'_> {
    /// `PUSH_EXC_INFO`.
    pub(super) fn push_exc_info(&mut self) {
        let exception = self.bound(0);
        if self.ty(exception).is_unboxed() {
            return self.interpret(&[]);
        }
        let entry = self.pop();
        let exception = self.take(entry);
        self.retain(exception);
        let before = self.emit(Insn::ExchangeHandled { exception });
        self.push_owned(before);
        self.push_owned(exception);
    }

    /// `POP_EXCEPT`.
    pub(super) fn pop_except(&mut self) {
        let before = self.bound(0);
        if self.ty(before).is_unboxed() {
            return self.interpret(&[]);
        }
        let entry = self.pop();
        let exception = self.take(entry);
        let handled = self.emit(Insn::ExchangeHandled { exception });
        self.release_values(vec![handled]);
    }

    /// `CHECK_EXC_MATCH`.
    pub(super) fn check_exc_match(&mut self) {
        let exception = self.bound(1);
        if self.ty(exception).is_unboxed() {
            return self.interpret(&[]);
        }
        self.operate_on(Operation::Catches, &[exception], 1, Told::default());
    }

    /// `WITH_EXCEPT_START`.
    pub(super) fn with_except_start(&mut self) {
        let [exception, exit] = [0, 3].map(|depth| self.bound(depth));
        if [exception, exit]
            .iter()
            .any(|value| self.ty(*value).is_unboxed())
        {
            return self.interpret(&[]);
        }
        self.operate_on(
            Operation::ExitContext,
            &[exit, exception],
            0,
            Told::default(),
        );
    }
}
