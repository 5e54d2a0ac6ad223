//! A small real PNG, drawn here: a shop's page with an empty basket.

const WIDTH: usize = 480;
const HEIGHT: usize = 270;
/// Colours by number: background, bar, text, frame, accent, white, warning.
const PALETTE: [[u8; 3]; 7] = [
    [244, 246, 250],
    [38, 70, 120],
    [90, 102, 120],
    [200, 208, 220],
    [60, 130, 200],
    [255, 255, 255],
    [214, 90, 60],
];

struct Canvas(Vec<u8>);

impl Canvas {
    fn rectangle(&mut self, x: usize, y: usize, w: usize, h: usize, colour: u8) {
        for row in y..(y + h).min(HEIGHT) {
            for column in x..(x + w).min(WIDTH) {
                self.0[row * WIDTH + column] = colour;
            }
        }
    }
}

/// The picture as the bytes of a PNG file.
pub(super) fn basket() -> Vec<u8> {
    let mut canvas = Canvas(vec![0; WIDTH * HEIGHT]);
    canvas.rectangle(0, 0, WIDTH, 40, 1);
    canvas.rectangle(20, 14, 90, 12, 5);
    canvas.rectangle(400, 10, 60, 20, 4);
    canvas.rectangle(40, 64, 180, 14, 2);
    canvas.rectangle(40, 92, 400, 120, 3);
    canvas.rectangle(42, 94, 396, 116, 5);
    // The basket: two sides, a bottom, a handle.
    canvas.rectangle(205, 130, 70, 6, 2);
    canvas.rectangle(212, 136, 6, 36, 2);
    canvas.rectangle(262, 136, 6, 36, 2);
    canvas.rectangle(212, 166, 56, 6, 2);
    canvas.rectangle(225, 112, 6, 18, 2);
    canvas.rectangle(249, 112, 6, 18, 2);
    canvas.rectangle(225, 112, 30, 5, 2);
    canvas.rectangle(170, 188, 140, 8, 6);
    canvas.rectangle(330, 228, 110, 24, 3);
    let mut raw = Vec::with_capacity((WIDTH + 1) * HEIGHT);
    for row in canvas.0.chunks(WIDTH) {
        raw.push(0);
        raw.extend_from_slice(row);
    }
    let size = |n: usize| u32::try_from(n).unwrap_or(0).to_be_bytes();
    let mut header = Vec::new();
    header.extend(size(WIDTH));
    header.extend(size(HEIGHT));
    header.extend([8, 3, 0, 0, 0]);
    let mut png = vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    chunk(&mut png, b"IHDR", &header);
    chunk(&mut png, b"PLTE", &PALETTE.concat());
    chunk(&mut png, b"IDAT", &stored(&raw));
    chunk(&mut png, b"IEND", &[]);
    png
}

/// A zlib stream of stored blocks: no compression, no dependency.
fn stored(raw: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = raw.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        out.push(u8::from(blocks.peek().is_none()));
        let length = u16::try_from(block.len()).unwrap_or(0);
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for byte in raw {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend(((b << 16) | a).to_be_bytes());
    out
}

fn chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    let start = png.len();
    png.extend(kind);
    png.extend(data);
    let mut crc = u32::MAX;
    for byte in &png[start..] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    png.extend((!crc).to_be_bytes());
}
