//! The set itself: intervals that are kept sorted and apart, its operators, its iterator, a cycle that can be collected.
use crate::IntervalError;
use pyo3::class::basic::CompareOp;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// A set of half-open intervals of floats.
#[pyclass(subclass, weakref, module = "intervals")]
#[derive(Default)]
pub struct IntervalSet {
    parts: Vec<(f64, f64)>,
    owner: Option<Py<PyAny>>,
}

impl IntervalSet {
    /// The intervals, sorted and apart.
    pub fn parts(&self) -> &[(f64, f64)] {
        &self.parts
    }

    /// Adds an interval, joining it with those that it touches.
    pub fn insert(&mut self, low: f64, high: f64) -> PyResult<()> {
        if low.is_nan() || high.is_nan() || low >= high {
            return Err(IntervalError::new_err(format!(
                "an interval from {low} to {high}"
            )));
        }
        let first = self.parts.partition_point(|part| part.1 < low);
        let last = self.parts.partition_point(|part| part.0 <= high);
        let joined = self.parts[first..last]
            .iter()
            .fold((low, high), |all, part| {
                (all.0.min(part.0), all.1.max(part.1))
            });
        self.parts.splice(first..last, [joined]);
        Ok(())
    }
}

#[pymethods]
impl IntervalSet {
    /// IntervalSet(parts=()): the union of some pairs.
    #[new]
    #[pyo3(signature = (parts = None))]
    fn new(parts: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let mut set = Self::default();
        if let Some(parts) = parts {
            for part in parts.try_iter()? {
                let (low, high) = part?.extract()?;
                set.insert(low, high)?;
            }
        }
        Ok(set)
    }

    /// The set that holds one interval.
    #[classmethod]
    fn between(class: &Bound<'_, PyType>, low: f64, high: f64) -> PyResult<Py<PyAny>> {
        let pair = PyTuple::new(class.py(), [(low, high)])?;
        Ok(class.call1((pair,))?.unbind())
    }

    /// Adds an interval.
    fn add(&mut self, low: f64, high: f64) -> PyResult<()> {
        self.insert(low, high)
    }

    /// Adds every pair that a function gives until it gives None, while the set is borrowed.
    fn add_from(&mut self, function: &Bound<'_, PyAny>) -> PyResult<usize> {
        let mut count = 0;
        while let Some((low, high)) = function.call0()?.extract::<Option<(f64, f64)>>()? {
            self.insert(low, high)?;
            count += 1;
        }
        Ok(count)
    }

    /// The sum of the lengths.
    #[getter]
    fn length(&self) -> f64 {
        self.parts.iter().map(|part| part.1 - part.0).sum()
    }

    /// Any object; may be part of a cycle.
    #[getter]
    fn owner(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.owner.as_ref().map(|owner| owner.clone_ref(py))
    }

    #[setter]
    fn set_owner(&mut self, owner: Option<Py<PyAny>>) {
        self.owner = owner;
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.owner)
    }

    fn __clear__(&mut self) {
        self.owner = None;
    }

    fn __len__(&self) -> usize {
        self.parts.len()
    }

    fn __contains__(&self, value: f64) -> bool {
        let next = self.parts.partition_point(|part| part.1 <= value);
        self.parts.get(next).is_some_and(|part| part.0 <= value)
    }

    fn __getitem__(&self, index: isize) -> PyResult<(f64, f64)> {
        let size = self.parts.len() as isize;
        let index = if index < 0 { index + size } else { index };
        usize::try_from(index)
            .ok()
            .and_then(|index| self.parts.get(index))
            .copied()
            .ok_or_else(|| PyIndexError::new_err("interval index out of range"))
    }

    fn __iter__(slf: Bound<'_, Self>) -> IntervalIter {
        IntervalIter {
            set: slf.unbind(),
            next: 0,
        }
    }

    fn __or__(&self, other: &Self) -> PyResult<Self> {
        let mut result = Self {
            parts: self.parts.clone(),
            owner: None,
        };
        for &(low, high) in &other.parts {
            result.insert(low, high)?;
        }
        Ok(result)
    }

    fn __invert__(&self) -> Self {
        let mut parts = Vec::with_capacity(self.parts.len() + 1);
        let mut low = f64::NEG_INFINITY;
        for part in &self.parts {
            if low < part.0 {
                parts.push((low, part.0));
            }
            low = part.1;
        }
        if low < f64::INFINITY {
            parts.push((low, f64::INFINITY));
        }
        Self { parts, owner: None }
    }

    fn __and__(&self, other: &Self) -> PyResult<Self> {
        // The law of De Morgan spares a second algorithm.
        Ok(self.__invert__().__or__(&other.__invert__())?.__invert__())
    }

    fn __richcmp__(&self, other: &Bound<'_, PyAny>, op: CompareOp) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else {
            return match op {
                CompareOp::Eq => Ok(false),
                CompareOp::Ne => Ok(true),
                _ => Err(PyTypeError::new_err(
                    "a set of intervals compares with its kind",
                )),
            };
        };
        let other = other.borrow();
        let within = |inner: &Self, outer: &Self| -> PyResult<bool> {
            Ok(inner.__and__(outer)?.parts == inner.parts)
        };
        Ok(match op {
            CompareOp::Eq => self.parts == other.parts,
            CompareOp::Ne => self.parts != other.parts,
            CompareOp::Le => within(self, &other)?,
            CompareOp::Lt => self.parts != other.parts && within(self, &other)?,
            CompareOp::Ge => within(&other, self)?,
            CompareOp::Gt => self.parts != other.parts && within(&other, self)?,
        })
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for part in &self.parts {
            (part.0.to_bits(), part.1.to_bits()).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn __bool__(&self) -> bool {
        !self.parts.is_empty()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let name = slf.get_type().name()?;
        Ok(format!("{name}({:?})", slf.borrow().parts))
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> (Py<PyAny>, (Vec<(f64, f64)>,)) {
        (
            slf.get_type().into_any().unbind(),
            (slf.borrow().parts.clone(),),
        )
    }
}

/// The iterator: it sees what is added while it runs.
#[pyclass]
pub struct IntervalIter {
    set: Py<IntervalSet>,
    next: usize,
}

#[pymethods]
impl IntervalIter {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&mut self, py: Python<'_>) -> Option<(f64, f64)> {
        let part = self.set.borrow(py).parts.get(self.next).copied();
        self.next += 1;
        part
    }
}
