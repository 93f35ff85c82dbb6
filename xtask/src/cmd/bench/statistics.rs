//! Ratios of the two sides and how far they spread.
use super::measure::Sample;
use serde::Serialize;
use statrs::statistics::{Data, OrderStatistics, Statistics};

/// A ratio: its value over all rounds, and the lowest and highest round.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// The median of the rounds.
    pub value: f64,
    /// The lowest round.
    pub low: f64,
    /// The highest round.
    pub high: f64,
}

impl Ratio {
    /// What `rounds` come to; `None` without any.
    pub fn of(rounds: &[f64]) -> Option<Self> {
        if rounds.is_empty() {
            return None;
        }
        let value = Data::new(rounds.to_vec()).median();
        Some(Self {
            value,
            low: Statistics::min(rounds),
            high: Statistics::max(rounds),
        })
    }

    /// Whether every round says the same: faster, or slower.
    pub fn is_clear(&self) -> bool {
        self.low > 1.0 || self.high < 1.0
    }
}

/// The two sides of one benchmark in one round.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// Our sample.
    pub ours: Sample,
    /// The other's.
    pub reference: Sample,
}

impl Pair {
    /// How many times faster we are: the other's time divided by ours. Each side counts with its fastest value:
    /// whatever disturbs a machine only ever adds time.
    pub fn speed(&self) -> f64 {
        Statistics::min(&self.reference.values) / Statistics::min(&self.ours.values)
    }

    /// How much memory we take: ours divided by the other's.
    pub fn memory(&self) -> Option<f64> {
        Some(self.ours.peak? as f64 / self.reference.peak? as f64)
    }
}

/// The geometric mean over benchmarks, with the lowest and the highest round's mean. `rounds` holds the ratios of
/// each benchmark; a round counts only if all benchmarks have it.
pub fn geometric_mean(rounds: &[Vec<f64>]) -> Option<Ratio> {
    let each: Vec<f64> = rounds
        .iter()
        .filter_map(|r| Some(Ratio::of(r)?.value))
        .collect();
    if each.is_empty() {
        return None;
    }
    let complete = rounds.iter().map(Vec::len).min().unwrap_or(0);
    let means: Vec<f64> = (0..complete)
        .map(|round| Statistics::geometric_mean(rounds.iter().map(|ratios| ratios[round])))
        .collect();
    let spread = Ratio::of(&means)?;
    Some(Ratio {
        value: Statistics::geometric_mean(each),
        ..spread
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(values: &[f64], peak: u64) -> Sample {
        Sample {
            values: values.to_vec(),
            loops: 1,
            inner_loops: 1,
            peak: Some(peak),
        }
    }

    #[test]
    fn faster_is_above_one_and_more_memory_too() {
        let pair = Pair {
            ours: sample(&[2.0, 9.0], 300),
            reference: sample(&[5.0, 4.0], 200),
        };
        assert_eq!(pair.speed(), 2.0);
        assert_eq!(pair.memory(), Some(1.5));
    }

    #[test]
    fn one_bad_round_does_not_move_the_value() {
        let ratio = Ratio::of(&[1.25, 0.5, 1.5]).unwrap();
        assert_eq!(
            ratio,
            Ratio {
                value: 1.25,
                low: 0.5,
                high: 1.5
            }
        );
        assert!(!ratio.is_clear());
        assert!(Ratio::of(&[1.1, 1.2]).unwrap().is_clear());
        assert_eq!(Ratio::of(&[]), None);
    }

    #[test]
    fn the_geometric_mean_is_over_benchmarks() {
        let mean = geometric_mean(&[vec![2.0, 2.0], vec![8.0, 2.0]]).unwrap();
        assert!((mean.value - 10f64.sqrt()).abs() < 1e-9);
        assert!((mean.low - 2.0).abs() < 1e-9 && (mean.high - 4.0).abs() < 1e-9);
        assert_eq!(geometric_mean(&[]), None);
    }
}
