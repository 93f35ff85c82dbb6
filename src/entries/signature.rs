//! Signatures of entries: what the arguments and the result of a call are in C.

/// The most arguments (`PYROXENE_MOST_ARGUMENTS`).
pub(super) const MOST: usize = 8;

/// What a value is in C.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// `double`
    Double,
    /// `int64_t`
    Int,
    /// `PyObject *`
    Object,
}

impl Kind {
    const fn of_letter(letter: u8) -> Option<Self> {
        Some(match letter {
            b'd' => Self::Double,
            b'q' => Self::Int,
            b'O' => Self::Object,
            _ => return None,
        })
    }
}

/// What a call takes and gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Signature {
    arguments: [Kind; MOST],
    count: usize,
    /// What it gives.
    pub(super) result: Kind,
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
        let mut arguments = [Kind::Object; MOST];
        for (place, &letter) in arguments.iter_mut().zip(letters) {
            *place = Kind::of_letter(letter)?;
        }
        Some(Self {
            arguments,
            count: letters.len(),
            result: Kind::of_letter(*result)?,
        })
    }

    /// What it takes.
    pub(super) fn arguments(&self) -> &[Kind] {
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
            [Kind::Double, Kind::Int, Kind::Object]
        );
        assert_eq!(signature.result, Kind::Double);
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
