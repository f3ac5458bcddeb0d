import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/2020";
import addFormats from "ajv-formats";

/** An OpenAPI description, which answers are held against. */
export class ApiDescription {
  /** `GET /api/v1/status` and the like, answered in JSON. */
  readonly operations: readonly (readonly [method: string, path: string])[];
  #ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(description: Record<string, unknown>) {
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(description, "api");
    const paths = Object.entries(description["paths"] ?? {});
    this.operations = paths.flatMap(([path, methods]) =>
      Object.keys(methods).map((method) =>
        [method.toUpperCase(), path] as const
      )
    );
  }

  /** @throws When the answer is not as described. */
  check(method: string, path: string, status: number, body: unknown): void {
    const pointer = [
      "paths",
      path,
      method.toLowerCase(),
      "responses",
      String(status),
      "content",
      "application/json",
      "schema",
    ].map((part) => encodeURIComponent(part.replaceAll("/", "~1"))).join("/");
    const validate = this.#ajv.compile({ $ref: `api#/${pointer}` });
    const told = `${method} ${path} -> ${status} ${JSON.stringify(body)}`;
    assert.ok(
      validate(body),
      `${told}\n${JSON.stringify(validate.errors, undefined, 1)}`,
    );
  }
}
