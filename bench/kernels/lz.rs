// Compresses with a hash table of earlier places, as LZ4 does, and decompresses: slices with checks, matches that
// overlap.
mod kernel;

const HASH_BITS: u32 = 13;

fn read(data: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]])
}

fn length(out: &mut Vec<u8>, mut rest: usize) {
    while rest >= 255 {
        out.push(255);
        rest -= 255;
    }
    out.push(rest as u8);
}

fn emit(out: &mut Vec<u8>, literals: &[u8], distance: usize, matched: usize) {
    let short = literals.len().min(15) << 4;
    out.push((short | matched.saturating_sub(4).min(15)) as u8);
    if literals.len() >= 15 {
        length(out, literals.len() - 15);
    }
    out.extend_from_slice(literals);
    out.extend_from_slice(&(distance as u16).to_le_bytes());
    if matched >= 19 {
        length(out, matched - 19);
    }
}

fn compress(data: &[u8]) -> Vec<u8> {
    let mut table = vec![usize::MAX; 1 << HASH_BITS];
    let mut out = Vec::with_capacity(data.len());
    let (mut at, mut done) = (0, 0);
    while at + 4 <= data.len() {
        let word = read(data, at);
        let slot = (word.wrapping_mul(2654435761) >> (32 - HASH_BITS)) as usize;
        let candidate = table[slot];
        table[slot] = at;
        if candidate != usize::MAX && at - candidate < 65536 && read(data, candidate) == word {
            let matched = 4 + data[at + 4..].iter().zip(&data[candidate + 4..]).take_while(|(a, b)| a == b).count();
            emit(&mut out, &data[done..at], at - candidate, matched);
            at += matched;
            done = at;
        } else {
            at += 1;
        }
    }
    emit(&mut out, &data[done..], 0, 0);
    out
}

fn long(data: &[u8], at: &mut usize, short: usize) -> usize {
    let mut total = short;
    if short == 15 {
        loop {
            let byte = data[*at];
            *at += 1;
            total += byte as usize;
            if byte != 255 {
                break;
            }
        }
    }
    total
}

fn decompress(data: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(size);
    let mut at = 0;
    while at < data.len() {
        let token = data[at] as usize;
        at += 1;
        let literals = long(data, &mut at, token >> 4);
        out.extend_from_slice(&data[at..at + literals]);
        at += literals;
        let distance = data[at] as usize | (data[at + 1] as usize) << 8;
        at += 2;
        if distance == 0 {
            break;
        }
        let matched = long(data, &mut at, token & 15) + 4;
        for _ in 0..matched {
            let byte = out[out.len() - distance];
            out.push(byte);
        }
    }
    out
}

fn prepare(random: &mut kernel::Random) -> Vec<u8> {
    let words =
        ["the ", "quick ", "brown ", "fox ", "jumps ", "over ", "lazy ", "dogs ", "<b>", "</b>", "\n", "0x1f, "];
    let mut data = Vec::new();
    while data.len() < 400_000 {
        if random.below(16) == 0 {
            data.push(random.below(256) as u8);
        } else {
            data.extend_from_slice(words[random.below(words.len() as u32) as usize].as_bytes());
        }
    }
    data
}

#[inline(never)]
fn kernel(data: &mut Vec<u8>) -> u32 {
    let mut sum = 0u32;
    for _ in 0..4 {
        let packed = compress(data);
        let unpacked = decompress(&packed, data.len());
        if unpacked != *data {
            return 0;
        }
        sum = sum.wrapping_mul(31).wrapping_add(packed.len() as u32);
        data.rotate_left(1001);
    }
    sum
}

#[export_name = "_start"]
pub extern "C" fn start() {
    kernel::run(prepare, kernel);
}
