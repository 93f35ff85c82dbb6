//! The compiler's log: what a line of it can say. The core writes it (`-X jit-log=FILE`), tools read it; this crate only
//! describes it.
//!
//! A line is an object of JSON: `at` says when, in nanoseconds since the log began, `event` what happened; the other members
//! depend on that. Lines are in the order in which they were written, which can differ a little from that of their times.
//! Compilations have numbers, by which later lines refer to them.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of this description. Readers refuse others.
pub const FORMAT: u32 = 2;

/// A line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// When it happened: nanoseconds since the log began. For what lasts, when it ended.
    pub at: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The log begins.
    Begin {
        /// The [`FORMAT`].
        format: u32,
        /// The process.
        process: u32,
        /// The process that it was forked from while that wrote a log.
        #[serde(skip_serializing_if = "Option::is_none")]
        forked_from: Option<u32>,
        /// The compiler's mode: off, on or eager.
        mode: String,
        /// The system's monotonic clock when the log began, in nanoseconds: what `at` counts from.
        clock: u64,
    },
    /// A compilation is wanted.
    Ordered {
        /// Its number.
        compilation: u64,
        /// Of what.
        #[serde(flatten)]
        function: Function,
        /// How well: quick or hot.
        tier: Tier,
        /// How often the code object was ordered with this one.
        attempt: u32,
        /// Where the machine code is to be entered.
        entries: Vec<Entry>,
        /// Where earlier machine code left too often.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failures: Vec<Place>,
    },
    /// The compiler begins with it.
    Started {
        /// Its number.
        compilation: u64,
    },
    /// The compiler has made machine code.
    Finished {
        /// Its number.
        compilation: u64,
        /// The size of the machine code with its tables.
        bytes: u64,
        /// How many exits it has.
        exits: u64,
        /// How many instructions it has the evaluator run.
        interpreted: u64,
        /// How many nanoseconds each step took.
        steps: BTreeMap<String, u64>,
    },
    /// The compiler has made none.
    Refused {
        /// Its number.
        compilation: u64,
        /// Why.
        reason: String,
    },
    /// A code object is hot that tools watch: the evaluator runs it, and tells them. Said once of each.
    Watched {
        /// Which.
        #[serde(flatten)]
        function: Function,
    },
    /// The machine code is entered from now on.
    Published {
        /// Its number.
        compilation: u64,
        /// Where it lies.
        address: u64,
    },
    /// The machine code was not wanted any more when it was ready.
    Dropped {
        /// Its number.
        compilation: u64,
    },
    /// The machine code is not entered any more.
    Withdrawn {
        /// Its number.
        compilation: u64,
        /// Why.
        why: Withdrawal,
    },
    /// Machine code was left, since the last such line.
    Exits {
        /// How often, by place.
        exits: Vec<Exits>,
    },
    /// Threads that run Python code had processor time since the last such line.
    Time {
        /// How it was spent.
        #[serde(flatten)]
        times: TierTimes,
    },
    /// The garbage collector ran because the evaluator was asked to run it.
    Collected {
        /// When it began: nanoseconds since the log began.
        start: u64,
        /// The oldest generation that it looked at.
        generation: u32,
        /// How many objects it freed.
        collected: u64,
        /// How many it would have freed but could not.
        uncollectable: u64,
    },
    /// The garbage collector ran otherwise since the last such line, as by `gc.collect()`: when is not known.
    CollectedUnseen {
        /// How often, by the oldest generation that it looked at.
        generations: Vec<u64>,
    },
    /// The log ends with the interpreter. A log without it was cut off.
    End,
}

/// A code object, by what is written in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Function {
    /// The file that it comes from.
    pub file: String,
    /// Its first line.
    pub line: u32,
    /// Its qualified name.
    pub name: String,
}

impl core::fmt::Display for Function {
    /// As lists of functions have it: `file:line:name`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.name)
    }
}

/// How much time goes into machine code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// As little as possible.
    Quick,
    /// What pays for code that runs long.
    Hot,
}

impl Tier {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Hot => "hot",
        }
    }
}

/// Where machine code is to be entered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Entry {
    /// When the function is called.
    Call,
    /// In a loop.
    Loop {
        /// The line of its jump back; 0 where there is none.
        line: u32,
    },
}

/// A place in a function where machine code leaves, and why.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Place {
    /// The offset of the instruction in bytes, as `dis` shows it.
    pub offset: u32,
    /// Its line; 0 where there is none.
    pub line: u32,
    /// Why, as `pyroxene.jit()["exits"]` names it.
    pub reason: String,
}

/// How often machine code was left at a place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Exits {
    /// Which machine code.
    pub compilation: u64,
    /// Where, and why.
    #[serde(flatten)]
    pub place: Place,
    /// How often.
    pub count: u64,
}

/// Processor time of threads that run Python code, in nanoseconds, by who ran it: seen by samples, one each millisecond.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TierTimes {
    /// No Python code ran.
    #[serde(skip_serializing_if = "is_zero")]
    pub outside: u64,
    /// The evaluator, and what of this library it called.
    #[serde(skip_serializing_if = "is_zero")]
    pub evaluator: u64,
    /// What it called elsewhere: extensions, the C library.
    #[serde(skip_serializing_if = "is_zero")]
    pub evaluator_below: u64,
    /// Machine code of the quick tier.
    #[serde(skip_serializing_if = "is_zero")]
    pub quick: u64,
    /// What it called, in this library or elsewhere.
    #[serde(skip_serializing_if = "is_zero")]
    pub quick_below: u64,
    /// Machine code of the hot tier.
    #[serde(skip_serializing_if = "is_zero")]
    pub hot: u64,
    /// What it called, in this library or elsewhere.
    #[serde(skip_serializing_if = "is_zero")]
    pub hot_below: u64,
    /// It could not be looked up, because something else was looking.
    #[serde(skip_serializing_if = "is_zero")]
    pub lost: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl TierTimes {
    /// All of them, by name.
    pub const fn named(&self) -> [(&'static str, u64); 8] {
        [
            ("hot", self.hot),
            ("called by hot", self.hot_below),
            ("quick", self.quick),
            ("called by quick", self.quick_below),
            ("evaluator", self.evaluator),
            ("called by evaluator", self.evaluator_below),
            ("outside", self.outside),
            ("lost", self.lost),
        ]
    }

    /// What was added since an earlier time.
    #[must_use]
    pub const fn since(&self, before: &Self) -> Self {
        Self {
            outside: self.outside - before.outside,
            evaluator: self.evaluator - before.evaluator,
            evaluator_below: self.evaluator_below - before.evaluator_below,
            quick: self.quick - before.quick,
            quick_below: self.quick_below - before.quick_below,
            hot: self.hot - before.hot,
            hot_below: self.hot_below - before.hot_below,
            lost: self.lost - before.lost,
        }
    }
}

/// Why machine code is not entered any more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawal {
    /// There is other machine code of the same function.
    Replaced,
    /// Tools watch the code.
    Instrumented,
    /// The code object has gone.
    Gone,
    /// The interpreter ends.
    End,
}

impl Withdrawal {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Instrumented => "instrumented",
            Self::Gone => "gone",
            Self::End => "end",
        }
    }
}

impl Line {
    /// Appends it to text, with the end of the line.
    pub fn write(&self, text: &mut Vec<u8>) {
        let written = serde_json::to_writer(&mut *text, self);
        debug_assert!(written.is_ok(), "all of it can be JSON");
        text.push(b'\n');
    }
}

/// Reads a log. A last line without an end is left out: the process may have ended in it.
///
/// # Errors
/// The number of a line that is none of these, and why; or of the first if it says that the log has another [`FORMAT`].
pub fn read(text: &str) -> Result<Vec<Line>, (usize, String)> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut lines = Vec::new();
    for (index, line) in whole.lines().enumerate() {
        if index == 0 {
            check_format(line).map_err(|why| (1, why))?;
        }
        lines.push(serde_json::from_str(line).map_err(|why| (index + 1, why.to_string()))?);
    }
    Ok(lines)
}

/// Whether the first line begins a log that we know.
fn check_format(line: &str) -> Result<(), String> {
    #[derive(Deserialize)]
    struct First {
        format: u32,
    }
    match serde_json::from_str(line) {
        Ok(First { format: FORMAT }) => Ok(()),
        Ok(First { format }) => Err(format!(
            "the log has format {format}, and this program reads {FORMAT}"
        )),
        Err(_) => Err("this is no log of the compiler".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin() -> Line {
        Line {
            at: 0,
            event: Event::Begin {
                format: FORMAT,
                process: 7,
                forked_from: None,
                mode: "on".to_owned(),
                clock: 99,
            },
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let function = Function {
            file: "a \"b\"\n.py".to_owned(),
            line: 3,
            name: "C.f".to_owned(),
        };
        let place = Place {
            offset: 12,
            line: 4,
            reason: "class".to_owned(),
        };
        let events = [
            Event::Ordered {
                compilation: 1,
                function,
                tier: Tier::Hot,
                attempt: 2,
                entries: vec![Entry::Call, Entry::Loop { line: 5 }],
                failures: vec![place.clone()],
            },
            Event::Finished {
                compilation: 1,
                bytes: 4096,
                exits: 3,
                interpreted: 2,
                steps: BTreeMap::from([("link".to_owned(), 17)]),
            },
            Event::Withdrawn {
                compilation: 1,
                why: Withdrawal::Replaced,
            },
            Event::Exits {
                exits: vec![Exits {
                    compilation: 1,
                    place,
                    count: 8,
                }],
            },
            Event::Time {
                times: TierTimes {
                    hot: 3,
                    ..TierTimes::default()
                },
            },
            Event::End,
        ];
        let lines: Vec<Line> = core::iter::once(begin())
            .chain(events.into_iter().map(|event| Line { at: 5, event }))
            .collect();
        let mut text = Vec::new();
        for line in &lines {
            line.write(&mut text);
        }
        let text = String::from_utf8(text).expect("JSON is text");
        assert_eq!(text.lines().count(), lines.len());
        assert_eq!(read(&text), Ok(lines));
    }

    #[test]
    fn a_log_that_was_cut_off_is_read_up_to_there() {
        let mut text = Vec::new();
        begin().write(&mut text);
        let text = String::from_utf8(text).expect("JSON is text") + "{\"at\":5,\"ev";
        assert_eq!(read(&text), Ok(vec![begin()]));
    }

    #[test]
    fn what_is_no_log_is_refused() {
        assert_eq!(read("hello\n").unwrap_err().0, 1);
        let other = read("{\"at\":0,\"event\":\"begin\",\"format\":999}\n").unwrap_err();
        assert!(other.1.contains("format 999"), "{other:?}");
    }
}
