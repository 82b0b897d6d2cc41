// Base64 there and back, and a validation of UTF-8 with a count of its characters: errors as values, slices, tables.
const k = @import("kernel.zig");

const SIZE = 300_000;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values = blk: {
    @setEvalBranchQuota(10_000);
    var table = [_]u8{255} ** 256;
    for (alphabet, 0..) |c, i| table[c] = i;
    break :blk table;
};

var data: [SIZE + 4]u8 = undefined;
var text: [SIZE * 2]u8 = undefined;
var back: [SIZE + 4]u8 = undefined;
var length: usize = 0;

const Wrong = error{ BadLength, BadCharacter, BadUtf8 };

fn encode(from: []const u8, to: []u8) usize {
    var i: usize = 0;
    var at: usize = 0;
    while (i + 3 <= from.len) : (i += 3) {
        const word = @as(u32, from[i]) << 16 | @as(u32, from[i + 1]) << 8 | from[i + 2];
        to[at] = alphabet[word >> 18];
        to[at + 1] = alphabet[word >> 12 & 63];
        to[at + 2] = alphabet[word >> 6 & 63];
        to[at + 3] = alphabet[word & 63];
        at += 4;
    }
    if (i < from.len) {
        const second = if (i + 1 < from.len) from[i + 1] else 0;
        const word = @as(u32, from[i]) << 16 | @as(u32, second) << 8;
        to[at] = alphabet[word >> 18];
        to[at + 1] = alphabet[word >> 12 & 63];
        to[at + 2] = if (i + 1 < from.len) alphabet[word >> 6 & 63] else '=';
        to[at + 3] = '=';
        at += 4;
    }
    return at;
}

fn decode(from: []const u8, to: []u8) Wrong!usize {
    if (from.len % 4 != 0) return error.BadLength;
    var at: usize = 0;
    var i: usize = 0;
    while (i < from.len) : (i += 4) {
        var word: u32 = 0;
        var pads: usize = 0;
        for (from[i .. i + 4]) |c| {
            var value = values[c];
            if (value == 255) {
                if (c != '=' or i + 4 != from.len) return error.BadCharacter;
                pads += 1;
                value = 0;
            }
            word = word << 6 | value;
        }
        to[at] = @truncate(word >> 16);
        to[at + 1] = @truncate(word >> 8);
        to[at + 2] = @truncate(word);
        at += 3 - pads;
    }
    return at;
}

fn countCharacters(bytes: []const u8) Wrong!u32 {
    var count: u32 = 0;
    var i: usize = 0;
    while (i < bytes.len) : (count += 1) {
        const c = bytes[i];
        const more: usize = switch (c) {
            0...0x7f => 0,
            0xc2...0xdf => 1,
            0xe0...0xef => 2,
            0xf0...0xf4 => 3,
            else => return error.BadUtf8,
        };
        if (i + more >= bytes.len) return error.BadUtf8;
        var point: u32 = if (more == 0) c else c & (@as(u8, 0x3f) >> @intCast(more));
        for (bytes[i + 1 .. i + 1 + more]) |d| {
            if (d & 0xc0 != 0x80) return error.BadUtf8;
            point = point << 6 | (d & 0x3f);
        }
        if (more == 2 and (point < 0x800 or point >= 0xd800 and point < 0xe000)) return error.BadUtf8;
        if (more == 3 and (point < 0x10000 or point > 0x10ffff)) return error.BadUtf8;
        i += 1 + more;
    }
    return count;
}

fn put(point: u32) void {
    const more: u5 = if (point < 0x80) 0 else if (point < 0x800) 1 else if (point < 0x10000) 2 else 3;
    const marks = [_]u8{ 0, 0xc0, 0xe0, 0xf0 };
    data[length] = marks[more] | @as(u8, @truncate(point >> (6 * more)));
    length += 1;
    var left = more;
    while (left > 0) {
        left -= 1;
        data[length] = 0x80 | @as(u8, @truncate(point >> (6 * left) & 0x3f));
        length += 1;
    }
}

fn prepare() void {
    while (length < SIZE) {
        put(switch (k.below(12)) {
            0 => 0x80 + k.below(0x700),
            1 => 0x1000 + k.below(0x8000),
            2 => 0x10000 + k.below(0x8000),
            else => 32 + k.below(95),
        });
    }
}

fn work() Wrong!u32 {
    var sum: u32 = 0;
    for (0..4) |round| {
        const bytes = data[0..length];
        const characters = try countCharacters(bytes);
        const written = encode(bytes, &text);
        const read = try decode(text[0..written], &back);
        if (read != bytes.len) return error.BadLength;
        for (bytes, back[0..read]) |a, b| if (a != b) return error.BadCharacter;
        for (text[0..written]) |c| sum = sum *% 31 +% c;
        sum ^= characters +% @as(u32, @intCast(round));
    }
    return sum;
}

fn kernel() u32 {
    return work() catch 0;
}

export fn _start() void {
    k.run("base64", prepare, kernel);
}
