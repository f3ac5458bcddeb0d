import { crc32, deflateRawSync } from "node:zlib";
import { bytes, concat } from "./tar_bytes.ts";

/** What one zip entry shall say, truthful or not. */
export interface ZipSpec {
  readonly name: string | Uint8Array;
  readonly body?: string | Uint8Array;
  /** Unix type and mode; `0o100644` when left out. */
  readonly mode?: number;
  /** Who wrote it: 3 Unix (when left out), 0 DOS. */
  readonly system?: number;
  /** 8 deflated (when left out), 0 stored. */
  readonly method?: number;
  /** General purpose flags; UTF-8 names when left out. */
  readonly flags?: number;
  readonly crc?: number;
  /** The announced length. */
  readonly size?: number;
  /** Where the directory says the entry begins. */
  readonly offset?: number;
}

/** Returns a whole zip file. */
export function zip(...specs: readonly ZipSpec[]): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const spec of specs) {
    const fields = fieldsOf(spec);
    const local = concat(localHeader(fields), fields.name, fields.data);
    locals.push(local);
    directory.push(centralHeader(fields, spec.offset ?? offset), fields.name);
    offset += local.length;
  }
  const central = concat(...directory);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, LITTLE);
  end.setUint16(8, specs.length, LITTLE);
  end.setUint16(10, specs.length, LITTLE);
  end.setUint32(12, central.length, LITTLE);
  end.setUint32(16, offset, LITTLE);
  return concat(...locals, central, new Uint8Array(end.buffer));
}

const LITTLE = true;

type Fields = ReturnType<typeof fieldsOf>;

function fieldsOf(spec: ZipSpec) {
  const body = bytes(spec.body ?? "");
  const method = spec.method ?? 8;
  return {
    name: bytes(spec.name),
    data: method === 8 ? new Uint8Array(deflateRawSync(body)) : body,
    method,
    flags: spec.flags ?? 0x800,
    crc: spec.crc ?? crc32(body),
    size: spec.size ?? body.length,
    system: spec.system ?? 3,
    mode: spec.mode ?? 0o100644,
  };
}

function localHeader(fields: Fields): Uint8Array {
  const view = new DataView(new ArrayBuffer(30));
  view.setUint32(0, 0x04034b50, LITTLE);
  view.setUint16(4, 20, LITTLE);
  writeCommon(view, 6, fields);
  return new Uint8Array(view.buffer);
}

function centralHeader(fields: Fields, offset: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(46));
  view.setUint32(0, 0x02014b50, LITTLE);
  view.setUint16(4, (fields.system << 8) | 30, LITTLE);
  view.setUint16(6, 20, LITTLE);
  writeCommon(view, 8, fields);
  const attributes = fields.system === 3 ? fields.mode * 0x10000 : 0;
  view.setUint32(38, attributes, LITTLE);
  view.setUint32(42, offset, LITTLE);
  return new Uint8Array(view.buffer);
}

/** Writes what both headers have, from the flags to the length of the name. */
function writeCommon(view: DataView, at: number, fields: Fields): void {
  view.setUint16(at, fields.flags, LITTLE);
  view.setUint16(at + 2, fields.method, LITTLE);
  view.setUint32(at + 8, fields.crc, LITTLE);
  view.setUint32(at + 12, fields.data.length, LITTLE);
  view.setUint32(at + 16, fields.size, LITTLE);
  view.setUint16(at + 20, fields.name.length, LITTLE);
}
