//! Calls of what lies on the stack of the frame: by machine code if it is a function that has some, and otherwise by the evaluator.
use super::Lowering;
use super::emit::Likely;
use super::runtime::Helper;
use inkwell::values::PointerValue;
use pyroxene_hir::StateId;
use pyroxene_hir::operands::Given;
use pyroxene_jit_api::Reason;

/// A call whose operands lie on the stack of the frame, above what the state has there.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    /// How many operands there are: what is called, `self` or NULL, and what it is called with.
    pub operands: u32,
    /// How that is given.
    pub given: Given,
    /// The instruction after the one that calls, in units.
    pub next: u32,
    /// At the instruction that calls, its operands taken off the stack. It is written to the frame.
    pub state: StateId,
}

impl<'c> Lowering<'c, '_> {
    /// Calls what lies there, and gives what it returns. It is likely to be a Python function or a bound method.
    pub(super) fn call_placed(&mut self, placed: Placed) -> PointerValue<'c> {
        let Placed {
            operands,
            given,
            next,
            state,
        } = placed;
        let bottom = self.function[state].top_stack().len() as u32;
        let names = match given {
            Given::Named(names) => Some(self.object(names)),
            Given::Placed | Given::Unpacked => None,
        };
        let (by_evaluator, end) = (self.emit.block(), self.emit.block());
        if let Some(directly) = self.calls_by_chance() {
            self.go_on_if(directly, by_evaluator);
        }
        self.set_return_offset(state, next);
        let count = self.emit.int().const_int(u64::from(operands) - 2, false);
        let place = self.stack_place(bottom).into();
        let (thread, frame) = (self.thread().into(), self.frame().into());
        let (count, floor) = (count.into(), self.floor().into());
        let (entry, run) = match given {
            Given::Placed | Given::Named(_) => {
                let names = names.unwrap_or_else(|| self.emit.null()).into();
                let arguments = [thread, frame, place, count, names, floor];
                self.emit.ask_for_entrance(Helper::BeginCall, &arguments)
            }
            Given::Unpacked => {
                let arguments = [thread, frame, place, count, floor];
                self.emit
                    .ask_for_entrance(Helper::BeginCallUnpacked, &arguments)
            }
        };
        let (begun, not_begun) = (self.emit.block(), self.emit.block());
        let is_none = self.emit.is_null(run);
        self.emit
            .branch(is_none, not_begun, begun, Some(Likely::Otherwise));

        self.emit.go_to(begun);
        let frame = self.field(self.thread(), self.host.layout.thread_frame);
        let returned = self.run_callee(state, frame, entry, run);
        self.hide_stack();
        let returned_from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(not_begun);
        self.leave_unless_done(entry, state, Reason::Call);
        self.emit.jump(by_evaluator);

        self.emit.go_to(by_evaluator);
        let mut height = self.locals() + bottom + operands;
        if let Some(names) = names {
            self.retain_object(names);
            let place = self.stack_place(bottom + operands);
            self.emit.store(place, names);
            height += 1;
        }
        self.evaluate_placed(height, next, state);
        let evaluated = self.emit.load_pointer(self.stack_place(bottom));
        let evaluated_from = self.emit.here();
        self.emit.jump(end);

        self.emit.go_to(end);
        let result = self.emit.phi(self.emit.pointer());
        result.add_incoming(&[(&returned, returned_from), (&evaluated, evaluated_from)]);
        result.as_basic_value().into_pointer_value()
    }

    /// Has the evaluator run the instruction that calls, with all that it wants on the stack, which is so high.
    pub(super) fn evaluate_placed(&mut self, height: u32, next: u32, state: StateId) {
        let height = self.emit.int().const_int(height.into(), false);
        self.set(self.frame(), self.host.layout.frame_stack_top, height);
        self.step(state, next, Reason::Call);
    }
}
