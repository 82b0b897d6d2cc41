// What every kernel in Rust has (see kernel.h): the marks, numbers that are always the same, and a check of the result.
#[link(wasm_import_module = "bench")]
extern "C" {
    #[link_name = "start"]
    fn bench_start();
    #[link_name = "end"]
    fn bench_end();
}

pub struct Random(u32);

impl Random {
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1664525).wrapping_add(1013904223);
        self.0 >> 8
    }

    #[allow(dead_code)]
    pub fn below(&mut self, bound: u32) -> u32 {
        self.next() % bound
    }
}

const fn expected(digits: &[u8]) -> u32 {
    let mut number = 0u32;
    let mut i = 0;
    while i < digits.len() {
        number = number * 10 + (digits[i] - b'0') as u32;
        i += 1;
    }
    number
}

const EXPECTED: u32 = expected(env!("EXPECTED").as_bytes());

/// What `prepare` makes is handed to `kernel`, which computes the result between the marks.
pub fn run<T>(prepare: fn(&mut Random) -> T, kernel: fn(&mut T) -> u32) {
    let mut input = prepare(&mut Random(12345));
    unsafe { bench_start() };
    let result = kernel(&mut input);
    unsafe { bench_end() };
    if result != EXPECTED {
        core::arch::wasm32::unreachable();
    }
    std::mem::forget(input);
}
