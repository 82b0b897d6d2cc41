// Binary search trees with random priorities in an arena: insertions with rotations, splits, walks, all freed at once.
const k = @import("kernel.zig");

const Node = struct {
    key: u32,
    priority: u32,
    count: u32 = 1,
    left: ?*Node = null,
    right: ?*Node = null,
};

const Arena = struct {
    bytes: [1 << 20]u8 align(16) = undefined,
    used: usize = 0,

    fn create(self: *Arena, comptime T: type) error{OutOfMemory}!*T {
        const at = (self.used + @alignOf(T) - 1) & ~@as(usize, @alignOf(T) - 1);
        if (at + @sizeOf(T) > self.bytes.len) return error.OutOfMemory;
        self.used = at + @sizeOf(T);
        return @ptrCast(@alignCast(&self.bytes[at]));
    }
};

var arena: Arena = .{};

fn count(node: ?*Node) u32 {
    return if (node) |n| n.count else 0;
}

fn update(node: *Node) *Node {
    node.count = 1 + count(node.left) + count(node.right);
    return node;
}

fn insert(tree: ?*Node, key: u32) error{OutOfMemory}!*Node {
    const node = tree orelse {
        const made = try arena.create(Node);
        made.* = .{ .key = key, .priority = k.next() };
        return made;
    };
    if (key < node.key) {
        const left = try insert(node.left, key);
        if (left.priority < node.priority) {
            node.left = left.right;
            left.right = update(node);
            return update(left);
        }
        node.left = left;
    } else if (key > node.key) {
        const right = try insert(node.right, key);
        if (right.priority < node.priority) {
            node.right = right.left;
            right.left = update(node);
            return update(right);
        }
        node.right = right;
    }
    return update(node);
}

fn rank(tree: ?*const Node, key: u32) u32 {
    var below: u32 = 0;
    var at = tree;
    while (at) |node| {
        if (key <= node.key) {
            at = node.left;
        } else {
            below += 1 + count(node.left);
            at = node.right;
        }
    }
    return below;
}

fn merge(a: ?*Node, b: ?*Node) ?*Node {
    const left = a orelse return b;
    const right = b orelse return a;
    if (left.priority < right.priority) {
        left.right = merge(left.right, right);
        return update(left);
    }
    right.left = merge(left, right.left);
    return update(right);
}

fn split(tree: ?*Node, key: u32) [2]?*Node {
    const node = tree orelse return .{ null, null };
    if (node.key < key) {
        const parts = split(node.right, key);
        node.right = parts[0];
        return .{ update(node), parts[1] };
    }
    const parts = split(node.left, key);
    node.left = parts[1];
    return .{ parts[0], update(node) };
}

fn fold(tree: ?*const Node, sum: u32) u32 {
    const node = tree orelse return sum;
    return fold(node.right, fold(node.left, sum) *% 31 +% node.key);
}

fn prepare() void {}

fn work() error{OutOfMemory}!u32 {
    var sum: u32 = 0;
    for (0..4) |_| {
        arena.used = 0;
        var tree: ?*Node = null;
        for (0..10_000) |_| tree = try insert(tree, k.below(50_000));
        for (0..10_000) |_| sum = sum *% 5 +% rank(tree, k.below(50_000));
        for (0..2_000) |_| {
            const at = k.below(50_000);
            const parts = split(tree, at);
            const rest = split(parts[1], at + 100);
            sum +%= count(rest[0]);
            tree = merge(merge(parts[0], rest[0]), rest[1]);
        }
        sum = fold(tree, sum);
    }
    return sum;
}

fn kernel() u32 {
    return work() catch 0;
}

export fn _start() void {
    k.run("arena", prepare, kernel);
}
