//! Frames: a mark, the kind, the length, a checksum, the payload.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | the mark, by which the next frame is found after damage |
//! | 1 | the kind |
//! | 4 | the payload's length in bytes, at most [`LONGEST`] |
//! | 4 | CRC-32 (IEEE) of kind, length and payload |
//! | … | the payload |

/// Begins every frame. Neither text nor silence looks like it; where sound does, the checksum tells.
const MARK: [u8; 4] = [0xF5, b'T', b'J', 0xA9];

const HEAD: usize = MARK.len() + 1 + 4 + 4;

/// The longest payload in bytes. A length beyond it is damage.
pub(super) const LONGEST: usize = 64 * 1024;

/// A frame whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) kind: u8,
    pub(super) payload: &'a [u8],
}

/// Appends a frame with the payload `parts`, one after the other; they must not be longer than [`LONGEST`].
pub(super) fn write(kind: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    debug_assert!(length <= LONGEST);
    let length = (length as u32).to_le_bytes();
    out.extend(MARK);
    out.push(kind);
    out.extend(length);
    out.extend(checksum(kind, length, parts).to_le_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
}

fn checksum(kind: u8, length: [u8; 4], parts: &[&[u8]]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&[kind]);
    crc.update(&length);
    for part in parts {
        crc.update(part);
    }
    crc.finalize()
}

/// The intact frames of `bytes`, in order. After damage the next mark with an intact frame is looked for, byte by byte,
/// so that nothing intact is passed over.
pub(super) struct Frames<'a> {
    bytes: &'a [u8],
    at: usize,
    damaged: u64,
}

impl<'a> Frames<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, damaged: 0 }
    }

    /// How many bytes so far belonged to no intact frame.
    pub(super) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The intact frame that begins at `at`, and where it ends.
    fn frame_at(&self, at: usize) -> Option<(Frame<'a>, usize)> {
        let (head, rest) = self.bytes.get(at..)?.split_first_chunk::<HEAD>()?;
        let [m0, m1, m2, m3, kind, l0, l1, l2, l3, c0, c1, c2, c3] = *head;
        let length = [l0, l1, l2, l3];
        let payload = rest.get(..u32::from_le_bytes(length) as usize).filter(|payload| payload.len() <= LONGEST)?;
        let intact =
            [m0, m1, m2, m3] == MARK && u32::from_le_bytes([c0, c1, c2, c3]) == checksum(kind, length, &[payload]);
        intact.then_some((Frame { kind, payload }, at + HEAD + payload.len()))
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        for at in self.at..self.bytes.len() {
            // The cheap look first: most damage is payload.
            if self.bytes[at] == MARK[0]
                && let Some((frame, end)) = self.frame_at(at)
            {
                self.damaged += (at - self.at) as u64;
                self.at = end;
                return Some(frame);
            }
        }
        self.damaged += (self.bytes.len() - self.at) as u64;
        self.at = self.bytes.len();
        None
    }
}
