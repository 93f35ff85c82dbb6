//! What a log says, put together: from lines to compilations.
use pyroxene_jit_log::{Entry, Event, Function, Line, Place, Tier, TierTimes, Withdrawal};
use std::collections::BTreeMap;

/// All that a log says. Times are nanoseconds since it began.
#[derive(Debug, Default)]
pub struct History {
    /// The process that wrote it.
    pub process: u32,
    /// The compiler's mode.
    pub mode: String,
    /// The last time in it.
    pub end: u64,
    /// Whether it was ended.
    pub ended: bool,
    /// By their numbers.
    pub compilations: BTreeMap<u64, Compilation>,
    /// When machine code was left, and why.
    pub exits: Vec<Left>,
    /// How processor time was spent: until when, and on what since the one before.
    pub times: Vec<(u64, TierTimes)>,
    /// When the garbage collector ran.
    pub collections: Vec<Collection>,
    /// How often it ran at unknown times, by generation.
    pub unseen_collections: Vec<u64>,
    /// How many functions were hot that tools watched.
    pub watched: u64,
}

/// One compilation.
#[derive(Debug)]
pub struct Compilation {
    /// Of what.
    pub function: Function,
    /// How well.
    pub tier: Tier,
    /// Which one of this function's it is.
    pub attempt: u32,
    /// Where the machine code is entered.
    pub entries: Vec<Entry>,
    /// What the one before was left for.
    pub failures: Vec<Place>,
    /// When it was wanted.
    pub ordered: u64,
    /// When the compiler began.
    pub started: Option<u64>,
    /// When it was done, and what it gave.
    pub ended: Option<(u64, Outcome)>,
    /// When its machine code was entered first.
    pub published: Option<u64>,
    /// When it was not entered any more, and why.
    pub withdrawn: Option<(u64, Withdrawal)>,
    /// How often it was left, by place.
    pub exits: BTreeMap<Place, u64>,
}

/// What a compilation gives.
#[derive(Debug)]
pub enum Outcome {
    /// Machine code.
    Made {
        /// Its size.
        bytes: u64,
        /// How many instructions it has the evaluator run.
        interpreted: u64,
        /// How long each step took, in nanoseconds.
        steps: BTreeMap<String, u64>,
    },
    /// None, for this reason.
    Refused(String),
}

/// Machine code was left.
#[derive(Debug)]
pub struct Left {
    /// When that was looked at.
    pub at: u64,
    /// Why.
    pub reason: String,
    /// How often since the look before.
    pub count: u64,
}

/// A run of the garbage collector.
#[derive(Debug)]
pub struct Collection {
    /// When it began.
    pub start: u64,
    /// When it was done.
    pub end: u64,
    /// The oldest generation that it looked at.
    pub generation: u32,
}

impl Compilation {
    /// How long the compiler worked at it.
    pub fn time(&self) -> u64 {
        match (self.started, &self.ended) {
            (Some(start), Some((end, _))) => end - start,
            _ => 0,
        }
    }

    /// The size of its machine code.
    pub fn bytes(&self) -> u64 {
        match &self.ended {
            Some((_, Outcome::Made { bytes, .. })) => *bytes,
            Some((_, Outcome::Refused(_))) | None => 0,
        }
    }

    /// How often its machine code was left.
    pub fn exit_count(&self) -> u64 {
        self.exits.values().sum()
    }
}

impl History {
    /// Puts lines together.
    pub fn new(lines: Vec<Line>) -> Self {
        let mut history = Self::default();
        for Line { at, event } in lines {
            history.end = history.end.max(at);
            history.add(at, event);
        }
        history
    }

    fn add(&mut self, at: u64, event: Event) {
        match event {
            Event::Begin { process, mode, .. } => {
                self.process = process;
                self.mode = mode;
            }
            Event::Ordered {
                compilation,
                function,
                tier,
                attempt,
                entries,
                failures,
            } => {
                let new = Compilation {
                    function,
                    tier,
                    attempt,
                    entries,
                    failures,
                    ordered: at,
                    started: None,
                    ended: None,
                    published: None,
                    withdrawn: None,
                    exits: BTreeMap::new(),
                };
                self.compilations.insert(compilation, new);
            }
            Event::Started { compilation } => {
                self.with(compilation, |known| known.started = Some(at));
            }
            Event::Finished {
                compilation,
                bytes,
                interpreted,
                steps,
                ..
            } => {
                let outcome = Outcome::Made {
                    bytes,
                    interpreted,
                    steps,
                };
                self.with(compilation, |known| known.ended = Some((at, outcome)));
            }
            Event::Refused {
                compilation,
                reason,
            } => self.with(compilation, |known| {
                known.ended = Some((at, Outcome::Refused(reason)));
            }),
            Event::Watched { .. } => self.watched += 1,
            Event::Published { compilation, .. } => {
                self.with(compilation, |known| known.published = Some(at));
            }
            // It was never entered.
            Event::Dropped { .. } => {}
            Event::Withdrawn { compilation, why } => {
                self.with(compilation, |known| known.withdrawn = Some((at, why)));
            }
            Event::Exits { exits } => {
                for exit in exits {
                    self.exits.push(Left {
                        at,
                        reason: exit.place.reason.clone(),
                        count: exit.count,
                    });
                    self.with(exit.compilation, |known| {
                        *known.exits.entry(exit.place).or_default() += exit.count;
                    });
                }
            }
            Event::Time { times } => self.times.push((at, times)),
            Event::Collected {
                start, generation, ..
            } => self.collections.push(Collection {
                start,
                end: at,
                generation,
            }),
            Event::CollectedUnseen { generations } => {
                self.unseen_collections
                    .resize(generations.len().max(self.unseen_collections.len()), 0);
                for (all, new) in self.unseen_collections.iter_mut().zip(generations) {
                    *all += new;
                }
            }
            Event::End => self.ended = true,
        }
    }

    /// Changes a compilation. The log of a forked child also tells of some that its parent's log knows.
    fn with(&mut self, compilation: u64, change: impl FnOnce(&mut Compilation)) {
        if let Some(known) = self.compilations.get_mut(&compilation) {
            change(known);
        }
    }

    /// The compilations of each function.
    pub fn functions(&self) -> BTreeMap<&Function, Vec<&Compilation>> {
        let mut functions: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for compilation in self.compilations.values() {
            functions
                .entry(&compilation.function)
                .or_default()
                .push(compilation);
        }
        functions
    }

    /// How often machine code was left for each reason, the most frequent first.
    pub fn reasons(&self) -> Vec<(&str, u64)> {
        let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
        for left in &self.exits {
            *reasons.entry(&left.reason).or_default() += left.count;
        }
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
        reasons
    }
}
