// Arithmetic on big integers in vectors of 32 bits: factorials, powers modulo a number, decimal digits.
mod kernel;

#[derive(Clone, PartialEq)]
struct Big(Vec<u32>);

impl Big {
    fn trim(mut self) -> Big {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn times(&self, other: &Big) -> Big {
        let mut result = vec![0u32; self.0.len() + other.0.len()];
        for (i, &a) in self.0.iter().enumerate() {
            let mut carry = 0u64;
            for (j, &b) in other.0.iter().enumerate() {
                let sum = a as u64 * b as u64 + result[i + j] as u64 + carry;
                result[i + j] = sum as u32;
                carry = sum >> 32;
            }
            result[i + other.0.len()] = carry as u32;
        }
        Big(result).trim()
    }

    fn plus(&self, other: &Big) -> Big {
        let (long, short) = if self.0.len() >= other.0.len() { (self, other) } else { (other, self) };
        let mut result = Vec::with_capacity(long.0.len() + 1);
        let mut carry = false;
        for (i, &a) in long.0.iter().enumerate() {
            let (sum, first) = a.overflowing_add(short.0.get(i).copied().unwrap_or(0));
            let (sum, second) = sum.overflowing_add(carry as u32);
            carry = first | second;
            result.push(sum);
        }
        result.push(carry as u32);
        Big(result).trim()
    }

    fn divide_by(&mut self, divisor: u32) -> u32 {
        let mut rest = 0u64;
        for digit in self.0.iter_mut().rev() {
            let dividend = rest << 32 | *digit as u64;
            *digit = (dividend / divisor as u64) as u32;
            rest = dividend % divisor as u64;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        rest as u32
    }

    /// Knuth's algorithm D; the divisor's highest bit is set.
    fn rest(&self, divisor: &Big) -> Big {
        let n = divisor.0.len();
        let mut u = self.0.clone();
        u.push(0);
        let (top, second) = (divisor.0[n - 1] as u64, divisor.0[n - 2] as u64);
        for j in (0..u.len().saturating_sub(n)).rev() {
            let high = (u[j + n] as u64) << 32 | u[j + n - 1] as u64;
            let (mut q, mut r) = (high / top, high % top);
            while q >> 32 != 0 || q * second > (r << 32 | u[j + n - 2] as u64) {
                q -= 1;
                r += top;
                if r >> 32 != 0 {
                    break;
                }
            }
            let (mut borrow, mut carry) = (0i64, 0u64);
            for i in 0..n {
                let product = q * divisor.0[i] as u64 + carry;
                carry = product >> 32;
                let difference = u[i + j] as i64 - borrow - (product & 0xffff_ffff) as i64;
                u[i + j] = difference as u32;
                borrow = (difference < 0) as i64;
            }
            let difference = u[j + n] as i64 - borrow - carry as i64;
            u[j + n] = difference as u32;
            if difference < 0 {
                let mut carry = 0u64;
                for i in 0..n {
                    let sum = u[i + j] as u64 + divisor.0[i] as u64 + carry;
                    u[i + j] = sum as u32;
                    carry = sum >> 32;
                }
                u[j + n] = u[j + n].wrapping_add(carry as u32);
            }
        }
        u.truncate(n);
        Big(u).trim()
    }

    fn decimal(mut self) -> String {
        let mut parts = Vec::new();
        while !self.0.is_empty() {
            parts.push(self.divide_by(1_000_000_000));
        }
        parts.iter().rev().map(|part| format!("{:09}", part)).collect()
    }
}

fn prepare(random: &mut kernel::Random) -> Vec<Big> {
    let mut number = |length: usize| -> Big {
        let mut digits: Vec<u32> = (0..length).map(|_| random.next() << 9 ^ random.next()).collect();
        digits[length - 1] |= 1 << 31;
        Big(digits)
    };
    vec![number(32), number(3), number(31)]
}

#[inline(never)]
fn kernel(numbers: &mut Vec<Big>) -> u32 {
    let mut product = Big(vec![1]);
    for i in 1..=600 {
        product = product.times(&Big(vec![i]));
    }
    let (mut a, mut b) = (Big(vec![1]), Big(vec![1]));
    for _ in 0..4000 {
        let next = a.plus(&b);
        a = std::mem::replace(&mut b, next);
    }
    let (modulus, exponent, base) = (&numbers[0], &numbers[1], &numbers[2]);
    let mut power = Big(vec![1]);
    for _ in 0..16 {
        for bit in (0..exponent.0.len() * 32).rev() {
            power = power.times(&power).rest(modulus);
            if exponent.0[bit / 32] >> (bit % 32) & 1 != 0 {
                power = power.times(base).rest(modulus);
            }
        }
    }
    [product, b, power]
        .into_iter()
        .flat_map(|number| number.decimal().into_bytes())
        .fold(0u32, |sum, c| sum.wrapping_mul(31).wrapping_add(c as u32))
}

#[export_name = "_start"]
pub extern "C" fn start() {
    kernel::run(prepare, kernel);
}
