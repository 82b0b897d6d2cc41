// Planets that attract one another, as objects with fields of f64 in an array.
import { check, start } from "./kernel";

class Body {
  constructor(
    public x: f64, public y: f64, public z: f64,
    public vx: f64, public vy: f64, public vz: f64,
    public mass: f64
  ) {}
}

class World {
  bodies: Array<Body> = new Array<Body>();

  advance(dt: f64): void {
    const bodies = this.bodies;
    const size = bodies.length;
    for (let i = 0; i < size; i++) {
      const a = bodies[i];
      for (let j = i + 1; j < size; j++) {
        const b = bodies[j];
        const dx = a.x - b.x;
        const dy = a.y - b.y;
        const dz = a.z - b.z;
        const square = dx * dx + dy * dy + dz * dz + 0.01;
        const force = dt / (square * Math.sqrt(square));
        a.vx -= dx * b.mass * force;
        a.vy -= dy * b.mass * force;
        a.vz -= dz * b.mass * force;
        b.vx += dx * a.mass * force;
        b.vy += dy * a.mass * force;
        b.vz += dz * a.mass * force;
      }
    }
    for (let i = 0; i < size; i++) {
      const body = bodies[i];
      body.x += dt * body.vx;
      body.y += dt * body.vy;
      body.z += dt * body.vz;
    }
  }

  energy(): f64 {
    let energy = 0.0;
    for (let i = 0; i < this.bodies.length; i++) {
      const a = this.bodies[i];
      energy += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
      for (let j = i + 1; j < this.bodies.length; j++) {
        const b = this.bodies[j];
        const dx = a.x - b.x;
        const dy = a.y - b.y;
        const dz = a.z - b.z;
        energy -= (a.mass * b.mass) / Math.sqrt(dx * dx + dy * dy + dz * dz);
      }
    }
    return energy;
  }
}

function kernel(world: World): u32 {
  let sum: u64 = 0;
  for (let i = 0; i < 60000; i++) {
    world.advance(0.001);
    if ((i & 1023) == 0) sum = rotl(sum, 5) ^ reinterpret<u64>(world.energy());
  }
  return <u32>(sum ^ (sum >> 32));
}

export function _start(): void {
  const world = new World();
  world.bodies.push(new Body(0, 0, 0, 0, 0, 0, 39.5));
  world.bodies.push(new Body(4.84, -1.16, -0.1, 0.6, 2.81, -0.02, 0.04));
  world.bodies.push(new Body(8.34, 4.12, -0.4, -1.01, 1.82, 0.01, 0.011));
  world.bodies.push(new Body(12.9, -15.1, -0.22, 1.08, 0.87, -0.01, 0.0017));
  world.bodies.push(new Body(15.4, -25.9, 0.18, 0.98, 0.6, -0.03, 0.002));
  start();
  check(kernel(world), EXPECTED);
}
