//! The frames of inlined calls: how they are made in memory when other code could look for them, and taken away again.
//!
//! All of them lie above each other on the data stack, above what was there when the code began. Their objects are the code's
//! while it runs: what is in memory only mirrors them.
use super::Lowering;
use super::emit::Likely;
use super::exits::generator_below;
use super::python::FrameHead;
use super::runtime::{FRAME_EVALUATOR, Helper, INIT_CLEANUP, NONE};
use inkwell::IntPredicate;
use inkwell::basic_block::BasicBlock;
use inkwell::values::{IntValue, PointerValue};
use pyroxene_hir::function::{Called, FrameId, InlinedFrame, ROOT, StackEntry};
use pyroxene_hir::operands::FunctionPart;
use pyroxene_hir::{StateId, Value};
use pyroxene_jit_api::{CLASS_WORDS, ExitKind, INLINED_FRAMES, INLINED_WORDS, Reason};
use std::sync::Arc;

impl<'c> Lowering<'c, '_> {
    /// An inlined call.
    ///
    /// # Panics
    /// If it is none.
    pub(super) fn inlined(&self, frame: FrameId) -> InlinedFrame {
        *self
            .function
            .inlined(frame)
            .expect("only inlined calls have such a frame")
    }

    /// How many locals the code has that runs on a frame.
    pub(super) fn locals_of(&self, frame: FrameId) -> usize {
        let body = self.function.body(frame, self.snapshot);
        body.map_or(0, |body| body.locals.len())
    }

    /// Whether a frame of an inlined call counts for recursion.
    fn counts(&self, frame: FrameId) -> bool {
        match self.inlined(frame).called {
            Called::Function { callee, .. } => !self.callee(callee).is_stand_in,
            Called::Class | Called::Generator { .. } => true,
        }
    }

    /// The size of the frame of an inlined call on the data stack, in words.
    fn size_of(&self, frame: FrameId) -> u32 {
        match self.inlined(frame).called {
            Called::Function { callee, .. } => self.callee(callee).frame_size,
            Called::Class => self.host.layout.init_frame_size,
            Called::Generator { .. } => 0,
        }
    }

    /// Leaves unless a function is the callee that is inlined, and nobody else evaluates frames.
    pub(super) fn guard_callee(&mut self, by: Value, function: Value, callee: u32) {
        let is_callee = self.is_callee(function, callee);
        self.require(is_callee, by);
    }

    /// Whether a function is a callee, and nobody else evaluates frames.
    pub(super) fn is_callee(&mut self, function: Value, callee: u32) -> IntValue<'c> {
        let version = i64::from(self.callee(callee).version);
        let found = self.int_field(self.pointer(function), self.host.layout.function_version);
        let is_callee = self.emit.compare_with(IntPredicate::EQ, found, version);
        let other = self.emit.load_pointer(self.emit.symbol(FRAME_EVALUATOR));
        let is_ours = self.emit.is_null(other);
        self.emit.all(&[is_callee, is_ours])
    }

    /// Leaves unless a function has so many defaults for parameters that need not be named.
    pub(super) fn guard_defaults(&mut self, by: Value, function: Value, count: u32) {
        let layout = self.host.layout;
        let defaults = self.field(self.pointer(function), layout.function_defaults);
        let none = self.emit.is_null(defaults);
        self.refuse(none, by);
        let size = self.long_field(defaults, layout.size);
        let fits = self.emit.compare_with(IntPredicate::EQ, size, count.into());
        self.require(fits, by);
    }

    /// One of these defaults.
    pub(super) fn function_default(&self, function: Value, index: u32) -> PointerValue<'c> {
        let layout = &self.host.layout;
        let defaults = self.field(self.pointer(function), layout.function_defaults);
        self.field(defaults, layout.tuple_items + index * 8)
    }

    /// Leaves unless there is room for the frames of inlined calls, if there are such.
    pub(super) fn guard_room(&mut self, by: Value) {
        if self.function.frames.is_empty() {
            return;
        }
        let room = self.has_room(INLINED_WORDS, INLINED_FRAMES.into());
        self.require(room, by);
    }

    /// What a function has.
    pub(super) fn function_part(&self, function: Value, part: FunctionPart) -> PointerValue<'c> {
        let layout = &self.host.layout;
        let function = self.pointer(function);
        match part {
            FunctionPart::Globals => self.field(function, layout.function_globals),
            FunctionPart::Builtins => self.field(function, layout.function_builtins),
            FunctionPart::Cell(index) => {
                let closure = self.field(function, layout.function_closure);
                self.field(closure, layout.tuple_items + index * 8)
            }
        }
    }

    /// Makes the frames of a state in memory.
    pub(super) fn write_frames(&mut self, state: StateId) {
        let function = self.function;
        let state = &function[state];
        let layout = self.host.layout;
        let thread = self.thread();
        let pushed = state.inlined.iter().filter(|frame| frame.pushed).count();
        let mut places = vec![self.root()];
        // Those that are there already, from the last, which the thread runs.
        let mut known = Vec::new();
        if pushed > 0 {
            known.push(self.field(thread, layout.thread_frame));
            for _ in 1..pushed {
                let above = known[known.len() - 1];
                known.push(self.field(above, layout.frame_previous));
            }
        }
        places.extend(known.into_iter().rev());
        let mut top = self.field(thread, layout.thread_data_top);
        let new = &state.inlined[pushed..];
        for frame in new {
            let size = i64::from(self.size_of(frame.frame)) * 8;
            if let Called::Generator { .. } = self.inlined(frame.frame).called {
                let generator = self.pointer(generator_below(state, frame).value);
                places.push(self.frame_of_generator(generator));
                continue;
            }
            places.push(top);
            top = self.emit.at(top, size);
        }
        // What is below another frame stands at its call.
        let end = |index: usize| {
            let next = state.inlined.get(index);
            next.map_or(state.stack.len(), |next| next.bottom as usize)
        };
        if !state.written && !self.is_passed() {
            let stack = &state.stack[..end(0)];
            self.write_below(places[0], ROOT, stack, state.inlined[0].frame);
        }
        for (index, frame) in state.inlined.iter().enumerate() {
            let place = places[index + 1];
            if !frame.pushed {
                match self.inlined(frame.frame).called {
                    Called::Function { callee, .. } => {
                        self.write_head(place, places[index], &frame.function, callee);
                    }
                    Called::Class => self.write_head_of_class(place, places[index]),
                    Called::Generator { .. } => self.link_generator(place, places[index]),
                }
            }
            if frame.written {
                continue;
            }
            if let Called::Generator { .. } = self.inlined(frame.frame).called {
                // What is on its stack may not be there any more.
                let unknown = self.emit.int().const_all_ones();
                self.set(place, layout.frame_stack_top, unknown);
            }
            for (slot, local) in (0..).zip(&frame.locals) {
                let object = self.pointer(local.value);
                self.set(place, layout.frame_locals + slot * 8, object);
            }
            if let Some(above) = state.inlined.get(index + 1) {
                let stack = &state.stack[frame.bottom as usize..end(index + 1)];
                self.write_below(place, frame.frame, stack, above.frame);
            }
        }
        if !new.is_empty() {
            self.set(thread, layout.thread_data_top, top);
            self.set(thread, layout.thread_frame, places[places.len() - 1]);
            let counted = new.iter().filter(|frame| self.counts(frame.frame));
            self.change_python_left(-(counted.count() as i64));
        }
    }

    /// Writes of a new frame what stays the same as long as it is there. The function's code is held by it.
    fn write_head(
        &mut self,
        frame: PointerValue<'c>,
        previous: PointerValue<'c>,
        function: &StackEntry,
        callee: u32,
    ) {
        let layout = self.host.layout;
        let function = self.pointer(function.value);
        let code = self.field(function, layout.function_code);
        self.retain_object(code);
        let mut head = self.head(previous, function, code);
        if self.callee(callee).is_stand_in {
            head.owner = layout.owned_by_c;
        }
        self.initialize_frame(frame, &head);
    }

    /// The same of a frame between that of a caller and that of the `__init__` of a class.
    fn write_head_of_class(&mut self, frame: PointerValue<'c>, previous: PointerValue<'c>) {
        let layout = self.host.layout;
        let code = self.emit.symbol(INIT_CLEANUP);
        let none = self.emit.symbol(NONE);
        self.initialize_frame(
            frame,
            &FrameHead {
                previous,
                function: none,
                code,
                globals: self.emit.null(),
                builtins: self.emit.null(),
                owner: layout.owned_by_thread,
            },
        );
        debug_assert!(layout.init_frame_size <= CLASS_WORDS);
    }

    /// Writes how a frame stands at a call.
    fn write_below(
        &mut self,
        frame: PointerValue<'c>,
        of: FrameId,
        stack: &[StackEntry],
        above: FrameId,
    ) {
        let layout = self.host.layout;
        let InlinedFrame { call, next, .. } = self.inlined(above);
        let locals = self.locals_of(of);
        for (index, entry) in stack.iter().enumerate() {
            let place = layout.frame_locals + (locals + index) as u32 * 8;
            let object = self.pointer(entry.value);
            self.set(frame, place, object);
        }
        let height = (locals + stack.len()) as u64;
        let height = self.emit.int().const_int(height, false);
        self.set(frame, layout.frame_stack_top, height);
        let code = self.field(frame, layout.frame_executable);
        let instruction = i64::from(layout.code_units) + i64::from(call) * 2;
        let instruction = self.emit.at(code, instruction);
        self.set(frame, layout.frame_instruction, instruction);
        let offset = self.emit.short().const_int(u64::from(next - call), false);
        self.set(frame, layout.frame_return_offset, offset);
    }

    /// Takes so many frames of inlined calls away, from the last one. What was in them is the code's.
    pub(super) fn pop_frames(&mut self, count: u32, last: FrameId) {
        let layout = self.host.layout;
        let thread = self.thread();
        let mut frame = self.field(thread, layout.thread_frame);
        let mut of = last;
        let mut top = None;
        let mut counted = 0;
        for _ in 0..count {
            counted += i64::from(self.counts(of));
            let InlinedFrame { called, parent, .. } = self.inlined(of);
            let previous = self.field(frame, layout.frame_previous);
            match called {
                Called::Function { .. } | Called::Class => {
                    let code = self.field(frame, layout.frame_executable);
                    // The function has it too.
                    self.release_shared(code);
                    top = Some(frame);
                }
                Called::Generator { .. } => self.unlink_generator(frame),
            }
            frame = previous;
            of = parent;
        }
        if let Some(top) = top {
            self.set(thread, layout.thread_data_top, top);
        }
        self.set(thread, layout.thread_frame, frame);
        self.change_python_left(counted);
    }

    /// Whether the frames of inlined calls that are in memory are nobody else's, and their functions are what they were.
    pub(super) fn frames_are_ours(&mut self, state: StateId) -> Option<IntValue<'c>> {
        let function = self.function;
        let layout = self.host.layout;
        let pushed: Vec<_> = function[state]
            .inlined
            .iter()
            .filter(|frame| frame.pushed)
            .collect();
        let mut conditions = Vec::new();
        let mut place = None;
        for frame in pushed.into_iter().rev() {
            let found = match place {
                None => self.field(self.thread(), layout.thread_frame),
                Some(above) => self.field(above, layout.frame_previous),
            };
            place = Some(found);
            let object = self.field(found, layout.frame_object);
            conditions.push(self.emit.is_null(object));
            let namespace = self.field(found, layout.frame_namespace);
            conditions.push(self.emit.is_null(namespace));
            let Called::Function { callee, .. } = self.inlined(frame.frame).called else {
                continue;
            };
            let version = i64::from(self.callee(callee).version);
            let called = self.pointer(frame.function.value);
            let found = self.int_field(called, layout.function_version);
            conditions.push(self.emit.compare_with(IntPredicate::EQ, found, version));
        }
        (!conditions.is_empty()).then(|| self.emit.all(&conditions))
    }

    /// Ends the lives of objects while inlined calls run, whose frames may have to be looked at: the core writes them by the
    /// table of an exit, and takes them away again if nothing was disturbed.
    pub(super) fn deallocate_inlined(
        &mut self,
        objects: &[PointerValue<'c>],
        at: u32,
        state: StateId,
        end: BasicBlock<'c>,
    ) {
        let (table, saved) = self.table(&self.function[state]);
        let look = self.number(
            state,
            Reason::Disturbed,
            ExitKind::Resume,
            Some(Arc::new(table)),
        );
        self.save(&saved);
        let room = self.emit.room(objects.len() as u32);
        for (index, &object) in objects.iter().enumerate() {
            let place = self.emit.at(room, index as i64 * 8);
            self.emit.store(place, object);
        }
        let count = self.emit.const_long(objects.len() as i64);
        let own = self.emit.literal(self.snapshot.running as u64);
        let version = self.tools_version();
        let root = self.root();
        let at = self.emit.int().const_int(at.into(), false);
        let answer = self
            .emit
            .ask(
                Helper::DeallocateInlined,
                &[
                    room.into(),
                    count.into(),
                    own.into(),
                    look.into(),
                    root.into(),
                    version.into(),
                    at.into(),
                ],
            )
            .into_int_value();
        let disturbed = self.emit.compare_with(IntPredicate::NE, answer, 0);
        let leaves = self.emit.block();
        self.emit
            .branch(disturbed, leaves, end, Some(Likely::Otherwise));
        self.emit.go_to(leaves);
        let exit = self.number(state, Reason::Disturbed, ExitKind::Resume, None);
        self.leave(exit);
    }
}
