// A matcher of regular expressions that goes back: compiled to nodes in an array, then run over lines of a log.
const k = @import("kernel.zig");

const Kind = enum { char, any, set, start, end, match };
const Node = struct {
    kind: Kind,
    c: u8 = 0,
    set: [4]u64 = .{ 0, 0, 0, 0 },
    min: u8 = 1,
    many: bool = false,
};

const Pattern = struct {
    nodes: [32]Node = undefined,
    len: usize = 0,

    fn add(self: *Pattern, set: [4]u64, c: u8, kind: Kind) void {
        self.nodes[self.len] = .{ .kind = kind, .c = c, .set = set };
        self.len += 1;
    }

    fn compile(source: []const u8) Pattern {
        var result = Pattern{};
        var i: usize = 0;
        const none = [4]u64{ 0, 0, 0, 0 };
        while (i < source.len) : (i += 1) {
            switch (source[i]) {
                '^' => result.add(none, 0, .start),
                '$' => result.add(none, 0, .end),
                '.' => result.add(none, 0, .any),
                '*' => {
                    result.nodes[result.len - 1].min = 0;
                    result.nodes[result.len - 1].many = true;
                },
                '+' => result.nodes[result.len - 1].many = true,
                '?' => result.nodes[result.len - 1].min = 0,
                '[' => {
                    var set = none;
                    i += 1;
                    while (source[i] != ']') : (i += 1) {
                        const from = source[i];
                        var to = from;
                        if (source[i + 1] == '-') {
                            to = source[i + 2];
                            i += 2;
                        }
                        for (from..@as(usize, to) + 1) |c| set[c / 64] |= @as(u64, 1) << @intCast(c % 64);
                    }
                    result.add(set, 0, .set);
                },
                else => |c| result.add(none, c, .char),
            }
        }
        result.add(none, 0, .match);
        return result;
    }

    fn accepts(node: *const Node, c: u8) bool {
        return switch (node.kind) {
            .char => node.c == c,
            .any => true,
            .set => node.set[c / 64] >> @intCast(c % 64) & 1 != 0,
            else => false,
        };
    }

    fn matchAt(self: *const Pattern, index: usize, text: []const u8, from: usize) ?usize {
        var at = from;
        const node = &self.nodes[index];
        switch (node.kind) {
            .match => return at,
            .start => return if (at == 0) self.matchAt(index + 1, text, at) else null,
            .end => return if (at == text.len) self.matchAt(index + 1, text, at) else null,
            else => {},
        }
        var count: usize = 0;
        const limit: usize = if (node.many) text.len else 1;
        while (count < limit and at < text.len and accepts(node, text[at])) {
            at += 1;
            count += 1;
        }
        while (count >= node.min) {
            if (self.matchAt(index + 1, text, at)) |end| return end;
            if (count == 0) break;
            count -= 1;
            at -= 1;
        }
        return null;
    }

    fn search(self: *const Pattern, text: []const u8, from: usize) ?[2]usize {
        var at = from;
        while (at <= text.len) : (at += 1) {
            if (self.matchAt(0, text, at)) |end| return .{ at, end };
        }
        return null;
    }
};

const sources = [_][]const u8{
    "[0-9]+\\.[0-9]+\\.[0-9]+", "^[a-z]+ [A-Z]+ ", "err.*code [0-9][0-9]?$", "[a-z]+@[a-z]+",
    "x[ab]*y",                "/[a-z/]*\\.html",
};
const words = [_][]const u8{
    "get ",    "POST ",      "error ",           "code ",          "10.0.3.7 ", "user@host ",
    "xabbay ", "xaaaaaaab ", "/a/b/index.html ", "/img/logo.png ", "42",        "7 ",
};

var log: [100_000]u8 = undefined;
var length: usize = 0;

fn prepare() void {
    while (length + 200 < log.len) {
        for (0..3 + k.below(9)) |_| {
            const word = words[k.below(words.len)];
            for (word) |c| {
                log[length] = c;
                length += 1;
            }
        }
        log[length] = '\n';
        length += 1;
    }
}

fn kernel() u32 {
    var patterns: [sources.len]Pattern = undefined;
    for (&patterns, sources) |*pattern, source| pattern.* = Pattern.compile(source);
    var sum: u32 = 0;
    var from: usize = 0;
    while (from < length) {
        var to = from;
        while (log[to] != '\n') to += 1;
        const line = log[from..to];
        for (&patterns, 1..) |*pattern, number| {
            var at: usize = 0;
            while (pattern.search(line, at)) |found| {
                sum = sum *% 31 +% @as(u32, @intCast(number * (found[0] + 7 * found[1])));
                at = if (found[1] > found[0]) found[1] else found[0] + 1;
            }
        }
        from = to + 1;
    }
    return sum;
}

export fn _start() void {
    k.run("pattern", prepare, kernel);
}
