//! What one part of the comparison found: a count of what agrees, and a line for each thing that does not.

/// The findings of one part.
#[derive(Debug)]
pub struct Section {
    /// What was compared.
    pub name: &'static str,
    /// How many things agree.
    pub passed: usize,
    /// A line for each thing that does not agree.
    pub failures: Vec<String>,
    /// A line for each thing that could not be compared.
    pub skips: Vec<String>,
    /// Facts worth a line that are neither.
    pub notes: Vec<String>,
}

impl Section {
    /// Nothing found yet.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            passed: 0,
            failures: vec![],
            skips: vec![],
            notes: vec![],
        }
    }

    /// A part that could not be compared at all, and why.
    pub fn skipped(name: &'static str, line: &str) -> Self {
        Self {
            skips: vec![line.to_owned()],
            ..Self::new(name)
        }
    }

    /// One thing that agrees when `holds`; otherwise `line` says how it does not.
    pub fn check(&mut self, holds: bool, line: impl FnOnce() -> String) {
        if holds {
            self.passed += 1;
        } else {
            self.failures.push(line());
        }
    }

    /// One thing that does not agree.
    pub fn fail(&mut self, line: impl Into<String>) {
        self.failures.push(line.into());
    }

    /// One thing that could not be compared, and why.
    pub fn skip(&mut self, line: impl Into<String>) {
        self.skips.push(line.into());
    }

    /// A fact for the reader.
    pub fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    /// Prints the deviations, each a line, and the totals of the part.
    pub fn print(&self) {
        for line in &self.failures {
            println!("  FAILED {}: {line}", self.name);
        }
        for line in &self.skips {
            println!("  skipped {}: {line}", self.name);
        }
        for line in &self.notes {
            println!("  note {}: {line}", self.name);
        }
        println!(
            "{}: {} passed, {} failed, {} skipped",
            self.name,
            self.passed,
            self.failures.len(),
            self.skips.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deviation_is_a_line() {
        let mut section = Section::new("x");
        section.check(true, || unreachable!());
        section.check(false, || "PyFoo: missing".to_owned());
        section.skip("no debug information");
        assert_eq!(section.passed, 1);
        assert_eq!(section.failures, ["PyFoo: missing"]);
        assert_eq!(section.skips.len(), 1);
    }
}
