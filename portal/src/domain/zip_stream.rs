//! A zip archive written from its beginning to its end, without looking back: entries are stored as they are, and their
//! sizes stand behind them. What is kept in memory is the name and place of each entry.

use crc32fast::Hasher;
use jiff::{Timestamp, tz::TimeZone};

const LOCAL: u32 = 0x0403_4b50;
const DESCRIPTOR: u32 = 0x0807_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// Sizes follow the content; names are UTF-8.
const FLAGS: u16 = (1 << 3) | (1 << 11);
const PLAIN: u16 = 20;
const WITH_64: u16 = 45;
/// A regular file that its owner may write and everybody may read.
const MODE: u32 = 0o100_644 << 16;

/// An archive that is being written. Each function appends to `out`, which may be sent on and emptied in between.
pub(in crate::domain) struct ZipStream {
    offset: u64,
    entries: Vec<Entry>,
    date: (u16, u16),
    open: Option<(Entry, Hasher)>,
}

struct Entry {
    name: String,
    offset: u64,
    size: u32,
    checksum: u32,
}

/// An entry is larger than 4 GiB.
#[derive(Debug, thiserror::Error)]
#[error("an entry of the archive is larger than 4 GiB")]
pub(in crate::domain) struct EntryTooLarge;

impl ZipStream {
    /// An archive whose entries carry this time.
    pub(in crate::domain) fn new(now: Timestamp) -> Self {
        let now = now.to_zoned(TimeZone::UTC);
        let year = u16::try_from(now.year() - 1980).unwrap_or_default().min(127);
        let part = |value: i8| u16::try_from(value).unwrap_or_default();
        let day = (year << 9) | (part(now.month()) << 5) | part(now.day());
        let time = (part(now.hour()) << 11) | (part(now.minute()) << 5) | (part(now.second()) / 2);
        Self { offset: 0, entries: Vec::new(), date: (time, day), open: None }
    }

    /// Begins an entry.
    pub(in crate::domain) fn begin(&mut self, name: &str, out: &mut Vec<u8>) {
        debug_assert!(self.open.is_none(), "an entry is open");
        let start = out.len();
        put32(out, LOCAL);
        for value in [PLAIN, FLAGS, 0, self.date.0, self.date.1] {
            put16(out, value);
        }
        // Checksum and both sizes follow the content.
        out.extend_from_slice(&[0; 12]);
        put16(out, length(name));
        put16(out, 0);
        out.extend_from_slice(name.as_bytes());
        let entry = Entry { name: name.to_owned(), offset: self.offset, size: 0, checksum: 0 };
        self.offset += (out.len() - start) as u64;
        self.open = Some((entry, Hasher::new()));
    }

    /// More of the entry's content.
    pub(in crate::domain) fn write(&mut self, content: &[u8], out: &mut Vec<u8>) -> Result<(), EntryTooLarge> {
        let Some((entry, hasher)) = &mut self.open else { return Ok(()) };
        let more = u32::try_from(content.len()).map_err(|_| EntryTooLarge)?;
        entry.size = entry.size.checked_add(more).filter(|size| *size < u32::MAX).ok_or(EntryTooLarge)?;
        hasher.update(content);
        self.offset += content.len() as u64;
        out.extend_from_slice(content);
        Ok(())
    }

    /// Ends the entry.
    pub(in crate::domain) fn end(&mut self, out: &mut Vec<u8>) {
        let Some((mut entry, hasher)) = self.open.take() else { return };
        entry.checksum = hasher.finalize();
        for value in [DESCRIPTOR, entry.checksum, entry.size, entry.size] {
            put32(out, value);
        }
        self.offset += 16;
        self.entries.push(entry);
    }

    /// Ends the archive.
    pub(in crate::domain) fn finish(self, out: &mut Vec<u8>) {
        let (start, before) = (self.offset, out.len());
        for entry in &self.entries {
            entry.list(self.date, out);
        }
        let size = (out.len() - before) as u64;
        let count = self.entries.len() as u64;
        if count >= 0xFFFF || start + size >= 0xFFFF_FFFF {
            put32(out, END_64);
            put64(out, 44);
            put16(out, WITH_64);
            put16(out, WITH_64);
            out.extend_from_slice(&[0; 8]);
            for value in [count, count, size, start] {
                put64(out, value);
            }
            put32(out, LOCATOR_64);
            put32(out, 0);
            put64(out, start + size);
            put32(out, 1);
        }
        put32(out, END);
        put32(out, 0);
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        put16(out, count);
        put16(out, count);
        put32(out, u32::try_from(size).unwrap_or(u32::MAX));
        put32(out, u32::try_from(start).unwrap_or(u32::MAX));
        put16(out, 0);
    }
}

impl Entry {
    fn list(&self, date: (u16, u16), out: &mut Vec<u8>) {
        let near = u32::try_from(self.offset).ok().filter(|offset| *offset < u32::MAX);
        let needs = if near.is_some() { PLAIN } else { WITH_64 };
        put32(out, CENTRAL);
        // Made on Unix, by version 4.5 of the format.
        for value in [(3 << 8) | WITH_64, needs, FLAGS, 0, date.0, date.1] {
            put16(out, value);
        }
        for value in [self.checksum, self.size, self.size] {
            put32(out, value);
        }
        put16(out, length(&self.name));
        put16(out, if near.is_some() { 0 } else { 12 });
        out.extend_from_slice(&[0; 6]);
        put32(out, MODE);
        put32(out, near.unwrap_or(u32::MAX));
        out.extend_from_slice(self.name.as_bytes());
        if near.is_none() {
            put16(out, 1);
            put16(out, 8);
            put64(out, self.offset);
        }
    }
}

fn length(name: &str) -> u16 {
    u16::try_from(name.len()).unwrap_or(u16::MAX)
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    fn archive(names: impl IntoIterator<Item = String>) -> Vec<u8> {
        let mut zip = ZipStream::new(Timestamp::from_second(1_790_000_000).unwrap());
        let mut out = Vec::new();
        for name in names {
            zip.begin(&name, &mut out);
            zip.write(b"two ", &mut out).unwrap();
            zip.write(b"pieces", &mut out).unwrap();
            zip.end(&mut out);
        }
        zip.finish(&mut out);
        out
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut read = zip::ZipArchive::new(Cursor::new(archive(["a/ä.txt".to_owned(), "b".to_owned()]))).unwrap();
        assert_eq!(read.len(), 2);
        let mut text = String::new();
        read.by_name("a/ä.txt").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "two pieces");
        assert_eq!(zip::ZipArchive::new(Cursor::new(archive([]))).unwrap().len(), 0);
    }

    #[test]
    fn there_may_be_more_entries_than_an_old_zip_holds() {
        let zip = archive((0..70_000).map(|number| number.to_string()));
        let mut read = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
        assert_eq!(read.len(), 70_000);
        assert_eq!(read.by_name("69999").unwrap().size(), 10);
    }
}
