import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { lookup } from "mrmime";
import { type HttpAnswer, plain, securityHeaders } from "./http.ts";

/** One file in every form it is served in. */
interface StaticFile {
  /** Best first; the last one is the file as it is. */
  encodings: readonly { name: "br" | "gzip" | "identity"; body: Uint8Array }[];
  headers: HttpAnswer["headers"];
  etag: string;
}

/** An HTTP request, as far as its answer depends on it; a header that did not come is empty. */
export interface FileRequest {
  method: string;
  path: string;
  acceptEncoding: string;
  ifNoneMatch: string;
}

/** The page's files, read, typed and compressed once at start; no other file can be asked for. */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;

  private constructor(files: ReadonlyMap<string, StaticFile>) {
    this.#files = files;
  }

  /** Reads every file below `folder`. Throws when the folder or its index.html is missing. */
  static load(folder: string): StaticFiles {
    const files = new Map<string, StaticFile>();
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(folder.length), prepare(path.slice(folder.length), readFileSync(path)));
    }
    const index = files.get("/index.html");
    if (!index) throw new Error(`no index.html in ${folder}`);
    files.set("/", index);
    // What browsers and others ask for who have not read the page.
    const icon = files.get("/favicon.svg");
    if (icon) files.set("/favicon.ico", icon);
    return new StaticFiles(files);
  }

  /** The answer to one request. A HEAD is answered like a GET; the transport leaves the body out. */
  answer(request: FileRequest): HttpAnswer {
    const file = this.#files.get(request.path);
    if (!file)
      return plain(
        "404 Not Found",
        "There is nothing here. The chat is at /; a proxy that has it under a path has to strip that path.",
      );
    if (request.method !== "get" && request.method !== "head") {
      return plain("405 Method Not Allowed", "Only GET and HEAD are allowed here.", [["allow", "GET, HEAD"]]);
    }
    const headers: HttpAnswer["headers"] = [
      ["etag", file.etag],
      ["vary", "accept-encoding"],
      ...file.headers,
    ];
    if (request.ifNoneMatch.split(/,\s*/).includes(file.etag)) {
      return { status: "304 Not Modified", headers, body: new Uint8Array() };
    }
    const accepted = acceptedEncodings(request.acceptEncoding);
    for (const { name, body } of file.encodings) {
      if (name === "identity") return { status: "200 OK", headers, body };
      if (accepted.has(name))
        return { status: "200 OK", headers: [["content-encoding", name], ...headers], body };
    }
    throw new Error("a file has no plain form");
  }
}

function prepare(path: string, content: Buffer): StaticFile {
  const type = lookup(path) ?? "application/octet-stream";
  const isText = /^text\/|json|javascript|xml|manifest/.test(type);
  // Vite puts a hash of the content in the name of what is in /assets/, so that may be kept for ever.
  const cache = path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  const brotli = {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  };
  return {
    encodings: [
      ...(isText
        ? [
            { name: "br" as const, body: brotliCompressSync(content, brotli) },
            { name: "gzip" as const, body: gzipSync(content, { level: 9 }) },
          ]
        : []),
      { name: "identity" as const, body: content },
    ],
    headers: [
      ["content-type", isText && !type.includes("charset") ? `${type}; charset=utf-8` : type],
      ["cache-control", cache],
      ...securityHeaders,
    ],
    etag: `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`,
  };
}

/** The names in an Accept-Encoding header that are not refused with `q=0`. */
function acceptedEncodings(header: string): Set<string> {
  const accepted = new Set<string>();
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((word) => word.trim());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) accepted.add(name);
  }
  return accepted;
}
