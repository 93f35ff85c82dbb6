//! A reader of makefiles, as far as upstream's needs one: variables, explicit rules, expansion. Touches nothing but
//! the file that it reads; functions of make (`$(shell …)` and the like) expand to nothing.
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// A makefile that has been read.
#[derive(Debug, Default)]
pub struct Makefile {
    variables: HashMap<String, String>,
    rules: Vec<Rule>,
    /// From a target to the rule that has its recipe.
    recipes: HashMap<String, usize>,
}

/// A rule, not expanded.
#[derive(Debug, Default)]
pub struct Rule {
    targets: String,
    prerequisites: String,
    recipe: Vec<String>,
}

impl Makefile {
    /// Reads a makefile.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self::parse(&text))
    }

    /// Reads the text of a makefile.
    pub fn parse(text: &str) -> Self {
        let mut make = Self::default();
        let mut current: Option<usize> = None;
        for line in text.replace("\\\n", " ").lines() {
            if let (Some(command), Some(rule)) = (line.strip_prefix('\t'), current) {
                make.rules[rule].recipe.push(command.trim().to_owned());
                continue;
            }
            let line = without_comment(line).trim();
            if line.is_empty() {
                continue;
            }
            if let Some((name, operator, value)) = assignment(line) {
                current = None;
                make.assign(name, operator, value);
            } else if let Some((targets, rest)) = line.split_once(':') {
                let (prerequisites, command) = match rest.split_once(';') {
                    Some((prerequisites, command)) => (prerequisites, Some(command)),
                    None => (rest, None),
                };
                current = Some(make.rules.len());
                make.rules.push(Rule {
                    targets: targets.trim().to_owned(),
                    prerequisites: prerequisites.trim().to_owned(),
                    recipe: command
                        .map(|command| command.trim().to_owned())
                        .into_iter()
                        .collect(),
                });
            } else {
                current = None;
            }
        }
        make.index();
        make
    }

    fn assign(&mut self, name: &str, operator: char, value: &str) {
        match operator {
            '+' => {
                let old = self.variables.entry(name.to_owned()).or_default();
                *old = format!("{old} {value}").trim().to_owned();
            }
            '?' if self.variables.contains_key(name) => {}
            _ => {
                self.variables.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn index(&mut self) {
        for (number, rule) in self.rules.iter().enumerate() {
            if rule.recipe.is_empty() {
                continue;
            }
            for target in self.expand(&rule.targets).split_whitespace() {
                self.recipes.insert(target.to_owned(), number);
            }
        }
    }

    /// The words of a variable, expanded.
    pub fn words(&self, variable: &str) -> Vec<String> {
        self.variable(variable)
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }

    /// A variable, expanded; empty when there is none.
    pub fn variable(&self, name: &str) -> String {
        self.variables
            .get(name)
            .map(|value| self.expand(value))
            .unwrap_or_default()
    }

    /// Expands `$(NAME)`, `${NAME}` and `$$`; what is unknown becomes nothing.
    pub fn expand(&self, text: &str) -> String {
        self.expand_with(text, &[])
    }

    /// Expands, with values for the automatic variables (`@`, `<`).
    pub fn expand_with(&self, text: &str, automatic: &[(char, &str)]) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let Some(first) = rest.chars().next() else {
                break;
            };
            match first {
                '$' => {
                    out.push('$');
                    rest = &rest[1..];
                }
                '(' | '{' => {
                    let close = if first == '(' { ')' } else { '}' };
                    let end = matching(rest, first, close).unwrap_or(rest.len());
                    let name = &rest[1..end.max(1)];
                    if let Some(value) = self.variables.get(name) {
                        out.push_str(&self.expand_with(value, automatic));
                    }
                    rest = rest.get(end + 1..).unwrap_or_default();
                }
                other => {
                    if let Some((_, value)) = automatic.iter().find(|(name, _)| *name == other) {
                        out.push_str(value);
                    }
                    rest = &rest[other.len_utf8()..];
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// The rule that has the recipe of a target.
    pub fn rule_of(&self, target: &str) -> Option<&Rule> {
        self.recipes.get(target).map(|number| &self.rules[*number])
    }

    /// Every target that has a recipe of its own.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.recipes.keys().map(String::as_str)
    }

    /// The prerequisites of a target's rule, expanded.
    pub fn prerequisites(&self, target: &str) -> Vec<String> {
        self.rule_of(target)
            .map(|rule| self.expand(&rule.prerequisites))
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }

    /// The first command of a target's recipe, expanded for this target and first prerequisite.
    pub fn command(&self, target: &str, first: &str) -> Option<String> {
        let rule = self.rule_of(target)?;
        Some(self.expand_with(rule.recipe.first()?, &[('@', target), ('<', first)]))
    }

    /// The recipe of the suffix rule from C to object, for one object.
    pub fn suffix_command(&self, object: &str, source: &str) -> Option<String> {
        let rule = self.rule_of(".c.o")?;
        Some(self.expand_with(rule.recipe.first()?, &[('@', object), ('<', source)]))
    }
}

/// Where the bracket that opens `text` closes.
fn matching(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(at) = line[from..].find('#').map(|at| at + from) {
        if at == 0 || line[..at].ends_with([' ', '\t']) {
            return &line[..at];
        }
        from = at + 1;
    }
    line
}

/// Splits `NAME = value`, with the character before the equals sign if it is an operator.
fn assignment(line: &str) -> Option<(&str, char, &str)> {
    let (left, value) = line.split_once('=')?;
    let (name, operator) = match left.as_bytes().last()? {
        b'?' => (&left[..left.len() - 1], '?'),
        b'+' => (&left[..left.len() - 1], '+'),
        b':' => (&left[..left.len() - 1], ':'),
        _ => (left, '='),
    };
    let name = name.trim();
    let good = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    good.then_some((name, operator, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "CC=\tcc # the compiler\nFLAGS= -a \\\n -b\nFLAGS+= -c\nX?= 1\nX?= 2\n\
        OBJS= a.o $(MORE) \nMORE=b.o\na.o b.o: x.c; $(CC) $(FLAGS) -c x.c -o $@ '$$Y'\n\
        .c.o:\n\t$(CC) -c -o $@ $<\nout$(SUF): $(OBJS)\n\tlink ${OBJS}\nb.o: dep.h\n";

    #[test]
    fn variables_expand() {
        let make = Makefile::parse(TEXT);
        assert_eq!(make.words("FLAGS"), ["-a", "-b", "-c"]);
        assert_eq!(make.words("OBJS"), ["a.o", "b.o"]);
        assert_eq!(make.variable("X"), "1");
        assert_eq!(make.variable("NONE"), "");
    }

    #[test]
    fn rules_have_recipes() {
        let make = Makefile::parse(TEXT);
        let command = make.command("b.o", "x.c").unwrap();
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(
            words,
            ["cc", "-a", "-b", "-c", "-c", "x.c", "-o", "b.o", "'$Y'"]
        );
        assert_eq!(
            make.suffix_command("q.o", "q.c").unwrap(),
            "cc -c -o q.o q.c"
        );
        assert_eq!(make.prerequisites("out"), ["a.o", "b.o"]);
    }
}
