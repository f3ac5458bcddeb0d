import { createHash } from "node:crypto";

/** Looks too much like an alarm, so that it is turned towards orange, degrees. */
const RED_SHIFT = 35;

type Rgb = readonly [red: number, green: number, blue: number];

/** Returns the colour of a host, `#E694AA`: that of the original, so that hosts keep theirs. */
export function hostColor(hostname: string): string {
  const [red = 0, green = 0, blue = 0] = createHash("md5").update(hostname)
    .digest();
  return toHex(awayFromRed([red, green, blue]));
}

/** Turns the hue of a strong red, and leaves every other colour as it is. */
export function awayFromRed(color: Rgb): Rgb {
  const [red, green, blue] = color;
  if (red < 0xcc || green > 0x33 || blue > 0x33) return color;
  return turnHue(color, RED_SHIFT);
}

/** Turns the hue with the same saturation and lightness (HSL). */
function turnHue(color: Rgb, degrees: number): Rgb {
  const [red, green, blue] = color.map((part) => part / 255);
  const max = Math.max(red ?? 0, green ?? 0, blue ?? 0);
  const min = Math.min(red ?? 0, green ?? 0, blue ?? 0);
  const chroma = max - min;
  if (chroma === 0) return color;
  // Only reds get here: the hue is around 0.
  const hue = 60 * (((green ?? 0) - (blue ?? 0)) / chroma);
  const turned = (hue + degrees + 360) % 360;
  return fromHue(turned, { chroma, min });
}

function fromHue(
  hue: number,
  { chroma, min }: { readonly chroma: number; readonly min: number },
): Rgb {
  const second = chroma * (1 - Math.abs((hue / 60) % 2 - 1));
  const parts: Rgb = hue < 60
    ? [chroma, second, 0]
    : hue < 120
    ? [second, chroma, 0]
    : hue < 180
    ? [0, chroma, second]
    : hue < 240
    ? [0, second, chroma]
    : hue < 300
    ? [second, 0, chroma]
    : [chroma, 0, second];
  const [red, green, blue] = parts;
  const scale = (part: number) => Math.round((part + min) * 255);
  return [scale(red), scale(green), scale(blue)];
}

/** Writes a colour as Slack reads it. */
export function toHex(color: Rgb): string {
  const digits = color.map((part) => part.toString(16).padStart(2, "0"));
  return `#${digits.join("").toUpperCase()}`;
}
