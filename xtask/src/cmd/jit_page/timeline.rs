//! The drawing: a lane for each kind of event, one below the other, along one axis of time.
use super::history::{Compilation, History, Outcome};
use super::scale::{COLUMNS, LEFT, Scale, WIDTH};
use super::{bytes, count, duration};
use maud::{Markup, html};
use pyroxene_jit_log::{Tier, TierTimes, Withdrawal};

/// The height of a lane, in the drawing's units, and the space between two.
const HEIGHT: f64 = 56.0;
const SPACE: f64 = 22.0;

/// How many reasons of exits have a colour of their own.
const KINDS: usize = 6;

/// A lane: its name, what is below that, and what is drawn from the given height on.
struct Lane {
    name: &'static str,
    note: String,
    height: f64,
    content: Markup,
}

/// The drawing with its legend.
pub fn draw(history: &History, scale: &Scale) -> Markup {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut top = SPACE;
    let makers: [fn(&History, &Scale, f64) -> Lane; 7] = [
        running, compiling, waiting, publishing, memory, leaving, collecting,
    ];
    for make in makers {
        let lane = make(history, scale, top);
        top += lane.height + SPACE;
        lanes.push(lane);
    }
    let bottom = top;
    let height = bottom + 18.0;
    let mut top = SPACE;
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {height:.0}")) role="img" aria-label="time line" {
            @for mark in scale.marks() {
                @let x = scale.x(mark);
                line.grid x1=(at(x)) x2=(at(x)) y1="6" y2=(at(bottom)) {}
                text.soft x=(at(x)) y=(at(bottom + 12.0)) text-anchor="middle" { (seconds(mark)) }
            }
            @for lane in &lanes {
                text x="10" y=(at(top + 14.0)) { (lane.name) }
                text.soft x="10" y=(at(top + 28.0)) { (lane.note) }
                line.grid x1=(at(LEFT)) x2=(at(WIDTH)) y1=(at(top + lane.height)) y2=(at(top + lane.height)) {}
                (lane.content)
                @let () = top += lane.height + SPACE;
            }
        }
        (legend(history))
    }
}

/// A number for an attribute.
fn at(number: f64) -> String {
    format!("{number:.2}")
}

/// A time on the axis.
fn seconds(nanoseconds: u64) -> String {
    format!("{} s", nanoseconds as f64 / 1e9)
}

/// What the colours mean.
fn legend(history: &History) -> Markup {
    let entry = |class: &str, text: &str| html! { span { i class=(class) {} (text) } };
    html! {
        p.legend {
            @for ((name, _), class) in TierTimes::default().named().iter().zip(TIERS) {
                (entry(class, name))
            }
        }
        p.legend {
            (entry("quick", "quick tier"))
            (entry("hot", "hot tier"))
            (entry("refused", "refused"))
            (entry("waiting", "waiting"))
            (entry("published", "published"))
            (entry("withdrawn", "withdrawn"))
            (entry("code", "bytes of machine code in use"))
            (entry("gc0", "young collection"))
            (entry("gc1", "middle"))
            (entry("gc2", "full"))
        }
        p.legend {
            @for (index, (reason, _)) in history.reasons().iter().take(KINDS).enumerate() {
                (entry(&format!("kind{index}"), &format!("exits: {reason}")))
            }
            @if history.reasons().len() > KINDS {
                (entry("kind6", "exits: other reasons"))
            }
        }
    }
}

/// The colours of what [`TierTimes::named`] names.
const TIERS: [&str; 8] = [
    "hot",
    "hot-below",
    "quick",
    "quick-below",
    "evaluator",
    "evaluator-below",
    "outside",
    "lost",
];

/// For how long a line of times can tell, in nanoseconds: a little more than the time between two looks.
const LOOK: u64 = 60_000_000;

/// Who ran how much of the time. A lane that is full is one processor's.
fn running(history: &History, scale: &Scale, top: f64) -> Lane {
    let mut before = 0;
    let content = html! {
        @for (end, times) in &history.times {
            @let start = end.saturating_sub(LOOK).max(before);
            @let () = before = *end;
            @let times = times.named();
            @let all = times.iter().map(|(_, time)| time).sum::<u64>().max(end - start).max(1);
            @if let Some((x, width)) = scale.span(start, *end) {
                @let mut bottom = top + HEIGHT;
                @for ((name, time), class) in times.iter().zip(TIERS) {
                    @if *time > 0 {
                        @let height = *time as f64 / all as f64 * HEIGHT;
                        @let () = bottom -= height;
                        rect class=(class) x=(at(x)) width=(at(width)) y=(at(bottom)) height=(at(height)) {
                            title { (name) ": " (duration(*time)) }
                        }
                    }
                }
            }
        }
    };
    let hot = |times: &TierTimes| times.hot + times.hot_below + times.quick + times.quick_below;
    let compiled: u64 = history.times.iter().map(|(_, times)| hot(times)).sum();
    Lane {
        name: "who runs",
        note: format!("{} compiled", duration(compiled)),
        height: HEIGHT,
        content,
    }
}

/// When the compiler worked at what.
fn compiling(history: &History, scale: &Scale, top: f64) -> Lane {
    let busy: u64 = history.compilations.values().map(Compilation::time).sum();
    let content = html! {
        @for one in history.compilations.values() {
            @if let (Some(start), Some((end, outcome))) = (one.started, &one.ended)
                && let Some((x, width)) = scale.span(start, *end) {
                rect class=(class(one.tier, outcome)) x=(at(x)) width=(at(width)) y=(at(top)) height=(at(HEIGHT)) {
                    title { (told(one)) }
                }
            }
        }
    };
    Lane {
        name: "compiling",
        note: duration(busy),
        height: HEIGHT,
        content,
    }
}

/// The colour of a compilation.
fn class(tier: Tier, outcome: &Outcome) -> &'static str {
    match (outcome, tier) {
        (Outcome::Refused(_), _) => "refused",
        (Outcome::Made { .. }, tier) => tier.name(),
    }
}

/// What is told of a compilation where the pointer rests on it.
fn told(one: &Compilation) -> String {
    let what = match &one.ended {
        None => "not done".to_owned(),
        Some((_, Outcome::Refused(reason))) => format!("refused: {reason}"),
        Some((_, Outcome::Made { bytes: size, .. })) => bytes(*size),
    };
    let tier = one.tier.name();
    let (function, time) = (&one.function, duration(one.time()));
    format!(
        "{}\n{}:{}\n{tier}, attempt {}, {time}, {what}",
        function.name, function.file, function.line, one.attempt
    )
}

/// How many compilations were waiting for the compiler.
fn waiting(history: &History, scale: &Scale, top: f64) -> Lane {
    let mut changes: Vec<(u64, i64)> = Vec::new();
    for one in history.compilations.values() {
        changes.push((one.ordered, 1));
        if let Some(start) = one.started {
            changes.push((start, -1));
        }
    }
    let (content, most) = steps(changes, history.end, scale, top, "waiting");
    Lane {
        name: "waiting",
        note: format!("{most} at most"),
        height: HEIGHT,
        content,
    }
}

/// How much machine code was in use.
fn memory(history: &History, scale: &Scale, top: f64) -> Lane {
    let mut changes: Vec<(u64, i64)> = Vec::new();
    for one in history.compilations.values() {
        let size = one.bytes().cast_signed();
        changes.extend(one.published.map(|at| (at, size)));
        if let (Some(_), Some((at, _))) = (one.published, one.withdrawn) {
            changes.push((at, -size));
        }
    }
    let (content, most) = steps(changes, history.end, scale, top, "code");
    Lane {
        name: "machine code",
        note: format!("{} at most", bytes(most.cast_unsigned())),
        height: HEIGHT,
        content,
    }
}

/// A quantity that changes at times, as steps; and the most that it was.
fn steps(
    mut changes: Vec<(u64, i64)>,
    end: u64,
    scale: &Scale,
    top: f64,
    class: &str,
) -> (Markup, i64) {
    changes.sort_unstable();
    let mut amount = 0;
    let stretches: Vec<(u64, u64, i64)> = changes
        .iter()
        .enumerate()
        .map(|(index, &(start, change))| {
            amount += change;
            let end = changes.get(index + 1).map_or(end, |&(next, _)| next);
            (start, end, amount)
        })
        .collect();
    let most = stretches.iter().map(|stretch| stretch.2).max().unwrap_or(0);
    let content = html! {
        @for &(start, end, amount) in &stretches {
            @if amount > 0 && let Some((x, width)) = scale.span(start, end) {
                @let height = amount as f64 / most as f64 * HEIGHT;
                rect class=(class) x=(at(x)) width=(at(width)) y=(at(top + HEIGHT - height)) height=(at(height)) {}
            }
        }
    };
    (content, most)
}

/// When machine code began to be entered, and when it was taken away.
fn publishing(history: &History, scale: &Scale, top: f64) -> Lane {
    let half = HEIGHT / 2.0;
    let content = html! {
        @for one in history.compilations.values() {
            @if let Some(when) = one.published && let Some((x, _)) = scale.span(when, when) {
                rect.published x=(at(x)) width="1.5" y=(at(top)) height=(at(half - 2.0)) {
                    title { "published: " (told(one)) }
                }
            }
            @if let Some((when, why)) = one.withdrawn && is_shown(why) && let Some((x, _)) = scale.span(when, when) {
                rect.withdrawn x=(at(x)) width="1.5" y=(at(top + half + 2.0)) height=(at(half - 2.0)) {
                    title { "withdrawn (" (why.name()) "): " (told(one)) }
                }
            }
        }
    };
    let withdrawn = history
        .compilations
        .values()
        .filter(|one| one.withdrawn.is_some_and(|(_, why)| is_shown(why)))
        .count();
    Lane {
        name: "publishing",
        note: format!("{withdrawn} withdrawn"),
        height: HEIGHT,
        content,
    }
}

/// Whether it is worth telling that machine code was taken away.
fn is_shown(why: Withdrawal) -> bool {
    match why {
        Withdrawal::Replaced | Withdrawal::Instrumented | Withdrawal::Gone => true,
        Withdrawal::End => false,
    }
}

/// How often machine code was left, by reason.
fn leaving(history: &History, scale: &Scale, top: f64) -> Lane {
    let reasons = history.reasons();
    let mut columns = vec![[0u64; KINDS + 1]; COLUMNS];
    for left in &history.exits {
        let Some(column) = scale.column(left.at) else {
            continue;
        };
        let kind = reasons.iter().position(|(name, _)| *name == left.reason);
        columns[column][kind.unwrap_or(KINDS).min(KINDS)] += left.count;
    }
    let most = columns.iter().map(|column| column.iter().sum()).max();
    let most: u64 = most.unwrap_or(0).max(1);
    let names = |kind: usize| match reasons.get(kind) {
        Some((name, _)) if kind < KINDS => *name,
        _ => "other reasons",
    };
    Lane {
        name: "exits",
        note: count(reasons.iter().map(|(_, count)| count).sum()),
        height: HEIGHT,
        content: stacks(&columns, most as f64, top, "kind", |kind, amount| {
            format!("{} {}", count(amount), names(kind))
        }),
    }
}

/// Columns of amounts, one upon the other.
fn stacks<const N: usize>(
    columns: &[[u64; N]],
    most: f64,
    top: f64,
    class: &str,
    tell: impl Fn(usize, u64) -> String,
) -> Markup {
    html! {
        @for (index, column) in columns.iter().enumerate() {
            @let (x, width) = Scale::of_column(index);
            @let mut bottom = top + HEIGHT;
            @for (kind, &amount) in column.iter().enumerate() {
                @if amount > 0 {
                    @let height = (amount as f64 / most * HEIGHT).min(bottom - top).max(0.5);
                    @let () = bottom -= height;
                    rect class={ (class) (kind) } x=(at(x)) width=(at(width)) y=(at(bottom)) height=(at(height)) {
                        title { (tell(kind, amount)) }
                    }
                }
            }
        }
    }
}

/// Which part of the time the garbage collector had, by generation.
fn collecting(history: &History, scale: &Scale, top: f64) -> Lane {
    let mut columns = vec![[0u64; 3]; COLUMNS];
    for gc in &history.collections {
        let (Some((left, width)), kind) = (scale.span(gc.start, gc.end), gc.generation.min(2))
        else {
            continue;
        };
        let (_, one) = Scale::of_column(0);
        let first = ((left - LEFT) / one) as usize;
        let last = ((left + width - LEFT) / one) as usize;
        for (index, column) in columns.iter_mut().enumerate().take(last + 1).skip(first) {
            let begin = scale.column_start(index).max(gc.start as f64);
            let end = (scale.column_start(index) + scale.column_time()).min(gc.end as f64);
            column[kind as usize] += (end - begin).max(0.0) as u64;
        }
    }
    let time: u64 = history.collections.iter().map(|gc| gc.end - gc.start).sum();
    Lane {
        name: "garbage",
        note: duration(time),
        height: HEIGHT,
        content: stacks(&columns, scale.column_time(), top, "gc", |kind, amount| {
            format!("generation {kind}: {}", duration(amount))
        }),
    }
}
