//! What a model is computed on.

use std::{fmt, str::FromStr};

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
#[error("“{0}” is no device; there are cpu, cuda, cuda:1, tensorrt, tensorrt:1 and so on")]
pub struct ParseDeviceError(String);

impl Device {
    /// The number of the GPU, if it is one.
    pub fn gpu(self) -> Option<i32> {
        match self {
            Self::Cpu => None,
            Self::Cuda(number) | Self::TensorRt(number) => Some(number),
        }
    }

    /// What to install where it is missing.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Cpu => "`runner-gpu setup --device cpu` installs ONNX Runtime",
            Self::Cuda(_) => {
                "It takes an NVIDIA GPU, NVIDIA's driver (580 or newer for CUDA 13; `nvidia-smi` shows it), and ONNX \
                 Runtime for CUDA with CUDA and cuDNN, which `runner-gpu setup --device cuda` installs. To compute on \
                 the processor, start with --device cpu"
            }
            Self::TensorRt(_) => {
                "It takes what --device cuda takes (`runner-gpu setup --device cuda`) and NVIDIA's TensorRT 10, whose \
                 libnvinfer.so.10 the system's loader must find (LD_LIBRARY_PATH). To compute on the processor, start \
                 with --device cpu"
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for text in ["cpu", "cuda:0", "cuda:7", "tensorrt:0", "tensorrt:1"] {
            assert_eq!(text.parse::<Device>().unwrap().to_string(), text);
        }
        assert_eq!("cuda".parse::<Device>().unwrap(), Device::Cuda(0));
        for wrong in ["", "gpu", "cpu:0", "cuda:", "cuda:-1", "cuda:x", "CUDA", "tensorrt:99999"] {
            assert!(wrong.parse::<Device>().is_err(), "{wrong}");
        }
    }
}
