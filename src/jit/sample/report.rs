//! The table of lines that `-X jit-lines` prints.
use super::table::{Lines, SourceLine, Table};
use super::{PERIOD, TOTALS, TierOrder, Where};
use crate::jit::options;
use core::cmp::Reverse;
use core::fmt::Write as _;
use core::sync::atomic::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Prints the lines that had most of the time.
pub(super) fn print(table: Table, output: Option<&Path>) {
    let lost = TOTALS.lost.load(Ordering::Relaxed);
    let text = text(&table.into_lines(), lost);
    let Some(path) = output else {
        options::tell(format_args!("{}", text.trim_end()));
        return;
    };
    if let Err(why) = std::fs::write(path, text) {
        options::tell(format_args!(
            "python: no jit-lines: {}: {why}",
            path.display()
        ));
    }
}

/// Which part of the time is shown, in hundredths.
const SHOWN: u64 = 99;

/// The table. `lost` samples belong to no line.
fn text(lines: &Lines, lost: u64) -> String {
    let sum = |counts: &BTreeMap<_, u64>| counts.values().sum::<u64>();
    let all: u64 = lines.values().map(sum).sum();
    let mut order: Vec<_> = lines.iter().collect();
    order.sort_by_key(|(_, counts)| Reverse(sum(counts)));
    let seconds = |samples: u64| (samples * PERIOD) as f64 / 1e9;
    let mut text = String::new();
    let written = (|| {
        writeln!(
            text,
            "{SHOWN} % of {:.3} s of processor time, a sample each ms ({:.3} s belong to no line)",
            seconds(all),
            seconds(lost)
        )?;
        writeln!(
            text,
            "{:>6} {:>10} {:>6} {:>6} {:>6}  line",
            "time", "evaluator", "quick", "hot", "below"
        )?;
        let mut sources = Sources::default();
        let mut shown = 0;
        for (line, counts) in order {
            if shown * 100 >= all * SHOWN {
                break;
            }
            let here = sum(counts);
            shown += here;
            let part = |wanted: &dyn Fn(Where, bool) -> bool| {
                let some = counts.iter().filter(|((at, below), _)| wanted(*at, *below));
                percent(some.map(|(_, count)| count).sum(), here)
            };
            writeln!(
                text,
                "{:>6} {:>10} {:>6} {:>6} {:>6}  {}",
                percent(here, all),
                part(&|at, _| at == Where::Evaluator),
                part(&|at, _| at == Where::Compiled(TierOrder::Quick)),
                part(&|at, _| at == Where::Compiled(TierOrder::Hot)),
                part(&|_, below| below),
                sources.shown(line)
            )?;
        }
        core::fmt::Result::Ok(())
    })();
    debug_assert!(written.is_ok(), "a string takes all that is written");
    text
}

/// A part of something.
fn percent(part: u64, all: u64) -> String {
    match part {
        0 => "-".to_owned(),
        _ => format!("{:.1}%", part as f64 / all as f64 * 100.0),
    }
}

/// The texts of files, as far as they can be read.
#[derive(Default)]
struct Sources(HashMap<String, Vec<String>>);

impl Sources {
    /// A line with its text.
    fn shown(&mut self, line: &SourceLine) -> String {
        let SourceLine { file, line } = line;
        if file.is_empty() {
            return "(no Python code)".to_owned();
        }
        let lines = self.0.entry(file.clone()).or_insert_with(|| {
            let bytes = std::fs::read(file).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            text.lines().map(|line| line.trim().to_owned()).collect()
        });
        let index = (*line as usize).checked_sub(1);
        let source = index.and_then(|index| lines.get(index));
        let source = source.map_or("", String::as_str);
        format!("{file}:{line}  {source}").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_shown_until_there_is_enough() {
        let line = |file: &str, line| SourceLine {
            file: file.to_owned(),
            line,
        };
        let hot = Where::Compiled(TierOrder::Hot);
        let counts = |pairs: &[((Where, bool), u64)]| pairs.iter().copied().collect();
        let lines = Lines::from([
            (
                line("nowhere.py", 3),
                counts(&[
                    ((hot, false), 600),
                    ((hot, true), 200),
                    ((Where::Evaluator, false), 200),
                ]),
            ),
            (
                line("nowhere.py", 4),
                counts(&[((Where::Evaluator, true), 995)]),
            ),
            (line("", 0), counts(&[((Where::Outside, false), 5)])),
        ]);
        let expected = "\
99 % of 2.000 s of processor time, a sample each ms (0.001 s belong to no line)
  time  evaluator  quick    hot  below  line
 50.0%      20.0%      -  80.0%  20.0%  nowhere.py:3
 49.8%     100.0%      - -      100.0%  nowhere.py:4
";
        let expected = expected.replace("- -     ", "-      -");
        assert_eq!(text(&lines, 1), expected);
    }
}
