//! What every kernel in Zig has (see kernel.h): the marks, numbers that are always the same, and a check of the result.
extern "bench" fn start() void;
extern "bench" fn end() void;

var seed: u32 = 12345;

pub fn next() u32 {
    seed = seed *% 1664525 +% 1013904223;
    return seed >> 8;
}

pub fn below(bound: u32) u32 {
    return next() % bound;
}

fn expected(comptime name: []const u8) u32 {
    @setEvalBranchQuota(100_000);
    const text = @embedFile("expected.txt");
    var line: usize = 0;
    while (line + name.len < text.len) {
        var number: u32 = 0;
        var at = line;
        while (text[at] != ' ') at += 1;
        const same = at - line == name.len and for (name, text[line..at]) |a, b| {
            if (a != b) break false;
        } else true;
        at += 1;
        while (text[at] != '\n') : (at += 1) number = number *% 10 +% (text[at] - '0');
        if (same) return number;
        line = at + 1;
    }
    return 0;
}

/// `prepare` runs in front of the marks, `kernel` between them.
pub fn run(comptime name: []const u8, comptime prepare: fn () void, comptime kernel: fn () u32) void {
    prepare();
    start();
    const result = @call(.never_inline, kernel, .{});
    end();
    if (result != comptime expected(name)) @trap();
}
