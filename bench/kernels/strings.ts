// Text as a program in a garbage-collected language handles it: split, joined, replaced, compared, numbers to text.
import { below, check, start } from "./kernel";

function titled(word: string): string {
  return word.length == 0 ? word : word.charAt(0).toUpperCase() + word.substring(1);
}

function reversed(word: string): string {
  let result = "";
  for (let i = word.length - 1; i >= 0; i--) result += String.fromCharCode(word.charCodeAt(i));
  return result;
}

function isPalindrome(word: string): bool {
  for (let i = 0, j = word.length - 1; i < j; i++, j--) {
    if (word.charCodeAt(i) != word.charCodeAt(j)) return false;
  }
  return true;
}

function hash(text: string): u32 {
  let h: u32 = 2166136261;
  for (let i = 0; i < text.length; i++) h = (h ^ text.charCodeAt(i)) * 16777619;
  return h;
}

function kernel(text: string): u32 {
  let sum: u32 = 0;
  const lines = text.split("\n");
  const seen = new Map<string, i32>();
  for (let i = 0; i < lines.length; i++) {
    const words = lines[i].split(" ");
    const out = new Array<string>();
    for (let k = 0; k < words.length; k++) {
      const word = words[k];
      if (isPalindrome(word)) out.push(word + ":" + word.length.toString());
      else if (word.startsWith("a")) out.push(reversed(word));
      else out.push(titled(word));
      seen.set(word, seen.has(word) ? seen.get(word) + 1 : 1);
    }
    const joined = out.join("-").replaceAll("Ba", "[ba]");
    sum = sum * 31 + hash(joined) + joined.indexOf("[ba]-");
  }
  const keys = seen.keys();
  keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  for (let i = 0; i < keys.length; i++) sum = sum * 31 + hash(keys[i]) * seen.get(keys[i]);
  return sum;
}

export function _start(): void {
  const letters = "abcde";
  const parts = new Array<string>();
  for (let i = 0; i < 600; i++) {
    for (let k = 0; k < 12; k++) {
      let word = "";
      const length = 1 + <i32>below(5);
      for (let n = 0; n < length; n++) word += letters.charAt(below(5));
      parts.push(word + (k == 11 ? "\n" : " "));
    }
  }
  const text = parts.join("");
  start();
  check(kernel(text), EXPECTED);
}
