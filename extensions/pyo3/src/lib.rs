//! Sets of intervals for Python: an extension in Rust, as PyO3 writes them. Classes with operators, iterators that borrow
//! nothing, exceptions of its own, callbacks, work without the interpreter's lock, and panics that become exceptions.
mod set;

use pyo3::exceptions::{PyLookupError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

pyo3::create_exception!(
    intervals,
    IntervalError,
    PyValueError,
    "An interval that cannot be."
);

/// The extension module.
#[pymodule]
mod intervals {
    use super::*;

    #[pymodule_export]
    use super::set::{IntervalIter, IntervalSet};
    #[pymodule_export]
    use super::{IntervalError, call, chain, explode, longest_gap, measure, parse};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("EVERYTHING", (f64::NEG_INFINITY, f64::INFINITY))
    }
}

/// parse(text, /, *, separator=","): the set that a text like "1-2,5-7" describes.
#[pyfunction]
#[pyo3(signature = (text, /, *, separator = ","))]
fn parse(text: &str, separator: &str) -> PyResult<set::IntervalSet> {
    let mut result = set::IntervalSet::default();
    for part in text.split(separator).filter(|part| !part.trim().is_empty()) {
        let (low, high) = part
            .split_once('-')
            .ok_or_else(|| IntervalError::new_err(format!("no interval: {part:?}")))?;
        result.insert(low.trim().parse::<f64>()?, high.trim().parse::<f64>()?)?;
    }
    Ok(result)
}

/// The longest gap between the intervals of a set, found without the interpreter's lock.
#[pyfunction]
fn longest_gap(py: Python<'_>, set: &set::IntervalSet) -> Option<(f64, f64)> {
    let parts = set.parts().to_vec();
    py.detach(move || {
        parts
            .windows(2)
            .map(|pair| (pair[0].1, pair[1].0))
            .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)))
    })
}

/// The sum of what a Python function returns for each interval.
#[pyfunction]
fn measure(set: &set::IntervalSet, function: &Bound<'_, PyAny>) -> PyResult<f64> {
    let mut sum = 0.0;
    for &(low, high) in set.parts() {
        sum += function.call1((low, high))?.extract::<f64>()?;
    }
    Ok(sum)
}

/// Calls; a LookupError is caught in Rust and given back as text, any other error passes.
#[pyfunction]
#[pyo3(signature = (function, *args, **kwargs))]
fn call<'py>(
    function: &Bound<'py, PyAny>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    match function.call(args, kwargs) {
        Err(error) if error.is_instance_of::<PyLookupError>(py) => {
            Ok(error.value(py).str()?.into_any())
        }
        other => other,
    }
}

/// Calls, and raises an IntervalError from what was raised.
#[pyfunction]
fn chain(py: Python<'_>, function: &Bound<'_, PyAny>) -> PyResult<()> {
    function.call0().map(drop).map_err(|cause| {
        let error = IntervalError::new_err("chained in Rust");
        error.set_cause(py, Some(cause));
        error
    })
}

/// Panics below a callback, so that the unwinding passes frames of the interpreter's caller.
#[pyfunction]
#[pyo3(signature = (function = None))]
fn explode(function: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    match function {
        Some(function) => function.call0().map(drop),
        None => panic!("the extension panicked"),
    }
}
