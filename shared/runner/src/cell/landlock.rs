//! Landlock: no file but the package's, and that only to read.

use std::{io, os::fd::OwnedFd};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::{
    fs::{FileType, Mode, OFlags},
    io::Errno,
};

use super::Needs;

/// All that this program knows to forbid; an older kernel forbids what it knows of it.
const NEWEST: ABI = ABI::V9;

/// A file or folder beyond the package, held open.
pub(super) struct Needed {
    file: OwnedFd,
    rights: BitFlags<AccessFs>,
}

/// Opens what the engine needs, while it still can be. What is not there is not needed.
pub(super) fn open(needs: &Needs) -> io::Result<Vec<Needed>> {
    let reading = needs.read.iter().map(|path| (path, AccessFs::ReadFile | AccessFs::ReadDir));
    let using = needs
        .devices
        .iter()
        .map(|path| (path, AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::WriteFile | AccessFs::IoctlDev));
    let mut opened = Vec::new();
    for (path, rights) in reading.chain(using) {
        let file = match rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => continue,
            Err(error) => {
                return Err(io::Error::new(io::Error::from(error).kind(), format!("{}: {error}", path.display())));
            }
        };
        let folder = FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode) == FileType::Directory;
        let rights = if folder { rights } else { rights & AccessFs::from_file(NEWEST) };
        opened.push(Needed { file, rights });
    }
    Ok(opened)
}

/// Shuts everything but the package and what is needed; the kernel's version of Landlock.
pub(super) fn shut(package: &OwnedFd, needed: Vec<Needed>) -> Result<u32, String> {
    let unusable = |why: &dyn std::fmt::Display| {
        format!(
            "files cannot be shut off ({why}): Landlock needs Linux 5.13 or newer, `landlock` among the kernel's lsm=, and \
             in a container a seccomp profile that lets landlock_* through"
        )
    };
    let status = restrict(package, needed).map_err(|error| unusable(&error))?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, LandlockStatus::NotEnabled) => Err(unusable(&"it is switched off")),
        (RulesetStatus::NotEnforced, _) => Err(unusable(&"the kernel has none")),
        (_, LandlockStatus::Available { effective_abi, kernel_abi }) => {
            Ok(u32::try_from(kernel_abi.unwrap_or(effective_abi as i32)).unwrap_or_default())
        }
        (_, LandlockStatus::NotEnabled | LandlockStatus::NotImplemented) => Err(unusable(&"the kernel has none")),
    }
}

/// Neither ports nor abstract sockets nor processes outside are given by any rule.
fn restrict(package: &OwnedFd, needed: Vec<Needed>) -> Result<RestrictionStatus, RulesetError> {
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rule(PathBeneath::new(package, AccessFs::ReadFile | AccessFs::ReadDir))?;
    for Needed { file, rights } in needed {
        ruleset = ruleset.add_rule(PathBeneath::new(file, rights))?;
    }
    ruleset.restrict_self()
}
