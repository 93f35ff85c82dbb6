//! Finding a line of source and showing it. Runs Python code: the module `io`, codecs, and the file that is printed to.
use crate::ffi;
use crate::object::code_points::CodePoints;
use crate::object::text::str_from;
use crate::object::{Borrowed, IntoC, Owned, Raised, check_bool, import, lookup};
use crate::static_id;
use crate::traceback::TextFile;
use core::ffi::{CStr, c_char, c_int};
use core::ptr::{NonNull, null_mut};

/// The longest path of a file that is looked for on `sys.path`, with its final zero (osdefs.h `MAXPATHLEN`).
const PATH_BUFFER: usize = libc::PATH_MAX as usize + 1;

/// What stands between the parts of a path (osdefs.h `SEP`).
const SEPARATOR: u8 = b'/';

/// One line of a source file, without its end.
pub struct SourceLine(Owned);

/// Why there is no line to show.
pub enum NoLine {
    /// The name is not that of a file (`<string>`), or the file is not text: nothing is to be shown, and to C that is
    /// success.
    NoText,
    /// What `io.open` gave has no descriptor. To C this too is success, although an exception is set.
    NoDescriptor(Raised),
    /// There is no such file or no such line; no exception is set.
    NotFound,
    /// An exception is set.
    Raised(Raised),
}

impl NoLine {
    /// What C is told: 0 or -1.
    pub fn status(&self) -> c_int {
        match self {
            Self::NoText | Self::NoDescriptor(_) => 0,
            Self::NotFound | Self::Raised(_) => -1,
        }
    }
}

impl SourceLine {
    /// Reads a line of a source file, which is looked for on `sys.path` when it is not where its name says, and is
    /// decoded as its first lines declare (traceback.c `display_source_line`).
    ///
    /// # Errors
    /// The reason why there is none, with an exception or without.
    pub fn find(filename: Borrowed<'_>, line: c_int) -> Result<Self, NoLine> {
        if !is_file_name(filename) {
            return Err(NoLine::NoText);
        }
        let io = import(c"io").map_err(NoLine::Raised)?;
        let binary = match open(io.borrow(), filename) {
            Ok(binary) => binary,
            Err(raised) => {
                raised.clear();
                find_on_path(io.borrow(), filename).ok_or(NoLine::NotFound)?
            }
        };
        let text = decoded(io.borrow(), binary, filename)?;
        drop(io);
        let found = nth_line(text.borrow(), line);
        close(text.borrow());
        drop(text);
        found
            .filter(|found| found.borrow().is_str())
            .map(Self)
            .ok_or(NoLine::NotFound)
    }

    /// The line as it stands in the file.
    pub fn text(&self) -> Borrowed<'_> {
        self.0.borrow()
    }

    /// How many blanks, tabs and form feeds it starts with.
    pub fn indentation(&self) -> usize {
        // SAFETY: a line is a str, and strings do not change.
        let text = unsafe { CodePoints::of(self.0.as_ptr()) };
        text.map_or(0, |text| text.iter().take_while(is_blank).count())
    }

    /// Prints the line, with an indentation of so many blanks instead of its own.
    ///
    /// # Errors
    /// What writing to the file raises.
    pub fn print(&self, file: TextFile<'_>, indent: c_int) -> Result<(), Raised> {
        let stripped = self.stripped();
        file.indent(indent)?;
        file.object(stripped.as_ref().unwrap_or(&self.0).borrow())?;
        file.text(c"\n")
    }

    /// The line without its indentation; `None` when it has none, or the memory for that is not there.
    fn stripped(&self) -> Option<Owned> {
        let start = self.indentation().cast_signed();
        if start == 0 {
            return None;
        }
        // SAFETY: a line is a str; the result is a new reference, or NULL with an exception set.
        let stripped = unsafe {
            let length = ffi::PyUnicode_GetLength(self.0.as_ptr());
            Owned::from_c(ffi::PyUnicode_Substring(self.0.as_ptr(), start, length))
        };
        stripped.map_err(Raised::clear).ok()
    }
}

/// Whether a character is one with which Python code is indented.
fn is_blank(character: &u32) -> bool {
    [b' ', b'\t', b'\x0c'].map(u32::from).contains(character)
}

/// Whether the name of a code object's file is one, and not what stands for a file (`<stdin>`).
fn is_file_name(filename: Borrowed<'_>) -> bool {
    // SAFETY: strings do not change while they live.
    let Some(name) = (unsafe { CodePoints::of(filename.as_ptr()) }) else {
        return false;
    };
    name.first() != Some(u32::from(b'<')) || name.last() != Some(u32::from(b'>'))
}

/// `io.open(filename, "rb")`
fn open(io: Borrowed<'_>, filename: Borrowed<'_>) -> Result<Owned, Raised> {
    let mode = str_from(c"rb")?;
    io.call_method(static_id!(_py_open), &[filename, mode.borrow()])
}

/// Opens the file of this name, without its folder, in the first entry of `sys.path` that has one. No exception is set
/// when none has (traceback.c `_Py_FindSourceFile`).
fn find_on_path(io: Borrowed<'_>, filename: Borrowed<'_>) -> Option<Owned> {
    let filename = encoded(filename)?;
    let tail = until_zero(filename.borrow())
        .rsplit(|byte| *byte == SEPARATOR)
        .next()?;
    let path = search_path()?;
    let open = lookup::get(io, static_id!(_py_open));
    let open = open.map_err(Raised::clear).ok()?;
    let mut buffer = [0; PATH_BUFFER];
    // Opening runs code that may change the list, so that an index may point past its end.
    // SAFETY: the path is a list; its items are borrowed from it until the next call that can run code.
    let length = unsafe { ffi::PyList_Size(path.as_ptr().cast()) };
    for index in 0..length {
        // SAFETY: as said above.
        let folder = unsafe { Borrowed::from_c(ffi::PyList_GetItem(path.as_ptr().cast(), index)) };
        let folder = folder.map_err(Raised::clear).ok()?;
        if let Some(found) = open_in(open.borrow(), folder, tail, &mut buffer) {
            return Some(found);
        }
    }
    None
}

/// `sys.path` if it is a list.
fn search_path() -> Option<Owned<ffi::PyListObject>> {
    let mut path = null_mut();
    // SAFETY: the name is a static string; a new reference comes back through the pointer, or NULL.
    let path = unsafe {
        let status = ffi::_PySys_GetOptionalAttr(static_id!(_py_path).as_ptr(), &raw mut path);
        check_bool(status).map_err(Raised::clear).ok()?;
        Owned::from_c_optional(path)?
    };
    path.downcast().ok()
}

/// Opens the file `tail` in one entry of `sys.path`, if that is a string and the file is there.
fn open_in(
    open: Borrowed<'_>,
    folder: Borrowed<'_>,
    tail: &[u8],
    buffer: &mut [u8; PATH_BUFFER],
) -> Option<Owned> {
    if !folder.is_str() {
        return None;
    }
    let folder = encoded(folder.new_ref().borrow())?;
    let path = joined(folder.borrow().content(), tail, buffer)?;
    let file = || open.call(&[str_from(path)?.borrow(), str_from(c"rb")?.borrow()]);
    file().map_err(Raised::clear).ok()
}

/// The path of the file `tail` in `folder`; `None` when it is too long for a path, or the folder has a zero in its name.
fn joined<'a>(folder: &[u8], tail: &[u8], buffer: &'a mut [u8; PATH_BUFFER]) -> Option<&'a CStr> {
    if folder.len() + 1 + tail.len() >= PATH_BUFFER - 1 || folder.contains(&0) {
        return None;
    }
    let separator: &[u8] = match folder.last() {
        None | Some(&SEPARATOR) => b"",
        Some(_) => &[SEPARATOR],
    };
    let mut end = 0;
    for part in [folder, separator, tail, b"\0"] {
        let start = end;
        end += part.len();
        buffer.get_mut(start..end)?.copy_from_slice(part);
    }
    CStr::from_bytes_with_nul(buffer.get(..end)?).ok()
}

/// A file name as the system has it; `None` when it cannot be encoded.
fn encoded(name: Borrowed<'_>) -> Option<Owned<ffi::PyBytesObject>> {
    // SAFETY: the name is a str; the result is a new bytes object, or NULL with an exception set.
    let bytes = unsafe { Owned::from_c(ffi::PyUnicode_EncodeFSDefault(name.as_ptr()).cast()) };
    bytes.map_err(Raised::clear).ok()
}

/// The content of a bytes object up to the first zero, as C reads it.
fn until_zero(object: Borrowed<'_, ffi::PyBytesObject>) -> &[u8] {
    object
        .content()
        .split(|byte| *byte == 0)
        .next()
        .unwrap_or(&[])
}

/// The file as text, from its start. The file is closed when that is not possible.
fn decoded(io: Borrowed<'_>, binary: Owned, filename: Borrowed<'_>) -> Result<Owned, NoLine> {
    // SAFETY: the file is alive.
    let descriptor = unsafe { ffi::PyObject_AsFileDescriptor(binary.as_ptr()) };
    if descriptor < 0 {
        return Err(NoLine::NoDescriptor(Raised::on_c_word()));
    }
    let encoding = Encoding::declared(descriptor, filename);
    // SAFETY: moves the position of a descriptor that the file object holds open.
    if unsafe { libc::lseek(descriptor, 0, libc::SEEK_SET) } == -1 {
        return Err(NoLine::NoText);
    }
    let text = || {
        let encoding = str_from(encoding.name())?;
        let name = static_id!(_py_TextIOWrapper);
        io.call_method(name, &[binary.borrow(), encoding.borrow()])
    };
    text().map_err(|raised| {
        raised.clear();
        close(binary.borrow());
        NoLine::NoText
    })
}

/// The name of an encoding, in memory of Python's allocator; none when a source file does not declare any.
struct Encoding(Option<NonNull<c_char>>);

impl Encoding {
    /// What the first two lines of a file declare. Reads from the descriptor.
    fn declared(descriptor: c_int, filename: Borrowed<'_>) -> Self {
        // SAFETY: the function reads through a duplicate of the descriptor, and gives a string that is the caller's, or
        // NULL with or without an exception set.
        let name = unsafe { ffi::_PyTokenizer_FindEncodingFilename(descriptor, filename.as_ptr()) };
        let name = NonNull::new(name);
        if name.is_none()
            && let Err(raised) = Raised::pending()
        {
            raised.clear();
        }
        Self(name)
    }

    /// The name; UTF-8 is what a file has that does not say.
    fn name(&self) -> &CStr {
        match self.0 {
            // SAFETY: the string is ours and ends with a zero.
            Some(name) => unsafe { CStr::from_ptr(name.as_ptr()) },
            None => c"utf-8",
        }
    }
}

impl Drop for Encoding {
    fn drop(&mut self) {
        if let Some(name) = self.0 {
            // SAFETY: the string was allocated with PyMem_Malloc for us, and is freed once.
            unsafe { ffi::PyMem_Free(name.as_ptr().cast()) }
        }
    }
}

/// The line of this number, counted from 1; `None` when the file is shorter or cannot be read.
fn nth_line(text: Borrowed<'_>, number: c_int) -> Option<Owned> {
    let mut last = None;
    for _ in 0..number {
        // SAFETY: the file is alive; the result is a new reference, or NULL with an exception set.
        let line = unsafe { Owned::from_c(ffi::PyFile_GetLine(text.as_ptr(), -1)) };
        last = Some(line.map_err(Raised::clear).ok()?);
    }
    last
}

/// `file.close()`, without its exceptions.
fn close(file: Borrowed<'_>) {
    if let Err(raised) = file.call_method(static_id!(_py_close), &[]) {
        raised.clear();
    }
}

/// Finds a line and prints it, as C asks for it: what was found goes to `found` as a new reference, the difference of
/// the indentations to `shift` (traceback.c `_Py_DisplaySourceLine`). Gives 0 or -1.
pub fn display(
    file: TextFile<'_>,
    filename: Option<Borrowed<'_>>,
    line: c_int,
    indent: c_int,
    shift: Option<&mut c_int>,
    found: Option<&mut *mut ffi::PyObject>,
) -> c_int {
    let line = match filename.map_or(Err(NoLine::NoText), |name| SourceLine::find(name, line)) {
        Ok(line) => line,
        Err(none) => return none.status(),
    };
    if let Some(found) = found {
        *found = line.text().new_ref().into_raw();
    }
    if let Some(shift) = shift {
        *shift = (line.indentation() as c_int).wrapping_sub(indent);
    }
    line.print(file, indent).into_c()
}

#[cfg(test)]
mod tests {
    use super::{PATH_BUFFER, joined};

    fn path(folder: &[u8], tail: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = [0xff; PATH_BUFFER];
        joined(folder, tail, &mut buffer).map(|path| path.to_bytes().to_vec())
    }

    #[test]
    fn a_separator_is_added_when_there_is_none() {
        assert_eq!(path(b"/a", b"b.py"), Some(b"/a/b.py".to_vec()));
        assert_eq!(path(b"/a/", b"b.py"), Some(b"/a/b.py".to_vec()));
        assert_eq!(path(b"", b"b.py"), Some(b"b.py".to_vec()));
    }

    #[test]
    fn a_path_that_is_none_is_refused() {
        assert_eq!(path(b"/a\0b", b"c.py"), None);
        let longest = PATH_BUFFER - 1 - b"/c.py".len() - 1;
        assert!(path(&vec![b'a'; longest], b"c.py").is_some());
        assert_eq!(path(&vec![b'a'; longest + 1], b"c.py"), None);
    }
}
