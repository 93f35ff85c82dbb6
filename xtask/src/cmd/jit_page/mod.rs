//! `cargo xtask jit-page`: draws a log of the compiler as a page for a browser. The page is one file that needs no other.
mod history;
mod scale;
mod tables;
mod timeline;

use anyhow::{Context, Result, anyhow};
use history::History;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use scale::Scale;
use std::path::{Path, PathBuf};

/// What the user may say.
#[derive(clap::Args)]
pub struct Args {
    /// The log: what `-X jit-log=FILE` wrote.
    log: PathBuf,
    /// Where the page goes.
    #[arg(short, long, default_value = "jit.html")]
    output: PathBuf,
    /// The first second that is drawn.
    #[arg(long, value_name = "SECONDS")]
    from: Option<f64>,
    /// The last one.
    #[arg(long, value_name = "SECONDS")]
    to: Option<f64>,
}

/// Runs the command.
///
/// # Errors
/// When the log cannot be read or the page not be written.
pub fn run(args: Args) -> Result<()> {
    let history = read(&args.log)?;
    let end = history.end as f64 / 1e9;
    let (from, to) = (args.from.unwrap_or(0.0), args.to.unwrap_or(end));
    let scale = Scale::new(from, to)
        .with_context(|| format!("there is nothing between {from} and {to} seconds"))?;
    let page = page(&args.log, &history, &scale).into_string();
    std::fs::write(&args.output, page)
        .with_context(|| format!("cannot write {}", args.output.display()))?;
    println!("{}", args.output.display());
    Ok(())
}

/// Reads a log.
fn read(path: &Path) -> Result<History> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = pyroxene_jit_log::read(&text)
        .map_err(|(line, why)| anyhow!("{}, line {line}: {why}", path.display()))?;
    Ok(History::new(lines))
}

/// How the page looks.
const STYLE: &str = include_str!("style.css");

/// The whole page.
fn page(log: &Path, history: &History, scale: &Scale) -> Markup {
    let name = log.file_name().unwrap_or_default().to_string_lossy();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "The compiler: " (name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "The compiler " small { (name) } }
                (summary(history))
                (timeline::draw(history, scale))
                (tables::all(history))
            }
        }
    }
}

/// The numbers at the head of the page.
fn summary(history: &History) -> Markup {
    let made = history.compilations.values();
    let compiling: u64 = made.clone().map(history::Compilation::time).sum();
    let collecting: u64 = history.collections.iter().map(|gc| gc.end - gc.start).sum();
    let facts = [
        ("process", history.process.to_string()),
        ("mode", history.mode.clone()),
        ("time", duration(history.end)),
        ("functions", history.functions().len().to_string()),
        ("compilations", history.compilations.len().to_string()),
        ("compiling", duration(compiling)),
        (
            "machine code",
            bytes(made.clone().map(|one| one.bytes()).sum()),
        ),
        ("exits", count(made.map(|one| one.exit_count()).sum())),
        ("collecting garbage", duration(collecting)),
    ];
    html! {
        @if !history.ended {
            p.warning { "The log was cut off: it does not say how the program ended." }
        }
        dl.facts {
            @for (name, value) in &facts {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// A time, for people.
fn duration(nanoseconds: u64) -> String {
    match nanoseconds {
        0 => "0".to_owned(),
        1..1_000_000 => format!("{:.0} µs", nanoseconds as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", nanoseconds as f64 / 1e6),
        1_000_000_000.. => format!("{:.2} s", nanoseconds as f64 / 1e9),
    }
}

/// A size, for people.
fn bytes(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        1_048_576.. => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// A number with its digits in groups.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests;
