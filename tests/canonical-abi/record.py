#!/usr/bin/env python3
"""Records what the canonical ABI's reference definitions do with types and values by chance.

    tests/canonical-abi/record.py COMPONENT-MODEL > tests/canonical-abi/records.txt

COMPONENT-MODEL is a checkout of github.com/WebAssembly/component-model; its design/mvp/canonical-abi/definitions.py is
loaded. Lines of the output have fields with tabs between:

    P or R: parameters of a call, or its result
    encodings of strings in the memory where the values are, and in the one they are copied to
    the function's type in WIT, the values in WAVE
    core values and bytes of the first memory, core values and bytes of the second

Core values are hexadecimal, their bits. Bytes begin at address 64, zeros at the end are left out. Memory comes from an
allocator that gives out addresses from 64 on, leaves one byte free behind each block, moves each block that is
reallocated and fills the old one with zeros. The first memory is filled from a string of UTF-8, as hosts have them. A
result that is passed in memory goes to address 64 of the second memory, which is allocated before.
"""
import importlib.util
import pathlib
import random
import struct
import sys

CASES = 720
SEED = 16
START = 64
BYTES = 1 << 16
ENCODINGS = ['utf8', 'utf16', 'latin1+utf16']
TEXTS = ['', 'a', 'seven c', 'eight ch', 'plain text, of more than two words of a machine', 'été', 'ÿ' * 9,
         'ascii at first, then €', 'é€', '€5', '😀', 'xÿyĀ', '\u0100' * 8, 'nul \0 \x7f\x80']


def load(checkout):
    path = pathlib.Path(checkout) / 'design/mvp/canonical-abi/definitions.py'
    spec = importlib.util.spec_from_file_location('definitions', path)
    module = importlib.util.module_from_spec(spec)
    sys.modules['definitions'] = module
    spec.loader.exec_module(module)
    module.DETERMINISTIC_PROFILE = True
    return module


if len(sys.argv) != 2:
    sys.exit(__doc__)
D = load(sys.argv[1])


class Side(D.LiftLowerContext):
    """A memory with its allocator."""

    def __init__(self, encoding):
        memory = D.MemInst(bytearray(BYTES), 'i32')
        super().__init__(D.LiftLowerOptions(encoding, memory), None)
        self.bytes = memory.bytes
        self.next = START

    def reallocate(self, old, old_byte_length, alignment, new_byte_length):
        at = D.align_to(self.next, alignment)
        self.next = at + new_byte_length + 1
        kept = min(old_byte_length, new_byte_length)
        self.bytes[at:at + kept] = self.bytes[old:old + kept]
        self.bytes[old:old + old_byte_length] = bytes(old_byte_length)
        return at

    def content(self):
        return bytes(self.bytes[START:]).rstrip(b'\0').hex()


# Types: each as the definitions have it, its text in WIT, and a function that makes a value with its text in WAVE.

def integer(bits, signed):
    kind = getattr(D, f'{"S" if signed else "U"}{bits}Type')

    def value(r):
        low = -(1 << bits - 1) if signed else 0
        v = r.choice([low, low + (1 << bits) - 1, 0, r.randrange(low, low + (1 << bits))])
        return v, str(v)
    return kind(), f'{"s" if signed else "u"}{bits}', value


def floating(bits):
    form, whole = ('<f', '<I') if bits == 32 else ('<d', '<Q')

    def value(r):
        v = struct.unpack(form, struct.pack(whole, r.getrandbits(bits)))[0]
        v = r.choice([v, v, 0.0, -0.0, float('inf'), float('-inf'), float('nan')])
        return v, 'nan' if v != v else repr(v)
    return getattr(D, f'F{bits}Type')(), f'f{bits}', value


def escaped(text):
    return ''.join(c if ' ' <= c <= '~' and c not in '\'"\\' else f'\\u{{{ord(c):x}}}' for c in text)


def boolean():
    def value(r):
        v = r.random() < 0.5
        return v, 'true' if v else 'false'
    return D.BoolType(), 'bool', value


def character():
    def value(r):
        v = chr(r.choice([r.randrange(0x80), r.randrange(0xD800), r.randrange(0xE000, 0x110000)]))
        return v, f"'{escaped(v)}'"
    return D.CharType(), 'char', value


def string():
    def value(r):
        v = r.choice(TEXTS)
        return (v, 'utf8', len(v.encode())), f'"{escaped(v)}"'
    return D.StringType(), 'string', value


PRIMITIVES = [boolean, character, string, string] + [
    lambda b=b, s=s: integer(b, s) for b in (8, 16, 32, 64) for s in (False, True)] + [
    lambda b=b: floating(b) for b in (32, 64)]


def labels(r, n):
    return [f'{c}{i}' for i, c in enumerate(r.choices('abcxyz', k=n))]


def elements(made, values):
    pairs = [made(r) for r in values]
    return [p[0] for p in pairs], ', '.join(p[1] for p in pairs)


def lists(r, depth, length=None):
    t, text, made = some_type(r, depth)

    def value(r):
        vs, texts = elements(made, [r] * (r.randrange(4) if length is None else length))
        return vs, f'[{texts}]'
    return D.ListType(t, length), f'list<{text}{"" if length is None else f", {length}"}>', value


def maps(r, depth):
    key, key_text, key_made = r.choice([string, lambda: integer(16, False)])()
    t, text, made = some_type(r, depth)

    def value(r):
        pairs = {}
        for _ in range(r.randrange(3)):
            (k, k_text), (v, v_text) = key_made(r), made(r)
            pairs[k_text] = ({'0': k, '1': v}, f'({k_text}, {v_text})')
        return [p[0] for p in pairs.values()], '[' + ', '.join(p[1] for p in pairs.values()) + ']'
    return D.MapType(key, t), f'map<{key_text}, {text}>', value


def records(r, depth):
    names = labels(r, r.randrange(1, 6))
    parts = [some_type(r, depth) for _ in names]

    def value(r):
        vs = [made(r) for _, _, made in parts]
        return ({n: v[0] for n, v in zip(names, vs)},
                '{' + ', '.join(f'{n}: {v[1]}' for n, v in zip(names, vs)) + '}')
    return (D.RecordType([D.FieldType(n, p[0]) for n, p in zip(names, parts)]),
            'record { ' + ', '.join(f'{n}: {p[1]}' for n, p in zip(names, parts)) + ' }', value)


def tuples(r, depth):
    parts = [some_type(r, depth) for _ in range(r.randrange(1, 6))]

    def value(r):
        vs = [made(r) for _, _, made in parts]
        return {str(i): v[0] for i, v in enumerate(vs)}, '(' + ', '.join(v[1] for v in vs) + ')'
    return D.TupleType([p[0] for p in parts]), 'tuple<' + ', '.join(p[1] for p in parts) + '>', value


def case(name, part, r, wave=None):
    """A value of a case, by its name in the definitions and in WAVE."""
    if part is None:
        return {name: None}, wave or name
    v, text = part[2](r)
    return {name: v}, f'{wave or name}({text})'


def variants(r, depth):
    names = labels(r, r.choice([1, 2, 3, 5, 5, 257]))
    parts = [some_type(r, depth) if i < 5 and r.random() < 0.7 else None for i in range(len(names))]

    def value(r):
        i = r.choice([0, len(names) - 1, r.randrange(len(names))])
        return case(names[i], parts[i], r)
    return (D.VariantType([D.CaseType(n, p and p[0]) for n, p in zip(names, parts)]),
            'variant { ' + ', '.join(n + (f'({p[1]})' if p else '') for n, p in zip(names, parts)) + ' }', value)


def enums(r, depth):
    names = labels(r, r.choice([1, 2, 5, 256, 257]))
    return (D.EnumType(names), 'enum { ' + ', '.join(names) + ' }',
            lambda r: case(r.choice([names[-1], r.choice(names)]), None, r))


def flags(r, depth):
    names = labels(r, r.choice([1, 7, 8, 9, 16, 17, 32]))

    def value(r):
        v = {n: r.random() < 0.5 for n in names}
        return v, '{' + ', '.join(n for n in names if v[n]) + '}'
    return D.FlagsType(names), 'flags { ' + ', '.join(names) + ' }', value


def options(r, depth):
    part = some_type(r, depth)
    return (D.OptionType(part[0]), f'option<{part[1]}>',
            lambda r: case('some', part, r) if r.random() < 0.7 else case('none', None, r))


def results(r, depth):
    ok, error = [some_type(r, depth) if r.random() < 0.7 else None for _ in range(2)]
    text = 'result' if not ok and not error else 'result<' + (ok[1] if ok else '_') + (
        f', {error[1]}' if error else '') + '>'
    return (D.ResultType(ok and ok[0], error and error[0]), text,
            lambda r: case('ok', ok, r) if r.random() < 0.5 else case('error', error, r, 'err'))


MADE = [lists, lambda r, d: lists(r, d, r.randrange(1, 5)), maps, records, tuples, variants, enums, flags, options,
        results]


def some_type(r, depth):
    if depth == 0 or r.random() < 0.3:
        return r.choice(PRIMITIVES)()
    return r.choice(MADE)(r, depth - 1)


# Records.

def core(values, types):
    """Core values as their bits."""
    out = []
    for v, t in zip(values, types, strict=True):
        if t in ('f32', 'f64'):
            v = int.from_bytes(struct.pack('<f' if t == 'f32' else '<d', v), 'little')
        out.append(f'{v:x}')
    return ','.join(out)


def plain(value):
    """Strings without how they are encoded."""
    match value:
        case (str(), str(), int()):
            return value[0]
        case list():
            return [plain(v) for v in value]
        case dict():
            return {k: plain(v) for k, v in value.items()}
        case _ if value != value:
            return 'nan'
    return value


def flat_types(ts, side, limit):
    flat = D.flatten_types(ts, side.opts)
    return flat if len(flat) <= limit else ['i32']


def record(r, number):
    source, target = Side(ENCODINGS[number % 3]), Side(ENCODINGS[number // 3 % 3])
    is_result = number // 9 % 2 == 1
    parts = [some_type(r, 3)]
    if not is_result and r.random() < 0.4:
        # So many that all are passed in memory.
        parts.append((D.TupleType([D.U8Type()] * 17), 'tuple<' + ', '.join(['u8'] * 17) + '>',
                      lambda r: ({str(i): i for i in range(17)}, '(' + ', '.join(map(str, range(17))) + ')')))
    types = [p[0] for p in parts]
    made = [p[2](r) for p in parts]
    values = [m[0] for m in made]
    limit = D.MAX_FLAT_RESULTS if is_result else D.MAX_FLAT_PARAMS
    first = D.lower_flat_values(source, limit, values, types)
    first_types = flat_types(types, source, limit)
    first_memory = source.content()
    lifted = D.lift_flat_values(source, limit, D.CoreValueIter(list(first)), types)
    assert plain(lifted) == plain(values), (lifted, values)
    out = None
    second_types = flat_types(types, target, limit)
    if is_result and len(D.flatten_types(types, target.opts)) > limit:
        tuple_type = D.TupleType(types)
        place = target.allocate(D.alignment(tuple_type, 'i32'), D.elem_size(tuple_type, 'i32'))
        out = D.CoreValueIter([place])
        second_types = []
    second = D.lower_flat_values(target, limit, lifted, types, out)
    function = 'func() -> ' + parts[0][1] if is_result else 'func(' + ', '.join(
        f'p{i}: {p[1]}' for i, p in enumerate(parts)) + ')'
    wave = made[0][1] if is_result else '(' + ', '.join(m[1] for m in made) + ')'
    return [
        'R' if is_result else 'P', source.opts.string_encoding, target.opts.string_encoding, function, wave,
        core(first, first_types), first_memory, core(second, second_types), target.content()]


def main():
    r = random.Random(SEED)
    number = 0
    while number < CASES:
        fields = record(r, number)
        # Few are long, and say nothing that shorter ones do not.
        if sum(map(len, fields)) < 1500:
            print('\t'.join(fields))
            number += 1


main()
