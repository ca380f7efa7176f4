//! A picture as an X server takes it.

use tawk_core::ports::Picture;

/// The order of the bytes in a pixel of 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Whether the first byte is the highest.
    pub(super) is_big: bool,
}

/// Some rows of pixels of one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Premultiplied with the opacity, as compositors want it.
pub(super) fn ordered(picture: &Picture, order: Order) -> Vec<u8> {
    convert(picture, order, |pixel| pixel)
}

/// Each colour as if nothing shone through it.
pub(super) fn opaque(picture: &Picture, order: Order) -> Vec<u8> {
    convert(picture, order, |[red, green, blue, opacity]| {
        let full = |colour: u8| (u16::from(colour) * 255).checked_div(opacity.into()).unwrap_or(0).min(255) as u8;
        [full(red), full(green), full(blue), 255]
    })
}

fn convert(picture: &Picture, order: Order, colour: impl Fn([u8; 4]) -> [u8; 4]) -> Vec<u8> {
    let (pixels, _) = picture.pixels.as_chunks::<4>();
    let mut converted = Vec::with_capacity(picture.pixels.len());
    for pixel in pixels {
        let [red, green, blue, opacity] = colour(*pixel);
        converted.extend_from_slice(&match order.is_big {
            true => [opacity, red, green, blue],
            false => [blue, green, red, opacity],
        });
    }
    converted
}

/// The panel without its shadow, from the top: it has no holes, so that each row is one span.
pub(super) fn spans(picture: &Picture) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let row_bytes = picture.width as usize * 4;
    if row_bytes == 0 {
        return spans;
    }
    for (y, row) in (0..).zip(picture.pixels.chunks_exact(row_bytes)) {
        let is_solid = |pixel: &[u8]| pixel[3] >= Picture::SOLID;
        let Some(first) = row.chunks_exact(4).position(is_solid) else { continue };
        let last = row.chunks_exact(4).rposition(is_solid).unwrap_or(first);
        let (x, width) = (first as u32, (last - first + 1) as u32);
        match spans.last_mut() {
            Some(above) if (above.x, above.width, above.y + above.height) == (x, width, y) => above.height += 1,
            _ => spans.push(Span { x, y, width, height: 1 }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(rows: &[&str]) -> Picture {
        let opacity = |c| match c {
            '#' => 200,
            '+' => 60,
            _ => 0,
        };
        let pixels = rows.iter().flat_map(|row| row.chars()).flat_map(|c| [opacity(c) / 2, 0, 0, opacity(c)]).collect();
        Picture { width: rows[0].len() as u32, height: rows.len() as u32, pixels }
    }

    #[test]
    fn the_shape_is_the_panel_without_its_shadow() {
        let picture = picture(&["++++++", "++##++", "+####+", "+####+", "++++++"]);
        assert_eq!(
            spans(&picture),
            [Span { x: 2, y: 1, width: 2, height: 1 }, Span { x: 1, y: 2, width: 4, height: 2 }]
        );
        assert_eq!(spans(&Picture { width: 0, height: 0, pixels: Vec::new() }), []);
    }

    #[test]
    fn bytes_stand_in_the_displays_order() {
        let picture = Picture { width: 1, height: 1, pixels: vec![100, 50, 25, 128] };
        assert_eq!(ordered(&picture, Order { is_big: false }), [25, 50, 100, 128]);
        assert_eq!(ordered(&picture, Order { is_big: true }), [128, 100, 50, 25]);
        assert_eq!(opaque(&picture, Order { is_big: false }), [49, 99, 199, 255]);
        let nothing = Picture { width: 1, height: 1, pixels: vec![0; 4] };
        assert_eq!(opaque(&nothing, Order { is_big: false }), [0, 0, 0, 255]);
    }
}
