//! One publication: the package checked, unpacked, proved in a worker of its own, and set in place.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use tempfile::TempDir;
use vision_package::{Package, UnpackError};
use vision_protocol::{
    Digest, Fault, ReleaseId,
    messages::{ErrorCode, PublishResponse},
};

use super::{
    Supervisor,
    failure::Failure,
    fleet::not_proved,
    process::{self, NotReady, Proof, Setting},
};

/// A package as it came in, in a folder that goes when this is dropped.
pub(super) struct Spooled {
    pub(super) folder: TempDir,
    pub(super) zip: PathBuf,
    pub(super) digest: Digest,
}

impl Supervisor {
    /// Publishes a package under an id. The same package again is welcome; another one is refused.
    pub(super) async fn publish(self: &Arc<Self>, id: ReleaseId, spooled: Spooled) -> Result<PublishResponse, Failure> {
        if let Some(present) = self.packages.get(id)? {
            present.same_as(spooled.digest)?;
            return Ok(PublishResponse { has_error: false, warnings: Vec::new() });
        }
        let _waiting = self.publish_queue.try_acquire().map_err(|_| {
            Failure::new(ErrorCode::Busy, "many packages are waiting to be published already; try again in a moment")
        })?;
        // One at a time: compiling a component takes every core.
        let _publishing = self.publishing.acquire().await.expect("never closed");
        let unpacked = spooled.folder.path().join("package");
        let package = self.unpack(&spooled, unpacked.clone()).await?;
        self.check_engine(&package)?;
        let proof = self.prove(&unpacked).await?;
        let supervisor = self.clone();
        let (digest, manifest) = (spooled.digest, package.manifest);
        let store = move || supervisor.packages.install(&unpacked, id, digest, &manifest, &proof.component);
        blocking("store the package", store).await?;
        tracing::info!(release.id = id.0, package.digest = %digest, "published");
        Ok(PublishResponse { has_error: false, warnings: proof.warnings })
    }

    async fn unpack(&self, spooled: &Spooled, into: PathBuf) -> Result<Package, Failure> {
        let zip = File::open(&spooled.zip).map_err(|error| Failure::internal("read the package", error))?;
        let limits = self.config.package_limits.clone();
        let unpack = move || {
            vision_package::unpack(zip, &limits, &into).map_err(|error| match error {
                UnpackError::Faults(faults) => Failure::of_faults(ErrorCode::InvalidPackage, faults),
                error @ UnpackError::Io { .. } => Failure::internal("unpack the package", error),
            })
        };
        blocking("unpack the package", unpack).await
    }

    fn check_engine(&self, package: &Package) -> Result<(), Failure> {
        let wanted = package.manifest.runner.as_ref().and_then(|needs| needs.engine.as_ref());
        match wanted {
            Some(engine) if *engine != self.config.engine => {
                let message = format!("asks for the engine “{engine}”; this runner has “{}”", self.config.engine);
                let fault = Fault::new("app.json: Runner.Engine", message);
                Err(Failure::of_faults(ErrorCode::InvalidPackage, vec![fault]))
            }
            _ => Ok(()),
        }
    }

    /// Tries a package out; a second time if the process died, which need not have been the package's fault.
    async fn prove(&self, package: &Path) -> Result<Proof, Failure> {
        let setting = || Setting {
            command: &self.config.worker,
            package,
            limits: self.config.run_limits.clone(),
            parallel: self.config.fleet.parallel,
        };
        let timeout = self.config.fleet.prove_timeout;
        match process::prove(setting(), timeout).await {
            Err(NotReady::Died(how)) => {
                tracing::warn!(worker.end = how, "a worker ended while it tried a package out");
                process::prove(setting(), timeout).await
            }
            verdict => verdict,
        }
        .map_err(not_proved)
    }
}

async fn blocking<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Failure::internal(what, error)))
}
