/** Who counts, as every metric of dewy has named it in its labels since the original. */
export const SCOPE = { name: "github.com/linyows/dewy", version: "" };
