//! LLVM as a back end: the processor that it generates code for, the passes of each tier, and objects. Touches no global
//! state but LLVM's list of targets.
use inkwell::OptimizationLevel;
use inkwell::module::Module;
use inkwell::passes::PassBuilderOptions;
use inkwell::support::LLVMString;
use inkwell::targets::{
    CodeModel, FileType, InitializationConfig, RelocMode, Target, TargetMachine,
};
use llvm_sys::target_machine::LLVMSetTargetMachineFastISel;
use pyroxene_jit_api::Tier;
use std::sync::LazyLock;

/// This processor, as LLVM names it: its name, and its features.
static PROCESSOR: LazyLock<(String, String)> = LazyLock::new(|| {
    Target::initialize_x86(&InitializationConfig::default());
    let name = TargetMachine::get_host_cpu_name();
    let features = TargetMachine::get_host_cpu_features();
    (
        name.to_string_lossy().into_owned(),
        features.to_string_lossy().into_owned(),
    )
});

/// Generates machine code for one compilation.
pub struct Backend {
    machine: TargetMachine,
    tier: Tier,
}

impl Backend {
    /// For this processor.
    ///
    /// # Errors
    /// When LLVM does not know it.
    pub fn new(tier: Tier) -> Result<Self, LLVMString> {
        let (name, features) = &*PROCESSOR;
        let triple = TargetMachine::get_default_triple();
        let level = match tier {
            Tier::Quick => OptimizationLevel::None,
            Tier::Hot => OptimizationLevel::Less,
        };
        let machine = Target::from_triple(&triple)?
            .create_target_machine(
                &triple,
                name,
                features,
                level,
                RelocMode::PIC,
                CodeModel::Small,
            )
            .expect("LLVM has a code generator for x86");
        // Selecting instructions one by one takes a third of the time; what it loses, the passes before it have found.
        // SAFETY: the machine is alive.
        unsafe { LLVMSetTargetMachineFastISel(machine.as_mut_ptr(), 1) };
        Ok(Self { machine, tier })
    }

    /// Tells the module for which processor it will be compiled.
    pub fn prepare(&self, module: &Module<'_>) {
        module.set_triple(&self.machine.get_triple());
        module.set_data_layout(&self.machine.get_target_data().get_data_layout());
    }

    /// Runs the passes of the tier.
    ///
    /// # Errors
    /// When LLVM does not know one.
    pub fn optimise(&self, module: &Module<'_>) -> Result<(), LLVMString> {
        match self.tier {
            Tier::Quick => Ok(()),
            Tier::Hot => module.run_passes(
                "early-cse<memssa>,simplifycfg",
                &self.machine,
                PassBuilderOptions::create(),
            ),
        }
    }

    /// The object for the module.
    ///
    /// # Errors
    /// When LLVM fails.
    pub fn object(&self, module: &Module<'_>) -> Result<Vec<u8>, LLVMString> {
        self.generate(module, FileType::Object)
    }

    /// The assembly for the module.
    ///
    /// # Errors
    /// When LLVM fails.
    pub fn assembly(&self, module: &Module<'_>) -> Result<String, LLVMString> {
        let text = self.generate(module, FileType::Assembly)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn generate(&self, module: &Module<'_>, kind: FileType) -> Result<Vec<u8>, LLVMString> {
        let buffer = self.machine.write_to_memory_buffer(module, kind)?;
        Ok(buffer.as_slice().to_vec())
    }
}
