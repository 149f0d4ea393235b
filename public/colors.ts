/** A person's colour on light and on dark paper. */
export interface NameColor {
  light: string;
  dark: string;
}

/** The same name always has the same colour, for everyone. Both tones pass WCAG AA on their paper. */
export function colorOfName(name: string): NameColor {
  const hue = (hash(name.normalize("NFC").toLowerCase()) % hues) * (360 / hues);
  return { light: hex(0.47, 0.115, hue), dark: hex(0.79, 0.105, hue) };
}

const hues = 30;

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) {
    value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return (value ^ (value >>> 15)) >>> 0;
}

/** OKLCH to sRGB (Ottosson's matrices). Every hue has the same lightness to the eye. */
function hex(lightness: number, chroma: number, hueDegrees: number): string {
  const hue = (hueDegrees * Math.PI) / 180;
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const red = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
  const green = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
  const blue = -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s;
  return `#${[red, green, blue].map(channel).join("")}`;
}

function channel(linear: number): string {
  const clipped = Math.min(1, Math.max(0, linear));
  const encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return Math.round(encoded * 255)
    .toString(16)
    .padStart(2, "0");
}
