// What matrix-js-sdk expects of its surroundings, and where its words go: nothing but the protocol of
// peer.mjs may come out on standard output. To be imported before the SDK.

Promise.withResolvers ??= function () {
    const parts = {};
    parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return parts;
};

const shown = process.env.INTEROP_LOG ? ["debug", "info", "log", "warn", "error"] : ["error"];

for (const level of ["trace", "debug", "info", "log", "warn", "error"]) {
    console[level] = shown.includes(level)
        ? (...words) => process.stderr.write(`${level}: ${words.map(String).join(" ")}\n`)
        : () => {};
}
