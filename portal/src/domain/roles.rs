//! Roles, and what each may do.

use std::str::FromStr;

/// A role; each may do all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs apps.
    Consumer,
    /// An author whom an admin has verified: publishes apps.
    Developer,
    /// Looks at other people's drafts, approves releases, and answers reports.
    Reviewer,
    /// Looks after runners.
    Operator,
    /// Everything, and who has which role.
    Admin,
}

/// Something that not everybody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Run published apps.
    RunApps,
    /// Upload and publish apps.
    PublishApps,
    /// See and try other people's drafts, approve them, answer reports, take apps down.
    ReviewApps,
    /// Add, enable and disable runners.
    ManageRunners,
    /// Install models of the catalogue.
    InstallModels,
    /// Give people roles, verify authors, suspend and invite people.
    ManagePeople,
    /// Set up the site, its shelves and featured apps; read the audit log.
    ManageSite,
}

impl Permission {
    /// The lowest role that has it.
    pub fn needs(self) -> Role {
        match self {
            Self::RunApps => Role::Consumer,
            Self::PublishApps => Role::Developer,
            Self::ReviewApps => Role::Reviewer,
            Self::ManageRunners => Role::Operator,
            Self::InstallModels | Self::ManagePeople | Self::ManageSite => Role::Admin,
        }
    }
}

impl Role {
    /// All roles, lowest first.
    pub const ALL: [Self; 5] = [Self::Consumer, Self::Developer, Self::Reviewer, Self::Operator, Self::Admin];

    /// Whether the role has the permission.
    pub fn can(self, permission: Permission) -> bool {
        self >= permission.needs()
    }

    /// The role's name in forms and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Developer => "developer",
            Self::Reviewer => "reviewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = vision_protocol::ids::ParseIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(vision_protocol::ids::ParseIdError("role"))
    }
}
