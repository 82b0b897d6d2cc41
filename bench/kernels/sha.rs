// SHA-256 and a CRC of the same bytes, as they are written with slices and iterators.
mod kernel;

fn round_constants() -> [u32; 64] {
    // The first 32 bits of the fractions of the cube roots of the first 64 primes, by whole numbers.
    let mut constants = [0u32; 64];
    let (mut candidate, mut found) = (2u128, 0);
    while found < 64 {
        if (2..candidate).take_while(|d| d * d <= candidate).all(|d| candidate % d != 0) {
            let cube = candidate << 96;
            let (mut low, mut high) = (0u128, 1u128 << 36);
            while low + 1 < high {
                let middle = (low + high) / 2;
                if middle * middle * middle <= cube {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            constants[found] = low as u32;
            found += 1;
        }
        candidate += 1;
    }
    constants
}

fn compress(state: &mut [u32; 8], block: &[u8], constants: &[u32; 64]) {
    let mut w = [0u32; 64];
    for (word, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
        *word = u32::from_be_bytes(bytes.try_into().unwrap());
    }
    for i in 16..64 {
        let a = w[i - 15].rotate_right(7) ^ w[i - 15].rotate_right(18) ^ w[i - 15] >> 3;
        let b = w[i - 2].rotate_right(17) ^ w[i - 2].rotate_right(19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16].wrapping_add(a).wrapping_add(w[i - 7]).wrapping_add(b);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for i in 0..64 {
        let high = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let one = h
            .wrapping_add(high)
            .wrapping_add(e & f ^ !e & g)
            .wrapping_add(constants[i])
            .wrapping_add(w[i]);
        let low = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let two = low.wrapping_add(a & b ^ a & c ^ b & c);
        h = g;
        g = f;
        f = e;
        e = d.wrapping_add(one);
        d = c;
        c = b;
        b = a;
        a = one.wrapping_add(two);
    }
    for (s, v) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *s = s.wrapping_add(v);
    }
}

fn crc(table: &[u32; 256], data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, &byte| crc >> 8 ^ table[(crc as u8 ^ byte) as usize])
}

struct Input {
    data: Vec<u8>,
    constants: [u32; 64],
    table: [u32; 256],
}

fn prepare(random: &mut kernel::Random) -> Input {
    let mut table = [0u32; 256];
    for (i, entry) in table.iter_mut().enumerate() {
        *entry = (0..8).fold(i as u32, |c, _| if c & 1 != 0 { c >> 1 ^ 0xedb88320 } else { c >> 1 });
    }
    Input {
        data: (0..1 << 20).map(|_| random.next() as u8).collect(),
        constants: round_constants(),
        table,
    }
}

#[inline(never)]
fn kernel(input: &mut Input) -> u32 {
    let mut state = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
    for _ in 0..2 {
        for block in input.data.chunks_exact(64) {
            compress(&mut state, block, &input.constants);
        }
    }
    state.iter().fold(crc(&input.table, &input.data), |sum, s| sum ^ s)
}

#[export_name = "_start"]
pub extern "C" fn start() {
    kernel::run(prepare, kernel);
}
