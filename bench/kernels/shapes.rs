// Trees of boxed trait objects that are built, evaluated and rewritten, with virtual calls at every node.
mod kernel;
use kernel::Random;

trait Node {
    fn eval(&self, x: f64) -> f64;
    fn size(&self) -> u32;
    fn derive(&self) -> Box<dyn Node>;
    fn copy(&self) -> Box<dyn Node>;
    fn constant(&self) -> Option<f64> {
        None
    }
}

struct Number(f64);
struct Variable;
struct Sum(Box<dyn Node>, Box<dyn Node>);
struct Product(Box<dyn Node>, Box<dyn Node>);
struct Negated(Box<dyn Node>);

fn sum(a: Box<dyn Node>, b: Box<dyn Node>) -> Box<dyn Node> {
    match (a.constant(), b.constant()) {
        (Some(x), Some(y)) => Box::new(Number(x + y)),
        (Some(x), None) if x == 0.0 => b,
        (None, Some(y)) if y == 0.0 => a,
        _ => Box::new(Sum(a, b)),
    }
}

fn product(a: Box<dyn Node>, b: Box<dyn Node>) -> Box<dyn Node> {
    match (a.constant(), b.constant()) {
        (Some(x), Some(y)) => Box::new(Number(x * y)),
        (Some(x), None) if x == 1.0 => b,
        (None, Some(y)) if y == 1.0 => a,
        (Some(x), None) if x == 0.0 => a,
        (None, Some(y)) if y == 0.0 => b,
        _ => Box::new(Product(a, b)),
    }
}

impl Node for Number {
    fn eval(&self, _: f64) -> f64 {
        self.0
    }
    fn size(&self) -> u32 {
        1
    }
    fn derive(&self) -> Box<dyn Node> {
        Box::new(Number(0.0))
    }
    fn copy(&self) -> Box<dyn Node> {
        Box::new(Number(self.0))
    }
    fn constant(&self) -> Option<f64> {
        Some(self.0)
    }
}

impl Node for Variable {
    fn eval(&self, x: f64) -> f64 {
        x
    }
    fn size(&self) -> u32 {
        1
    }
    fn derive(&self) -> Box<dyn Node> {
        Box::new(Number(1.0))
    }
    fn copy(&self) -> Box<dyn Node> {
        Box::new(Variable)
    }
}

impl Node for Sum {
    fn eval(&self, x: f64) -> f64 {
        self.0.eval(x) + self.1.eval(x)
    }
    fn size(&self) -> u32 {
        1 + self.0.size() + self.1.size()
    }
    fn derive(&self) -> Box<dyn Node> {
        sum(self.0.derive(), self.1.derive())
    }
    fn copy(&self) -> Box<dyn Node> {
        Box::new(Sum(self.0.copy(), self.1.copy()))
    }
}

impl Node for Product {
    fn eval(&self, x: f64) -> f64 {
        self.0.eval(x) * self.1.eval(x)
    }
    fn size(&self) -> u32 {
        1 + self.0.size() + self.1.size()
    }
    fn derive(&self) -> Box<dyn Node> {
        sum(product(self.0.derive(), self.1.copy()), product(self.0.copy(), self.1.derive()))
    }
    fn copy(&self) -> Box<dyn Node> {
        Box::new(Product(self.0.copy(), self.1.copy()))
    }
}

impl Node for Negated {
    fn eval(&self, x: f64) -> f64 {
        -self.0.eval(x)
    }
    fn size(&self) -> u32 {
        1 + self.0.size()
    }
    fn derive(&self) -> Box<dyn Node> {
        Box::new(Negated(self.0.derive()))
    }
    fn copy(&self) -> Box<dyn Node> {
        Box::new(Negated(self.0.copy()))
    }
}

fn build(random: &mut Random, depth: u32) -> Box<dyn Node> {
    match if depth == 0 { random.below(2) } else { 2 + random.below(5) } {
        0 => Box::new(Number(random.below(100) as f64 / 50.0 - 1.0)),
        1 => Box::new(Variable),
        2 => Box::new(Negated(build(random, depth - 1))),
        3 | 4 => Box::new(Sum(build(random, depth - 1), build(random, depth - 1))),
        _ => Box::new(Product(build(random, depth - 1), build(random, depth - 1))),
    }
}

fn prepare(random: &mut Random) -> Vec<Box<dyn Node>> {
    (0..40).map(|_| build(random, 8)).collect()
}

#[inline(never)]
fn kernel(trees: &mut Vec<Box<dyn Node>>) -> u32 {
    let mut digest = 0u64;
    for tree in trees.iter() {
        let slope = tree.derive();
        digest = digest.wrapping_mul(31).wrapping_add(slope.size() as u64);
        for i in 0..20 {
            let x = i as f64 / 10.0 - 1.0;
            digest = digest.rotate_left(7) ^ (tree.eval(x) + slope.eval(x)).to_bits();
        }
    }
    (digest ^ digest >> 32) as u32
}

#[export_name = "_start"]
pub extern "C" fn start() {
    kernel::run(prepare, kernel);
}
