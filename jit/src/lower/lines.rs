//! The lines of the source, for whoever wants to see them in machine code: debuggers, profilers. Writes LLVM's metadata.
use inkwell::debug_info::{
    AsDIScope, DICompileUnit, DIFlagsConstants, DILocation, DISubprogram, DWARFEmissionKind,
    DWARFSourceLanguage, DebugInfoBuilder,
};
use inkwell::module::{FlagBehavior, Module};
use inkwell::values::FunctionValue;
use pyroxene_jit_api::Snapshot;

/// What LLVM is told of the source.
pub struct Lines<'c> {
    builder: DebugInfoBuilder<'c>,
    function: DISubprogram<'c>,
    context: inkwell::context::ContextRef<'c>,
    /// The line of each unit.
    lines: Vec<u32>,
}

impl<'c> Lines<'c> {
    /// For a function of a module; nothing if the snapshot tells no lines.
    pub fn new(
        module: &Module<'c>,
        snapshot: &Snapshot,
        function: FunctionValue<'c>,
    ) -> Option<Self> {
        if snapshot.body.lines.is_empty() {
            return None;
        }
        let context = module.get_context();
        let version = context.i32_type().const_int(3, false);
        module.add_basic_value_flag("Debug Info Version", FlagBehavior::Warning, version);
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
        let subprogram = subprogram(&builder, &unit, snapshot);
        function.set_subprogram(subprogram);
        Some(Self {
            builder,
            function: subprogram,
            context,
            lines: snapshot.body.lines.clone(),
        })
    }

    /// The place of a unit in the source.
    pub fn at(&self, unit: u32) -> DILocation<'c> {
        let line = self.lines.get(unit as usize).copied().unwrap_or_default();
        let scope = self.function.as_debug_info_scope();
        self.builder
            .create_debug_location(self.context, line, 0, scope, None)
    }

    /// That was all.
    pub fn finish(self) {
        self.builder.finalize();
    }
}

fn subprogram<'c>(
    builder: &DebugInfoBuilder<'c>,
    unit: &DICompileUnit<'c>,
    snapshot: &Snapshot,
) -> DISubprogram<'c> {
    let file = unit.get_file();
    let ty = builder.create_subroutine_type(file, None, &[], DIFlagsConstants::ZERO);
    builder.create_function(
        unit.as_debug_info_scope(),
        &snapshot.body.name,
        None,
        file,
        snapshot.body.line,
        ty,
        true,
        true,
        snapshot.body.line,
        DIFlagsConstants::ZERO,
        true,
    )
}
