//! What a font's file must hold so that its characters can be drawn.

/// Shapes, or pictures, that the panel can draw. macOS 15 keeps its Chinese font's in `hvgl` alone, a format of Apple's own
/// (TrueType Reference Manual): such a font has a glyph for each character, and every one of them comes out blank.
const SHAPES: [&[u8; 4]; 6] = [b"glyf", b"CFF ", b"CFF2", b"sbix", b"COLR", b"CBDT"];

/// Whether the characters of the font in `file` can be drawn. Of a collection the first face is looked at, which keeps its
/// shapes as the others do. Reads the table of contents only.
pub fn is_drawable(file: &[u8]) -> bool {
    tables(file)
        .is_some_and(|mut tables| tables.any(|(tag, length)| length > 0 && SHAPES.iter().any(|shape| tag == **shape)))
}

/// The tables of the first face: tag and length.
fn tables(file: &[u8]) -> Option<impl Iterator<Item = ([u8; 4], u32)>> {
    let start = match four(file, 0)? {
        tag if &tag == b"ttcf" => u32::from_be_bytes(four(file, 12)?) as usize,
        _ => 0,
    };
    let [high, low, ..] = four(file, start.checked_add(4)?)?;
    let records = (0..usize::from(u16::from_be_bytes([high, low]))).map(move |table| start + 12 + 16 * table);
    Some(records.map_while(|at| Some((four(file, at)?, u32::from_be_bytes(four(file, at + 12)?)))))
}

fn four(file: &[u8], at: usize) -> Option<[u8; 4]> {
    file.get(at..at.checked_add(4)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(tables: &[(&[u8; 4], u32)], before: &[u8]) -> Vec<u8> {
        let mut file = before.to_vec();
        file.extend(0x0001_0000_u32.to_be_bytes());
        file.extend((tables.len() as u16).to_be_bytes());
        file.extend([0; 6]);
        for (tag, length) in tables {
            file.extend(**tag);
            file.extend([0; 8]);
            file.extend(length.to_be_bytes());
        }
        file
    }

    fn collection(tables: &[(&[u8; 4], u32)]) -> Vec<u8> {
        let mut head = b"ttcf\0\x01\0\0\0\0\0\x01".to_vec();
        head.extend(16_u32.to_be_bytes());
        face(tables, &head)
    }

    #[test]
    fn shapes_of_every_known_kind_can_be_drawn() {
        for shape in SHAPES {
            let tables = [(b"cmap", 100), (shape, 100)];
            assert!(is_drawable(&face(&tables, &[])), "{shape:?}");
            assert!(is_drawable(&collection(&tables)), "{shape:?}");
        }
    }

    #[test]
    fn apples_own_shapes_and_empty_tables_cannot() {
        for tables in [[(b"cmap", 100), (b"hvgl", 5000)], [(b"glyf", 0), (b"hvgl", 5000)]] {
            assert!(!is_drawable(&face(&tables, &[])));
            assert!(!is_drawable(&collection(&tables)));
        }
    }

    #[test]
    fn what_is_no_font_or_is_cut_short_cannot() {
        let whole = collection(&[(b"cmap", 100), (b"glyf", 100)]);
        for length in 0..whole.len() {
            assert!(!is_drawable(&whole[..length]), "{length}");
        }
        assert!(!is_drawable(b"ttcf\0\x01\0\0\0\0\0\x01\xFF\xFF\xFF\xFF"));
        assert!(!is_drawable(&[0xFF; 64]));
    }
}
