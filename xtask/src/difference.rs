//! Where two texts begin to differ.

/// The first line that differs.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its number, from 1.
    pub line: usize,
    /// It, in the first text.
    pub here: String,
    /// It, in the second text.
    pub there: String,
}

/// The first line in which two texts differ, if they do.
pub fn first(here: &str, there: &str) -> Option<Difference> {
    let (mut left, mut right) = (here.lines(), there.lines());
    for line in 1.. {
        match (left.next(), right.next()) {
            (None, None) => return None,
            (left, right) if left != right => {
                let text = |line: Option<&str>| line.unwrap_or("(nothing more)").to_owned();
                return Some(Difference {
                    line,
                    here: text(left),
                    there: text(right),
                });
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn the_first_difference_is_found() {
        assert_eq!(first("a\nb\n", "a\nb\n"), None);
        let found = first("a\nb\n", "a\nc\nd\n").unwrap();
        assert_eq!(
            (found.line, found.here.as_str(), found.there.as_str()),
            (2, "b", "c")
        );
        let found = first("a\n", "a\nc\n").unwrap();
        assert_eq!((found.line, found.here.as_str()), (2, "(nothing more)"));
    }
}
