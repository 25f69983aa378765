//! Bounds that an operator can set, with their defaults.

use serde::{Deserialize, Serialize};

/// How large an uploaded archive may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageLimits {
    /// Bytes of the zip file.
    pub zipped_bytes: u64,
    /// Bytes of all files together, inflated.
    pub inflated_bytes: u64,
    /// Number of entries, folders included.
    pub entries: usize,
    /// Bytes of `app.json`, `template.html`, `README.md` and each `inputs.json` or `expected.json`.
    pub text_bytes: u64,
    /// Bytes of the glue component.
    pub component_bytes: u64,
    /// Bytes of the icon.
    pub icon_bytes: u64,
}

impl Default for PackageLimits {
    fn default() -> Self {
        Self {
            zipped_bytes: 50 << 20,
            inflated_bytes: 512 << 20,
            entries: 2_000,
            text_bytes: 1 << 20,
            component_bytes: 32 << 20,
            icon_bytes: 256 << 10,
        }
    }
}

/// What one run may use. An app's manifest may ask for less, never for more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLimits {
    /// Wall-clock milliseconds from the runner's acceptance to its answer.
    pub deadline_ms: u64,
    /// Bytes of the glue's linear memory.
    pub glue_memory_bytes: u64,
    /// Bytes of all images and tensors that the glue holds on the host.
    pub host_memory_bytes: u64,
    /// Handles to images, tensors and models that the glue holds at once.
    pub handles: usize,
    /// Pixels of one image, decoded.
    pub image_pixels: u64,
    /// Bytes of one input file.
    pub input_bytes: u64,
    /// Bytes of the body of `/run`.
    pub body_bytes: u64,
    /// Bytes of log lines kept of one run; the rest is cut with a remark.
    pub log_bytes: usize,
    /// Bytes of one run's results, images included.
    pub result_bytes: u64,
    /// Bytes of memory of the process that computes, with its models and all runs that it has at once.
    pub worker_memory_bytes: u64,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            deadline_ms: 30_000,
            glue_memory_bytes: 64 << 20,
            host_memory_bytes: 1 << 30,
            handles: 4_096,
            image_pixels: 64_000_000,
            input_bytes: 20 << 20,
            body_bytes: 1 << 20,
            log_bytes: 64 << 10,
            result_bytes: 32 << 20,
            worker_memory_bytes: 4 << 30,
        }
    }
}
