//! What a model is computed on.

use std::{ffi::OsString, fmt, str::FromStr};

/// A device, by the number its driver gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU, by CUDA.
    Cuda(i32),
    /// An NVIDIA GPU, by TensorRT, with CUDA for the operators that TensorRT lacks.
    TensorRt(i32),
}

/// A device that is not known.
#[derive(Debug, thiserror::Error)]
#[error("“{0}” is no device: give --device cpu, cuda, cuda:1, tensorrt or tensorrt:1")]
pub struct ParseDeviceError(String);

impl Device {
    /// Takes `--device X` or `--device=X` out of the arguments, where it is the first behind the program's name;
    /// without one, the first CUDA device.
    ///
    /// # Errors
    /// When what follows `--device` is no device.
    pub fn from_arguments(mut arguments: Vec<OsString>) -> Result<(Self, Vec<OsString>), ParseDeviceError> {
        let first = arguments.get(1).map(|a| a.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(name) = first.strip_prefix("--device=") {
            let device = name.parse()?;
            arguments.remove(1);
            return Ok((device, arguments));
        }
        if first == "--device" {
            let name = arguments.get(2).map(|a| a.to_string_lossy().into_owned()).unwrap_or_default();
            let device = name.parse()?;
            arguments.drain(1..3);
            return Ok((device, arguments));
        }
        Ok((Self::Cuda(0), arguments))
    }
}

impl FromStr for Device {
    type Err = ParseDeviceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseDeviceError(text.to_owned());
        let (kind, number) = text.split_once(':').unwrap_or((text, "0"));
        let number = number.parse().ok().filter(|n| (0..1024).contains(n)).ok_or_else(error)?;
        match kind {
            "cpu" if text == "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(number)),
            "tensorrt" => Ok(Self::TensorRt(number)),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::TensorRt(number) => write!(f, "tensorrt:{number}"),
        }
    }
}
