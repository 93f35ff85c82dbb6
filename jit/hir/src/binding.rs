//! Which arguments of a call the parameters of a Python function are bound to, where that is known before the call.
use core::ops::Range;
use pyroxene_jit_api::Callee;

/// What a parameter is bound to. Arguments and names are told by their numbers in the call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// An argument.
    Argument(usize),
    /// The default of this number, of those for parameters that need not be named.
    Default(u32),
    /// The default of the parameter of this number, which can only be named.
    NamedDefault(usize),
    /// A tuple of arguments.
    Rest(Range<usize>),
    /// A dictionary of arguments with these names.
    Keywords(Vec<usize>),
}

/// What each parameter of a function is bound to in a call with so many arguments, the last of which have names. Nothing if the call
/// raises, or that is not known.
pub fn bind(callee: &Callee, arguments: usize, names: &[String]) -> Option<Vec<Source>> {
    let unnamed = arguments.checked_sub(names.len())?;
    if callee.makes_generator && (callee.takes_rest || callee.takes_keywords) {
        // Whoever makes the generator takes nothing but references.
        return None;
    }
    let count = callee.parameters as usize;
    if unnamed > count && !callee.takes_rest {
        return None;
    }
    let mut bound: Vec<Option<Source>> = vec![None; callee.names.len()];
    for (index, source) in bound.iter_mut().enumerate().take(unnamed.min(count)) {
        *source = Some(Source::Argument(index));
    }
    let mut left = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let can_be_named = callee
            .names
            .iter()
            .enumerate()
            .skip(callee.unnamed as usize);
        let parameter = can_be_named
            .into_iter()
            .find(|(_, parameter)| parameter.name == *name);
        match parameter {
            Some((index, _)) if bound[index].is_some() => return None,
            Some((index, _)) => bound[index] = Some(Source::Argument(unnamed + number)),
            None if callee.takes_keywords => left.push(number),
            None => return None,
        }
    }
    let mut sources = Vec::new();
    for (index, source) in bound.into_iter().enumerate() {
        sources.push(match source {
            Some(source) => source,
            None if index < count => Source::Default(default(callee, index)?),
            None => {
                callee.names[index].default?;
                Source::NamedDefault(index)
            }
        });
    }
    if callee.takes_rest {
        sources.push(Source::Rest(count.min(unnamed)..unnamed));
    }
    if callee.takes_keywords {
        sources.push(Source::Keywords(left));
    }
    Some(sources)
}

/// The number of the default of a parameter. A function can have more of them than parameters: the last ones count.
fn default(callee: &Callee, parameter: usize) -> Option<u32> {
    let parameter = u32::try_from(parameter).ok()?;
    (parameter + callee.defaults).checked_sub(callee.parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pyroxene_jit_api::Parameter;

    /// A function with these parameters that need not be named, and those that must be: with an exclamation mark if they have no
    /// default.
    fn callee(parameters: &[&str], named: &[&str]) -> Callee {
        let parameter = |name: &&str, default| Parameter {
            name: name.trim_end_matches('!').to_owned(),
            address: 0,
            default,
        };
        let unnamed = parameters.iter().map(|name| parameter(name, None));
        let named = named
            .iter()
            .map(|name| parameter(name, (!name.ends_with('!')).then_some(0)));
        Callee {
            name: "f".to_owned(),
            version: 1,
            target: 0,
            parameters: u32::try_from(parameters.len()).unwrap(),
            unnamed: 0,
            defaults: 0,
            names: unnamed.chain(named).collect(),
            takes_rest: false,
            takes_keywords: false,
            locals: 0,
            frame_size: 0,
            makes_generator: false,
            is_stand_in: false,
            body: None,
        }
    }

    fn bound(callee: &Callee, arguments: usize, names: &[&str]) -> Option<Vec<Source>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        bind(callee, arguments, &names)
    }

    use Source::{Argument, Default, Keywords, NamedDefault, Rest};

    #[test]
    fn arguments_by_place_and_by_name() {
        let plain = callee(&["a", "b"], &[]);
        let both = Some(vec![Argument(0), Argument(1)]);
        assert_eq!(bound(&plain, 2, &[]), both);
        assert_eq!(bound(&plain, 2, &["b"]), both);
        assert_eq!(
            bound(&plain, 2, &["b", "a"]),
            Some(vec![Argument(1), Argument(0)])
        );
        for (count, names) in [
            (1, &[][..]),
            (3, &[]),
            (2, &["a"]),
            (2, &["c"]),
            (3, &["b"]),
        ] {
            assert_eq!(bound(&plain, count, names), None, "{count} {names:?}");
        }
    }

    #[test]
    fn defaults_are_counted_from_the_last() {
        let two = Callee {
            defaults: 2,
            ..callee(&["a", "b", "c"], &[])
        };
        let expected = Some(vec![Argument(0), Default(0), Argument(1)]);
        assert_eq!(bound(&two, 2, &["c"]), expected);
        assert_eq!(
            bound(&two, 2, &["b"]),
            Some(vec![Argument(0), Argument(1), Default(1)])
        );
        assert_eq!(bound(&two, 1, &["c"]), None);
        let more = Callee {
            defaults: 3,
            ..callee(&["a"], &[])
        };
        assert_eq!(bound(&more, 0, &[]), Some(vec![Default(2)]));
    }

    #[test]
    fn what_can_only_be_named() {
        let named = callee(&["a"], &["b", "c!"]);
        assert_eq!(bound(&named, 1, &[]), None);
        assert_eq!(bound(&named, 3, &["c"]), None);
        assert_eq!(
            bound(&named, 2, &["c"]),
            Some(vec![Argument(0), NamedDefault(1), Argument(1)])
        );
    }

    #[test]
    fn what_is_left_over() {
        let all = Callee {
            takes_rest: true,
            takes_keywords: true,
            unnamed: 1,
            defaults: 1,
            ..callee(&["a", "b"], &["c"])
        };
        assert_eq!(
            bound(&all, 5, &["a", "c"]),
            Some(vec![
                Argument(0),
                Argument(1),
                Argument(4),
                Rest(2..3),
                Keywords(vec![0]),
            ])
        );
        assert_eq!(
            bound(&all, 1, &[]),
            Some(vec![
                Argument(0),
                Default(0),
                NamedDefault(2),
                Rest(1..1),
                Keywords(vec![]),
            ])
        );
        assert_eq!(bound(&all, 1, &["a"]), None);
    }
}
