//! What goes wrong, with the line where it did.

use std::{
    fmt::{self, Debug, Display, Formatter},
    panic::Location,
};

/// A result with an [`Error`], unless it names another.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a run did not end well.
///
/// What an app says on purpose ([`Error::new`], [`bail!`](crate::bail)) reaches the person who runs it in these words. What
/// goes wrong by surprise (`?` on any other error, a call of the host that fails) gets the file and line in its words.
/// The app's log has the place of both.
pub struct Error {
    message: String,
    place: &'static Location<'static>,
    foreseen: bool,
}

impl Error {
    /// An error in words for the person who runs the app.
    #[track_caller]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: Location::caller(), foreseen: true }
    }

    /// What a call of the host says.
    #[track_caller]
    pub(crate) fn host(message: String) -> Self {
        Self { message, place: Location::caller(), foreseen: false }
    }

    /// The same error, with what was being done written before it.
    #[must_use]
    pub fn context(mut self, doing: impl Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// What the run's caller is told.
    pub(crate) fn told(&self) -> String {
        if self.foreseen { self.message.clone() } else { format!("{} ({})", self.message, self.line()) }
    }

    /// What the log is told.
    pub(crate) fn logged(&self) -> String {
        format!("{}: {}", self.line(), self.message)
    }

    fn line(&self) -> String {
        format!("{}:{}", self.place.file(), self.place.line())
    }
}

impl Display for Error {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Debug for Error {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.logged())
    }
}

impl<E: std::error::Error> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self { message, place: Location::caller(), foreseen: false }
    }
}

/// What a call of the host answers; its words become an error of the line that made the call. A function of its own, and not
/// given to `map_err`, because the caller's line is known to direct calls only.
#[track_caller]
pub(crate) fn host<T>(answer: Result<T, String>) -> Result<T> {
    match answer {
        Ok(value) => Ok(value),
        Err(words) => Err(Error::host(words)),
    }
}

/// Says what was being done when something failed, or that something is missing.
pub trait Context<T> {
    /// Writes `doing` before the error's words; of nothing it makes an error with these words.
    ///
    /// # Errors
    /// If there was an error, or nothing.
    fn context(self, doing: impl Display) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for Result<T, E> {
    #[track_caller]
    fn context(self, doing: impl Display) -> Result<T> {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(error.into().context(doing)),
        }
    }
}

impl<T> Context<T> for Option<T> {
    #[track_caller]
    fn context(self, doing: impl Display) -> Result<T> {
        match self {
            Some(value) => Ok(value),
            None => Err(Error { message: doing.to_string(), place: Location::caller(), foreseen: false }),
        }
    }
}

/// Ends the run with an error in words for the person who runs the app: `bail!("no face found")`.
#[macro_export]
macro_rules! bail {
    ($($words:tt)*) => {
        return ::std::result::Result::Err($crate::Error::new(::std::format!($($words)*)))
    };
}

/// Ends the run with an error unless something holds: `ensure!(age > 0.0, "an age is above 0, not {age}")`.
#[macro_export]
macro_rules! ensure {
    ($holds:expr, $($words:tt)*) => {
        if !$holds {
            $crate::bail!($($words)*);
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<u32> {
        let number = text.parse()?;
        crate::ensure!(number > 0, "nothing was found");
        Ok(number)
    }

    #[test]
    fn what_was_foreseen_is_told_as_it_is_and_the_rest_with_its_place() {
        assert_eq!(number("7").unwrap(), 7);
        let foreseen = number("0").unwrap_err();
        assert_eq!(foreseen.told(), "nothing was found");
        let surprise = number("x").unwrap_err();
        let line = surprise.place.line();
        assert_eq!(surprise.told(), format!("invalid digit found in string ({}:{line})", file!()));
        assert_eq!(foreseen.place.line(), line + 1, "the line of the `?` is the one that was kept");
        assert_eq!(foreseen.logged(), format!("{}:{}: nothing was found", file!(), line + 1));
    }

    #[test]
    fn the_hosts_words_have_the_callers_line() {
        #[track_caller]
        fn call() -> Result<u32> {
            host(Err::<u32, _>("no such file".to_owned())).map(|n| n + 1)
        }
        let error = call().unwrap_err();
        assert_eq!(error.told(), format!("no such file ({}:{})", file!(), line!() - 1));
    }

    #[test]
    fn context_goes_before_the_words() {
        let error = "x".parse::<u32>().context("reading the age").unwrap_err();
        assert_eq!(error.to_string(), "reading the age: invalid digit found in string");
        assert_eq!(None::<u32>.context("no label").unwrap_err().to_string(), "no label");
    }
}
