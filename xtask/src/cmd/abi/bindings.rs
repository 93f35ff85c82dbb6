//! Layouts as the Rust core has them: the sizes and offsets that bindgen's output asserts at compile time. What
//! compiles has exactly these, so to compare the numbers with stock's is to compare Rust with C.
use super::layout::{Layout, Member, Structs};
use crate::paths;
use anyhow::{Context, Result};
use regex::Regex;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The layouts in the bindings of the last build; `None` when nothing is built.
///
/// # Errors
/// When they cannot be read.
pub fn layouts() -> Result<Option<Structs>> {
    let Some(path) = newest(&paths::target())? else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).map(Some)
}

/// The newest of `target/<profile>/build/pyroxene-<hash>/out/bindings.rs`.
fn newest(target: &Path) -> Result<Option<PathBuf>> {
    let mut found: Option<(SystemTime, PathBuf)> = None;
    for profile in std::fs::read_dir(target)? {
        let Ok(builds) = std::fs::read_dir(profile?.path().join("build")) else {
            continue;
        };
        for build in builds {
            let path = build?.path().join("out/bindings.rs");
            if let Ok(time) = path.metadata().and_then(|data| data.modified())
                && found.as_ref().is_none_or(|(newest, _)| *newest < time)
            {
                found = Some((time, path));
            }
        }
    }
    Ok(found.map(|(_, path)| path))
}

fn parse(text: &str) -> Result<Structs> {
    let size = Regex::new(r#"\["Size of (\w+)"\]\[.* - (\d+)usize\]"#)?;
    let offset = Regex::new(r#"\["Offset of field: (\w+)::(\w+)"\]\[.* - (\d+)usize\]"#)?;
    let mut structs = Structs::new();
    // A long assertion is broken over several lines.
    let joined = text
        .replace("\n        ", "")
        .replace(",\n    ]", "]")
        .replace("\n    ]", "]");
    for line in joined.lines() {
        if let Some(found) = size.captures(line) {
            let layout = Layout {
                size: found[2].parse()?,
                members: vec![],
            };
            structs.entry(found[1].to_owned()).or_default().push(layout);
        } else if let Some(found) = offset.captures(line) {
            let at = found[3].parse::<i64>()? * 8;
            let layouts = structs.get_mut(&found[1]).and_then(|all| all.last_mut());
            let layout = layouts.context("an offset before the size")?;
            let path = found[2].to_owned();
            layout.members.push(Member {
                path,
                at,
                bits: None,
                leaf: true,
            });
        }
    }
    Ok(structs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertions_give_layouts() {
        let text = r#"
const _: () = {
    ["Size of _object"][::core::mem::size_of::<_object>() - 16usize];
    ["Alignment of _object"][::core::mem::align_of::<_object>() - 8usize];
    ["Offset of field: _object::ob_type"][::core::mem::offset_of!(_object, ob_type) - 8usize];
    ["Offset of field: _object::long"]
        [::core::mem::offset_of!(_object, long) - 12usize];
};"#;
        let structs = parse(text).unwrap();
        let layout = &structs["_object"][0];
        assert_eq!(layout.size, 16);
        let members: Vec<_> = layout
            .members
            .iter()
            .map(|m| (m.path.as_str(), m.at))
            .collect();
        assert_eq!(members, [("ob_type", 64), ("long", 96)]);
    }
}
