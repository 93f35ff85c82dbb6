//! The tables below the drawing.
use super::history::{Compilation, History, Outcome};
use super::{bytes, count, duration};
use core::cmp::Reverse;
use maud::{Markup, html};
use pyroxene_jit_log::{Entry, Function, Place};
use std::collections::BTreeMap;

/// How many rows a table has at most.
const ROWS: usize = 40;

/// All of them.
pub fn all(history: &History) -> Markup {
    html! {
        (times(history))
        (functions(history))
        (exits(history))
        (reasons(history))
        (steps(history))
        (refusals(history))
        (collections(history))
    }
}

/// A function's name and place.
fn name(function: &Function) -> Markup {
    html! {
        code { (function.name) }
        " "
        span.where { (function.file) ":" (function.line) }
    }
}

/// A bar that is as long as a part of something.
fn bar(class: &str, part: u64, whole: u64) -> Markup {
    let percent = part as f64 / whole.max(1) as f64 * 100.0;
    html! { span class={ "bar " (class) } style=(format!("width:{percent:.1}%")) {} }
}

/// What took the compiler longest.
fn functions(history: &History) -> Markup {
    let mut functions: Vec<_> = history.functions().into_iter().collect();
    let time = |made: &[&Compilation]| made.iter().map(|one| one.time()).sum::<u64>();
    functions.sort_by_key(|(_, made)| Reverse(time(made)));
    let most = functions.first().map_or(0, |(_, made)| time(made));
    let all = functions.len();
    html! {
        h2 { "Functions by the time of their compilation" }
        (cut(all))
        table {
            tr {
                th { "function" } th { "entered" } th { "tier" } th.number { "compilations" }
                th.number { "time" } th.number { "machine code" } th.number { "interpreted" } th.number { "exits" }
            }
            @for (function, made) in functions.iter().take(ROWS) {
                @let last = made.last();
                tr {
                    td { (name(function)) (bar(last.map_or("hot", |one| one.tier.name()), time(made), most)) }
                    td { (last.map(|one| entries(&one.entries)).unwrap_or_default()) }
                    td { (last.map_or("", |one| one.tier.name())) }
                    td.number title=(last.map(|one| failures(&one.failures)).unwrap_or_default()) { (made.len()) }
                    td.number { (duration(time(made))) }
                    td.number { (bytes(last.map_or(0, |one| one.bytes()))) }
                    td.number { (last.map_or(0, |one| interpreted(one))) }
                    td.number { (count(made.iter().map(|one| one.exit_count()).sum())) }
                }
            }
        }
    }
}

/// Says that a table is not whole.
fn cut(all: usize) -> Markup {
    html! {
        @if all > ROWS {
            p.note { "The first " (ROWS) " of " (all) "." }
        }
    }
}

fn entries(entries: &[Entry]) -> String {
    let names: Vec<String> = entries
        .iter()
        .map(|entry| match entry {
            Entry::Call => "call".to_owned(),
            Entry::Loop { line } => format!("loop in {line}"),
        })
        .collect();
    names.join(", ")
}

fn failures(failures: &[Place]) -> String {
    let places: Vec<String> = failures
        .iter()
        .map(|place| format!("{} in line {}", place.reason, place.line))
        .collect();
    places.join("\n")
}

fn interpreted(one: &Compilation) -> u64 {
    match &one.ended {
        Some((_, Outcome::Made { interpreted, .. })) => *interpreted,
        Some((_, Outcome::Refused(_))) | None => 0,
    }
}

/// Where machine code was left most often.
fn exits(history: &History) -> Markup {
    let mut places: BTreeMap<(&Function, &Place), u64> = BTreeMap::new();
    for one in history.compilations.values() {
        for (place, count) in &one.exits {
            *places.entry((&one.function, place)).or_default() += count;
        }
    }
    let mut places: Vec<_> = places.into_iter().collect();
    places.sort_by_key(|(_, count)| Reverse(*count));
    let most = places.first().map_or(0, |(_, count)| *count);
    html! {
        h2 { "Exits by place" }
        (cut(places.len()))
        table {
            tr { th { "function" } th.number { "line" } th.number { "offset" } th { "reason" } th.number { "exits" } }
            @for ((function, place), times) in places.iter().take(ROWS) {
                tr {
                    td { (name(function)) (bar("kind0", *times, most)) }
                    td.number { (place.line) }
                    td.number { (place.offset) }
                    td { (place.reason) }
                    td.number { (count(*times)) }
                }
            }
        }
    }
}

/// A table of names and amounts.
fn amounts(title: &str, heads: [&str; 2], class: &str, rows: &[(String, u64, String)]) -> Markup {
    let most = rows.iter().map(|row| row.1).max().unwrap_or(0);
    html! {
        @if !rows.is_empty() {
            h2 { (title) }
            table {
                tr { th { (heads[0]) } th.number { (heads[1]) } }
                @for (name, amount, shown) in rows {
                    tr { td { (name) (bar(class, *amount, most)) } td.number { (shown) } }
                }
            }
        }
    }
}

fn reasons(history: &History) -> Markup {
    let rows: Vec<_> = history
        .reasons()
        .into_iter()
        .map(|(reason, times)| (reason.to_owned(), times, count(times)))
        .collect();
    amounts("Exits by reason", ["reason", "exits"], "kind0", &rows)
}

/// Who ran how long.
fn times(history: &History) -> Markup {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, time) in history.times.iter().flat_map(|(_, times)| times.named()) {
        *all.entry(name).or_default() += time;
    }
    let mut rows: Vec<_> = all
        .into_iter()
        .filter(|(_, time)| *time > 0)
        .map(|(name, time)| (name.to_owned(), time, duration(time)))
        .collect();
    rows.sort_by_key(|row| Reverse(row.1));
    let heads = ["who ran", "processor time, by samples"];
    amounts("Who ran", heads, "kind2", &rows)
}

/// What took how long in the compiler.
fn steps(history: &History) -> Markup {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for one in history.compilations.values() {
        if let Some((_, Outcome::Made { steps, .. })) = &one.ended {
            for (step, time) in steps {
                *all.entry(step).or_default() += time;
            }
        }
    }
    let mut rows: Vec<_> = all
        .into_iter()
        .map(|(step, time)| (step.to_owned(), time, duration(time)))
        .collect();
    rows.sort_by_key(|row| Reverse(row.1));
    amounts("Steps of compilation", ["step", "time"], "hot", &rows)
}

fn refusals(history: &History) -> Markup {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for one in history.compilations.values() {
        if let Some((_, Outcome::Refused(reason))) = &one.ended {
            *all.entry(reason).or_default() += 1;
        }
    }
    if history.watched > 0 {
        all.insert("watched by tools", history.watched);
    }
    let rows: Vec<_> = all
        .into_iter()
        .map(|(reason, times)| (reason.to_owned(), times, count(times)))
        .collect();
    amounts("Refused", ["reason", "compilations"], "refused", &rows)
}

/// How often the garbage collector ran.
fn collections(history: &History) -> Markup {
    let mut noted: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for gc in &history.collections {
        let (times, time) = noted.entry(gc.generation).or_default();
        *times += 1;
        *time += gc.end - gc.start;
    }
    let unseen = |generation: u32| {
        let all = &history.unseen_collections;
        all.get(generation as usize).copied().unwrap_or(0)
    };
    html! {
        h2 { "Garbage collector" }
        table {
            tr {
                th { "generation" } th.number { "collections" } th.number { "their time" }
                th.number { "others, as by gc.collect()" }
            }
            @for generation in 0..3 {
                @let (times, time) = noted.get(&generation).copied().unwrap_or_default();
                tr {
                    td { (generation) }
                    td.number { (count(times)) }
                    td.number { (duration(time)) }
                    td.number { (count(unseen(generation))) }
                }
            }
        }
    }
}
