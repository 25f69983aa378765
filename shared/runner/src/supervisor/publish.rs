//! One publication: the package checked, unpacked, proved in a worker, and set in place; the worker stays.

use std::{fs::File, path::PathBuf, sync::Arc};

use tempfile::TempDir;
use vision_package::{Package, UnpackError};
use vision_protocol::{
    Digest, Fault, ReleaseId,
    messages::{ErrorCode, PublishResponse},
};

use super::{Supervisor, failure::Failure, fleet::not_proved, packages};

/// A package as it came in, in a folder that goes when this is dropped.
pub(super) struct Spooled {
    pub(super) folder: TempDir,
    pub(super) zip: PathBuf,
    pub(super) digest: Digest,
}

impl Supervisor {
    /// Publishes a package under an id. The same package again is welcome; another one is refused.
    pub(super) async fn publish(self: &Arc<Self>, id: ReleaseId, spooled: Spooled) -> Result<PublishResponse, Failure> {
        if let Some(answer) = self.already(id, spooled.digest)? {
            return Ok(answer);
        }
        let supervisor = self.clone();
        // On its own: the worker that stays must not live on a thread of the HTTP server. A caller who goes meanwhile
        // finds the package published when he asks again.
        let publication = self.runtime.spawn(async move { supervisor.install(id, spooled).await });
        publication.await.unwrap_or_else(|error| Err(Failure::internal("finish the publication", error)))
    }

    /// The answer for a package that stands there already.
    fn already(&self, id: ReleaseId, digest: Digest) -> Result<Option<PublishResponse>, Failure> {
        let Some(present) = self.packages.get(id)? else { return Ok(None) };
        present.same_as(digest)?;
        Ok(Some(PublishResponse { has_error: false, warnings: Vec::new() }))
    }

    async fn install(self: &Arc<Self>, id: ReleaseId, spooled: Spooled) -> Result<PublishResponse, Failure> {
        let _waiting = self.publish_queue.try_acquire().map_err(|_| {
            Failure::new(ErrorCode::Busy, "many packages are waiting to be published already; try again in a moment")
        })?;
        // One at a time: compiling a component takes every core.
        let _publishing = self.publishing.acquire().await.expect("never closed");
        // It may have been published by the one before.
        if let Some(answer) = self.already(id, spooled.digest)? {
            return Ok(answer);
        }
        let unpacked = spooled.folder.path().join("package");
        let package = self.unpack(&spooled, unpacked.clone()).await?;
        self.check_engine(&package)?;
        let gid = self.config.cell.settings(id, 0).uid;
        let folder = unpacked.clone();
        let hand_over = move || {
            packages::hand_over(&folder, gid).map_err(|error| Failure::internal("give a package to its worker", error))
        };
        blocking("store the package", hand_over).await?;
        let ready = self.fleet.prove(id, &unpacked, &package.manifest).await.map_err(not_proved)?;
        let supervisor = self.clone();
        let (digest, manifest, learned) = (spooled.digest, package.manifest, ready.learned);
        let store = move || {
            let release = supervisor.packages.install(&unpacked, id, digest, &manifest, &learned)?;
            supervisor.packages.make_room(|id| supervisor.fleet.has(id) || id == release.id);
            Ok(release)
        };
        let release = blocking("store the package", store).await?;
        self.fleet.adopt(&release, ready.worker);
        tracing::info!(release.id = id.0, package.digest = %digest, "published");
        Ok(PublishResponse { has_error: false, warnings: ready.warnings })
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
}

async fn blocking<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Failure::internal(what, error)))
}
