//! From times to places on the page.

/// How wide the drawing is, in its own units; the lanes' names stand on the left.
pub const WIDTH: f64 = 1200.0;
/// Where the lanes begin.
pub const LEFT: f64 = 130.0;
/// Into how many columns a lane is divided where many events are drawn as one.
pub const COLUMNS: usize = 535;

/// The part of the log that is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// The first nanosecond.
    from: f64,
    /// The last.
    to: f64,
}

impl Scale {
    /// From one second to another; nothing if there is no time between them.
    pub fn new(from: f64, to: f64) -> Option<Self> {
        let scale = Self {
            from: from.max(0.0) * 1e9,
            to: to * 1e9,
        };
        (scale.from < scale.to).then_some(scale)
    }

    /// Where a time is drawn; outside of the lanes if it is outside of the part.
    pub fn x(&self, time: u64) -> f64 {
        LEFT + (time as f64 - self.from) / (self.to - self.from) * (WIDTH - LEFT)
    }

    /// Where a stretch of time is drawn: its start and its width, which is never too small to be seen. `None` outside.
    pub fn span(&self, start: u64, end: u64) -> Option<(f64, f64)> {
        if (end as f64) < self.from || start as f64 > self.to {
            return None;
        }
        let left = self.x(start).max(LEFT);
        let right = self.x(end).min(WIDTH);
        Some((left, (right - left).max(1.0)))
    }

    /// In which column a time is.
    pub fn column(&self, time: u64) -> Option<usize> {
        let part = (time as f64 - self.from) / (self.to - self.from);
        (0.0..=1.0)
            .contains(&part)
            .then(|| ((part * COLUMNS as f64) as usize).min(COLUMNS - 1))
    }

    /// Where a column is drawn, and how wide it is.
    pub fn of_column(column: usize) -> (f64, f64) {
        let width = (WIDTH - LEFT) / COLUMNS as f64;
        (LEFT + column as f64 * width, width)
    }

    /// How many nanoseconds a column stands for.
    pub fn column_time(&self) -> f64 {
        (self.to - self.from) / COLUMNS as f64
    }

    /// When a column begins, in nanoseconds.
    pub fn column_start(&self, column: usize) -> f64 {
        self.from + column as f64 * self.column_time()
    }

    /// Round times for the axis: between five and twelve, in nanoseconds.
    pub fn marks(&self) -> Vec<u64> {
        let all = self.to - self.from;
        let mut step = 10f64.powf((all / 10.0).log10().floor());
        for factor in [2.0, 2.5, 2.0] {
            if all / step > 12.0 {
                step *= factor;
            }
        }
        let first = (self.from / step).ceil() as u64;
        let last = (self.to / step).floor() as u64;
        (first..=last)
            .map(|number| (number as f64 * step) as u64)
            .collect()
    }
}
