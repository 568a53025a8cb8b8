// Encrypted files as clients make them (Client-Server API, "Sending encrypted attachments"), with
// nothing but web crypto.

const { subtle } = globalThis.crypto;

const unpadded = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

/** What to upload, and the `file` of the event without its `url`. */
export async function seal(data) {
    const iv = new Uint8Array(16);
    globalThis.crypto.getRandomValues(iv.subarray(0, 8));
    const key = await subtle.generateKey({ name: "AES-CTR", length: 256 }, true, [
        "encrypt",
        "decrypt",
    ]);
    const sealed = await subtle.encrypt({ name: "AES-CTR", counter: iv, length: 64 }, key, data);
    const { k } = await subtle.exportKey("jwk", key);
    return {
        sealed: new Uint8Array(sealed),
        file: {
            v: "v2",
            key: { alg: "A256CTR", ext: true, k, key_ops: ["encrypt", "decrypt"], kty: "oct" },
            iv: unpadded(iv),
            hashes: { sha256: unpadded(await subtle.digest("SHA-256", sealed)) },
        },
    };
}

/** The file that was uploaded; throws if it is not what the event says. */
export async function unseal(sealed, file) {
    if (file.v !== "v2") throw new Error(`version ${file.v} of encrypted files`);
    if (unpadded(await subtle.digest("SHA-256", sealed)) !== file.hashes.sha256) {
        throw new Error("the file does not have its hash");
    }
    if (/=/.test(file.iv + file.hashes.sha256)) throw new Error("padded base64");
    const key = await subtle.importKey("jwk", file.key, { name: "AES-CTR" }, false, ["decrypt"]);
    const counter = Buffer.from(file.iv, "base64");
    return new Uint8Array(
        await subtle.decrypt({ name: "AES-CTR", counter, length: 64 }, key, sealed),
    );
}
