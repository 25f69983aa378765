//! `POST /publish`: the form is read and its zip spooled to disk; then the package is published.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};
use futures_util::TryStreamExt;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::{fs::File, io::AsyncWriteExt};
use vision_protocol::{
    Digest, ReleaseId,
    messages::{ErrorCode, FIELD_CVAPP_ID, FIELD_SOURCE_FILE},
};

use super::access::Authorized;
use crate::supervisor::{Supervisor, failure::Failure, metrics, publish::Spooled};

pub(super) async fn publish(
    _: Authorized,
    request: HttpRequest,
    body: Payload,
    supervisor: Data<Supervisor>,
) -> Result<HttpResponse, Failure> {
    let supervisor = supervisor.into_inner();
    let form = Multipart::new(request.headers(), body);
    let published = match read_form(form, &supervisor).await {
        Ok((id, spooled)) => supervisor.publish(id, spooled).await,
        Err(failure) => Err(failure),
    };
    metrics::publish_ended(&published);
    Ok(HttpResponse::Ok().json(published?))
}

async fn read_form(mut form: Multipart, supervisor: &Supervisor) -> Result<(ReleaseId, Spooled), Failure> {
    let (mut id, mut spooled) = (None, None);
    while let Some(mut field) = form.try_next().await.map_err(malformed)? {
        match field.name().unwrap_or_default() {
            FIELD_CVAPP_ID => id = Some(read_id(&mut field).await?),
            FIELD_SOURCE_FILE if spooled.is_some() => {
                return Err(bad_request(format!("the field {FIELD_SOURCE_FILE} is given more than once")));
            }
            FIELD_SOURCE_FILE => spooled = Some(spool(&mut field, supervisor).await?),
            // The protocol may grow: what is not known here does no harm.
            _ => while field.try_next().await.map_err(malformed)?.is_some() {},
        }
    }
    let missing = |field: &str| bad_request(format!("the form field {field} is missing"));
    Ok((id.ok_or_else(|| missing(FIELD_CVAPP_ID))?, spooled.ok_or_else(|| missing(FIELD_SOURCE_FILE))?))
}

async fn read_id(field: &mut Field) -> Result<ReleaseId, Failure> {
    let not_a_number = || bad_request(format!("{FIELD_CVAPP_ID} must be an integer"));
    let bytes = field.bytes(64).await.map_err(|_| not_a_number())?.map_err(malformed)?;
    std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok()).ok_or_else(not_a_number)
}

async fn spool(field: &mut Field, supervisor: &Supervisor) -> Result<Spooled, Failure> {
    let failed = |error: std::io::Error| Failure::internal("store the package", error);
    let folder: TempDir = supervisor.packages.incoming().map_err(failed)?;
    let zip = folder.path().join("package.zip");
    let mut file = File::create(&zip).await.map_err(failed)?;
    let limit = supervisor.config.package_limits.zipped_bytes;
    let (mut hash, mut length) = (Sha256::new(), 0);
    while let Some(chunk) = field.try_next().await.map_err(malformed)? {
        length += chunk.len() as u64;
        if length > limit {
            let message = format!("the package is larger than {limit} bytes, the most that this runner takes");
            return Err(Failure::new(ErrorCode::TooLarge, message));
        }
        hash.update(&chunk);
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    Ok(Spooled { folder, zip, digest: Digest(hash.finalize().into()) })
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn malformed(error: MultipartError) -> Failure {
    bad_request(format!("the body is not a sound multipart form: {error}"))
}

fn bad_request(message: String) -> Failure {
    Failure::new(ErrorCode::BadRequest, message)
}
