#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vision_fuzz::files(data));
