// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import {
  type BytesTest,
  containsBytes,
  endsWithBytes,
  equalsBytes,
  indexBytes,
  memberBytes,
  startsWithBytes,
} from "../../src/engine/bytes.ts";
import { globTest } from "../../src/engine/glob.ts";
import { pmatchTest } from "../../src/engine/pmatch.ts";
import { fromPosix, RegexError, regexTest } from "../../src/engine/regex.ts";

/** Asks a test about a value that lies amid other bytes. */
function ask(bytesTest: BytesTest, value: string): boolean {
  const u8 = Buffer.from(`//a${value}a//`, "latin1");
  return bytesTest({ u8, offset: 3, length: value.length });
}

describe("glob", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["", [""], ["a"]],
    ["a", ["a"], ["", "b", "aa", "A"]],
    ["*", ["", "a", "/a/.b", "\xff"], []],
    ["?", ["a", "/", ".", "\xff"], ["", "ab"]],
    ["a*", ["a", "ab", "a/b/c"], ["", "ba"]],
    ["*a", ["a", "ba", "/x/a"], ["", "ab"]],
    ["*a*", ["a", "bab", "/a/"], ["", "b"]],
    ["a*b*c", ["abc", "a/b/c", "abbbcc", "axbxcbxc"], ["ab", "acb", "abcd"]],
    ["a**c", ["ac", "abc"], ["a", "bc"]],
    ["a?c", ["abc", "a/c"], ["ac", "abbc"]],
    ["/etc/*", ["/etc/", "/etc/a", "/etc/a/b", "/etc/.a"], ["/etc", "/etcx"]],
    ["[abc]", ["a", "b", "c"], ["", "d", "ab", "[abc]"]],
    ["[a-c]x", ["ax", "cx"], ["dx", "-x"]],
    ["[!abc]", ["d", "/", "\xff"], ["a", "", "dd"]],
    ["[^abc]", ["d"], ["a"]],
    ["[]a]", ["]", "a"], ["b"]],
    ["[!]a]", ["b"], ["]", "a"]],
    ["[a-]", ["a", "-"], ["b"]],
    ["[-a]", ["a", "-"], ["b"]],
    ["[\\]]", ["]"], ["\\"]],
    ["[a\\-c]", ["a", "-", "c"], ["b", "\\"]],
    ["[[:digit:]]", ["0", "9"], ["a", ":"]],
    ["[[:alpha:][:digit:]_]", ["a", "Z", "5", "_"], ["-", "\xe9"]],
    ["[![:space:]]", ["a"], [" ", "\t", "\n"]],
    ["[[:upper:]]", ["A"], ["a"]],
    ["[[:nonsense:]]", [], ["n", ":"]],
    ["[[=a=]b]", ["a", "b"], ["="]],
    ["[[.-.]x]", ["-", "x"], ["."]],
    ["[a", ["[a"], ["a"]],
    ["a[", ["a["], ["a"]],
    ["[]", ["[]"], ["]"]],
    ["[!", ["[!"], ["a"]],
    ["\\*", ["*"], ["\\*", "a"]],
    ["\\a", ["a"], ["\\a"]],
    ["a\\", [], ["a", "a\\"]],
    ["*\\?", ["a?", "?"], ["ab"]],
    ["*.{a,b}", ["x.{a,b}"], ["x.a"]],
  ];
  for (const [pattern, matching, others] of cases) {
    test(JSON.stringify(pattern), () => {
      for (const value of matching) assert.ok(ask(globTest(pattern), value), JSON.stringify(value));
      for (const value of others) assert.ok(!ask(globTest(pattern), value), JSON.stringify(value));
    });
  }

  test("iglob takes ASCII letters of both cases for the same, in sets and ranges too", () => {
    for (const value of ["abc", "ABC", "aBc"]) {
      for (const pattern of ["abc", "ABC", "[A-B]bC", "?BC", "*b*", "[[:alpha:]]BC"]) {
        assert.ok(ask(globTest(pattern, true), value), `${pattern} ${value}`);
      }
      assert.ok(!ask(globTest("[!A]bc", true), value), value);
    }
    assert.ok(!ask(globTest("\xe9", true), "\xc9"));
  });

  test("many stars against a long value take bounded time", () => {
    const started = performance.now();
    assert.equal(ask(globTest("*a".repeat(100) + "b"), "a".repeat(4096)), false);
    assert.ok(performance.now() - started < 1000);
  });
});

describe("pmatch", () => {
  const cases: readonly (readonly [readonly string[], readonly string[], readonly string[]])[] = [
    [["/etc"], ["/etc", "/etc/", "/etc/a", "//etc//a", "etc/a"], ["/", "", "/et", "/etcx", "/a/etc"]],
    [["etc/"], ["/etc", "/etc/a"], ["/e"]],
    [["/a//b/"], ["/a/b", "/a/b/c"], ["/a", "/a/bc"]],
    [["/"], ["/", "", "/a", "a"], []],
    [[""], ["", "/a"], []],
    [[], [], ["", "/", "/a"]],
    [["/a/b", "/a"], ["/a", "/a/c", "/a/b"], ["/b"]],
    [["/a", "/a/b"], ["/a", "/a/c"], ["/b"]],
    [["/usr/*/bin"], ["/usr/x/bin", "/usr/x/bin/y"], ["/usr/bin", "/usr/x/y/bin"]],
    [["/proc/[0-9]*/environ"], ["/proc/1/environ", "/proc/12/environ"], ["/proc/self/environ", "/proc/1/maps"]],
    [["/home/?/x"], ["/home/a/x"], ["/home/ab/x"]],
    [["/a/b/c", "/a/*/d"], ["/a/b/c", "/a/b/d", "/a/x/d"], ["/a/x/c"]],
    [["/a/../b"], ["/a/../b"], ["/b"]],
    [["/a*"], ["/a", "/abc/d"], ["/b"]],
    // two globs at one level: when the first matches and leads nowhere, the second sees the next component
    [["/a*/x", "/*b/y"], ["/ab/x", "/ab/cb/y"], ["/ab/y"]],
    [["/l1", "/l2", "/l3", "/m1", "/m2", "/m3"], ["/l3/a", "/m2"], ["/l4", "/n1"]],
  ];
  for (const [paths, matching, others] of cases) {
    test(JSON.stringify(paths), () => {
      const pmatch = pmatchTest(paths);
      for (const value of matching) assert.ok(ask(pmatch, value), JSON.stringify(value));
      for (const value of others) assert.ok(!ask(pmatch, value), JSON.stringify(value));
    });
  }
});

describe("regex", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["abc", ["abc"], ["ab", "abcd", "xabc"]],
    ["a|bc", ["a", "bc"], ["ab", "abc"]],
    ["(a|ab)(c|bcd)", ["ac", "abcd", "abc"], ["ab"]],
    ["a*", ["", "aaa"], ["b", "ab"]],
    ["a+?", ["", "a", "aa"], ["b"]],
    ["a*?b", ["b", "aab"], ["a"]],
    ["(ab)??", ["", "ab"], ["a"]],
    ["a**", ["", "aa"], ["b"]],
    ["a{2}", ["aa"], ["a", "aaa"]],
    ["a{2}?", ["", "aa"], ["a", "aaa"]],
    ["a{1,2}", ["a", "aa"], ["", "aaa"]],
    ["a{2,}", ["aa", "aaaa"], ["a"]],
    ["a{,2}", ["a{,2}"], ["a", "aa"]],
    ["a{x}", ["a{x}"], ["a"]],
    [".", ["a", "/", "\xc3\xa9", "\xff"], ["", "\n", "ab"]],
    ["[^a]", ["b", "\n", "\xc3\xa9"], ["a", ""]],
    ["[a-c]+", ["abc"], ["abd"]],
    ["[]a]", ["]", "a"], ["b"]],
    ["[^]a]", ["b"], ["]"]],
    ["[[:alpha:]]+", ["abC"], ["a1"]],
    ["[[:^digit:]]", ["a"], ["1"]],
    ["[a\\]b]", ["a", "]", "b"], ["\\"]],
    ["\\.\\*", [".*"], ["ab"]],
    ["\\n\\t", ["\n\t"], ["nt"]],
    ["\\x41\\x{42}", ["AB"], ["ab"]],
    ["\\101", ["A"], ["101"]],
    ["^abc$", ["abc"], ["xabc"]],
    ["a$\n^b", ["a\nb"], ["ab"]],
    ["\xc3\xa9", ["\xc3\xa9"], ["\xe9", "\xc3"]],
    ["()", [""], ["a"]],
    ["a||b", ["a", "", "b"], ["ab"]],
    ["(^|/)x", ["x", "/x"], ["yx"]],
  ];
  for (const [pattern, matching, others] of cases) {
    test(JSON.stringify(pattern), () => {
      const regex = regexTest(pattern);
      for (const value of matching) assert.ok(regex(value), JSON.stringify(value));
      for (const value of others) assert.ok(!regex(value), JSON.stringify(value));
    });
  }

  const refused = [
    "(",
    ")",
    "a)",
    "[a",
    "[b-a]",
    "*a",
    "+",
    "a|*",
    "(*)",
    "a{2,1}",
    "a{1001}",
    "((a{100}){100}){100}",
    "\\d",
    "\\w+",
    "[\\s]",
    "\\bfoo",
    "\\Aa",
    "a\\z",
    "\\pL",
    "\\Qa\\E",
    "\\1",
    "(?i)a",
    "(?:a)",
    "(?P<x>a)",
    "a\\",
    "[[:nonsense:]]",
    "\\C",
  ];
  for (const pattern of refused) {
    test(`${JSON.stringify(pattern)} is refused: POSIX syntax does not have it`, () => {
      assert.throws(() => regexTest(pattern), RegexError);
    });
  }

  test("a second quantifier repeats the whole of the first", () => {
    assert.equal(fromPosix("a+?"), "(?:a+)?");
    assert.equal(fromPosix("(ab)*?c"), "(?:(ab)*)?c");
    assert.equal(fromPosix("[ab]{2}*"), "(?:[ab]{2})*");
  });

  const hostile: readonly (readonly [string, string])[] = [
    ["(a*)*b", "a".repeat(4096)],
    ["(a|a)*b", "a".repeat(4096)],
    ["(a|aa)+$b", "a".repeat(4096)],
    ["(.*)(.*)(.*)(.*)(.*)x", "/a".repeat(2048)],
    ["(x+x+)+y", "x".repeat(4096)],
    ["([a-z]+)*[0-9]", "z".repeat(4096)],
    ["(a?){100}a{100}", "a".repeat(99)],
    [".*.*.*=.*", "\xc3\xa9".repeat(2048)],
  ];
  for (const [pattern, value] of hostile) {
    test(`${pattern} takes time linear in the value`, () => {
      const regex = regexTest(pattern);
      regex(value);
      const time = (text: string) => {
        const started = performance.now();
        for (let i = 0; i < 5; i++) assert.equal(regex(text), false);
        return performance.now() - started;
      };
      time(value);
      assert.ok(time(value.repeat(4)) < 1000);
    });
  }
});

describe("comparisons of bytes", () => {
  test("agree with JavaScript's on strings, for every short text of two letters", () => {
    const texts = [""];
    for (let i = 0; texts.length < 127; i++) texts.push(`${texts[i]}a`, `${texts[i]}b`);
    const needles = texts.filter((text) => text.length <= 4);
    for (const needle of needles) {
      for (const value of texts) {
        const note = `${value} ${needle}`;
        assert.equal(ask(containsBytes(needle), value), value.includes(needle), `contains ${note}`);
        assert.equal(ask(startsWithBytes(needle), value), value.startsWith(needle), `startswith ${note}`);
        assert.equal(ask(endsWithBytes(needle), value), value.endsWith(needle), `endswith ${note}`);
        assert.equal(ask(equalsBytes(needle), value), value === needle, `= ${note}`);
      }
    }
  });

  test("icontains folds ASCII letters only", () => {
    assert.ok(ask(containsBytes("aBc", true), "xxABCxx"));
    assert.ok(!ask(containsBytes("\xe9", true), "\xc9"));
    assert.ok(!ask(containsBytes("[", true), "{"));
  });

  test("a long list is looked up like a short one", () => {
    const texts = Array.from({ length: 1000 }, (_, i) => `/usr/bin/tool${i}`);
    const index = indexBytes(texts);
    const member = memberBytes([...texts, ...texts]);
    texts.forEach((text, i) => {
      const u8 = Buffer.from(text, "latin1");
      assert.equal(index({ u8, offset: 0, length: u8.length }), i);
      assert.ok(ask(member, text));
      assert.ok(!ask(member, text + "x"));
    });
    assert.ok(!ask(member, "/usr/bin/toolA"));
  });

  test("contains takes time linear in the value for the worst of literals", () => {
    const worst = containsBytes("a".repeat(254) + "b");
    const started = performance.now();
    for (let i = 0; i < 100; i++) assert.equal(ask(worst, "a".repeat(30000)), false);
    assert.ok(performance.now() - started < 2000);
  });
});
