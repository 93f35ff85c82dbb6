//! Which tools watch which events: of an interpreter, and of one code object. Plain values.
use super::event::{Event, EventSet, LOCAL_EVENTS, UNGROUPED_EVENTS};
use super::tool::{Tool, ToolSet};
use crate::ffi;

/// The tools that watch each of the first `N` events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Monitors<const N: usize>([ToolSet; N]);

/// Those of an interpreter, for all events that tools register for (`_Py_GlobalMonitors`).
pub(super) type GlobalMonitors = Monitors<UNGROUPED_EVENTS>;

/// Those of a code object, for local events (`_Py_LocalMonitors`).
pub(super) type LocalMonitors = Monitors<LOCAL_EVENTS>;

const _: () = assert!(size_of::<GlobalMonitors>() == size_of::<ffi::_Py_GlobalMonitors>());
const _: () = assert!(size_of::<LocalMonitors>() == size_of::<ffi::_Py_LocalMonitors>());

impl<const N: usize> Monitors<N> {
    /// Nobody watches anything.
    pub const EMPTY: Self = Self([ToolSet::EMPTY; N]);

    /// Who watches an event. Nobody watches one that is not among the first `N`.
    #[inline(always)]
    pub fn tools(&self, event: Event) -> ToolSet {
        self.0
            .get(event.number())
            .copied()
            .unwrap_or(ToolSet::EMPTY)
    }

    /// Whether nobody watches anything.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|tools| tools.is_empty())
    }

    /// Whether there is an event that more than one tool watches.
    pub fn has_shared_event(&self) -> bool {
        self.0.iter().any(|tools| tools.len() > 1)
    }

    /// The events that a tool watches.
    pub fn events_of(&self, tool: Tool) -> EventSet {
        let watched = |event: &Event| self.tools(*event).has(tool);
        Event::ALL
            .into_iter()
            .filter(watched)
            .fold(EventSet::EMPTY, EventSet::with)
    }

    /// The same, but that a tool watches these events and no others.
    #[must_use]
    pub fn with_events_of(mut self, tool: Tool, events: EventSet) -> Self {
        for (tools, event) in self.0.iter_mut().zip(Event::ALL) {
            *tools = if events.has(event) {
                tools.union(tool.alone())
            } else {
                tools.minus(tool.alone())
            };
        }
        self
    }

    /// What is in this and not in the other.
    #[must_use]
    pub fn minus(mut self, other: &Self) -> Self {
        for (tools, others) in self.0.iter_mut().zip(&other.0) {
            *tools = tools.minus(*others);
        }
        self
    }
}

impl LocalMonitors {
    /// What is in this, and the local events of an interpreter.
    #[must_use]
    pub fn with_global(mut self, global: &GlobalMonitors) -> Self {
        for (tools, others) in self.0.iter_mut().zip(&global.0) {
            *tools = tools.union(*others);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WATCHED: EventSet = EventSet::of(&[Event::PyStart, Event::Line]);

    #[test]
    fn a_tool_has_the_events_it_was_given() {
        let monitors = LocalMonitors::EMPTY.with_events_of(Tool::SYS_TRACE, WATCHED);
        assert_eq!(monitors.events_of(Tool::SYS_TRACE), WATCHED);
        assert_eq!(monitors.events_of(Tool::SYS_PROFILE), EventSet::EMPTY);
        assert_eq!(monitors.tools(Event::Line), Tool::SYS_TRACE.alone());
        assert_eq!(monitors.tools(Event::Raise), ToolSet::EMPTY);
        let none = monitors.with_events_of(Tool::SYS_TRACE, EventSet::EMPTY);
        assert!(none.is_empty() && !monitors.is_empty());
    }

    #[test]
    fn global_events_that_are_local_join() {
        let events = WATCHED.with(Event::Raise);
        let global = GlobalMonitors::EMPTY.with_events_of(Tool::SYS_PROFILE, events);
        let local = LocalMonitors::EMPTY.with_events_of(Tool::SYS_TRACE, WATCHED);
        let both = local.with_global(&global);
        assert_eq!(both.events_of(Tool::SYS_PROFILE), WATCHED);
        assert!(both.has_shared_event() && !local.has_shared_event());
        assert_eq!(both.minus(&local).with_global(&GlobalMonitors::EMPTY), {
            LocalMonitors::EMPTY.with_events_of(Tool::SYS_PROFILE, WATCHED)
        });
    }
}
