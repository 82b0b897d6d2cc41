// A trie of managed objects: words go in, prefixes are counted, words come out again.
import { below, check, start } from "./kernel";

class Node {
  children: Array<Node | null> = new Array<Node | null>(8);
  words: i32 = 0;
  below: i32 = 0;
}

class Trie {
  root: Node = new Node();
  nodes: i32 = 1;

  add(word: StaticArray<u8>): void {
    let node = this.root;
    for (let i = 0; i < word.length; i++) {
      const letter = word[i];
      let next = node.children[letter];
      if (next === null) {
        next = new Node();
        node.children[letter] = next;
        this.nodes++;
      }
      node.below++;
      node = next;
    }
    node.words++;
  }

  countPrefix(prefix: StaticArray<u8>, length: i32): i32 {
    let node = this.root;
    for (let i = 0; i < length; i++) {
      const next = node.children[prefix[i]];
      if (next === null) return 0;
      node = next;
    }
    return node.below + node.words;
  }

  remove(word: StaticArray<u8>): bool {
    let node = this.root;
    const way = new Array<Node>();
    for (let i = 0; i < word.length; i++) {
      const next = node.children[word[i]];
      if (next === null) return false;
      way.push(node);
      node = next;
    }
    if (node.words == 0) return false;
    node.words--;
    for (let i = way.length - 1; i >= 0; i--) {
      const parent = way[i];
      parent.below--;
      if (node.words + node.below == 0) {
        parent.children[word[i]] = null;
        this.nodes--;
      }
      node = parent;
    }
    return true;
  }
}

function kernel(words: Array<StaticArray<u8>>): u32 {
  const trie = new Trie();
  let sum: u32 = 0;
  for (let i = 0; i < words.length; i++) trie.add(words[i]);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < words.length; i++) {
      sum = sum * 31 + trie.countPrefix(words[i], min(1 + round, words[i].length));
    }
  }
  sum ^= trie.nodes;
  for (let i = 0; i < words.length; i += 2) sum = sum * 3 + (trie.remove(words[i]) ? 1 : 0);
  return sum ^ trie.nodes;
}

export function _start(): void {
  const words = new Array<StaticArray<u8>>();
  for (let i = 0; i < 20000; i++) {
    const word = new StaticArray<u8>(3 + below(6));
    for (let k = 0; k < word.length; k++) word[k] = <u8>below(1 + below(8));
    words.push(word);
  }
  start();
  check(kernel(words), EXPECTED);
}
