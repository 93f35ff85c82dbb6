//! One compilation, from the snapshot to code in memory. Touches the range of addresses that the host reserves for code.
use crate::backend::Backend;
use crate::code::{self, Loaded, Range};
use crate::forks;
use crate::lower::{self, RUN, runtime};
use crate::memory;
use core::fmt::Display;
use core::ptr::NonNull;
use inkwell::context::Context;
use pyroxene_hir::Function;
use pyroxene_jit_api::{
    Artifact, CodeMemory, Host, Raw, Refusal, Request, Run, Snapshot, Tier, Timing,
};
use std::sync::OnceLock;
use std::time::Instant;

/// Where all code lies.
static RANGE: OnceLock<Range> = OnceLock::new();

/// Compiles.
///
/// # Errors
/// Why not.
pub fn compile(host: &Host, request: &Request<'_>) -> Result<Artifact, Refusal> {
    memory::begin(host);
    let (function, report) = pyroxene_hir::compile(request.snapshot, request.dumps.hir)?;
    let values = function.values_of_exits();
    if values > VALUES_OF_EXITS {
        return Err(Refusal::TooManyExits { values });
    }
    machine_code(host, request, &function, report.timings, report.dumps)
}

/// How many values the exits of a function may save together: each is an instruction or two of machine code.
const VALUES_OF_EXITS: usize = 200_000;

/// How many values a function may have for the backend of the hot tier, whose time grows faster than they do. What has more is
/// optimised no less by our own passes.
const HOT_VALUES: usize = 8_000;

/// Makes machine code of a function.
fn machine_code(
    host: &Host,
    request: &Request<'_>,
    function: &Function,
    mut timings: Vec<Timing>,
    mut dumps: Vec<(&'static str, String)>,
) -> Result<Artifact, Refusal> {
    let context = Context::create();
    let module = context.create_module(&function.name);
    let tier = match function.values.len() {
        ..=HOT_VALUES => request.tier,
        _ => Tier::Quick,
    };
    let backend = Backend::new(tier).map_err(failed("processor"))?;
    backend.prepare(&module);
    let tables = timed(&mut timings, "lower", || {
        lower::lower(&context, &module, function, request.snapshot, host)
    });
    if cfg!(debug_assertions) {
        module
            .verify()
            .unwrap_or_else(|why| panic!("{}: {why}\n{}", function.name, module.to_string()));
    }
    timed(&mut timings, "optimise", || backend.optimise(&module)).map_err(failed("optimise"))?;
    if request.dumps.llvm {
        dumps.push(("llvm", module.to_string()));
    }
    if request.dumps.assembly {
        let text = backend.assembly(&module).map_err(failed("assembly"))?;
        dumps.push(("assembly", text));
    }
    let object =
        timed(&mut timings, "generate", || backend.object(&module)).map_err(failed("generate"))?;
    let loaded = timed(&mut timings, "link", || {
        let resolve = |symbol: &str| runtime::address(host, symbol);
        forks::whole(|| {
            code::load(
                range(host)?,
                &object,
                &tables.literals,
                &resolve,
                host.for_debugger,
            )
        })
    })
    .map_err(|why| match why {
        code::Failure::Memory(_) => Refusal::NoMemory,
        why => failed("link")(why),
    })?;
    let instructions = loaded
        .function(RUN)
        .ok_or("it exports no function")
        .map_err(failed("link"))?;
    let files = files(request.snapshot);
    Ok(Artifact {
        // SAFETY: the lowering gave the function this type.
        run: unsafe { core::mem::transmute::<usize, Run>(instructions.start) },
        exits: tables.exits,
        interpreted: tables.interpreted,
        lines: match request.snapshot.body.lines.is_empty() {
            true => Vec::new(),
            false => code::lines(&object, instructions.start, &files).map_err(failed("lines"))?,
        },
        files,
        instructions,
        code_start: loaded.start().as_ptr().addr(),
        code_size: loaded.size(),
        timings,
        dumps,
        memory: CodeMemory(Box::into_raw(Box::new(loaded)).cast()),
    })
}

/// The files that the code comes from, each once, its own first.
fn files(snapshot: &Snapshot) -> Vec<String> {
    let mut files = vec![snapshot.body.file.clone()];
    for body in &snapshot.inlined {
        if !files.contains(&body.file) {
            files.push(body.file.clone());
        }
    }
    files
}

/// LLVM or the linker failed at a step, which is a bug of ours.
fn failed<E: Display>(step: &'static str) -> impl FnOnce(E) -> Refusal {
    move |why| {
        debug_assert!(false, "{step}: {why}");
        Refusal::Backend(step)
    }
}

/// Frees machine code.
///
/// # Safety
/// No thread runs in the code or will enter it.
pub unsafe fn release(memory: CodeMemory) {
    let CodeMemory(loaded): CodeMemory = memory;
    // SAFETY: the handle is such a box, made above, and whoever had it has given it back.
    forks::whole(|| drop(unsafe { Box::from_raw(loaded.cast::<Loaded>()) }));
}

/// The range for code: the same for all compilations, though each is told of it.
fn range(host: &Host) -> Result<&'static Range, code::Failure> {
    if let Some(range) = RANGE.get() {
        return Ok(range);
    }
    let start: Raw = host.code_range.start;
    let start = NonNull::new(start.cast()).ok_or_else(|| {
        code::Failure::Memory(std::io::Error::from(std::io::ErrorKind::OutOfMemory))
    })?;
    // SAFETY: the host promises it.
    let range = unsafe { Range::new(start, host.code_range.size) }?;
    Ok(RANGE.get_or_init(|| range))
}

fn timed<T>(timings: &mut Vec<Timing>, step: &'static str, run: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = run();
    timings.push(Timing {
        step,
        time: begin.elapsed(),
    });
    result
}
