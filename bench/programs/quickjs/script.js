// A mixed load: recursion, objects with prototypes, sorting with a comparison function, search trees, closures, strings,
// regular expressions, floating-point numbers, typed arrays.
"use strict";

function fib(n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

function random(seed) {
    let x = seed;
    return function () {
        x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
        return x;
    };
}

class Vector {
    constructor(x, y, z) {
        this.x = x;
        this.y = y;
        this.z = z;
    }
    plus(o) {
        return new Vector(this.x + o.x, this.y + o.y, this.z + o.z);
    }
    times(f) {
        return new Vector(this.x * f, this.y * f, this.z * f);
    }
    dot(o) {
        return this.x * o.x + this.y * o.y + this.z * o.z;
    }
}

function bodies(rounds) {
    let sum = 0;
    let v = new Vector(1, 0.5, 0.25);
    for (let i = 0; i < rounds; i++) {
        const w = v.times(1 / Math.sqrt(v.dot(v))).plus(new Vector(i % 3, 0.125, i % 5));
        sum += w.dot(v);
        v = w.times(0.5);
    }
    return sum;
}

function sorted(n, next) {
    const list = [];
    for (let i = 0; i < n; i++) {
        list.push({ key: next() % 1000, at: i });
    }
    list.sort((a, b) => a.key - b.key || a.at - b.at);
    let h = 0;
    for (const e of list) {
        h = (h * 31 + e.at) | 0;
    }
    return h;
}

function insert(tree, key) {
    if (tree === null) {
        return { key, count: 1, left: null, right: null };
    }
    if (key < tree.key) {
        tree.left = insert(tree.left, key);
    } else if (key > tree.key) {
        tree.right = insert(tree.right, key);
    } else {
        tree.count++;
    }
    return tree;
}

function depth(tree) {
    return tree === null ? 0 : 1 + Math.max(depth(tree.left), depth(tree.right));
}

function sieve(n) {
    const composite = new Uint8Array(n + 1);
    let count = 0;
    for (let i = 2; i <= n; i++) {
        if (!composite[i]) {
            count++;
            for (let k = i * i; k <= n; k += i) {
                composite[k] = 1;
            }
        }
    }
    return count;
}

function words(rounds) {
    let text = "";
    for (let i = 0; i < 200; i++) {
        text += "key" + i + "=" + i * i + ";" + (i % 7 ? " " : "\n");
    }
    let found = 0;
    for (let r = 0; r < rounds; r++) {
        for (const m of text.matchAll(/([a-z]+)(\d+)=(\d+);/g)) {
            found += m[2].length + Number(m[3]) % 10;
        }
        found += text.split(/[;\s]+/).length;
        found += text.replace(/\b(k)(ey)/g, "$2$1").length;
    }
    return found;
}

function counted(n) {
    const map = new Map();
    const object = {};
    for (let i = 0; i < n; i++) {
        const k = "w" + (i * 7919 % 501);
        map.set(k, (map.get(k) || 0) + 1);
        object[k] = (object[k] || 0) + i;
    }
    return [...map.values()].reduce((a, b) => a + b) + Object.keys(object).length;
}

function matrix(n) {
    const a = [];
    const b = [];
    for (let i = 0; i < n; i++) {
        a.push([]);
        b.push([]);
        for (let k = 0; k < n; k++) {
            a[i].push(i + k / 2);
            b[i].push(i - k / 4);
        }
    }
    let trace = 0;
    for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
            let s = 0;
            for (let k = 0; k < n; k++) {
                s += a[i][k] * b[k][j];
            }
            trace += i === j ? s : 0;
        }
    }
    return trace;
}

const next = random(42);
let tree = null;
for (let i = 0; i < 15000; i++) {
    tree = insert(tree, next() % 5000);
}
print(fib(25), bodies(40000).toFixed(6), sorted(15000, next), depth(tree));
print(sieve(300000), words(15), counted(60000), matrix(60));
