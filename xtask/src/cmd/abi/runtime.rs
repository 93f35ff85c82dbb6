//! The door of profilers and debuggers that look from outside: the section `.PyRuntime`, which begins with a table
//! of offsets. Ours must say what stock's says, kept by name in `tests/abi/reference-debug-offsets.tsv`.
use super::elf::Library;
use super::layout::Structs;
use super::section::Section;
use anyhow::{Context, Result, bail, ensure};

/// The file in `tests/abi` that keeps the record.
pub const RECORD: &str = "reference-debug-offsets.tsv";
/// What the table begins with.
const COOKIE: &[u8; 8] = b"xdebugpy";
/// 3.13.5, final, as `PY_VERSION_HEX` has it.
const VERSION: u64 = 0x030d_05f0;
/// The C name of the table's struct.
const TABLE: &str = "_Py_DebugOffsets";
const SECTION: &str = ".PyRuntime";
const SYMBOL: &str = "_PyRuntime";

/// A number of the table: its name, its place in the table, its value.
type Field = (String, u64, u64);

/// The record of `library`, whose structs are `structs`.
///
/// # Errors
/// When it has no table, or its debug information does not describe one.
pub fn record(library: &Library, structs: &Structs) -> Result<String> {
    let table = structs.get(TABLE).and_then(|all| all.first());
    let table = table.with_context(|| format!("{TABLE} is not described"))?;
    let bytes = table_bytes(library, table.size)?;
    let mut text = String::from("# member\toffset\tvalue\n");
    for member in table
        .members
        .iter()
        .filter(|member| member.leaf && member.path != "cookie")
    {
        let offset = u64::try_from(member.at)? / 8;
        let value = number(&bytes, offset)?;
        text.push_str(&format!("{}\t{offset}\t{value}\n", member.path));
    }
    Ok(text)
}

/// Compares the table of `library` with the record in `text`.
///
/// # Errors
/// When the record is not one.
pub fn compare(library: &Library, text: &str) -> Result<Section> {
    let mut section = Section::new("debug offsets");
    let fields = parse(text)?;
    let size = fields
        .iter()
        .map(|(_, offset, _)| offset + 8)
        .max()
        .unwrap_or(0);
    let bytes = match table_bytes(library, size) {
        Ok(bytes) => bytes,
        Err(error) => {
            section.fail(format!("{error:#}"));
            return Ok(section);
        }
    };
    section.check(bytes.starts_with(COOKIE), || {
        format!("{SECTION} begins without the cookie")
    });
    let version = number(&bytes, 8)?;
    section.check(version == VERSION, || {
        format!("version {version:#x}, not {VERSION:#x}")
    });
    for (name, offset, want) in fields {
        let have = number(&bytes, offset)?;
        section.check(have == want, || format!("{name}: {have}, stock has {want}"));
    }
    Ok(section)
}

fn table_bytes(library: &Library, size: u64) -> Result<Vec<u8>> {
    let (address, _) = library
        .sections
        .get(SECTION)
        .with_context(|| format!("no {SECTION}"))?;
    let symbol = library
        .symbols
        .get(SYMBOL)
        .with_context(|| format!("no {SYMBOL}"))?;
    ensure!(
        symbol.section == SECTION && symbol.address == *address,
        "{SYMBOL} is not at the beginning of {SECTION}"
    );
    Ok(library.bytes(*address, usize::try_from(size)?)?.to_vec())
}

fn number(bytes: &[u8], offset: u64) -> Result<u64> {
    let start = usize::try_from(offset)?;
    let eight = bytes
        .get(start..start + 8)
        .context("the table is too short")?;
    Ok(u64::from_le_bytes(eight.try_into()?))
}

fn parse(text: &str) -> Result<Vec<Field>> {
    let mut fields = vec![];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [name, offset, value] = line.split('\t').collect::<Vec<_>>()[..] else {
            bail!("not three fields: {line}");
        };
        fields.push((name.to_owned(), offset.parse()?, value.parse()?));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_read_by_name() {
        let fields = parse("# m\to\tv\nversion\t8\t51184112\ngc.size\t96\t192\n").unwrap();
        assert_eq!(fields[1], ("gc.size".to_owned(), 96, 192));
        assert!(parse("x\t1").is_err());
    }

    #[test]
    fn numbers_are_little_endian() {
        let bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x05, 0x0d, 0x03, 0, 0, 0, 0];
        assert_eq!(number(&bytes, 8).unwrap(), VERSION);
        assert!(number(&bytes, 9).is_err());
    }
}
