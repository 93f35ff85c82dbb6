//! The results for people: a table for the terminal, and Markdown for the documents.
use super::measure::Clock;
use super::results::{Mean, Results};
use super::statistics::Ratio;
use comfy_table::presets::{ASCII_MARKDOWN, UTF8_FULL_CONDENSED};
use comfy_table::{CellAlignment, ContentArrangement, Table};

/// The table for the terminal, a group after the other.
pub fn terminal(results: &Results) -> String {
    let mut text = String::new();
    for mean in &results.means {
        text.push_str(&format!(
            "\n{}\n{}\n",
            title(mean),
            rows(results, mean, UTF8_FULL_CONDENSED)
        ));
    }
    text.push_str(&failures(results, "  "));
    text
}

/// The same as Markdown, with what it was measured on.
pub fn markdown(results: &Results) -> String {
    let mut text = about(results);
    text.push_str("\n\n| | benchmarks | speed | from – to | memory |\n|---|---|---|---|---|\n");
    for mean in &results.means {
        let cells = [times(mean.speed), spread(mean.speed), times(mean.memory)];
        let cells = cells.join(" | ");
        text.push_str(&format!(
            "| **{}** | {} | {cells} |\n",
            mean.group, mean.benchmarks
        ));
    }
    for mean in &results.means {
        text.push_str(&format!(
            "\n### {}\n\n{}\n",
            mean.group,
            rows(results, mean, ASCII_MARKDOWN)
        ));
    }
    text.push_str(&failures(results, "- "));
    text
}

fn title(mean: &Mean) -> String {
    let many = if mean.benchmarks == 1 {
        "benchmark"
    } else {
        "benchmarks"
    };
    format!("{} ({} {many})", mean.group, mean.benchmarks)
}

/// What was compared, how, and on what.
pub fn about(results: &Results) -> String {
    let ours = results
        .ours
        .profile()
        .map_or(String::new(), |name| format!(", profile {name}"));
    let commit = super::machine::short(results.commit.as_deref());
    let rounds = results
        .benchmarks
        .iter()
        .map(|series| series.rounds.len())
        .max()
        .unwrap_or(0);
    let pinned = if results.plan.cpu.is_some() {
        ", bound to one processor"
    } else {
        ""
    };
    let clock = match results.plan.clock {
        Clock::Wall => "elapsed time",
        Clock::Cpu => "processor time",
    };
    let machine = &results.machine;
    format!(
        "Set `{}`, commit {commit}{ours}; {rounds} rounds, both interpreters in turn{pinned}, {clock}; {} ({} processors), {}.",
        results.set, machine.cpu, machine.cpus, machine.system
    )
}

fn rows(results: &Results, mean: &Mean, preset: &str) -> String {
    let mut table = Table::new();
    table
        .load_preset(preset)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["benchmark", "speed", "from – to", "memory"]);
    for series in results
        .benchmarks
        .iter()
        .filter(|series| series.group == mean.group)
    {
        table.add_row([
            series.name.clone(),
            times(series.speed),
            spread(series.speed),
            times(series.memory),
        ]);
    }
    let name = "geometric mean".to_owned();
    table.add_row([
        name,
        times(mean.speed),
        spread(mean.speed),
        times(mean.memory),
    ]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn times(ratio: Option<Ratio>) -> String {
    ratio.map_or("–".to_owned(), |ratio| format!("{:.2}×", ratio.value))
}

/// The lowest and the highest round, with a mark when all rounds agree on which is faster.
fn spread(ratio: Option<Ratio>) -> String {
    ratio.map_or("–".to_owned(), |ratio| {
        let mark = if ratio.is_clear() { "" } else { "≈ " };
        format!("{mark}{:.2} – {:.2}", ratio.low, ratio.high)
    })
}

fn failures(results: &Results, bullet: &str) -> String {
    let mut text = String::new();
    for (heading, list) in [
        (
            "Left out, because stock does not run them here:",
            &results.unfit,
        ),
        ("FAILED on ours, and run on stock:", &results.failed),
    ] {
        if !list.is_empty() {
            text.push_str(&format!("\n{heading}\n\n"));
        }
        for (name, reason) in list {
            text.push_str(&format!("{bullet}{name}: {reason}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_have_two_digits_and_a_mark_for_doubt() {
        let ratio = |low, high| {
            Some(Ratio {
                value: 1.1,
                low,
                high,
            })
        };
        assert_eq!(times(ratio(1.05, 1.2)), "1.10×");
        assert_eq!(spread(ratio(1.05, 1.2)), "1.05 – 1.20");
        assert_eq!(spread(ratio(0.95, 1.2)), "≈ 0.95 – 1.20");
        assert_eq!(times(None), "–");
    }
}
