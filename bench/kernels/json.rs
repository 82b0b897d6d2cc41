// Parses JSON into a tree of values, changes it, and writes it again: enums, strings, vectors, a map with order.
mod kernel;
use std::collections::BTreeMap;

enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

#[derive(Debug)]
enum Wrong {
    Unexpected(usize),
    End,
}

impl<'a> Parser<'a> {
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Result<u8, Wrong> {
        self.skip_space();
        self.text.get(self.at).copied().ok_or(Wrong::End)
    }

    fn expect(&mut self, c: u8) -> Result<(), Wrong> {
        if self.peek()? != c {
            return Err(Wrong::Unexpected(self.at));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Wrong> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(Wrong::Unexpected(self.at));
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, Wrong> {
        let negative = self.text[self.at] == b'-';
        if negative {
            self.at += 1;
        }
        let mut number = 0.0;
        while let Some(c @ b'0'..=b'9') = self.text.get(self.at) {
            number = number * 10.0 + (c - b'0') as f64;
            self.at += 1;
        }
        if let Some(b'.') = self.text.get(self.at) {
            self.at += 1;
            let mut scale = 1.0;
            while let Some(c @ b'0'..=b'9') = self.text.get(self.at) {
                number = number * 10.0 + (c - b'0') as f64;
                scale *= 10.0;
                self.at += 1;
            }
            number /= scale;
        }
        Ok(Value::Number(if negative { -number } else { number }))
    }

    fn string(&mut self) -> Result<String, Wrong> {
        self.expect(b'"')?;
        let mut text = Vec::new();
        loop {
            let c = *self.text.get(self.at).ok_or(Wrong::End)?;
            self.at += 1;
            match c {
                b'"' => return Ok(String::from_utf8(text).map_err(|_| Wrong::Unexpected(self.at))?),
                b'\\' => {
                    let escaped = *self.text.get(self.at).ok_or(Wrong::End)?;
                    self.at += 1;
                    text.push(match escaped {
                        b'n' => b'\n',
                        b't' => b'\t',
                        other => other,
                    });
                }
                _ => text.push(c),
            }
        }
    }

    fn value(&mut self) -> Result<Value, Wrong> {
        match self.peek()? {
            b'n' => self.word("null", Value::Null),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'"' => self.string().map(Value::Text),
            b'-' | b'0'..=b'9' => self.number(),
            b'[' => {
                self.at += 1;
                let mut list = Vec::new();
                while self.peek()? != b']' {
                    list.push(self.value()?);
                    if self.peek()? == b',' {
                        self.at += 1;
                    }
                }
                self.at += 1;
                Ok(Value::List(list))
            }
            b'{' => {
                self.at += 1;
                let mut object = BTreeMap::new();
                while self.peek()? != b'}' {
                    self.skip_space();
                    let key = self.string()?;
                    self.expect(b':')?;
                    object.insert(key, self.value()?);
                    if self.peek()? == b',' {
                        self.at += 1;
                    }
                }
                self.at += 1;
                Ok(Value::Object(object))
            }
            _ => Err(Wrong::Unexpected(self.at)),
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out.push('"');
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => {
            let scaled = (*n * 100.0) as i64;
            if scaled < 0 {
                out.push('-');
            }
            let mut digits = [0u8; 24];
            let mut left = scaled.unsigned_abs();
            let mut at = digits.len();
            loop {
                at -= 1;
                digits[at] = b'0' + (left % 10) as u8;
                left /= 10;
                if left == 0 {
                    break;
                }
            }
            digits[at..].iter().for_each(|d| out.push(*d as char));
        }
        Value::Text(text) => write_text(text, out),
        Value::List(list) => {
            out.push('[');
            for (i, item) in list.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (i, (key, item)) in object.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write(item, out);
            }
            out.push('}');
        }
    }
}

fn scale(value: &mut Value) {
    match value {
        Value::Number(n) => *n *= 1.5,
        Value::List(list) => list.iter_mut().for_each(scale),
        Value::Object(object) => object.values_mut().for_each(scale),
        _ => {}
    }
}

fn prepare(random: &mut kernel::Random) -> String {
    let names = ["id", "name", "tags", "active", "price", "parent", "notes", "x", "y", "children"];
    let mut text = String::from("[\n");
    for i in 0..1500 {
        if i > 0 {
            text.push_str(",\n");
        }
        text.push_str("  {");
        for (k, name) in names.iter().enumerate() {
            if k > 0 {
                text.push_str(", ");
            }
            text.push('"');
            text.push_str(name);
            text.push_str("\": ");
            match (k as u32 + random.below(3)) % 7 {
                0 => text.push_str(&random.below(100000).to_string()),
                1 => text.push_str("\"some text with \\\"quotes\\\" and \\n lines, \u{e9}t\u{e9}\""),
                2 => text.push_str("[1, 2.25, -3, \"four\", [], {\"five\": null}]"),
                3 => text.push_str("true"),
                4 => text.push_str("-12.75"),
                5 => text.push_str("null"),
                _ => text.push_str("{\"a\": 1, \"b\": [false, \"x\"]}"),
            }
        }
        text.push('}');
    }
    text.push_str("\n]");
    text
}

#[inline(never)]
fn kernel(text: &mut String) -> u32 {
    let mut sum = 0u32;
    for _ in 0..3 {
        let mut parser = Parser { text: text.as_bytes(), at: 0 };
        let mut value = match parser.value() {
            Ok(value) => value,
            Err(Wrong::End) => return 1,
            Err(Wrong::Unexpected(at)) => return at as u32,
        };
        scale(&mut value);
        let mut out = String::new();
        write(&value, &mut out);
        sum = out.bytes().fold(sum, |sum, c| sum.wrapping_mul(31).wrapping_add(c as u32));
    }
    sum
}

#[export_name = "_start"]
pub extern "C" fn start() {
    kernel::run(prepare, kernel);
}
