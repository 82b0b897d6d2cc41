// Primes by a segmented sieve in a bit set, then what is computed with them: totients, and counts by the last digit.
const k = @import("kernel.zig");

const LIMIT = 4_000_000;
const SEGMENT = 1 << 15;

const Bits = struct {
    words: [SEGMENT / 32]u32 = undefined,

    fn setAll(self: *Bits) void {
        for (&self.words) |*word| word.* = ~@as(u32, 0);
    }

    fn clear(self: *Bits, i: usize) void {
        self.words[i >> 5] &= ~(@as(u32, 1) << @truncate(i));
    }

    fn get(self: *const Bits, i: usize) bool {
        return self.words[i >> 5] >> @truncate(i) & 1 != 0;
    }
};

var bits: Bits = .{};
var small: [400]u32 = undefined;
var next_multiple: [400]u32 = undefined;
var totients: [200_000]u32 = undefined;

fn prepare() void {}

fn segments(digits: *[10]u32) u32 {
    var count: u32 = 1;
    var smalls: usize = 0;
    var candidate: u32 = 3;
    digits[2] += 1;
    // Bit i of a segment stands for the odd number low + 2 i + 1.
    var low: u32 = 0;
    while (low < LIMIT) : (low += 2 * SEGMENT) {
        bits.setAll();
        while (candidate * candidate < low + 2 * SEGMENT) : (candidate += 2) {
            var is_prime = true;
            for (small[0..smalls]) |p| {
                if (candidate % p == 0) {
                    is_prime = false;
                    break;
                }
            }
            if (is_prime) {
                small[smalls] = candidate;
                next_multiple[smalls] = candidate * candidate;
                smalls += 1;
            }
        }
        for (small[0..smalls], next_multiple[0..smalls]) |p, *from| {
            var i = (from.* - low) >> 1;
            while (i < SEGMENT) : (i += p) bits.clear(i);
            from.* = low + 2 * i + 1;
        }
        for (0..SEGMENT) |i| {
            const number = low + 2 * @as(u32, @intCast(i)) + 1;
            if (number > 1 and number < LIMIT and bits.get(i)) {
                count += 1;
                digits[number % 10] += 1;
            }
        }
    }
    return count;
}

fn kernel() u32 {
    var digits = [_]u32{0} ** 10;
    var sum = segments(&digits);
    for (digits) |count| sum = sum *% 31 +% count;
    for (&totients, 0..) |*t, i| t.* = @intCast(i);
    for (2..totients.len) |i| {
        if (totients[i] == i) {
            var multiple = i;
            while (multiple < totients.len) : (multiple += i) {
                totients[multiple] -= totients[multiple] / @as(u32, @intCast(i));
            }
        }
    }
    for (totients) |t| sum = sum *% 33 ^ t;
    return sum +% k.next();
}

export fn _start() void {
    k.run("primes", prepare, kernel);
}
