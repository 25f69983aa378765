//! The portal without its pages: the database's contract and the domain's flows.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod common;
#[cfg(test)]
mod domain;
#[cfg(test)]
mod fake_runner;
#[cfg(test)]
mod feedback;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod house;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod store;
#[cfg(test)]
mod versions;
