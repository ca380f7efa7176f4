//! SHA-256 of files.

use std::fs::File;
use std::io::{self, Read as _, Write};

use sha2::{Digest as _, Sha256};

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the rest of `from` into the digest and into `to`, and returns its length. `progress` gets the bytes read so
/// far.
pub(crate) fn pump(
    from: &mut File,
    digest: &mut Sha256,
    to: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 20];
    let mut length = 0;
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(length);
        }
        digest.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
        length += count as u64;
        progress(length);
    }
}

/// Copies the rest of `from` to `to` and returns its SHA-256 in hexadecimal digits.
pub(crate) fn copy(from: &mut File, to: &mut dyn Write, progress: &mut dyn FnMut(u64)) -> io::Result<String> {
    let mut digest = Sha256::new();
    pump(from, &mut digest, to, progress)?;
    Ok(hexadecimal(&digest.finalize()))
}

/// The SHA-256 of the rest of `from` in hexadecimal digits.
pub(crate) fn of(from: &mut File, progress: &mut dyn FnMut(u64)) -> io::Result<String> {
    copy(from, &mut io::sink(), progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_digest() {
        // The example of FIPS 180-4.
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let (mut copied, mut seen) = (Vec::new(), 0);
        let digest = copy(&mut file.reopen().unwrap(), &mut copied, &mut |done| seen = done).unwrap();
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((copied.as_slice(), seen), (&b"abc"[..], 3));
    }
}
