//! What was found, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::bench::Verdict;
use crate::local::Exchange;

/// All that was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The runner's base address.
    pub runner: String,
    /// Where it found its photos.
    pub portal: String,
    /// One after another, as they were made.
    pub checks: Vec<Checked>,
}

/// A check that was made.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Its name.
    pub id: &'static str,
    /// What is right.
    pub what: &'static str,
    /// Whether every runner must do it.
    pub required: bool,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a check ended.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Pass,
    /// Not as it should be.
    Fail {
        /// What was expected.
        why: String,
        /// What shows it.
        #[serde(flatten)]
        exchanged: Option<Exchanged>,
    },
    /// The runner does without this, which it may.
    NotOffered {
        /// What it lacks.
        why: String,
    },
}

/// What was sent, and what came back.
#[derive(Debug, Serialize)]
pub struct Exchanged {
    /// The request, in short.
    pub sent: String,
    /// The answer, in short.
    pub got: String,
}

/// Why a check does not pass.
#[derive(Debug)]
pub(super) struct Trouble(Outcome);

impl Trouble {
    /// It is wrong, as this exchange shows.
    pub(super) fn fails(exchange: &Exchange, why: impl Into<String>) -> Self {
        let got = match &exchange.answer {
            Ok(answer) => answer.shown(),
            Err(_) => "nothing".to_owned(),
        };
        let exchanged = Some(Exchanged { sent: exchange.sent.clone(), got });
        Self(Outcome::Fail { why: why.into(), exchanged })
    }

    /// It is not there.
    pub(super) fn not_offered(why: impl Into<String>) -> Self {
        Self(Outcome::NotOffered { why: why.into() })
    }
}

impl Outcome {
    pub(super) fn of(verdict: Verdict) -> Self {
        match verdict {
            Ok(()) => Self::Pass,
            Err(Trouble(outcome)) => outcome,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail { .. } => "FAIL",
            Self::NotOffered { .. } => "not offered",
        }
    }
}

impl Report {
    /// Whether all that is required is right. What is optional and wrong is told, and does not count here.
    pub fn conforms(&self) -> bool {
        self.checks.iter().filter(|check| check.required).all(|check| matches!(check.outcome, Outcome::Pass))
    }

    fn section(&self, f: &mut fmt::Formatter<'_>, title: &str, required: bool) -> fmt::Result {
        let width = self.checks.iter().map(|check| check.id.len()).max().unwrap_or_default();
        writeln!(f, "\n{title}")?;
        for check in self.checks.iter().filter(|check| check.required == required) {
            writeln!(f, "  {:<11}  {:<width$}  {}", check.outcome.word(), check.id, check.what)?;
            match &check.outcome {
                Outcome::Pass => {}
                Outcome::NotOffered { why } => writeln!(f, "  {:<11}  {:<width$}  ({why})", "", "")?,
                Outcome::Fail { why, exchanged } => {
                    if let Some(Exchanged { sent, got }) = exchanged {
                        writeln!(f, "{:17}sent  {sent}\n{:17}got   {got}", "", "")?;
                    }
                    writeln!(f, "{:17}but   {why}", "")?;
                }
            }
        }
        Ok(())
    }

    fn count(&self, required: bool, of: fn(&Outcome) -> bool) -> usize {
        self.checks.iter().filter(|check| check.required == required && of(&check.outcome)).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The runner at {}, its photos at {}", self.runner, self.portal)?;
        self.section(f, "Required", true)?;
        self.section(f, "Optional", false)?;
        let pass = |outcome: &Outcome| matches!(outcome, Outcome::Pass);
        writeln!(
            f,
            "\n{} of {} required checks pass; of {} optional ones {} pass, {} fail, {} are not offered.",
            self.count(true, pass),
            self.count(true, |_| true),
            self.count(false, |_| true),
            self.count(false, pass),
            self.count(false, |outcome| matches!(outcome, Outcome::Fail { .. })),
            self.count(false, |outcome| matches!(outcome, Outcome::NotOffered { .. })),
        )?;
        writeln!(f, "{}", if self.conforms() { "It conforms." } else { "It does not conform." })
    }
}
