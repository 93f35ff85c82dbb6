//! What commands say while a progress bar stands there.
use indicatif::ProgressBar;

/// A line above the bar, or on its own where there is no terminal: there, the bar says nothing.
pub fn say(bar: &ProgressBar, line: &str) {
    if bar.is_hidden() {
        eprintln!("{line}");
    } else {
        bar.println(line);
    }
}
