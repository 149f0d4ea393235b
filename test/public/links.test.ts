import { describe, expect, test } from "vitest";
import { partsOf } from "../../public/parts.ts";

/** The links in a text, as they are written. What is no link is lost in none of them. */
function links(text: string): string[] {
  const parts = partsOf(text, "Ada");
  expect(parts.map((part) => part.text).join("")).toBe(text);
  return parts.flatMap((part) => (part.kind === "link" ? [part.text] : []));
}

describe("what surrounds a link in any script stays outside it", () => {
  const plain = "https://example.org/a";
  test.each([
    "see LINK, please",
    "Is it LINK?",
    "It is LINK.",
    "LINK: look; LINK2!",
    'He said "LINK".',
    "(see LINK).",
    "(LINK)",
    "[LINK]: here",
    "<LINK>",
    "“LINK”",
    "‘LINK’",
    "«LINK»",
    "„LINK“",
    "‹LINK›",
    "'LINK'",
    "LINK's page",
    "LINK’s page",
    "「LINK」",
    "『LINK』。",
    "【LINK】",
    "（LINK）",
    "LINK。次",
    "LINK、LINK2",
    "LINK，然后",
    "LINK！",
    "LINK؟",
    "LINK، ثم",
    "LINK؛ ثم",
    "देखो LINK।",
    "LINK።",
    "LINK…",
    "LINK—or not",
    "LINK🎉",
    "👉LINK👈",
    "\u202aLINK\u202c",
    "LINK\u200b",
    "**LINK**",
    "*LINK*",
    "_LINK_",
    "~~LINK~~",
    "|LINK|",
    "見てLINK",
    "詳細はLINKを見て",
    "LINK에서 봐요",
    "ดูLINKนะ",
    "بLINK",
    "смотриLINK",
  ])("%s", (text) => {
    const wanted = text.includes("LINK2") ? [plain, "https://example.com/b"] : [plain];
    expect(links(text.replace("LINK2", "https://example.com/b").replace("LINK", plain))).toEqual(wanted);
  });

  test.each([
    ["in a host: https://example.orgを見て", ["https://example.org"]],
    ["in a host: https://example.orgи", ["https://example.org"]],
    ["詳細はexample.orgへ", ["example.org"]],
    ["한국example.com에서", ["example.com"]],
    ["邮箱ada@example.org。", ["ada@example.org"]],
    ["（www.example.org）", ["www.example.org"]],
    [
      "https://en.wikipedia.org/wiki/A_(b) (and https://en.wikipedia.org/wiki/A_(b))",
      ["https://en.wikipedia.org/wiki/A_(b)", "https://en.wikipedia.org/wiki/A_(b)"],
    ],
  ])("%s", (text, found) => expect(links(text)).toEqual(found));

  test.each([
    "https://ko.wikipedia.org/wiki/서울",
    "https://例え.jp/あ",
    "https://münchen.de/straße",
    "https://пример.рф/путь",
    "https://example.org/?q=서울&x=1",
    "https://example.org/a-b_c~d;e=f,g+h:i@j!k$l",
    "http://localhost:3000/x",
  ])("and what belongs to it stays in: %s", (text) => expect(links(text)).toEqual([text]));
});

describe("without a scheme", () => {
  test.each([
    "example.org",
    "Example.com",
    "EXAMPLE.ORG",
    "www.example.pl",
    "example.org/a?b=c#d",
    "example.org:8080/x",
    "sub.example.co.uk",
    "github.io/x",
    "orf.at/stories",
    "my.page.it",
    "ada@example.org",
    "ada@onet.pl",
  ])("what somebody would write as an address is a link: %s", (text) => {
    expect(links(`see ${text}, please`)).toEqual([text]);
  });

  test.each([
    ..."README.md main.rs setup.sh a.py lib.so x.pl foo.cc archive.zip movie.mov page.app id_rsa.pub".split(
      " ",
    ),
    ..."log4j.properties notes.one graph.dot installer.run app.js.map Makefile.am file.ps a.cat main.ml".split(
      " ",
    ),
    ..."src/main.rs ./setup.sh ~/bin/x.com /etc/foo.com C:\\x\\command.com".split(" "),
    ..."user.name event.target list.at obj.me console.in java.io.File Foo.com() a.is.b System.net.x".split(
      " ",
    ),
    ..."home.It ok.So thing.In e.g. i.e. 3.14 192.168.1.1 v1.2.3 12:30 a..b".split(" "),
    ..."git@github.com:foo/bar.git root:x:0:0:root:/root std::x.com @example.org $example.com foo=example.com".split(
      " ",
    ),
    "pkg-example.org-1.tar.gz",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "ftp://example.org/x",
    "ssh://git@example.org/x",
  ])("a file, code or a forgotten space is none: %s", (text) => {
    expect(links(`see ${text}, please`)).toEqual([]);
    expect(links(text)).toEqual([]);
  });
});
