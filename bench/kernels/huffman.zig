// Huffman codes: counts, a tree by a heap, a canonical code, bits written and read by a table.
const k = @import("kernel.zig");

const SIZE = 200_000;
const MAX = 20;
var input: [SIZE]u8 = undefined;
var output: [SIZE]u8 = undefined;
var packed_bits: [SIZE * 2]u8 = undefined;

const Code = struct { bits: u32 = 0, length: u8 = 0 };

const Node = struct { weight: u32, left: u16, right: u16 };

const Heap = struct {
    items: [512]u16 = undefined,
    len: usize = 0,

    fn less(nodes: []const Node, a: u16, b: u16) bool {
        return if (nodes[a].weight != nodes[b].weight) nodes[a].weight < nodes[b].weight else a < b;
    }

    fn push(self: *Heap, nodes: []const Node, item: u16) void {
        var at = self.len;
        self.len += 1;
        while (at > 0) {
            const parent = (at - 1) / 2;
            if (!less(nodes, item, self.items[parent])) break;
            self.items[at] = self.items[parent];
            at = parent;
        }
        self.items[at] = item;
    }

    fn pop(self: *Heap, nodes: []const Node) u16 {
        const top = self.items[0];
        self.len -= 1;
        const item = self.items[self.len];
        var at: usize = 0;
        while (2 * at + 1 < self.len) {
            var child = 2 * at + 1;
            if (child + 1 < self.len and less(nodes, self.items[child + 1], self.items[child])) child += 1;
            if (!less(nodes, self.items[child], item)) break;
            self.items[at] = self.items[child];
            at = child;
        }
        self.items[at] = item;
        return top;
    }
};

fn depths(nodes: []const Node, node: u16, depth: u8, codes: *[256]Code) void {
    if (node < 256) {
        codes[node].length = if (depth == 0) 1 else depth;
        return;
    }
    depths(nodes, nodes[node].left, depth + 1, codes);
    depths(nodes, nodes[node].right, depth + 1, codes);
}

fn makeCodes(codes: *[256]Code) void {
    var nodes: [512]Node = undefined;
    var heap = Heap{};
    for (nodes[0..256]) |*node| node.* = .{ .weight = 0, .left = 0, .right = 0 };
    for (input) |c| nodes[c].weight += 1;
    for (0..256) |i| if (nodes[i].weight > 0) heap.push(&nodes, @intCast(i));
    var count: u16 = 256;
    while (heap.len > 1) {
        const a = heap.pop(&nodes);
        const b = heap.pop(&nodes);
        nodes[count] = .{ .weight = nodes[a].weight + nodes[b].weight, .left = a, .right = b };
        heap.push(&nodes, count);
        count += 1;
    }
    depths(&nodes, heap.pop(&nodes), 0, codes);
    var code: u32 = 0;
    for (1..MAX + 1) |length| {
        for (codes) |*c| {
            if (c.length == length) {
                c.bits = code;
                code += 1;
            }
        }
        code <<= 1;
    }
}

fn encode(codes: *const [256]Code) usize {
    var bits: u64 = 0;
    var have: u6 = 0;
    var at: usize = 0;
    for (input) |c| {
        const code = codes[c];
        bits = bits << @intCast(code.length) | code.bits;
        have += @intCast(code.length);
        while (have >= 8) {
            have -= 8;
            packed_bits[at] = @truncate(bits >> have);
            at += 1;
        }
    }
    if (have > 0) {
        packed_bits[at] = @truncate(bits << (7 - have) << 1);
        at += 1;
    }
    return at;
}

fn decode(codes: *const [256]Code) void {
    var first: [MAX + 2]u32 = undefined;
    var offset: [MAX + 2]u32 = undefined;
    var symbols: [256]u8 = undefined;
    var count: u32 = 0;
    var code: u32 = 0;
    for (1..MAX + 1) |length| {
        first[length] = code;
        offset[length] = count;
        for (codes, 0..) |c, symbol| {
            if (c.length == length) {
                symbols[count] = @intCast(symbol);
                count += 1;
                code += 1;
            }
        }
        code <<= 1;
    }
    offset[MAX + 1] = count;
    var at: usize = 0;
    var bit: u3 = 7;
    for (&output) |*c| {
        var value: u32 = 0;
        var length: usize = 0;
        while (true) {
            value = value << 1 | (packed_bits[at] >> bit & 1);
            if (bit == 0) at += 1;
            bit -%= 1;
            length += 1;
            const index = value -% first[length];
            if (index < offset[length + 1] - offset[length]) {
                c.* = symbols[offset[length] + index];
                break;
            }
        }
    }
}

fn prepare() void {
    for (&input) |*c| c.* = @intCast(k.below(1 + k.below(1 + k.below(120))));
}

fn kernel() u32 {
    var sum: u32 = 0;
    for (0..2) |_| {
        var codes = [_]Code{.{}} ** 256;
        makeCodes(&codes);
        const length = encode(&codes);
        decode(&codes);
        for (input, output) |a, b| if (a != b) return 0;
        for (packed_bits[0..length]) |c| sum = sum *% 31 +% c;
        for (&input) |*c| c.* = (c.* + 3) & 127;
    }
    return sum;
}

export fn _start() void {
    k.run("huffman", prepare, kernel);
}
