// Sorts records by several orders with closures, groups them, and searches: generic code of the standard library.
mod kernel;
use std::cmp::Ordering;

#[derive(Clone)]
struct Record {
    id: u32,
    group: u16,
    weight: f32,
    name: [u8; 8],
}

fn prepare(random: &mut kernel::Random) -> Vec<Record> {
    (0..20_000)
        .map(|id| {
            let mut name = [0u8; 8];
            for c in name.iter_mut() {
                *c = b'a' + random.below(4) as u8;
            }
            Record { id, group: random.below(300) as u16, weight: random.below(5000) as f32 / 16.0, name }
        })
        .collect()
}

fn digest(records: &[Record]) -> u32 {
    records.iter().fold(7u32, |sum, r| sum.wrapping_mul(33) ^ r.id)
}

fn select<T: Copy, F: Fn(T, T) -> bool>(items: &mut [T], k: usize, less: F) -> T {
    let (mut low, mut high) = (0, items.len() - 1);
    while low < high {
        let pivot = items[(low + high) / 2];
        let (mut i, mut j) = (low, high);
        while i <= j {
            while less(items[i], pivot) {
                i += 1;
            }
            while less(pivot, items[j]) {
                j -= 1;
            }
            if i <= j {
                items.swap(i, j);
                i += 1;
                j = j.saturating_sub(1);
            }
        }
        if k <= j {
            high = j;
        } else if k >= i {
            low = i;
        } else {
            break;
        }
    }
    items[k]
}

#[inline(never)]
fn kernel(records: &mut Vec<Record>) -> u32 {
    let mut sum = 0u32;
    let mut mix = |records: &[Record]| sum = sum.rotate_left(5) ^ digest(records);
    records.sort_by(|a, b| {
        a.group.cmp(&b.group).then_with(|| b.weight.partial_cmp(&a.weight).unwrap_or(Ordering::Equal))
    });
    mix(records);
    records.sort_by_key(|r| r.name);
    mix(records);
    records.sort_unstable_by(|a, b| a.weight.total_cmp(&b.weight).then(a.id.cmp(&b.id)));
    mix(records);
    let mut ids: Vec<u32> = records.iter().filter(|r| r.weight > 100.0).map(|r| r.id ^ (r.group as u32) << 3).collect();
    let middle = ids.len() / 2;
    sum ^= select(&mut ids, middle, |a, b| a < b);
    ids.sort_unstable();
    ids.dedup();
    for key in (0..60_000u32).step_by(3) {
        sum = sum.wrapping_add(match ids.binary_search(&key) {
            Ok(at) => at as u32,
            Err(at) => !(at as u32),
        });
    }
    let heaviest = records.chunks(16).map(|c| c.iter().map(|r| r.weight).fold(0.0f32, f32::max)).sum::<f32>();
    sum ^ heaviest.to_bits()
}

#[export_name = "_start"]
pub extern "C" fn start() {
    kernel::run(prepare, kernel);
}
