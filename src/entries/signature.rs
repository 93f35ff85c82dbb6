//! Signatures of entries: what the arguments and the result of a call are in C.

use pyroxene_jit_api::Passed;

/// The most arguments (`PYROXENE_MOST_ARGUMENTS`).
pub(super) const MOST: usize = 8;

/// What a value is in C, by its letter: `double`, `int64_t`, `PyObject *`.
const fn of_letter(letter: u8) -> Option<Passed> {
    Some(match letter {
        b'd' => Passed::Float,
        b'q' => Passed::Int,
        b'O' => Passed::Object,
        _ => return None,
    })
}

/// What a call takes and gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Signature {
    arguments: [Passed; MOST],
    count: usize,
    /// What it gives.
    pub(super) result: Passed,
}

impl Signature {
    /// Reads `letters->letter`; nothing if it is none, or has too many.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let [letters @ .., b'-', b'>', result] = text else {
            return None;
        };
        if letters.len() > MOST {
            return None;
        }
        let mut arguments = [Passed::Object; MOST];
        for (place, &letter) in arguments.iter_mut().zip(letters) {
            *place = of_letter(letter)?;
        }
        Some(Self {
            arguments,
            count: letters.len(),
            result: of_letter(*result)?,
        })
    }

    /// What it takes.
    pub(super) fn arguments(&self) -> &[Passed] {
        &self.arguments[..self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read() {
        let signature = Signature::parse(b"dqO->d").expect("it is one");
        assert_eq!(
            signature.arguments(),
            [Passed::Float, Passed::Int, Passed::Object]
        );
        assert_eq!(signature.result, Passed::Float);
        assert_eq!(
            Signature::parse(b"->O").map(|none| none.arguments().len()),
            Some(0)
        );
        assert!(Signature::parse(b"dddddddd->q").is_some());
    }

    #[test]
    fn what_is_none_is_refused() {
        for wrong in [
            &b""[..],
            b"d",
            b"d->",
            b"->dd",
            b"x->d",
            b"d->x",
            b"d d->d",
            b"ddddddddd->d",
            b"d->d ",
        ] {
            assert_eq!(Signature::parse(wrong), None, "{}", wrong.escape_ascii());
        }
    }
}
