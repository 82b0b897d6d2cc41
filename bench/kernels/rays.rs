// Rays that hit spheres and a floor, with reflections: vectors as structs, operators, options, square roots.
mod kernel;
use std::ops::{Add, Mul, Sub};

#[derive(Clone, Copy)]
struct Vector {
    x: f64,
    y: f64,
    z: f64,
}

const fn vector(x: f64, y: f64, z: f64) -> Vector {
    Vector { x, y, z }
}

impl Add for Vector {
    type Output = Vector;
    fn add(self, o: Vector) -> Vector {
        vector(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl Sub for Vector {
    type Output = Vector;
    fn sub(self, o: Vector) -> Vector {
        vector(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

impl Mul<f64> for Vector {
    type Output = Vector;
    fn mul(self, f: f64) -> Vector {
        vector(self.x * f, self.y * f, self.z * f)
    }
}

impl Vector {
    fn dot(self, o: Vector) -> f64 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    fn unit(self) -> Vector {
        self * (1.0 / self.dot(self).sqrt())
    }
}

struct Sphere {
    center: Vector,
    radius: f64,
    color: Vector,
    mirror: f64,
}

struct Hit<'a> {
    distance: f64,
    sphere: &'a Sphere,
}

impl Sphere {
    fn hit(&self, origin: Vector, direction: Vector) -> Option<f64> {
        let to = self.center - origin;
        let along = to.dot(direction);
        let beside = to.dot(to) - along * along;
        let half = self.radius * self.radius - beside;
        if half < 0.0 {
            return None;
        }
        let half = half.sqrt();
        [along - half, along + half].into_iter().find(|&t| t > 1e-4)
    }
}

fn nearest<'a>(spheres: &'a [Sphere], origin: Vector, direction: Vector) -> Option<Hit<'a>> {
    let mut best: Option<Hit> = None;
    for sphere in spheres {
        if let Some(distance) = sphere.hit(origin, direction) {
            if best.as_ref().map_or(true, |b| distance < b.distance) {
                best = Some(Hit { distance, sphere });
            }
        }
    }
    best
}

fn trace(spheres: &[Sphere], origin: Vector, direction: Vector, depth: u32) -> Vector {
    let light = vector(0.577, 0.577, -0.577);
    match nearest(spheres, origin, direction) {
        None => {
            if direction.y < -0.01 {
                let t = -2.0 / direction.y;
                let floor = origin + direction * t;
                let odd = (floor.x.floor() as i32 ^ floor.z.floor() as i32) & 1;
                let lit = if nearest(spheres, floor, light).is_some() { 0.3 } else { 1.0 };
                vector(0.9, 0.9, 0.8) * (lit * if odd != 0 { 0.4 } else { 0.9 } / (1.0 + t * 0.05))
            } else {
                vector(0.3, 0.4, 0.7) * (1.0 - direction.y.max(0.0)) + vector(0.1, 0.1, 0.2)
            }
        }
        Some(hit) => {
            let point = origin + direction * hit.distance;
            let normal = (point - hit.sphere.center).unit();
            let shade = normal.dot(light).max(0.0);
            let shade = if shade > 0.0 && nearest(spheres, point, light).is_some() { 0.0 } else { shade };
            let own = hit.sphere.color * (0.2 + 0.8 * shade);
            if depth == 0 || hit.sphere.mirror == 0.0 {
                return own;
            }
            let reflected = direction - normal * (2.0 * normal.dot(direction));
            own * (1.0 - hit.sphere.mirror) + trace(spheres, point, reflected, depth - 1) * hit.sphere.mirror
        }
    }
}

fn prepare(random: &mut kernel::Random) -> Vec<Sphere> {
    let mut part = |scale: f64| (random.below(1024) as f64 / 1024.0 - 0.5) * scale;
    (0..12)
        .map(|i| Sphere {
            center: vector(part(6.0), part(2.0), 5.0 + part(4.0)),
            radius: 0.5 + part(0.5),
            color: vector(0.5 + part(1.0), 0.5 + part(1.0), 0.5 + part(1.0)),
            mirror: if i % 3 == 0 { 0.0 } else { 0.4 },
        })
        .collect()
}

#[inline(never)]
fn kernel(spheres: &mut Vec<Sphere>) -> u32 {
    let (width, height) = (400, 300);
    let mut sum = 0u32;
    for y in 0..height {
        for x in 0..width {
            let direction = vector(x as f64 / 200.0 - 1.0, 0.75 - y as f64 / 200.0, 1.5).unit();
            let color = trace(spheres, vector(0.0, 0.0, 0.0), direction, 4);
            for part in [color.x, color.y, color.z] {
                sum = sum.wrapping_mul(31).wrapping_add((part.clamp(0.0, 1.0) * 255.0) as u32);
            }
        }
    }
    sum
}

#[export_name = "_start"]
pub extern "C" fn start() {
    kernel::run(prepare, kernel);
}
