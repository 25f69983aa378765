#![no_main]

// The engine catches what its library gives up on. libFuzzer's hook would end the process before.
libfuzzer_sys::fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |data: &[u8]| vision_fuzz::onnx(data));
