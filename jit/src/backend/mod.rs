//! LLVM as a back end: the processor that it generates code for, the passes of each tier, and objects. Touches no global
//! state but LLVM's list of targets.
use crate::forks;
use core::ffi::CStr;
use core::ptr::null;
use inkwell::OptimizationLevel;
use inkwell::module::Module;
use inkwell::passes::PassBuilderOptions;
use inkwell::support::LLVMString;
use inkwell::targets::{
    CodeModel, FileType, InitializationConfig, RelocMode, Target, TargetMachine,
};
use llvm_sys::support::LLVMParseCommandLineOptions;
use llvm_sys::target_machine::LLVMSetTargetMachineFastISel;
use pyroxene_jit_api::Tier;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// What LLVM's C interface offers only as options of a command line, for all of the process's machines: ends of blocks are not
/// compared with each other, as the exits are many, and short; instructions stay in their order, since processors find a
/// better one themselves; and nothing is moved between blocks to suit the selection of instructions, as what lowering emits
/// stands where it is used. The first two took a tenth of the time each, the last a third.
const OPTIONS: [&CStr; 4] = [
    c"pyroxene",
    c"-enable-tail-merge=false",
    c"-enable-misched=false",
    c"-disable-cgp",
];

/// This processor, as LLVM names it: its name, and its features.
static PROCESSOR: LazyLock<(String, String)> = LazyLock::new(|| {
    Target::initialize_x86(&InitializationConfig::default());
    let options = OPTIONS.map(CStr::as_ptr);
    // SAFETY: C strings, as many as is said. LLVM is this library's own, and nobody compiles yet.
    unsafe { LLVMParseCommandLineOptions(options.len() as i32, options.as_ptr(), null()) };
    let name = TargetMachine::get_host_cpu_name();
    let features = TargetMachine::get_host_cpu_features();
    (
        name.to_string_lossy().into_owned(),
        features.to_string_lossy().into_owned(),
    )
});

/// LLVM's generator of code for one tier, which takes long to make.
struct Machine {
    machine: TargetMachine,
    tier: Tier,
}

// SAFETY: LLVM's machines belong to no thread; who has one uses it alone.
unsafe impl Send for Machine {}

/// Those that no compilation uses now.
static IDLE: Mutex<Vec<Machine>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<Machine>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Machine {
    fn new(tier: Tier) -> Result<Self, LLVMString> {
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
}

/// Generates machine code for one compilation.
pub struct Backend {
    /// There is one until this is dropped.
    machine: Option<Machine>,
}

impl Drop for Backend {
    fn drop(&mut self) {
        forks::whole(|| idle().extend(self.machine.take()));
    }
}

impl Backend {
    /// For this processor.
    ///
    /// # Errors
    /// When LLVM does not know it.
    pub fn new(tier: Tier) -> Result<Self, LLVMString> {
        let found = forks::whole(|| {
            LazyLock::force(&PROCESSOR);
            let mut idle = idle();
            let found = idle.iter().position(|machine| machine.tier == tier);
            found.map(|index| idle.swap_remove(index))
        });
        let machine = match found {
            Some(machine) => machine,
            None => Machine::new(tier)?,
        };
        Ok(Self {
            machine: Some(machine),
        })
    }

    fn machine(&self) -> &Machine {
        self.machine.as_ref().expect("it is there until the end")
    }

    /// Tells the module for which processor it will be compiled.
    pub fn prepare(&self, module: &Module<'_>) {
        let machine = &self.machine().machine;
        module.set_triple(&machine.get_triple());
        module.set_data_layout(&machine.get_target_data().get_data_layout());
    }

    /// Runs the passes of the tier.
    ///
    /// # Errors
    /// When LLVM does not know one.
    pub fn optimise(&self, module: &Module<'_>) -> Result<(), LLVMString> {
        let Machine { machine, tier } = self.machine();
        match tier {
            Tier::Quick => Ok(()),
            Tier::Hot => module.run_passes(
                "early-cse<memssa>,simplifycfg",
                machine,
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
        let machine = &self.machine().machine;
        let buffer = machine.write_to_memory_buffer(module, kind)?;
        Ok(buffer.as_slice().to_vec())
    }
}
