/**
 * Undefined where the text is no URL. Node 20's `URL.canParse` does not do for this: after some thousand calls, once it is
 * compiled, it reads letters such as "ü" wrongly and refuses them.
 */
export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
