// An interpreter whose instructions are values of an enum with operands, with a stack and locals in vectors.
mod kernel;

#[derive(Clone, Copy)]
enum Op {
    Push(i64),
    Load(u16),
    Store(u16),
    Add,
    Sub,
    Mul,
    Xor,
    Rem,
    Less,
    Jump(u32),
    JumpIfZero(u32),
    Get,
    Put,
    Call(u32),
    Return,
    Dup,
    Drop,
    Halt,
}

struct Machine {
    stack: Vec<i64>,
    locals: Vec<i64>,
    memory: Vec<i64>,
    frames: Vec<(usize, usize)>,
}

#[derive(Debug)]
enum Trap {
    StackUnderflow,
    OutOfBounds,
    DivisionByZero,
}

impl Machine {
    fn pop(&mut self) -> Result<i64, Trap> {
        self.stack.pop().ok_or(Trap::StackUnderflow)
    }

    fn binary(&mut self, f: impl Fn(i64, i64) -> i64) -> Result<(), Trap> {
        let b = self.pop()?;
        let a = self.pop()?;
        self.stack.push(f(a, b));
        Ok(())
    }

    fn run(&mut self, code: &[Op]) -> Result<i64, Trap> {
        let (mut pc, mut base) = (0usize, 0usize);
        loop {
            let op = *code.get(pc).ok_or(Trap::OutOfBounds)?;
            pc += 1;
            match op {
                Op::Push(value) => self.stack.push(value),
                Op::Load(index) => self.stack.push(self.locals[base + index as usize]),
                Op::Store(index) => {
                    let value = self.pop()?;
                    self.locals[base + index as usize] = value;
                }
                Op::Add => self.binary(i64::wrapping_add)?,
                Op::Sub => self.binary(i64::wrapping_sub)?,
                Op::Mul => self.binary(i64::wrapping_mul)?,
                Op::Xor => self.binary(|a, b| a ^ b)?,
                Op::Rem => {
                    if self.stack.last() == Some(&0) {
                        return Err(Trap::DivisionByZero);
                    }
                    self.binary(|a, b| a.wrapping_rem(b))?
                }
                Op::Less => self.binary(|a, b| (a < b) as i64)?,
                Op::Jump(to) => pc = to as usize,
                Op::JumpIfZero(to) => {
                    if self.pop()? == 0 {
                        pc = to as usize;
                    }
                }
                Op::Get => {
                    let at = self.pop()?;
                    let value = *self.memory.get(at as usize).ok_or(Trap::OutOfBounds)?;
                    self.stack.push(value);
                }
                Op::Put => {
                    let value = self.pop()?;
                    let at = self.pop()?;
                    *self.memory.get_mut(at as usize).ok_or(Trap::OutOfBounds)? = value;
                }
                Op::Call(to) => {
                    self.frames.push((pc, base));
                    base += 4;
                    if base + 4 > self.locals.len() {
                        self.locals.resize(base + 4, 0);
                    }
                    pc = to as usize;
                }
                Op::Return => {
                    let (return_pc, return_base) = self.frames.pop().ok_or(Trap::StackUnderflow)?;
                    pc = return_pc;
                    base = return_base;
                }
                Op::Dup => {
                    let top = *self.stack.last().ok_or(Trap::StackUnderflow)?;
                    self.stack.push(top);
                }
                Op::Drop => {
                    self.pop()?;
                }
                Op::Halt => return self.pop(),
            }
        }
    }
}

fn prepare(random: &mut kernel::Random) -> Vec<Op> {
    use Op::*;
    // Locals: 0 is the counter, 1 the sum. The loop fills the memory with mixed numbers, then fib(17) is computed.
    vec![
        Push(0), Store(0), Push(random.below(1000) as i64), Store(1),
        Load(0), Push(90_000), Less, JumpIfZero(33), // 4: while counter < 90000
        Load(0), Push(511), Rem, Load(1), Put, // memory[counter % 511] = sum
        Load(1), Push(6364136223846793005), Mul, Load(0), Add, Push(0x5bd1e995), Xor,
        Load(0), Push(7), Mul, Push(511), Rem, Get, Add, Store(1),
        Load(0), Push(1), Add, Store(0), Jump(4),
        Push(17), Call(39), Load(1), Xor, Halt, Drop, // 33
        Dup, Store(0), Push(2), Less, JumpIfZero(46), Load(0), Return, // 39: fib of what is on the stack
        Load(0), Push(1), Sub, Call(39), Load(0), Push(2), Sub, Call(39), Add, Return, // 46
    ]
}

#[inline(never)]
fn kernel(code: &mut Vec<Op>) -> u32 {
    let mut machine = Machine { stack: Vec::new(), locals: vec![0; 64], memory: vec![0; 512], frames: Vec::new() };
    match machine.run(code) {
        Ok(value) => (value ^ value >> 32) as u32,
        Err(Trap::StackUnderflow) => 1,
        Err(Trap::OutOfBounds) => 2,
        Err(Trap::DivisionByZero) => 3,
    }
}

#[export_name = "_start"]
pub extern "C" fn start() {
    kernel::run(prepare, kernel);
}
