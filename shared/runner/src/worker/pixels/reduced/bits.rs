//! Huffman codes of a JPEG's scan, and the bits that they stand in.

/// Codes up to this length are found in one step; nearly all that occur are.
const QUICK_BITS: u32 = 10;
/// Bits that one code and its value need at most: 16 and 15.
const ENOUGH_BITS: u32 = 32;

/// A Huffman table.
pub(super) struct Codes {
    /// By the next bits: length of the code and symbol, or 0 where the code is longer.
    quick: Vec<u16>,
    /// By the next bits: value, zeros before it and bits of both together, or 0 where they do not fit.
    whole: Vec<u32>,
    /// For each length the first 16 bits that no code of up to this length begins with.
    ends: [u32; 17],
    /// For each length the place of its first symbol, less its first code.
    places: [i32; 17],
    symbols: Vec<u8>,
}

impl Codes {
    /// From the segment that defines it; `None` if its codes overlap.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let size = 1_usize << QUICK_BITS;
        let mut codes = Self {
            quick: vec![0; size],
            whole: vec![0; size],
            ends: [0; 17],
            places: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1..).zip(counts) {
            codes.places[length as usize] = place as i32 - code as i32;
            for _ in 0..*count {
                let symbol = *symbols.get(place)?;
                if code >> length != 0 {
                    return None;
                }
                if length <= QUICK_BITS {
                    let from = (code << (QUICK_BITS - length)) as usize;
                    let to = ((code + 1) << (QUICK_BITS - length)) as usize;
                    codes.quick[from..to].fill((length as u16) << 8 | u16::from(symbol));
                }
                code += 1;
                place += 1;
            }
            codes.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        codes.join();
        (place == symbols.len()).then_some(codes)
    }

    /// Reads the values that stand behind short codes beforehand.
    fn join(&mut self) {
        for (next, (quick, whole)) in self.quick.iter().zip(&mut self.whole).enumerate() {
            let (length, zeros, size) = (u32::from(quick >> 8), u32::from(quick >> 4 & 15), u32::from(quick & 15));
            if length == 0 || size == 0 || length + size > QUICK_BITS {
                continue;
            }
            let value = (next as u32 >> (QUICK_BITS - length - size)) & ((1 << size) - 1);
            let value = extended(value, size) as i16;
            *whole = u32::from(value as u16) << 16 | zeros << 8 | (length + size);
        }
    }
}

/// A number of so many bits; one that begins with 0 is negative.
fn extended(bits: u32, size: u32) -> i32 {
    if bits >> (size - 1) == 0 { bits as i32 - ((1 << size) - 1) } else { bits as i32 }
}

/// The bits of a scan, up to the next marker.
pub(super) struct Bits<'a> {
    file: &'a [u8],
    at: usize,
    /// The next bits, from the highest on.
    held: u64,
    /// How many of them count.
    count: u32,
    /// How many of those the file did not have.
    missing: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self { file, at: 0, held: 0, count: 0, missing: 0 }
    }

    /// Whether more was read than there is.
    pub(super) fn overrun(&self) -> bool {
        self.count < self.missing
    }

    /// Goes behind the restart marker of that number, which must come next.
    pub(super) fn restart(&mut self, number: usize) -> Option<()> {
        let left = self.count.checked_sub(self.missing)?;
        let marker = [0xff, 0xd0 + (number % 8) as u8];
        if left >= 8 || !self.file.get(self.at..)?.starts_with(&marker) {
            return None;
        }
        (self.at, self.held, self.count, self.missing) = (self.at + 2, 0, 0, 0);
        Some(())
    }

    /// The difference of a block's mean to the one before.
    #[inline(always)]
    pub(super) fn difference(&mut self, codes: &Codes) -> Option<i32> {
        self.fill();
        let size = u32::from(self.symbol(codes)?);
        if size > 11 { None } else { Some(self.value(size)) }
    }

    /// The next coefficient that is not 0, as the number of zeros before it and its value; `None` at a block's end.
    #[inline(always)]
    pub(super) fn coefficient(&mut self, codes: &Codes) -> Option<Next> {
        self.fill();
        let whole = codes.whole[(self.held >> (64 - QUICK_BITS)) as usize];
        if whole != 0 {
            self.skip(whole & 0xff);
            return Some(Next::Value {
                zeros: (whole >> 8 & 15) as usize,
                value: i32::from((whole >> 16) as u16 as i16),
            });
        }
        let symbol = self.symbol(codes)?;
        match (usize::from(symbol >> 4), u32::from(symbol & 15)) {
            (0, 0) => Some(Next::End),
            (15, 0) => Some(Next::Zeros),
            (_, 0) => None,
            (zeros, size) => Some(Next::Value { zeros, value: self.value(size) }),
        }
    }

    #[inline(always)]
    fn symbol(&mut self, codes: &Codes) -> Option<u8> {
        let quick = codes.quick[(self.held >> (64 - QUICK_BITS)) as usize];
        if quick != 0 {
            self.skip(u32::from(quick >> 8));
            return Some(quick as u8);
        }
        self.long_symbol(codes)
    }

    #[cold]
    fn long_symbol(&mut self, codes: &Codes) -> Option<u8> {
        let next = (self.held >> 48) as u32;
        let length = (QUICK_BITS + 1..=16).find(|length| next < codes.ends[*length as usize])?;
        let place = (next >> (16 - length)) as i32 + codes.places[length as usize];
        self.skip(length);
        codes.symbols.get(usize::try_from(place).ok()?).copied()
    }

    #[inline(always)]
    fn value(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        let bits = (self.held >> (64 - size)) as u32;
        self.skip(size);
        extended(bits, size)
    }

    #[inline(always)]
    fn skip(&mut self, bits: u32) {
        self.held <<= bits;
        self.count = self.count.wrapping_sub(bits);
    }

    #[inline(always)]
    fn fill(&mut self) {
        if self.count >= ENOUGH_BITS {
            return;
        }
        if let Some(bytes) = self.file.get(self.at..self.at.wrapping_add(8)).and_then(|bytes| bytes.try_into().ok()) {
            let next = u64::from_be_bytes(bytes);
            // No byte is 0xff, behind which a marker or a stuffed zero stands.
            if (!next).wrapping_sub(0x0101_0101_0101_0101) & next & 0x8080_8080_8080_8080 == 0 {
                let taken = (63 - self.count) / 8;
                self.held |= next >> self.count;
                self.at += taken as usize;
                self.count += taken * 8;
                return;
            }
        }
        self.fill_slowly();
    }

    #[inline(never)]
    fn fill_slowly(&mut self) {
        while self.count <= 56 {
            let byte = match self.file.get(self.at..).unwrap_or_default() {
                [0xff, 0, ..] => {
                    self.at += 2;
                    0xff
                }
                // A marker: whoever reads on is told of it by `overrun`.
                [0xff, ..] | [] => {
                    let missing = 64 - self.count;
                    self.missing += missing;
                    self.count += missing;
                    return;
                }
                [byte, ..] => {
                    self.at += 1;
                    *byte
                }
            };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }
}

/// What comes next in a block.
pub(super) enum Next {
    Value {
        zeros: usize,
        value: i32,
    },
    /// Sixteen zeros.
    Zeros,
    /// Only zeros.
    End,
}
