//! The lines of the source, for whoever wants to see them in machine code: debuggers, profilers. Writes LLVM's metadata.
use inkwell::context::ContextRef;
use inkwell::debug_info::{
    AsDIScope, DIFile, DIFlagsConstants, DILocation, DISubprogram, DWARFEmissionKind,
    DWARFSourceLanguage, DebugInfoBuilder,
};
use inkwell::module::{FlagBehavior, Module};
use inkwell::values::FunctionValue;
use pyroxene_hir::Function;
use pyroxene_hir::function::{FrameId, ROOT};
use pyroxene_jit_api::{Body, Snapshot};

/// What LLVM is told of the source.
pub struct Lines<'c, 's> {
    builder: DebugInfoBuilder<'c>,
    context: ContextRef<'c>,
    /// What runs on each frame, by its number.
    scopes: Vec<Scope<'c, 's>>,
}

/// The code that runs on a frame.
struct Scope<'c, 's> {
    function: DISubprogram<'c>,
    /// The line of each unit.
    lines: &'s [u32],
    /// If that is an inlined call: where it is called.
    call: Option<DILocation<'c>>,
}

impl<'c, 's> Lines<'c, 's> {
    /// For a function and what LLVM has of it in a module; nothing if the snapshot tells no lines.
    pub fn new(
        module: &Module<'c>,
        snapshot: &'s Snapshot,
        function: &Function,
        written: FunctionValue<'c>,
    ) -> Option<Self> {
        if snapshot.body.lines.is_empty() {
            return None;
        }
        let context = module.get_context();
        let version = context.i32_type().const_int(3, false);
        module.add_basic_value_flag("Debug Info Version", FlagBehavior::Warning, version);
        // In the fourth, a table of lines says the names of its files itself.
        let version = context.i32_type().const_int(4, false);
        module.add_basic_value_flag("Dwarf Version", FlagBehavior::Warning, version);
        let (builder, unit) = module.create_debug_info_builder(
            false,
            DWARFSourceLanguage::Python,
            &snapshot.body.file,
            "",
            "pyroxene",
            true,
            "",
            0,
            "",
            DWARFEmissionKind::LineTablesOnly,
            0,
            false,
            false,
            "",
            "",
        );
        let root = subprogram(&builder, unit.get_file(), &snapshot.body);
        written.set_subprogram(root);
        let mut lines = Self {
            builder,
            context,
            scopes: vec![Scope {
                function: root,
                lines: &snapshot.body.lines,
                call: None,
            }],
        };
        let mut bodies: Vec<Option<DISubprogram<'c>>> = vec![None; snapshot.inlined.len()];
        // The frame of a caller comes before those of what it calls.
        for frame in &function.frames {
            let call = lines.at(frame.parent, frame.call);
            let Some(body) = frame.called.body() else {
                // What has no lines is at that of the call.
                let Scope { function, .. } = lines.scopes[frame.parent.index()];
                lines.scopes.push(Scope {
                    function,
                    lines: &[],
                    call: Some(call),
                });
                continue;
            };
            let index = body as usize;
            let body = &snapshot.inlined[index];
            let function = *bodies[index].get_or_insert_with(|| {
                let file = lines.builder.create_file(&body.file, "");
                subprogram(&lines.builder, file, body)
            });
            lines.scopes.push(Scope {
                function,
                lines: &body.lines,
                call: Some(call),
            });
        }
        Some(lines)
    }

    /// The place of a unit of the code that runs on a frame.
    pub fn at(&self, frame: FrameId, unit: u32) -> DILocation<'c> {
        let scope = &self.scopes[frame.index()];
        let line = scope.lines.get(unit as usize).copied().unwrap_or_default();
        self.builder.create_debug_location(
            self.context,
            line,
            0,
            scope.function.as_debug_info_scope(),
            scope.call,
        )
    }

    /// The place of the code's first instruction.
    pub fn start(&self) -> DILocation<'c> {
        self.at(ROOT, 0)
    }

    /// That was all.
    pub fn finish(self) {
        self.builder.finalize();
    }
}

fn subprogram<'c>(
    builder: &DebugInfoBuilder<'c>,
    file: DIFile<'c>,
    body: &Body,
) -> DISubprogram<'c> {
    let ty = builder.create_subroutine_type(file, None, &[], DIFlagsConstants::ZERO);
    builder.create_function(
        file.as_debug_info_scope(),
        &body.name,
        None,
        file,
        body.line,
        ty,
        true,
        true,
        body.line,
        DIFlagsConstants::ZERO,
        true,
    )
}
