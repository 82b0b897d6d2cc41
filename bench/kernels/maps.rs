// Counts words in a hash map with the standard hash, orders them in a tree, and walks ranges of it.
mod kernel;
use std::collections::{BTreeMap, HashMap, HashSet};

fn prepare(random: &mut kernel::Random) -> String {
    let syllables = ["ka", "lo", "mi", "tu", "ren", "sol", "va", "pe", "ghi", "no"];
    let mut text = String::new();
    for _ in 0..25_000 {
        for _ in 0..=random.below(3) {
            text.push_str(syllables[random.below(10) as usize]);
        }
        text.push(if random.below(10) == 0 { '\n' } else { ' ' });
    }
    text
}

#[inline(never)]
fn kernel(text: &mut String) -> u32 {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for word in text.split_ascii_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    let mut order: BTreeMap<(u32, &str), u32> = BTreeMap::new();
    for (word, count) in &counts {
        order.insert((*count, word), word.len() as u32);
    }
    let mut sum = 0u32;
    for ((count, word), length) in order.range((2, "")..(40, "")) {
        sum = sum.wrapping_mul(17).wrapping_add(count * length + word.as_bytes()[0] as u32);
    }
    let mut seen = HashSet::new();
    let mut events: BTreeMap<u64, u32> = BTreeMap::new();
    let mut time = 1u64;
    for i in 0..60_000u32 {
        time = time.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        seen.insert((time >> 50) as u16);
        events.insert(time >> 40, i);
        if events.len() > 1000 {
            let first = *events.keys().next().unwrap();
            sum = sum.wrapping_mul(5) ^ events.remove(&first).unwrap();
        }
    }
    sum ^ seen.len() as u32
}

#[export_name = "_start"]
pub extern "C" fn start() {
    kernel::run(prepare, kernel);
}
