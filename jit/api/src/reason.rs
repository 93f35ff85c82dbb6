//! Why compiled code goes back to the evaluator.

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $reason:ident = $name:literal;)*) => {
        /// Why compiled code goes back to the evaluator. Every exit has one and counts it; the names are what statistics
        /// and dumps show.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Reason {
            $($(#[doc = $doc])* $reason,)*
        }

        impl Reason {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$reason,)*];

            /// Its name in statistics and dumps.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$reason => $name,)*
                }
            }

            /// The reason with this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.name() == name)
            }
        }
    };
}

reasons! {
    // Not a failure: the program goes where compiled code does not go along.

    /// The function returns, and the evaluator has to take its frame away.
    Return = "return";
    /// A Python function is called that has no machine code, or the one that was called has left.
    Call = "call";
    /// A generator is resumed, or the running one pauses.
    Generator = "generator";
    /// The instruction raises, or something that it called did; the evaluator looks for the handler.
    Raised = "raised";
    /// The evaluator is asked to do something (signals, other threads, pending calls, a request to collect garbage).
    EvalBreaker = "eval_breaker";
    /// The machine code is no longer true, or somebody wrote to a local variable from outside.
    Disturbed = "disturbed";
    /// A loop has ended, and what comes after it runs too seldom.
    Cold = "cold";
    /// Code of the quick tier has run often: better code is ordered.
    Warm = "warm";
    /// The instruction has no lowering and cannot be run by itself either.
    NotCompiled = "not_compiled";

    // A guard that failed.

    /// The code had never been here when it was compiled.
    Unseen = "unseen";
    /// An object is not of the class that was seen before.
    Class = "class";
    /// A local variable is not bound.
    Unbound = "unbound";
    /// An `int` does not fit 64 bits, or the result of an operation does not.
    Overflow = "overflow";
    /// An operation on numbers is outside of where its fast form is right: division by zero, a negative shift, a huge power.
    Domain = "domain";
    /// A sequence has no such index, or another length than was seen before.
    Index = "index";
    /// A type is not what it was: its version differs.
    TypeVersion = "type_version";
    /// An object is of none of the types that were seen before, of which there were several.
    Types = "types";
    /// The keys of a dictionary are not what they were: their version differs.
    KeysVersion = "keys_version";
    /// An instance does not keep its attributes in itself, or not this one.
    InlineValues = "inline_values";
    /// A variable, an attribute or a called object is not the object that was there before.
    Identity = "identity";
    /// A loop starts with values of other types than its iterations produce.
    LoopEntry = "loop_entry";
}
