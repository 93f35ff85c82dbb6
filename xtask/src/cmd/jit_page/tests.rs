//! The page of a small log says what the log says.
use super::*;
use pyroxene_jit_log::{
    Entry, Event, Exits, FORMAT, Function, Line, Place, Tier, TierTimes, Withdrawal,
};
use std::collections::BTreeMap;

fn line(at: u64, event: Event) -> Line {
    Line { at, event }
}

fn log() -> Vec<Line> {
    let place = Place {
        offset: 24,
        line: 5,
        reason: "overflow".to_owned(),
    };
    let function = Function {
        file: "a.py".to_owned(),
        line: 3,
        name: "C.<locals>.f".to_owned(),
    };
    let ordered = |compilation, attempt| Event::Ordered {
        compilation,
        function: function.clone(),
        tier: Tier::Hot,
        attempt,
        entries: vec![Entry::Call, Entry::Loop { line: 4 }],
        failures: Vec::new(),
    };
    let finished = |compilation| Event::Finished {
        compilation,
        bytes: 5000,
        exits: 3,
        interpreted: 2,
        steps: BTreeMap::from([("generate".to_owned(), 1_500_000)]),
    };
    let exits = Event::Exits {
        exits: vec![Exits {
            compilation: 1,
            place,
            count: 1234,
        }],
    };
    let begin = Event::Begin {
        format: FORMAT,
        process: 77,
        forked_from: None,
        mode: "on".to_owned(),
        clock: 0,
    };
    let second = 1_000_000_000;
    vec![
        line(0, begin),
        line(second, ordered(1, 1)),
        line(2 * second, Event::Started { compilation: 1 }),
        line(3 * second, finished(1)),
        line(
            3 * second,
            Event::Published {
                compilation: 1,
                address: 0,
            },
        ),
        line(4 * second, exits),
        line(4 * second, ordered(2, 2)),
        line(
            4 * second,
            Event::Time {
                times: TierTimes {
                    hot: 30_000_000,
                    evaluator_below: 12_000_000,
                    ..TierTimes::default()
                },
            },
        ),
        line(
            5 * second,
            Event::Collected {
                start: 4 * second,
                generation: 1,
                collected: 2,
                uncollectable: 0,
            },
        ),
        line(5 * second, Event::Started { compilation: 2 }),
        line(
            6 * second,
            Event::Refused {
                compilation: 2,
                reason: "too_large".to_owned(),
            },
        ),
        line(
            7 * second,
            Event::Withdrawn {
                compilation: 1,
                why: Withdrawal::Instrumented,
            },
        ),
        line(10 * second, Event::End),
    ]
}

/// The page of a part of the log.
fn drawn(lines: Vec<Line>, from: f64, to: f64) -> String {
    let scale = Scale::new(from, to).expect("there is time between them");
    page(Path::new("/x/some.log"), &History::new(lines), &scale).into_string()
}

#[test]
fn it_says_what_the_log_says() {
    let page = drawn(log(), 0.0, 10.0);
    for text in [
        "some.log",
        "C.&lt;locals&gt;.f",
        "a.py:3",
        "call, loop in 4",
        "1\u{202f}234",
        "overflow",
        "too_large",
        "withdrawn (instrumented)",
        "generation 1",
        "1.5 ms",
        "hot: 30.0 ms",
        "called by evaluator: 12.0 ms",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("cut off"));
    // Nothing of it is somewhere else.
    for text in ["http", "src=", "href=", "url("] {
        assert!(!page.contains(text), "{text}");
    }
    // The drawing is well-formed.
    let svg = &page[page.find("<svg").expect("a drawing")..];
    let svg = &svg[..svg.find("</svg>").expect("its end") + 6];
    roxmltree::Document::parse(svg).expect("XML");
}

#[test]
fn times_are_places() {
    let page = drawn(log(), 0.0, 10.0);
    // The compilation from 2 s to 3 s of ten.
    let (left, width) = (130.0 + 0.2 * 1070.0, 0.1 * 1070.0);
    let expected = format!("<rect class=\"hot\" x=\"{left:.2}\" width=\"{width:.2}\"");
    assert!(page.contains(&expected), "{expected}");
}

#[test]
fn a_part_can_be_drawn() {
    let page = drawn(log(), 8.0, 9.0);
    assert!(!page.contains("<rect class=\"hot\""));
    assert!(Scale::new(3.0, 3.0).is_none());
}

#[test]
fn a_log_without_its_end_says_so() {
    let mut lines = log();
    lines.pop();
    assert!(drawn(lines, 0.0, 5.0).contains("cut off"));
}
