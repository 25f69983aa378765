//! What the site is set to: kept in the database, effective at once here and within seconds at other portals.

use std::sync::{Arc, PoisonError, RwLock};

use vision_protocol::{
    fault::Fault,
    limits::{PackageLimits, RunLimits},
};

use super::{
    DomainError, Result,
    audit::{Act, By},
    roles::Permission,
};
use crate::{config::LimitsConfig, state::Portal};

/// What another portal has set is seen this late at most.
const KEPT_MS: i64 = 2000;
/// What the marketplace is called before somebody gives it a name.
pub const FIRST_NAME: &str = "Intelligent Vision";
const LONGEST_NAME: usize = 60;
const LONGEST_TERMS: usize = 50_000;
const LARGEST_MIB: u64 = 4096;
const LONGEST_RETENTION: u32 = 3650;

/// Who may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpPolicy {
    /// Everybody.
    Open,
    /// Who was invited.
    Invited,
    /// Nobody.
    Closed,
}

impl SignUpPolicy {
    /// All of them, with what people read.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Open, "Everybody"), (Self::Invited, "Only who has an invitation"), (Self::Closed, "Nobody")];

    /// Its name in forms and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invited => "invited",
            Self::Closed => "closed",
        }
    }

    /// The policy of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().map(|(policy, _)| *policy).find(|policy| policy.name() == name)
    }
}

/// What the site is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// What the marketplace is called.
    pub name: String,
    /// Who may sign up.
    pub sign_up: SignUpPolicy,
    /// Whether a release needs no reviewer.
    pub auto_approve: bool,
    /// Days that runs are kept of people who sign up, until they choose otherwise; none: for ever.
    pub retention_days: Option<u32>,
    /// What people agree to, Markdown; empty: nothing.
    pub terms: String,
    /// MiB of an uploaded package.
    pub package_mib: u64,
    /// MiB of one input file.
    pub input_mib: u64,
}

impl Site {
    /// What holds until something is set.
    pub fn of_config(limits: &LimitsConfig) -> Self {
        Self {
            name: FIRST_NAME.to_owned(),
            sign_up: SignUpPolicy::Open,
            auto_approve: true,
            retention_days: None,
            terms: String::new(),
            package_mib: limits.package_mib,
            input_mib: limits.input_mib,
        }
    }

    /// The limits for checking a package.
    pub fn packages(&self, limits: &LimitsConfig) -> PackageLimits {
        PackageLimits { zipped_bytes: self.package_mib << 20, ..limits.packages() }
    }

    /// The limits of one run.
    pub fn runs(&self, limits: &LimitsConfig) -> RunLimits {
        RunLimits { input_bytes: self.input_mib << 20, ..limits.runs() }
    }

    fn take(&mut self, name: &str, value: String) {
        match name {
            "name" => self.name = value,
            "sign-up" => self.sign_up = SignUpPolicy::by_name(&value).unwrap_or(self.sign_up),
            "auto-approve" => self.auto_approve = value == "yes",
            "retention-days" => self.retention_days = value.parse().ok(),
            "terms" => self.terms = value,
            "package-mib" => self.package_mib = value.parse().unwrap_or(self.package_mib),
            "input-mib" => self.input_mib = value.parse().unwrap_or(self.input_mib),
            _ => {}
        }
    }

    fn rows(&self) -> [(&'static str, Option<String>); 7] {
        [
            ("name", Some(self.name.clone())),
            ("sign-up", Some(self.sign_up.name().to_owned())),
            ("auto-approve", Some(if self.auto_approve { "yes" } else { "no" }.to_owned())),
            ("retention-days", self.retention_days.map(|days| days.to_string())),
            ("terms", Some(self.terms.clone()).filter(|terms| !terms.is_empty())),
            ("package-mib", Some(self.package_mib.to_string())),
            ("input-mib", Some(self.input_mib.to_string())),
        ]
    }

    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let length = self.name.chars().count();
        if !(1..=LONGEST_NAME).contains(&length) || self.name.chars().any(char::is_control) {
            faults.push(Fault::new("name", format!("must have 1 to {LONGEST_NAME} characters")));
        }
        if self.terms.chars().count() > LONGEST_TERMS {
            faults.push(Fault::new("terms", format!("must have at most {LONGEST_TERMS} characters")));
        }
        if self.retention_days.is_some_and(|days| !(1..=LONGEST_RETENTION).contains(&days)) {
            faults.push(Fault::new("retention_days", format!("must be from 1 to {LONGEST_RETENTION}, or empty")));
        }
        for (place, mib) in [("package_mib", self.package_mib), ("input_mib", self.input_mib)] {
            if !(1..=LARGEST_MIB).contains(&mib) {
                faults.push(Fault::new(place, format!("must be from 1 to {LARGEST_MIB}")));
            }
        }
        faults
    }
}

/// What was last read, and when.
#[derive(Default)]
pub struct SiteCache(RwLock<Option<(i64, Arc<Site>)>>);

impl SiteCache {
    fn get(&self, now: i64) -> Option<Arc<Site>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(at, _)| (*at..at + KEPT_MS).contains(&now)).map(|(_, site)| Arc::clone(site))
    }

    fn put(&self, now: i64, site: &Arc<Site>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((now, Arc::clone(site)));
    }
}

/// What the site is set to now.
///
/// # Errors
/// The database's.
pub async fn current(portal: &Portal) -> Result<Arc<Site>> {
    let now = portal.now();
    if let Some(site) = portal.site.get(now) {
        return Ok(site);
    }
    let mut site = Site::of_config(&portal.config.limits);
    for (name, value) in portal.store.site_settings().await? {
        site.take(&name, value);
    }
    let site = Arc::new(site);
    portal.site.put(now, &site);
    Ok(site)
}

/// Sets all of it.
///
/// # Errors
/// `Forbidden` without [`Permission::ManageSite`]; `Invalid` with faults at the fields' names.
pub async fn set(portal: &Portal, by: By<'_>, new: Site) -> Result<()> {
    by.user.require(Permission::ManageSite)?;
    let new = Site { name: new.name.trim().to_owned(), terms: new.terms.replace('\0', " ").trim().to_owned(), ..new };
    let faults = new.faults();
    if !faults.is_empty() {
        return Err(DomainError::Invalid(faults));
    }
    let old = current(portal).await?;
    let (old, rows) = (old.rows(), new.rows());
    let changed: Vec<_> = rows.into_iter().zip(old).filter(|(new, old)| new != old).map(|(new, _)| new).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let detail = changed.iter().map(|(name, value)| match value {
        Some(value) => format!("{name}: {}", value.chars().take(80).collect::<String>()),
        None => format!("{name}: default"),
    });
    let line = by.line(portal, Act::SetSite, ("site", ""), detail.collect::<Vec<_>>().join("; "));
    portal.store.set_site_settings(&changed, portal.now(), &line).await?;
    portal.site.put(portal.now(), &Arc::new(new));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_written_down_is_read_back() {
        let limits = Config::for_testing(std::path::Path::new("x")).limits;
        let site = Site {
            name: "Eyes".to_owned(),
            sign_up: SignUpPolicy::Invited,
            auto_approve: false,
            retention_days: Some(30),
            terms: "Be kind.".to_owned(),
            package_mib: 7,
            input_mib: 3,
        };
        let mut read = Site::of_config(&limits);
        for (name, value) in site.rows() {
            if let Some(value) = value {
                read.take(name, value);
            }
        }
        assert_eq!(read, site);
        assert!(site.faults().is_empty());
        let bad = Site { name: String::new(), retention_days: Some(0), input_mib: 0, ..site };
        assert_eq!(bad.faults().len(), 3);
    }

    #[test]
    fn what_was_read_is_kept_for_a_moment() {
        let limits = Config::for_testing(std::path::Path::new("x")).limits;
        let cache = SiteCache::default();
        cache.put(1000, &Arc::new(Site::of_config(&limits)));
        assert!(cache.get(1000).is_some() && cache.get(2999).is_some());
        assert!(cache.get(3000).is_none() && cache.get(999).is_none(), "nor after the clock was set back");
    }
}
