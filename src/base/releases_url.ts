/**
 * Where releases of dewy are: `<url>/latest/download/<file>` and
 * `<url>/download/v<version>/<file>`, as GitHub lays them out. The build script
 * replaces the value; a build that was told none keeps this name, which is
 * reserved never to exist (RFC 2606).
 */
export const RELEASES_URL = "https://releases.invalid/dewy";
