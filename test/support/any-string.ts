import fc, { type Arbitrary } from "fast-check";

/** Any code point but halves of surrogates: what fast-check's own unit "binary" is, which takes it a second to set up. */
const codePoint = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((n) => String.fromCodePoint(n < 0xd800 ? n : n + 0x800));

/** A string of any code points. @param maxLength in code points. */
export function anyString(maxLength?: number): Arbitrary<string> {
  return fc.string({ unit: codePoint, ...(maxLength === undefined ? {} : { maxLength }) });
}
