//! Whether code is compiled, and how eagerly: `-X jit=off|on|eager`, or `PYROXENE_JIT`; on if nobody says. Reads the configuration when the
//! main interpreter starts.
use super::{adaptive, budget, chance, log, only, perf, sample};
use crate::ffi;
use core::ffi::{CStr, c_int};
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use pyroxene_jit_api::Dumps;
use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

/// How eagerly code is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Mode {
    /// Never.
    Off,
    /// What runs often, by a thread of its own.
    On,
    /// Nearly everything, at once, while the program waits: for tests.
    Eager,
}

impl Mode {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Eager => "eager",
        }
    }
}

static MODE: AtomicU8 = AtomicU8::new(Mode::Off as u8);

/// Whether somebody has said how eagerly.
static WAS_ASKED_FOR: AtomicBool = AtomicBool::new(false);

/// Whether somebody has said how eagerly code is to be compiled, and wants to know if it cannot be.
pub(super) fn was_asked_for() -> bool {
    WAS_ASKED_FOR.load(Ordering::Relaxed)
}

/// Whether anything is counted. Not set while the interpreter starts or ends.
static ON: AtomicBool = AtomicBool::new(false);

/// Whether gdb is told of machine code.
static FOR_DEBUGGER: AtomicBool = AtomicBool::new(false);

/// Whether somebody wants to know the lines of machine code.
static FOR_LINES: AtomicBool = AtomicBool::new(false);

/// Whether the evaluator counts how often code runs.
#[inline(always)]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// The mode that the program was started with.
pub fn mode() -> Mode {
    match MODE.load(Ordering::Relaxed) {
        number if number == Mode::On as u8 => Mode::On,
        number if number == Mode::Eager as u8 => Mode::Eager,
        _ => Mode::Off,
    }
}

/// Whether gdb is told of machine code (`-X jit-gdb`).
pub fn for_debugger() -> bool {
    FOR_DEBUGGER.load(Ordering::Relaxed)
}

/// Whether machine code is to tell its lines (`-X jit-lines`, `-X jit-gdb`, `-X jit-perf=dump`).
pub fn for_lines() -> bool {
    FOR_LINES.load(Ordering::Relaxed) || for_debugger() || perf::wants_lines()
}

/// How often something runs before it is compiled (`-X jit-after=QUICK:HOT:DIRECTLY`), where [`Mode::On`] decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct After {
    /// Calls, or rounds of a loop, until there is code of the quick tier, which takes the compiler some milliseconds. In so many rounds of
    /// a loop over numbers it saves more than that, in calls of other code less: programs that end soon compile hardly anything.
    pub quick: u32,
    /// How often small code of that tier begins, and its loops come round, until it is made anew in the hot one, which takes the
    /// compiler ten times as long and more.
    pub hot: u32,
    /// Calls, or rounds of a loop, until code that gets hot slowly is compiled in the hot tier, and never in the quick one: it is one
    /// of many pieces, and code of the quick tier, which is large, gains nothing where each runs a little.
    pub directly: Option<u32>,
}

impl After {
    const DEFAULT: Self = Self {
        quick: 4_000,
        hot: 20_000,
        directly: Some(10_000),
    };

    /// Reads an option's value. Without the last number, all code goes through both tiers.
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(':').map(str::parse);
        let (quick, hot) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        let directly = numbers.next().transpose().ok()?;
        let after = Self {
            quick,
            hot,
            directly,
        };
        numbers.next().is_none().then_some(after)
    }
}

static AFTER_QUICK: AtomicU32 = AtomicU32::new(After::DEFAULT.quick);
static AFTER_HOT: AtomicU32 = AtomicU32::new(After::DEFAULT.hot);
static AFTER_DIRECTLY: AtomicU32 = AtomicU32::new(After::DEFAULT.directly.expect("it is given"));

/// How often something runs before it is compiled.
pub fn after() -> After {
    After {
        quick: AFTER_QUICK.load(Ordering::Relaxed),
        hot: AFTER_HOT.load(Ordering::Relaxed),
        directly: Some(AFTER_DIRECTLY.load(Ordering::Relaxed)).filter(|&after| after > 0),
    }
}

/// What is to be shown of which functions (`-X jit-dump=hir,llvm,asm:NAME`).
static DUMP: OnceLock<Dump> = OnceLock::new();

/// Whether the compiler was asked for any such function.
static IS_SHOWN: AtomicBool = AtomicBool::new(false);

/// What is to be shown, and of whom.
#[derive(Debug, PartialEq, Eq)]
struct Dump {
    what: Dumps,
    /// A qualified name or the last part of one; empty for all.
    name: String,
}

impl Dump {
    /// Reads an option's value; an error is the part that is not understood.
    fn parse(text: &str) -> Result<Self, &str> {
        let (kinds, name) = text.split_once(':').unwrap_or((text, ""));
        let mut what = Dumps::default();
        for kind in kinds.split(',') {
            match kind {
                "hir" => what.hir = true,
                "llvm" => what.llvm = true,
                "asm" => what.assembly = true,
                other => return Err(other),
            }
        }
        Ok(Self {
            what,
            name: name.to_owned(),
        })
    }

    fn is_of(&self, name: &str) -> bool {
        self.name.is_empty() || self.name == name || name.rsplit('.').next() == Some(&self.name)
    }
}

/// What is to be shown of a function with this qualified name.
pub fn dumps(name: &str) -> Dumps {
    let Some(dump) = DUMP.get().filter(|dump| dump.is_of(name)) else {
        return Dumps::default();
    };
    IS_SHOWN.store(true, Ordering::Relaxed);
    dump.what
}

/// Reads the options of a new main interpreter, and begins to count if they say so.
///
/// # Safety
/// The interpreter is new, has its configuration, and is known to this thread only.
pub unsafe fn begin(interpreter: *mut ffi::PyInterpreterState) {
    // SAFETY: as the caller promises.
    let config = unsafe { &*ffi::_PyInterpreterState_GetConfig(interpreter) };
    let mode = option(config, "jit", c"PYROXENE_JIT");
    WAS_ASKED_FOR.store(mode.is_some(), Ordering::Relaxed);
    let mode = match mode.as_deref() {
        // An option without a value turns on what it names.
        None | Some("on" | "") => Mode::On,
        Some("off") => Mode::Off,
        Some("eager") => Mode::Eager,
        Some(other) => {
            // There is no way from here to refuse to start.
            tell(format_args!(
                "python: jit is off: it has no mode {other:?}, but off (nothing is compiled), on (what runs often, by a thread \
                 of its own) and eager (nearly everything, at once: for tests)"
            ));
            Mode::Off
        }
    };
    MODE.store(mode as u8, Ordering::Relaxed);
    let debugger = option(config, "jit-gdb", c"PYROXENE_JIT_GDB");
    FOR_DEBUGGER.store(debugger.is_some(), Ordering::Relaxed);
    if let Some(text) = option(config, "jit-perf", c"PYROXENE_JIT_PERF")
        && let Err(part) = perf::begin(&text)
    {
        tell(format_args!(
            "python: jit-perf writes a map or a dump, not {part:?}"
        ));
    }
    if let Some(text) = option(config, "jit-dump", c"PYROXENE_JIT_DUMP") {
        match Dump::parse(&text) {
            // Of several main interpreters one after the other, the first decides.
            Ok(dump) => drop(DUMP.set(dump)),
            Err(part) => tell(format_args!(
                "python: jit-dump shows hir, llvm and asm, as in jit-dump=hir,asm:NAME, not {part:?}"
            )),
        }
    }
    if let Some(path) = option(config, "jit-only", c"PYROXENE_JIT_ONLY")
        && let Err(why) = only::begin(Path::new(&path))
    {
        tell(format_args!(
            "python: nothing is compiled: jit-only: {}: {why}",
            named(&path)
        ));
    }
    if let Some(text) = option(config, "jit-limits", c"PYROXENE_JIT_LIMITS")
        && let Err(part) = budget::begin(&text)
    {
        tell(format_args!(
            "python: jit-limits is memory:MIB,time:PERCENT,attempts:COUNT, not {part:?}"
        ));
    }
    if let Some(text) = option(config, "jit-exits", c"PYROXENE_JIT_EXITS")
        && let Err(text) = chance::begin(&text)
    {
        tell(format_args!(
            "python: jit-exits is random:SEED:RATE, not {text:?}"
        ));
    }
    if let Some(text) = option(config, "jit-after", c"PYROXENE_JIT_AFTER") {
        match After::parse(&text) {
            Some(after) => {
                AFTER_QUICK.store(after.quick, Ordering::Relaxed);
                AFTER_HOT.store(after.hot, Ordering::Relaxed);
                AFTER_DIRECTLY.store(after.directly.unwrap_or_default(), Ordering::Relaxed);
            }
            None => tell(format_args!(
                "python: jit-after is QUICK:HOT or QUICK:HOT:DIRECTLY, not {text:?}"
            )),
        }
    }
    let lines = option(config, "jit-lines", c"PYROXENE_JIT_LINES");
    let log_file = option(config, "jit-log", c"PYROXENE_JIT_LOG");
    FOR_LINES.store(lines.is_some(), Ordering::Relaxed);
    if (lines.is_some() || log_file.is_some())
        && !sample::begin(interpreter, mode, lines.as_deref())
    {
        tell(format_args!(
            "python: no samples of time: threads cannot be timed"
        ));
    }
    if let Some(path) = log_file
        && let Err(why) = log::begin(Path::new(&path), mode)
    {
        tell(format_args!("python: no jit-log: {}: {why}", named(&path)));
    }
    if mode != Mode::Off {
        // So seldom that it costs little, and by no even number, so that of things that alternate each is noted.
        const NOTED: u32 = 13;
        super::registry::watch(interpreter);
        super::threads::watch_forks();
        crate::profile::turn_on(match mode {
            Mode::Off | Mode::On => NOTED,
            Mode::Eager => 1,
        });
        // SAFETY: this thread starts the interpreter, whose types are ready before it has its configuration.
        unsafe { adaptive::show() };
        ON.store(true, Ordering::Relaxed);
    }
}

/// A file as an option names it, or that it names none.
fn named(path: &str) -> &str {
    match path {
        "" => "it wants a file, as in -X jit-log=FILE or -X jit-only=FILE",
        path => path,
    }
}

/// Says something on stderr, if anybody listens.
pub(super) fn tell(text: fmt::Arguments<'_>) {
    let _unheard = writeln!(std::io::stderr().lock(), "{text}");
}

/// Counts no more: the interpreter ends. Who has misspelt a name hears that nothing was shown.
pub fn end() {
    ON.store(false, Ordering::Relaxed);
    if let Some(Dump { name, .. }) = DUMP.get()
        && !IS_SHOWN.load(Ordering::Relaxed)
    {
        let of = match name.as_str() {
            "" => String::new(),
            name => format!(" with the name {name:?}"),
        };
        tell(format_args!(
            "python: jit-dump has shown nothing, as no function{of} was compiled"
        ));
    }
}

/// The value of an option of the command line, or else of an environment variable; an option without a value is empty.
fn option(config: &ffi::PyConfig, name: &str, variable: &CStr) -> Option<String> {
    let options = &config.xoptions;
    // SAFETY: the configuration's lists hold as many strings as they say.
    let options =
        unsafe { (0..options.length).map(|index| text(*options.items.add(index.cast_unsigned()))) };
    // The last one counts.
    let given = options
        .rev()
        .find_map(|option| match option.split_once('=') {
            Some((key, value)) if key == name => Some(value.to_owned()),
            None if option == name => Some(String::new()),
            _ => None,
        });
    given.or_else(|| {
        // SAFETY: the name is a C string; the result is NULL or a C string of the environment, copied at once.
        unsafe {
            let value = ffi::_Py_GetEnv(config.use_environment as c_int, variable.as_ptr());
            (!value.is_null()).then(|| CStr::from_ptr(value).to_string_lossy().into_owned())
        }
    })
}

/// The text of a wide string.
///
/// # Safety
/// It ends with a zero.
unsafe fn text(wide: *const ffi::wchar_t) -> String {
    // SAFETY: as the caller promises.
    let length = (0..)
        .take_while(|&index| unsafe { *wide.add(index) } != 0)
        .count();
    (0..length)
        // SAFETY: the index is before the zero.
        .map(|index| unsafe { *wide.add(index) }.cast_unsigned())
        .map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
