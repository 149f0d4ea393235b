import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSmtpUrl, type SmtpRelay } from "../../src/system/smtp-url.ts";
import { anyString } from "../support/any-string.ts";

const plain: SmtpRelay = {
  host: "mail.example.org",
  port: undefined,
  tls: "required",
  checksCertificate: true,
  certificateName: undefined,
  login: undefined,
  ehloName: undefined,
};

describe("a URL of a mail server", () => {
  test.each<[url: string, relay: Partial<SmtpRelay>]>([
    ["smtp://mail.example.org", {}],
    ["smtp://mail.example.org:25/", { port: 25 }],
    ["smtps://mail.example.org", { tls: "first" }],
    ["smtp://ann:a%20b@mail.example.org", { login: { user: "ann", password: "a b" } }],
    ["smtp://mail.example.org?requireTLS=false", { tls: "offered" }],
    ["smtp://mail.example.org?ignoreTLS=true", { tls: "none" }],
    ["smtp://mail.example.org?ignoreTLS=false", {}],
    ["smtp://mail.example.org?tls.rejectUnauthorized=false", { checksCertificate: false }],
    ["smtp://mail.example.org?tls.servername=mx.example.org", { certificateName: "mx.example.org" }],
    ["smtp://mail.example.org?name=[192.0.2.1]", { ehloName: "[192.0.2.1]" }],
    ["smtps://mail.example.org?requireTLS=true", { tls: "first" }],
    ["smtp://localhost:25", { host: "localhost", port: 25, tls: "offered", checksCertificate: false }],
    ["smtp://127.0.0.2", { host: "127.0.0.2", tls: "offered", checksCertificate: false }],
    ["smtp://[::1]", { host: "::1", tls: "offered", checksCertificate: false }],
    ["smtp://localhost?requireTLS=true&tls.rejectUnauthorized=true", { host: "localhost" }],
    ["smtp://localhost.example.org", { host: "localhost.example.org" }],
    [
      "smtp://u:p@localhost?requireTLS=false",
      { host: "localhost", tls: "offered", checksCertificate: false, login: { user: "u", password: "p" } },
    ],
  ])("%s is understood", (url, relay) => {
    expect(parseSmtpUrl(url)).toEqual({ kind: "relay", relay: { ...plain, ...relay } });
  });

  test.each([
    ["smtp://u:p@mail.example.org?requireTLS=false", "would send the password without TLS"],
    ["smtp://u:p@mail.example.org?ignoreTLS=true", "would send the password without TLS"],
    ["smtp://mail.example.org?ignoreTLS=true&requireTLS=true", "both"],
    ["smtps://mail.example.org?ignoreTLS=true", "smtps: is TLS"],
    ["smtp://mail.example.org?requireTLS=yes", 'requireTLS="yes", but requireTLS is true or false'],
    ["smtp://mail.example.org?requireTLS=true&requireTLS=false", "requireTLS twice"],
    ["smtp://mail.example.org?name=a%20b", "name is a host name"],
    ["smtp://mail.example.org?name=a%0d%0aRCPT", "name is a host name"],
    ["smtp://mail.example.org?tls.ca=x", 'the option "tls.ca"'],
    ["smtp://mail.example.org?requiretls=true", 'the option "requiretls"'],
    ["smtp://mail.example.org#x", "more after host and port"],
  ])("%s is refused", (url, problem) => {
    expect(parseSmtpUrl(url)).toEqual({ kind: "wrong", problem: expect.stringContaining(problem) });
  });

  test("of any kind never throws, and a password without TLS never leaves this machine", () => {
    const options = fc.array(
      fc.constantFrom(
        ...["requireTLS=true", "requireTLS=false", "ignoreTLS=true", "ignoreTLS=false"],
        ...["tls.rejectUnauthorized=false", "name=x"],
      ),
    );
    const host = fc.constantFrom("mail", "localhost", "127.0.0.1", "[2001:db8::1]", "10.0.0.1");
    const url = fc
      .tuple(fc.constantFrom("smtp", "smtps"), host, options)
      .map(([scheme, name, given]) => `${scheme}://u:p@${name}?${given.join("&")}`);
    fc.assert(
      fc.property(fc.oneof(url, anyString()), (text) => {
        const parsed = parseSmtpUrl(text);
        if (parsed.kind === "wrong" || parsed.relay.login === undefined) return;
        const { tls, host } = parsed.relay;
        expect(tls === "first" || tls === "required" || /^(localhost|127|::1)/.test(host)).toBe(true);
      }),
    );
  });
});
