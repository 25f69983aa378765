//! `assets`, `logging` and `values`.

use vision_protocol::messages::LogLevel;

use crate::worker::{
    bindings::vision::app::{assets, logging, values},
    host::{Answer, Host},
};

impl assets::Host for Host {
    fn read(&mut self, path: String) -> Answer<Vec<u8>> {
        self.check()?;
        Ok(self.assets.read(&path))
    }
}

impl logging::Host for Host {
    fn log(&mut self, level: logging::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            logging::Level::Debug => LogLevel::Debug,
            logging::Level::Info => LogLevel::Info,
            logging::Level::Warn => LogLevel::Warn,
            logging::Level::Error => LogLevel::Error,
        };
        Host::log(self, level, message);
        Ok(())
    }
}

impl values::Host for Host {}
